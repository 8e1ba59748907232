//! Link codes: made, shown, and what showing one does.

use std::collections::BTreeSet;

use domain::filing::identity::{Address, Claimed};
use domain::filing::{ChannelLink, LinkCode};
use domain::id::{ContactId, IdentityId, ThreadId};

use crate::store::contacts::identities::{add_claims, ids, write_claimed};
use crate::store::filing::Filing;
use crate::store::filing::scene::{Said, Scene, Shown};
use crate::store::item::{get_moment, get_text, moment, seconds, text};
use crate::store::keys;
use crate::store::patch::{Patch, Written};
use crate::store::schema::{
    AUTHOR, CLAIMANTS, CONTACT, EXPIRES, JOINS, MERGED_INTO, PK, PURPOSE, REDEEMED_AT, REDEEMED_BY,
    UNTIL,
};
use crate::store::threads::open::next_head;
use crate::store::transaction::{Committed, Transaction};
use crate::store::views::ThreadView;

/// For how long a code is kept that ran out: longer than a message can be on its way through a queue and the one behind it.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

impl Filing<'_> {
    /// Makes a code good for one message. False if it is taken.
    pub async fn make_link(self, code: &LinkCode, link: &ChannelLink) -> anyhow::Result<bool> {
        let patch = Patch::of(keys::link(&code.sha256()))
            .if_absent(PK)
            .set(JOINS, text(link.thread.as_str()))
            .set(CONTACT, text(link.contact.as_str()))
            .set(UNTIL, moment(link.until))
            .set(AUTHOR, text(&*link.author))
            .set_some(PURPOSE, link.purpose.clone().map(text))
            .set(EXPIRES, seconds(link.until.plus_ms(KEPT_MS)));
        Ok(matches!(self.store.write(patch).await?, Written::Done(_)))
    }

    /// The addresses of other people who may write into a thread, because they showed a code of it or of one that was merged
    /// into it: whoever is known as its person by now, or was found not to be, is none of them.
    pub async fn claimants(
        self,
        thread: &ThreadView,
    ) -> anyhow::Result<Vec<(IdentityId, Address)>> {
        let mut wanted: BTreeSet<_> = thread.claimants.iter().cloned().collect();
        for source in &thread.sources {
            wanted.extend(
                self.store
                    .views()
                    .view_thread(source)
                    .await?
                    .into_iter()
                    .flat_map(|it| it.claimants),
            );
        }
        let mut found = Vec::new();
        for id in wanted {
            let Some(address) = self.store.contacts().find_identity(&id).await? else { continue };
            let Some(claimed) = address.claimed.clone() else { continue };
            let there = self.store.threads().reach(&claimed.contact, &claimed.thread).await?;
            if address.contact.as_ref() != Some(&thread.contact)
                && there.is_some_and(|it| it.live.thread == thread.id)
            {
                found.push((id, address));
            }
        }
        Ok(found)
    }

    /// The code that a message shows, unless it ran out before, another message was first, or its thread is gone. A
    /// message that is there already is decided, and shows none.
    pub(in crate::store) async fn shown(self, said: &Said<'_>) -> anyhow::Result<Option<Shown>> {
        let Some(code) = LinkCode::shown_by(said.message).map(|it| it.sha256()) else {
            return Ok(None);
        };
        let key = keys::link(&code);
        let Some(item) = self.store.get(&key).await? else { return Ok(None) };
        let redeemed_by = get_text(&item, REDEEMED_BY);
        if redeemed_by.is_some_and(|it| it != said.key.pk)
            || get_moment(&item, UNTIL).is_none_or(|it| it <= said.event.at)
            || self.store.messages().message(&said.key).await?.is_some_and(|it| it.is_settled())
        {
            return Ok(None);
        }
        let (Some(thread), Some(contact)) = (get_text(&item, JOINS), get_text(&item, CONTACT))
        else {
            return Ok(None);
        };
        let found =
            self.store.threads().reach(&ContactId::new(contact), &ThreadId::new(thread)).await?;
        let is_redeemed = redeemed_by.is_some();
        Ok(found.map(|found| Shown { key, code, is_redeemed, found }))
    }

    /// Redeems the code of a message, before it is stored. Whose thread it is not claims to be that person. False if
    /// something changed since it was read.
    pub(in crate::store) async fn redeem(
        self,
        said: &Said<'_>,
        scene: &Scene,
        shown: &Shown,
    ) -> anyhow::Result<bool> {
        let before = shown.is_redeemed.then(|| text(&*said.key.pk));
        let code = Patch::of(shown.key.clone())
            .if_present(PK)
            .if_is(REDEEMED_BY, before)
            .set(REDEEMED_BY, text(&*said.key.pk))
            .set(REDEEMED_AT, moment(said.event.at));
        if scene.is_own(&shown.found) {
            return Ok(matches!(self.store.write(code).await?, Written::Done(_)));
        }
        let mut transaction = Transaction::default();
        transaction.patch(code);
        add_claim(&mut transaction, said, scene, shown);
        Ok(matches!(self.store.commit(transaction).await?, Committed::Done))
    }
}

/// Adds that the sender claims to be the person of a thread: on their address, and on the thread.
fn add_claim(transaction: &mut Transaction, said: &Said<'_>, scene: &Scene, shown: &Shown) {
    let (own, them) = (&scene.threads.contact, &shown.found);
    let claimed = Claimed {
        thread: them.live.thread.clone(),
        contact: them.contact.clone(),
        code: shown.code.clone(),
        at: said.event.at,
    };
    if scene.threads.version.is_none() {
        let mut claims = scene.claims.clone();
        claims.claimed = Some(claimed);
        transaction.patch(claims.to_head(next_head(&scene.threads), own));
        add_claims(transaction, own, &claims);
    } else if scene.own.claimed.as_ref().is_none_or(|it| it.at <= said.event.at) {
        let patch =
            Patch::of(keys::identity(&said.identity.id)).if_is(CONTACT, Some(text(own.as_str())));
        transaction.patch(write_claimed(patch, &claimed));
    }
    let thread = Patch::of(keys::thread(&them.live.thread))
        .if_is(CONTACT, Some(text(them.contact.as_str())))
        .if_absent(MERGED_INTO);
    transaction.patch(match ids([&said.identity.id]) {
        Some(claimants) => thread.add(CLAIMANTS, claimants),
        None => thread,
    });
}
