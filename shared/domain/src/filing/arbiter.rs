//! The one who decides when the model is unsure where a message belongs.
//!
//! Nobody: the filing stands, marked for one of us to confirm or move. Or the customer: a question with the topics that
//! they may mean, whose answer re-files what was in doubt. Pure: what to ask, whether to, and what an answer means.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use time::OffsetDateTime;

use super::live::{Live, State};
use crate::content::Content;
use crate::event::{Direction, InboundEvent, Message, Visibility};
use crate::id::{Channel, ThreadId};
use crate::outbound::{ChoiceOption, SendContent};
use crate::threading::Reading;
use crate::time::Timestamp;

/// The customer as the one who decides when the model is unsure, on some channels. They must offer choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arbiter {
    channels: Vec<Channel>,
}

/// The time that a question waits for its answer, in milliseconds. Later the customer has other things in mind.
pub const QUESTION_MS: i64 = 60 * 60 * 1000;

/// The age up to which a message is asked about, in milliseconds: a message that comes late was answered meanwhile, and the time
/// in which we may write freely may be over.
const FRESH_MS: i64 = 5 * 60 * 1000;

/// The time for which a topic that nobody spoke of is offered, in milliseconds.
const RECENT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// Topics in one question. One more option is "something new", and ten is what the platforms' lists hold.
const MOST_TOPICS: usize = 9;

/// The longest title that every platform with choices shows, in characters.
const LONGEST_TITLE: usize = 20;

/// The beginning of the ids of our options.
const OPTION: &str = "topic:";
/// The id behind it for a new topic.
const NEW: &str = "new";

impl Arbiter {
    /// The customer on the channels that a list names; `None` if it names none.
    #[must_use]
    pub fn parse(channels: &str) -> Option<Self> {
        let names = channels.split(',').map(str::trim).filter(|it| !it.is_empty());
        let channels: Vec<_> = names.map(Channel::new).collect();
        (!channels.is_empty()).then_some(Self { channels })
    }

    /// Whether to ask about a message if it is in doubt where it belongs. Public words are not asked about in private, and an
    /// echo is ours.
    #[must_use]
    pub fn may_ask(&self, event: &InboundEvent, message: &Message, now: Timestamp) -> bool {
        self.channels.contains(&event.channel)
            && message.direction == Direction::In
            && message.visibility == Visibility::Private
            && message.opens_window
            && answer(&message.content).is_none()
            && now.since(event.at) <= FRESH_MS
    }
}

/// A topic that a message may belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The thread.
    pub thread: ThreadId,
    /// The subject of the topic, if that is known.
    pub subject: Option<String>,
    /// When it was last spoken of.
    pub last_at: Timestamp,
}

/// The threads that a question offers: the one where the message was filed first, then those last spoken of. None if there
/// is nothing to choose from.
#[must_use]
pub fn topics<'a>(threads: &'a [Live], filed: &ThreadId, now: Timestamp) -> Vec<&'a Live> {
    let is_offered = |it: &&Live| {
        let age = now.since(it.profile.last_at());
        it.thread == *filed || it.state != State::Closed && age <= RECENT_MS
    };
    let mut offered: Vec<_> = threads.iter().filter(is_offered).collect();
    offered.sort_by_key(|it| (it.thread != *filed, std::cmp::Reverse(it.profile.last_at())));
    offered.truncate(MOST_TOPICS);
    offered
}

/// The question, in the language of the message that is in doubt. `opened` says that the message opened its thread: then
/// that thread is "something new" and no topic of its own.
#[must_use]
pub fn question(reading: &Reading, topics: &[Topic], opened: Option<&ThreadId>) -> SendContent {
    let words = Words::of(reading.language());
    let named = topics.iter().filter(|it| Some(&it.thread) != opened);
    let option = |id: &str, title: &str| ChoiceOption {
        id: format!("{OPTION}{id}"),
        title: shortened(title),
        description: None,
    };
    let mut options: Vec<_> = named
        .map(|it| {
            let unnamed = || words.unnamed.replace("{day}", &day(it.last_at));
            option(it.thread.as_str(), &it.subject.clone().unwrap_or_else(unnamed))
        })
        .collect();
    distinguish(&mut options);
    options.push(option(NEW, &words.new));
    SendContent::Choices { text: words.ask.clone(), options, button: Some(words.button.clone()) }
}

/// Whether a message of ours is such a question. It asks about the person's words and does not answer them.
#[must_use]
pub fn is_question(content: &SendContent) -> bool {
    let SendContent::Choices { options, .. } = content else { return false };
    options.iter().all(|it| it.id.starts_with(OPTION))
}

/// The longest id of a thread.
const LONGEST_ID: usize = 64;

