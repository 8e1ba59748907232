//! Runs a contact's messages through the model, as the functions would: decide, fold, and keep only what is stored.

use std::collections::HashMap;

use domain::event::Direction;
use domain::id::ThreadId;
use domain::threading::{Arrival, Candidate, Filing, Model, Profile, ProfileEntry, Quoted, decide};

use crate::stream::{Contact, Item};

/// The help, if any, after a message was filed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Help {
    /// Nothing: the filing stands.
    Never,
    /// Each mistake is put right before the next message comes.
    Always,
    /// Somebody answers when the confidence is below this.
    Below(f32),
}

/// One filing, as it is judged.
#[derive(Clone)]
pub struct Filed<'a> {
    /// The message.
    pub item: &'a Item,
    /// The thread that it is in: a number within the contact.
    pub thread: usize,
    /// The topic of the thread that the model chose; `None` for a new thread.
    pub chosen_topic: Option<&'a str>,
    /// The confidence of the model.
    pub confidence: f32,
    /// Whether somebody was asked.
    pub asked: bool,
    /// The state when it came.
    pub before: Before,
}

/// The state when a message comes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before {
    /// Minutes since the last message of any thread.
    pub silence: i64,
    /// Threads.
    pub threads: usize,
}

/// A state in which a message is to be filed.
pub struct Case<'a> {
    /// The message.
    pub arrival: &'a Arrival<'a>,
    /// The threads.
    pub candidates: &'a [Candidate<'a>],
    /// The threads whose inbound messages are mostly of the message's topic, the last active at the end.
    pub mostly: Vec<usize>,
    /// The thread that holds the last message of the topic.
    pub holder: Option<usize>,
}

/// Watches a run.
pub trait Watch {
    /// Sees a state before its message is filed.
    fn case(&mut self, _: &Case<'_>) {}
    /// Sees the bytes of a profile as they are stored.
    fn stored(&mut self, _: usize) {}
}

/// Watches nothing.
impl Watch for () {}

/// Files every inbound message of a contact.
pub fn replay<'a>(
    model: &Model,
    contact: &'a Contact,
    help: Help,
    watch: &mut impl Watch,
) -> anyhow::Result<Vec<Filed<'a>>> {
    let mut run = Run::default();
    let mut filed = Vec::new();
    for item in &contact.items {
        let place = match item.direction {
            Some(Direction::In) => {
                let filing = run.file(model, item, help, watch);
                let place = filing.thread;
                filed.push(filing);
                Some(place)
            }
            Some(Direction::Out) | None => {
                let of = item.line.in_topic_of.as_deref();
                of.and_then(|it| run.places.get(it)).map(|it| it.0)
            }
        };
        if let Some(place) = place {
            run.take_in(place, item, watch)?;
        }
    }
    Ok(filed)
}

/// The threads of one contact as a run has left them.
#[derive(Default)]
struct Run<'a> {
    threads: Vec<Thread<'a>>,
    /// The thread of each message.
    places: HashMap<&'a str, (usize, &'a Item)>,
    /// The thread of each topic's last inbound message.
    holders: HashMap<&'a str, usize>,
}

struct Thread<'a> {
    id: ThreadId,
    profile: Profile,
    /// Inbound messages of each topic.
    topics: HashMap<&'a str, usize>,
}

