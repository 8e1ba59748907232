//! Files each event of the inbound queue under its contact's thread.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use threading::Filer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::logs::init();
    let filer = Filer::from_env()?;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| filer.handle(event.payload).await)).await
}
