//! Takes in WhatsApp webhooks.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    aws::ingest::run(whatsapp::INBOUND).await
}
