//! The fate of messages that come early, late, twice or not at all.

use aws::store::Filed;
use aws::store::item::Item;
use domain::content::{Content, Raw};
use domain::event::{Direction, InboundEvent, Kind, Message, TemplateChanged};
use embedded::Cloud;
use embedded::events::{ada, answers, deleted, echo, edited, event, id, key, says, topics};
use embedded::tables::{assert_one_thread, file, file_all, of_kind, picture, rules, table, text};

async fn filed(events: &[InboundEvent]) -> (Vec<Filed>, Vec<Item>) {
    let cloud = Cloud::start().await;
    let filed = file_all(&table(&cloud.process()), events).await;
    (filed, cloud.items().await)
}

fn stored<'a>(items: &'a [Item], name: &str) -> &'a Item {
    let pk = key(name).pk;
    items.iter().find(|it| text(it, "pk") == pk).unwrap()
}

fn content(items: &[Item], name: &str) -> String {
    text(stored(items, name), "content")
}

#[tokio::test]
async fn a_first_message_opens_a_thread_that_waits_for_us() {
    let (filed, items) = filed(&[says("1", 0, "Hello, where is my order?")]).await;
    assert!(matches!(filed[0], Filed::Opened(_)));
    assert_one_thread(&items, 1);
    let live = of_kind(&items, "CON#", "1#")[0];
    assert_eq!(text(live, "list"), "inbox#-#0");
    assert_eq!(live["list_at"], stored(&items, "1")["at"]);
    assert!(text(stored(&items, "1"), "evidence").contains("first_message"));
}

#[tokio::test]
async fn what_a_colleague_writes_elsewhere_empties_the_inbox() {
    let (filed, items) =
        filed(&[says("1", 0, "where is my order?"), echo("2", 5, "On its way")]).await;
    assert!(matches!(filed[1], Filed::Joined(_)));
    assert_one_thread(&items, 2);
    let live = of_kind(&items, "CON#", "1#")[0];
    assert_eq!(
        (text(live, "state"), text(live, "list")),
        ("open".to_owned(), "open#-#0".to_owned())
    );
    assert!(
        !of_kind(&items, "IDN#", "0")
            .iter()
            .any(|it| it.values().any(|it| it.as_s().is_ok_and(|it| it == "2")))
    );
}

#[tokio::test]
async fn a_message_of_ours_that_the_platform_shows_us_is_not_kept_twice() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let key = key("2");
    let pointer = aws::store::Patch::of(key)
        .kind(aws::store::ItemKind::Pointer)
        .set("out", aws::store::item::text("msg_1"));
    table.write_retrying(pointer).await.unwrap();
    let filed =
        file_all(&table, &[says("1", 0, "where is my order?"), echo("2", 5, "On its way")]).await;
    assert_eq!(filed[1], Filed::Ours(domain::id::Reference::new("msg_1.0")));
    let items = cloud.items().await;
    assert_eq!(
        text(of_kind(&items, "CON#", "1#")[0], "state"),
        "waiting",
        "its receipt tells the thread"
    );
    assert!(!stored(&items, "2").contains_key("thread"));
}

#[tokio::test]
async fn a_message_that_was_taken_back_before_it_came_is_not_kept() {
    let (filed, items) = filed(&[deleted("1", 1), says("1", 0, "a secret")]).await;
    assert_eq!(filed[1], Filed::TakenBack);
    assert_eq!(of_kind(&items, "CON#", "").len() + of_kind(&items, "THR#", "").len(), 0);
    assert!(!format!("{items:?}").contains("secret"));
    assert!(stored(&items, "1").contains_key("expires"), "a tombstone goes in time");
}

#[tokio::test]
async fn a_message_that_is_taken_back_keeps_its_place_and_loses_its_words() {
    let (_, items) = filed(&[says("1", 0, "a secret number 4711-0815"), deleted("1", 1)]).await;
    assert_one_thread(&items, 1);
    assert!(!format!("{items:?}").contains("secret"));
    let (_, again) = filed(&[
        says("1", 0, "a secret number 4711-0815"),
        deleted("1", 1),
        says("1", 0, "a secret number 4711-0815"),
    ])
    .await;
    assert_eq!(picture(&items), picture(&again));
}

