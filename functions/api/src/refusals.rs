//! Why a correction cannot be made, as a problem: which part of the request it lies in, and what to do.

use aws::store::keys::Key;
use aws::store::{MOST_MOVED, Refused};
use domain::id::ThreadId;
use domain::outbound::Problem as Send;

use crate::problem::{
    ALREADY_REVERTED, CONFLICT, CORRECTION_TOO_LARGE, NOT_FOUND, NOT_IN_THREAD, NOT_LINKED,
    OTHER_CONTACT, Place, Problem, SUPERSEDED, kind_of,
};
use crate::thread_patch::merged;

/// What a request names, and where.
pub(crate) struct Named<'a> {
    /// The thread of its path.
    pub(crate) path: &'a ThreadId,
    /// The other thread and its pointer.
    pub(crate) other: Option<(&'static str, &'a ThreadId)>,
    /// The messages under `/messages`.
    pub(crate) messages: &'a [Key],
}

impl Named<'_> {
    fn other(&self) -> Place {
        Place::Pointer(self.other.map_or("/messages", |(pointer, _)| pointer).to_owned())
    }

    fn message(&self, key: &Key) -> Place {
        let n = self.messages.iter().position(|it| it == key);
        Place::Pointer(n.map_or_else(|| "/messages".to_owned(), |n| format!("/messages/{n}")))
    }
}

/// The problem of a correction that names threads and messages.
pub(crate) fn problem(refused: Refused, named: &Named<'_>) -> Problem {
    let bare = bare(&refused);
    match refused {
        Refused::NoThread(id) if id == *named.path => Problem::new(NOT_FOUND),
        Refused::NoThread(_) => Problem::wrong(named.other(), "there is no such thread"),
        Refused::SameThread => Problem::wrong(named.other(), "must be another thread"),
        Refused::OtherContact => {
            bare.at(named.other(), "is another person's: link the two people first")
        }
        Refused::NoMessage(key) => Problem::wrong(named.message(&key), "there is no such message"),
        Refused::NotInThread(key) => {
            let detail = "is in another thread by now: read the timeline again";
            bare.at(named.message(&key), detail)
        }
        Refused::Nothing => Problem::wrong(named.other(), "must name a message"),
        Refused::Merged(_)
        | Refused::NoCorrection
        | Refused::OfPeople
        | Refused::AlreadyReverted
        | Refused::TooMany
        | Refused::Superseded
        | Refused::OtherCorrection
        | Refused::NoContact
        | Refused::SameContact
        | Refused::NotLinked => bare,
    }
}

/// The problem of a correction that names nothing but what stands in its path.
pub(crate) fn bare(refused: &Refused) -> Problem {
    match refused {
        Refused::NoThread(_)
        | Refused::NoMessage(_)
        | Refused::NoCorrection
        | Refused::NoContact => Problem::new(NOT_FOUND),
        Refused::Merged(into) => merged(into),
        Refused::OtherContact | Refused::SameThread | Refused::Nothing => {
            Problem::because(OTHER_CONTACT, "link the two people first")
        }
        Refused::NotInThread(_) => {
            Problem::because(NOT_IN_THREAD, "a message went elsewhere: read the timeline again")
        }
        Refused::SameContact => Problem::because(CONFLICT, "nothing is to be linked")
            .at(Place::Pointer("/address".to_owned()), "is this person's already"),
        Refused::NotLinked => {
            Problem::because(NOT_LINKED, "an address that was always theirs stays theirs")
        }
        Refused::OfPeople => Problem::because(CONFLICT, "it is a link: unlink the address instead"),
        Refused::AlreadyReverted => {
            Problem::because(ALREADY_REVERTED, "to have it again, make it again")
        }
        Refused::TooMany => {
            let rule = format!("correct at most {MOST_MOVED} messages at once");
            Problem::because(CORRECTION_TOO_LARGE, rule)
        }
        Refused::Superseded => Problem::because(SUPERSEDED, "take back the later correction first"),
        Refused::OtherCorrection => Problem::because(
            kind_of(Send::IdempotencyMismatch),
            "take another key for another correction",
        ),
    }
}
