//! Runs the API as a Lambda function.

use api::Api;
use lambda_http::{Error, Request, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    aws::logs::init();
    let api = Api::from_env()?;
    run(service_fn(async |request: Request| Ok::<_, Error>(api.serve(request).await))).await
}