#[tokio::test]
async fn an_edit_that_comes_first_is_what_the_message_says() {
    let after = [says("1", 0, "two lamp"), edited("1", 5, 1, "two lamps")];
    let first = [edited("1", 5, 1, "two lamps"), says("1", 0, "two lamp")];
    let (after, first) = (filed(&after).await.1, filed(&first).await.1);
    assert!(content(&first, "1").contains("two lamps"));
    assert_eq!(
        of_kind(&after, "CON#", "1#")[0]["profile"],
        of_kind(&first, "CON#", "1#")[0]["profile"]
    );
}

#[tokio::test]
async fn the_highest_edit_wins_in_any_order() {
    let said = says("1", 0, "one");
    let edits = [edited("1", 5, 1, "two"), edited("1", 6, 2, "three")];
    let forth = filed(&[said.clone(), edits[0].clone(), edits[1].clone()]).await.1;
    let back = filed(&[said, edits[1].clone(), edits[0].clone()]).await.1;
    assert!(content(&back, "1").contains("three"));
    assert_eq!(
        of_kind(&forth, "CON#", "1#")[0]["profile"],
        of_kind(&back, "CON#", "1#")[0]["profile"]
    );
}

#[tokio::test]
async fn a_later_parser_replaces_what_could_not_be_read_in_place() {
    let reads = |content| event(ada(), 0, Message::inbound(id("1"), content));
    let unread = || reads(Content::Unsupported { kind: "poll".into(), raw: Raw("{}".into()) });
    let (results, items) = filed(&[unread(), reads(Content::text("which lamp?")), unread()]).await;
    assert!(matches!(results[..], [Filed::Opened(_), Filed::Repeated(_), Filed::Repeated(_)]));
    assert_one_thread(&items, 1);
    assert!(content(&items, "1").contains("which lamp?"));
    let read_at_once = filed(&[reads(Content::text("which lamp?"))]).await.1;
    assert_eq!(
        of_kind(&items, "CON#", "1#")[0]["profile"],
        of_kind(&read_at_once, "CON#", "1#")[0]["profile"]
    );
}

#[tokio::test]
async fn of_two_reactions_the_later_counts_and_one_can_be_taken_back() {
    let react = |after, emoji: Option<&str>| {
        event(
            ada(),
            after,
            Kind::Reaction {
                of: id("1"),
                emoji: emoji.map(str::to_owned),
                direction: Direction::In,
            },
        )
    };
    let said = says("1", 0, "here is a picture of the lamp");
    let items = filed(&[said.clone(), react(9, Some("❤")), react(8, Some("👍"))]).await.1;
    assert_eq!(text(stored(&items, "1"), "reaction_in"), "❤");
    let items = filed(&[react(8, Some("👍")), said, react(9, None)]).await.1;
    assert!(!stored(&items, "1").contains_key("reaction_in"));
    assert_one_thread(&items, 1);
}

#[tokio::test]
async fn the_25th_thread_moves_the_oldest_out_and_a_reply_to_it_brings_it_back() {
    let mut events = topics(25);
    // A question of ours in the first thread, from another tool.
    events.insert(1, answers("ask", 60, "Which colour?", "0"));
    let (filed_before, items) = filed(&events).await;
    assert_eq!(filed_before.iter().filter(|it| matches!(it, Filed::Opened(_))).count(), 25);
    assert_eq!(of_kind(&items, "CON#", "1#").len(), 24);
    let moved = of_kind(&items, "CON#", "2#");
    let oldest = text(stored(&items, "0"), "thread");
    assert_eq!(moved.iter().map(|it| text(it, "sk")).collect::<Vec<_>>(), [format!("2#{oldest}")]);

    let chosen = Content::Choice { id: "red".into(), title: "Red".into() };
    let choice = Message { reply_to: Some(id("ask")), ..Message::inbound(id("back"), chosen) };
    events.push(event(ada(), 300_000 * 25, choice));
    let (results, items) = filed(&events).await;
    let oldest = text(stored(&items, "0"), "thread");
    assert_eq!(results[26], Filed::Joined(domain::id::ThreadId::new(&*oldest)));
    assert_eq!(of_kind(&items, "CON#", "1#").len(), 24);
    let back = of_kind(&items, "CON#", "1#")
        .into_iter()
        .find(|it| text(it, "sk") == format!("1#{oldest}"));
    assert_eq!(text(back.unwrap(), "state"), "waiting");
    assert_eq!(of_kind(&items, "CON#", "2#").len(), 1);
}