/// Such a question without the titles of its topics, which are words of the person's messages; `None` for anything else.
#[must_use]
pub fn without_titles(content: &SendContent) -> Option<SendContent> {
    let SendContent::Choices { text, options, button } = content else { return None };
    is_question(content).then(|| SendContent::Choices {
        text: text.clone(),
        options: options
            .iter()
            .map(|it| ChoiceOption { title: String::new(), ..it.clone() })
            .collect(),
        button: button.clone(),
    })
}

/// The choice of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerAnswer {
    /// This topic.
    Thread(ThreadId),
    /// None of those that we named.
    New,
}

/// The answer in a message, if it is a tap on an option of a question of ours.
#[must_use]
pub fn answer(content: &Content) -> Option<CustomerAnswer> {
    let Content::Choice { id, .. } = content else { return None };
    match id.strip_prefix(OPTION)? {
        NEW => Some(CustomerAnswer::New),
        // Anybody can send the tap of an option that we never offered: what is too long for an id is none.
        thread => {
            (thread.len() <= LONGEST_ID).then(|| CustomerAnswer::Thread(ThreadId::new(thread)))
        }
    }
}

/// The words of a question in one language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    ask: String,
    button: String,
    new: String,
    unnamed: String,
}

impl Words {
    /// The words of a language; English where we have none of it.
    #[expect(clippy::expect_used, reason = "the file is compiled in, and a test reads it")]
    fn of(language: Option<&str>) -> &'static Self {
        static ALL: LazyLock<BTreeMap<String, Words>> = LazyLock::new(|| {
            serde_json::from_str(include_str!("../../data/filing/questions.json"))
                .expect("the questions")
        });
        let found = language.and_then(|it| ALL.get(it)).or_else(|| ALL.get("en"));
        found.expect("the question in English")
    }
}

/// A title that every platform shows whole, cut at a word if one ends near.
fn shortened(title: &str) -> String {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.chars().count() <= LONGEST_TITLE {
        return title;
    }
    let mut cut: String = title.chars().take(LONGEST_TITLE - 1).collect();
    if let Some((whole, rest)) = cut.rsplit_once(' ')
        && rest.chars().count() < LONGEST_TITLE / 2
    {
        cut.truncate(whole.len());
    }
    format!("{}…", cut.trim_end_matches([' ', ',', ';', ':', '-']))
}

/// Platforms refuse two options of one title: a later one gets its number.
fn distinguish(options: &mut [ChoiceOption]) {
    for n in 1..options.len() {
        let (before, rest) = options.split_at_mut(n);
        let Some(option) = rest.first_mut() else { return };
        if before.iter().any(|it| it.title == option.title) {
            let mark = format!(" ({})", n + 1);
            let kept = LONGEST_TITLE.saturating_sub(mark.len());
            let start: String = option.title.chars().take(kept).collect();
            option.title = format!("{}{mark}", start.trim_end());
        }
    }
}

