//! Sends messages by the right channel, once.

use std::time::Duration;

use aws::batch::Time;
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use outbound::Outbox;

/// What a call to a platform takes at the most, with its file: below it an entry is not begun, so that none is left between its
/// call and what came of it.
const EACH: Duration = Duration::from_secs(33);

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
