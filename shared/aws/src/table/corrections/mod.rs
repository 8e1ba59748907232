//! Corrections of threads: merge, split, move, and their reverts.

use domain::filing::Correction;
use domain::id::{ContactId, CorrectionId, ThreadId};
use domain::time::Timestamp;

use super::keys::Key;
use super::views::{Page, Window};
use super::{Rules, Table};

/// The most messages that one correction moves.
pub const MOST_MOVED: usize = 100;

/// Who corrects, when, why, under which id. The same id again completes what is missing and answers the same.
#[derive(Clone, Debug)]
pub struct Order {
    /// The id.
    pub id: CorrectionId,
    /// Who corrects.
    pub author: String,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Where messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// To a thread that is there.
    Thread(ThreadId),
    /// To a thread of their own with this id. An order that comes again may bring another id, and that is not used.
    New(ThreadId),
}

/// Why a correction cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such thread.
    NoThread(ThreadId),
    /// There is no such message.
    NoMessage(Key),
    /// The thread or the message is another person's.
    OtherContact,
    /// Both threads are the same.
    SameThread,
    /// The thread is a part of this one by now: correct that one.
    Merged(ThreadId),
    /// The message is in another thread.
    NotInThread(Key),
    /// There is no such correction.
    NoCorrection,
    /// The correction was taken back before.
    AlreadyReverted,
    /// More messages, or merged threads, than one correction or thread holds.
    TooMany,
    /// No message is named.
    Nothing,
    /// What the correction made was corrected since: take that back first.
    Superseded,
    /// The id is taken by another correction.
    OtherCorrection,
    /// There is no such person.
    NoContact,
    /// The address is that person's already.
    SameContact,
    /// The address did not become that person's by a link.
    NotLinked,
}

#[expect(clippy::unused_async, unused_variables, reason = "signatures first")]
impl Table {
    /// Lets one thread go into another.
    pub async fn merge(
        &self,
        order: &Order,
        source: &ThreadId,
        target: &ThreadId,
        rules: &Rules,
    ) -> anyhow::Result<Result<Correction, Refused>> {
        anyhow::bail!("not yet")
    }

    /// Moves messages of a thread, or of those that were merged into it, to another thread of the same person or to one of
    /// their own.
    pub async fn move_messages(
        &self,
        order: &Order,
        from: &ThreadId,
        to: &To,
        messages: &[Key],
        rules: &Rules,
    ) -> anyhow::Result<Result<Correction, Refused>> {
        anyhow::bail!("not yet")
    }

    /// Takes a correction back.
    pub async fn revert(
        &self,
        order: &Order,
        contact: &ContactId,
        of: &CorrectionId,
        rules: &Rules,
    ) -> anyhow::Result<Result<Correction, Refused>> {
        anyhow::bail!("not yet")
    }

    /// The corrections of a person's threads, by when they were made.
    pub async fn view_corrections(
        &self,
        contact: &ContactId,
        window: &Window,
    ) -> anyhow::Result<Page<Correction>> {
        anyhow::bail!("not yet")
    }

    /// One correction, as it is at this moment.
    pub async fn view_correction(
        &self,
        contact: &ContactId,
        id: &CorrectionId,
    ) -> anyhow::Result<Option<Correction>> {
        anyhow::bail!("not yet")
    }
}
