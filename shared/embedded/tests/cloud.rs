//! The test support itself: that it counts, deduplicates and stops as the tests over it rely on.

use aws::queue::{Queue, QueueEntry};
use aws_sdk_dynamodb::types::AttributeValue;
use embedded::{Capacity, Cloud, Steps, TABLE};

async fn put(process: &embedded::Process, pk: &str, bytes: usize) -> bool {
    let text = |it: &str| AttributeValue::S(it.to_owned());
    let call =
        process.table.put_item().table_name(TABLE).item("pk", text(pk)).item("sk", text("0"));
    let call = call
        .item("body", AttributeValue::S("x".repeat(bytes)))
        .condition_expression("attribute_not_exists(pk)");
    call.send().await.is_ok()
}

#[tokio::test]
async fn a_write_is_metered_and_so_is_a_refused_one() {
    let cloud = Cloud::start().await;
    assert!(put(&cloud.process(), "a", 100).await);
    assert_eq!(cloud.meter.take(), Capacity { write: 1.0, read: 0.0 });
    assert!(!put(&cloud.process(), "a", 1500).await);
    assert_eq!(cloud.meter.take(), Capacity { write: 2.0, read: 0.0 });
}

#[tokio::test]
async fn a_process_stops_before_or_after_a_call_and_makes_no_further_one() {
    let cloud = Cloud::start().await;
    let before = cloud.process_with(Steps::stopping_at(1));
    assert!(!put(&before, "a", 1).await);
    assert!(!put(&before, "b", 1).await);
    assert_eq!(cloud.items().await.len(), 0);
    let after = cloud.process_with(Steps::stopping_at(2));
    assert!(!put(&after, "a", 1).await);
    assert!(!put(&after, "b", 1).await);
    assert_eq!(cloud.items().await.len(), 1);
}

#[tokio::test]
async fn a_queue_deduplicates_and_keeps_order() {
    let cloud = Cloud::start().await;
    let queue = Queue::over(cloud.process().queues, cloud.queues.url("inbound.fifo"));
    let entry = |id: &str| QueueEntry {
        group_id: "g".into(),
        deduplication_id: id.into(),
        body: id.into(),
    };
    queue.put_all(["1", "2", "1"].map(entry).into(), |_| ()).await.unwrap();
    queue.put(&entry("2")).await.unwrap();
    let bodies: Vec<_> = cloud.queues.take("inbound.fifo").into_iter().map(|it| it.body).collect();
    assert_eq!(bodies, ["1", "2"]);
    cloud.queues.refuse(1);
    assert!(queue.put(&entry("3")).await.is_err());
}
