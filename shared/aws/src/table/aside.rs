//! Queue entries that are put aside: what no attempt can work on, whole, so that it can be put back when the code can.

use std::error::Error;
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use domain::event::digest;
use domain::time::Timestamp;

use super::Table;
use super::item::{moment, text};
use super::keys;
use super::messages::expiry;
use super::patch::Patch;
use super::schema::EXPIRES;
use crate::batch::Permanent;

/// What the table refuses for what it is: a key or an item that is too large, an empty key, a number that is none.
const UNFIT: Permanent = Permanent("the table cannot hold it");

/// The queue that an entry goes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackTo {
    /// That of `threading`.
    Inbound,
    /// That of `outbound`; also what its timers brought.
    Outbound,
}

impl BackTo {
    /// Its word in the item.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

impl Table {
    /// Puts an entry aside, under an id that makes a repeated one the same: as it came, with its group and the queue that it
    /// goes back to, for `cargo replay`. It is kept as long as messages are.
    pub async fn put_aside(
        &self,
        queue: BackTo,
        entry: &SqsMessage,
        why: Permanent,
        at: Timestamp,
        retention: Option<Duration>,
    ) -> anyhow::Result<()> {
        let body = entry.body.as_deref().unwrap_or_default();
        let queue = queue.name();
        let group = entry.attributes.get("MessageGroupId").cloned();
        let patch = Patch::of(keys::unknown(&digest(&[queue, body])))
            .set("entry", text(body))
            .set("queue", text(queue))
            .set_some("group", group.map(text))
            .set("why", text(why.0))
            .set("kept", moment(at))
            .set_some(EXPIRES, retention.map(|it| expiry(at, it)));
        self.settle(patch).await?;
        Ok(())
    }
}

/// An error of a call to the table, marked if the same call would be refused for ever.
pub(super) fn judged<E>(error: SdkError<E>) -> anyhow::Error
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let unfit = matches!(error.code(), Some("ValidationException"));
    let error = anyhow::Error::new(error);
    if unfit { error.context(UNFIT) } else { error }
}

/// The same for one write of a transaction that was canceled.
pub(super) fn judged_reason(code: &str) -> anyhow::Error {
    let error = anyhow::anyhow!("a transaction was refused: {code}");
    if matches!(code, "ValidationError" | "ItemCollectionSizeLimitExceeded") {
        return error.context(UNFIT);
    }
    error
}
