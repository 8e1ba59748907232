//! Messages are kept for a time, and what a person takes back is gone from everywhere.

use std::collections::BTreeSet;
use std::time::Duration;

use aws::store::item::Item;
use aws::store::views::is_expired;
use aws::store::{Changed, Filed, Fresh, Order, Rules, Store, ThreadChange, To, keys};
use domain::content::Raw;
use domain::event::{Direction, InboundEvent, Kind, Receipt, ReceiptOf, TemplateChanged};
use domain::filing::{ChannelLink, LinkCode};
use domain::id::{ContactId, MessageId, Reference, ThreadId};
use domain::outbound::SendContent;
use domain::sending::{Leg, Outgoing};
use domain::status::Status;
use domain::time::Timestamp;
use embedded::Cloud;
use embedded::events::{
    self, START, WHATSAPP, account, ada, bsuid, deleted, edited, event, id, key, known_by, message,
    says,
};
use embedded::tables::{file_all, of_kind, rules, table, text};

use crate::whole::whole;

/// In all that anybody says here.
pub(crate) const CANARY: &str = "QX-471108";

/// Items by what their keys begin with: partition, sort key, and whether they go by themselves.
const KINDS: [(&str, &str, Goes); 15] = [
    ("MSG#", "0", Goes::InTime),
    ("UNK#", "0", Goes::InTime),
    ("CON#", "5#question", Goes::InTime),
    ("LNK#", "0", Goes::InTime),
    // A join relies on these, and they say nothing: of a message they know hashes.
    ("IDN#", "0", Goes::Never),
    ("CON#", "0", Goes::Never),
    ("CON#", "1#", Goes::Never),
    ("CON#", "2#", Goes::Never),
    ("CON#", "3#", Goes::Never),
    // What people of ours know of a person, and call a thread. Words of a message that name one run out with it.
    ("CON#", "4#profile", Goes::Never),
    ("THR#", "0", Goes::Never),
    ("CRM#", "0", Goes::Never),
    // Facts about accounts of ours.
    ("ACC#", "0", Goes::Never),
    ("TPL#", "", Goes::Never),
    // Its own time is in it.
    ("TOK#", "0", Goes::Never),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Goes {
    InTime,
    Never,
}

fn kind(item: &Item) -> (&'static str, Goes) {
    let (pk, sk) = (text(item, "pk"), text(item, "sk"));
    let is_it = |it: &&(&str, &str, Goes)| pk.starts_with(it.0) && sk.starts_with(it.1);
    let found = KINDS.iter().find(is_it).unwrap_or_else(|| panic!("{pk} {sk} is of no kind"));
    (found.0, found.2)
}

pub(crate) fn speaks(item: &Item) -> bool {
    format!("{item:?}").contains(CANARY)
}

fn order(name: &str) -> Order {
    events::order(name, "desk", Timestamp::from_secs(START + 900))
}

fn answer(thread: &ThreadId, contact: &ContactId) -> Outgoing {
    let leg = Leg::new(WHATSAPP, account(), vec![ada().id]);
    let at = Timestamp::from_secs(START + 100);
    let content = SendContent::Text { text: format!("{CANARY} comes tomorrow") };
    let answer = events::answer(MessageId::new("msg_1"), leg, (thread, contact), at);
    Outgoing { content, ..answer }
}

fn opened(filed: &Filed) -> ThreadId {
    let (Filed::Opened(it) | Filed::Joined(it)) = filed else { panic!("{filed:?}") };
    it.clone()
}

async fn contact_of(table: &Store, thread: &ThreadId) -> ContactId {
    table.views().view_thread(thread).await.unwrap().unwrap().contact
}

/// A table with something of every kind.
async fn everything(cloud: &Cloud) -> Store {
    let table = whole(&cloud.process());
    let says_it = |name: &str, after: i64| says(name, after, &format!("Where is {CANARY} {name}?"));
    let filed = file_all(
        &table,
        &[
            says_it("1", 0),
            says_it("2", 60),
            edited("early", 61, 1, &format!("{CANARY} edited")),
            deleted("tombstone", 62),
            event(
                ada(),
                63,
                Kind::Reaction {
                    of: id("react"),
                    emoji: Some(CANARY.to_owned()),
                    direction: Direction::In,
                },
            ),
            event(
                ada(),
                64,
                Kind::Unknown { what: "poll".into(), raw: Raw(format!("{{\"{CANARY}\":1}}")) },
            ),
        ],
    )
    .await;
    table.filing().keep("unread", CANARY, Timestamp::from_secs(START), &rules()).await.unwrap();
    let thread = opened(&filed[0]);
    let contact = contact_of(&table, &thread).await;
    table.sends().accept(&answer(&thread, &contact), None, &rules()).await.unwrap();
    let receipt = |of: &str, our_ref: Option<&str>| Receipt {
        of: ReceiptOf::Message(id(of)),
        status: Status::Sent,
        error: None,
        our_ref: our_ref.map(Reference::new),
    };
    for receipt in [receipt("pointer", Some("msg_1")), receipt("parked", None)] {
        let heard = event(ada(), 120, Kind::Receipt(receipt.clone()));
        table.sends().receipt(&heard, &receipt, &rules()).await.unwrap();
    }
    let second = key("2");
    let split = To::New(ThreadId::new("thr_00000000000000000000000000000002"));
    let moved = table
        .corrections()
        .move_messages(&order("cor_1"), &thread, &split, &[second], &rules())
        .await;
    moved.unwrap();
    let unowned = |kind: Kind| InboundEvent { identity: None, ..event(ada(), 5, kind) };
    let changed = TemplateChanged {
        name: "delay".into(),
        locale: "fr".into(),
        id: None,
        status: Some("approved".into()),
        reason: None,
        raw: Raw("{}".into()),
    };
    let limit = Kind::AccountChanged { what: "limit".into(), raw: Raw("{}".into()) };
    file_all(&table, &[unowned(Kind::TemplateChanged(changed)), unowned(limit)]).await;
    let link = ChannelLink {
        thread,
        contact: contact.clone(),
        until: Timestamp::from_secs(START + 900),
        author: "desk".to_owned(),
        purpose: None,
    };
    assert!(table.filing().make_link(&LinkCode::of_random(7), &link).await.unwrap());
    table
}

#[tokio::test]
async fn whatever_holds_what_somebody_said_goes_in_time_and_nothing_that_a_join_relies_on_does() {
    let cloud = Cloud::start().await;
    Box::pin(everything(&cloud)).await;
    let items = cloud.items().await;
    let mut speaking = BTreeSet::new();
    for item in &items {
        let (name, goes) = kind(item);
        let at = format!("{} {}", text(item, "pk"), text(item, "sk"));
        assert_eq!(item.contains_key("expires"), goes == Goes::InTime, "{at}");
        if speaks(item) {
            speaking.insert(name);
            let named = item.contains_key("subject_until");
            assert!(goes == Goes::InTime || name == "THR#" && named, "{at} keeps what was said");
        }
    }
    assert_eq!(speaking, BTreeSet::from(["MSG#", "UNK#", "THR#"]));
    // One of each kind of a message: theirs twice, ours, its pointer, and four that wait for their messages.
    assert_eq!(of_kind(&items, "MSG#", "0").len(), 8);
}

#[test]
fn every_kind_of_item_is_known_here() {
    let source = include_str!("../../src/store/keys.rs");
    let quoted = source.split('"').skip(1).step_by(2);
    let prefixes = quoted.filter_map(|it| it.split_once('#')).map(|it| it.0);
    let prefixes: BTreeSet<_> = prefixes
        .filter(|it| it.len() == 3 && it.chars().all(|it| it.is_ascii_uppercase()))
        .collect();
    let known = KINDS.iter().filter_map(|it| it.0.strip_suffix('#'));
    assert_eq!(prefixes, known.collect(), "a new kind of item says whether it goes in time");
}

#[tokio::test]
async fn everything_runs_out_by_its_own_time_and_not_by_when_it_came() {
    let cloud = Cloud::start().await;
    let table = Box::pin(everything(&cloud)).await;
    let kept = i64::try_from(rules().retention.unwrap().as_secs()).unwrap();
    let expiry = |items: &[Item], pk: &str| {
        let item = items.iter().find(|it| text(it, "pk") == pk).unwrap();
        item["expires"].as_n().unwrap().parse::<i64>().unwrap() - kept - START
    };
    let pk = |name: &str| key(name).pk;
    let items = cloud.items().await;
    for (name, after) in
        [("1", 0), ("2", 60), ("early", 61), ("tombstone", 62), ("react", 63), ("parked", 120)]
    {
        assert_eq!(expiry(&items, &pk(name)), after, "{name}");
    }
    assert_eq!(expiry(&items, &keys::outbound(&MessageId::new("msg_1")).pk), 100);
    assert_eq!(expiry(&items, &pk("pointer")), 100, "with its message");
    // What is not an event has the time of its first coming.
    table
        .filing()
        .keep("unread", CANARY, Timestamp::from_secs(START + 50), &rules())
        .await
        .unwrap();
    assert_eq!(expiry(&cloud.items().await, "UNK#unread"), 0);
    let now = Timestamp::from_secs(START + kept + 30);
    let old = items.iter().filter(|it| is_expired(it, now)).count();
    assert!(0 < old && old < items.len(), "and readers leave it out before the table does");
}

#[tokio::test]
async fn a_message_of_ours_is_kept_as_long_as_it_may_still_be_sent() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let filed = file_all(&table, &[says("1", 0, "hello")]).await;
    let contact = contact_of(&table, &opened(&filed[0])).await;
    let mut accepted = answer(&opened(&filed[0]), &contact);
    let short = Rules { retention: Some(Duration::from_hours(1)), ..rules() };
    accepted.expires_at = Some(accepted.at.plus_ms(48 * 3_600_000));
    table.sends().accept(&accepted, None, &short).await.unwrap();
    let kept = table.sends().outgoing(&accepted.id).await.unwrap().unwrap();
    assert_eq!(kept.kept_until, Some(accepted.at.plus_ms(72 * 3_600_000)));
    accepted.id = MessageId::new("msg_2");
    let for_ever = Rules { retention: None, ..rules() };
    table.sends().accept(&accepted, None, &for_ever).await.unwrap();
    assert_eq!(table.sends().outgoing(&accepted.id).await.unwrap().unwrap().kept_until, None);
}

