//! The capacity that filing consumes, by the embedded table's own count, indexes included.

use aws::store::{Changed, Filed, Fresh, Rules, Store, ThreadChange};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::{Identity, InboundEvent};
use domain::filing::{Handling, MOST_ASSIGNEE, State};
use domain::threading::Profile;
use domain::time::Timestamp;
use embedded::events::{
    START, ada, answers, bsuid, echo, event, message, phone, quotes, says, topics,
};
use embedded::tables::{file, file_all, fill, of_kind, rules, size, table};
use embedded::{Capacity, Cloud};

/// The most that an act may consume.
struct Bar<'a> {
    act: &'a str,
    write: f64,
    read: f64,
}

struct Bill {
    cloud: Cloud,
    table: Store,
    lines: Vec<String>,
    missed: Vec<String>,
}

impl Bill {
    async fn open() -> Self {
        let cloud = Cloud::start().await;
        let table = table(&cloud.process());
        Self { cloud, table, lines: Vec::new(), missed: Vec::new() }
    }

    async fn of(&mut self, bar: Bar<'_>, event: &InboundEvent) {
        let Capacity { .. } = self.cloud.meter.take();
        file(&self.table, event).await.unwrap();
        self.note(&bar, self.cloud.meter.take());
    }

    fn note(&mut self, bar: &Bar<'_>, used: Capacity) {
        let line = format!(
            "{:<44} {:>5} of {:>4} WRU {:>5} of {:>4} RRU",
            bar.act, used.write, bar.write, used.read, bar.read
        );
        if bar.write < used.write || bar.read < used.read {
            self.missed.push(line.clone());
        }
        self.lines.push(line);
    }
}

/// A message of a hundred characters, as most are.
const TYPICAL: &str = "could you tell me at what time the driver will come, because I am only at home in the early evening?";

/// Words that continue a thread.
const ANSWER: &str = "yes please, in the evening I am at home, but not later than eight, because I have to leave then, thank you";

#[tokio::test]
async fn every_act_stays_within_its_bar_with_1_with_100_and_with_10_000_earlier_messages() {
    let mut bill = Bill::open().await;
    bill.of(
        Bar { act: "first contact, two identities", write: 16.0, read: 4.0 },
        &says("a", 0, TYPICAL),
    )
    .await;
    for (earlier, at) in [(1, 1_000), (100, 5_000), (10_000, 9_000)] {
        grow(&bill, earlier).await;
        let n = |name: &str| format!("{name}{earlier}");
        let bar = |act, write, read| Bar { act, write, read };
        // Each joins, and moves the window by more than ten minutes.
        bill.of(bar("join", 4.0, 2.0), &says(&n("join"), at, ANSWER)).await;
        bill.of(
            bar("join, quoting one message", 4.0, 3.0),
            &quotes(&n("quote"), at + 700, ANSWER, "a"),
        )
        .await;
        bill.of(bar("duplicate", 2.0, 4.0), &says(&n("join"), at, ANSWER)).await;
        bill.of(
            bar("our word: out of the inbox", 6.0, 2.0),
            &echo(&n("echo"), at + 710, "He comes at six."),
        )
        .await;
        bill.of(
            bar("their word: into the inbox", 6.0, 2.0),
            &says(&n("state"), at + 1_400, ANSWER),
        )
        .await;
    }
    bill.table = table(&bill.cloud.process());
    finish(&bill);
}

#[tokio::test]
async fn opening_and_joining_stay_within_their_bars_with_many_threads() {
    let mut bill = Bill::open().await;
    let topics = topics(26);
    file_all(&bill.table, &topics[..7]).await;
    bill.of(Bar { act: "open the 8th thread", write: 12.0, read: 3.0 }, &topics[7]).await;
    let day = |n: i64| 300_000 * n;
    bill.of(
        Bar { act: "join with 8 threads", write: 4.0, read: 3.0 },
        &quotes("j8", day(7) + 60, TYPICAL, "7"),
    )
    .await;
    bill.of(Bar { act: "duplicate of what opened", write: 2.0, read: 5.0 }, &topics[7]).await;
    file_all(&bill.table, &topics[8..24]).await;
    bill.of(
        Bar { act: "join with 24 threads", write: 4.0, read: 5.0 },
        &quotes("j24", day(23) + 60, TYPICAL, "23"),
    )
    .await;
    file_all(&bill.table, &[answers("e", day(23) + 900, "Done, goodbye.", "1")]).await;
    bill.of(
        Bar { act: "open the 25th, the oldest moves out", write: 17.0, read: 5.0 },
        &topics[24],
    )
    .await;
    finish(&bill);
}

