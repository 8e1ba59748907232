//! The ways that a message of ours may take, and the one that it takes.

use domain::id::{AccountId, Channel, ContactId, MessageId, ThreadId};
use domain::plan::{Plan, Verdict, Way};
use domain::sending::Outgoing;
use schemars::JsonSchema;
use serde::Serialize;

use super::Problem;
use crate::ids::MessageName;

/// Whether one way to the person may be taken.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Verdict")]
pub(crate) struct WayVerdict {
    /// The channel.
    channel: Channel,
    /// The address of ours that it leaves by.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    /// `ok`, or the slug of the problem that forbids it.
    verdict: &'static str,
    /// The reason why it is forbidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The state of the template there: the platform's last word, or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
}

impl WayVerdict {
    fn of(channel: &Channel, account: Option<&AccountId>, verdict: &Verdict) -> Self {
        let refusal = verdict.refusal.as_ref();
        Self {
            channel: channel.clone(),
            account: account.cloned(),
            verdict: refusal.map_or("ok", |it| it.problem.slug()),
            detail: refusal.map(|it| it.detail.clone()),
            template: verdict.template.clone(),
        }
    }

    /// A verdict for every way, best first.
    pub(crate) fn all(plan: &Plan) -> Vec<Self> {
        let ways = plan.ways.iter();
        ways.map(|it| Self::of(&it.way.channel, it.way.account.as_ref(), &it.verdict)).collect()
    }

    /// The same of a message that is stored: the ways that it takes stand where they stood in its plan.
    fn stored(message: &Outgoing) -> Vec<Self> {
        let passed = message.passed.iter();
        let mut ways: Vec<_> =
            passed.map(|it| Self::of(&it.channel, it.account.as_ref(), &it.verdict)).collect();
        for leg in &message.legs {
            let shown = Self::of(&leg.channel, Some(&leg.account), &leg.verdict);
            ways.insert(leg.rank.min(ways.len()), shown);
        }
        ways
    }
}

/// How a message would go.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Plan")]
pub(crate) struct SendPlan {
    /// Best first; the first `ok` would be taken.
    pub(crate) plan: Vec<WayVerdict>,
    /// The way that would be taken; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) chosen: Option<ChosenWay>,
    /// The problem that sending it would be answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<Problem>,
}

/// The way that a message would take.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChosenWay {
    /// The channel.
    channel: Channel,
    /// The address of ours that it would leave by; absent if the person wrote to none and the caller named none.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
}

impl From<&Way> for ChosenWay {
    fn from(way: &Way) -> Self {
        Self { channel: way.channel.clone(), account: way.account.clone() }
    }
}

/// A message that is promised: stored and queued.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Accepted {
    /// The message's id.
    #[schemars(with = "MessageName")]
    id: MessageId,
    /// The thread that it is part of.
    thread_id: ThreadId,
    /// The person whom it is for.
    contact_id: ContactId,
    /// The promise.
    status: Promised,
    /// The caller's own word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ref: Option<String>,
    /// Best first; the first `ok` is taken.
    plan: Vec<WayVerdict>,
}

/// The status of a message that is promised.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Promised {
    /// It is stored and queued.
    Accepted,
}

impl From<&Outgoing> for Accepted {
    fn from(stored: &Outgoing) -> Self {
        Self {
            id: stored.id.clone(),
            thread_id: stored.thread.clone(),
            contact_id: stored.contact.clone(),
            status: Promised::Accepted,
            client_ref: stored.client_ref.clone(),
            plan: WayVerdict::stored(stored),
        }
    }
}
