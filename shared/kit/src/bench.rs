//! A channel on the bench: its fixtures, a secret to sign them with, and the real way in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use domain::event::InboundEvent;
use domain::id::AccountId;
use domain::inbound::{Inbound, Malformed, Source, webhook_address};
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::{Proof, Signed, Signer, Unverified, Verified, Webhook, seal, verify};
use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde::Deserialize;
use url::form_urlencoded;

use crate::json;

/// When every fixture is received: 2026-11-21T12:00:00Z.
const RECEIVED: i64 = 1_795_262_400;

/// The secret that fixtures are signed with, the second of two active ones.
/// It is base64, too, for proofs whose key is kept so.
pub(crate) const SECRET: &str = "kitSecret0123456789abcdefghi";

/// A channel with its fixtures.
pub(crate) struct Bench<'a> {
    pub(crate) inbound: &'a Inbound,
    pub(crate) secrets: WebhookSecrets,
    /// The public address of its webhook.
    pub(crate) address: String,
    pub(crate) folder: PathBuf,
    pub(crate) cases: Vec<Case>,
}

/// One webhook, as a file describes it.
#[derive(Clone)]
pub(crate) struct Case {
    /// The file's name without its ending.
    pub(crate) name: String,
    /// Headers beside the proof.
    headers: HeaderMap,
    /// The query, encoded.
    query: String,
    /// The bytes that are signed and sent.
    pub(crate) body: Vec<u8>,
    /// The object that the shell would fetch for it.
    object: Option<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapper {
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    query: String,
    body: String,
}

impl<'a> Bench<'a> {
    /// Puts a channel on the bench. There must be fixtures.
    pub(crate) fn open(inbound: &'a Inbound, manifest_dir: &str) -> Self {
        let folder = folder(manifest_dir, inbound.name);
        let cases: Vec<_> =
            names(&folder, ".in.json").iter().map(|name| Case::load(&folder, name)).collect();
        assert!(!cases.is_empty(), "{} holds no .in.json", folder.display());
        let secrets = WebhookSecrets {
            signing: vec!["kitOtherSecretThatIsActive12".into(), SECRET.into()],
            verify: vec!["kit-verify".into()],
            accounts: accounts(&folder),
            audience: Some("kit-audience".to_owned()),
        };
        Self { inbound, secrets, address: address(inbound.name), folder, cases }
    }

    /// The proof of the channel's webhooks; `None` where the shell vouches for them.
    pub(crate) fn proof(&self) -> Option<Proof> {
        match self.inbound.source {
            Source::Http { proof, .. } => Some(proof),
            Source::Aws { .. } => None,
        }
    }

    /// Signs a case as its platform would and takes it the real way: verified, then parsed.
    pub(crate) fn parse(&self, case: &Case) -> Result<Vec<InboundEvent>, Malformed> {
        match self.inbound.source {
            Source::Http { proof, .. } => {
                let sent = self.signed(case, &SECRET.into());
                let verified = self
                    .verify(&proof, &sent)
                    .unwrap_or_else(|error| panic!("{}: signed, yet {error}", case.name));
                (self.inbound.parse)(&verified)
            }
            Source::Aws { fetch, .. } => {
                let body = match fetch(&case.body)? {
                    None => &case.body,
                    Some(_) => case.object.as_ref().unwrap_or_else(|| {
                        panic!("{0} names an object, so there must be {0}.object", case.name)
                    }),
                };
                let received = Timestamp::from_secs(RECEIVED);
                (self.inbound.parse)(&Verified::vouched(body, &self.secrets.accounts, received))
            }
        }
    }

    /// Parses another body in the place of a case's, without the cost of a proof.
    pub(crate) fn parse_body(&self, body: &[u8]) -> Result<Vec<InboundEvent>, Malformed> {
        let received = Timestamp::from_secs(RECEIVED);
        (self.inbound.parse)(&Verified::vouched(body, &self.secrets.accounts, received))
    }

