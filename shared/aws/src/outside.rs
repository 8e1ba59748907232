//! Fetches from addresses that somebody outside names: files of messages.
//!
//! The host must be known, every address that its name has must be public, and the connection goes to one of exactly those: a name
//! that is looked up again could have moved. A redirect is followed by us, checked like the first address, and gets no credentials of
//! another host. Nothing is unpacked, so that no archive grows here; a body is read up to a cap, piece by piece.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::outside::{Reach, Refusal};
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue};
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::calls::client;

/// The most that one fetch may take.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
    /// To be connected.
    pub connect: Duration,
    /// In all, the body included.
    pub total: Duration,
    /// Of the body, in bytes.
    pub bytes: u64,
    /// Redirects that are followed.
    pub redirects: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_mins(1),
            bytes: 100 * 1024 * 1024,
            redirects: 3,
        }
    }
}

/// The reason why something is not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It must not be: the address, or one that it leads to.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// It leads from place to place.
    #[error("it leads through too many addresses")]
    Redirects,
    /// It is larger than anything that is kept.
    #[error("it is over {0} bytes")]
    TooLarge(u64),
    /// Its host says no, with this HTTP status.
    #[error("its host answers {0}")]
    Status(u16),
    /// Its host did not answer, or not to the end.
    #[error("its host does not answer: {0}")]
    Unreachable(String),
}

impl FetchError {
    /// Whether the same fetch may succeed later.
    #[must_use]
    pub fn is_for_now(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Redirects | Self::TooLarge(_) => false,
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500..),
            Self::Unreachable(_) => true,
        }
    }
}

/// A file to fetch.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Its address.
    pub url: &'a str,
    /// The hosts that it may be at; one that begins with a dot stands for every host under it.
    pub hosts: &'a [&'a str],
    /// The hosts that those may send us on to.
    pub next_hosts: &'a [&'a str],
    /// The credentials for its host alone.
    pub authorization: Option<HeaderValue>,
}

/// Makes fetches.
#[derive(Clone, Debug)]
pub struct Outside {
    client: reqwest::Client,
    reach: Reach,
    caps: Caps,
}

/// Finds the addresses of a name.
pub type Lookup = Arc<dyn Fn(&str) -> Vec<SocketAddr> + Send + Sync>;

impl Outside {
    /// Fetches that look names up as this machine does.
    pub fn new(reach: Reach, caps: Caps) -> anyhow::Result<Self> {
        Self::with(Resolver { reach, lookup: None }, caps)
    }

    /// Fetches that look names up so.
    pub fn over(reach: Reach, caps: Caps, lookup: Lookup) -> anyhow::Result<Self> {
        Self::with(Resolver { reach, lookup: Some(lookup) }, caps)
    }

    fn with(resolver: Resolver, caps: Caps) -> anyhow::Result<Self> {
        let reach = resolver.reach;
        let client = client()?
            .dns_resolver(Arc::new(resolver))
            // Some hosts of files answer nobody without it.
            .user_agent(concat!("ariane/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(caps.connect)
            .timeout(caps.total)
            .build()
            .context("cannot make the HTTP client")?;
        Ok(Self { client, reach, caps })
    }

    /// Begins to fetch a file: its head is here, its body is read by [`Fetched::next`].
    pub async fn fetch(&self, wanted: &Wanted<'_>) -> Result<Fetched, FetchError> {
        let first = self.reach.target(wanted.url, wanted.hosts)?;
        let mut at = first.clone();
        for _ in 0..=self.caps.redirects {
            let own = wanted.authorization.clone().filter(|_| at.origin() == first.origin());
            let answer = self.ask(&at, own).await?;
            let status = answer.status().as_u16();
            if !(300..400).contains(&status) {
                return self.fetched(answer);
            }
            at = next(&at, answer.headers()).ok_or(FetchError::Status(status))?;
            // It may stay where it is, or go where its host sends everybody.
            let hosts: Vec<_> = wanted.hosts.iter().chain(wanted.next_hosts).copied().collect();
            at = self.reach.target(at.as_str(), &hosts)?;
        }
        Err(FetchError::Redirects)
    }

    async fn ask(
        &self,
        url: &Url,
        authorization: Option<HeaderValue>,
    ) -> Result<reqwest::Response, FetchError> {
        let mut request = self.client.get(url.clone());
        if let Some(mut value) = authorization {
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        request.send().await.map_err(failed)
    }

    fn fetched(&self, answer: reqwest::Response) -> Result<Fetched, FetchError> {
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(FetchError::Status(status));
        }
        if answer.content_length().is_some_and(|it| self.caps.bytes < it) {
            return Err(FetchError::TooLarge(self.caps.bytes));
        }
        let media_type = answer.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        let media_type = media_type.map(str::to_owned);
        Ok(Fetched { media_type, answer, left: self.caps.bytes, most: self.caps.bytes })
    }
}

/// A file that is being fetched.
#[derive(Debug)]
pub struct Fetched {
    /// Its media type, as its host says it.
    pub media_type: Option<String>,
    answer: reqwest::Response,
    left: u64,
    most: u64,
}

impl Fetched {
    /// The next piece of its body; `None` at its end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        let piece = self.answer.chunk().await.map_err(failed)?;
        let Some(piece) = piece else { return Ok(None) };
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(length).ok_or(FetchError::TooLarge(self.most))?;
        Ok(Some(piece.to_vec()))
    }
}

/// The address that a redirect leads to.
fn next(at: &Url, headers: &HeaderMap) -> Option<Url> {
    at.join(headers.get(LOCATION)?.to_str().ok()?).ok()
}

/// The words of an error without its address, which may hold a token or a signature.
fn failed(error: reqwest::Error) -> FetchError {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(it) = cause {
        if it.is::<NotPublic>() {
            return FetchError::Refused(Refusal::Private);
        }
        cause = it.source();
    }
    let (is_late, words) = (error.is_timeout(), error.without_url().to_string());
    FetchError::Unreachable(if is_late { format!("{words} (too late)") } else { words })
}

/// A name has an address that must not be reached.
#[derive(Debug, thiserror::Error)]
#[error("an address of the host is not public")]
struct NotPublic;

/// Looks names up, and gives nothing of one that has an address that must not be reached.
struct Resolver {
    reach: Reach,
    lookup: Option<Lookup>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, lookup) = (self.reach, self.lookup.clone());
        Box::pin(async move {
            let found: Vec<_> = match lookup {
                Some(lookup) => lookup(name.as_str()),
                None => tokio::net::lookup_host((name.as_str(), 0)).await?.collect(),
            };
            if found.iter().any(|it| !reach.allows(it.ip())) {
                return Err(NotPublic.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
