//! Links: a person's word that two people are one, and how it is taken back.

use domain::filing::{Correction, Proof};
use domain::id::{ContactId, IdentityId};

use super::corrections::{Order, Refused};
use super::{Rules, Table};

#[expect(clippy::unused_async, unused_variables, reason = "signatures first")]
impl Table {
    /// Makes the person of an address one with another person: their addresses and threads become the other one's. An
    /// address of nobody just becomes theirs.
    pub async fn link(
        &self,
        order: &Order,
        identity: &IdentityId,
        to: &ContactId,
        proof: Proof,
        rules: &Rules,
    ) -> anyhow::Result<Result<Correction, Refused>> {
        anyhow::bail!("not yet")
    }

    /// Takes back the link by which an address became a person's: what came with it, and what was said by it since, goes
    /// back to the person whose it was.
    pub async fn unlink(
        &self,
        order: &Order,
        contact: &ContactId,
        identity: &IdentityId,
        rules: &Rules,
    ) -> anyhow::Result<Result<Correction, Refused>> {
        anyhow::bail!("not yet")
    }

    /// Who a person is by now: the one with whom they were made one, or they themselves. `None` if there is no such person.
    pub async fn who_is(&self, contact: &ContactId) -> anyhow::Result<Option<ContactId>> {
        anyhow::bail!("not yet")
    }
}
