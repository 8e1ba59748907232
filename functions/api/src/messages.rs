//! `POST /v1/messages` and `POST /v1/messages/plan`.
//!
//! A message is accepted once: its id is made from the caller and their idempotency key, one conditional write stores it,
//! and 202 is answered only when it is stored and queued. The same request again completes what is missing.

use aws::new_id;
use aws::store::{Acceptance, Fresh};
use domain::id::MessageId;
use domain::outbound::{Feature, Problem as Send, SendContent};
use domain::plan::{Ask, Judged, Plan, TemplateState, Way, plan as judge};
use domain::sending::{Leg, Outgoing};
use http::header::LOCATION;
use serde_json::{Value, json};

use crate::api::Api;
use crate::call::{Answer, Body, Call};
use crate::place;
use crate::problem::{Place, Problem, kind_of};
use crate::quote::{self, Quoted};
use crate::request::{self, MessageRequest};
use crate::show::{self, fields, insert};
use crate::target::{self, Target};

/// How often a message is planned again because its address became somebody's.
const ATTEMPTS: u32 = 5;

/// `POST /v1/messages`.
pub(crate) async fn accept(api: &Api, call: &Call<'_>) -> Result<Answer, Problem> {
    let request = request::read(call.json()?)?;
    let (id, is_keyed) = match call.idempotency_key()? {
        Some(key) => (derived(&call.caller.id, key), true),
        None => (MessageId::new(new_id("msg_")), false),
    };
    // What was promised stays promised, also when it could not be planned any more.
    if is_keyed && let Some(stored) = api.table.sends().outgoing(&id).await? {
        if stored.hash != request.hash {
            return Err(mismatch());
        }
        return promise(api, &stored).await;
    }
    for _ in 0..ATTEMPTS {
        let draft = draft(api, call, &request).await?;
        if let Some(problem) = draft.problem() {
            return Err(problem);
        }
        let place = draft.place(api, call).await?;
        let (accepted, opens) = draft.accepted(call, &request, id.clone(), place)?;
        let opening = opens.then_some(&draft.target.claims);
        match api.table.sends().accept(&accepted, opening, &api.rules).await? {
            Acceptance::Stored(stored) | Acceptance::Repeated(stored) => {
                return promise(api, &stored).await;
            }
            Acceptance::Mismatch => return Err(mismatch()),
            Acceptance::Stale => {}
        }
    }
    Err(anyhow::anyhow!("the recipient changed {ATTEMPTS} times while a message was accepted")
        .into())
}

/// `POST /v1/messages/plan`.
pub(crate) async fn plan(api: &Api, call: &Call<'_>) -> Result<Answer, Problem> {
    let request = request::read(call.json()?)?;
    let draft = draft(api, call, &request).await?;
    let chosen = draft.plan.chosen();
    let chosen = chosen.map(|it| json!({ "channel": it.channel, "account": it.account }));
    let problem = draft.problem().map(|it| it.body(&call.request.id));
    let mut body = fields(&[("plan", show::plan(&draft.plan))]);
    insert(&mut body, "chosen", chosen);
    insert(&mut body, "problem", problem);
    Ok(Answer::ok(Value::Object(body)))
}

/// A message that was planned and not yet stored.
struct Draft {
    target: Target,
    quoted: Option<Quoted>,
    plan: Plan,
}

async fn draft(api: &Api, call: &Call<'_>, request: &MessageRequest) -> Result<Draft, Problem> {
    let quoted = match &request.reply_to {
        Some(message) => Some(quote::find(api, message).await?),
        None => None,
    };
    let mut target = target::find(api, request, quoted.as_ref(), call.now).await?;
    if !target.ways.is_empty() {
        target.ways.retain(|it| sends(api, it));
        if target.ways.is_empty() {
            return Err(no_sender());
        }
    }
    let ask = Ask {
        content: &request.content,
        purpose: request.purpose,
        author: request.author,
        channel: request.channel.as_ref(),
        quotes: quoted.is_some(),
        expires_at: request.expires_at,
        allow_claimed: request.allow_claimed,
    };
    let is_template = matches!(request.content, SendContent::Template { .. });
    let templates = if is_template { templates(api, &target.ways).await? } else { Vec::new() };
    let mut plan = judge(&ask, target.ways.clone(), &api.offers, &templates, call.now);
    if plan.chosen().is_none() && !is_template {
        // Templates are read only when they are what would work instead.
        let templates = templates_of_closed(api, &plan).await?;
        plan = judge(&ask, target.ways.clone(), &api.offers, &templates, call.now);
    }
    Ok(Draft { target, quoted, plan })
}

/// Whether the account of a way may have a token: if the deployment names those that send, it is one of them.
fn sends(api: &Api, way: &Way) -> bool {
    let Some(account) = way.account.as_ref().filter(|_| !api.accounts.is_empty()) else {
        return true;
    };
    api.accounts.get(&way.channel).is_some_and(|all| all.contains(account))
}

/// A message that was accepted for such an account would fail a moment later.
fn no_sender() -> Problem {
    let place = Place::Pointer("/account".to_owned());
    let rule = "must be one that this deployment names in SendingAccounts";
    Problem::send(Send::ChannelMisconfigured, "the account is none that sends").at(place, rule)
}

