//! Sends messages by the right channel, once.

use std::time::Duration;

use aws::batch::Time;
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use outbound::Outbox;

/// The time of an attempt at the most: its file is uploaded (30 s), then the message is sent (10 s), and the table is written
/// between. Below it an entry is not begun, so that none is left between its call and what came of it.
const EACH: Duration = Duration::from_secs(45);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::logs::init();
    let outbox = Outbox::from_env()?;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let time = Time::of(&event.context, aws::now(), EACH);
        outbox.handle(event.payload, time).await
    }))
    .await
}
