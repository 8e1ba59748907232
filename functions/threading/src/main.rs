//! Files each event of the inbound queue under its contact's thread.

use std::time::Duration;

use aws::batch::Time;
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use threading::Filer;

/// The time that filing takes at the most while the table is well: below it an entry is not begun.
const EACH: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::logs::init();
    let filer = Filer::from_env()?;
    run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let time = Time::of(&event.context, aws::now(), EACH);
        filer.handle(event.payload, time).await
    }))
    .await
}
