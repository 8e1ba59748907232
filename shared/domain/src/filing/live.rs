//! A live thread: the profile that messages are weighed against, and whose turn it is.

use schemars::JsonSchema;
use serde::Serialize;

use super::order::is_same_second;
use crate::event::Direction;
use crate::id::ThreadId;
use crate::threading::{Profile, ProfileEntry};
use crate::time::Timestamp;

/// The most threads of one person that a new message may join without naming one.
pub const MOST_LIVE: usize = 24;

/// The side whose turn it is in a thread.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// We had the last word.
    #[default]
    Open,
    /// The person waits for us.
    Waiting,
    /// A person of ours put it off. The next message of the person brings it back, and so does the time that they said.
    Snoozed,
    /// It is done. The next message of the person opens it again.
    Closed,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Waiting, Self::Snoozed, Self::Closed];

    /// Its name in the API and in items.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Snoozed => "snoozed",
            Self::Closed => "closed",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A live thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// The thread.
    pub thread: ThreadId,
    /// Raised by every write: a write that read another version is refused.
    pub version: u64,
    /// The profile that new messages are weighed against.
    pub profile: Profile,
    /// Milliseconds of the last second that its messages have taken: the profile knows seconds alone.
    pub ms: u16,
    /// The side whose turn it is.
    pub state: State,
    /// Since when it is in the inbox: the time of the message that made it wait; of a snoozed thread, when it comes back
    /// ([`NEVER`](super::NEVER) if only a message brings it back).
    pub since: Option<Timestamp>,
    /// Whether a message is in it that may belong elsewhere.
    pub unsure: bool,
    /// When a person of ours last confirmed that all its messages belong here.
    pub confirmed: Option<Timestamp>,
    /// The colleague in charge of it.
    pub assignee: Option<String>,
    /// Whether the next message that says something names it: nothing in it did yet, or what did was taken back.
    pub needs_subject: bool,
}

/// The effect of a message on its thread beside its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was said: whose turn it is may change.
    Said {
        /// Whether it may belong elsewhere.
        unsure: bool,
    },
    /// It was edited, taken back or read again by a later parser, or it asks which topic the person means: only the words
    /// change that the next message is weighed against.
    Reworded,
}

impl Live {
    /// A thread without a message.
    #[must_use]
    pub fn new(thread: ThreadId) -> Self {
        Self {
            thread,
            version: 1,
            profile: Profile::default(),
            ms: 0,
            state: State::default(),
            since: None,
            unsure: false,
            confirmed: None,
            assignee: None,
            needs_subject: false,
        }
    }

    /// Takes a message in and says whether that changed anything. A repeated message changes nothing, and messages in
    /// another order end the same.
    pub fn fold(&mut self, entry: &ProfileEntry, change: Change) -> bool {
        let before = self.clone();
        self.profile.fold(entry);
        self.ms = latest_ms(self.profile.last_at(), [before.last_at(), entry.at]);
        // The profile may have no place for another message of the same second.
        let is_new = self.profile != before.profile || self.last_at() != before.last_at();
        // What opened it may have been ours.
        self.needs_subject |= is_new && entry.is_taken_back();
        if let Change::Said { unsure } = change {
            // What a person confirmed stays confirmed when a message comes again.
            self.unsure |= unsure && (is_new || self.confirmed.is_none_or(|it| it < entry.at));
            match entry.direction {
                Direction::In => self.hear(entry.at, &before.profile, is_new),
                Direction::Out => self.speak(entry.at, &before.profile, is_new),
            }
        }
        if self.is_in_inbox() {
            self.since.get_or_insert(entry.at);
        } else {
            self.since = None;
        }
        *self != before
    }

    /// When its last message was said.
    #[must_use]
    pub fn last_at(&self) -> Timestamp {
        self.profile.last_at().plus_ms(i64::from(self.ms))
    }

    /// Whether it is listed for us to look at.
    #[must_use]
    pub fn is_in_inbox(&self) -> bool {
        self.unsure || matches!(self.state, State::Waiting | State::Snoozed)
    }

    /// The state at a moment: a snoozed thread whose time has come waits.
    #[must_use]
    pub fn state_at(&self, at: Timestamp) -> State {
        if self.waits_at(at) { State::Waiting } else { self.state }
    }

    fn waits_at(&self, at: Timestamp) -> bool {
        let is_back = self.since.is_some_and(|it| it <= at);
        self.state == State::Waiting || self.state == State::Snoozed && is_back
    }

