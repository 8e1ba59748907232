//! The kind of an item: it stands in each, so that whoever reads the table or its stream need not guess from what is absent.

use super::keys::{self, Key};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// The kinds of items.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ItemKind {
            $($(#[$doc])* $kind,)*
        }

        impl ItemKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Its word in an item.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// A message that came from a platform, in its thread.
    Message = "message",
    /// A message of ours.
    Own = "own",
    /// The platform's id of a message of ours, which leads to it.
    Pointer = "pointer",
    /// Something about a message that is not there: an edit, a reaction, a receipt, that it was taken back. One item may hold
    /// them all, so they are one kind.
    Early = "early",
    /// The head of a person.
    Contact = "contact",
    /// A thread that a new message may join.
    Live = "live",
    /// A thread that was moved out of the live ones.
    Archived = "archived",
    /// A correction: a merge, a split, a move, a link, an unlink.
    Correction = "correction",
    /// The preferences and the name of a person.
    Profile = "profile",
    /// The question to a person about which topic a message is.
    Question = "question",
    /// The part of a thread that seldom changes.
    Thread = "thread",
    /// An address.
    Identity = "identity",
    /// A case of another system, with its thread.
    Case = "case",
    /// An event that is in no thread.
    Unknown = "unknown",
    /// A queue entry that was put aside.
    Aside = "aside",
    /// An account of ours.
    Account = "account",
    /// A template in one locale.
    Template = "template",
    /// A week's count of how sure messages were filed.
    Confidences = "confidences",
    /// A link code.
    LinkCode = "link_code",
    /// An API token.
    Token = "token",
    /// A line of the list of API tokens.
    ListedToken = "listed_token",
}

impl ItemKind {
    /// The kind of this name; `None` for one that only a newer version knows.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }

    /// The kind that a key has unless its writer says otherwise: what is written under a platform's message id before the
    /// message is early.
    pub(in crate::store) fn of_key(key: &Key) -> Option<Self> {
        Some(match (keys::prefix(&key.pk), keys::prefix(&key.sk)) {
            (keys::MESSAGE, _) if keys::message_of_ours(&key.pk).is_some() => Self::Own,
            (keys::MESSAGE, _) => Self::Early,
            (keys::CONTACT, keys::LIVE) => Self::Live,
            (keys::CONTACT, keys::ARCHIVED) => Self::Archived,
            (keys::CONTACT, keys::CORRECTION) => Self::Correction,
            (keys::CONTACT, keys::PROFILE) => Self::Profile,
            (keys::CONTACT, keys::QUESTION) => Self::Question,
            (keys::CONTACT, _) => Self::Contact,
            (keys::THREAD, _) => Self::Thread,
            (keys::IDENTITY, _) => Self::Identity,
            (keys::CASE, _) => Self::Case,
            (keys::UNKNOWN, _) => Self::Unknown,
            (keys::ACCOUNT, _) => Self::Account,
            (keys::TEMPLATE, _) => Self::Template,
            (keys::CONFIDENCES, _) => Self::Confidences,
            (keys::LINK, _) => Self::LinkCode,
            (keys::TOKEN, _) => Self::Token,
            (keys::TOKENS, _) => Self::ListedToken,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::id::{
        AccountId, Channel, ContactId, CorrectionId, IdentityId, MessageId, ProviderId, ThreadId,
    };

    use super::*;

    #[test]
    fn each_key_has_its_kind_and_each_kind_its_name() {
        let (channel, account) = (Channel::new("sms"), AccountId::new("1"));
        let (ada, thread) = (ContactId::new("con_1"), ThreadId::new("thr_1"));
        let keys = [
            (keys::message(&channel, &account, &ProviderId::new("m")), ItemKind::Early),
            (keys::outbound(&MessageId::new("msg_1")), ItemKind::Own),
            (keys::contact(&ada), ItemKind::Contact),
            (keys::live(&ada, &thread), ItemKind::Live),
            (keys::archived(&ada, &thread), ItemKind::Archived),
            (keys::correction(&ada, &CorrectionId::new("cor_1")), ItemKind::Correction),
            (keys::profile(&ada), ItemKind::Profile),
            (keys::question(&ada), ItemKind::Question),
            (keys::thread(&thread), ItemKind::Thread),
            (keys::identity(&IdentityId::from_stored("phone:+4420")), ItemKind::Identity),
            (keys::case("case", "500-17"), ItemKind::Case),
            (keys::unknown("u"), ItemKind::Unknown),
            (keys::account(&channel, &account), ItemKind::Account),
            (keys::template(&channel, &account, "t", "fr"), ItemKind::Template),
            (keys::confidences(7), ItemKind::Confidences),
            (keys::link("l"), ItemKind::LinkCode),
            (keys::token("t"), ItemKind::Token),
            (keys::listed_token("t", "t"), ItemKind::ListedToken),
        ];
        for (key, kind) in &keys {
            assert_eq!(ItemKind::of_key(key), Some(*kind), "{key:?}");
        }
        // A pointer, a message and an entry that was put aside are what their writers say.
        assert_eq!(ItemKind::ALL.len(), keys.len() + 3);
        assert!(ItemKind::ALL.iter().all(|it| ItemKind::parse(it.name()) == Some(*it)));
        assert_eq!(ItemKind::parse("of a later version"), None);
    }
}
