//! Failures, gathered so that one run tells of every case and not of the first only.

use std::fmt::Display;

/// The failures of one check.
#[derive(Default)]
pub(crate) struct Failures(Vec<String>);

impl Failures {
    /// Notes that a case failed, and how.
    pub(crate) fn add(&mut self, case: impl Display, what: impl Display) {
        self.0.push(format!("{case}: {what}"));
    }

    /// Notes a failure unless `holds`.
    pub(crate) fn check(&mut self, holds: bool, case: impl Display, what: impl Display) {
        if !holds {
            self.add(case, what);
        }
    }

    /// Panics with every failure, if there is one.
    pub(crate) fn finish(self, check: &str) {
        const SHOWN: usize = 20;
        let n = self.0.len();
        let more = if n > SHOWN { format!("\n… and {} more", n - SHOWN) } else { String::new() };
        let list = self.0.into_iter().take(SHOWN).collect::<Vec<_>>().join("\n");
        assert!(n == 0, "{check}: {n} failed\n{list}{more}");
    }
}