    /// The person spoke. It is our turn if that was after our last word. Platforms give whole seconds: within one, a
    /// message that was not seen before counts as later, because to miss one is worse than to look once too often.
    fn hear(&mut self, at: Timestamp, before: &Profile, is_new: bool) {
        let last_word = match self.state {
            // A message that is known was answered, or a person of ours said that it needs no answer.
            State::Open if !is_new => return,
            State::Open | State::Waiting => before.spoke_at(),
            State::Closed => before.spoke_at().max(before.resolved_at()),
            State::Snoozed if is_new => Some(before.last_at()),
            State::Snoozed => return,
        };
        if !last_word.is_none_or(|it| is_after(at, it, is_new)) {
            return;
        }
        let waited = self.since.filter(|_| self.waits_at(at));
        self.since = Some(waited.map_or(at, |it| it.min(at)));
        self.state = State::Waiting;
    }

    /// We spoke. That answers all that the person said before; what they said after it still waits.
    fn speak(&mut self, at: Timestamp, before: &Profile, is_new: bool) {
        // A word from before it waited, or before it came back, does not answer it.
        if !self.waits_at(at) || self.since.is_some_and(|it| at.secs() < it.secs()) {
            return;
        }
        let mut heard = before.heard_at();
        if heard.next().is_none_or(|last| is_after(at, last, is_new)) {
            self.state = State::Open;
        } else if self.since.is_some_and(|it| it.secs() <= at.secs()) {
            self.since = before.heard_at().filter(|it| at.secs() < it.secs()).min();
        }
    }
}

/// The milliseconds of the last of these moments that are in a second; none if none is.
pub(super) fn latest_ms(second: Timestamp, moments: impl IntoIterator<Item = Timestamp>) -> u16 {
    let within = moments.into_iter().filter(|it| is_same_second(*it, second));
    within.filter_map(|it| u16::try_from(it.ms() % 1000).ok()).max().unwrap_or(0)
}

fn is_after(at: Timestamp, other: Timestamp, is_new: bool) -> bool {
    other.secs() < at.secs() || is_new && other.secs() == at.secs()
}

/// The thread that makes room for another: the one that was silent longest, of those that nobody waits in if there is one.
#[must_use]
pub fn oldest(threads: &[Live]) -> Option<&Live> {
    // A thread that was opened for a message which is still on its way has no message yet, but is not old.
    let active = |it: &Live| it.profile.last_at().max(opened_at(&it.thread));
    threads.iter().min_by_key(|it| (it.is_in_inbox(), active(it), &it.thread))
}

