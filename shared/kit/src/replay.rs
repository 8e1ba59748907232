//! What could not be read is kept as a webhook that can be read again.

use domain::inbound::Inbound;

use crate::bench::Bench;
use crate::failures::Failures;

/// Proves that whatever an event of a fixture keeps as it came is a whole webhook that becomes the same event: a replay
/// then needs today's parser and nothing else.
///
/// # Panics
/// With every case that keeps something else, or if no case keeps anything.
pub fn check_replay(inbound: &Inbound, manifest_dir: &str) {
    let bench = Bench::open(inbound, manifest_dir);
    let mut failures = Failures::default();
    let mut n_kept = 0;
    for case in &bench.cases {
        for event in bench.parse(case).unwrap_or_default() {
            let Some(raw) = event.kind.kept() else { continue };
            n_kept += 1;
            let again = bench.parse_body(raw.0.as_bytes()).unwrap_or_default();
            failures.check(again == [event], &case.name, "is not read again as the same event");
        }
    }
    failures.check(0 < n_kept, "the fixtures", "keep nothing");
    failures.finish("kept webhooks");
}
