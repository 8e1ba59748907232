//! Taking a correction back, which is a correction too and can be taken back itself.

use domain::filing::{Correction, CorrectionKind, CorrectionState};
use domain::id::{ContactId, CorrectionId};

use super::Order;
use super::item::Record;
use crate::store::base::Attempt;
use crate::store::corrections::Corrections;
use crate::store::corrections::refusal::{ThreadError, ThreadRefusal};
use crate::store::item::text;
use crate::store::rules::Rules;
use crate::store::schema::REVERTED_BY;
use crate::store::threads::open::next_head;
use crate::store::transaction::Transaction;

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
    ) -> Result<Correction, ThreadError> {
        let attempt = || async {
            let original = match self.named(contact, of).await? {
                Some(Some(original)) => original,
                Some(None) => return Err(ThreadRefusal::OfPeople.into()),
                None => return Err(ThreadRefusal::NoCorrection.into()),
            };
            if let Some(record) = self.named(contact, &order.id).await? {
                let record = record.filter(|it| it.correction.reverts.as_ref() == Some(of));
                let Some(record) = record else {
                    return Err(ThreadRefusal::OtherCorrection.into());
                };
                return Ok(Attempt::Done(Box::pin(self.carry_out(record, rules)).await?));
            }
            self.refuse_if_taken_back(&original, rules).await?;
            match self.try_revert(original.reverting(order), &original, rules).await? {
                Some(made) => Ok(Attempt::Done(made)),
                None => Ok(Attempt::Again(())),
            }
        };
        self.store.retrying("a correction was to be taken back", attempt).await
    }

    /// Refuses what was taken back before. If it was being taken back when it was left, that is completed: whose order it was
    /// may have forgotten its id.
    async fn refuse_if_taken_back(
        self,
        original: &Record,
        rules: &Rules,
    ) -> Result<(), ThreadError> {
        let correction = &original.correction;
        match correction.state {
            CorrectionState::Running | CorrectionState::Done => return Ok(()),
            CorrectionState::Reverting | CorrectionState::Reverted => {}
        }
        if let Some(by) = &correction.reverted_by
            && let Some(revert) = self.record(&original.contact, by).await?
        {
            self.carry_out(revert, rules).await?;
        }
        Err(ThreadRefusal::AlreadyReverted.into())
    }

    async fn try_revert(
        self,
        record: Record,
        of: &Record,
        rules: &Rules,
    ) -> Result<Option<Correction>, ThreadError> {
        match &of.correction.kind {
            CorrectionKind::Merge { source, .. } if record.forward => {
                // Both threads may be another person's by now.
                let Some(home) = self.store.threads().home(source).await? else {
                    return Err(ThreadRefusal::NoThread(source.clone()).into());
                };
                self.try_merge(&home.contact, record, Some(of)).await
            }
            CorrectionKind::Merge { .. } => self.try_unmerge(record, of, rules).await,
            CorrectionKind::Split { .. } | CorrectionKind::Move { .. } => {
                let moved = self.moved(&record, Some(of)).await?;
                let messages = moved.iter().map(|it| it.key.as_str()).collect();
                let own = Some(&of.correction.id);
                let ground = self.ground_of(&of.contact, &messages, own, rules).await?;
                let Some(threads) = ground else { return Ok(None) };
                let mut transaction = Transaction::default();
                transaction.patch(record.write()?);
                transaction.patch(next_head(&threads));
                let by = text(record.correction.id.as_str());
                let of = of.advance(CorrectionState::Reverting).set(REVERTED_BY, by);
                transaction.patch(of);
                if self.made(transaction).await? {
                    Ok(Some(Box::pin(self.carry_out(record, rules)).await?))
                } else {
                    Ok(None)
                }
            }
            CorrectionKind::Link { .. } | CorrectionKind::Unlink { .. } => {
                Err(ThreadRefusal::OfPeople.into())
            }
        }
    }
}
