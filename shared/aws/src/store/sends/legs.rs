//! The legs of a message of ours: a list of maps, each written by its fields.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::{AccountId, Channel, IdentityId, ProviderId};
use domain::plan::Verdict;
use domain::sending::{Leg, Outgoing};
use domain::status::Status;

use super::values::get_json;
use super::values::json;
use super::values::parse;
use super::values::rank;
use crate::store::attribute_path::AttributePath;
use crate::store::item::{Item, get_flag, get_moment, get_number, get_text, moment, number, text};
use crate::store::keys;
use crate::store::patch::Patch;
use crate::store::schema::{
    ACCOUNT, ATTEMPT, CHANNEL, FAILURE, INTENT, LEGS, PK, PLACE, POSSIBLE_DUPLICATE, PROVIDER,
    RANK, RECEIPTS, REPLY_TO, RESULTS, RETRY_AT, SINCE_INBOUND, STATUS, TO, VERDICT,
};

/// A field of a leg.
pub(in crate::store) fn of_leg(leg: usize, name: &str) -> AttributePath<'_> {
    AttributePath::Field { list: LEGS, n: leg, name }
}

/// A write to a message that is there: a leg cannot be put into an item that went away.
pub(in crate::store) fn patch(message: &Outgoing) -> Patch {
    Patch::of(keys::outbound(&message.id)).if_present(PK)
}

/// Raises a leg to a status, and the message to what its legs say then; only if no leg came further since they were read.
pub(in crate::store) fn raise(
    patch: Patch,
    message: &Outgoing,
    leg: usize,
    status: Status,
) -> Patch {
    let others = message.legs.iter().enumerate().filter(|(n, _)| *n != leg);
    others
        .fold(patch, |patch, (n, it)| patch.if_is(of_leg(n, STATUS), Some(rank(it.status))))
        .if_below(of_leg(leg, STATUS), rank(status))
        .set(of_leg(leg, STATUS), rank(status))
        .set(STATUS, rank(message.status_if(leg, status)))
}

/// Legs as an attribute.
pub(super) fn write(legs: &[Leg]) -> anyhow::Result<AttributeValue> {
    Ok(AttributeValue::L(legs.iter().map(write_one).collect::<anyhow::Result<_>>()?))
}

fn write_one(leg: &Leg) -> anyhow::Result<AttributeValue> {
    let to = leg.to.iter().map(|it| text(it.as_str())).collect();
    let receipts = leg.receipts.iter().map(json).collect::<anyhow::Result<Vec<_>>>()?;
    let verdict = Some(&leg.verdict).filter(|it| **it != Verdict::default());
    let fields = [
        (CHANNEL, Some(text(leg.channel.as_str()))),
        (ACCOUNT, Some(text(leg.account.as_str()))),
        (TO, Some(AttributeValue::L(to))),
        (PLACE, leg.place.clone().map(text)),
        (REPLY_TO, leg.reply_to.as_ref().map(|it| text(it.as_str()))),
        (SINCE_INBOUND, leg.since_inbound_ms.map(number)),
        (VERDICT, verdict.map(json).transpose()?),
        (RANK, Some(leg.rank).filter(|it| 0 < *it).map(number)),
        (STATUS, Some(rank(leg.status))),
        (ATTEMPT, attempt(leg)),
        (INTENT, leg.intent.map(moment)),
        (RETRY_AT, leg.retry_at.map(moment)),
        (POSSIBLE_DUPLICATE, leg.possible_duplicate.then_some(AttributeValue::Bool(true))),
        (PROVIDER, leg.provider.as_ref().map(|it| text(it.as_str()))),
        (FAILURE, leg.failure.as_ref().map(json).transpose()?),
        (RESULTS, Some(&leg.attempts).filter(|it| !it.is_empty()).map(json).transpose()?),
        (RECEIPTS, Some(receipts).filter(|it| !it.is_empty()).map(AttributeValue::L)),
    ];
    let fields = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Ok(AttributeValue::M(fields.collect()))
}

/// The number of a leg's last attempt, as it is kept.
pub(super) fn attempt(leg: &Leg) -> Option<AttributeValue> {
    Some(leg.attempt).filter(|it| 0 < *it).map(number)
}

/// Reads the legs of a message.
pub(super) fn read(item: &Item) -> anyhow::Result<Vec<Leg>> {
    let legs = item.get(LEGS).and_then(|it| it.as_l().ok()).map(Vec::as_slice).unwrap_or_default();
    let legs = legs.iter().map(|it| it.as_m().ok().map(read_one));
    let legs: Vec<_> =
        legs.map(|it| it.context("a leg is no map")?).collect::<anyhow::Result<_>>()?;
    anyhow::ensure!(!legs.is_empty(), "a message of ours without a leg");
    Ok(legs)
}

fn read_one(leg: &HashMap<String, AttributeValue>) -> anyhow::Result<Leg> {
    let needed = |name: &'static str| {
        get_text(leg, name).with_context(|| format!("a leg of a message of ours without {name}"))
    };
    let to = leg.get(TO).and_then(|it| it.as_l().ok()).into_iter().flatten();
    let to = to.filter_map(|it| it.as_s().ok()).map(IdentityId::from_stored).collect();
    let receipts = leg.get(RECEIPTS).and_then(|it| it.as_l().ok()).into_iter().flatten();
    let receipts = receipts.filter_map(|it| it.as_s().ok());
    let status = get_number(leg, STATUS).and_then(Status::from_rank);
    Ok(Leg {
        channel: Channel::new(needed(CHANNEL)?),
        account: AccountId::new(needed(ACCOUNT)?),
        to,
        place: get_text(leg, PLACE).map(str::to_owned),
        reply_to: get_text(leg, REPLY_TO).map(ProviderId::new),
        since_inbound_ms: get_number(leg, SINCE_INBOUND),
        verdict: get_json(leg, VERDICT)?.unwrap_or_default(),
        rank: get_number(leg, RANK).unwrap_or(0),
        status: status.context("a leg of a message of ours without a status")?,
        attempt: get_number(leg, ATTEMPT).unwrap_or(0),
        intent: get_moment(leg, INTENT),
        retry_at: get_moment(leg, RETRY_AT),
        possible_duplicate: get_flag(leg, POSSIBLE_DUPLICATE),
        provider: get_text(leg, PROVIDER).map(ProviderId::new),
        failure: get_json(leg, FAILURE)?,
        attempts: get_json(leg, RESULTS)?.unwrap_or_default(),
        receipts: receipts.map(|it| parse(it)).collect::<anyhow::Result<_>>()?,
    })
}
