//! The bodies of requests as the OpenAPI document describes them. `fields` reads them by hand, so that every field that is
//! wrong is named at once; tests hold both to the same limits.

mod message;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aws::store::{MOST_CASES, MOST_MOVED};
use domain::filing::{MOST_ASSIGNEE, State};
use domain::id::{Channel, ThreadId};
use domain::time::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::json;

pub use message::{MessageRequest, SendContent};

use crate::contacts::MOST_CHANNELS;
use crate::corrections::MOST_REASON;
use crate::ids::{LOCALE, MOST_LOCALE, MessageName};
use crate::request::{MAX_ADDRESS, MAX_NAME};
use crate::thread_patch::{CASE_KIND, MOST_CASE, MOST_SUBJECT, MOST_TAG, MOST_TAGS, PLAIN};

/// Text on one line, as a regular expression.
const ONE_LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";

/// The name of the marker of a field that may be null. It does not stay in the document.
pub(crate) const NULLABLE: &str = "x-nullable";

/// A field that a patch may take away by null.
pub struct Nullable<T>(pub Option<T>);

impl<T: JsonSchema> JsonSchema for Nullable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Nullable{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = generator.subschema_for::<T>();
        schema.insert(NULLABLE.to_owned(), json!(true));
        schema
    }
}

/// A JSON merge patch (RFC 7396) of a thread: what is not named stays, null takes away.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ThreadPatch {
    /// The name that people call it by. One line.
    #[schemars(length(min = 1, max = MOST_SUBJECT), extend("pattern" = ONE_LINE))]
    pub subject: Option<Nullable<String>>,
    /// The side whose turn it is. The next message of the person opens a closed or snoozed thread again.
    pub state: Option<State>,
    /// When a snoozed thread comes back. Without it only a message brings it back. Goes with the state `snoozed` only.
    pub snoozed_until: Option<Nullable<Timestamp>>,
    /// The colleague who takes care of it: at most 64 bytes, without `#` and control characters, and not `-`.
    #[schemars(length(min = 1, max = MOST_ASSIGNEE), extend("pattern" = PLAIN))]
    pub assignee: Option<Nullable<String>>,
    /// Words that people of ours put to it: all of them, each once and on one line.
    #[schemars(length(max = MOST_TAGS), inner(length(min = 1, max = MOST_TAG), regex(pattern = ONE_LINE)))]
    pub tags: Option<Nullable<BTreeSet<String>>>,
    /// Cases to add, or by null to take away: ids by kind.
    #[schemars(extend("maxProperties" = MOST_CASES, "propertyNames" = { "pattern": CASE_KIND }))]
    pub crm: Option<Nullable<BTreeMap<String, Nullable<CaseId>>>>,
    /// False confirms that its messages belong there. A message that does not is moved.
    #[schemars(extend("const" = false))]
    pub unsure: Option<bool>,
}

/// The id of a case, without `#` and control characters.
#[derive(JsonSchema)]
#[schemars(inline)]
pub struct CaseId(
    #[schemars(length(min = 1, max = MOST_CASE), extend("pattern" = PLAIN))] pub String,
);

/// A JSON merge patch (RFC 7396) of a person: what is not named stays, null takes away.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ContactPatch {
    /// The person's wishes about how to be written to.
    pub preferences: Option<Nullable<PreferencesPatch>>,
    /// Groups that we count the person to: all of them, each once and on one line.
    #[schemars(length(max = MOST_TAGS), inner(length(min = 1, max = MOST_TAG), regex(pattern = ONE_LINE)))]
    pub segments: Option<Nullable<BTreeSet<String>>>,
}

/// A merge patch of a person's wishes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, inline)]
pub struct PreferencesPatch {
    /// Best first: all of them.
    #[schemars(length(max = MOST_CHANNELS))]
    pub channels: Option<Nullable<BTreeSet<Channel>>>,
    /// The language to write in, as a language tag.
    #[schemars(length(max = MOST_LOCALE), extend("pattern" = LOCALE))]
    pub locale: Option<Nullable<String>>,
}

/// The thread that another one goes into.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MergeRequest {
    /// The thread that takes it in, of the same person.
    pub into: ThreadId,
    /// The reason, for colleagues.
    #[schemars(length(min = 1, max = MOST_REASON))]
    pub reason: Option<String>,
}

/// The messages that become a thread of their own.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SplitRequest {
    /// Messages of the thread, each once.
    #[schemars(length(min = 1, max = MOST_MOVED))]
    pub messages: BTreeSet<MessageName>,
    /// The reason, for colleagues.
    #[schemars(length(min = 1, max = MOST_REASON))]
    pub reason: Option<String>,
}

/// The messages that go to another thread.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MoveRequest {
    /// Messages of the thread, each once.
    #[schemars(length(min = 1, max = MOST_MOVED))]
    pub messages: BTreeSet<MessageName>,
    /// The thread that they go to, of the same person.
    pub to: ThreadId,
    /// The reason, for colleagues.
    #[schemars(length(min = 1, max = MOST_REASON))]
    pub reason: Option<String>,
}

/// The reason to take a correction back.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RevertRequest {
    /// The reason, for colleagues.
    #[schemars(length(min = 1, max = MOST_REASON))]
    pub reason: Option<String>,
}

/// An address that is a person's.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LinkRequest {
    /// The address.
    pub address: LinkAddress,
    /// The proof of it: one of us says so, if nothing is given.
    pub proof: Option<LinkProof>,
    /// The reason, for colleagues.
    #[schemars(length(min = 1, max = MOST_REASON))]
    pub reason: Option<String>,
}

/// An address to link.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LinkAddress {
    /// The channel.
    pub channel: Channel,
    /// The address, on one line. A number may have its spaces and its `00`.
    #[schemars(length(min = 1, max = MAX_ADDRESS), extend("pattern" = ONE_LINE))]
    pub id: String,
    /// Our account there, where the platform knows people by another id on each account of ours.
    #[schemars(length(min = 1, max = MAX_NAME))]
    pub account: Option<String>,
}

/// A proof that an address is a person's.
#[derive(JsonSchema)]
#[schemars(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LinkProof {
    /// One of us says so.
    Agent {},
    /// Somebody whom we trust signed a claim.
    Signed {
        /// The signer, on one line.
        #[schemars(length(min = 1, max = MAX_NAME), extend("pattern" = ONE_LINE))]
        issuer: String,
        /// The claim's id there, on one line.
        #[schemars(length(min = 1, max = MAX_NAME), extend("pattern" = ONE_LINE))]
        id: String,
    },
}
