//! Timers: short waits in the delay queue, long ones as schedules.

use aws::queue::Queue;
use aws::timers::{Schedules, Timers};
use aws_sdk_scheduler::config::{BehaviorVersion, Credentials, Region};
use domain::id::{IdentityId, MessageId};
use domain::sending::{Entry, Step};
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
    let long =
        Schedules::over(client, "ariane".to_owned(), "arn:role".to_owned(), "arn:queue".to_owned());
    let queue = |name: &str| Queue::over(cloud.process().queues, cloud.queues.url(name));
    Timers::new(queue("timers"), long, queue("outbound.fifo"))
}

fn entry() -> Entry {
    let first = Entry::first(MessageId::new("msg_1"), &IdentityId::phone("+447700900111"));
    first.then(Step::Send(2))
}

#[tokio::test]
async fn a_short_wait_is_in_the_delay_queue_and_never_too_short() {
    let (cloud, scheduler) = (Cloud::start().await, MockServer::start().await);
    let (now, timers) = (Timestamp::from_secs(1_000), timers(&cloud, &scheduler));
    for (wait_ms, delay_s) in [(-5, 0), (1, 1), (2_000, 2), (2_001, 3), (900_000, 900)] {
        timers.set(&entry(), now.plus_ms(wait_ms), now).await.unwrap();
        let queued = cloud.queues.take("timers");
        assert_eq!(queued.iter().map(|it| it.delay_s).collect::<Vec<_>>(), [delay_s], "{wait_ms}");
        assert_eq!(serde_json::from_str::<Entry>(&queued[0].body).unwrap(), entry());
    }
    assert_eq!(scheduler.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_long_wait_is_a_schedule_that_is_gone_after_use() {
    let (cloud, scheduler) = (Cloud::start().await, MockServer::start().await);
    Mock::given(method("POST"))
        .and(path("/schedules/msg_1-send-2"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({ "ScheduleArn": "arn:schedule" })),
        )
        .expect(1)
        .mount(&scheduler)
        .await;
    let now = Timestamp::parse("2026-11-22T18:00:00.500Z").unwrap();
    timers(&cloud, &scheduler).set(&entry(), now.plus_ms(3_600_000), now).await.unwrap();
    let calls = scheduler.received_requests().await.unwrap();
    let call: Value = serde_json::from_slice(&calls[0].body).unwrap();
    assert_eq!(call["ScheduleExpression"], "at(2026-11-22T19:00:01)");
    assert_eq!(call["ActionAfterCompletion"], "DELETE");
    assert_eq!(call["Target"]["SqsParameters"]["MessageGroupId"], *entry().group);
    let input = call["Target"]["Input"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Entry>(input).unwrap(), entry());
}

#[tokio::test]
async fn a_schedule_that_is_there_already_is_set() {
    let (cloud, scheduler) = (Cloud::start().await, MockServer::start().await);
    let there = ResponseTemplate::new(409)
        .insert_header("x-amzn-errortype", "ConflictException")
        .set_body_json(json!({ "Message": "there is one" }));
    Mock::given(method("POST")).respond_with(there).mount(&scheduler).await;
    let now = Timestamp::from_secs(1_000);
    timers(&cloud, &scheduler).set(&entry(), now.plus_ms(3_600_000), now).await.unwrap();
}

#[tokio::test]
async fn an_entry_that_is_put_back_twice_comes_once() {
    let (cloud, scheduler) = (Cloud::start().await, MockServer::start().await);
    let timers = timers(&cloud, &scheduler);
    for _ in 0..2 {
        timers.put_back(&entry()).await.unwrap();
    }
    timers.put_back(&entry().then(Step::Confirm(2))).await.unwrap();
    let queued = cloud.queues.take("outbound.fifo");
    assert_eq!(queued.len(), 2);
    assert!(queued.iter().all(|it| it.group_id == entry().group));
}
