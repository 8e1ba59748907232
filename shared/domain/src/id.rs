//! Identifiers, one type each, so that none can be passed for another.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::phone;

/// Declares a newtype over text. `shown` ids print as they are; `hidden` ones may hold an address or a number of a
/// person and print only their length, so that a derived `Debug` is safe to log.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, shown) => {
        text_id!(@type $(#[$doc])* $name);
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
    ($(#[$doc:meta])* $name:ident, hidden) => {
        text_id!(@type $(#[$doc])* $name);
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}(… {} bytes)", stringify!($name), self.0.len())
            }
        }
    };
    (@type $(#[$doc:meta])* $name:ident) => {
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        $(#[$doc])*
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is: these ids are opaque to us.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

text_id!(
    /// Our address on a channel: a phone-number id, a page id, a mailbox, a bot.
    AccountId,
    shown
);
text_id!(
    /// A platform's id of a message. Some contain a phone number, so it never prints. Where a platform numbers messages
    /// per chat, the channel puts the chat in front, so that it is unique per account.
    ProviderId,
    hidden
);
text_id!(
    /// The key that makes one inbound fact different from every other of its channel and account (see [`crate::event`]).
    EventKey,
    hidden
);
text_id!(
    /// Our id of a message: `msg_` and a UUID v7, or for a send a digest of the caller's idempotency key.
    MessageId,
    shown
);
text_id!(
    /// Our name for one leg of a message at a platform, which hands it back where it can: see [`Reference::of`](Self::of).
    Reference,
    shown
);
text_id!(
    /// Our id of a thread: `thr_` and a UUID v7.
    #[schemars(extend("pattern" = "^thr_[0-9a-f]{32}$"))]
    ThreadId,
    shown
);
text_id!(
    /// Our id of a person: `con_` and a UUID v7.
    #[schemars(extend("pattern" = "^con_[0-9a-f]{32}$"))]
    ContactId,
    shown
);
text_id!(
    /// Our id of a correction: `cor_` and a UUID v7, or a digest of the caller's idempotency key.
    #[schemars(extend("pattern" = "^cor_[0-9a-f]{32}$"))]
    CorrectionId,
    shown
);

/// A way to talk to a person, by its name in URLs, folders and items: `whatsapp`, `apple-messages`.
///
/// An open newtype: a closed enum would change this crate, and so every binary, with each new channel.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(
    description = "A way to talk to a person: `whatsapp`, `apple-messages`.",
    extend("pattern" = "^[a-z-]{1,32}$")
)]
pub struct Channel(Cow<'static, str>);

impl Channel {
    /// A channel whose name is known when the program is compiled.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A channel named at run time, by a request or an item.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The channel's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One address of one person on one channel: the table's identity key without its prefix.
///
/// Its text is `<space>#<scope>#<address>`. The space is the channel, or `tel` for every channel that is a phone number:
/// voice, SMS and WhatsApp with the same number are one person. The scope is the account where the platform gives each
/// account its own ids for a person (page-scoped ids), else empty.
///
/// Its text is as the platform wrote it, and so is what we send to. It is compared, and kept, by its [key](Self::key): a
/// phone number that its country spells in two ways is one address.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdentityId(String);

/// The space of mail addresses.
const EMAIL: &str = "email";
/// The space and the empty scope of phone numbers.
const PHONE: &str = "tel##";

impl IdentityId {
    /// An address that one channel gives to one of our accounts.
    #[must_use]
    pub fn scoped(channel: &Channel, scope: &str, address: &str) -> Self {
        Self(format!("{channel}#{scope}#{address}"))
    }

    /// A phone number in E.164, with its `+`, shared by every phone-based channel.
    #[must_use]
    pub fn phone(e164: &str) -> Self {
        Self(format!("{PHONE}{e164}"))
    }

    /// A mail address; `None` if it is none. Capital letters make no other mailbox: not in a domain by the rules of the
    /// DNS, nor in front of the `@` at any provider that people use. What else providers treat alike (dots, what follows a
    /// `+`) is their own affair, and nothing that we may guess.
    #[must_use]
    pub fn email(address: &str) -> Option<Self> {
        let (local, domain) = address.trim().rsplit_once('@')?;
        let domain = domain.strip_suffix('.').unwrap_or(domain).to_lowercase();
        let is_odd = |it: char| it.is_whitespace() || it.is_control() || matches!(it, '<' | '>');
        if local.is_empty() || domain.is_empty() || address.trim().contains(is_odd) {
            return None;
        }
        Some(Self(format!("{EMAIL}##{}@{domain}", local.to_lowercase())))
    }

    /// The identity whose text was stored.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// `<space>#<scope>#<address>`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The channel's name, or `tel`.
    #[must_use]
    pub fn space(&self) -> &str {
        self.0.split('#').next().unwrap_or_default()
    }

    /// The address alone, as the platform writes it.
    #[must_use]
    pub fn address(&self) -> &str {
        self.0.splitn(3, '#').nth(2).unwrap_or_default()
    }

    /// Whether this is a phone number.
    #[must_use]
    pub fn is_phone(&self) -> bool {
        self.space() == "tel"
    }

    /// The spelling that two texts of one address have in common: see [`phone::one_spelling`].
    #[must_use]
    pub fn key(&self) -> Cow<'_, str> {
        match self.0.strip_prefix(PHONE).map(phone::one_spelling) {
            Some(Cow::Owned(number)) => Cow::Owned(format!("{PHONE}{number}")),
            Some(Cow::Borrowed(_)) | None => Cow::Borrowed(&self.0),
        }
    }

    /// Every text of the address.
    #[must_use]
    pub fn spellings(&self) -> Vec<Self> {
        match self.0.strip_prefix(PHONE).map(phone::spellings) {
            Some(numbers) => numbers.iter().map(|it| Self::phone(it)).collect(),
            None => vec![self.clone()],
        }
    }
}

impl PartialEq for IdentityId {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.key() == other.key()
    }
}

impl Eq for IdentityId {}

impl Hash for IdentityId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialOrd for IdentityId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for IdentityId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Debug for IdentityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityId({}#… {} bytes)", self.space(), self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_address_is_the_same_in_capital_letters() {
        let ada = IdentityId::email("ada.l@example.com");
        for same in ["Ada.L@Example.COM", " ada.l@example.com ", "ada.l@example.com."] {
            assert_eq!(IdentityId::email(same), ada, "{same}");
        }
        for other in ["adal@example.com", "ada.l+shop@example.com", "ada.l@example.org"] {
            assert_ne!(IdentityId::email(other), ada, "{other}");
        }
        let (channel, id) = (Channel::from_static("email"), ada.unwrap());
        assert_eq!(id, IdentityId::scoped(&channel, "", "ada.l@example.com"));
        assert_eq!((id.space(), id.address()), ("email", "ada.l@example.com"));
    }

    #[test]
    fn a_number_in_two_spellings_is_one_address_and_keeps_its_text() {
        let (with, without) =
            (IdentityId::phone("+5588987654321"), IdentityId::phone("+558887654321"));
        assert_eq!(with, without);
        assert_eq!(with.cmp(&without), Ordering::Equal);
        let both = std::collections::HashSet::from([with.clone(), without.clone()]);
        assert_eq!(both.len(), 1);
        assert_eq!(without.as_str(), "tel##+558887654321", "we send to what the platform wrote");
        assert_eq!(with.spellings().len(), 2);
        // A fixed line has no ninth digit; and on a platform of its own an id is no number.
        assert_ne!(IdentityId::phone("+558532345678"), IdentityId::phone("+5585932345678"));
        let own = |id: &str| IdentityId::scoped(&Channel::from_static("x"), "", id);
        assert_ne!(own("+5588987654321"), own("+558887654321"));
    }

    #[test]
    fn what_is_no_mail_address_is_nobody() {
        for it in
            ["", "ada", "@example.com", "ada@", "ada@.", "a b@example.com", "Ada <a@example.com>"]
        {
            assert_eq!(IdentityId::email(it), None, "{it}");
        }
    }
}