    /// A case as its platform would send it, proven by a secret; without a proof of its own where the shell vouches for it.
    pub(crate) fn signed(&self, case: &Case, secret: &SecretString) -> Sent {
        let sent = case.unsigned();
        let Some(proof) = self.proof() else { return sent };
        let (at, audience) = (Timestamp::from_secs(RECEIVED), self.secrets.audience.as_deref());
        let signed = seal(&proof, &Signer { secret, audience, at }, &sent.webhook(&self.address));
        let Signed { header, query, body } = signed;
        let mut headers = sent.headers;
        if let Some((name, value)) = header {
            headers.insert(name, HeaderValue::try_from(value).unwrap());
        }
        Sent { headers, query, body }
    }

    /// Whether a request is believed.
    pub(crate) fn verify<'v>(
        &'v self,
        proof: &Proof,
        sent: &'v Sent,
    ) -> Result<Verified<'v>, Unverified> {
        let received = Timestamp::from_secs(RECEIVED);
        verify(proof, &self.secrets, &sent.webhook(&self.address), received)
    }
}

/// A request to our webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) headers: HeaderMap,
    /// Encoded.
    pub(crate) query: String,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    pub(crate) fn webhook<'a>(&'a self, address: &'a str) -> Webhook<'a> {
        Webhook { headers: &self.headers, address, query: &self.query, body: &self.body }
    }
}

impl Case {
    fn load(folder: &Path, name: &str) -> Self {
        let path = folder.join(format!("{name}.in.json"));
        let bytes = fs::read(&path).unwrap();
        let object = fs::read(folder.join(format!("{name}.object"))).ok();
        let name = name.to_owned();
        let Ok(Wrapper { headers, query, body }) = serde_json::from_slice(&bytes) else {
            return Self {
                name,
                headers: HeaderMap::new(),
                query: String::new(),
                body: bytes,
                object,
            };
        };
        let header = |(name, value): (String, String)| {
            (HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap())
        };
        let headers = headers.into_iter().map(header).collect();
        Self { name, headers, query, body: body.into_bytes(), object }
    }

    /// The request, without a proof.
    pub(crate) fn unsigned(&self) -> Sent {
        let (headers, query) = (self.headers.clone(), self.query.clone());
        Sent { headers, query, body: self.body.clone() }
    }

    /// The fields of its form; `None` if its body is none.
    pub(crate) fn fields(&self) -> Option<Vec<(String, String)>> {
        let kind = self.headers.get("content-type")?.to_str().unwrap();
        let is_form = kind.starts_with("application/x-www-form-urlencoded");
        is_form.then(|| form_urlencoded::parse(&self.body).into_owned().collect())
    }

    /// The bytes that the parser reads: the object, where there is one, else the body.
    pub(crate) fn parsed_bytes(&self) -> &[u8] {
        self.object.as_deref().unwrap_or(&self.body)
    }
}

/// A form of these fields.
pub(crate) fn form(fields: &[(String, String)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

/// A form with one field changed.
pub(crate) fn form_with(fields: &[(String, String)], n: usize, value: &str) -> Vec<u8> {
    let mut fields = fields.to_vec();
    value.clone_into(&mut fields[n].1);
    form(&fields)
}

/// The public address of a source's webhook.
pub(crate) fn address(name: &str) -> String {
    webhook_address("https://hooks.example.com", name)
}

/// The folder of a source's fixtures, seen from the channel's own.
pub(crate) fn folder(manifest_dir: &str, name: &str) -> PathBuf {
    Path::new(manifest_dir).join("../../events").join(name)
}

/// Our accounts in a channel's fixtures.
pub(crate) fn accounts(folder: &Path) -> Vec<AccountId> {
    let path = folder.join("accounts.json");
    let accounts: Vec<AccountId> = serde_json::from_value(json::read(&path)).unwrap();
    assert!(!accounts.is_empty(), "{} names no account", path.display());
    accounts
}

/// The names of the files of a folder with this ending, without it, in order.
pub(crate) fn names(folder: &Path, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            entry.unwrap().file_name().to_str()?.strip_suffix(ending).map(str::to_owned)
        })
        .collect();
    names.sort();
    names
}
