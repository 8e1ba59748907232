//! The words of the commands on the terminal. Tests say nothing.

use std::io::Write;
use std::time::Instant;

/// Progress lines and tables.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    started: Instant,
    quiet: bool,
}

impl Report {
    /// A report on standard output.
    #[must_use]
    pub fn new() -> Self {
        Self { started: Instant::now(), quiet: false }
    }

    /// A report that nobody reads.
    #[must_use]
    pub fn quiet() -> Self {
        Self { started: Instant::now(), quiet: true }
    }

    /// Says what is being done, with the seconds since the start in front.
    pub fn step(&self, what: &str) {
        self.line(&format!("{:6.1}s  {what}", self.started.elapsed().as_secs_f32()));
    }

    /// Says one line as it is.
    pub fn line(&self, text: &str) {
        if !self.quiet {
            // A closed pipe must not end the work.
            drop(writeln!(std::io::stdout().lock(), "{text}"));
        }
    }

    /// Shows rows under a head, each column as wide as its widest cell.
    pub fn table<const N: usize>(&self, head: [&str; N], rows: &[[String; N]]) {
        let width = |n: usize, title: &str| {
            let cells = rows.iter().filter_map(|it| it.get(n)).map(|it| it.chars().count());
            cells.chain([title.chars().count()]).max().unwrap_or_default()
        };
        let widths: Vec<usize> =
            head.iter().enumerate().map(|(n, title)| width(n, title)).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let padded = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        self.line(&line(&mut head.iter().copied()));
        self.line(&widths.iter().map(|it| "─".repeat(*it)).collect::<Vec<_>>().join("  "));
        for row in rows {
            self.line(&line(&mut row.iter().map(String::as_str)));
        }
    }
}

impl Default for Report {
    fn default() -> Self {
        Self::new()
    }
}