#[tokio::test]
async fn a_late_edit_of_a_thread_that_was_moved_out_leaves_it_there() {
    let mut events = topics(25);
    events.push(edited("0", 10, 1, "Hello, I want another lamp, please"));
    let (_, items) = filed(&events).await;
    let oldest = text(stored(&items, "0"), "thread");
    assert_eq!(text(of_kind(&items, "CON#", "2#")[0], "sk"), format!("2#{oldest}"));
}

#[tokio::test]
async fn facts_about_templates_and_accounts_are_kept_the_latest_first() {
    let unowned = |after, kind: Kind| InboundEvent { identity: None, ..event(ada(), after, kind) };
    let status = |after, status: &str| {
        let changed = TemplateChanged {
            name: "delay".into(),
            locale: "fr".into(),
            id: None,
            status: Some(status.into()),
            reason: None,
            raw: Raw("{}".into()),
        };
        unowned(after, Kind::TemplateChanged(changed))
    };
    let limit = |after, raw: &str| {
        unowned(after, Kind::AccountChanged { what: "limit".into(), raw: Raw(raw.into()) })
    };
    let unknown = unowned(3, Kind::Unknown { what: "hologram".into(), raw: Raw("{}".into()) });
    let events = [
        status(5, "approved"),
        status(4, "pending"),
        limit(5, "1000"),
        limit(4, "250"),
        unknown.clone(),
        unknown,
    ];
    let (results, items) = filed(&events).await;
    assert_eq!(text(of_kind(&items, "TPL#", "")[0], "status"), "approved");
    assert_eq!(text(of_kind(&items, "ACC#", "")[0], "is:limit"), "1000");
    assert_eq!(results[5], Filed::Kept);
    assert!(text(of_kind(&items, "UNK#", "")[0], "event").contains("hologram"));
    assert_eq!(items.len(), 3);
}

#[tokio::test]
async fn a_notice_makes_no_contact_opens_no_window_and_leaves_nobody_waiting() {
    let notice = |after, what: &str| {
        event(ada(), after, Kind::Notice { what: what.into(), raw: Raw("{}".into()) })
    };
    let events = [notice(1, "joined"), notice(1, "joined"), notice(2, "pinned")];
    let (results, items) = filed(&events).await;
    assert_eq!(results, [Filed::Noted, Filed::Noted, Filed::Noted]);
    assert_eq!((of_kind(&items, "UNK#", "").len(), items.len()), (2, 2));
}

#[tokio::test]
async fn words_stay_when_they_are_edited_to_what_cannot_be_read() {
    let unreadable = || Content::Unsupported { kind: "hologram".into(), raw: Raw("{}".into()) };
    let to = |name: &str, after, n, content| {
        event(ada(), after, Kind::Edited { of: id(name), n, content })
    };
    // Before the message, after it, and after an edit that can be read.
    let events = [
        to("1", 1, 1, unreadable()),
        says("1", 0, "Hello, order A-1234"),
        to("1", 2, 2, unreadable()),
        to("1", 3, 3, Content::text("Hello, order A-1235")),
        to("1", 4, 4, unreadable()),
    ];
    assert!(content(&filed(&events[..3]).await.1, "1").contains("A-1234"));
    let (results, items) = filed(&events).await;
    assert!(content(&items, "1").contains("A-1235"));
    assert_eq!((results[2].clone(), results[4].clone()), (Filed::Kept, Filed::Kept));
    assert_eq!(of_kind(&items, "UNK#", "").len(), 3, "each is kept for a later parser");
    // Which then reads them, also those that are not the last.
    let read = [events.as_slice(), &[to("1", 4, 4, Content::text("Hello, order A-1236"))]].concat();
    assert!(content(&filed(&read).await.1, "1").contains("A-1236"));
}

#[tokio::test]
async fn without_a_retention_nothing_expires() {
    let cloud = Cloud::start().await;
    let rules = aws::store::Rules { retention: None, ..rules() };
    let table = table(&cloud.process());
    for event in [says("1", 0, "hello"), deleted("2", 1)] {
        table.filing().file(&event, &aws::store::Fresh::ids(), &rules).await.unwrap();
    }
    assert!(cloud.items().await.iter().all(|it| !it.contains_key("expires")));
    assert!(file(&table, &deleted("3", 1)).await.is_ok());
    let expiring: Vec<_> =
        cloud.items().await.into_iter().filter(|it| it.contains_key("expires")).collect();
    assert_eq!(expiring.len(), 1);
}
