//! The revert of a merge: the source is live again, in one transaction.
//!
//! If nothing happened since, both threads become what they were, as the correction kept them. Else the source is what it was
//! and what is in it now, and the target is what it is without that. What is in them now is told from keys that were noted
//! where they cannot be missed: at the merged thread, for what was folded through it, and in the person's corrections, for
//! what was moved. What joined the target since stays there.

use std::collections::{BTreeMap, BTreeSet};

use domain::filing::rebuild;
use domain::filing::{Correction, CorrectionKind, CorrectionState, Live};
use domain::id::{ContactId, ThreadId};

use super::item::{Before, Moved, Record};
use super::merge::{names, taken_back};
use super::rebuild::{About, Family};
use crate::store::corrections::Corrections;
use crate::store::corrections::refusal::{ThreadError, ThreadRefusal};
use crate::store::item::{number, text};
use crate::store::keys::{self, Key};
use crate::store::patch::{Patch, key_item};
use crate::store::rules::Rules;
use crate::store::schema::{CONTACT, LATE, MERGED_INTO, PK, SOURCES, VERSION};
use crate::store::threads::live::LiveThreads;
use crate::store::threads::live::write_live;
use crate::store::threads::open::{add_room, next_head};
use crate::store::transaction::Transaction;

/// The items that a revert of a merge reads.
struct Merged {
    threads: LiveThreads,
    /// The target as it is now.
    target: (Key, Live),
    /// The source with all that is in it.
    from: Family,
    /// The target with all that is in it.
    into: Family,
    /// The messages that were folded through one of the source's threads since.
    late: BTreeSet<String>,
}

impl Corrections<'_> {
    /// Takes a merge back once. `None` if something changed since it was read.
    pub(in crate::store) async fn try_unmerge(
        self,
        mut record: Record,
        of: &Record,
        rules: &Rules,
    ) -> Result<Option<Correction>, ThreadError> {
        let (CorrectionKind::Merge { source, target }, Some(before)) =
            (&of.correction.kind, &of.before)
        else {
            return Err(ThreadRefusal::NoCorrection.into());
        };
        let Some(merged) = self.read_merged(&of.contact, source, target).await? else {
            return Ok(None);
        };
        record.correction.state = CorrectionState::Done;
        let (alone, rest) = self.apart(before, &merged, &record, rules).await?;
        let mut transaction = Transaction::default();
        transaction.patch(record.write()?);
        transaction.patch(taken_back(of, &record));
        add_unmerge(&mut transaction, before, &merged, &alone, &rest);
        let made = self.made(transaction).await?;
        Ok(made.then_some(record.correction))
    }

    /// The head and the live target are read first: whatever is merged or comes to the target later gives them a new version.
    async fn read_merged(
        self,
        contact: &ContactId,
        source: &ThreadId,
        target: &ThreadId,
    ) -> Result<Option<Merged>, ThreadError> {
        let Some(threads) = self.ground(contact).await? else { return Ok(None) };
        let live = self.among(&threads, target).await?;
        let (from, into) = (self.family(source).await?, self.family(target).await?);
        let (Some(from), Some(into)) = (from, into) else {
            return Err(ThreadRefusal::Superseded.into());
        };
        if from.contact != *contact || into.contact != *contact {
            return Err(ThreadRefusal::OtherContact.into());
        }
        if from.merged_into.as_ref() != Some(target) || into.merged_into.is_some() {
            return Err(ThreadRefusal::Superseded.into());
        }
        let Some(target) = live else { return Ok(None) };
        let mut late = BTreeSet::new();
        for thread in &from.threads {
            late.extend(self.family(thread).await?.into_iter().flat_map(|it| it.late));
        }
        Ok(Some(Merged { threads, target, from, into, late }))
    }

    /// The messages that came to a merged thread or left it since, by what was noted.
    async fn noted(self, merged: &Merged) -> anyhow::Result<Vec<Moved>> {
        let mut noted = BTreeMap::new();
        let late = merged.late.iter().map(|it| key_item(&Key::alone(it.clone())));
        for item in self.store.items(late.collect(), true).await? {
            noted.extend(Moved::of(&item).map(|it| (it.key.clone(), it)));
        }
        for record in self.records(&merged.from.contact).await? {
            let is_here = |it: &ThreadId| merged.from.threads.contains(it);
            let came = record.correction.kind.threads().is_some_and(|(_, to)| is_here(to));
            let moved = record.moved.into_iter().filter(|it| came || is_here(&it.was.thread));
            noted.extend(moved.map(|it| (it.key.clone(), it)));
        }
        Ok(noted.into_values().collect())
    }

    /// The source alone and the target without it.
    async fn apart(
        self,
        before: &Before,
        merged: &Merged,
        record: &Record,
        rules: &Rules,
    ) -> anyhow::Result<(Live, Live)> {
        let now = &merged.target.1;
        let (source, target) = (&before.source.1, &before.target.1);
        let is_untouched = merged.late.is_empty() && now.version == target.version + 1;
        let (mut alone, mut rest) = if is_untouched {
            (source.clone(), target.clone())
        } else {
            let noted = self.noted(merged).await?;
            let about = About { moved: &noted, by: None };
            let alone = rebuild(source, &self.known(&merged.from.threads, about, rules).await?);
            let about = About { by: Some(&record.correction.id), ..about };
            let rest = self.rest(merged, &alone, source, about, rules).await?;
            (alone, rest)
        };
        alone.version = source.version + 1;
        rest.version = now.version + 1;
        if target.assignee.is_none() && now.assignee == source.assignee {
            rest.assignee = None;
        }
        Ok((alone, rest))
    }

    /// The target without what is in the source.
    async fn rest(
        self,
        merged: &Merged,
        alone: &Live,
        source: &Live,
        about: About<'_>,
        rules: &Rules,
    ) -> anyhow::Result<Live> {
        let stays = merged.into.threads.iter().filter(|it| !merged.from.threads.contains(it));
        let stays: Vec<_> = stays.cloned().collect();
        let mut known = self.known(&stays, about, rules).await?;
        // What left with the source: all that it held when it came, and what came to it since.
        let mut left = source.clone();
        left.profile.merge(&alone.profile);
        known.left = Some(left);
        Ok(rebuild(&merged.target.1, &known))
    }
}

fn add_unmerge(
    transaction: &mut Transaction,
    before: &Before,
    merged: &Merged,
    alone: &Live,
    rest: &Live,
) {
    let Merged { threads, target: (key, target), from, .. } = merged;
    transaction.patch(next_head(threads));
    let (place, _) = &before.source;
    if *place == keys::live(&threads.contact, &alone.thread) {
        add_room(transaction, threads, Some(&target.thread));
    }
    transaction.patch(write_live(place.clone(), alone).if_absent(PK));
    let patch = write_live(key.clone(), rest);
    transaction.patch(patch.if_is(VERSION, Some(number(target.version))));
    let whose = || Some(text(threads.contact.as_str()));
    let leaves = Patch::of(keys::thread(&alone.thread))
        .if_is(CONTACT, whose())
        .if_is(MERGED_INTO, Some(text(target.thread.as_str())))
        .remove(MERGED_INTO)
        .remove(LATE)
        .add(VERSION, number(1));
    transaction.patch(leaves);
    let lets_go = Patch::of(keys::thread(&target.thread))
        .if_is(CONTACT, whose())
        .if_absent(MERGED_INTO)
        .take_out(SOURCES, names(&from.threads))
        .add(VERSION, number(1));
    transaction.patch(lets_go);
}