/// When a thread was opened: its id is a UUID v7, which begins with the milliseconds.
fn opened_at(thread: &ThreadId) -> Timestamp {
    let digits = thread.as_str().strip_prefix("thr_").and_then(|it| it.get(..12));
    let ms = digits.and_then(|it| i64::from_str_radix(it, 16).ok());
    ms.map_or(Timestamp::default(), Timestamp::from_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Channel;
    use crate::threading::Reading;

    fn entry(key: u32, direction: Direction, at_ms: i64) -> ProfileEntry {
        ProfileEntry {
            key,
            edit: 0,
            at: Timestamp::from_ms(at_ms),
            direction,
            channel: Channel::from_static("whatsapp"),
            reading: Some(Reading::of("where is my order", None)),
        }
    }

    fn thread(said: &[(u32, Direction, i64)]) -> Live {
        let mut live = Live::new(ThreadId::new("thr_1"));
        for (key, direction, at) in said {
            live.fold(&entry(*key, *direction, *at), SURE);
        }
        live
    }

    const SURE: Change = Change::Said { unsure: false };
    use Direction::{In, Out};

    #[test]
    fn a_thread_waits_from_the_first_unanswered_message() {
        let live = thread(&[(1, In, 1_000), (2, Out, 2_000), (3, In, 3_000), (4, In, 4_000)]);
        assert_eq!((live.state, live.since), (State::Waiting, Some(Timestamp::from_ms(3_000))));
        let live = thread(&[(1, In, 1_000), (2, Out, 2_000)]);
        assert_eq!((live.state, live.since), (State::Open, None));
    }

    #[test]
    fn messages_in_any_order_end_the_same() {
        let said = [(1, In, 1_000), (2, Out, 2_000), (3, In, 3_000), (4, In, 4_000)];
        let clean = thread(&said);
        for turn in 0..4 {
            let mut turned = said;
            turned.rotate_left(turn);
            assert_eq!(thread(&turned), clean, "{turn}");
            turned.reverse();
            assert_eq!(thread(&turned), clean, "{turn} reversed");
        }
    }

    #[test]
    fn a_repeated_message_does_not_reopen_what_was_answered() {
        let said = [(1, In, 1_000), (2, Out, 1_300)];
        let mut live = thread(&said);
        assert_eq!(live.state, State::Open);
        assert!(!live.fold(&entry(1, In, 1_000), SURE));
        assert_eq!(live.state, State::Open);
    }

    #[test]
    fn the_last_moment_of_a_thread_is_the_same_in_any_order_and_again() {
        let said =
            [(1, In, 1_000), (2, Out, 2_000), (3, In, 2_001), (4, In, 2_002), (5, In, 1_007)];
        let clean = thread(&said);
        assert_eq!(clean.last_at(), Timestamp::from_ms(2_002));
        for turn in 0..said.len() {
            let mut turned = said;
            turned.rotate_left(turn);
            assert_eq!(thread(&turned).last_at(), clean.last_at(), "{turn}");
            turned.reverse();
            assert_eq!(thread(&turned).last_at(), clean.last_at(), "{turn} reversed");
        }
        let mut again = clean.clone();
        assert!(!again.fold(&entry(3, In, 2_001), SURE), "a repeated message");
        assert_eq!(again, clean);
    }

    #[test]
    fn every_one_of_many_messages_in_the_second_of_our_answer_still_waits() {
        // Of one second the profile keeps two, by their keys: whichever that are, the next one is new.
        for key in 1..40 {
            let said = [(100, In, 1_000), (200, In, 1_001), (300, In, 1_002), (400, Out, 1_003)];
            let mut live = thread(&said);
            assert_eq!(live.state, State::Open);
            live.fold(&entry(key, In, 1_004), SURE);
            assert_eq!(live.state, State::Waiting, "{key}");
        }
    }

    #[test]
    fn a_new_message_in_the_second_of_our_answer_still_waits() {
        let live = thread(&[(1, In, 1_000), (2, Out, 1_300), (3, In, 1_000)]);
        assert_eq!(live.state, State::Waiting);
    }

    #[test]
    fn a_new_message_wakes_a_snoozed_thread_and_opens_a_closed_one() {
        for state in [State::Snoozed, State::Closed] {
            let mut live = thread(&[(1, In, 1_000)]);
            live.state = state;
            live.profile.resolve(Timestamp::from_ms(1_500));
            let kept = live.clone();
            live.fold(&entry(1, In, 1_000), SURE);
            assert_eq!(live.state, kept.state, "a repeated message");
            live.fold(&entry(2, In, 2_000), SURE);
            assert_eq!((live.state, live.profile != kept.profile), (State::Waiting, true));
        }
    }

    #[test]
    fn an_edit_does_not_make_a_thread_wait() {
        let mut live = thread(&[(1, In, 1_000), (2, Out, 2_000)]);
        let edit = ProfileEntry { edit: 1, ..entry(1, In, 1_000) };
        assert!(live.fold(&edit, Change::Reworded));
        assert_eq!(live.state, State::Open);
    }

    #[test]
    fn an_unsure_thread_stays_in_the_inbox_when_we_answer() {
        let mut live = thread(&[]);
        live.fold(&entry(1, In, 1_000), Change::Said { unsure: true });
        live.fold(&entry(2, Out, 2_000), SURE);
        assert_eq!((live.state, live.since), (State::Open, Some(Timestamp::from_ms(1_000))));
        assert!(live.is_in_inbox());
    }

    #[test]
    fn the_thread_that_makes_room_is_the_silent_one_that_nobody_waits_in() {
        let answered = |name: &str, at: i64| {
            let mut live = thread(&[(1, In, at), (2, Out, at + 1_000)]);
            live.thread = ThreadId::new(name);
            live
        };
        let mut waiting = thread(&[(1, In, 1_000)]);
        waiting.thread = ThreadId::new("waits");
        let threads = [waiting.clone(), answered("newer", 9_000), answered("older", 5_000)];
        assert_eq!(oldest(&threads).map(|it| it.thread.as_str()), Some("older"));
        assert_eq!(oldest(&[waiting]).map(|it| it.thread.as_str()), Some("waits"));
        let fresh = Live::new(ThreadId::new("thr_0190aa7f6c0070008000000000000000"));
        let threads = [fresh, answered("older", 5_000)];
        assert_eq!(
            oldest(&threads).map(|it| it.thread.as_str()),
            Some("older"),
            "one without a message yet is not old"
        );
    }

    #[test]
    fn a_thread_wants_a_name_once_more_when_a_message_is_taken_back() {
        let mut live = Live::new(ThreadId::new("thr_1"));
        live.fold(&entry(1, In, 1_000), Change::Said { unsure: false });
        live.fold(&entry(2, Out, 2_000), Change::Said { unsure: false });
        assert!(!live.needs_subject);
        let taken_back = |key, direction, at| ProfileEntry {
            edit: u64::MAX,
            reading: None,
            ..entry(key, direction, at)
        };
        for again in [taken_back(2, Out, 2_000), taken_back(1, In, 1_000)] {
            live.fold(&again, Change::Reworded);
            assert!(live.needs_subject, "{:?}", again.direction);
            live.needs_subject = false;
            live.fold(&again, Change::Reworded);
            assert!(!live.needs_subject, "it came again");
        }
    }
}
