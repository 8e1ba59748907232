//! Messages whose thread went elsewhere by a correction, as corrections write it.

use aws::store::item::text as value;
use aws::store::{Patch, Store, Transaction, keys};
use domain::filing::State;
use domain::id::{ContactId, ThreadId};
use embedded::Cloud;
use embedded::events::{ada, edited, key, quotes, says};
use embedded::tables::{file_all, of_kind, picture, table, text};

const FIRST: &str = "Hello, I would like to return a chair, article 5500-1171, how does that work?";
const SECOND: &str =
    "Good morning, I want to order a kettle and a toaster, which ones can you recommend to me?";

/// A person with two threads, of the messages 1 and 2.
struct Two {
    cloud: Cloud,
    table: Store,
    contact: ContactId,
    first: ThreadId,
    second: ThreadId,
}

impl Two {
    async fn new() -> Self {
        let cloud = Cloud::start().await;
        let table = table(&cloud.process());
        file_all(&table, &[says("1", 0, FIRST), says("2", 900_000, SECOND)]).await;
        let contact =
            table.contacts().find_identity(&ada().id).await.unwrap().unwrap().contact.unwrap();
        let (first, second) = (thread_of(&table, "1").await, thread_of(&table, "2").await);
        assert_ne!(first, second);
        Self { cloud, table, contact, first, second }
    }

    /// As a merge leaves it: the first thread is in the second, and its messages say that they are in the first.
    async fn merge(&self) {
        let mut merge = Transaction::default();
        let live = self.table.threads().live(&self.contact).await.unwrap().live;
        let source = live.iter().find(|it| it.thread == self.first).unwrap();
        merge.remove(&keys::live(&self.contact, &self.first), source.version);
        let into =
            Patch::of(keys::thread(&self.first)).set("merged_into", value(self.second.as_str()));
        merge.patch(into);
        self.table.commit(merge).await.unwrap();
    }
}

async fn thread_of(table: &Store, name: &str) -> ThreadId {
    table.messages().message(&key(name)).await.unwrap().unwrap().thread.unwrap()
}

#[tokio::test]
async fn what_happens_to_a_message_of_a_merged_thread_is_folded_into_the_one_it_went_into() {
    let two = Two::new().await;
    two.merge().await;
    let profile = |live: Vec<domain::filing::Live>| live[0].profile.encode();
    let before = profile(two.table.threads().live(&two.contact).await.unwrap().live);
    file_all(
        &two.table,
        &[edited("1", 950_000, 1, "Hello, I would like to return a table, article 5500-1172")],
    )
    .await;
    let live = two.table.threads().live(&two.contact).await.unwrap().live;
    assert_eq!(live.iter().map(|it| &it.thread).collect::<Vec<_>>(), [&two.second]);
    assert_ne!(profile(live), before);
    assert_eq!(thread_of(&two.table, "1").await, two.first, "no message is rewritten");
}

#[tokio::test]
async fn a_repeated_message_of_a_merged_thread_does_not_bring_the_thread_back() {
    let two = Two::new().await;
    two.merge().await;
    file_all(&two.table, &[says("1", 0, FIRST)]).await;
    let once = picture(&two.cloud.items().await);
    file_all(&two.table, &[says("1", 0, FIRST)]).await;
    let items = two.cloud.items().await;
    assert_eq!(picture(&items), once);
    assert_eq!(of_kind(&items, "CON#", "1#").len(), 1);
}

#[tokio::test]
async fn a_reply_to_a_message_of_a_merged_thread_can_join_the_one_it_went_into() {
    let two = Two::new().await;
    two.merge().await;
    let reply = quotes("3", 900_060, "yes please, that one", "1");
    file_all(&two.table, &[reply]).await;
    assert_eq!(thread_of(&two.table, "3").await, two.second);
}

#[tokio::test]
async fn a_repeated_message_that_was_moved_is_folded_where_it_is_now() {
    let two = Two::new().await;
    // The correction has rewritten the message and has not come to the threads yet.
    two.table
        .write_retrying(Patch::of(key("1")).set("thread", value(two.second.as_str())))
        .await
        .unwrap();
    let of = |threads: &[domain::filing::Live], thread: &ThreadId| {
        threads.iter().find(|it| it.thread == *thread).cloned()
    };
    let before = two.table.threads().live(&two.contact).await.unwrap().live;
    file_all(&two.table, &[says("1", 0, FIRST)]).await;
    let after = two.table.threads().live(&two.contact).await.unwrap().live;
    assert_eq!(of(&after, &two.first), of(&before, &two.first));
    assert_ne!(of(&after, &two.second), of(&before, &two.second));
}

#[tokio::test]
async fn a_message_of_a_thread_that_was_erased_folds_nothing() {
    let two = Two::new().await;
    let mut erase = Transaction::default();
    let live = two.table.threads().live(&two.contact).await.unwrap().live;
    for thread in &live {
        erase.remove(&keys::live(&two.contact, &thread.thread), thread.version);
        erase.remove_if(Patch::of(keys::thread(&thread.thread)));
    }
    two.table.commit(erase).await.unwrap();
    file_all(&two.table, &[edited("1", 950_000, 1, "Hello?")]).await;
    let items = two.cloud.items().await;
    assert_eq!(of_kind(&items, "CON#", "1#").len() + of_kind(&items, "THR#", "").len(), 0);
}

#[tokio::test]
async fn a_thread_that_was_put_off_comes_back_with_the_next_message() {
    let two = Two::new().await;
    let snoozed =
        Patch::of(keys::live(&two.contact, &two.second)).set("state", value(State::Snoozed.name()));
    two.table.write_retrying(snoozed).await.unwrap();
    file_all(&two.table, &[says("3", 900_030, "the red ones, please")]).await;
    let items = two.cloud.items().await;
    let live = of_kind(&items, "CON#", "1#")
        .into_iter()
        .find(|it| text(it, "sk") == format!("1#{}", two.second));
    assert_eq!(text(live.unwrap(), "state"), "waiting");
}
