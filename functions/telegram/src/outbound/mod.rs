//! Makes Telegram's calls. Text goes out as it is, without a markup of Telegram's, so none of it can be misread.

mod body;
mod calls;

use std::sync::LazyLock;

use domain::id::IdentityId;
use domain::outbound::{
    Account, Capabilities, Failure, Next, Response, Send, SendContent, SendError, SendProblem,
};

use crate::address::{Chat, Named};
use crate::errors::{Outcome, outcome};
use calls::{Method, method};

/// The content that the channel can carry.
pub(crate) fn capabilities() -> &'static Capabilities {
    static READ: LazyLock<Capabilities> =
        LazyLock::new(|| Capabilities::built_in(include_str!("../rules.json")));
    &READ
}

/// The next call of a send, or its end. A group that has become a supergroup is tried once more under its new id, and a
/// topic that is gone once more without it: an answer in the wrong place is better than none. Who types is shown in no other.
pub(crate) fn next(send: &Send, account: &Account, answers: &[Response]) -> Next {
    match try_next(send, account, answers) {
        Ok(next) => next,
        Err(error) => Next::Failed(error),
    }
}

fn try_next(send: &Send, account: &Account, answers: &[Response]) -> Result<Next, SendError> {
    let address = send.to.first().map(IdentityId::address).unwrap_or_default();
    let mut chat = Chat::parse(address).ok_or(refused(SendProblem::AddressInvalid))?;
    check(&send.content)?;
    let shows = matches!(send.content, SendContent::MarkRead { .. });
    // A call that learned of such a change did nothing.
    let (mut moved, mut place, mut answers) = (None, send.place.as_deref(), answers);
    while let [first, rest @ ..] = answers {
        match outcome(first) {
            Outcome::Moved(to) if moved.is_none() => moved = Some(to),
            Outcome::PlaceGone(_) if place.is_some() && !shows => place = None,
            Outcome::Moved(_) | Outcome::PlaceGone(_) | Outcome::Done(_) | Outcome::Failed(_) => {
                break;
            }
        }
        answers = rest;
    }
    if let Some(to) = &moved {
        chat.id = to;
    }
    let methods = methods(send, &chat, place)?;
    let mut made = None;
    for (answer, _) in answers.iter().zip(&methods) {
        made = match outcome(answer) {
            Outcome::Done(id) => id,
            // That somebody types is shown where the person reads it, or nowhere.
            Outcome::PlaceGone(_) if shows => None,
            Outcome::Failed(error) | Outcome::PlaceGone(error) => return Err(error),
            Outcome::Moved(_) => return Err(refused(SendProblem::AddressInvalid)),
        };
    }
    match methods.into_iter().nth(answers.len()) {
        Some(method) => method.call(account).map(Next::Call),
        None => Ok(Next::Done(made.map(|id| chat.message(&id)))),
    }
}

/// The calls of a send, in order.
fn methods<'a>(
    send: &'a Send,
    chat: &Chat<'a>,
    place: Option<&str>,
) -> Result<Vec<Method<'a>>, SendError> {
    let SendContent::MarkRead { of, typing } = &send.content else {
        return Ok(vec![method(send, chat, place)?]);
    };
    let mut methods = Vec::new();
    match Named::parse(of).ok_or(refused(SendProblem::ContentUnsupported))? {
        // A button shows that it works until its tap is answered.
        Named::Tap(id) => methods.push(Method::answer_tap(id)),
        // Bots cannot show what they read; business accounts can.
        Named::Message(of, id) if of.connection.is_some() => methods.push(Method::read(&of, id)),
        Named::Message(..) | Named::Ephemeral => {}
    }
    // A channel's direct messages do not show who types.
    if *typing && chat.topic.is_none() {
        methods.push(Method::typing(chat, place));
    }
    Ok(methods)
}

/// Refuses what Telegram would.
fn check(content: &SendContent) -> Result<(), SendError> {
    let rules = capabilities();
    let fits = match content {
        SendContent::Text { text } => !text.trim().is_empty() && rules.text.fits(text),
        SendContent::Media { caption, .. } => {
            caption.as_ref().is_none_or(|it| rules.caption.is_some_and(|limit| limit.fits(it)))
        }
        SendContent::Choices { text, options, .. } => {
            let limits = rules.choices.as_ref();
            !text.trim().is_empty()
                && rules.text.fits(text)
                && limits.is_some_and(|limit| {
                    (1..=limit.max).contains(&options.len())
                        && options.iter().all(|it| {
                            // Ids are counted in bytes.
                            (1..=limit.id).contains(&it.id.len())
                                && (1..=limit.title).contains(&it.title.chars().count())
                        })
                })
        }
        SendContent::Template { .. }
        | SendContent::Email { .. }
        | SendContent::Adaptable { .. } => false,
        SendContent::Reaction { emoji, .. } => rules.takes_reaction(emoji),
        SendContent::Location { .. } | SendContent::MarkRead { .. } => true,
    };
    if fits { Ok(()) } else { Err(refused(SendProblem::ContentUnsupported)) }
}

fn refused(problem: SendProblem) -> SendError {
    SendError::Refused(Failure::ours(problem))
}
