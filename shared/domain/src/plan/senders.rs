//! The accounts of ours that send.

use std::collections::{BTreeMap, BTreeSet};

use super::Way;
use crate::id::{AccountId, Channel};

/// Our accounts that send. If a deployment names none, any may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Senders(BTreeMap<Channel, BTreeSet<AccountId>>);

impl Senders {
    /// Reads `channel:account` of each, joined by commas; `None` if one is written otherwise.
    #[must_use]
    pub fn parse(names: &str) -> Option<Self> {
        let mut senders = Self::default();
        for name in names.split(',').filter(|it| !it.is_empty()) {
            let (channel, id) = name.split_once(':')?;
            senders.0.entry(Channel::new(channel)).or_default().insert(AccountId::new(id));
        }
        Some(senders)
    }

    /// Whether the account of a way may have a token: if the deployment names those that send, it is one of them.
    #[must_use]
    pub fn take(&self, way: &Way) -> bool {
        let Some(account) = way.account.as_ref().filter(|_| !self.0.is_empty()) else {
            return true;
        };
        self.0.get(&way.channel).is_some_and(|all| all.contains(account))
    }
}
