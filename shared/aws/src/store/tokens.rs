//! API tokens: made, listed, rotated and taken back. Only the hash of a token's text is kept.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::event::digest;
use domain::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::config::new_id;
use crate::store::base::Store;
use crate::store::item::{Item, get_moment, get_text, get_texts, moment, text};
use crate::store::keys;
use crate::store::patch::{Patch, Written};
use crate::store::query::all;
use crate::store::room::room;
use crate::store::schema;
use crate::store::schema::{CREATED, EXPIRES_AT, ID, LAST_FOUR, NAME, REVOKED_AT, SCOPES};
use crate::store::transaction::{Committed, Transaction};

/// The beginning of every token, so that people and secret scanners know one.
const PREFIX: &str = "ari_";

/// An API token, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// The id that stays the same when it is rotated.
    pub id: String,
    /// The name that people gave it.
    pub name: String,
    /// The uses that it allows.
    pub scopes: BTreeSet<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it is good; `None` for ever.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// The last four characters of its text.
    pub last_four: String,
    hash: String,
}

impl ApiToken {
    /// The reason why it is not good now, if so.
    #[must_use]
    pub fn refusal(&self, now: Timestamp) -> Option<&'static str> {
        if self.revoked_at.is_some() {
            return Some("revoked token");
        }
        self.expires_at.is_some_and(|it| it <= now).then_some("expired token")
    }
}

/// A token that was just made: the only time that its text is known.
#[derive(Debug)]
pub struct NewToken {
    /// Its text.
    pub text: SecretString,
    /// The token as it is kept.
    pub token: ApiToken,
}

room! {
    /// Tokens of the API.
    Tokens, tokens
}

