//! Large content goes from the bucket with the message that it belongs to, and so does what repeats a message elsewhere.

use aws::objects::Objects;
use aws::store::Store;
use aws::store::item::Item;
use domain::content::{Content, Quote, Raw};
use domain::event::{InboundEvent, Kind, Message};
use embedded::events::{ada, deleted, edited, event, id, message, says};
use embedded::tables::{file, file_all, table, text};
use embedded::{Cloud, Process, Steps};

use crate::retention::{CANARY, speaks};

/// A table that may remove what is in the bucket.
pub(crate) fn whole(process: &Process) -> Store {
    table(process).with_bucket(Objects::over(process.bucket.clone(), "bucket".to_owned()))
}

/// A message that is too large for its item.
fn large(name: &str, after: i64, kind: impl Into<Kind>) -> InboundEvent {
    let event = event(ada(), after, kind);
    InboundEvent { content_ref: Some(format!("content/ada/{name}.json")), ..event }
}

fn says_much(name: &str) -> InboundEvent {
    large(name, 0, message(name, "a beginning"))
}

fn edits_much(name: &str, of: &str, n: u64) -> InboundEvent {
    let content = Content::text("another beginning");
    large(name, 10, Kind::Edited { of: id(of), n, content })
}

/// Files events as the shell and the queue bring them: the object first.
async fn bring(cloud: &Cloud, table: &Store, events: &[InboundEvent]) {
    for event in events {
        if let Some(key) = &event.content_ref {
            cloud.bucket.put(key, b"{}");
        }
        file(table, event).await.unwrap();
    }
}

fn refs(items: &[Item]) -> Vec<String> {
    let refs = items.iter().map(|it| text(it, "content_ref")).filter(|it| !it.is_empty());
    refs.collect()
}

#[tokio::test]
async fn what_is_large_goes_from_the_bucket_when_it_is_taken_back_or_replaced() {
    let one = "content/ada/1.json";
    let edit = |n: u64| edits_much(&format!("edit{n}"), "1", n);
    let small = || edited("1", 11, 5, "short");
    let cases: [(&str, Vec<InboundEvent>, &[&str]); 10] = [
        ("kept", vec![says_much("1")], &[one]),
        ("taken back", vec![says_much("1"), deleted("1", 9)], &[]),
        (
            "taken back and delivered again",
            vec![says_much("1"), deleted("1", 9), says_much("1")],
            &[],
        ),
        ("taken back before it came", vec![deleted("1", 9), says_much("1")], &[]),
        ("replaced by more", vec![says_much("1"), edit(1)], &["content/ada/edit1.json"]),
        ("replaced by less", vec![says_much("1"), small()], &[]),
        ("edited before it came", vec![edit(1), says_much("1")], &["content/ada/edit1.json"]),
        ("edits out of order", vec![says_much("1"), edit(2), edit(1)], &["content/ada/edit2.json"]),
        ("an edit of what was taken back", vec![says_much("1"), deleted("1", 9), edit(1)], &[]),
        ("edited and taken back", vec![says_much("1"), edit(1), deleted("1", 12), edit(1)], &[]),
    ];
    for (case, events, expected) in cases {
        let cloud = Cloud::start().await;
        bring(&cloud, &whole(&cloud.process()), &events).await;
        assert_eq!(cloud.bucket.keys(), expected, "{case}");
        assert_eq!(refs(&cloud.items().await), expected, "{case}");
        // Brought again, all of it ends the same.
        bring(&cloud, &whole(&cloud.process()), &events).await;
        assert_eq!(cloud.bucket.keys(), expected, "{case}, again");
    }
}

#[tokio::test]
async fn what_a_later_parser_reads_replaces_what_was_large_and_unread() {
    let unread = Content::Unsupported { kind: "poll".into(), raw: Raw("{}".into()) };
    let unread = large("1", 0, Message::inbound(id("1"), unread));
    let cloud = Cloud::start().await;
    let table = whole(&cloud.process());
    bring(&cloud, &table, &[unread, says("1", 0, "which lamp?")]).await;
    assert_eq!((cloud.bucket.keys(), refs(&cloud.items().await)), (vec![], vec![]));
}

#[tokio::test]
async fn stopped_anywhere_no_object_stays_without_a_message_that_names_it() {
    let events = [
        says_much("1"),
        edits_much("edit1", "1", 1),
        says_much("2"),
        deleted("1", 20),
        edited("2", 21, 1, "short"),
    ];
    let cloud = Cloud::start().await;
    let steps = Steps::default();
    bring(&cloud, &whole(&cloud.process_with(steps.clone())), &events).await;
    assert_eq!(cloud.bucket.keys(), [""; 0]);
    for stop in 1..=steps.passed() {
        let cloud = Cloud::start().await;
        let killed = whole(&cloud.process_with(Steps::stopping_at(stop)));
        for event in &events {
            if let Some(key) = &event.content_ref {
                cloud.bucket.put(key, b"{}");
            }
            if file(&killed, event).await.is_err() {
                bring(&cloud, &whole(&cloud.process()), std::slice::from_ref(event)).await;
            }
        }
        assert_eq!(cloud.bucket.keys(), [""; 0], "stopped at {stop}");
        assert_eq!(refs(&cloud.items().await), [""; 0], "stopped at {stop}");
    }
}

#[tokio::test]
async fn nothing_but_content_is_ever_removed_from_the_bucket() {
    let cloud = Cloud::start().await;
    let table = whole(&cloud.process());
    cloud.bucket.put("parked/whatsapp/1.json", b"{}");
    let named = InboundEvent {
        content_ref: Some("parked/whatsapp/1.json".to_owned()),
        ..says("1", 0, "hello")
    };
    file_all(&table, &[named, deleted("1", 9)]).await;
    assert_eq!(cloud.bucket.keys(), ["parked/whatsapp/1.json"]);
}

#[tokio::test]
async fn what_repeats_a_message_goes_with_it_whichever_comes_first() {
    let quoting = || {
        let quote = Some(Quote { text: CANARY.to_owned(), from: None });
        let reply_to = Some(id("1"));
        event(ada(), 20, Message { quote, reply_to, ..message("2", "is that one in stock?") })
    };
    let unread = || {
        let content = Content::Unsupported { kind: "poll".into(), raw: Raw(CANARY.into()) };
        large("unread", 21, Kind::Edited { of: id("1"), n: 1, content })
    };
    let said = || says("1", 0, &format!("Where is {CANARY}?"));
    let orders = [
        vec![said(), quoting(), unread(), deleted("1", 30)],
        vec![said(), deleted("1", 30), unread(), quoting()],
        vec![unread(), said(), quoting(), deleted("1", 30), unread()],
    ];
    for (n, events) in orders.iter().enumerate() {
        let cloud = Cloud::start().await;
        bring(&cloud, &whole(&cloud.process()), &events[..events.len() - 1]).await;
        bring(&cloud, &whole(&cloud.process()), &events[events.len() - 1..]).await;
        let items = cloud.items().await;
        let left: Vec<_> = items.iter().filter(|it| speaks(it)).map(|it| text(it, "pk")).collect();
        assert_eq!((left, cloud.bucket.keys()), (vec![], vec![]), "order {n}");
        assert!(format!("{items:?}").contains("in stock"), "what quotes it stays");
    }
}
