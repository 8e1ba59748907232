//! Batches as the queue brings them.
#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::time::Duration;

use aws::batch::Time;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use domain::content::Content;
use domain::event::{InboundEvent, Kind, Message, Receipt, ReceiptOf};
use domain::id::ProviderId;
use domain::status::Status;
use domain::time::Timestamp;
use embedded::events::{START, bsuid, known_by, told};
use embedded::tables::table;
use embedded::{Cloud, queued};
use threading::Filer;

fn filer(cloud: &Cloud, steps: embedded::Steps) -> Filer {
    Filer::over(table(&cloud.process_with(steps)), None)
}

fn time() -> Time {
    Time::lasting(Duration::from_mins(1), Duration::ZERO)
}

fn event(person: &str, key: &str, kind: Kind) -> InboundEvent {
    told(Some(known_by(bsuid(person))), key, Timestamp::from_secs(START), kind)
}

fn says(person: &str, id: &str) -> String {
    let said = Message::inbound(ProviderId::new(id), Content::text("hello"));
    serde_json::to_string(&event(person, id, said.into())).unwrap()
}

/// A batch of one entry per body, named by its place, in the group of its first word.
fn batch(entries: &[(&str, String)]) -> SqsEvent {
    let named =
        |(n, (group, body)): (usize, &(&str, String))| queued(&n.to_string(), Some(group), body);
    let records = entries.iter().enumerate().map(named).collect();
    let mut batch = SqsEvent::default();
    batch.records = records;
    batch
}

async fn count(cloud: &Cloud, prefix: &str) -> usize {
    cloud.items().await.iter().filter(|it| it["pk"].as_s().unwrap().starts_with(prefix)).count()
}

#[tokio::test]
async fn a_batch_is_filed_and_nothing_is_given_back() {
    let cloud = Cloud::start().await;
    let entries = [
        ("a", says("a", "1")),
        ("b", says("b", "2")),
        ("a", says("a", "3")),
        ("a", says("a", "1")),
    ];
    let answer =
        filer(&cloud, embedded::Steps::default()).handle(batch(&entries), time()).await.unwrap();
    assert!(answer.batch_item_failures.is_empty());
    assert_eq!((count(&cloud, "MSG#").await, count(&cloud, "THR#").await), (3, 2));
}

