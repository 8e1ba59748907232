//! Takes in X webhooks.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    aws::ingest::run(x::INBOUND).await
}
