//! `cargo secrets`: makes the secrets of channels that have none yet. They are outside the stack's life, so that a channel
//! that is un-named, or a stack that is deleted, takes no token with it.

use anyhow::{Context, anyhow};
use channels::Channel;
use domain::secrets::SendingAccount;
use serde_json::{Value, json};

use crate::awscli::Aws;
use crate::report::Report;
use crate::story::text_of;
use crate::tools;

/// The secret of what comes in, as it is made: it proves nothing and names no account of ours.
pub const WEBHOOK: (&str, &str) = ("webhook", r#"{"signing":[],"verify":[],"accounts":[]}"#);

/// The secret of what leaves, as it is made: it sends nothing.
pub const SENDING: (&str, &str) = ("sending", "[]");

/// The secrets that a channel has, by their names behind that of the stack, each with its first content: one for each source
/// that something comes in by, and one for all that leaves, in which an account says by which source it sends.
pub fn of(channel: &Channel) -> impl Iterator<Item = (String, &'static str)> + use<> {
    let named = |name: &str, (which, empty)| (format!("{name}/{which}"), empty);
    let webhooks = channel.inbound.iter().map(move |it| named(it.name, WEBHOOK));
    let sending = (!channel.outbound.is_empty()).then(|| named(channel.name, SENDING));
    webhooks.chain(sending)
}

/// Makes what is missing in the account that the environment names.
pub async fn run(stack: &str, channels: &str, report: &Report) -> anyhow::Result<()> {
    let aws = Aws::of_user(&tools::prepare(report)?);
    for made in make(&aws, stack, channels).await? {
        report.line(&made);
    }
    let accounts = sending_accounts(&aws, stack, channels).await?;
    report.line(&if accounts.is_empty() {
        "Fill in the sending secrets, then run this again: it prints the SendingAccounts to deploy with.".to_owned()
    } else {
        format!("{SENDING_ACCOUNTS}={accounts}")
    });
    Ok(())
}

/// The parameter that names the accounts of the sending secrets to the API, which may not read them.
pub const SENDING_ACCOUNTS: &str = "SendingAccounts";

/// The accounts in the sending secrets of these channels, as that parameter names them.
pub async fn sending_accounts(aws: &Aws, stack: &str, channels: &str) -> anyhow::Result<String> {
    let mut named = Vec::new();
    let channels = channels::deployed(channels::ALL, channels)?;
    for channel in channels.into_iter().filter(|it| !it.outbound.is_empty()) {
        let channel = channel.name;
        let id = format!("{stack}/{channel}/{}", SENDING.0);
        let read = aws.json(&["secretsmanager", "get-secret-value", "--secret-id", &id]).await?;
        let accounts: Vec<SendingAccount> =
            serde_json::from_str(text_of(&read, "/SecretString"))
                .map_err(|error| anyhow!("{id} cannot be read: {:?}", error.classify()))?;
        named.extend(accounts.iter().map(|it| format!("{channel}:{}", it.id)));
    }
    Ok(named.join(","))
}

/// Fills in one of a channel's two secrets: `webhook` or `sending`.
pub async fn put(
    aws: &Aws,
    stack: &str,
    (channel, which): (&str, &str),
    secret: &Value,
) -> anyhow::Result<()> {
    let id = format!("{stack}/{channel}/{which}");
    let input = json!({ "SecretId": id, "SecretString": secret.to_string() });
    aws.call(&["secretsmanager", "put-secret-value"], &input).await?;
    Ok(())
}

/// Makes the secrets that these channels of a stack, named and joined by commas, do not have, and says what was done. One that is there stays as it is;
/// one that somebody deleted, and that can still be had back, is had back.
pub async fn make(aws: &Aws, stack: &str, channels: &str) -> anyhow::Result<Vec<String>> {
    let channels = channels::deployed(channels::ALL, channels)?;
    let prefix = format!("Key=name,Values={stack}/");
    let list =
        ["secretsmanager", "list-secrets", "--include-planned-deletion", "--filters", &prefix];
    let listed = aws.json(&list).await?;
    let listed = listed.get("SecretList").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut done = Vec::new();
    for (name, empty) in channels.into_iter().flat_map(of) {
        let name = format!("{stack}/{name}");
        match listed.iter().find(|it| text_of(it, "/Name") == name) {
            None => {
                let input = json!({ "Name": name, "SecretString": empty });
                aws.call(&["secretsmanager", "create-secret"], &input)
                    .await
                    .with_context(|| format!("cannot make {name}"))?;
                done.push(format!("{name} was made, empty"));
            }
            Some(it) if it.get("DeletedDate").is_some() => {
                aws.run(&["secretsmanager", "restore-secret", "--secret-id", &name]).await?;
                done.push(format!("{name} was deleted and is back"));
            }
            Some(_) => done.push(format!("{name} is there")),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use domain::secrets::WebhookSecrets;

    use super::*;

    #[test]
    fn a_secret_as_made_proves_nothing_and_sends_nothing() {
        let webhook: WebhookSecrets = serde_json::from_str(WEBHOOK.1).unwrap();
        assert!(webhook.signing.is_empty() && webhook.verify.is_empty());
        assert!(webhook.accounts.is_empty());
        assert!(serde_json::from_str::<Vec<SendingAccount>>(SENDING.1).unwrap().is_empty());
    }
}
