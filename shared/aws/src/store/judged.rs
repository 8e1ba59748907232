//! Errors of calls to the table: whether the same call can ever be taken.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::batch::Permanent;

/// The mark of what the table refuses for what it is: a key or an item that is too large, an empty key, a number that is none.
const UNFIT: Permanent = Permanent("the table cannot hold it");

/// An error of a call to the table, marked if the same call would be refused for ever.
pub(in crate::store) fn judged<E>(error: SdkError<E>) -> anyhow::Error
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let unfit = matches!(error.code(), Some("ValidationException"));
    let error = anyhow::Error::new(error);
    if unfit { error.context(UNFIT) } else { error }
}

/// The same for one write of a transaction that was canceled.
pub(in crate::store) fn judged_reason(code: &str) -> anyhow::Error {
    let error = anyhow::anyhow!("a transaction was refused: {code}");
    if matches!(code, "ValidationError" | "ItemCollectionSizeLimitExceeded") {
        return error.context(UNFIT);
    }
    error
}
