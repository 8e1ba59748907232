//! The thread a message goes to, from what the table says of the person's threads and of the messages it refers to.

use super::live::Live;
use crate::content::Content;
use crate::event::{Direction, InboundEvent, Message};
use crate::id::ThreadId;
use crate::threading::{
    Arrival, Candidate, Certain, Decision, Filing, Model, Quoted, Reading, decide,
};
use crate::time::Timestamp;

/// A message that another one refers to, where we have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referred {
    /// The thread that it is in now.
    pub thread: ThreadId,
    /// When it was sent.
    pub at: Timestamp,
    /// The side that said it.
    pub direction: Direction,
}

/// The messages that a message refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referrals {
    /// The message that it quotes.
    pub quoted: Option<Referred>,
    /// The threads of the other messages that it names.
    pub named: Vec<ThreadId>,
    /// The thread that evidence names which decides alone: a token or a link code of ours.
    pub certain: Option<(Certain, ThreadId)>,
}

/// Decides where a message goes. What we or a colleague wrote elsewhere is not weighed: it goes to the thread of what it
/// quotes, else to the last active one on its channel.
#[must_use]
pub fn choose(
    model: &Model,
    event: &InboundEvent,
    message: &Message,
    reading: &Reading,
    threads: &[Live],
    referrals: &Referrals,
) -> Decision {
    if message.direction == Direction::Out {
        return follow(event, threads, referrals);
    }
    let is_ours = |it: &&Referred| {
        it.direction == Direction::Out && threads.iter().any(|live| live.thread == it.thread)
    };
    let answered = matches!(message.content, Content::Choice { .. })
        .then_some(referrals.quoted.as_ref().filter(is_ours))
        .flatten()
        .map(|it| (Certain::Choice, &it.thread));
    let certain = referrals.certain.as_ref().map(|(why, thread)| (*why, thread));
    let arrival = Arrival {
        channel: &event.channel,
        at: event.at,
        reading,
        reply_to: referrals.quoted.as_ref().map(|it| Quoted { thread: &it.thread, at: it.at }),
        mail_refs: &referrals.named,
        certain: certain.or(answered),
    };
    let candidates: Vec<_> =
        threads.iter().map(|it| Candidate { thread: &it.thread, profile: &it.profile }).collect();
    decide(model, &arrival, &candidates)
}

fn follow(event: &InboundEvent, threads: &[Live], referrals: &Referrals) -> Decision {
    let quoted = referrals
        .quoted
        .as_ref()
        .and_then(|quoted| threads.iter().find(|it| it.thread == quoted.thread));
    let last = || {
        let here = threads.iter().filter(|it| it.profile.was_on(&event.channel));
        here.max_by_key(|it| (it.profile.last_at(), &it.thread))
    };
    let filing = quoted.or_else(last).map_or(Filing::New, |it| Filing::Thread(it.thread.clone()));
    Decision { filing, confidence: 1.0, evidence: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;
    use crate::filing::Change;
    use crate::id::{AccountId, Channel, EventKey, ProviderId};
    use crate::threading::ProfileEntry;

    fn event(
        channel: &'static str,
        content: Content,
        direction: Direction,
    ) -> (InboundEvent, Message) {
        let message = Message { direction, ..Message::inbound(ProviderId::new("m"), content) };
        let event = InboundEvent {
            key: EventKey::new("m"),
            channel: Channel::from_static(channel),
            account: AccountId::new("1"),
            identity: None,
            at: Timestamp::from_secs(10_000),
            kind: Kind::from(message.clone()),
            content_ref: None,
        };
        (event, message)
    }

    fn thread(name: &str, channel: &'static str, at: i64) -> Live {
        let mut live = Live::new(ThreadId::new(name));
        let entry = ProfileEntry {
            key: 1,
            edit: 0,
            at: Timestamp::from_secs(at),
            direction: Direction::In,
            channel: Channel::from_static(channel),
            reading: Some(Reading::of("hello", None)),
        };
        live.fold(&entry, Change::Said { unsure: false });
        live
    }

    fn filed(
        content: Content,
        direction: Direction,
        threads: &[Live],
        quoted: Option<(&str, Direction)>,
    ) -> Filing {
        let (event, message) = event("whatsapp", content, direction);
        let quoted = quoted.map(|(thread, direction)| Referred {
            thread: ThreadId::new(thread),
            at: Timestamp::from_secs(1),
            direction,
        });
        let referrals = Referrals { quoted, ..Referrals::default() };
        let reading = Reading::of_content(&message.content);
        choose(&Model::current(), &event, &message, &reading, threads, &referrals).filing
    }

    fn to(thread: &str) -> Filing {
        Filing::Thread(ThreadId::new(thread))
    }

    #[test]
    fn an_answer_to_a_choice_of_ours_goes_to_the_thread_of_the_choice() {
        let threads = [thread("old", "sms", 1), thread("new", "whatsapp", 9_990)];
        let choice =
            || Content::Choice { id: "yes".into(), title: "I want to order a new thing".into() };
        assert_eq!(
            filed(choice(), Direction::In, &threads, Some(("old", Direction::Out))),
            to("old")
        );
    }

    #[test]
    fn an_echo_goes_to_what_it_quotes_else_to_the_last_thread_on_its_channel_else_to_its_own() {
        let threads = [
            thread("older", "whatsapp", 10),
            thread("last", "whatsapp", 20),
            thread("sms", "sms", 30),
        ];
        let echo = |threads: &[Live], quoted| {
            filed(Content::text("done"), Direction::Out, threads, quoted)
        };
        assert_eq!(echo(&threads, Some(("sms", Direction::In))), to("sms"));
        assert_eq!(echo(&threads, Some(("a stranger's", Direction::In))), to("last"));
        assert_eq!(echo(&threads, None), to("last"));
        assert_eq!(echo(&threads[2..], None), Filing::New);
    }
}
