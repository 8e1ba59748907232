//! Taking a correction back, which is a correction too and can be taken back itself.

use domain::filing::{Correction, CorrectionKind, CorrectionState};
use domain::id::{ContactId, CorrectionId};

use super::common::REVERTED_BY;
use super::item::Record;
use super::{Order, Refused};
use crate::store::base::Attempt;
use crate::store::corrections::Corrections;
use crate::store::item::text;
use crate::store::threads::open::next_head;
use crate::store::{Rules, Transaction};

impl Corrections<'_> {
    /// Takes a correction back. A merged thread is live again, with all that is in it; what joined the other one since stays
    /// there. Each message that was moved goes back to where it was, with why it was there; one that was moved again since
    /// stays. A thread that is left without a message is closed.
    pub async fn revert(
        self,
        order: &Order,
        contact: &ContactId,
        of: &CorrectionId,
        rules: &Rules,
    ) -> anyhow::Result<Result<Correction, Refused>> {
        let attempt = || async {
            let original = match self.named(contact, of).await? {
                Some(Some(original)) => original,
                Some(None) => return Ok(Attempt::Done(Err(Refused::OfPeople))),
                None => return Ok(Attempt::Done(Err(Refused::NoCorrection))),
            };
            if let Some(record) = self.named(contact, &order.id).await? {
                let record = record.filter(|it| it.correction.reverts.as_ref() == Some(of));
                let Some(record) = record else {
                    return Ok(Attempt::Done(Err(Refused::OtherCorrection)));
                };
                return self.carry_out(record, rules).await.map(|it| Attempt::Done(Ok(it)));
            }
            if let Some(refused) = self.is_taken_back(&original, rules).await? {
                return Ok(Attempt::Done(Err(refused)));
            }
            match self.try_revert(original.reverting(order), &original, rules).await? {
                Err(refused) => return Ok(Attempt::Done(Err(refused))),
                Ok(Some(made)) => return Ok(Attempt::Done(Ok(made))),
                Ok(None) => Ok(Attempt::Again(())),
            }
        };
        self.store.retrying("a correction was to be taken back", attempt).await
    }

    /// Whether a correction was taken back before. One that was being taken back when it was left is completed: whose order
    /// that was may have forgotten its id.
    async fn is_taken_back(
        self,
        original: &Record,
        rules: &Rules,
    ) -> anyhow::Result<Option<Refused>> {
        let correction = &original.correction;
        match correction.state {
            CorrectionState::Running | CorrectionState::Done => return Ok(None),
            CorrectionState::Reverting | CorrectionState::Reverted => {}
        }
        if let Some(by) = &correction.reverted_by
            && let Some(revert) = self.record(&original.contact, by).await?
        {
            self.carry_out(revert, rules).await?;
        }
        Ok(Some(Refused::AlreadyReverted))
    }

    async fn try_revert(
        self,
        record: Record,
        of: &Record,
        rules: &Rules,
    ) -> anyhow::Result<Result<Option<Correction>, Refused>> {
        match &of.correction.kind {
            CorrectionKind::Merge { source, .. } if record.forward => {
                // Both threads may be another person's by now.
                let Some(home) = self.store.threads().home(source).await? else {
                    return Ok(Err(Refused::NoThread(source.clone())));
                };
                self.try_merge(&home.contact, record, Some(of)).await
            }
            CorrectionKind::Merge { .. } => self.try_unmerge(record, of, rules).await,
            CorrectionKind::Split { .. } | CorrectionKind::Move { .. } => {
                let moved = self.moved(&record, Some(of)).await?;
                let messages = moved.iter().map(|it| it.key.as_str()).collect();
                let own = Some(&of.correction.id);
                let ground = self.ground_of(&of.contact, &messages, own, rules).await?;
                let Some(threads) = ground else { return Ok(Ok(None)) };
                let mut transaction = Transaction::default();
                transaction.patch(record.write()?);
                transaction.patch(next_head(&threads));
                let by = text(record.correction.id.as_str());
                let of = of.advance(CorrectionState::Reverting).set(REVERTED_BY, by);
                transaction.patch(of);
                if self.made(transaction).await? {
                    self.carry_out(record, rules).await.map(|it| Ok(Some(it)))
                } else {
                    Ok(Ok(None))
                }
            }
            CorrectionKind::Link { .. } | CorrectionKind::Unlink { .. } => {
                Ok(Err(Refused::OfPeople))
            }
        }
    }
}
