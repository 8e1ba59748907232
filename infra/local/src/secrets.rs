//! `cargo secrets`: makes the secrets of channels that have none yet. They are outside the stack's life, so that a channel
//! that is un-named, or a stack that is deleted, takes no token with it.

use anyhow::Context;
use serde_json::{Value, json};

use crate::awscli::Aws;
use crate::report::Report;
use crate::story::text_of;
use crate::tools;

/// A channel's two secrets as they are made: the one proves nothing, the other sends nothing.
const EMPTY: [(&str, &str); 2] =
    [("webhook", r#"{"signing":[],"verify":[],"accounts":[]}"#), ("sending", "[]")];

/// Makes what is missing in the account that the environment names.
pub async fn run(stack: &str, channels: &str, report: &Report) -> anyhow::Result<()> {
    let aws = Aws::of_user(&tools::prepare(report)?);
    let channels: Vec<_> = channels.split(',').filter(|it| !it.is_empty()).collect();
    for made in make(&aws, stack, &channels).await? {
        report.line(&made);
    }
    Ok(())
}

/// Makes the secrets that these channels of a stack do not have, and says what was done. One that is there stays as it is;
/// one that somebody deleted, and that can still be had back, is had back.
pub async fn make(aws: &Aws, stack: &str, channels: &[&str]) -> anyhow::Result<Vec<String>> {
    let prefix = format!("Key=name,Values={stack}/");
    let list =
        ["secretsmanager", "list-secrets", "--include-planned-deletion", "--filters", &prefix];
    let listed = aws.json(&list).await?;
    let listed = listed.get("SecretList").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut done = Vec::new();
    for (channel, (which, empty)) in
        channels.iter().flat_map(|it| EMPTY.iter().map(move |secret| (it, secret)))
    {
        let name = format!("{stack}/{channel}/{which}");
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
    use domain::secrets::{SendingAccount, WebhookSecrets};

    use super::*;

    #[test]
    fn a_secret_as_made_proves_nothing_and_sends_nothing() {
        let [(_, webhook), (_, sending)] = EMPTY;
        let webhook: WebhookSecrets = serde_json::from_str(webhook).unwrap();
        assert!(webhook.signing.is_empty() && webhook.verify.is_empty());
        assert!(webhook.accounts.is_empty());
        assert!(serde_json::from_str::<Vec<SendingAccount>>(sending).unwrap().is_empty());
    }
}
