//! The knowledge that both programs of the benchmark share: the channels that can be measured, each with one typical webhook.

use domain::inbound::{Inbound, Source};
use domain::webhook::{Proof, sign};
use secrecy::SecretString;

/// The secret that the benchmark signs with.
pub const SECRET: &str = "a-secret-of-the-benchmark-alone-0123456789";

/// A channel that can be measured.
pub struct Subject {
    /// The channel, which is also the name of its package.
    pub name: &'static str,
    /// Its inbound half.
    pub inbound: Inbound,
    /// The account that the webhook came to.
    pub account: &'static str,
    /// A text message of about 0.6 KB. `{n}` stands for what differs from one message to the next.
    pub webhook: &'static str,
}

/// Every channel that can be measured.
pub const SUBJECTS: &[Subject] = &[Subject {
    name: "whatsapp",
    inbound: whatsapp::INBOUND,
    account: "700800900100200",
    webhook: include_str!("whatsapp.json"),
}];

impl Subject {
    /// The subject of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        SUBJECTS.iter().find(|it| it.name == name)
    }

    /// The n-th webhook: its body, and the header that proves it.
    #[must_use]
    pub fn request(&self, n: usize) -> Option<(String, (&'static str, String))> {
        let Source::Http { proof, .. } = self.inbound.source else { return None };
        let body = self.webhook.trim_end().replace("{n}", &format!("{n:06}"));
        let header = sign_with(&proof, &body);
        Some((body, header))
    }
}

fn sign_with(proof: &Proof, body: &str) -> (&'static str, String) {
    sign(proof, &SecretString::from(SECRET), body.as_bytes())
}
