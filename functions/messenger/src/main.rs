//! Takes in Messenger webhooks.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    aws::ingest::run(messenger::INBOUND).await
}