#[tokio::test]
async fn what_a_person_takes_back_leaves_no_excerpt_anywhere() {
    let cloud = Cloud::start().await;
    Box::pin(everything(&cloud)).await;
    let table = whole(&cloud.process());
    let evidence = |items: &[Item]| {
        let of = |it: &&Item| text(it, "evidence_filed").contains(CANARY);
        items.iter().filter(of).count()
    };
    assert_eq!(
        evidence(&cloud.items().await),
        1,
        "the second was filed by the number of the first"
    );
    file_all(&table, &[deleted("1", 200), deleted("2", 201), deleted("early", 202)]).await;
    // A colleague takes back what we said.
    file_all(&table, &[deleted("pointer", 203)]).await;
    let left: Vec<_> = cloud.items().await.into_iter().filter(speaks).collect();
    let left: BTreeSet<_> = left.iter().map(|it| text(it, "pk")).collect();
    // What was never a message of theirs, or not taken back.
    assert!(left.iter().all(|it| it.starts_with("UNK#") || *it == react()), "{left:?}");
    let ours = table.sends().outgoing(&MessageId::new("msg_1")).await.unwrap().unwrap();
    assert_eq!(ours.content, SendContent::Text { text: String::new() });
}

fn react() -> String {
    key("react").pk
}

#[tokio::test]
async fn what_names_a_thread_runs_out_with_its_message_and_a_persons_word_does_not() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let now = aws::now();
    let days = |days: i64| now.plus_ms(-days * 86_400_000);
    let short = Rules { retention: Some(Duration::from_hours(48)), ..rules() };
    for (name, age) in [("1", 1), ("2", 3)] {
        let said = message(name, &format!("Hello, I would like to return {CANARY}"));
        let said = InboundEvent { at: days(age), ..event(ada(), 0, said) };
        let said = InboundEvent { identity: Some(known_by(bsuid(name))), ..said };
        let filed = table.filing().file(&said, &Fresh::ids(), &short).await.unwrap();
        let thread = opened(&filed);
        let subject = table.views().view_thread(&thread).await.unwrap().unwrap().subject;
        assert_eq!(subject.is_some(), age < 2, "{age} days");
        let change =
            ThreadChange { subject: Some(Some("Return".to_owned())), ..ThreadChange::default() };
        let changed =
            table.threads().change_thread(&thread, &change, &|_| true, now).await.unwrap();
        assert!(matches!(changed, Changed::Done(_)), "{changed:?}");
        let subject = table.views().view_thread(&thread).await.unwrap().unwrap().subject;
        assert_eq!(subject.as_deref(), Some("Return"));
    }
    let threads = cloud.items().await;
    assert!(of_kind(&threads, "THR#", "0").iter().all(|it| !speaks(it)));
}
