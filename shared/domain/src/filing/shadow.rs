//! Threading what was said once more, in shadow: with another model, from the messages alone, and what would be different.
//!
//! Nothing is written here. The difference is a list of moves, which a correction can make and take back.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::live::MOST_LIVE;
use crate::event::Direction;
use crate::id::{Channel, ThreadId};
use crate::threading::{
    Arrival, Candidate, Filing, Model, Profile, ProfileEntry, Quoted, Reading, decide,
};
use crate::time::Timestamp;

/// A message that was said, and where it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// The partition key of its item.
    pub key: String,
    /// When it was said.
    pub at: Timestamp,
    /// The side that said it.
    pub direction: Direction,
    /// The channel that it was said on.
    pub channel: Channel,
    /// The reading of its words; `None` when it was taken back.
    pub reading: Option<Reading>,
    /// The partition key of the message that it quotes.
    pub quoted: Option<String>,
    /// The thread that it is in, a merged one being the one that it went into.
    pub thread: ThreadId,
    /// Whether a person or our own token put it there: that stands, whatever a model says.
    pub is_certain: bool,
}

/// Messages that the other model puts elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// The thread that they are in.
    pub from: ThreadId,
    /// The thread where they would be.
    pub to: Place,
    /// The partition keys of their items, oldest first, and how sure the model is of each.
    pub messages: Vec<(String, f32)>,
    /// Whether it is all that was said in the thread that they are in.
    pub is_whole: bool,
}

/// A thread in a difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// One that is there.
    Thread(ThreadId),
    /// One that is not, by its number among such.
    New(usize),
}

/// One person's messages threaded once more. `history` is in any order.
#[must_use]
pub fn shadow(model: &Model, history: &[Past]) -> Vec<Shift> {
    let mut messages: Vec<&Past> = history.iter().collect();
    messages.sort_by_key(|it| (it.at, &it.key));
    let mut run = Run::default();
    for message in &messages {
        run.take(model, message);
    }
    run.difference(&messages)
}

/// The threads as they come about in shadow.
#[derive(Default)]
struct Run<'a> {
    threads: Vec<Shadow>,
    /// The shadow thread of each message, when it was said, and how sure that is.
    filed: HashMap<&'a str, (usize, Timestamp, f32)>,
    /// For each thread that is there: the shadow thread that its last message went to.
    followed: HashMap<&'a ThreadId, usize>,
}

struct Shadow {
    /// Its name while the model weighs it.
    id: ThreadId,
    profile: Profile,
}

impl<'a> Run<'a> {
    fn take(&mut self, model: &Model, message: &'a Past) {
        let followed = self.followed.get(&message.thread).copied();
        // What is ours is part of what it was sent from, and what is certain stays with what it was put with.
        let stays = message.direction == Direction::Out || message.is_certain;
        let (place, confidence) = match &message.reading {
            Some(reading) if !stays => self.decide(model, message, reading),
            Some(_) | None => (followed, 1.0),
        };
        let place = place.unwrap_or_else(|| self.open());
        if let Some(thread) = self.threads.get_mut(place) {
            thread.profile.fold(&ProfileEntry {
                key: short(&message.key),
                edit: 0,
                at: message.at,
                direction: message.direction,
                channel: message.channel.clone(),
                reading: message.reading.clone(),
            });
        }
        self.filed.insert(&message.key, (place, message.at, confidence));
        self.followed.insert(&message.thread, place);
    }

    fn decide(&self, model: &Model, message: &Past, reading: &Reading) -> (Option<usize>, f32) {
        let quoted = message.quoted.as_deref().and_then(|it| self.filed.get(it));
        let quoted = quoted.and_then(|(place, at, _)| Some((self.threads.get(*place)?, *at)));
        let arrival = Arrival {
            channel: &message.channel,
            at: message.at,
            reading,
            reply_to: quoted.map(|(thread, at)| Quoted { thread: &thread.id, at }),
            mail_refs: &[],
            certain: None,
        };
        // The threads that were live then: the model is not to see more than it would have.
        let mut live: Vec<&Shadow> = self.threads.iter().collect();
        live.sort_by_key(|it| std::cmp::Reverse(it.profile.last_at()));
        live.truncate(MOST_LIVE);
        let candidates: Vec<_> =
            live.iter().map(|it| Candidate { thread: &it.id, profile: &it.profile }).collect();
        let decision = decide(model, &arrival, &candidates);
        let place = match &decision.filing {
            Filing::Thread(id) => self.threads.iter().position(|it| it.id == *id),
            Filing::New => None,
        };
        (place, decision.confidence)
    }

    fn open(&mut self) -> usize {
        let place = self.threads.len();
        let id = ThreadId::new(format!("shadow {place}"));
        self.threads.push(Shadow { id, profile: Profile::default() });
        place
    }

