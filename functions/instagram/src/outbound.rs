//! Messages: calls of the Send API, through the account's Page or by Instagram Login.
//!
//! Settings of an account: `page_id` is the Page that it is linked to, for the path of its calls; `login` is `instagram` where
//! the token is of Instagram Login, and then `base_url` is `https://graph.instagram.com/v25.0`.

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
    node,
    platform: |account| (!has_own_login(account)).then_some("instagram"),
    // The documentation of Instagram Login knows no `metadata`.
    carries_our_id: |account| !has_own_login(account),
};

/// The next call of a send, or its end.
pub(crate) fn next(send: &Send, account: &Account, answers: &[Response]) -> Next {
    meta::outbound::next(&MEMBER, send, account, answers)
}

/// The token knows who `me` is on both ways.
fn node(account: &Account) -> &str {
    account.settings.get("page_id").map_or("me", String::as_str)
}

fn has_own_login(account: &Account) -> bool {
    account.settings.get("login").is_some_and(|it| it == "instagram")
}
