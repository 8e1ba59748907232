//! Several messages in one second: platforms tell no more, and people write faster.

use aws::store::item::number;
use aws::store::{Filed, Order as Correction, Patch, SortOrder, Store, Stored, Window, keys};
use domain::content::Content;
use domain::event::{InboundEvent, Message};
use domain::filing::Decider;
use domain::id::{CorrectionId, ThreadId};
use domain::time::Timestamp;
use embedded::events::{
    START, ada, answers, calls, deleted, echo, edited, event, id, key, says, topics,
};
use embedded::stories::Dice;
use embedded::tables::{self, file, file_all, name_in, of_kind, table};
use embedded::{Cloud, Steps};

/// The lines that a thread's timeline shows, and their moments.
async fn lines(table: &Store, thread: &ThreadId) -> Vec<(String, i64)> {
    let window = Window { order: SortOrder::Ascending, after: None, limit: 100 };
    let view = table.views().view_thread(thread).await.unwrap().unwrap();
    let parts: Vec<_> = std::iter::once(thread).chain(&view.sources).cloned().collect();
    let rows =
        table.views().view_timeline(&parts, &window, Timestamp::default()).await.unwrap().rows;
    let line = |text: &str| text.split_whitespace().last().unwrap_or_default().to_owned();
    let shown = rows.into_iter().map(|it| (it.content.map(|it| line(it.words())), it.at.ms()));
    shown.map(|(text, at)| (text.unwrap_or_default(), at - START * 1_000)).collect()
}

fn texts(lines: &[(String, i64)]) -> Vec<&str> {
    lines.iter().map(|it| it.0.as_str()).collect()
}

fn thread(filed: &Filed) -> ThreadId {
    let (Filed::Joined(it) | Filed::Opened(it) | Filed::Repeated(it)) = filed else {
        panic!("{filed:?}")
    };
    it.clone()
}

/// A line that Ada writes in this second.
fn line(n: usize, after: i64) -> InboundEvent {
    says(&n.to_string(), after, &format!("and about my order A-10023 I say {n}"))
}

fn six() -> Vec<InboundEvent> {
    (0..6).map(|n| line(n, 0)).collect()
}

const IN_ORDER: [(&str, i64); 6] = [("0", 0), ("1", 1), ("2", 2), ("3", 3), ("4", 4), ("5", 5)];

fn in_order() -> Vec<(String, i64)> {
    IN_ORDER.iter().map(|(text, at)| ((*text).to_owned(), *at)).collect()
}

async fn filed_at(table: &Store, name: &str) -> Stored {
    table.messages().message(&key(name)).await.unwrap().unwrap()
}

#[tokio::test]
async fn six_lines_of_one_second_are_read_in_their_order_however_often_they_come() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let mut filed = Vec::new();
    for (n, event) in six().iter().enumerate() {
        filed.push(file(&table, event).await.unwrap());
        // Each came in a webhook of its own, and two come once more.
        if n == 3 {
            file_all(&table, &[line(1, 0), line(3, 0)]).await;
        }
    }
    let opened = thread(&filed[0]);
    assert_eq!(lines(&table, &opened).await, in_order());
    let before = cloud.items().await;
    file_all(&table, &six()).await;
    assert!(cloud.items().await == before, "the stored time stands");
    file_all(&table, &[line(6, 1)]).await;
    assert_eq!(lines(&table, &opened).await.last(), Some(&("6".to_owned(), 1_000)));
}

#[tokio::test]
async fn stopped_anywhere_and_brought_again_the_lines_of_a_second_keep_their_order() {
    let cloud = Cloud::start().await;
    let steps = Steps::default();
    file_all(&table(&cloud.process_with(steps.clone())), &six()).await;
    for stop in 1..=steps.passed() {
        let cloud = Cloud::start().await;
        let (killed, table) =
            (table(&cloud.process_with(Steps::stopping_at(stop))), table(&cloud.process()));
        let mut first = None;
        for event in &six() {
            let filed = match file(&killed, event).await {
                Ok(filed) => filed,
                Err(_) => file(&table, event).await.unwrap(),
            };
            first.get_or_insert(thread(&filed));
        }
        assert_eq!(lines(&table, &first.unwrap()).await, in_order(), "stopped at {stop}");
    }
}

#[tokio::test]
async fn our_words_edits_and_deletions_have_their_place_among_the_lines_of_a_second() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let events = [
        edited("2", 5, 1, "edited before it came 2"),
        deleted("3", 6),
        line(0, 0),
        line(1, 0),
        echo("ours", 0, "we answer ours"),
        line(2, 0),
        line(3, 0),
        line(4, 0),
        edited("1", 7, 1, "edited after 1"),
        deleted("4", 8),
    ];
    let filed = file_all(&table, &events).await;
    assert_eq!(filed[6], Filed::TakenBack);
    let shown = lines(&table, &thread(&filed[2])).await;
    assert_eq!(texts(&shown), ["0", "1", "ours", "2", ""]);
    let live = table.views().view_thread(&thread(&filed[2])).await.unwrap().unwrap().live.unwrap();
    assert_eq!(live.state, domain::filing::State::Waiting, "what came after our word waits");
}