async fn templates_of_closed(api: &Api, plan: &Plan) -> Result<Vec<TemplateState>, Problem> {
    let closed = plan.ways.iter().filter(|it| {
        it.verdict.refusal.as_ref().is_some_and(|refusal| refusal.problem == Send::WindowClosed)
    });
    let ways: Vec<_> = closed.map(|it| it.way.clone()).collect();
    templates(api, &ways).await
}

async fn templates(api: &Api, ways: &[Way]) -> Result<Vec<TemplateState>, Problem> {
    let has_some = |way: &&Way| {
        let mut offers = api.offers.iter().filter(|it| it.channel == way.channel);
        offers.any(|it| it.capabilities.has(Feature::Templates))
    };
    let mut asked = Vec::new();
    let mut found = Vec::new();
    for way in ways.iter().filter(has_some) {
        let Some(account) = &way.account else { continue };
        if !asked.contains(&(&way.channel, account)) {
            asked.push((&way.channel, account));
            found.extend(api.table.views().templates(&way.channel, account).await?);
        }
    }
    Ok(found)
}

impl Draft {
    /// Why it cannot be sent.
    fn problem(&self) -> Option<Problem> {
        if let Some((refusal, alternatives)) = &self.plan.refusal {
            let problem = Problem::send(refusal.problem, &*refusal.detail);
            return Some(problem.with_alternatives(alternatives).with_plan(show::plan(&self.plan)));
        }
        let needs_account = self.plan.chosen().is_some_and(|it| it.account.is_none());
        let place = Place::Pointer("/account".to_owned());
        let rule = "is required: the person has not yet written to an account of ours there";
        needs_account.then(|| Problem::wrong(place, rule))
    }

    /// Where at the chosen address it goes.
    async fn place(&self, api: &Api, call: &Call<'_>) -> Result<Option<String>, Problem> {
        let Some(way) = self.plan.chosen() else { return Ok(None) };
        let (thread, quoted) = (self.target.thread.as_ref(), self.quoted.as_ref());
        place::find(api, way, thread, quoted, call.now).await
    }

    /// The message as it is stored, and whether it opens a thread.
    fn accepted(
        &self,
        call: &Call<'_>,
        request: &MessageRequest,
        id: MessageId,
        place: Option<String>,
    ) -> Result<(Outgoing, bool), Problem> {
        let taken = self.plan.taken();
        let taken = taken.and_then(|(rank, it)| Some((rank, it, it.way.account.clone()?)));
        let Some((rank, Judged { way, verdict }, account)) = taken else {
            return Err(Problem::new(kind_of(Send::NoChannelLeft)));
        };
        // Ids of a request that lost are not used.
        let fresh = Fresh::ids();
        let opens = self.target.thread.is_none();
        let leg = Leg {
            place,
            reply_to: self.quoted.as_ref().map(|it| it.id.clone()),
            since_inbound_ms: way.last_inbound.map(|it| call.now.since(it)),
            verdict: verdict.clone(),
            rank,
            ..Leg::new(way.channel.clone(), account, self.target.known_by(way))
        };
        let accepted = Outgoing {
            id,
            content: request.content.clone(),
            author: request.author,
            legs: vec![leg],
            passed: self.plan.passed(),
            thread: self.target.thread.clone().unwrap_or(fresh.thread),
            contact: self.target.contact.clone().unwrap_or(fresh.contact),
            at: call.now,
            expires_at: request.expires_at,
            hash: request.hash.clone(),
            client_ref: request.client_ref.clone(),
            kept_until: None,
        };
        Ok((accepted, opens))
    }
}

/// Queues what is stored, and promises it.
async fn promise(api: &Api, stored: &Outgoing) -> Result<Answer, Problem> {
    api.queue.put_first(stored).await?;
    let mut body = fields(&[
        ("id", json!(stored.id)),
        ("thread_id", json!(stored.thread)),
        ("contact_id", json!(stored.contact)),
        ("status", json!("accepted")),
        ("plan", show::route(stored)),
    ]);
    insert(&mut body, "client_ref", stored.client_ref.as_ref());
    let location = (LOCATION, format!("/v1/messages/{}", stored.id));
    Ok(Answer { status: 202, headers: vec![location], body: Body::Json(Value::Object(body)) })
}

fn mismatch() -> Problem {
    Problem::send(Send::IdempotencyMismatch, "take another key for another message")
}

/// The id of the message that a caller's key means. Another caller's same key means another message.
fn derived(caller: &str, key: &str) -> MessageId {
    MessageId::new(domain::event::derived("msg_", &["message", caller, key]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_means_the_same_message_to_one_caller_and_another_to_another() {
        assert_eq!(derived("tok_1", "k"), derived("tok_1", "k"));
        assert_ne!(derived("tok_1", "k"), derived("tok_2", "k"));
        assert_ne!(derived("tok_1", "k"), derived("tok_1", "l"));
        assert!(crate::ids::MessageRef::parse(derived("tok_1", "k").as_str()).is_some());
    }
}
