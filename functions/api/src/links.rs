//! `POST /v1/contacts/{id}/identities` and `DELETE /v1/contacts/{id}/identities/{identity}`: a person's word that an
//! address is somebody's, and how it is taken back.

use aws::store::Order;
use domain::filing::{CorrectionKind, Proof};
use domain::id::{AccountId, ContactId, IdentityId};
use serde_json::Value;

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall};
use crate::contacts;
use crate::corrections::{MOST_REASON, created, order, reason_of};
use crate::fields::{Errors, Fields};
use crate::ids;
use crate::problem::{ApiProblem, NOT_FOUND, Place};
use crate::refusals;
use crate::request::{MAX_ADDRESS, MAX_NAME, written_as};

/// The request for a link: the address, the proof, the reason.
struct Wish {
    identity: IdentityId,
    proof: Proof,
    reason: Option<String>,
}

/// Makes the person of an address one with the contact of the path.
pub(crate) async fn link(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    call.query(&[])?;
    let contact = contacts::asked(call)?;
    let wish = read(call.json()?)?;
    let order = order(call, wish.reason)?;
    let made = api.store.links().link(&order, &wish.identity, &contact, wish.proof).await;
    made.map_err(refusals::of_link).map(|it| created(&it))
}

/// Takes back the link by which an address became the person's.
pub(crate) async fn unlink(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let query = call.query(&["reason"])?;
    let reason = query.get("reason").map(str::to_owned);
    if reason.as_ref().is_some_and(|it| !(1..=MOST_REASON).contains(&it.chars().count())) {
        let rule = format!("must be text of 1 to {MOST_REASON} characters");
        return Err(ApiProblem::wrong(Place::Parameter("reason"), rule));
    }
    let missing = || ApiProblem::new(NOT_FOUND);
    let contact =
        api.store.contacts().who_is(&contacts::asked(call)?).await?.ok_or_else(missing)?;
    let order = order(call, reason)?;
    let identity = named(api, &contact, call.second(), &order).await?.ok_or_else(missing)?;
    let made = Box::pin(api.store.links().unlink(&order, &contact, &identity, &api.rules)).await;
    made.map_err(refusals::of_link).map(|it| created(&it))
}

/// The address that a path names: one of the person's, or the one that this very request took from them before.
async fn named(
    api: &Api,
    contact: &ContactId,
    name: &str,
    order: &Order,
) -> Result<Option<IdentityId>, ApiProblem> {
    let addresses = api.store.contacts().addresses(contact).await?.unwrap_or_default();
    let mut own = addresses.into_iter().map(|(id, _)| id);
    if let Some(identity) = own.find(|it| ids::identity(it) == name) {
        return Ok(Some(identity));
    }
    let before = api.store.corrections().view_correction(contact, &order.id).await?;
    Ok(match before.map(|it| it.kind) {
        Some(CorrectionKind::Unlink { identity, .. }) => {
            Some(identity).filter(|it| ids::identity(it) == name)
        }
        Some(_) | None => None,
    })
}

fn read(body: Value) -> Result<Wish, ApiProblem> {
    let errors = Errors::default();
    let wish = Fields::of(body, &errors).and_then(wish);
    errors.or(wish)
}

fn wish(mut fields: Fields<'_>) -> Option<Wish> {
    let identity = fields.need("address", Fields::object).and_then(address);
    let proof = if fields.has("proof") {
        fields.object("proof").and_then(proof)
    } else {
        Some(Proof::Agent)
    };
    let reason = reason_of(&mut fields);
    fields.end();
    Some(Wish { identity: identity?, proof: proof?, reason })
}

fn address(mut fields: Fields<'_>) -> Option<IdentityId> {
    let rule = "must be the name of a channel";
    let channel = fields.need("channel", |it, name| it.parsed(name, rule, ids::channel));
    let id = fields.need("id", |it, name| it.line(name, MAX_ADDRESS));
    let account = fields.text("account", MAX_NAME).map(AccountId::new);
    fields.end();
    Some(written_as(&channel?, &id?, account.as_ref()))
}

fn proof(mut fields: Fields<'_>) -> Option<Proof> {
    let kind = fields.need("type", |it, name| it.word(name, &[("agent", false), ("signed", true)]));
    let proof = if kind? {
        let issuer = fields.need("issuer", |it, name| it.line(name, 128));
        let id = fields.need("id", |it, name| it.line(name, 128));
        Some(Proof::Signed { issuer: issuer?, id: id? })
    } else {
        Some(Proof::Agent)
    };
    fields.end();
    proof
}