    /// The messages that are in another thread than in shadow, shadow threads being named after those that they share most
    /// messages with.
    fn difference(&self, messages: &[&'a Past]) -> Vec<Shift> {
        let names = self.names(messages);
        let mut shifts: BTreeMap<(&ThreadId, Place), Vec<(String, f32)>> = BTreeMap::new();
        for message in messages {
            let Some((place, _, confidence)) = self.filed.get(message.key.as_str()) else {
                continue;
            };
            let Some(to) =
                names.get(place).filter(|it| **it != Place::Thread(message.thread.clone()))
            else {
                continue;
            };
            let shift = shifts.entry((&message.thread, to.clone())).or_default();
            shift.push((message.key.clone(), *confidence));
        }
        let made = shifts.into_iter().map(|((from, to), moved)| Shift {
            is_whole: messages.iter().filter(|it| it.thread == *from).count() == moved.len(),
            from: from.clone(),
            to,
            messages: moved,
        });
        made.collect()
    }

    /// The name of each shadow thread. The pairs that share most come first; of equals, the older ones.
    fn names(&self, messages: &[&'a Past]) -> BTreeMap<usize, Place> {
        let mut shared: BTreeMap<(usize, &ThreadId), usize> = BTreeMap::new();
        for message in messages {
            if let Some((place, ..)) = self.filed.get(message.key.as_str()) {
                *shared.entry((*place, &message.thread)).or_default() += 1;
            }
        }
        let mut pairs: Vec<_> = shared.into_iter().collect();
        pairs.sort_by_key(|((place, thread), count)| {
            (std::cmp::Reverse(*count), *place, (*thread).clone())
        });
        let mut names = BTreeMap::new();
        let mut taken: Vec<&ThreadId> = Vec::new();
        for ((place, thread), _) in pairs {
            if !names.contains_key(&place) && !taken.contains(&thread) {
                taken.push(thread);
                names.insert(place, Place::Thread(thread.clone()));
            }
        }
        let unnamed: Vec<_> =
            (0..self.threads.len()).filter(|it| !names.contains_key(it)).collect();
        names.extend(unnamed.into_iter().enumerate().map(|(n, place)| (place, Place::New(n))));
        names
    }
}

/// A short key of a message within one run.
fn short(key: &str) -> u32 {
    let digest = crate::event::digest(&[key]);
    digest.get(..8).and_then(|it| u32::from_str_radix(it, 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn past(key: &str, minute: i64, direction: Direction, text: &str, thread: &str) -> Past {
        Past {
            key: key.to_owned(),
            at: Timestamp::from_secs(NOW + minute * 60),
            direction,
            channel: Channel::from_static("whatsapp"),
            reading: Some(Reading::of(text, None)),
            quoted: None,
            thread: ThreadId::new(thread),
            is_certain: false,
        }
    }

    use Direction::{In, Out};

    /// Two topics, far apart in words and time, filed as the names say.
    fn two_topics(third: &str, fourth: &str) -> Vec<Past> {
        vec![
            past("1", 0, In, "Hello, where is my order A-10023?", "a"),
            past("2", 5, Out, "Your order A-10023 comes on Monday", "a"),
            past("3", 3_000, In, "Hello, I would like to book a table for two tonight", third),
            past("4", 3_002, Out, "For what time shall we book the table?", third),
            past("5", 3_004, In, "Hi again, order A-10023 is still not here", fourth),
        ]
    }

    #[test]
    fn what_the_model_would_do_again_makes_no_difference() {
        assert_eq!(shadow(&Model::current(), &two_topics("b", "a")), []);
    }

    #[test]
    fn a_topic_that_was_filed_with_another_comes_out_as_a_thread_of_its_own() {
        let found = shadow(&Model::current(), &two_topics("a", "a"));
        let [shift] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((shift.from.as_str(), &shift.to), ("a", &Place::New(0)));
        let keys: Vec<_> = shift.messages.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(keys, ["3", "4"], "our answer goes along");
        assert!(!shift.is_whole);
    }

    #[test]
    fn a_message_in_the_wrong_thread_is_moved_to_the_right_one() {
        let found = shadow(&Model::current(), &two_topics("b", "b"));
        let [shift] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((shift.from.as_str(), &shift.to), ("b", &Place::Thread(ThreadId::new("a"))));
        assert_eq!(shift.messages.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["5"]);
    }

    #[test]
    fn a_topic_that_was_torn_in_two_becomes_whole() {
        let mut history = two_topics("b", "c");
        history[4].quoted = Some("1".to_owned());
        let found = shadow(&Model::current(), &history);
        let [shift] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((shift.from.as_str(), &shift.to), ("c", &Place::Thread(ThreadId::new("a"))));
        assert!(shift.is_whole);
    }

    #[test]
    fn what_a_person_decided_stands() {
        let mut history = two_topics("b", "b");
        history[4].is_certain = true;
        assert_eq!(shadow(&Model::current(), &history), []);
    }

    #[test]
    fn the_order_in_which_the_history_is_read_changes_nothing() {
        let mut history = two_topics("a", "a");
        let found = shadow(&Model::current(), &history);
        history.reverse();
        assert_eq!(shadow(&Model::current(), &history), found);
    }

    #[test]
    fn a_message_that_was_taken_back_stays_where_it_is() {
        let mut history = two_topics("b", "b");
        history[4].reading = None;
        assert_eq!(shadow(&Model::current(), &history), []);
    }
}
