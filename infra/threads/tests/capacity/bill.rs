//! The capacity that was consumed, by what was done.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use embedded::Capacity;
use embedded::tables::size;

/// Everything that was done, and how large the live threads were in the end.
#[derive(Default)]
pub(crate) struct Bill {
    acts: BTreeMap<&'static str, Vec<Capacity>>,
    live: Vec<usize>,
    /// Of each person: the head and the live threads, which are read together.
    read: Vec<usize>,
}

impl Bill {
    pub(crate) fn note(&mut self, act: &'static str, used: Capacity) {
        self.acts.entry(act).or_default().push(used);
    }

    /// Weighs the heads and live threads of a table.
    pub(crate) fn weigh(&mut self, items: &[HashMap<String, AttributeValue>]) {
        let mut read = BTreeMap::<&str, usize>::new();
        for item in items {
            let key = |name: &str| item.get(name).and_then(|it| it.as_s().ok());
            let (Some(pk), Some(sk)) = (key("pk"), key("sk")) else { continue };
            let is_live = sk.starts_with("1#");
            if pk.starts_with("CON#") && (is_live || sk == "0") {
                *read.entry(pk).or_default() += size(item);
            }
            if is_live {
                self.live.push(size(item));
            }
        }
        self.live.sort_unstable();
        self.read = read.into_values().collect();
        self.read.sort_unstable();
    }

    /// Write units a message.
    pub(crate) fn mean_write(&self) -> f64 {
        mean(self.acts.values().flatten().map(|it| it.write))
    }

    /// Write units of the dearest of these acts.
    pub(crate) fn most_write(&self, act: &str) -> f64 {
        self.acts.get(act).into_iter().flatten().map(|it| it.write).fold(0.0, f64::max)
    }

    /// Bytes of the largest live thread.
    pub(crate) fn largest(&self) -> usize {
        self.live.last().copied().unwrap_or(0)
    }
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<28} {:>6}   WRU mean  p50  p99   RRU mean  p50  p99", "", "n")?;
        let all: Vec<Capacity> = self.acts.values().flatten().copied().collect();
        let total = [("every message", &all)];
        for (act, used) in self.acts.iter().map(|(act, used)| (*act, used)).chain(total) {
            write!(f, "{act:<28} {:>6}", used.len())?;
            for side in [|it: &Capacity| it.write, |it: &Capacity| it.read] {
                let mut units: Vec<f64> = used.iter().map(side).collect();
                units.sort_by(f64::total_cmp);
                let (p50, p99) = (share(&units, 50), share(&units, 99));
                write!(f, "      {:>5.2} {p50:>4} {p99:>4}", mean(units.iter().copied()))?;
            }
            writeln!(f)?;
        }
        for (what, sizes) in [("a live thread", &self.live), ("head and live threads", &self.read)]
        {
            let [p50, p99, most] = [50, 99, 100].map(|it| share(sizes, it));
            // A read unit is 4 KB.
            let units = most.div_ceil(4096);
            writeln!(f, "{what}: p50 {p50}, p99 {p99}, at most {most} bytes ({units} RRU)")?;
        }
        Ok(())
    }
}

fn share<T: Copy + Default>(sorted: &[T], percent: usize) -> T {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "a count of messages")]
fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count().max(1) as f64
}
