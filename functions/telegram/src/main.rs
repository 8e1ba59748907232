//! Takes in Telegram webhooks.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    aws::ingest::run(telegram::INBOUND).await
}
