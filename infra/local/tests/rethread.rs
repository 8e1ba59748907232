//! Threading once more with other weights: in shadow, then as corrections, which can be taken back.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

use aws::store::{Filed, Fresh, Rules, SortOrder, Store, Window};
use domain::content::Content;
use domain::event::{Direction, InboundEvent, Message};
use domain::filing::{CorrectionState, Past};
use domain::id::{ContactId, ProviderId, ThreadId};
use domain::threading::Model;
use domain::time::Timestamp;
use embedded::Cloud;
use embedded::events::{START, bsuid, known_by, order, told};
use embedded::tables::table;
use local::report::Report;
use local::rethread::{Found, Other, export, rethread};

/// A model that never opens a thread: it is how a heap comes about.
fn heaping() -> Rules {
    let mut model = Model { thread: [0.0; _], new: [0.0; _] };
    if let Some(bias) = model.new.first_mut() {
        *bias = -50.0;
    }
    Rules { model, unsure_below: 0.0, ..Rules::keeping(None) }
}

fn better(author: Option<&str>) -> Other {
    Other { model: Model::current(), name: "better".to_owned(), author: author.map(str::to_owned) }
}

fn event(person: &str, id: &str, minute: i64, message: Message) -> InboundEvent {
    let at = Timestamp::from_secs(START + minute * 60);
    told(Some(known_by(bsuid(person))), id, at, message)
}

/// Two topics of a person, all in one thread.
async fn heap(table: &Store, person: &str) -> ThreadId {
    let said = [
        (0, Direction::In, "Hello, where is my order A-10023?"),
        (5, Direction::Out, "Your order A-10023 comes on Monday"),
        (3_000, Direction::In, "Hello, I would like to book a table for two tonight"),
        (3_002, Direction::Out, "For what time shall we book the table?"),
        (3_004, Direction::In, "Hi again, order A-10023 is still not here"),
    ];
    let mut thread = None;
    for (n, (minute, direction, text)) in said.into_iter().enumerate() {
        let id = format!("{person} {n}");
        let message = Message::inbound(ProviderId::new(&*id), Content::text(text));
        let event = event(person, &id, minute, Message { direction, ..message });
        let filed = table.filing().file(&event, &Fresh::ids(), &heaping()).await.unwrap();
        let (Filed::Opened(it) | Filed::Joined(it)) = filed else { panic!("{filed:?}") };
        thread = Some(it);
    }
    thread.unwrap()
}

struct World {
    cloud: Cloud,
    table: Store,
}

impl World {
    async fn start() -> Self {
        let cloud = Cloud::start().await;
        let table = table(&cloud.process());
        Self { cloud, table }
    }

    async fn contact(&self, thread: &ThreadId) -> ContactId {
        self.table.views().view_thread(thread).await.unwrap().unwrap().contact
    }

    /// The number of messages in each of a person's threads, the fullest first.
    async fn sizes(&self, contact: &ContactId) -> Vec<usize> {
        let history =
            self.table.views().history(contact, Timestamp::from_secs(START)).await.unwrap();
        let mut sizes = std::collections::BTreeMap::<_, usize>::new();
        for message in history {
            *sizes.entry(message.thread).or_default() += 1;
        }
        let mut sizes: Vec<_> = sizes.into_values().collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    }

    /// The thread of the messages about the table.
    async fn table_talk(&self, contact: &ContactId) -> ThreadId {
        let history =
            self.table.views().history(contact, Timestamp::from_secs(START)).await.unwrap();
        let at = Timestamp::from_secs(START + 3_000 * 60);
        history.into_iter().find(|it| it.at == at).unwrap().thread
    }

    async fn run(&self, author: Option<&str>, contact: Option<&ContactId>) -> Found {
        rethread(&self.table, &better(author), contact, &Report::quiet()).await.unwrap()
    }
}

