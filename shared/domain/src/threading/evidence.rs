//! The reasons why a message went where it went, kept small and said in plain words.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::decide::{Certain, Model};
use super::features::{About, NEW_FEATURES, THREAD_FEATURES};
use super::reading::Reading;
use super::scene::{Measured, Note};
use crate::time::Timestamp;

/// Reasons that are kept of one decision.
const MOST: usize = 3;
/// Log-odds below which a reason decides nothing.
const LEAST: f32 = 0.2;

/// One reason for a decision, as it is stored with the message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The feature, or what was certain.
    #[serde(rename = "f")]
    name: Cow<'static, str>,
    /// By how much it decided, in log-odds.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    margin: Option<f32>,
    /// The particulars of it.
    #[serde(flatten)]
    detail: Detail,
}

/// The particulars of one reason. The text is the customer's own: it never prints.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
struct Detail {
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl std::fmt::Debug for Detail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Detail({})", self.at.map(Timestamp::rfc3339).unwrap_or_default())
    }
}

impl Detail {
    fn of(about: About, note: Option<&Note>, reading: &Reading) -> Self {
        let shared = || reading.ids.get(note?.shared?).map(|it| it.shown.clone());
        match about {
            About::Nothing => Self::default(),
            About::Quoted => Self { at: note.and_then(|it| it.quoted), text: None },
            About::Last(_) => Self { at: note.map(|it| it.last), text: None },
            About::Id => Self { at: None, text: shared() },
        }
    }
}

impl Evidence {
    /// Evidence that decides alone.
    #[must_use]
    pub fn certain(why: Certain) -> Self {
        Self { name: Cow::Borrowed(why.name()), margin: None, detail: Detail::default() }
    }

    /// Whether it decided alone.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        Certain::ALL.iter().any(|it| it.name() == self.name)
    }

    pub(super) fn first_message() -> Self {
        Self { name: Cow::Borrowed("first_message"), margin: None, detail: Detail::default() }
    }

    /// The reason of a later decision of another version of the model. Yet another one may decide anew.
    #[must_use]
    pub fn another_model() -> Self {
        Self { name: Cow::Borrowed("another_model"), margin: None, detail: Detail::default() }
    }

    /// The reason's name: stable, for programs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The reason in plain words. "Ago" is told from `now`: the message's own time, or that of who reads it.
    #[must_use]
    pub fn words(&self, now: Timestamp) -> String {
        let thread = THREAD_FEATURES.iter().find(|it| it.name == self.name).map(|it| it.said);
        let new = NEW_FEATURES.iter().find(|it| it.name == self.name).map(|it| it.said);
        let said = thread.or(new).unwrap_or(match &*self.name {
            "token" => "carries our own reference to this thread",
            "link_code" => "came by a link that we gave out",
            "choice" => "answers a choice that we sent",
            "person" => "a person decided it",
            "customer" => "the customer said so when asked",
            "another_model" => "another version of the model decided it",
            "silence" => "the other thread's last message was {ago}",
            "first_message" => "first message of this contact",
            _ => "another version's reason",
        });
        let at = self.detail.at.unwrap_or(now);
        said.replace("{at}", &day(at, now))
            .replace("{ago}", &ago(now.since(at)))
            .replace("{text}", self.detail.text.as_deref().unwrap_or_default())
    }
}

/// `14 May`, with its year when that is another one.
fn day(at: Timestamp, now: Timestamp) -> String {
    let date = |it: Timestamp| OffsetDateTime::from_unix_timestamp(it.secs()).ok();
    let (Some(at), Some(now)) = (date(at), date(now)) else { return String::new() };
    let short = format!("{} {}", at.day(), at.month());
    if at.year() == now.year() { short } else { format!("{short} {}", at.year()) }
}

/// `3 min ago`.
fn ago(ms: i64) -> String {
    match ms / 60_000 {
        ..1 => "just now".to_owned(),
        minutes @ 1..60 => format!("{minutes} min ago"),
        minutes @ 60..1_440 => format!("{} h ago", minutes / 60),
        minutes @ 1_440..2_880 => format!("{} day ago", minutes / 1_440),
        minutes => format!("{} days ago", minutes / 1_440),
    }
}

/// The evidence that spoke most for a thread against the runner-up.
pub(super) fn of_thread(
    model: &Model,
    measured: &Measured,
    reading: &Reading,
    won: usize,
    runner_up: Option<usize>,
) -> Vec<Evidence> {
    let Some(winner) = measured.rows.get(won) else { return Vec::new() };
    let against = runner_up.and_then(|it| measured.rows.get(it));
    let note = measured.notes.get(won);
    let rows = model.thread.iter().zip(winner).zip(&THREAD_FEATURES).enumerate();
    let mut found: Vec<Evidence> = Vec::new();
    let mut of_last: Option<(u8, Evidence)> = None;
    for (n, ((weight, value), feature)) in rows {
        let other = against.and_then(|it| it.get(n)).copied().unwrap_or(0.0);
        let detail = Detail::of(feature.about, note, reading);
        let reason = evidence(feature.name, weight * (value - other), detail);
        match feature.about {
            About::Last(depth) => of_last = Some(deeper(of_last, depth, reason)),
            About::Nothing | About::Quoted | About::Id => found.push(reason),
        }
    }
    found.extend(of_last.map(|it| it.1));
    if against.is_none() {
        // The bias says nothing about this message.
        let new = model.new.iter().zip(&measured.new).zip(&NEW_FEATURES).skip(1);
        found.extend(new.map(|((weight, value), it)| plainly(it.name, -weight * value)));
    }
    strongest(found)
}

