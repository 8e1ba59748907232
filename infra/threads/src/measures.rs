//! The quality of filings: the measures of the judge, for all messages or for some of them.

use std::collections::{BTreeMap, HashSet};

use crate::replay::Filed;

/// The quality of the grouping of messages, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grouping {
    /// Messages.
    pub messages: usize,
    /// Of the pairs in one thread, those of one topic.
    pub precision: f64,
    /// Of the pairs of one topic, those in one thread.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
    /// The same, message by message.
    pub b_cubed: f64,
    /// The adjusted Rand index, the mean over contacts.
    pub ari: f64,
    /// Whether new threads are opened where new topics start.
    pub new_f1: f64,
    /// Of all messages, those that somebody was asked about.
    pub asked: f64,
}

/// Measures the grouping of each contact's messages.
#[must_use]
pub fn grouping(contacts: &[Vec<Filed<'_>>]) -> Grouping {
    let mut sums = Sums::default();
    contacts.iter().filter(|it| !it.is_empty()).for_each(|it| sums.add(it));
    let [same, filed, gold] = sums.pairs;
    let n = sums.messages;
    let (precision, recall) = (ratio(same, filed, 1.0), ratio(same, gold, 1.0));
    Grouping {
        messages: whole(n),
        precision,
        recall,
        f1: f1(precision, recall),
        b_cubed: f1(ratio(sums.b_precision, n, 0.0), ratio(sums.b_recall, n, 0.0)),
        ari: ratio(sums.ari, sums.contacts, 0.0),
        new_f1: f1(ratio(sums.new[0], sums.new[1], 1.0), ratio(sums.new[0], sums.new[2], 1.0)),
        asked: ratio(sums.asked, n, 0.0),
    }
}

#[derive(Default)]
struct Sums {
    /// Pairs in one thread and of one topic; in one thread; of one topic.
    pairs: [f64; 3],
    b_precision: f64,
    b_recall: f64,
    messages: f64,
    contacts: f64,
    ari: f64,
    /// New threads that start a topic; new threads; new topics.
    new: [f64; 3],
    asked: f64,
}

impl Sums {
    fn add(&mut self, filed: &[Filed<'_>]) {
        let mut gold = BTreeMap::<&str, f64>::new();
        let mut threads = BTreeMap::<usize, f64>::new();
        let mut both = BTreeMap::<(&str, usize), f64>::new();
        for it in filed {
            let topic = it.item.line.gold_topic.as_str();
            self.new_threads(!gold.contains_key(topic), !threads.contains_key(&it.thread));
            *gold.entry(topic).or_default() += 1.0;
            *threads.entry(it.thread).or_default() += 1.0;
            *both.entry((topic, it.thread)).or_default() += 1.0;
            self.messages += 1.0;
            self.asked += if it.asked { 1.0 } else { 0.0 };
        }
        let size = |n: Option<&f64>| n.copied().unwrap_or(1.0);
        for ((topic, thread), n) in &both {
            self.b_precision += n * n / size(threads.get(thread));
            self.b_recall += n * n / size(gold.get(topic));
        }
        let all = pairs(gold.values().sum());
        let found = [sum(both.values()), sum(threads.values()), sum(gold.values())];
        let [same, of_threads, of_topics] = found;
        self.pairs.iter_mut().zip(found).for_each(|(to, it)| *to += it);
        let (expected, most) =
            (ratio(of_threads * of_topics, all, 0.0), f64::midpoint(of_threads, of_topics));
        let is_certain = (most - expected).abs() < 1e-12;
        self.ari += if is_certain { 1.0 } else { (same - expected) / (most - expected) };
        self.contacts += 1.0;
    }

    fn new_threads(&mut self, is_new: bool, opened: bool) {
        let flags = [is_new && opened, opened, is_new];
        self.new.iter_mut().zip(flags).for_each(|(to, it)| *to += if it { 1.0 } else { 0.0 });
    }
}

/// A confidence that leaves no doubt.
const SUREST: f32 = 0.99;

/// The quality of single decisions when all before were put right.
#[derive(Clone, Copy, Debug, Default)]
pub struct Singly {
    /// Messages that had a choice: all but a contact's first.
    pub decisions: usize,
    /// Those that went to the right place.
    pub right: f64,
    /// The distance of the confidence from the share that is right.
    pub calibration: f64,
    /// Those that are right when somebody answers for the least sure 5 %.
    pub right_but_5: f64,
    /// The same with 10 %.
    pub right_but_10: f64,
    /// Decisions that were at least 99 % sure, and those of them that are right.
    pub surest: usize,
    /// Of those, the right ones.
    pub surest_right: f64,
}

/// Measures decisions of a run with [`crate::replay::Help::Always`], for the messages that `counts` takes.
#[must_use]
pub fn singly(contacts: &[Vec<Filed<'_>>], counts: impl Fn(&Filed<'_>) -> bool) -> Singly {
    let mut judged: Vec<(f32, bool)> = Vec::new();
    for filed in contacts {
        let mut seen = HashSet::new();
        for it in filed {
            let topic = it.item.line.gold_topic.as_str();
            let right = it.chosen_topic == seen.contains(topic).then_some(topic);
            if !seen.is_empty() && counts(it) {
                judged.push((it.confidence, right));
            }
            seen.insert(topic);
        }
    }
    let share = |judged: &[(f32, bool)]| {
        let right = judged.iter().filter(|it| it.1).count();
        ratio(float(right), float(judged.len()), 0.0)
    };
    let (right, calibration) = (share(&judged), calibration(&judged));
    let surest: Vec<(f32, bool)> = judged.iter().filter(|it| SUREST <= it.0).copied().collect();
    judged.sort_by(|a, b| a.0.total_cmp(&b.0));
    let but = |parts: usize| share(judged.get(judged.len() / parts..).unwrap_or_default());
    Singly {
        decisions: judged.len(),
        right,
        calibration,
        right_but_5: but(20),
        right_but_10: but(10),
        surest: surest.len(),
        surest_right: share(&surest),
    }
}

/// The mean distance of ten bins of confidence from what was right in them.
fn calibration(judged: &[(f32, bool)]) -> f64 {
    let mut bins = [0.0f64; 10];
    for (confidence, right) in judged {
        let bin = (0..9).find(|it| confidence * 10.0 < small(it + 1)).unwrap_or(9);
        if let Some(bin) = bins.get_mut(usize::from(bin)) {
            *bin += f64::from(*confidence) - if *right { 1.0 } else { 0.0 };
        }
    }
    ratio(bins.iter().map(|it| it.abs()).sum(), float(judged.len()), 0.0)
}

fn small(n: u8) -> f32 {
    f32::from(n)
}

fn sum<'a>(sizes: impl Iterator<Item = &'a f64>) -> f64 {
    sizes.map(|it| pairs(*it)).sum()
}

fn pairs(n: f64) -> f64 {
    n * (n - 1.0) / 2.0
}

fn ratio(a: f64, b: f64, empty: f64) -> f64 {
    if b > 0.0 { a / b } else { empty }
}

fn f1(precision: f64, recall: f64) -> f64 {
    ratio(2.0 * precision * recall, precision + recall, 0.0)
}

#[expect(clippy::cast_precision_loss, reason = "streams have fewer than 2^52 messages")]
fn float(n: usize) -> f64 {
    n as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
fn whole(n: f64) -> usize {
    n as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::Before;
    use crate::stream::{Contact, Line, contacts};

    /// A contact whose messages are of these topics.
    fn contact(topics: &str) -> Contact {
        let lines = topics.chars().enumerate().map(|(n, topic)| Line {
            message_id: n.to_string(),
            gold_topic: topic.to_string(),
            ..Line::default()
        });
        contacts(lines.collect()).swap_remove(0)
    }

    fn filed<'a>(contact: &'a Contact, threads: &str) -> Vec<Filed<'a>> {
        let digits = threads.chars().map(|it| it.to_digit(10).unwrap() as usize);
        let rows = contact.items.iter().zip(digits);
        rows.map(|(item, thread)| Filed {
            item,
            thread,
            chosen_topic: None,
            confidence: 0.9,
            asked: false,
            before: Before::default(),
        })
        .collect()
    }

    #[test]
    fn right_filings_are_perfect_whatever_their_numbers() {
        let contact = contact("aabba");
        let it = grouping(&[filed(&contact, "77337")]);
        for share in [it.precision, it.recall, it.f1, it.b_cubed, it.ari, it.new_f1] {
            assert!((share - 1.0).abs() < 1e-12, "{it:?}");
        }
    }

    #[test]
    fn a_wrong_filing_costs_its_pairs() {
        // In threads: 012 and 3. In topics: 01 and 23.
        let contact = contact("aabb");
        let it = grouping(&[filed(&contact, "0001")]);
        assert_eq!(it.messages, 4);
        assert!((it.precision - 1.0 / 3.0).abs() < 1e-12 && (it.recall - 0.5).abs() < 1e-12);
        // The new topic is the third message, the new thread the fourth.
        assert!((it.new_f1 - 0.5).abs() < 1e-12, "{it:?}");
    }

    #[test]
    fn confidence_is_judged_by_what_was_right() {
        let contact = contact("aaaaa");
        let mut rows = filed(&contact, "00000");
        for it in &mut rows {
            it.chosen_topic = Some("a");
        }
        rows[4].chosen_topic = None;
        let it = singly(&[rows], |_| true);
        assert_eq!(it.decisions, 4);
        assert!((it.right - 0.75).abs() < 1e-9 && (it.calibration - 0.15).abs() < 1e-6, "{it:?}");
    }
}
