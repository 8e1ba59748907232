//! The commands of the local cloud: `cargo adopt`, `cargo demo`, `cargo dev`, `cargo replay`, `cargo rethread`, `cargo secrets`.

use clap::{Parser, Subcommand};
use local::report::Report;
use local::{adopt, demo, dev, replay, rethread, secrets};

/// The whole suite on this machine.
#[derive(Parser)]
#[command(name = "local")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a stack around what a deleted one of its name left: table, bucket, queues. Deploy the whole template after it. The
    /// account is the one that the environment names.
    Adopt {
        /// The stack.
        #[arg(long, default_value = "ariane")]
        stack: String,
    },
    /// Tells a conversation from webhook to timeline and back; exits with 0 only if all of it happened.
    Demo,
    /// Keeps the suite up until Ctrl-C.
    Dev(dev::Wanted),
    /// Runs parked webhooks and unknown items of a deployed stack through today's parsers, once. The account is the one
    /// that the environment names: a profile, or the lines that `dev` prints.
    Replay {
        /// The stack.
        #[arg(long, default_value = "ariane")]
        stack: String,
    },
    /// Threads what was said once more with other weights and prints the difference. The table is the one that `TABLE_NAME`
    /// and the environment's region and credentials name, as `dev` prints them.
    Rethread(rethread::Wanted),
    /// Makes the secrets that channels of a stack do not have yet, empty. The account is the one that the environment names.
    Secrets {
        /// The stack.
        #[arg(long, default_value = "ariane")]
        stack: String,
        /// The channels, joined by commas.
        #[arg(long)]
        channels: String,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let report = Report::new();
    match Arguments::parse().command {
        Command::Adopt { stack } => adopt::run(&stack, &report).await,
        Command::Demo => demo::run(&report).await,
        Command::Dev(wanted) => dev::run(&wanted, &report).await,
        Command::Replay { stack } => replay::run(&stack, &report).await,
        Command::Secrets { stack, channels } => secrets::run(&stack, &channels, &report).await,
        Command::Rethread(wanted) => rethread::run(&wanted, &report).await,
    }
}
