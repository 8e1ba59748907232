//! The capacity that sending and receipts consume, by the embedded table's own count, indexes included.

use aws::store::OfLeg;
use domain::id::ProviderId;
use domain::status::Status;
use domain::time::Timestamp;

use crate::support::{About, World};

struct Bill {
    world: World,
    lines: Vec<String>,
    missed: Vec<String>,
}

impl Bill {
    fn note(&mut self, act: &str, most_write: f64) {
        let used = self.world.cloud.meter.take();
        let line =
            format!("{act:<44} {:>5} of {most_write:>4} WRU {:>5} RRU", used.write, used.read);
        if most_write < used.write {
            self.missed.push(line.clone());
        }
        self.lines.push(line);
    }
}

#[expect(clippy::print_stdout, reason = "the table is what a reader of the test run wants to see")]
fn finish(bill: &Bill) {
    println!("{}", bill.lines.join("\n"));
    assert!(bill.missed.is_empty(), "{:#?}", bill.missed);
}

#[tokio::test]
async fn a_send_and_its_receipts_stay_within_their_bars() {
    let mut bill = Bill { world: World::new().await, lines: Vec::new(), missed: Vec::new() };
    bill.note("what was there before", f64::INFINITY);
    bill.world.sent("1", "wamid.HBgMNDQ3NzAwOTAwMTExFQIAEhgUM0EAAAAAAAAAAAAAAA==").await;
    bill.note("a send that empties the inbox, in all", 10.0);
    let about = About::Provider("wamid.HBgMNDQ3NzAwOTAwMTExFQIAEhgUM0EAAAAAAAAAAAAAAA==");
    for (status, after) in [(Status::Sent, 61), (Status::Delivered, 62), (Status::Read, 63)] {
        bill.world.receive(status, after, &about).await;
        bill.note(&format!("a receipt: {}", status.name()), 3.0);
    }
    bill.world.receive(Status::Read, 63, &about).await;
    bill.note("a receipt that comes twice", 0.0);
    bill.world.receive(Status::Sent, 61, &About::Provider("wamid.unknown")).await;
    bill.note("a receipt that waits for its message", 3.0);
    finish(&bill);
}

#[tokio::test]
async fn a_retry_costs_an_intent_and_a_result() {
    let mut bill = Bill { world: World::new().await, lines: Vec::new(), missed: Vec::new() };
    let message = bill.world.accepted("1").await;
    bill.note("what was there before", f64::INFINITY);
    let now = Timestamp::from_ms(message.at.ms() + 1);
    assert!(
        bill.world
            .table
            .sends()
            .begin(OfLeg { message: &message, leg: 0 }, 1, false, now)
            .await
            .unwrap()
    );
    bill.note("an intent", 1.0);
    bill.world
        .table
        .sends()
        .sent(OfLeg { message: &message, leg: 0 }, 1, Some(&ProviderId::new("wamid.1")), now)
        .await
        .unwrap();
    bill.note("a result", 2.0);
    finish(&bill);
}
