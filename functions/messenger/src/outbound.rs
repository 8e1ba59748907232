//! Messages: calls of the Send API on the Page's own path.

use domain::outbound::{Account, Next, Response, Send};
use meta::outbound::Member;

use crate::CHANNEL;

/// What the channel can carry.
pub(crate) const RULES: &str = include_str!("rules.json");

const MEMBER: Member = Member {
    channel: CHANNEL,
    rules: RULES,
    node: |account: &Account| account.id.as_str(),
    platform: |_| None,
    carries_our_id: |_| true,
};

/// The next call of a send, or its end.
pub(crate) fn next(send: &Send, account: &Account, answers: &[Response]) -> Next {
    meta::outbound::next(&MEMBER, send, account, answers)
}
