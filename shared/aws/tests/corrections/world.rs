//! A customer with two topics, and what a test asks of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws::store::item::Item;
use aws::store::{Order, SortOrder, Store, Stored, ThreadError, ThreadRefusal, To, Window, keys};
use domain::event::{Direction, InboundEvent};
use domain::filing::{Correction, Live};
use domain::id::{ContactId, ThreadId};
use domain::threading::{Profile, ProfileEntry};
use domain::time::Timestamp;
use embedded::events::{self, START, ada, key, quotes, says};
use embedded::tables::{file_all, of_kind, rules, table, text};
use embedded::{Cloud, answered, is_in_inbox};

/// The messages before: a chair and a kettle, three messages each.
pub(crate) fn two_topics() -> Vec<InboundEvent> {
    vec![
        says(
            "c1",
            0,
            "Hello, I would like to return a chair, article 5500-1171, how does that work?",
        ),
        quotes("c2", 60, "the chair is too low for my desk", "c1"),
        quotes("c3", 120, "I bought the chair in May", "c1"),
        says(
            "k1",
            900_000,
            "Good morning, I want to order a kettle and a toaster, which ones can you recommend to me?",
        ),
        quotes("k2", 900_060, "the kettle should be a red one", "k1"),
        quotes("k3", 900_120, "and the toaster for four slices of bread", "k1"),
    ]
}

/// A customer and the table.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) table: Store,
    pub(crate) contact: ContactId,
}

impl World {
    pub(crate) async fn of(events: &[InboundEvent]) -> Self {
        let cloud = Cloud::start().await;
        let table = table(&cloud.process());
        file_all(&table, events).await;
        Self::over(cloud, table).await
    }

    pub(crate) async fn over(cloud: Cloud, table: Store) -> Self {
        let contact =
            table.contacts().find_identity(&ada().id).await.unwrap().unwrap().contact.unwrap();
        Self { cloud, table, contact }
    }

    /// The thread that a message is in.
    pub(crate) async fn thread(&self, name: &str) -> ThreadId {
        self.table.messages().message(&key(name)).await.unwrap().unwrap().thread.unwrap()
    }

    /// A thread that a message may join.
    pub(crate) async fn live(&self, thread: &ThreadId) -> Option<Live> {
        let threads = self.table.threads().live(&self.contact).await.unwrap();
        threads.live.into_iter().find(|it| it.thread == *thread)
    }

    /// The names of a thread's messages, as people read them.
    pub(crate) async fn timeline(&self, thread: &ThreadId) -> Vec<String> {
        let view = self.table.views().view_thread(thread).await.unwrap().unwrap();
        let threads: Vec<_> = std::iter::once(view.id).chain(view.sources).collect();
        let window = Window { order: SortOrder::Ascending, after: None, limit: 1_000 };
        let page = self.table.views().view_timeline(&threads, &window, at(0)).await.unwrap();
        page.rows.iter().map(|it| name(&it.key)).collect()
    }

    pub(crate) async fn merge(
        &self,
        n: u32,
        source: &ThreadId,
        target: &ThreadId,
    ) -> Result<Correction, ThreadRefusal> {
        answered(self.table.corrections().merge(&order(n), source, target).await)
    }

    pub(crate) async fn relocate(
        &self,
        n: u32,
        from: &ThreadId,
        to: &To,
        names: &[&str],
    ) -> Result<Correction, ThreadRefusal> {
        answered(relocate(&self.table, n, from, to, names).await)
    }

    pub(crate) async fn revert(&self, n: u32, of: u32) -> Result<Correction, ThreadRefusal> {
        let of = order(of).id;
        answered(self.table.corrections().revert(&order(n), &self.contact, &of, &rules()).await)
    }
}

/// The name that a test gives to the message of this key.
fn name(pk: &str) -> String {
    let letters = ["c", "k", "n", "s", "o"];
    let names = letters.iter().flat_map(|it| (0..10).map(move |n| format!("{it}{n}")));
    names.into_iter().find(|it| key(it).pk == *pk).unwrap_or_else(|| pk.to_owned())
}

