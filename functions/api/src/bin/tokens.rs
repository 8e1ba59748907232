//! Makes, lists, rotates and revokes API tokens, in an account or on the local cloud.
//!
//! `infra/first-token` makes one without Rust. This takes the region and credentials from the environment (version 2 of the AWS
//! command line prints a profile's by `aws configure export-credentials --format env`), and for the local cloud `AWS_ENDPOINT_URL`. A token's text is printed once and kept nowhere.

use std::collections::BTreeSet;
use std::io::Write;

use api::routes::SCOPES;
use aws::store::Store;
use aws::store::tokens::{ApiToken, NewToken};
use clap::{Parser, Subcommand};
use domain::time::Timestamp;

const DAY_MS: i64 = 86_400_000;

/// Manages the API tokens of one deployment.
#[derive(Parser)]
#[command(name = "tokens")]
struct Arguments {
    /// The deployment's table; `TABLE_NAME` without it.
    #[arg(long, global = true)]
    table: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a token and prints its text, once.
    Make {
        /// The name in lists: its user and its use.
        #[arg(long)]
        name: String,
        /// The scopes that it allows, joined by commas.
        #[arg(long, value_delimiter = ',', required = true, value_parser = SCOPES)]
        scopes: Vec<String>,
        /// The number of days that it is good for; 0 for ever.
        #[arg(long, default_value_t = 365)]
        days: u32,
    },
    /// Lists all tokens.
    List,
    /// Makes a new text for a token and prints it, once; the old one ends later.
    Rotate {
        /// The token's id.
        id: String,
        /// The number of hours that the old text stays good.
        #[arg(long, default_value_t = 24)]
        overlap_hours: u32,
    },
    /// Takes a token back, from now on.
    Revoke {
        /// The token's id.
        id: String,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let name = arguments.table.map_or_else(|| aws::env("TABLE_NAME"), Ok)?;
    let table = Store::new(&aws::config::sdk()?, name);
    let text = run(&table, arguments.command, aws::now()).await?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

async fn run(table: &Store, command: Command, now: Timestamp) -> anyhow::Result<String> {
    match command {
        Command::Make { name, scopes, days } => {
            let expires_at = (days != 0).then(|| now.plus_ms(i64::from(days) * DAY_MS));
            let scopes: BTreeSet<_> = scopes.into_iter().collect();
            Ok(shown_once(&table.tokens().make_token(&name, scopes, expires_at, now).await?))
        }
        Command::List => {
            let tokens = table.tokens().list().await?;
            let lines: Vec<_> = tokens.iter().map(|it| line(it, now)).collect();
            Ok(if lines.is_empty() { "no tokens".to_owned() } else { lines.join("\n") })
        }
        Command::Rotate { id, overlap_hours } => {
            let old_until = now.plus_ms(i64::from(overlap_hours) * 3_600_000);
            Ok(shown_once(&table.tokens().rotate_token(&id, old_until, now).await?))
        }
        Command::Revoke { id } => {
            table.tokens().revoke_token(&id, now).await?;
            Ok(format!("{id} is revoked"))
        }
    }
}

/// The text stands alone on the last line, so that a script may take it.
fn shown_once(new: &NewToken) -> String {
    let until = new.token.expires_at.map_or_else(|| "for ever".to_owned(), Timestamp::rfc3339);
    format!(
        "{} is good until {until}; its text is not shown again:\n{}",
        new.token.id,
        new.reveal()
    )
}

fn line(token: &ApiToken, now: Timestamp) -> String {
    let scopes: Vec<_> = token.scopes.iter().map(String::as_str).collect();
    let until = token.expires_at.map_or_else(|| "for ever".to_owned(), Timestamp::rfc3339);
    let state = token.refusal(now).unwrap_or("good");
    let ApiToken { id, name, last_four, created, .. } = token;
    let (scopes, created) = (scopes.join(","), created.rfc3339());
    format!("{id}  …{last_four}  {state}  made {created}  until {until}  {scopes}  {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_is_made_listed_rotated_and_revoked() {
        let cloud = embedded::Cloud::start().await;
        let table = Store::over(cloud.process().table, embedded::TABLE.to_owned());
        let now = Timestamp::from_secs(1_795_000_000);
        let command = async |words: &[&str]| {
            let arguments = Arguments::parse_from(["tokens"].iter().chain(words));
            run(&table, arguments.command, now).await
        };
        let made = command(&["make", "--name", "crm", "--scopes", "threads:read,messages:send"])
            .await
            .unwrap();
        let text = made.lines().last().unwrap().to_owned();
        assert_eq!(table.tokens().find_token(&text).await.unwrap().unwrap().name, "crm");
        let listed = command(&["list"]).await.unwrap();
        assert!(
            listed.contains("good") && listed.contains("crm") && !listed.contains(&text),
            "{listed}"
        );
        let id = listed.split_whitespace().next().unwrap();
        let rotated = command(&["rotate", id]).await.unwrap();
        assert_ne!(rotated.lines().last(), Some(&*text));
        command(&["revoke", id]).await.unwrap();
        let listed = command(&["list"]).await.unwrap();
        assert_eq!(
            (listed.lines().count(), listed.matches("revoked token").count()),
            (2, 2),
            "{listed}"
        );
        assert!(command(&["revoke", "tok_none"]).await.is_err());
        assert!(
            Arguments::try_parse_from(["tokens", "make", "--name", "x", "--scopes", "everything"])
                .is_err()
        );
    }
}
