//! Sends messages by the right channel, once.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use outbound::Outbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::logs::init();
    let outbox = Outbox::from_env()?;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| outbox.handle(event.payload).await)).await
}
