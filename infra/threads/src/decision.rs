//! The cost of one decision: a message is read, 20 stored profiles are decoded, one decision is made, the message is folded
//! and its profile encoded. Valgrind counts it: the difference of two runs, so that starting up counts for nothing.

use std::hint::black_box;
use std::io::Write;
use std::process::Command;

use anyhow::{Context, bail};
use domain::event::Direction;
use domain::id::{Channel, ThreadId};
use domain::threading::{
    Arrival, Candidate, Model, Profile, ProfileEntry, Quoted, Reading, decide,
};
use domain::time::Timestamp;

/// Live threads.
const THREADS: usize = 20;
/// Decisions of the longer run.
const ROUNDS: u64 = 50;

/// Instructions that a decision may take.
const MOST_INSTRUCTIONS: u64 = 1_000_000;
/// Blocks that a decision may allocate, some twenty for each profile.
const MOST_BLOCKS: u64 = 500;
/// Bytes that a decision may allocate.
const MOST_BYTES: u64 = 48_000;

/// Counts the instructions and allocations of one decision; more than it may take is an error.
pub fn count(to: &mut impl Write) -> anyhow::Result<()> {
    let instructions = per_round("callgrind", &["--callgrind-out-file=/dev/null"], "Collected :")?;
    let blocks = per_round("dhat", &["--dhat-out-file=/dev/null"], "Total:")?;
    let [instructions, blocks, bytes] = [
        instructions.first().copied().unwrap_or(0),
        blocks.get(1).copied().unwrap_or(0),
        blocks.first().copied().unwrap_or(0),
    ];
    let counts = [
        ("instructions", instructions, MOST_INSTRUCTIONS),
        ("blocks allocated", blocks, MOST_BLOCKS),
        ("bytes allocated", bytes, MOST_BYTES),
    ];
    writeln!(to, "one decision with {THREADS} live threads:")?;
    for (name, count, most) in counts {
        writeln!(to, "{count:>9} {name} (at most {most})")?;
    }
    match counts.iter().find(|(_, count, most)| count > most) {
        Some((name, ..)) => bail!("a decision takes too many {name}"),
        None => Ok(()),
    }
}

/// The numbers that a tool counts per round.
fn per_round(tool: &str, flags: &[&str], label: &str) -> anyhow::Result<Vec<u64>> {
    let few = counted(tool, flags, label, 0)?;
    let many = counted(tool, flags, label, ROUNDS)?;
    Ok(many.iter().zip(&few).map(|(many, few)| many.saturating_sub(*few) / ROUNDS).collect())
}

fn counted(tool: &str, flags: &[&str], label: &str, rounds: u64) -> anyhow::Result<Vec<u64>> {
    let me = std::env::current_exe().context("cannot find this program")?;
    let run = Command::new("valgrind")
        .arg(format!("--tool={tool}"))
        .args(flags)
        .arg(me)
        .args(["rounds", &rounds.to_string()])
        .output()
        .context("valgrind counts instructions, and it is not installed")?;
    let said = String::from_utf8_lossy(&run.stderr);
    let Some((_, counts)) = said.lines().find_map(|it| it.split_once(label)) else {
        bail!("valgrind counted nothing: {said}");
    };
    let counts = counts.replace(',', "");
    Ok(counts.split_whitespace().filter_map(|it| it.parse().ok()).collect())
}

/// Decides so many times. What it is called with is made once before.
pub fn rounds(rounds: u64) -> anyhow::Result<()> {
    let model = Model::current();
    let stored: Vec<(ThreadId, Vec<u8>)> = (0..THREADS).map(thread).collect();
    let channel = Channel::from_static("whatsapp");
    let at = Timestamp::from_secs(1_800_000_000);
    for round in 0..rounds {
        let text = "Hello, I ordered two garden chairs last week, A-10012, and one of them came with a broken \
                    leg. Could you please send me another one, or tell me how to return it? Thanks a lot!";
        let reading = Reading::of(black_box(text), None);
        let mut profiles = Vec::with_capacity(stored.len());
        for (id, bytes) in &stored {
            profiles.push((id, Profile::decode(black_box(bytes))?));
        }
        let candidates: Vec<Candidate<'_>> =
            profiles.iter().map(|(thread, profile)| Candidate { thread, profile }).collect();
        let quoted = stored.get(3).map(|it| Quoted { thread: &it.0, at });
        let arrival = Arrival {
            channel: &channel,
            at,
            reading: &reading,
            reply_to: quoted,
            mail_refs: &[],
            certain: None,
        };
        black_box(decide(&model, &arrival, &candidates));
        let key = u32::try_from(round).unwrap_or(0);
        let entry = entry(key, at, Direction::In, &channel, reading);
        if let Some((_, profile)) = profiles.first_mut() {
            profile.fold(&entry);
            black_box(profile.encode());
        }
    }
    Ok(())
}

/// A thread whose lists are all full.
fn thread(n: usize) -> (ThreadId, Vec<u8>) {
    let channel = Channel::from_static("email");
    let n32 = u32::try_from(n).unwrap_or(0);
    let entries = (0..8u32).map(|m| {
        let text = format!(
            "Message {m} of thread {n}: the parcel {}, the invoice FR-{}, and seventeen other words about chairs, \
             tables, lamps, curtains, carpets, delivery, return, refund, damage, colour and size {n} {m}?",
            10_000 + n32,
            20_000 + n32 * 10 + m,
        );
        let reading = Reading::of(&text, Some(&format!("Subject {m} of {n}")));
        let at = Timestamp::from_secs(1_799_000_000 + i64::from(n32) * 1_000 + i64::from(m) * 60);
        let direction = if m % 2 == 0 { Direction::In } else { Direction::Out };
        entry(m, at, direction, &channel, reading)
    });
    let entries: Vec<ProfileEntry> = entries.collect();
    (ThreadId::new(format!("thr_{n}")), Profile::of(&entries).encode())
}

fn entry(
    key: u32,
    at: Timestamp,
    direction: Direction,
    channel: &Channel,
    reading: Reading,
) -> ProfileEntry {
    ProfileEntry { key, edit: 0, at, direction, channel: channel.clone(), reading: Some(reading) }
}
