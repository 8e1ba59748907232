//! Events of the account's own AWS services: mail in S3, SNS notifications, EventBridge events.

use anyhow::Context;
use domain::inbound::{AwsEvent, Source};
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::{Verified, Webhook};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::value::RawValue;
use tracing::info;

use super::reading::Unread;
use super::{Parked, Shell};

#[derive(Deserialize)]
struct Records<'a> {
    #[serde(rename = "Records", borrow)]
    records: Vec<&'a RawValue>,
}

/// Takes in one AWS event. An error leaves it with the service that called, which calls again and then keeps it in its
/// dead-letter queue; what was queued before is deduplicated then.
pub async fn handle_records(
    shell: &Shell,
    payload: &[u8],
    received: Timestamp,
) -> anyhow::Result<()> {
    let Source::Aws { event, fetch } = shell.inbound.source else {
        anyhow::bail!("the channel {} has webhooks, not events", shell.inbound.channel);
    };
    let records: Vec<&[u8]> = match event {
        AwsEvent::Single => vec![payload],
        AwsEvent::Records => {
            let records: Records<'_> =
                serde_json::from_slice(payload).context("cannot read the event's records")?;
            records.records.into_iter().map(|it| it.get().as_bytes()).collect()
        }
    };
    for record in records {
        let fetched = match fetch(record) {
            Ok(Some(object)) => Ok(shell.objects.get_from(&object.bucket, &object.key).await?),
            Ok(None) => Ok(record.to_vec()),
            Err(malformed) => Err((record.to_vec(), malformed.to_string())),
        };
        take_in(shell, fetched, received).await?;
    }
    Ok(())
}

async fn take_in(
    shell: &Shell,
    content: Result<Vec<u8>, (Vec<u8>, String)>,
    received: Timestamp,
) -> anyhow::Result<()> {
    let channel = &shell.inbound.channel;
    let (body, parsed) = match content {
        Ok(body) => {
            let read = |secrets: &WebhookSecrets| {
                let verified = Verified::vouched(&body, &secrets.accounts, received);
                Ok(shell.inbound.read(&verified)?)
            };
            let parsed = shell.read(received, read).await?;
            (body, parsed)
        }
        Err((body, reason)) => (body, Err(Unread::Malformed(reason))),
    };
    match parsed {
        Ok(events) => {
            let n_events = events.len();
            shell.queue_all(events, received).await?;
            info!(%channel, n_events, "queued an event");
            Ok(())
        }
        Err(Unread::Unproven(unverified)) => anyhow::bail!("an event of our own: {unverified}"),
        Err(Unread::Malformed(reason)) => {
            let headers = &HeaderMap::new();
            let webhook = Webhook { headers, address: "", query: "", body: &body };
            shell.park(&Parked::new(channel, &webhook, received, reason)).await
        }
    }
}