#[tokio::test]
async fn every_act_stays_within_its_bar_with_1_50_and_500_earlier_threads() {
    for earlier in [1, 50, 500] {
        let mut bill = Bill::open().await;
        let n_live = earlier.min(24);
        let topics = topics(n_live + 1 + usize::from(earlier > 24));
        let (before, opens) = topics.split_at(topics.len() - 1);
        file_all(&bill.table, before).await;
        move_out(&bill, earlier - n_live).await;
        let n_last = before.len() - 1;
        let (last, day) = (n_last.to_string(), 300_000 * i64::try_from(n_last).unwrap());
        let sure = format!("{TYPICAL} It is about article 55{n_last:02}-{n_last:02}71.");
        let read = if earlier == 1 { 2.0 } else { 4.0 };
        // A thread that nobody waits in makes room; of those that all wait the inbox key moves along.
        file_all(&bill.table, &[answers("e", day + 10, "Done, goodbye.", "1")]).await;
        // Alone, the thread is the one that was answered: it comes back into the inbox.
        let join = if earlier == 1 { 5.0 } else { 4.0 };
        let bar = |act, write, read| (format!("{act}, {earlier} threads"), write, read);
        // Each quotes one message, which is one more read.
        let acts = [
            (bar("join", join, read + 1.0), quotes("j", day + 60, &sure, &last)),
            (bar("duplicate", 2.0, read + 3.0), quotes("j", day + 60, &sure, &last)),
            (bar("our word", 6.0, read + 1.0), answers("o", day + 80, "At six.", &last)),
            (bar("their word", 6.0, read + 1.0), quotes("s", day + 120, &sure, &last)),
            (bar("open", if n_live < 24 { 12.0 } else { 17.0 }, read + 1.0), opens[0].clone()),
        ];
        for ((act, write, read), event) in acts {
            bill.of(Bar { act: &act, write, read }, &event).await;
        }
        let items = bill.cloud.items().await;
        let threads = [of_kind(&items, "CON#", "1#").len(), of_kind(&items, "CON#", "2#").len()];
        assert!(earlier <= threads.iter().sum() && threads[0] <= 24, "{threads:?}");
        finish(&bill);
    }
}

/// Threads that were moved out long ago, put there as the one that was moved out is.
async fn move_out(bill: &Bill, to: usize) {
    let items = bill.cloud.items().await;
    let Some(archived) = of_kind(&items, "CON#", "2#").first().copied().cloned() else { return };
    let copy = |n: usize| {
        let mut item = archived.clone();
        item.insert("sk".to_owned(), AttributeValue::S(format!("2#thr_{n:032}")));
        item
    };
    fill(&bill.cloud, (1..to).map(copy).collect()).await;
}

