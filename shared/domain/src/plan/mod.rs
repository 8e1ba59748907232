//! By which channel a message may go to a person: a verdict for every way to reach them, and the way that is taken.
//!
//! Pure: addresses, consents, windows, templates, capabilities and the time are arguments. A refusal says what would work
//! instead, so that a caller can offer it.

mod fit;
mod senders;
mod template;
mod ways;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, Channel, IdentityId};
use crate::outbound::{Adapted, Author, Capabilities, Feature, Loss, SendContent, SendProblem};
use crate::time::Timestamp;

pub use senders::Senders;
pub use template::TemplateState;
pub use ways::{Known, ways, ways_to};

/// A message that is to be sent, and the bounds that it is sent within.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The words, the file or whatever else is to be sent.
    pub content: &'a SendContent,
    /// The purpose that the person may have forbidden.
    pub purpose: Purpose,
    /// The one who wrote it: some platforms give a human more time.
    pub author: Author,
    /// The only channel that may be taken.
    pub channel: Option<&'a Channel>,
    /// The only one of our addresses that it may leave by.
    pub account: Option<&'a AccountId>,
    /// The only one of the person's addresses that it may go to.
    pub address: Option<&'a IdentityId>,
    /// Whether it quotes a message: a channel that cannot quote would lose that.
    pub quotes: bool,
    /// When it is of no more use.
    pub expires_at: Option<Timestamp>,
    /// Whether it may go to an address that is only claimed to be theirs.
    pub allow_claimed: bool,
}

impl<'a> Ask<'a> {
    /// A program answers a person, within no bounds but theirs.
    #[must_use]
    pub fn of(content: &'a SendContent) -> Self {
        Self {
            content,
            purpose: Purpose::default(),
            author: Author::default(),
            channel: None,
            account: None,
            address: None,
            quotes: false,
            expires_at: None,
            allow_claimed: false,
        }
    }
}

/// The purpose of a message. A person may forbid one and allow another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Purpose {
    /// Answering a request.
    #[default]
    Care,
    /// Telling of an order, a booking, a payment.
    Transactional,
    /// Selling.
    Marketing,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 3] = [Self::Care, Self::Transactional, Self::Marketing];

    /// Its name in the API, in consents and in items.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Care => "care",
            Self::Transactional => "transactional",
            Self::Marketing => "marketing",
        }
    }
}

/// The name under which a person forbids every purpose.
pub const EVERY_PURPOSE: &str = "all";

/// One way to reach a person: one of their addresses, over one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The channel.
    pub channel: Channel,
    /// The address.
    pub identity: IdentityId,
    /// The one of our addresses that they wrote to, or that the caller names; `None` before the first word.
    pub account: Option<AccountId>,
    /// When they last wrote to it.
    pub last_inbound: Option<Timestamp>,
    /// The purposes that they forbade there, or [`EVERY_PURPOSE`].
    pub forbidden: Vec<String>,
    /// Whether the address is only claimed to be theirs.
    pub claimed: bool,
}

/// A channel that this deployment has, and what it can carry.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The channel.
    pub channel: Channel,
    /// The things that it can carry.
    pub capabilities: Capabilities,
}

/// Whether a way may be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The reason that it may not; `None` if it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// The state of the template, if the content is one: its status, or `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The things that the content loses there, if it may be adapted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loss: Vec<Loss>,
}

/// One way and what the planner says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The way.
    pub way: Way,
    /// The planner's word on it.
    pub verdict: Verdict,
}

/// A way that was judged and not taken, as a message keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// The channel.
    pub channel: Channel,
    /// The one of our addresses that it would leave by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The planner's word on it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// The reason that a way may not be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The problem.
    pub problem: SendProblem,
    /// The details, for the caller's developers: no address, no content.
    pub detail: String,
}

/// The ways that would work instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alternatives {
    /// Templates that are approved on the refused channel.
    pub templates: Vec<String>,
    /// Other channels that may be taken with the same content.
    pub channels: Vec<Channel>,
}

/// A verdict for every way, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Every way and its verdict.
    pub ways: Vec<Judged>,
    /// The reason that none is taken and what would work; `None` if one is.
    pub refusal: Option<(Refusal, Alternatives)>,
}

impl Plan {
    /// The way that is taken.
    #[must_use]
    pub fn chosen(&self) -> Option<&Way> {
        self.taken().map(|(_, it)| &it.way)
    }

    /// The way that is taken, and how many stand before it.
    #[must_use]
    pub fn taken(&self) -> Option<(usize, &Judged)> {
        if self.refusal.is_some() {
            return None;
        }
        self.ways.iter().enumerate().find(|(_, it)| it.verdict.refusal.is_none())
    }

    /// The ways that are not taken, as a message keeps them.
    #[must_use]
    pub fn passed(&self) -> Vec<Passed> {
        let taken = self.taken().map(|(n, _)| n);
        let passed = self.ways.iter().enumerate().filter(|(n, _)| Some(*n) != taken);
        let passed = passed.map(|(_, it)| Passed {
            channel: it.way.channel.clone(),
            account: it.way.account.clone(),
            verdict: it.verdict.clone(),
        });
        passed.collect()
    }
}

