//! The reasons for which a correction is not made.

use domain::id::ThreadId;
use thiserror::Error;

use crate::store::keys::Key;

/// The reason why threads are not corrected as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThreadRefusal {
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
    /// It is a link of people: that is taken back by unlinking.
    OfPeople,
    /// The correction was taken back before.
    AlreadyReverted,
    /// More messages, or merged threads, than one correction or thread holds.
    TooMany,
    /// No message is named.
    Nothing,
    /// The result of the correction was corrected since: take that back first.
    Superseded,
    /// The id is taken by another correction.
    OtherCorrection,
}

/// The reason why people are not linked or unlinked as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonRefusal {
    /// There is no such person.
    NoContact,
    /// The address is that person's already.
    SameContact,
    /// The address did not become that person's by a link.
    NotLinked,
    /// More addresses or threads than one link takes over.
    TooMany,
    /// Threads of both people were merged since: take that back first.
    Superseded,
    /// The id is taken by another correction.
    OtherCorrection,
}

/// A correction that was not made.
#[derive(Debug, Error)]
pub enum CorrectError<R> {
    /// The order cannot be done; the same order would be refused again.
    #[error("refused")]
    Refused(R),
    /// It could not be tried to its end; the same order again completes it.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// A correction of threads that was not made.
pub type ThreadError = CorrectError<ThreadRefusal>;

/// A correction of people that was not made.
pub type PersonError = CorrectError<PersonRefusal>;

impl From<ThreadRefusal> for ThreadError {
    fn from(refusal: ThreadRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<PersonRefusal> for PersonError {
    fn from(refusal: PersonRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<R> CorrectError<R> {
    /// The reason of the refusal; an error if it was not refused, but failed.
    pub fn refusal(self) -> anyhow::Result<R> {
        match self {
            Self::Refused(refusal) => Ok(refusal),
            Self::Failed(error) => Err(error),
        }
    }
}