/// Two reasons that rest on the last message, as one: in the words of the deeper one that counts at all.
fn deeper(so_far: Option<(u8, Evidence)>, depth: u8, reason: Evidence) -> (u8, Evidence) {
    let Some((depth_so_far, kept)) = so_far else { return (depth, reason) };
    let counts = |it: &Evidence| it.margin.is_some_and(|it| it >= LEAST);
    let sum = kept.margin.unwrap_or(0.0) + reason.margin.unwrap_or(0.0);
    let takes_over = depth > depth_so_far && counts(&reason) || !counts(&kept);
    let (depth, said) = if takes_over { (depth, reason) } else { (depth_so_far, kept) };
    (depth, Evidence { margin: Some(hundredths(sum)), ..said })
}

/// The evidence that spoke most for a new thread against the best candidate.
pub(super) fn of_new(
    model: &Model,
    measured: &Measured,
    reading: &Reading,
    runner_up: usize,
) -> Vec<Evidence> {
    let new = model.new.iter().zip(&measured.new).zip(&NEW_FEATURES);
    let mut found: Vec<Evidence> =
        new.map(|((weight, value), it)| plainly(it.name, weight * value)).collect();
    if let Some(row) = measured.rows.get(runner_up) {
        let thread = model.thread.iter().zip(row).zip(&THREAD_FEATURES);
        found.extend(thread.filter_map(|((weight, value), it)| {
            let detail = Detail::of(it.about, measured.notes.get(runner_up), reading);
            Some(evidence(against(it.name)?, -weight * value, detail))
        }));
    }
    strongest(found)
}

/// The name of what speaks against a thread, where that is said in other words than what speaks for it.
fn against(feature: &'static str) -> Option<&'static str> {
    match feature {
        "gap" => Some("silence"),
        "rank" => None,
        other => Some(other),
    }
}

fn evidence(name: &'static str, margin: f32, detail: Detail) -> Evidence {
    Evidence { name: Cow::Borrowed(name), margin: Some(hundredths(margin)), detail }
}

fn hundredths(margin: f32) -> f32 {
    (margin * 100.0).round() / 100.0
}

fn plainly(name: &'static str, margin: f32) -> Evidence {
    evidence(name, margin, Detail::default())
}

fn strongest(mut found: Vec<Evidence>) -> Vec<Evidence> {
    found.retain(|it| it.margin.is_some_and(|it| it >= LEAST));
    found.sort_by(|a, b| b.margin.unwrap_or(0.0).total_cmp(&a.margin.unwrap_or(0.0)));
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_ms(1_779_000_000_000)
    }

    fn said(name: &'static str, ms_ago: i64, text: Option<&str>) -> String {
        let detail = Detail { at: Some(now().plus_ms(-ms_ago)), text: text.map(str::to_owned) };
        evidence(name, 1.0, detail).words(now())
    }

    #[test]
    fn reasons_are_said_in_plain_words() {
        assert_eq!(said("reply_to", 3 * 86_400_000, None), "reply to the message of 14 May");
        assert_eq!(
            said("reply_to", 400 * 86_400_000, None),
            "reply to the message of 12 April 2025"
        );
        assert_eq!(said("own_id", 0, Some("A-1234")), "same number A-1234");
        assert_eq!(
            said("pending_question", 180_000, None),
            "answers the question we asked 3 min ago"
        );
        assert_eq!(said("gap", 7_200_000, None), "its last message was 2 h ago");
        assert_eq!(said("gap", 20_000, None), "its last message was just now");
    }

    #[test]
    fn a_reason_is_stored_small_and_read_back_even_from_another_version() {
        let reason =
            evidence("own_id", 3.456, Detail { at: None, text: Some("A-1234".to_owned()) });
        let stored = serde_json::to_string(&reason).unwrap();
        assert_eq!(stored, r#"{"f":"own_id","w":3.46,"t":"A-1234"}"#);
        assert_eq!(serde_json::from_str::<Evidence>(&stored).unwrap(), reason);
        let later: Evidence = serde_json::from_str(r#"{"f":"mood","w":1.0,"x":1}"#).unwrap();
        assert_eq!(
            (later.name(), later.words(now()).as_str()),
            ("mood", "another version's reason")
        );
    }

    #[test]
    fn a_reason_does_not_print_the_customers_words() {
        let reason = evidence("own_id", 1.0, Detail { at: None, text: Some("A-1234".to_owned()) });
        assert!(!format!("{reason:?}").contains("1234"));
    }

    #[test]
    fn every_feature_has_a_name_of_its_own() {
        let names =
            THREAD_FEATURES.iter().map(|it| it.name).chain(NEW_FEATURES.iter().map(|it| it.name));
        let names: Vec<&str> = names.collect();
        let unique: std::collections::BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len());
    }
}
