//! The largest webhook that Meta sends, by counted calls and a clock of the test's own: a call takes 20 ms, and nothing else
//! takes any. So what is shown is how the calls depend on each other, whatever machine this runs on.
//!
//! The local cloud answers in a millisecond and never refuses a part of a batch, so it cannot show this.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "all of this is a test"
)]

mod model;

use aws::ingest::{Secrets, Shell, handle_request, patience};
use aws::objects::Objects;
use aws::queue::Queue;
use aws::vault::Vault;
use domain::inbound::{Ack, Inbound, Source};
use domain::time::Timestamp;
use domain::webhook::sign;
use lambda_http::{Body, Request};
use local::{place, replay};
use model::{Aws, CALL_MS};
use serde_json::json;

const ACCOUNT: &str = "700800900100200";
const SECRET: &str = "a-secret-of-the-test";

fn whatsapp() -> Inbound {
    replay::readers(channels::ALL, "whatsapp").unwrap().first().unwrap().clone()
}

/// A shell of WhatsApp over the model. Its clock is not ours, so its deadline must not be either.
fn shell(aws: &Aws) -> Shell {
    let ack = Ack { deadline_ms: 3_600_000, ..whatsapp().ack };
    let sdk = aws.sdk();
    Shell::over(
        Inbound { ack, ..whatsapp() },
        Secrets::new(Vault::new(&sdk), "secret".to_owned()),
        Queue::new(&sdk, "http://aws.test/inbound.fifo".to_owned()),
        Objects::new(&sdk, "bucket".to_owned()),
    )
}

/// One webhook with so many messages of so many people, of so many bytes in all.
fn webhook(n_messages: usize, n_people: usize, bytes: usize) -> Vec<u8> {
    let text = "x".repeat((bytes / n_messages).saturating_sub(200));
    let message = |n: usize| {
        json!({
            "from": format!("4477009{:05}", n % n_people),
            "id": format!("wamid.{n:08}"),
            "timestamp": "1794999999",
            "type": "text",
            "text": { "body": format!("{n} {text}") },
        })
    };
    let contact =
        |n: usize| json!({ "wa_id": format!("4477009{n:05}"), "profile": { "name": "Ada" } });
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550001111", "phone_number_id": ACCOUNT },
        "contacts": (0..n_people).map(contact).collect::<Vec<_>>(),
        "messages": (0..n_messages).map(message).collect::<Vec<_>>(),
    });
    let change = json!({ "field": "messages", "value": value });
    let entry = json!({ "id": "1", "changes": [change] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string().into_bytes()
}

fn request(body: &[u8]) -> Request {
    let Source::Http { proof, .. } = whatsapp().source else { panic!("it has webhooks") };
    let (name, value) = sign(&proof, &SECRET.into(), body);
    http::Request::post("/").header(name, value).body(Body::from(body.to_vec())).unwrap()
}

/// The status, and after how many milliseconds it was there.
async fn post(aws: &Aws, shell: &Shell, body: &[u8]) -> (u16, u64) {
    let began = aws.now_ms();
    let received = Timestamp::from_secs(1_795_000_000);
    let answer = aws.run(Box::pin(handle_request(shell, request(body), received))).await;
    (answer.status().as_u16(), aws.now_ms() - began)
}

/// The time that a platform's deadline leaves us: WhatsApp's is not published, so it is the shortest that anybody has seen.
fn allowed_ms() -> u64 {
    u64::try_from(patience(&whatsapp().ack, None).as_millis()).unwrap()
}

#[tokio::test]
async fn a_thousand_messages_and_three_megabytes_are_taken_before_the_deadline() {
    println!("{CALL_MS} ms a call, {} ms allowed", allowed_ms());
    println!("messages  people    bytes  batches  objects  in flight  modelled");
    for (n_messages, n_people, bytes) in [
        (1, 1, 1_000),
        (10, 3, 10_000),
        (400, 400, 120_000),
        (1_000, 1_000, 3_000_000),
        (1_000, 30, 3_000_000),
        (1_000, 1, 3_000_000),
        // Each is larger than what is queued.
        (340, 340, 3_000_000),
        (340, 1, 3_000_000),
    ] {
        let aws = Aws::new(&json!({ "signing": [SECRET], "accounts": [ACCOUNT] }));
        let shell = shell(&aws);
        let body = webhook(n_messages, n_people, bytes);
        let (status, ms) = post(&aws, &shell, &body).await;
        let counts = aws.counts();
        println!(
            "{n_messages:8}  {n_people:6}  {:7}  {:7}  {:7}  {:9}  {ms} ms",
            body.len(),
            counts.batches,
            counts.objects,
            counts.most_in_flight
        );
        assert_eq!(status, 200);
        assert!(ms <= allowed_ms(), "{ms} ms");
        // Only a person's last call may have room left.
        assert!(counts.batches <= 2 * n_messages.div_ceil(10), "{counts:?}");
        let expected: Vec<_> = (0..n_messages).map(|it| format!("wamid.{it:08}")).collect();
        let mut arrived = aws.arrived();
        assert!(in_order(&arrived, n_people), "a person's messages are in order");
        arrived.sort();
        assert_eq!(arrived, expected);
    }
    let (memory, resident) = (memory_size(), resident_at_most());
    println!("at most {resident} MB resident, in this whole process, of {memory} MB");
    assert!(resident < memory);
}

/// The megabytes that the template gives the function.
fn memory_size() -> u64 {
    let template = std::fs::read_to_string(place::template()).unwrap();
    let block = template.split("\n  WhatsappFunction:").nth(1).unwrap();
    let line = block.lines().find_map(|it| it.trim().strip_prefix("MemorySize: ")).unwrap();
    line.parse().unwrap()
}

/// The most memory that this process held, in megabytes, with the model of AWS and the tests that run beside this one.
fn resident_at_most() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}

