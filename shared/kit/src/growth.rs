//! The events that go to the queue for a webhook are not much larger than the webhook.

use domain::inbound::Inbound;
use serde_json::{Value, json};

use crate::bench::{Bench, Case, form_with};
use crate::failures::Failures;
use crate::json;

/// The size that a webhook's events may reach, as a multiple of the webhook's.
const TIMES: usize = 8;

/// The bytes that every event may need whatever the webhook says: its own fields, and the least envelope around what it keeps.
const PER_EVENT: usize = 1024;

/// Proves that no webhook grows past eight times its size, beside a kilobyte for every event. For every fixture that is JSON:
/// with each value in turn replaced by a long text of quotes, which are escaped; and that again with each list of the
/// platform's items grown to many copies of its first entry, for the values that stand beside that list: they must not be
/// copied into each item's event. Prints the largest growth, the kilobytes included.
///
/// # Panics
/// With every webhook that grows too much, or if no fixture has a list of items.
pub fn check_growth(inbound: &Inbound, manifest_dir: &str) {
    let bench = Bench::open(inbound, manifest_dir);
    let mut growth = Growth { bench: &bench, failures: Failures::default(), most: 0, n: 0 };
    let mut n_lists = 0;
    for case in &bench.cases {
        if let Some(fields) = case.fields() {
            n_lists += 1;
            for (at, field) in fields.iter().enumerate() {
                let long = form_with(&fields, at, &"\"".repeat(4096));
                growth.measure(case, &field.0, &long);
            }
            continue;
        }
        let Ok(webhook) = serde_json::from_slice::<Value>(case.parsed_bytes()) else { continue };
        let Ok(events) = bench.parse_body(webhook.to_string().as_bytes()) else { continue };
        growth.lengthen(case, &webhook, None);
        for list in json::pointers(&webhook, Value::is_array) {
            let many = repeated(&webhook, &list);
            let becomes = bench.parse_body(many.to_string().as_bytes()).unwrap_or_default();
            if events.len() < becomes.len() {
                n_lists += 1;
                growth.lengthen(case, &many, Some(&list));
            }
        }
    }
    let Growth { mut failures, most, n, .. } = growth;
    failures.check(0 < n_lists, "fixtures", "hold no list of items");
    failures.finish("growth");
    #[expect(clippy::print_stdout, reason = "the figure is what a reader of the test run wants")]
    {
        println!("{}: {n} webhooks, none grew past {most} %", inbound.name);
    }
}

struct Growth<'a> {
    bench: &'a Bench<'a>,
    failures: Failures,
    /// The largest growth, in percent.
    most: usize,
    n: usize,
}

impl Growth<'_> {
    /// Puts long texts in the place of each value that is not in this list.
    fn lengthen(&mut self, case: &Case, webhook: &Value, list: Option<&str>) {
        let inside = list.map(|it| format!("{it}/"));
        for at in json::pointers(webhook, json::is_leaf) {
            if inside.as_ref().is_some_and(|it| at.starts_with(it)) {
                continue;
            }
            let mut long = webhook.clone();
            *long.pointer_mut(&at).unwrap() = json!("\"".repeat(4096));
            self.measure(case, &at, long.to_string().as_bytes());
        }
    }

    fn measure(&mut self, case: &Case, at: &str, webhook: &[u8]) {
        let Ok(events) = self.bench.parse_body(webhook) else { return };
        let size: usize = events.iter().map(|it| serde_json::to_string(it).unwrap().len()).sum();
        let beside = size.saturating_sub(PER_EVENT * events.len());
        self.n += 1;
        self.most = self.most.max(size * 100 / webhook.len());
        self.failures.check(
            beside <= TIMES * webhook.len(),
            &case.name,
            format!("{} bytes become {} events of {size} bytes: {at}", webhook.len(), events.len()),
        );
    }
}

/// The webhook with a list grown to many copies of its first entry.
fn repeated(webhook: &Value, list: &str) -> Value {
    const MANY: usize = 16;
    let mut webhook = webhook.clone();
    if let Some(entries) = webhook.pointer_mut(list).and_then(Value::as_array_mut)
        && let Some(first) = entries.first().cloned()
    {
        entries.resize(MANY.max(entries.len()), first);
    }
    webhook
}
