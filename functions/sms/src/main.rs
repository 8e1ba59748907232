//! Takes in webhooks of Twilio.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    aws::ingest::run(sms::INBOUND).await
}