/// Judges every way to a person. `ways` come in the order of preference, best first; a way over a channel that is not
/// offered is refused, not forgotten.
#[must_use]
pub fn plan(
    ask: &Ask<'_>,
    ways: Vec<Way>,
    offers: &[Offer],
    templates: &[TemplateState],
    now: Timestamp,
) -> Plan {
    let ways: Vec<_> =
        ways.into_iter().map(|way| judge(ask, way, offers, templates, now)).collect();
    let asked = |it: &&Judged| ask.channel.is_none_or(|channel| it.way.channel == *channel);
    let refusal = if ways.iter().filter(asked).any(|it| it.verdict.refusal.is_none()) {
        None
    } else {
        let refused = ways.iter().find(asked);
        let alternatives = alternatives(ask, refused, &ways, templates);
        let refusal = refused.and_then(|it| it.verdict.refusal.clone());
        Some((refusal.unwrap_or_else(|| no_way(ask)), alternatives))
    };
    // The chosen way must be the first without a refusal: a way that was not asked for stands behind.
    let (mut first, rest): (Vec<_>, Vec<_>) = ways.into_iter().partition(|it| asked(&it));
    first.extend(rest);
    Plan { ways: first, refusal }
}

fn judge(
    ask: &Ask<'_>,
    way: Way,
    offers: &[Offer],
    templates: &[TemplateState],
    now: Timestamp,
) -> Judged {
    let Some(offer) = offers.iter().find(|it| it.channel == way.channel) else {
        let template = template::status(ask.content, &way.channel, templates);
        let refusal = Some(not_deployed(&way.channel));
        return Judged { way, verdict: Verdict { refusal, template, loss: Vec::new() } };
    };
    let capabilities = &offer.capabilities;
    let Adapted { content, mut lost } = ask.content.fitted(&way.channel, capabilities);
    let loses_quote = ask.quotes
        && matches!(ask.content, SendContent::Adaptable { .. })
        && !capabilities.has(Feature::ReplyTo);
    lost.extend(loses_quote.then_some(Loss::Quote));
    let ask = &Ask { content: &content, quotes: ask.quotes && !loses_quote, ..*ask };
    let template = template::status(ask.content, &way.channel, templates);
    let refusal = check_person(ask, &way)
        .and_then(|()| check_time(ask, now))
        .and_then(|()| fit::check(ask, capabilities))
        .and_then(|()| template::check(template.as_deref(), &way.channel))
        .and_then(|()| check_window(ask, &way, capabilities, now))
        .err();
    Judged { way, verdict: Verdict { refusal, template, loss: lost } }
}

fn not_deployed(channel: &Channel) -> Refusal {
    let detail = format!("{channel} is not deployed here");
    Refusal { problem: SendProblem::ChannelMisconfigured, detail }
}

fn refuse<T>(problem: SendProblem, detail: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { problem, detail: detail.into() })
}

fn no_way(ask: &Ask<'_>) -> Refusal {
    let detail = match ask.channel {
        Some(channel) => format!("no address of this person is known on {channel}"),
        None => "no address of this person is known".to_owned(),
    };
    Refusal { problem: SendProblem::RecipientUnreachable, detail }
}

fn check_person(ask: &Ask<'_>, way: &Way) -> Result<(), Refusal> {
    let forbids = |it: &String| it == EVERY_PURPOSE || it == ask.purpose.name();
    if way.forbidden.iter().any(forbids) {
        let detail = format!("they do not want {} messages on {}", ask.purpose.name(), way.channel);
        return refuse(SendProblem::RecipientOptedOut, detail);
    }
    if way.claimed && !ask.allow_claimed {
        let detail = format!("their address on {} is claimed, not confirmed", way.channel);
        return refuse(SendProblem::IdentityUnverified, detail);
    }
    Ok(())
}

fn check_time(ask: &Ask<'_>, now: Timestamp) -> Result<(), Refusal> {
    match ask.expires_at {
        Some(expires_at) if expires_at <= now => {
            refuse(SendProblem::Expired, format!("expires_at {} has passed", expires_at.rfc3339()))
        }
        Some(_) | None => Ok(()),
    }
}

fn check_window(
    ask: &Ask<'_>,
    way: &Way,
    capabilities: &Capabilities,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(window_s) = capabilities.window_s else { return Ok(()) };
    if matches!(ask.content, SendContent::Template { .. }) {
        return Ok(());
    }
    let window_s = match ask.author {
        Author::Human => capabilities.human_window_s.unwrap_or(window_s).max(window_s),
        Author::Automation => window_s,
    };
    let channel = &way.channel;
    match way.last_inbound {
        Some(last) if now.since(last) < window_s.saturating_mul(1000) => Ok(()),
        Some(last) => refuse(
            SendProblem::WindowClosed,
            format!("Last customer message on {channel} {}", last.rfc3339()),
        ),
        None => refuse(
            SendProblem::WindowClosed,
            format!("The customer has not yet written on {channel}"),
        ),
    }
}

fn alternatives(
    ask: &Ask<'_>,
    refused: Option<&Judged>,
    ways: &[Judged],
    templates: &[TemplateState],
) -> Alternatives {
    let problem = refused.and_then(|it| it.verdict.refusal.as_ref()).map(|it| it.problem);
    let mut names = Vec::new();
    if let (Some(refused), Some(SendProblem::WindowClosed | SendProblem::TemplateNotApproved)) =
        (refused, problem)
    {
        let on_it = templates.iter().filter(|it| it.channel == refused.way.channel);
        names.extend(on_it.filter(|it| it.is_approved()).map(|it| it.name.clone()));
        names.sort_unstable();
        names.dedup();
    }
    let other = |it: &&Judged| {
        it.verdict.refusal.is_none()
            && ask.channel.is_some_and(|channel| it.way.channel != *channel)
    };
    let mut channels: Vec<_> = ways.iter().filter(other).map(|it| it.way.channel.clone()).collect();
    channels.dedup();
    Alternatives { templates: names, channels }
}