#[tokio::test]
async fn what_comes_late_stays_in_its_second_and_lines_that_were_parked_together_come_in_order() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let first = file_all(&table, &[line(0, 0), line(9, 7)]).await;
    file_all(&table, &six()[1..]).await;
    file_all(&table, &six()).await;
    let shown = lines(&table, &thread(&first[0])).await;
    assert_eq!(texts(&shown), ["0", "1", "2", "3", "4", "5", "9"]);
    assert_eq!(shown[..6], in_order()[..]);
    assert_eq!(shown[6].1, 7_000);
}

#[tokio::test]
async fn a_second_takes_a_thousand_and_lets_none_into_the_next() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let opened = thread(&file_all(&table, &[line(0, 0)]).await[0]);
    let contact = table.views().view_thread(&opened).await.unwrap().unwrap().contact;
    let full = Patch::of(keys::live(&contact, &opened)).set("ms", number(997));
    table.write_retrying(full).await.unwrap();
    file_all(&table, &(1..6).map(|n| line(n, 0)).collect::<Vec<_>>()).await;
    file_all(&table, &[line(6, 1), line(7, 1)]).await;
    let shown = lines(&table, &opened).await;
    let at: Vec<_> = shown.iter().map(|it| it.1).collect();
    assert_eq!(at, [0, 998, 999, 999, 999, 999, 1_000, 1_001]);
    assert_eq!(texts(&shown)[6..], ["6", "7"]);
}

#[tokio::test]
async fn a_clock_that_tells_milliseconds_is_believed() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let at = |n: usize, ms: i64| {
        let event = line(n, 0);
        InboundEvent { at: event.at.plus_ms(ms), ..event }
    };
    let opened = thread(&file_all(&table, &[at(0, 100)]).await[0]);
    file_all(&table, &[at(2, 700), at(1, 400), at(3, 0), at(4, 701)]).await;
    assert_eq!(texts(&lines(&table, &opened).await), ["0", "1", "2", "3", "4"]);
    assert_eq!(filed_at(&table, "4").await.at.ms() % 1_000, 702, "the moment was taken");
}

#[tokio::test]
async fn two_threads_that_wrote_in_one_second_are_in_order_when_they_become_one() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    // Both threads are there, and each line of the second names the one that it answers.
    let opened = file_all(&table, &topics(2)).await;
    let (lamp, chair) = (thread(&opened[0]), thread(&opened[1]));
    let asks = |n: usize| answers(&format!("ask{n}"), 350_000, "Which colour?", &n.to_string());
    file_all(&table, &[asks(0), asks(1)]).await;
    let quoted = |n: usize| {
        let chosen = Content::Choice { id: "red".into(), title: format!("red {n}") };
        let reply_to = Some(id(&format!("ask{}", n % 2)));
        let chosen = Message { reply_to, ..Message::inbound(id(&format!("l{n}")), chosen) };
        event(ada(), 400_000, chosen)
    };
    let filed = file_all(&table, &(0..6).map(quoted).collect::<Vec<_>>()).await;
    let places: Vec<_> = filed.iter().map(thread).collect();
    assert!(places.contains(&lamp) && places.contains(&chair), "{places:?}");
    let order = Correction {
        id: CorrectionId::new("cor_1"),
        author: "desk".to_owned(),
        decider: Decider::Person,
        reason: None,
        at: Timestamp::from_secs(START + 500_000),
    };
    table.corrections().merge(&order, &chair, &lamp).await.unwrap();
    let shown = lines(&table, &lamp).await;
    assert_eq!(texts(&shown)[4..], ["0", "1", "2", "3", "4", "5"]);
    file_all(&table, &[quoted(6)]).await;
    assert_eq!(texts(&lines(&table, &lamp).await)[4..], ["0", "1", "2", "3", "4", "5", "6"]);
}

/// A drawn stream brings lines of whole seconds by two addresses, some late, some twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn in_drawn_streams_each_second_is_in_the_order_of_arrival() {
    for seed in 0..40 {
        let (mut dice, cloud) = (Dice::of(seed), Cloud::start().await);
        let table = table(&cloud.process());
        let (mut now, mut arrived) = (0, Vec::<InboundEvent>::new());
        for n in 0..14 {
            now += i64::from(dice.one_in(3));
            let at = if dice.one_in(5) { now - i64::from(0 < now) } else { now };
            let event = if dice.one_in(4) {
                calls(&n.to_string(), at, &format!("and about my order A-10023 I say {n}"))
            } else {
                line(n, at)
            };
            if dice.one_in(3) {
                let stop_at = u32::try_from(1 + dice.below(9)).unwrap();
                let killed = cloud.process_with(Steps::stopping_at(stop_at));
                drop(file(&tables::table(&killed), &event).await);
            }
            file_all(&table, std::slice::from_ref(&event)).await;
            arrived.push(event);
            if dice.one_in(4) {
                file_all(&table, &[arrived[dice.below(arrived.len())].clone()]).await;
            }
        }
        let mut expected: Vec<(i64, usize)> =
            arrived.iter().enumerate().map(|(n, it)| (it.at.ms() / 1_000, n)).collect();
        expected.sort_unstable();
        let expected: Vec<_> = expected.into_iter().map(|it| it.1.to_string()).collect();
        let opened = cloud.items().await;
        let opened = of_kind(&opened, "THR#", "0");
        assert_eq!(opened.len(), 1, "seed {seed}");
        let opened = ThreadId::new(name_in(opened[0], "pk"));
        assert_eq!(texts(&lines(&table, &opened).await), expected, "seed {seed}");
    }
}