#[tokio::test]
async fn a_shadow_run_tells_the_difference_and_changes_nothing() {
    let world = World::start().await;
    heap(&world.table, "ada").await;
    heap(&world.table, "eloise").await;
    let before = world.cloud.items().await;
    let found = world.run(None, None).await;
    assert_eq!(found, Found { contacts: 2, messages: 10, elsewhere: 4, corrections: 0 });
    assert!(world.cloud.items().await == before);
}

#[tokio::test]
async fn what_is_applied_is_a_correction_that_is_made_once_and_can_be_taken_back() {
    let world = World::start().await;
    let thread = heap(&world.table, "ada").await;
    let contact = world.contact(&thread).await;
    assert_eq!(world.sizes(&contact).await, [5]);
    let found = world.run(Some("ops"), Some(&contact)).await;
    assert_eq!((found.elsewhere, found.corrections), (2, 1));
    assert_eq!(world.sizes(&contact).await, [3, 2]);
    assert_eq!(world.run(Some("ops"), Some(&contact)).await.elsewhere, 0, "nothing is left");

    let window = Window { order: SortOrder::Ascending, after: None, limit: 10 };
    let page = world.table.corrections().view_corrections(&contact, &window).await.unwrap();
    let [made] = page.rows.as_slice() else { panic!("{} corrections", page.rows.len()) };
    assert_eq!((made.author.as_str(), made.state), ("ops", CorrectionState::Done));
    let order = order("cor_revert", "ops", Timestamp::from_secs(START + 1_000_000));
    world.table.corrections().revert(&order, &contact, &made.id, &heaping()).await.unwrap();
    assert_eq!(world.sizes(&contact).await, [5]);
    let again = world.run(Some("ops"), Some(&contact)).await;
    assert_eq!(
        (again.elsewhere, again.corrections),
        (2, 0),
        "what was taken back is not made again"
    );
    assert_eq!(world.sizes(&contact).await, [5]);
}

#[tokio::test]
async fn what_a_model_moved_says_so_and_yet_another_model_may_move_it_again() {
    let world = World::start().await;
    let thread = heap(&world.table, "ada").await;
    let contact = world.contact(&thread).await;
    world.run(Some("ops"), Some(&contact)).await;
    let moved = world.table_talk(&contact).await;
    assert_ne!(moved, thread);
    let window = Window { order: SortOrder::Ascending, after: None, limit: 10 };
    let slice = std::slice::from_ref(&moved);
    let now = Timestamp::from_secs(START + 1_000_000);
    let rows = world.table.views().view_timeline(slice, &window, now).await.unwrap().rows;
    for row in &rows {
        let words: Vec<_> = row.evidence.iter().map(|it| it.words(now)).collect();
        assert_eq!(words, ["another version of the model decided it"]);
        assert!(row.confidence.is_some_and(|it| (0.5..1.0).contains(&it)), "{:?}", row.confidence);
    }
    let heaps = Other { model: heaping().model, name: "heaps".to_owned(), ..better(Some("ops")) };
    let again = rethread(&world.table, &heaps, Some(&contact), &Report::quiet()).await.unwrap();
    assert_eq!((again.elsewhere, again.corrections), (2, 1));
    assert_eq!(world.table_talk(&contact).await, thread);
}

#[tokio::test]
async fn an_export_says_where_everything_is_and_not_a_word_of_it() {
    let world = World::start().await;
    let thread = heap(&world.table, "1001").await;
    heap(&world.table, "1002").await;
    let mut file = Vec::new();
    assert_eq!(export(&world.table, None, &mut file).await.unwrap(), 2);
    let text = String::from_utf8(file).unwrap();
    assert_eq!(text.lines().count(), 2);
    let histories: Vec<Vec<Past>> =
        text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert!(histories.iter().any(|it| it.len() == 5 && it.iter().all(|it| it.thread == thread)));
    for word in ["order", "A-10023", "10023", "table for two"] {
        assert!(!text.contains(word), "{word}");
    }
}
