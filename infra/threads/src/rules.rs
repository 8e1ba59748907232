//! Simple rules, to see what a model is worth: what most tools do today.

use std::collections::HashMap;

use domain::event::Direction;
use domain::time::Timestamp;

use crate::replay::{Before, Filed};
use crate::stream::{Contact, Item};

/// A silence that ends a conversation.
const GAP_MS: i64 = 24 * 3_600 * 1_000;

/// A rule that needs no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A new thread after a day's silence on a channel.
    Gap,
    /// The thread of the quoted message or mail, else as [`Rule::Gap`].
    References,
    /// One thread per channel for ever.
    Channel,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 3] = [Self::Gap, Self::References, Self::Channel];

    /// The name of it in a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gap => "rule: 24 h gap",
            Self::References => "rule: references",
            Self::Channel => "rule: one per channel",
        }
    }

    /// Files every inbound message of a contact.
    #[must_use]
    pub fn run(self, contact: &Contact) -> Vec<Filed<'_>> {
        let mut places = HashMap::<&str, usize>::new();
        let mut latest = HashMap::<&str, (usize, Timestamp)>::new();
        let (mut filed, mut threads) = (Vec::new(), 0);
        for item in &contact.items {
            let known = |id: &str| places.get(id).copied();
            let thread = match item.direction {
                None => continue,
                Some(Direction::Out) => item.line.in_topic_of.as_deref().and_then(known),
                Some(Direction::In) => {
                    let found = self.find(item, &latest, known);
                    if found.is_none() {
                        threads += 1;
                    }
                    let thread = found.unwrap_or(threads - 1);
                    filed.push(Filed {
                        item,
                        thread,
                        chosen_topic: None,
                        confidence: 1.0,
                        asked: false,
                        before: Before::default(),
                    });
                    Some(thread)
                }
            };
            if let Some(thread) = thread {
                places.insert(&item.line.message_id, thread);
                latest.insert(&item.line.channel, (thread, item.at));
            }
        }
        filed
    }

    fn find(
        self,
        item: &Item,
        latest: &HashMap<&str, (usize, Timestamp)>,
        known: impl Fn(&str) -> Option<usize>,
    ) -> Option<usize> {
        let last = latest.get(item.line.channel.as_str());
        let recent = || last.filter(|it| item.at.since(it.1) <= GAP_MS).map(|it| it.0);
        match self {
            Self::Channel => last.map(|it| it.0),
            Self::Gap => recent(),
            Self::References => {
                let mut named = item.line.reply_to.iter().chain(&item.line.refs);
                named.find_map(|it| known(it)).or_else(recent)
            }
        }
    }
}