pub(crate) async fn relocate(
    table: &Store,
    n: u32,
    from: &ThreadId,
    to: &To,
    names: &[&str],
) -> Result<Correction, ThreadError> {
    let messages: Vec<_> = names.iter().map(|it| key(it)).collect();
    table.corrections().move_messages(&order(n), from, to, &messages, &rules()).await
}

/// Fails unless every thread holds what its messages make of it, and every message is in one thread. Whose turn it is is
/// told where no person of ours said otherwise.
pub(crate) fn assert_sound(items: &[Item], why: &str) {
    let threads: HashMap<_, _> =
        of_kind(items, "THR#", "0").into_iter().map(|it| (after(it, "pk"), it)).collect();
    let home = |thread: &str| {
        let mut thread = thread.to_owned();
        while let Some(into) = threads[&thread].get("merged_into") {
            thread.clone_from(into.as_s().unwrap());
        }
        thread
    };
    let mut said: BTreeMap<String, Vec<ProfileEntry>> = BTreeMap::new();
    for item in of_kind(items, "MSG#", "0") {
        let key = keys::Key { pk: text(item, "pk"), sk: text(item, "sk") };
        let entry = Stored::of(item).entry(&key).unwrap();
        said.entry(home(&text(item, "thread"))).or_default().push(entry);
    }
    for (name, item) in &threads {
        let sources = item.get("sources").map_or(&[][..], |it| it.as_ss().unwrap());
        let merged =
            threads.keys().filter(|it| *it != name && home(it) == *name && home(name) == *name);
        let (merged, sources): (BTreeSet<_>, BTreeSet<_>) =
            (merged.collect(), sources.iter().collect());
        assert!(home(name) != *name || merged == sources, "{why}: the sources of {name}");
    }
    let live = ["1#", "2#"].iter().flat_map(|it| of_kind(items, "CON#", it));
    let mut lived = BTreeSet::new();
    for item in live {
        let name = after(item, "sk");
        assert_eq!(home(&name), name, "{why}: a merged thread is not live");
        let entries = said.remove(&name).unwrap_or_default();
        let bytes = item["profile"].as_b().unwrap().as_ref();
        assert_eq!(Profile::decode(bytes).unwrap(), Profile::of(&entries), "{why}: {name}");
        let spoke =
            entries.iter().filter(|it| it.direction == Direction::Out).map(|it| it.at).max();
        let heard = entries.iter().filter(|it| it.direction == Direction::In).map(|it| it.at);
        let waits = heard.filter(|it| spoke.is_none_or(|spoke| spoke < *it)).min();
        let since = is_in_inbox(item).then(|| item["list_at"].as_n().unwrap().clone());
        assert_eq!(since, waits.map(|it| it.ms().to_string()), "{why}: since when {name} waits");
        assert!(lived.insert(name), "{why}: a thread is live twice");
    }
    assert!(said.is_empty(), "{why}: messages of {:?} are in no thread", said.keys());
    let alone = threads.keys().filter(|it| home(it) == **it && !lived.contains(*it));
    assert_eq!(alone.count(), 0, "{why}: a thread is nowhere");
}

/// The part of a key behind its kind.
fn after(item: &Item, name: &str) -> String {
    text(item, name).split_once('#').unwrap().1.to_owned()
}

/// The n-th order of a colleague.
pub(crate) fn order(n: u32) -> Order {
    let order = events::order(&format!("cor_{n:032}"), "grace", at(2_000_000 + i64::from(n)));
    Order { reason: Some("another subject".into()), ..order }
}

/// A new thread, as a caller names it.
pub(crate) fn new_thread() -> To {
    To::New(aws::store::Fresh::ids().thread)
}

pub(crate) fn at(after: i64) -> Timestamp {
    Timestamp::from_secs(START + after)
}
