//! The commands of the local cloud: `cargo demo`, `cargo dev`, `cargo replay`, `cargo rethread`.

use clap::{Parser, Subcommand};
use local::report::Report;
use local::{demo, dev, replay, rethread};

/// The whole suite on this machine.
#[derive(Parser)]
#[command(name = "local")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tells a conversation from webhook to timeline and back; exits with 0 only if all of it happened.
    Demo,
    /// Keeps the suite up until Ctrl-C.
    Dev,
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
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let report = Report::new();
    match Arguments::parse().command {
        Command::Demo => demo::run(&report).await,
        Command::Dev => dev::run(&report).await,
        Command::Replay { stack } => replay::run(&stack, &report).await,
        Command::Rethread(wanted) => rethread::run(&wanted, &report).await,
    }
}
