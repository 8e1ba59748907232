//! Timers: short waits in the delay queue, long ones as schedules that end there, and the way back into any queue.
#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

use aws::batch::Permanent;
use aws::queue::{Queue, QueueEntry};
use aws::timers::{Queues, Schedules, Timer, Timers};
use aws_sdk_scheduler::config::{BehaviorVersion, Credentials, Region};
use domain::time::Timestamp;
use embedded::Cloud;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn timers(cloud: &Cloud, scheduler: &MockServer) -> Timers {
    let config = aws_sdk_scheduler::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .region(Region::new("eu-west-1"))
        .endpoint_url(scheduler.uri())
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    let client = aws_sdk_scheduler::Client::from_conf(config.build());
    let long = Schedules::over(
        client,
        "ariane".to_owned(),
        "arn:role".to_owned(),
        "arn:timers".to_owned(),
    );
    Timers::new(queue(cloud, "timers"), long)
}

fn queue(cloud: &Cloud, name: &str) -> Queue {
    Queue::over(cloud.process().queues, cloud.queues.url(name))
}

/// The queues that the function knows: two.
fn queues(cloud: &Cloud) -> Queues {
    let named = |name: &str| (name.to_owned(), queue(cloud, &format!("{name}.fifo")));
    Queues::over(["outbound", "media"].map(named))
}

/// An entry that no function of today would read.
fn entry(n: u32) -> QueueEntry {
    QueueEntry {
        group_id: "a person".to_owned(),
        deduplication_id: format!("fetch-{n}"),
        body: format!("{{\"fetch\": {n},  \"é\": \"\\u00e9\\n\"}}"),
    }
}

async fn put_back(cloud: &Cloud, timer: &str) -> anyhow::Result<()> {
    queues(cloud).put_back(&Timer::read(timer)?).await
}

/// A timer as it waits.
async fn waiting(cloud: &Cloud, queue: &str, n: u32) -> String {
    let (now, scheduler) = (Timestamp::from_secs(1_000), MockServer::start().await);
    timers(cloud, &scheduler).set(queue, entry(n), now, now).await.unwrap();
    cloud.queues.take("timers").remove(0).body
}

#[tokio::test]
async fn a_short_wait_is_in_the_delay_queue_and_never_too_short() {
    let (cloud, scheduler) = (Cloud::start().await, MockServer::start().await);
    let (now, timers) = (Timestamp::from_secs(1_000), timers(&cloud, &scheduler));
    for (wait_ms, delay_s) in [(-5, 0), (1, 1), (2_000, 2), (2_001, 3), (900_000, 900)] {
        timers.set("media", entry(1), now.plus_ms(wait_ms), now).await.unwrap();
        let queued = cloud.queues.take("timers");
        assert_eq!(queued.iter().map(|it| it.delay_s).collect::<Vec<_>>(), [delay_s], "{wait_ms}");
    }
    assert_eq!(scheduler.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_long_wait_is_a_schedule_that_ends_in_the_delay_queue_and_is_gone_after_use() {
    let (cloud, scheduler) = (Cloud::start().await, MockServer::start().await);
    let name = domain::event::digest(&["media", "fetch-2"]);
    Mock::given(method("POST"))
        .and(path(format!("/schedules/{name}")))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({ "ScheduleArn": "arn:schedule" })),
        )
        .expect(1)
        .mount(&scheduler)
        .await;
    let now = Timestamp::parse("2026-11-22T18:00:00.500Z").unwrap();
    let timers = timers(&cloud, &scheduler);
    timers.set("media", entry(2), now.plus_ms(3_600_000), now).await.unwrap();
    let calls = scheduler.received_requests().await.unwrap();
    let call: Value = serde_json::from_slice(&calls[0].body).unwrap();
    assert_eq!(call["ScheduleExpression"], "at(2026-11-22T19:00:01)");
    assert_eq!(call["ActionAfterCompletion"], "DELETE");
    assert_eq!(call["Target"]["Arn"], "arn:timers");
    // A standard queue takes no group; that and the deduplication are the timer's.
    assert_eq!(call["Target"].get("SqsParameters"), None);
    put_back(&cloud, call["Target"]["Input"].as_str().unwrap()).await.unwrap();
    assert_eq!(cloud.queues.take("media.fifo")[0].body, entry(2).body);
}

#[tokio::test]
async fn a_schedule_that_is_there_already_is_set() {
    let (cloud, scheduler) = (Cloud::start().await, MockServer::start().await);
    let there = ResponseTemplate::new(409)
        .insert_header("x-amzn-errortype", "ConflictException")
        .set_body_json(json!({ "Message": "there is one" }));
    Mock::given(method("POST")).respond_with(there).mount(&scheduler).await;
    let now = Timestamp::from_secs(1_000);
    let timers = timers(&cloud, &scheduler);
    timers.set("media", entry(1), now.plus_ms(3_600_000), now).await.unwrap();
}

#[tokio::test]
async fn an_entry_of_any_queue_is_put_back_as_it_was_and_twice_comes_once() {
    let cloud = Cloud::start().await;
    let timer = waiting(&cloud, "media", 1).await;
    let another = waiting(&cloud, "outbound", 2).await;
    for timer in [&timer, &timer, &another] {
        put_back(&cloud, timer).await.unwrap();
    }
    for (queue, n) in [("media.fifo", 1), ("outbound.fifo", 2)] {
        let queued = cloud.queues.take(queue);
        assert_eq!(queued.iter().map(|it| &it.body).collect::<Vec<_>>(), [&entry(n).body]);
        assert_eq!(queued[0].group_id, entry(n).group_id);
    }
}

/// The version that is being replaced, or the next, runs beside this one for minutes.
#[tokio::test]
async fn what_this_version_does_not_know_stays_where_it_is() {
    let cloud = Cloud::start().await;
    let changed = |timer: &str, field: &str, value: Value| {
        let mut timer: Value = serde_json::from_str(timer).unwrap();
        timer[field] = value;
        timer.to_string()
    };
    let known = waiting(&cloud, "media", 1).await;
    put_back(&cloud, &known).await.unwrap();
    for (unknown, why) in [
        (changed(&known, "v", json!(2)), "version 2"),
        (changed(&known, "priority", json!(1)), "not known"),
        (changed(&known, "queue", json!("https://sqs.example/1/a.fifo")), "no queue is named"),
        ("no timer at all".to_owned(), "not known"),
    ] {
        let error = put_back(&cloud, &unknown).await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        // It comes again: only what is permanent is put aside.
        assert!(!error.is::<Permanent>());
    }
    assert_eq!(cloud.queues.take("media.fifo").len(), 1);
}