#[tokio::test]
async fn a_typical_message_is_within_a_kilobyte() {
    let cloud = Cloud::start().await;
    let events = [says("1", 0, TYPICAL), quotes("2", 30, ANSWER, "1")];
    file_all(&table(&cloud.process()), &events).await;
    let items = cloud.items().await;
    let sizes: Vec<_> = of_kind(&items, "MSG#", "0").into_iter().map(size).collect();
    assert!(sizes.iter().all(|it| *it <= 1024), "{sizes:?}");
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the sizes are what a reader of the test run wants to see")]
async fn a_live_thread_stays_small_and_24_are_read_for_three_units() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    for (n, topic) in topics(24).iter().enumerate() {
        let at = |more: i64| 300_000 * i64::try_from(n).unwrap() + more;
        let name = |it: &str| format!("{it}{n}");
        let more = format!("{TYPICAL} My numbers are 4711-{n:04}, 0815-{n:04} and RMA{n:06}.");
        let events = [
            topic.clone(),
            answers(&name("b"), at(60), &more, &n.to_string()),
            quotes(&name("c"), at(90), &more, &name("b")),
            quotes(&name("d"), at(100), TYPICAL, &name("b")),
        ];
        let filed = file_all(&table, &events).await;
        assert!(filed[1..].iter().all(|it| matches!(it, Filed::Joined(_))));
    }
    let items = cloud.items().await;
    let sizes: Vec<_> = of_kind(&items, "CON#", "1#").into_iter().map(size).collect();
    let (largest, head) = (sizes.iter().max().unwrap(), size(of_kind(&items, "CON#", "0")[0]));
    println!(
        "{} live threads of {} to {largest} bytes, a head of {head}",
        sizes.len(),
        sizes.iter().min().unwrap()
    );
    assert!(
        *largest <= 460
            && head <= 350
            && sizes.len() == 24
            && sizes.iter().sum::<usize>() + head <= 12_288
    );
    let Capacity { .. } = cloud.meter.take();
    let contact =
        table.contacts().find_identity(&ada().id).await.unwrap().unwrap().contact.unwrap();
    table.threads().live(&contact).await.unwrap();
    assert!(cloud.meter.take().read <= 4.0, "one for the identity, three for the threads");
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the sizes are what a reader of the test run wants to see")]
async fn a_live_thread_stays_small_with_all_that_a_person_of_ours_can_set() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let more = format!("{TYPICAL} My numbers are 4711-0815, 0815-4711 and RMA000815.");
    let events = [
        says("a", 0, &more),
        answers("b", 60, &more, "a"),
        quotes("c", 90, &more, "b"),
        quotes("d", 100, TYPICAL, "b"),
    ];
    let filed = file_all(&table, &events).await;
    let Filed::Opened(thread) = &filed[0] else { panic!("{:?}", filed[0]) };
    let now = Timestamp::from_secs(START + 200);
    let set = async |handling: Handling| {
        let change = ThreadChange { handling, ..ThreadChange::default() };
        let changed = table.threads().change_thread(thread, &change, &|_| true, now).await.unwrap();
        assert!(matches!(changed, Changed::Done(_)), "{changed:?}");
    };
    let unsure = Rules { unsure_below: 2.0, ..rules() };
    table.filing().file(&quotes("e", 110, &more, "b"), &Fresh::ids(), &unsure).await.unwrap();
    set(Handling { confirm: true, ..Handling::default() }).await;
    table.filing().file(&quotes("f", 120, &more, "b"), &Fresh::ids(), &unsure).await.unwrap();
    set(Handling {
        state: Some(State::Snoozed),
        assignee: Some(Some("a".repeat(MOST_ASSIGNEE))),
        ..Handling::default()
    })
    .await;
    let items = cloud.items().await;
    let live = of_kind(&items, "CON#", "1#")[0];
    for name in ["unsure", "confirmed", "list", "list_at", "state"] {
        assert!(live.contains_key(name), "{name}");
    }
    let profile = live["profile"].as_b().unwrap().as_ref().len();
    let fullest = size(live) - profile + Profile::MOST_BYTES;
    println!("a live thread with all set is {} bytes, at the most {fullest}", size(live));
    assert!(size(live) <= 480 && fullest <= 580, "{} {fullest}", size(live));
}

#[tokio::test]
async fn a_known_number_with_a_new_id_costs_no_more_than_a_first_contact() {
    let mut bill = Bill::open().await;
    file_all(&bill.table, &[says("1", 0, TYPICAL)]).await;
    let stranger = Identity { id: bsuid("GB.7"), aliases: vec![phone()], name: None };
    let bar = Bar { act: "first contact, on a recycled number", write: 16.0, read: 4.0 };
    bill.of(bar, &event(stranger, 10, message("2", TYPICAL))).await;
    finish(&bill);
}

#[tokio::test]
async fn to_name_a_thread_that_a_greeting_opened_costs_four_units_once() {
    let mut bill = Bill::open().await;
    let bar = |act, write, read| Bar { act, write, read };
    file_all(&bill.table, &[says("1", 0, "Hello")]).await;
    bill.of(bar("join, with a name", 8.0, 3.0), &says("2", 20, TYPICAL)).await;
    bill.of(bar("join after it", 4.0, 2.0), &says("3", 40, ANSWER)).await;
    finish(&bill);
}

/// Earlier messages of the thread, put there as joins put them; the thread's profile is bounded, so one fold stands for all.
async fn grow(bill: &Bill, to: i64) {
    let items = bill.cloud.items().await;
    let first = of_kind(&items, "MSG#", "0")[0].clone();
    let have = i64::try_from(of_kind(&items, "MSG#", "0").len()).unwrap();
    let copy = |n: i64| {
        let mut item = first.clone();
        item.insert("pk".to_owned(), AttributeValue::S(format!("MSG#whatsapp#{n:064}")));
        item
    };
    fill(&bill.cloud, (have..to).map(copy).collect()).await;
}

#[expect(clippy::print_stdout, reason = "the table is what a reader of the test run wants to see")]
fn finish(bill: &Bill) {
    println!("{}", bill.lines.join("\n"));
    assert!(bill.missed.is_empty(), "over the bar:\n{}", bill.missed.join("\n"));
}
