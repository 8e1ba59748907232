//! Several calls at once, within a bound.

use anyhow::Context;
use tokio::task::JoinSet;

/// The number of calls of one kind that a function has in flight: each takes a connection, and a small function's handshakes take
/// time.
pub(crate) const IN_FLIGHT: usize = 10;

/// Does all jobs, at most [`IN_FLIGHT`] at once. After the first that fails none is begun any more, and those that are
/// under way end.
pub(crate) async fn all<J>(jobs: impl IntoIterator<Item = J>) -> anyhow::Result<()>
where
    J: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let mut jobs = jobs.into_iter();
    let mut running: JoinSet<_> = jobs.by_ref().take(IN_FLIGHT).collect();
    let mut result = Ok(());
    while let Some(done) = running.join_next().await {
        let done = done.context("a call was given up").flatten();
        result = result.and(done);
        if let Some(job) = jobs.next().filter(|_| result.is_ok()) {
            running.spawn(job);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A job of some turns, and how many run at once, ran at once at most, and ended.
    async fn job(bad: bool, counts: Arc<[AtomicUsize; 3]>) -> anyhow::Result<()> {
        let [running, most, ended] = &*counts;
        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(now, Ordering::SeqCst);
        for _ in 0..if bad { 1 } else { 20 } {
            tokio::task::yield_now().await;
        }
        running.fetch_sub(1, Ordering::SeqCst);
        ended.fetch_add(1, Ordering::SeqCst);
        anyhow::ensure!(!bad, "no");
        Ok(())
    }

    #[tokio::test]
    async fn jobs_run_side_by_side_within_the_bound_and_none_begins_after_a_failure() {
        for (bad, ended) in [(None, 25), (Some(3), IN_FLIGHT)] {
            let counts = Arc::new([0, 0, 0].map(AtomicUsize::new));
            let done = all((0..25).map(|n| job(bad == Some(n), Arc::clone(&counts)))).await;
            assert_eq!(done.is_err(), bad.is_some());
            let [running, most, all] = [0, 1, 2].map(|n: usize| counts[n].load(Ordering::SeqCst));
            assert_eq!((running, most, all), (0, IN_FLIGHT, ended));
        }
    }
}
