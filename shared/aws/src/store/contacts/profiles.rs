//! The wishes of a person and the words that we call them by, as people and programs of ours said it.
//!
//! It is an item of its own: the head is read with every message and written with every thread that opens, and must stay
//! small; this is read when somebody looks, or plans a message.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::{Channel, ContactId};
use serde::{Deserialize, Serialize};

use crate::store::base::Attempt;
use crate::store::contacts::Contacts;
use crate::store::item::{Item, get_number, get_text, get_texts, number, text};
use crate::store::keys;
use crate::store::patch::{Patch, Written};
use crate::store::schema::{CHANNELS, LOCALE, SEGMENTS, VERSION};

/// The wishes of a person and the words that we call them by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactProfile {
    /// The channels that they prefer, best first.
    pub channels: Vec<Channel>,
    /// The language that they want: `fr`, `en-GB`.
    pub locale: Option<String>,
    /// The words that we call them by: `vip`, `b2b`.
    pub segments: BTreeSet<String>,
    #[serde(skip)]
    version: u64,
}

/// A change of a profile; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The channels, best first.
    pub channels: Option<Vec<Channel>>,
    /// The language; within, `None` for none.
    pub locale: Option<Option<String>>,
    /// The segments, all of them.
    pub segments: Option<BTreeSet<String>>,
}

impl Contacts<'_> {
    /// The profile of a person, as it is at this moment.
    pub async fn profile(self, contact: &ContactId) -> anyhow::Result<ContactProfile> {
        Ok(self.store.get(&keys::profile(contact)).await?.as_ref().map(read).unwrap_or_default())
    }

    /// Changes what a person wants of us. With `read` it is changed only if it is still as was read, else `None` is
    /// answered; without it the last word counts, each field for itself.
    pub async fn change_profile(
        self,
        contact: &ContactId,
        change: &ProfileChange,
        read: Option<&ContactProfile>,
    ) -> anyhow::Result<Option<ContactProfile>> {
        let attempt = || async {
            let before = match read {
                Some(read) => read.clone(),
                None => self.profile(contact).await?,
            };
            let next = before.with(change);
            if next == before {
                return Ok(Attempt::Done(Some(before)));
            }
            match self.store.write(write(contact, &before, &next)).await? {
                Written::Done(_) => {
                    Ok(Attempt::Done(Some(ContactProfile { version: before.version + 1, ..next })))
                }
                Written::Refused(_) if read.is_some() => Ok(Attempt::Done(None)),
                Written::Refused(_) | Written::Busy => Ok(Attempt::Again(())),
            }
        };
        self.store.retrying("a profile was to be changed", attempt).await
    }
}

impl ContactProfile {
    /// The profile with a change made.
    #[must_use]
    pub fn with(&self, change: &ProfileChange) -> Self {
        let mut next = self.clone();
        if let Some(channels) = &change.channels {
            next.channels.clone_from(channels);
        }
        if let Some(locale) = &change.locale {
            next.locale.clone_from(locale);
        }
        if let Some(segments) = &change.segments {
            next.segments.clone_from(segments);
        }
        next
    }

    /// The part of another profile that this one has no word on.
    pub(in crate::store) fn lacks(&self, other: &Self) -> Self {
        let channels = if self.channels.is_empty() { &other.channels[..] } else { &[] };
        Self {
            channels: channels.to_vec(),
            locale: other.locale.clone().filter(|_| self.locale.is_none()),
            segments: &other.segments - &self.segments,
            version: 0,
        }
    }

    /// The profile with what it lacked.
    pub(in crate::store) fn joined(&self, lacked: &Self) -> Self {
        let channels = [&self.channels[..], &lacked.channels].concat();
        let locale = self.locale.clone().or_else(|| lacked.locale.clone());
        Self {
            channels,
            locale,
            segments: &self.segments | &lacked.segments,
            version: self.version,
        }
    }

    /// The profile without what it lacked before, where it is still so.
    pub(in crate::store) fn without(&self, lacked: &Self) -> Self {
        let channels = if self.channels == lacked.channels { &[] } else { &self.channels[..] };
        Self {
            channels: channels.to_vec(),
            locale: self.locale.clone().filter(|it| Some(it) != lacked.locale.as_ref()),
            segments: &self.segments - &lacked.segments,
            version: self.version,
        }
    }
}

fn read(item: &Item) -> ContactProfile {
    let channels = get_text(item, CHANNELS).unwrap_or_default().split(',');
    ContactProfile {
        channels: channels.filter(|it| !it.is_empty()).map(Channel::new).collect(),
        locale: get_text(item, LOCALE).map(str::to_owned),
        segments: get_texts(item, SEGMENTS).map(str::to_owned).collect(),
        version: get_number(item, VERSION).unwrap_or(0),
    }
}

/// Writes a profile a version later, if it is still as was read.
pub(in crate::store) fn write(
    contact: &ContactId,
    before: &ContactProfile,
    next: &ContactProfile,
) -> Patch {
    let read = (0 < before.version).then(|| number(before.version));
    let patch = Patch::of(keys::profile(contact))
        .if_is(VERSION, read)
        .set(VERSION, number(before.version + 1));
    // A channel's name has no comma, and the table has no empty sets.
    let channels: Vec<_> = next.channels.iter().map(Channel::as_str).collect();
    let channels = (!channels.is_empty()).then(|| text(channels.join(",")));
    let segments: Vec<_> = next.segments.iter().cloned().collect();
    let segments = (!segments.is_empty()).then_some(AttributeValue::Ss(segments));
    let locale = next.locale.clone().map(text);
    [(CHANNELS, channels), (LOCALE, locale), (SEGMENTS, segments)].into_iter().fold(
        patch,
        |patch, (name, value)| match value {
            Some(value) => patch.set(name, value),
            None => patch.remove(name),
        },
    )
}
