//! `POST /v1/contacts/{id}/identities` and `DELETE /v1/contacts/{id}/identities/{identity}`: a person's word that an
//! address is somebody's, and how it is taken back.

use aws::store::Order;
use domain::filing::{CorrectionKind, Proof};
use domain::id::{AccountId, ContactId, IdentityId};
use domain::outbound::SendProblem;
use http::Method;
use serde_json::Value;

use crate::api::Api;
use crate::call::{ApiAnswer, ApiCall};
use crate::contacts;
use crate::corrections::{MOST_REASON, created, order, reason_of};
use crate::fields::{Errors, Fields};
use crate::ids;
use crate::problem::{
    ApiProblem, CONFLICT, CORRECTION_TOO_LARGE, NOT_FOUND, NOT_LINKED, Place, SUPERSEDED,
};
use crate::refusals;
use crate::request::{MAX_ADDRESS, MAX_NAME, written_as};
use crate::route::{Access, AnswerDoc, BodyDoc, CORRECTION_KEY, Doc, In, Parameter, Route};
use crate::routes::CONTACTS_WRITE;

/// `POST /v1/contacts/{id}/identities`.
pub(crate) const LINK: Route = Route {
    method: Method::POST,
    path: "/v1/contacts/{id}/identities",
    access: Access::Scope(CONTACTS_WRITE),
    handler: |api, call| Box::pin(link(api, call)),
    doc: Doc {
        id: "linkIdentity",
        tag: "contacts",
        summary: "Say that an address is this person's",
        description: "The person of the address and this one become one, with all their threads.",
        parameters: &[CORRECTION_KEY],
        body: Some(BodyDoc::needed(
            "LinkRequest",
            &[
                (
                    "agent",
                    r#"{"address": {"channel": "sms", "id": "+33612345678"}, "reason": "they said so on the phone"}"#,
                ),
                (
                    "signed",
                    r#"{"address": {"channel": "email", "id": "ada@example.com"}, "proof": {"type": "signed", "issuer": "https://id.example.com", "id": "claim-17"}}"#,
                ),
            ],
        )),
        answers: &[AnswerDoc::corrected(
            "The correction.",
            r#"{
                "id": "cor_0199f3a1c2d47e0f8a9b1c2d3e4f5a79",
                "kind": "link",
                "identity": "idn_5b1f0c2d3e4f5a6b7c8d9e0f1a2b3c4d",
                "from": "con_0199f3a1c2d47e0f8a9b1c2d3e4f5a78",
                "to": "con_0199f3a1c2d47e0f8a9b1c2d3e4f5a6c",
                "proof": {
                    "type": "agent"
                },
                "reason": "they said so on the phone",
                "author": "our help desk",
                "at": "2026-11-20T09:00:00.000Z",
                "state": "done",
                "n_messages": 0
            }"#,
        )],
        problems: &[CONFLICT, SUPERSEDED, CORRECTION_TOO_LARGE],
        sending: &[SendProblem::IdempotencyMismatch],
    },
};

/// `DELETE /v1/contacts/{id}/identities/{identity}`.
pub(crate) const UNLINK: Route = Route {
    method: Method::DELETE,
    path: "/v1/contacts/{id}/identities/{identity}",
    access: Access::Scope(CONTACTS_WRITE),
    handler: |api, call| Box::pin(unlink(api, call)),
    doc: Doc {
        id: "unlinkIdentity",
        tag: "contacts",
        summary: "Take back that an address is this person's",
        description: "What came with the address, and what was said by it since, goes back.",
        parameters: &[
            Parameter {
                name: "reason",
                place: In::Query,
                required: false,
                description: "The reason, for colleagues.",
                schema: r#"{"type": "string", "minLength": 1, "maxLength": 500}"#,
            },
            CORRECTION_KEY,
        ],
        answers: &[AnswerDoc::corrected(
            "The correction.",
            r#"{
                "id": "cor_0199f3a1c2d47e0f8a9b1c2d3e4f5a79",
                "kind": "unlink",
                "identity": "idn_5b1f0c2d3e4f5a6b7c8d9e0f1a2b3c4d",
                "from": "con_0199f3a1c2d47e0f8a9b1c2d3e4f5a6c",
                "to": "con_0199f3a1c2d47e0f8a9b1c2d3e4f5a78",
                "reason": "it is his wife's number",
                "author": "our help desk",
                "at": "2026-11-20T09:00:00.000Z",
                "state": "done",
                "n_messages": 0
            }"#,
        )],
        problems: &[NOT_LINKED, SUPERSEDED, CORRECTION_TOO_LARGE],
        sending: &[SendProblem::IdempotencyMismatch],
        ..Doc::EMPTY
    },
};

/// The request for a link: the address, the proof, the reason.
struct Wish {
    identity: IdentityId,
    proof: Proof,
    reason: Option<String>,
}

/// Makes the person of an address one with the contact of the path.
pub(crate) async fn link(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let contact = contacts::asked(call)?;
    let wish = read(call.json()?)?;
    let order = order(call, wish.reason)?;
    let made = api.store.links().link(&order, &wish.identity, &contact, wish.proof).await;
    made.map_err(refusals::of_link).map(|it| created(&it))
}

/// Takes back the link by which an address became the person's.
pub(crate) async fn unlink(api: &Api, call: &ApiCall<'_>) -> Result<ApiAnswer, ApiProblem> {
    let reason = call.query.get("reason").map(str::to_owned);
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
    if let Some(identity) = own.find(|it| ids::identity(it).0 == name) {
        return Ok(Some(identity));
    }
    let before = api.store.corrections().view_correction(contact, &order.id).await?;
    Ok(match before.map(|it| it.kind) {
        Some(CorrectionKind::Unlink { identity, .. }) => {
            Some(identity).filter(|it| ids::identity(it).0 == name)
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
        let issuer = fields.need("issuer", |it, name| it.line(name, MAX_NAME));
        let id = fields.need("id", |it, name| it.line(name, MAX_NAME));
        Some(Proof::Signed { issuer: issuer?, id: id? })
    } else {
        Some(Proof::Agent)
    };
    fields.end();
    proof
}