/// `14/05`: a day that both languages read.
fn day(at: Timestamp) -> String {
    let date = OffsetDateTime::from_unix_timestamp(at.secs()).ok();
    date.map_or_else(String::new, |it| format!("{:02}/{:02}", it.day(), u8::from(it.month())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;
    use crate::filing::Change;
    use crate::id::{AccountId, EventKey, ProviderId};
    use crate::threading::ProfileEntry;

    const NOW: i64 = 1_800_000_000;

    fn live(name: &str, secs_ago: i64) -> Live {
        let mut live = Live::new(ThreadId::new(name));
        let entry = ProfileEntry {
            key: 1,
            edit: 0,
            at: Timestamp::from_secs(NOW - secs_ago),
            direction: Direction::In,
            channel: Channel::from_static("whatsapp"),
            reading: Some(Reading::of("hello", None)),
        };
        live.fold(&entry, Change::Said { unsure: false });
        live
    }

    fn event(message: Message) -> (InboundEvent, Message) {
        let event = InboundEvent {
            key: EventKey::new("m"),
            channel: Channel::from_static("whatsapp"),
            account: AccountId::new("1"),
            identity: None,
            at: Timestamp::from_secs(NOW),
            kind: Kind::from(message.clone()),
            content_ref: None,
        };
        (event, message)
    }

    fn asked(message: Message, after_s: i64) -> bool {
        let (event, message) = event(message);
        let now = Timestamp::from_secs(NOW + after_s);
        Arbiter::parse("whatsapp, sms").unwrap().may_ask(&event, &message, now)
    }

    fn said(text: &str) -> Message {
        let content = Content::text(text);
        Message { opens_window: true, ..Message::inbound(ProviderId::new("m"), content) }
    }

    fn titles(content: &SendContent) -> Vec<(&str, &str)> {
        let SendContent::Choices { options, .. } = content else { panic!("no choices") };
        options.iter().map(|it| (it.id.as_str(), it.title.as_str())).collect()
    }

    fn topic(thread: &str, subject: Option<&str>) -> Topic {
        Topic {
            thread: ThreadId::new(thread),
            subject: subject.map(str::to_owned),
            last_at: Timestamp::from_secs(NOW),
        }
    }

    #[test]
    fn a_list_that_names_no_channel_asks_nobody() {
        for list in ["", " ", ","] {
            assert_eq!(Arbiter::parse(list), None, "{list:?}");
        }
    }

    #[test]
    fn only_a_fresh_private_message_of_the_customer_is_asked_about() {
        assert!(asked(said("yes"), 10));
        assert!(!asked(said("yes"), 3_600), "old");
        assert!(!asked(Message { visibility: Visibility::Public, ..said("yes") }, 10));
        assert!(!asked(Message { direction: Direction::Out, ..said("yes") }, 10));
        assert!(!asked(Message { opens_window: false, ..said("yes") }, 10), "no window");
        let tap = Content::Choice { id: "topic:new".into(), title: "Something new".into() };
        assert!(!asked(Message { content: tap, ..said("") }, 10), "an answer");
        let (event, message) = event(said("yes"));
        assert!(!Arbiter::parse("sms").unwrap().may_ask(&event, &message, event.at), "not there");
    }

    #[test]
    fn the_question_names_the_topics_and_something_new_in_the_customer_s_language() {
        let reading = Reading::of("Je voudrais savoir où elle est", None);
        let topics = [topic("thr_1", Some("Commande A-1234")), topic("thr_2", None)];
        let question = question(&reading, &topics, None);
        assert_eq!(
            titles(&question),
            [
                ("topic:thr_1", "Commande A-1234"),
                ("topic:thr_2", "Échange du 15/01"),
                ("topic:new", "Autre chose")
            ]
        );
        assert!(is_question(&question));
        let bare = without_titles(&question).unwrap();
        assert!(is_question(&bare), "it is known by its options");
        assert!(titles(&bare).iter().all(|(id, title)| !id.is_empty() && title.is_empty()));
        let SendContent::Choices { text, .. } = question else { panic!("no choices") };
        assert_eq!(text, "À quel sujet nous écrivez-vous ?");
    }

    #[test]
    fn a_thread_that_the_message_opened_is_something_new_and_no_topic() {
        let topics = [topic("thr_1", Some("x")), topic("thr_2", Some("y"))];
        let opened = ThreadId::new("thr_1");
        let question = question(&Reading::of("zz", None), &topics, Some(&opened));
        assert_eq!(titles(&question), [("topic:thr_2", "y"), ("topic:new", "Something new")]);
    }

    #[test]
    fn titles_fit_every_platform_and_differ() {
        let long = "My order of the blue lamp A-10023 which never came";
        let topics = [topic("a", Some(long)), topic("b", Some(long)), topic("c", Some("Éé\n  é"))];
        let question = question(&Reading::of("zz", None), &topics, None);
        let titles: Vec<_> = titles(&question).into_iter().map(|it| it.1).collect();
        assert_eq!(titles, ["My order of the…", "My order of the… (2)", "Éé é", "Something new"]);
        assert!(titles.iter().all(|it| it.chars().count() <= LONGEST_TITLE));
    }

    #[test]
    fn topics_are_the_filed_one_and_those_last_spoken_of() {
        let mut closed = live("closed", 10);
        closed.state = State::Closed;
        let threads = [
            live("old", 40 * 86_400),
            live("filed", 35 * 86_400),
            closed,
            live("recent", 100),
            live("latest", 50),
        ];
        let now = Timestamp::from_secs(NOW);
        let offered = topics(&threads, &ThreadId::new("filed"), now);
        let names: Vec<_> = offered.iter().map(|it| it.thread.as_str()).collect();
        assert_eq!(names, ["filed", "latest", "recent"]);
    }

    #[test]
    fn other_choices_and_other_words_are_no_question_about_topics() {
        let option = |id: &str| ChoiceOption { id: id.into(), title: id.into(), description: None };
        let options = vec![option("topic:new"), option("tue")];
        let choices = SendContent::Choices { text: "When?".into(), options, button: None };
        assert!(!is_question(&choices));
        assert_eq!(without_titles(&choices), None);
        assert!(!is_question(&SendContent::Text { text: "topic:new".into() }));
    }

    #[test]
    fn an_answer_is_read_from_our_own_options_only() {
        let choice = |id: &str| Content::Choice { id: id.into(), title: "x".into() };
        assert_eq!(answer(&choice("topic:new")), Some(CustomerAnswer::New));
        assert_eq!(
            answer(&choice("topic:thr_1")),
            Some(CustomerAnswer::Thread(ThreadId::new("thr_1")))
        );
        assert_eq!(answer(&choice("tue")), None);
        assert_eq!(answer(&choice(&format!("topic:{}", "x".repeat(3_000)))), None);
        assert_eq!(answer(&Content::text("topic:new")), None);
    }
}