#[tokio::test]
async fn an_entry_that_is_no_event_is_kept_and_does_not_block_its_person() {
    let cloud = Cloud::start().await;
    let entries = [
        ("a", r#"{"half":"an eve"#.to_owned()),
        ("a", says("a", "1")),
        ("a", r#"{"kind":7}"#.to_owned()),
    ];
    let answer =
        filer(&cloud, embedded::Steps::default()).handle(batch(&entries), time()).await.unwrap();
    assert!(answer.batch_item_failures.is_empty());
    assert_eq!((count(&cloud, "UNK#").await, count(&cloud, "MSG#").await), (2, 1));
}

/// Events as a later version of a channel may write them: a kind of event, a kind of content, a field.
fn of_a_later_version(person: &str, id: &str) -> [String; 3] {
    let with = |change: fn(&mut serde_json::Value)| {
        let mut event = serde_json::from_str(&says(person, id)).unwrap();
        change(&mut event);
        event.to_string()
    };
    [
        with(|it| it["kind"] = serde_json::json!({ "type": "poll_closed", "of": "1" })),
        with(|it| {
            *it.pointer_mut("/kind/content").unwrap() =
                serde_json::json!({ "type": "poll", "options": ["a"] });
        }),
        with(|it| drop(it["kind"].as_object_mut().unwrap().insert("expires".to_owned(), 7.into()))),
    ]
}

#[tokio::test]
async fn an_event_that_only_the_next_version_knows_comes_again_before_what_follows_it() {
    for newer in of_a_later_version("a", "1") {
        let cloud = Cloud::start().await;
        let entries = [("a", newer.clone()), ("a", says("a", "2")), ("b", says("b", "3"))];
        let filer = filer(&cloud, embedded::Steps::default());
        // However often it comes.
        for _ in 0..3 {
            let answer = filer.handle(batch(&entries), time()).await.unwrap();
            let failed = answer.batch_item_failures.into_iter().map(|it| it.item_identifier);
            assert_eq!(failed.collect::<Vec<_>>(), ["0", "1"], "{newer}");
        }
        let kept = (count(&cloud, "UNK#").await, count(&cloud, "MSG#").await);
        assert_eq!(kept, (0, 1), "{newer}");
    }
}

#[tokio::test]
async fn an_event_that_no_version_comes_for_is_put_aside_after_two_hours() {
    for newer in of_a_later_version("a", "1") {
        let cloud = Cloud::start().await;
        let mut entries = batch(&[("a", newer), ("a", says("a", "2"))]);
        let receive = |it: &mut SqsMessage| {
            it.attributes.insert("ApproximateReceiveCount".to_owned(), "120".to_owned());
        };
        entries.records.iter_mut().for_each(receive);
        let filer = filer(&cloud, embedded::Steps::default());
        let answer = filer.handle(entries, time()).await.unwrap();
        assert!(answer.batch_item_failures.is_empty());
        assert_eq!((count(&cloud, "UNK#").await, count(&cloud, "MSG#").await), (1, 1));
    }
}

#[tokio::test]
async fn an_entry_that_the_table_can_never_hold_is_put_aside_and_its_neighbours_are_filed() {
    let cloud = Cloud::start().await;
    // Its sender's address is longer than a key of the table may be.
    let poison = says(&"long".repeat(1_000), "1");
    let entries = [("a", poison.clone()), ("a", says("a", "2")), ("b", says("b", "3"))];
    let answer =
        filer(&cloud, embedded::Steps::default()).handle(batch(&entries), time()).await.unwrap();
    assert!(answer.batch_item_failures.is_empty());
    assert_eq!((count(&cloud, "UNK#").await, count(&cloud, "MSG#").await), (1, 2));
    // The whole of it, and where it goes back to.
    let items = cloud.items().await;
    let kept = items.iter().find(|it| it["pk"].as_s().unwrap().starts_with("UNK#")).unwrap();
    assert_eq!(kept["entry"].as_s().unwrap(), &poison);
    assert_eq!(kept["group"].as_s().unwrap(), "a");
    assert_eq!(kept["queue"].as_s().unwrap(), "inbound");
}

#[tokio::test]
async fn what_is_put_aside_is_kept_as_long_as_messages_are() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let filer = Filer::over(table, Some(Duration::from_hours(240)));
    filer.handle(batch(&[("a", "no event".to_owned())]), time()).await.unwrap();
    let items = cloud.items().await;
    let expires: i64 = items[0]["expires"].as_n().unwrap().parse().unwrap();
    let days = (expires - aws::now().secs()) / 86_400;
    assert!((9..=10).contains(&days), "{days}");
}

#[tokio::test]
async fn a_table_that_is_out_of_reach_puts_nothing_aside() {
    let cloud = Cloud::start().await;
    let entries = [("a", says("a", "1")), ("b", says("b", "2"))];
    let out_of_reach = embedded::Steps::stopping_at(1);
    assert!(filer(&cloud, out_of_reach).handle(batch(&entries), time()).await.is_err());
    assert!(cloud.items().await.is_empty());
}

#[tokio::test]
async fn after_a_failure_the_queue_brings_the_rest_of_that_person_again() {
    let cloud = Cloud::start().await;
    let entries = [
        ("b", says("b", "1")),
        ("a", says("a", "2")),
        ("a", says("a", "3")),
        ("c", says("c", "4")),
    ];
    let alone = embedded::Steps::default();
    filer(&Cloud::start().await, alone.clone()).handle(batch(&entries[..1]), time()).await.unwrap();
    // Stopped within the second entry: whatever comes after it fails too, and so does the third, unseen.
    let stopping = embedded::Steps::stopping_at(alone.passed() + 2);
    let answer = filer(&cloud, stopping.clone()).handle(batch(&entries), time()).await.unwrap();
    let failed: Vec<_> =
        answer.batch_item_failures.into_iter().map(|it| it.item_identifier).collect();
    assert_eq!(failed, ["1", "2", "3"]);
    assert_eq!(count(&cloud, "MSG#").await, 1);
    filer(&cloud, embedded::Steps::default()).handle(batch(&entries[1..]), time()).await.unwrap();
    assert_eq!((count(&cloud, "MSG#").await, count(&cloud, "THR#").await), (4, 3));
}

#[tokio::test]
async fn a_receipt_before_its_message_waits_and_makes_no_thread() {
    let cloud = Cloud::start().await;
    let of = ReceiptOf::Message(ProviderId::new("wamid.1"));
    let receipt = Receipt { of, status: Status::Delivered, error: None, our_ref: None };
    let entry =
        serde_json::to_string(&event("a", "wamid.1 delivered", Kind::Receipt(receipt))).unwrap();
    let answer = filer(&cloud, embedded::Steps::default())
        .handle(batch(&[("a", entry)]), time())
        .await
        .unwrap();
    assert!(answer.batch_item_failures.is_empty());
    assert_eq!((count(&cloud, "MSG#").await, count(&cloud, "THR#").await), (1, 0));
}
