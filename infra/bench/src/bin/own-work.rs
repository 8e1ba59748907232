//! Does our own work on a webhook so many times: verify, parse, normalise, serialise. Run under callgrind with two counts,
//! the difference is the cost of one, without start-up.

use anyhow::{Context, bail};
use bench::{SECRET, Subject};
use domain::id::AccountId;
use domain::inbound::Source;
use domain::secrets::WebhookSecrets;
use domain::time::Timestamp;
use domain::webhook::{Webhook, verify};
use http::{HeaderMap, HeaderValue};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().context("usage: own-work CHANNEL TIMES")?;
    let times: usize = arguments.next().context("usage: own-work CHANNEL TIMES")?.parse()?;
    let subject = Subject::named(&name).with_context(|| format!("no channel {name}"))?;
    let Source::Http { proof, .. } = subject.inbound.source else {
        bail!("{name} has no webhooks")
    };
    let secrets = WebhookSecrets {
        signing: vec![SECRET.into()],
        accounts: vec![AccountId::new(subject.account)],
        ..WebhookSecrets::default()
    };
    let (body, (header, value)) = subject.request(1).context("no webhook")?;
    let headers = HeaderMap::from_iter([(header.parse()?, HeaderValue::from_str(&value)?)]);
    let received = Timestamp::from_secs(1_795_000_000);
    for _ in 0..times {
        let webhook = Webhook {
            headers: &headers,
            address: "",
            query: "",
            body: std::hint::black_box(body.as_bytes()),
        };
        let verified = verify(&proof, &secrets, &webhook, received)?;
        for event in (subject.inbound.parse)(&verified)? {
            std::hint::black_box(aws::ingest::entry(event)?);
        }
    }
    Ok(())
}
