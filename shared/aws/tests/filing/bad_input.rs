//! Input that no well-behaved person or platform sends: it is filed like anything else, and ends well.

use aws::store::Filed;
use aws::store::item::Item;
use domain::content::Content;
use domain::event::{Identity, InboundEvent, Message};
use domain::time::Timestamp;
use embedded::Cloud;
use embedded::events::{ada, bsuid, event, id, key, known_by, message, quotes, says, topics};
use embedded::tables::{assert_folds, assert_turns, file_all, of_kind, table, text};

async fn filed(events: &[InboundEvent]) -> (Vec<Filed>, Vec<Item>) {
    let cloud = Cloud::start().await;
    let filed = file_all(&table(&cloud.process()), events).await;
    let items = cloud.items().await;
    assert_folds(&items, "bad input");
    assert_turns(&items, "bad input");
    (filed, items)
}

fn stored<'a>(items: &'a [Item], name: &str) -> &'a Item {
    let pk = key(name).pk;
    items.iter().find(|it| text(it, "pk") == pk).unwrap()
}

/// Somebody else.
fn bob() -> Identity {
    known_by(bsuid("GB.2"))
}

#[tokio::test]
async fn texts_without_a_word_and_without_an_end_are_each_kept_in_one_thread() {
    let texts = [
        String::new(),
        " \n\t\u{200b}".to_owned(),
        "👍🏽👨‍👩‍👧‍👦🇫🇷".to_owned(),
        "où est ma commande? \u{0} 我的订单在哪里 מה שלום ההזמנה שלי where is it".to_owned(),
        "e\u{301}".repeat(3_000),
        "order 18-4471 and a chair, ".repeat(4_000),
        "9".repeat(100_000),
        "?".repeat(100_000),
    ];
    let events: Vec<_> = (0..).zip(&texts).map(|(n, it)| says(&n.to_string(), n, it)).collect();
    let (filed, items) = filed(&events).await;
    assert!(matches!(filed[0], Filed::Opened(_)));
    assert!(filed.iter().all(|it| matches!(it, Filed::Opened(_) | Filed::Joined(_))), "{filed:?}");
    let kept: Vec<_> = of_kind(&items, "MSG#", "0");
    assert_eq!(kept.len(), texts.len());
    for item in of_kind(&items, "CON#", "1#") {
        let profile = item["profile"].as_b().unwrap().as_ref().len();
        assert!(profile <= domain::threading::Profile::MOST_BYTES, "{profile}");
    }
}

#[tokio::test]
async fn what_refers_to_nothing_or_to_somebody_else_s_message_stays_with_its_own_person() {
    let theirs = event(bob(), 0, message("bob", "Hello, I want to order 40 red chairs, 77-1200"));
    let quoting = |name: &str, after, quoted: &str| {
        let refs = ["bob", "nobody", "bob", "bob", "bob", "bob"].map(id).into();
        let said = Message { refs, ..message(name, "yes please, the chairs 77-1200") };
        event(ada(), after, Message { reply_to: Some(id(quoted)), ..said })
    };
    let itself = quotes("self", 200, "this answers itself", "self");
    let events = [theirs, quoting("1", 10, "bob"), quoting("2", 20, "nobody"), itself];
    let (_, items) = filed(&events).await;
    let bobs = text(stored(&items, "bob"), "thread");
    for name in ["1", "2", "self"] {
        assert_ne!(text(stored(&items, name), "thread"), bobs, "{name}");
    }
    assert_eq!(of_kind(&items, "CON#", "0").len(), 2);
}

#[tokio::test]
async fn clocks_that_go_backwards_or_far_ahead_lose_no_message() {
    let at = |name: &str, at: Timestamp| InboundEvent { at, ..says(name, 0, "where is my chair?") };
    let events = [
        says("now", 0, "Hello, where is my chair?"),
        at("day before", Timestamp::from_secs(1_794_900_000)),
        at("never", Timestamp::from_ms(0)),
        at("before time", Timestamp::from_secs(-62_135_596_800)),
        at("year 9999", Timestamp::from_secs(253_402_300_799)),
        says("later", 60, "hello?"),
        quotes("answer", 30, "the brown one", "year 9999"),
    ];
    let (_, items) = filed(&events).await;
    let names = ["now", "day before", "never", "before time", "year 9999", "later", "answer"];
    assert!(names.iter().all(|it| !text(stored(&items, it), "thread").is_empty()));
    assert_eq!(of_kind(&items, "CON#", "0").len(), 1);
}

#[tokio::test]
async fn a_person_with_forty_topics_keeps_24_at_hand_and_loses_none() {
    let mut events = topics(40);
    events.push(quotes("old", 300_000 * 39 + 60, "and the first one?", "3"));
    let (_, items) = filed(&events).await;
    let [live, archived] = ["1#", "2#"].map(|it| of_kind(&items, "CON#", it).len());
    assert_eq!((live, live + archived), (24, of_kind(&items, "THR#", "0").len()));
    assert_eq!(of_kind(&items, "MSG#", "0").len(), 41);
}

#[tokio::test]
async fn content_of_every_kind_can_be_empty() {
    let kinds = [
        Content::text(""),
        Content::Media { items: vec![], caption: None },
        Content::Contacts { cards: vec![] },
        Content::Choice { id: String::new(), title: String::new() },
        Content::Email {
            subject: String::new(),
            text: String::new(),
            html_ref: None,
            attachments: vec![],
        },
    ];
    let n = kinds.len();
    let said = (0..).zip(kinds);
    let events: Vec<_> =
        said.map(|(n, it)| event(ada(), n, Message::inbound(id(&n.to_string()), it))).collect();
    let (_, items) = filed(&events).await;
    assert_eq!(of_kind(&items, "MSG#", "0").len(), n);
}