impl<'a> Run<'a> {
    fn file(
        &mut self,
        model: &Model,
        item: &'a Item,
        help: Help,
        watch: &mut impl Watch,
    ) -> Filed<'a> {
        let topic = item.line.gold_topic.as_str();
        let mail_refs: Vec<ThreadId> =
            item.line.refs.iter().filter_map(|it| Some(self.thread_of(it)?.0.clone())).collect();
        let quoted = item.line.reply_to.as_deref().and_then(|it| self.thread_of(it));
        let candidates: Vec<Candidate<'_>> = self
            .threads
            .iter()
            .map(|it| Candidate { thread: &it.id, profile: &it.profile })
            .collect();
        let arrival = Arrival {
            channel: &item.channel,
            at: item.at,
            reading: &item.reading,
            reply_to: quoted.map(|(thread, of)| Quoted { thread, at: of.at }),
            mail_refs: &mail_refs,
            certain: None,
        };
        let last = self.threads.iter().map(|it| it.profile.last_at()).max();
        let silence = last.map_or(0, |it| item.at.since(it) / 60_000);
        let before = Before { silence, threads: self.threads.len() };
        let case = Case {
            arrival: &arrival,
            candidates: &candidates,
            mostly: self.mostly(topic),
            holder: self.holders.get(topic).copied(),
        };
        watch.case(&case);
        let decision = decide(model, &arrival, &candidates);
        let chosen = match &decision.filing {
            Filing::Thread(id) => self.threads.iter().position(|it| it.id == *id),
            Filing::New => None,
        };
        let asked = matches!(help, Help::Below(it) if decision.is_unsure(it));
        let answer = match (case.mostly.last(), case.holder) {
            (Some(thread), _) => Some(*thread),
            (None, None) => None,
            // The topic is inside of another one: nobody can say where else it belongs.
            (None, Some(_)) => chosen,
        };
        let place = match help {
            Help::Always => case.holder,
            Help::Below(_) if asked => answer,
            Help::Below(_) | Help::Never => chosen,
        };
        Filed {
            item,
            chosen_topic: chosen.and_then(|it| self.topic_of(it)),
            thread: place.unwrap_or_else(|| self.open()),
            confidence: decision.confidence,
            asked,
            before,
        }
    }

    fn thread_of(&self, message: &str) -> Option<(&ThreadId, &'a Item)> {
        let (place, item) = self.places.get(message)?;
        Some((&self.threads.get(*place)?.id, item))
    }

    /// The threads that are mostly of a topic, the last active at the end.
    fn mostly(&self, topic: &str) -> Vec<usize> {
        let of_topic = |thread: &Thread<'_>| {
            let all: usize = thread.topics.values().sum();
            thread.topics.get(topic).is_some_and(|it| it * 2 > all)
        };
        let found = self.threads.iter().enumerate().filter(|(_, it)| of_topic(it));
        let mut found: Vec<_> = found.map(|(n, it)| (it.profile.last_at(), n)).collect();
        found.sort_unstable();
        found.into_iter().map(|it| it.1).collect()
    }

    /// The topic that a thread is mostly about.
    fn topic_of(&self, thread: usize) -> Option<&'a str> {
        let topics = self.threads.get(thread)?.topics.iter();
        topics.max_by_key(|(topic, count)| (**count, **topic)).map(|it| *it.0)
    }

    fn open(&mut self) -> usize {
        let place = self.threads.len();
        let id = ThreadId::new(format!("t{place}"));
        self.threads.push(Thread { id, profile: Profile::default(), topics: HashMap::new() });
        place
    }

    /// Folds a message into its thread, by way of the bytes that are stored.
    fn take_in(
        &mut self,
        place: usize,
        item: &'a Item,
        watch: &mut impl Watch,
    ) -> anyhow::Result<()> {
        let Some(thread) = self.threads.get_mut(place) else { return Ok(()) };
        match item.direction {
            Some(direction) => {
                self.places.insert(&item.line.message_id, (place, item));
                thread.profile.fold(&ProfileEntry {
                    key: item.key,
                    edit: 0,
                    at: item.at,
                    direction,
                    channel: item.channel.clone(),
                    reading: Some(item.reading.clone()),
                });
                if direction == Direction::In {
                    *thread.topics.entry(&item.line.gold_topic).or_default() += 1;
                    self.holders.insert(&item.line.gold_topic, place);
                }
            }
            None => thread.profile.resolve(item.at),
        }
        let stored = thread.profile.encode();
        watch.stored(stored.len());
        thread.profile = Profile::decode(&stored)?;
        Ok(())
    }
}