/// Whether the messages of each person came in the order of the webhook.
fn in_order(arrived: &[String], n_people: usize) -> bool {
    let number = |it: &String| it.trim_start_matches("wamid.").parse::<usize>().unwrap();
    let mut last = vec![None; n_people];
    arrived.iter().map(number).all(|n| last[n % n_people].replace(n) < Some(n))
}

#[tokio::test]
async fn a_repeat_goes_on_where_the_attempt_before_it_ended() {
    let aws = Aws::new(&json!({ "signing": [SECRET], "accounts": [ACCOUNT] }));
    let shell = shell(&aws);
    let body = webhook(1_000, 1, 3_000_000);
    let mut missing = Vec::new();
    println!("attempt  status  batches  arrived");
    for attempt in 1..=4 {
        // The queue takes 30 batches, then it is overloaded.
        aws.fail_after(if attempt == 4 { usize::MAX } else { 30 });
        let before = aws.counts().batches;
        let (status, _) = post(&aws, &shell, &body).await;
        let arrived = aws.arrived().len();
        println!("{attempt:7}  {status:6}  {:7}  {arrived}", aws.counts().batches - before);
        assert_eq!(status, if attempt == 4 { 200 } else { 503 });
        missing.push(1_000 - arrived);
    }
    assert_eq!(missing, [700, 400, 100, 0], "each gets further");
    assert!(in_order(&aws.arrived(), 1));
    assert_eq!(aws.counts().batches, 100 + 3, "nothing was put twice");
}

#[tokio::test]
async fn what_a_batch_refuses_in_part_is_all_that_is_put_again() {
    let aws = Aws::new(&json!({ "signing": [SECRET], "accounts": [ACCOUNT] }));
    let shell = shell(&aws);
    aws.refuse_every(7);
    let (status, _) = post(&aws, &shell, &webhook(1_000, 1_000, 3_000_000)).await;
    let counts = aws.counts();
    println!("1 of 7 refused once: {} batches, {} entries", counts.batches, counts.entries);
    assert_eq!((status, aws.arrived().len()), (200, 1_000));
    assert_eq!(counts.entries, 1_000 + counts.refused, "only what was refused goes twice");
    assert!(100 < counts.refused);
}