impl Tokens<'_> {
    /// The token of this text, good or not.
    pub async fn find_token(self, text: &str) -> anyhow::Result<Option<ApiToken>> {
        // Whatever else is sent as a token is not worth a read.
        if !text.starts_with(PREFIX) || 100 < text.len() {
            return Ok(None);
        }
        self.read_token(&hash(text)).await
    }

    /// Makes a token.
    pub async fn make_token(
        self,
        name: &str,
        scopes: BTreeSet<String>,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> anyhow::Result<NewToken> {
        self.store_token(new_id("tok_"), name, scopes, expires_at, now).await
    }

    /// Every token ever made, by name and then by age.
    pub async fn list(self) -> anyhow::Result<Vec<ApiToken>> {
        let mut tokens = self.tokens_under("tok_").await?;
        tokens.sort_by(|a, b| (&a.name, a.created).cmp(&(&b.name, b.created)));
        Ok(tokens)
    }

    /// Makes a new text for a token and lets the old ones be good for so long that callers can change over.
    pub async fn rotate_token(
        self,
        id: &str,
        old_until: Timestamp,
        now: Timestamp,
    ) -> anyhow::Result<NewToken> {
        let good = |it: &ApiToken| it.refusal(now).is_none();
        let old: Vec<_> =
            self.tokens_under(&format!("{id}#")).await?.into_iter().filter(good).collect();
        let latest = old.iter().max_by_key(|it| it.created);
        let latest = latest.with_context(|| format!("{id} is not a good token"))?;
        // As long as the one that it follows.
        let lifetime = latest.expires_at.map(|it| it.since(latest.created));
        let expires_at = lifetime.map(|it| now.plus_ms(it));
        let new = self
            .store_token(id.to_owned(), &latest.name, latest.scopes.clone(), expires_at, now)
            .await?;
        for token in &old {
            if token.expires_at.is_none_or(|it| old_until < it) {
                self.end_token(token, EXPIRES_AT, old_until).await?;
            }
        }
        Ok(new)
    }

    /// Takes a token back, every text of it, from now on.
    pub async fn revoke_token(self, id: &str, now: Timestamp) -> anyhow::Result<()> {
        let tokens = self.tokens_under(&format!("{id}#")).await?;
        ensure!(!tokens.is_empty(), "{id} is not a token");
        for token in tokens.iter().filter(|it| it.revoked_at.is_none()) {
            self.end_token(token, REVOKED_AT, now).await?;
        }
        Ok(())
    }

    async fn read_token(self, hash: &str) -> anyhow::Result<Option<ApiToken>> {
        // Consistent: what was taken back a moment ago must not be good.
        let found = self.store.get(&keys::token(hash)).await?;
        found.map(|it| from_item(hash, &it).context("a token's item is damaged")).transpose()
    }

    async fn tokens_under(self, prefix: &str) -> anyhow::Result<Vec<ApiToken>> {
        let call = self.store.query().consistent_read(true);
        let call = call
            .key_condition_expression("pk = :list AND begins_with(sk, :prefix)")
            .expression_attribute_values(":list", text(keys::TOKENS))
            .expression_attribute_values(":prefix", text(prefix));
        let mut tokens = Vec::new();
        for item in all(call).await? {
            let hash = get_text(&item, schema::SK).and_then(keys::token_of);
            tokens.extend(self.read_token(hash.unwrap_or_default()).await?);
        }
        Ok(tokens)
    }

    async fn store_token(
        self,
        id: String,
        name: &str,
        scopes: BTreeSet<String>,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> anyhow::Result<NewToken> {
        ensure!(!scopes.is_empty(), "a token without a scope would allow nothing");
        let secret = random_text()?;
        let last_four = secret.get(secret.len() - 4..).unwrap_or_default().to_owned();
        let (name, hash) = (name.to_owned(), hash(&secret));
        let token = ApiToken {
            id,
            name,
            scopes,
            created: now,
            expires_at,
            revoked_at: None,
            last_four,
            hash,
        };
        let listed = keys::listed_token(&token.id, &token.hash);
        let mut writes = Transaction::default();
        writes.patch(to_patch(&token).if_absent(schema::PK));
        writes.patch(Patch::of(listed).set(NAME, text(&token.name)));
        match self.store.commit(writes).await? {
            Committed::Done => Ok(NewToken { text: secret.into(), token }),
            Committed::Refused(_) => anyhow::bail!("the token could not be stored"),
        }
    }

    async fn end_token(
        self,
        token: &ApiToken,
        attribute: &str,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let patch = Patch::of(keys::token(&token.hash)).set(attribute, moment(at));
        let patch = patch.if_present(schema::PK);
        match self.store.write_blind(patch).await? {
            Written::Done(_) => Ok(()),
            Written::Refused(_) | Written::Busy => anyhow::bail!("{} could not be ended", token.id),
        }
    }
}

/// 256 random bits behind the prefix.
fn random_text() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).ok().context("the system gives no random bytes")?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

fn hash(text: &str) -> String {
    digest(&[text])
}

fn to_patch(token: &ApiToken) -> Patch {
    Patch::of(keys::token(&token.hash))
        .set(ID, text(&token.id))
        .set(NAME, text(&token.name))
        .set(SCOPES, AttributeValue::Ss(token.scopes.iter().cloned().collect()))
        .set(CREATED, moment(token.created))
        .set(LAST_FOUR, text(&token.last_four))
        .set_some(EXPIRES_AT, token.expires_at.map(moment))
}

fn from_item(hash: &str, item: &Item) -> Option<ApiToken> {
    Some(ApiToken {
        id: get_text(item, ID)?.to_owned(),
        name: get_text(item, NAME)?.to_owned(),
        scopes: get_texts(item, SCOPES).map(str::to_owned).collect(),
        created: get_moment(item, CREATED)?,
        expires_at: get_moment(item, EXPIRES_AT),
        revoked_at: get_moment(item, REVOKED_AT),
        last_four: get_text(item, LAST_FOUR)?.to_owned(),
        hash: hash.to_owned(),
    })
}

impl NewToken {
    /// The text, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.text.expose_secret()
    }
}
