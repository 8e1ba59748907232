//! The refusal of a correction, as a problem: which part of the request it lies in, and what to do.

use aws::store::keys::Key;
use aws::store::{
    MOST_IDENTITIES, MOST_MOVED, MOST_THREADS, PersonError, PersonRefusal, ThreadError,
    ThreadRefusal,
};
use domain::id::ThreadId;
use domain::outbound::SendProblem;

use crate::problem::{
    ALREADY_REVERTED, ApiProblem, CONFLICT, CORRECTION_TOO_LARGE, NOT_FOUND, NOT_IN_THREAD,
    NOT_LINKED, OTHER_CONTACT, Place, SUPERSEDED, kind_of,
};
use crate::thread_patch::merged;

/// The things that a request names, and the places where it does.
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
pub(crate) fn problem(error: ThreadError, named: &Named<'_>) -> ApiProblem {
    let refused = match error.refusal() {
        Ok(refused) => refused,
        Err(failed) => return failed.into(),
    };
    let bare = about_threads(&refused);
    match refused {
        ThreadRefusal::NoThread(id) if id == *named.path => ApiProblem::new(NOT_FOUND),
        ThreadRefusal::NoThread(_) => ApiProblem::wrong(named.other(), "there is no such thread"),
        ThreadRefusal::SameThread => ApiProblem::wrong(named.other(), "must be another thread"),
        ThreadRefusal::OtherContact => {
            bare.at(named.other(), "is another person's: link the two people first")
        }
        ThreadRefusal::NoMessage(key) => {
            ApiProblem::wrong(named.message(&key), "there is no such message")
        }
        ThreadRefusal::NotInThread(key) => {
            let detail = "is in another thread by now: read the timeline again";
            bare.at(named.message(&key), detail)
        }
        ThreadRefusal::Nothing => ApiProblem::wrong(named.other(), "must name a message"),
        ThreadRefusal::Merged(_)
        | ThreadRefusal::NoCorrection
        | ThreadRefusal::OfPeople
        | ThreadRefusal::AlreadyReverted
        | ThreadRefusal::TooMany
        | ThreadRefusal::Superseded
        | ThreadRefusal::OtherCorrection => bare,
    }
}

/// The problem of a revert, which names nothing but what stands in its path.
pub(crate) fn of_revert(error: ThreadError) -> ApiProblem {
    error.refusal().map_or_else(ApiProblem::from, |it| about_threads(&it))
}

/// The problem of a link, or of one that is taken back.
pub(crate) fn of_link(error: PersonError) -> ApiProblem {
    error.refusal().map_or_else(ApiProblem::from, |it| about_people(&it))
}

fn about_threads(refused: &ThreadRefusal) -> ApiProblem {
    match refused {
        ThreadRefusal::NoThread(_) | ThreadRefusal::NoMessage(_) | ThreadRefusal::NoCorrection => {
            ApiProblem::new(NOT_FOUND)
        }
        ThreadRefusal::Merged(into) => merged(into),
        ThreadRefusal::OtherContact => {
            ApiProblem::because(OTHER_CONTACT, "link the two people first")
        }
        ThreadRefusal::SameThread => ApiProblem::because(CONFLICT, "name two threads"),
        ThreadRefusal::Nothing => ApiProblem::because(CONFLICT, "name a message"),
        ThreadRefusal::NotInThread(_) => {
            ApiProblem::because(NOT_IN_THREAD, "a message went elsewhere: read the timeline again")
        }
        ThreadRefusal::OfPeople => {
            ApiProblem::because(CONFLICT, "it is a link: unlink the address instead")
        }
        ThreadRefusal::AlreadyReverted => {
            ApiProblem::because(ALREADY_REVERTED, "to have it again, make it again")
        }
        ThreadRefusal::TooMany => {
            let rule = format!("correct at most {MOST_MOVED} messages at once");
            ApiProblem::because(CORRECTION_TOO_LARGE, rule)
        }
        ThreadRefusal::Superseded => superseded(),
        ThreadRefusal::OtherCorrection => other_key(),
    }
}

fn about_people(refused: &PersonRefusal) -> ApiProblem {
    match refused {
        PersonRefusal::NoContact => ApiProblem::new(NOT_FOUND),
        PersonRefusal::SameContact => ApiProblem::because(CONFLICT, "nothing is to be linked")
            .at(Place::Pointer("/address".to_owned()), "is this person's already"),
        PersonRefusal::NotLinked => {
            ApiProblem::because(NOT_LINKED, "an address that was always theirs stays theirs")
        }
        PersonRefusal::TooMany => {
            let rule = format!(
                "link people of at most {MOST_IDENTITIES} addresses and {MOST_THREADS} threads"
            );
            ApiProblem::because(CORRECTION_TOO_LARGE, rule)
        }
        PersonRefusal::Superseded => superseded(),
        PersonRefusal::OtherCorrection => other_key(),
    }
}

fn superseded() -> ApiProblem {
    ApiProblem::because(SUPERSEDED, "take back the later correction first")
}

fn other_key() -> ApiProblem {
    ApiProblem::because(
        kind_of(SendProblem::IdempotencyMismatch),
        "take another key for another correction",
    )
}
