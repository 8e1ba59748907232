//! Messages: calls of the Send API on the Page's own path.

use std::sync::LazyLock;

use domain::outbound::{Account, Capabilities, Next, Response, Send};
use meta::outbound::Member;

use crate::CHANNEL;

/// The content that the channel can carry.
pub(crate) fn capabilities() -> &'static Capabilities {
    static READ: LazyLock<Capabilities> =
        LazyLock::new(|| Capabilities::built_in(include_str!("rules.json")));
    &READ
}

const MEMBER: Member = Member {
    channel: CHANNEL,
    capabilities,
    node: |account: &Account| account.id.as_str(),
    platform: |_| None,
    carries_our_id: |_| true,
};

/// The next call of a send, or its end.
pub(crate) fn next(send: &Send, account: &Account, answers: &[Response]) -> Next {
    meta::outbound::next(&MEMBER, send, account, answers)
}
