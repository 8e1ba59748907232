//! Queue entries that are put aside: what no attempt can work on, whole, so that it can be put back when the code can.

use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use domain::event::digest;
use domain::time::Timestamp;

use crate::batch::Permanent;
use crate::store::filing::Filing;
use crate::store::item::{moment, text};
use crate::store::keys;
use crate::store::kind::ItemKind;
use crate::store::messages::stored::expiry;
use crate::store::patch::Patch;
use crate::store::schema::{ENTRY, EXPIRES, GROUP, KEPT, QUEUE, WHY};

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

impl Filing<'_> {
    /// Puts an entry aside, under an id that makes a repeated one the same: as it came, with its group and the queue that it
    /// goes back to, for `cargo replay`. It is kept as long as messages are.
    pub async fn put_aside(
        self,
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
            .kind(ItemKind::Aside)
            .set(ENTRY, text(body))
            .set(QUEUE, text(queue))
            .set_some(GROUP, group.map(text))
            .set(WHY, text(why.0))
            .set(KEPT, moment(at))
            .set_some(EXPIRES, retention.map(|it| expiry(at, it)));
        self.store.write_retrying(patch).await?;
        Ok(())
    }
}
