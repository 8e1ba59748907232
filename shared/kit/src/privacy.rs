//! The words and the identity of a person never reach a log.

use domain::event::{InboundEvent, Kind};
use domain::inbound::Inbound;
use serde_json::Value;

use crate::bench::{Bench, Case};
use crate::failures::Failures;
use crate::json;

/// Proves that neither an event of a fixture, printed with `Debug`, nor the error of a cut fixture, printed either way,
/// holds anything personal: an address, a name, words of a message, an id that may contain a number, a number in the
/// webhook that looks like a phone's, or any text of the webhook that reads like a sentence.
///
/// # Panics
/// With every case that prints something personal; the print is not repeated.
pub fn check_no_personal_data(inbound: &Inbound, manifest_dir: &str) {
    let bench = Bench::open(inbound, manifest_dir);
    let mut failures = Failures::default();
    let mut n_canaries = 0;
    for case in &bench.cases {
        let in_webhook = webhook_canaries(&bench, case);
        for event in bench.parse(case).unwrap_or_default() {
            let shown = format!("{event:?}");
            let mut canaries = event_canaries(&event);
            if !is_about_us(&event) {
                let ours = event.account.as_str();
                canaries.extend(in_webhook.iter().filter(|it| *it != ours).cloned());
            }
            n_canaries += canaries.len();
            for canary in canaries {
                let hidden = !shown.contains(&canary);
                failures.check(
                    hidden,
                    &case.name,
                    format!("prints {} characters that it must not", canary.len()),
                );
            }
        }
        let body = case.parsed_bytes();
        for cut in (1..body.len()).step_by((body.len() / 100).max(1)) {
            let Err(error) = bench.parse_body(&body[..body.len() - cut]) else { continue };
            let shown = format!("{error:?} {error}");
            let hidden = !in_webhook.iter().any(|it| shown.contains(it));
            failures.check(
                hidden,
                &case.name,
                format!("cut by {cut}, its error quotes the webhook"),
            );
        }
    }
    failures.check(n_canaries > 0, "fixtures", "hold nothing personal to look for");
    failures.finish("personal data");
}

/// Facts about our own account or templates may be printed: they name no person.
fn is_about_us(event: &InboundEvent) -> bool {
    matches!(event.kind, Kind::TemplateChanged(_) | Kind::AccountChanged { .. })
}

/// The texts of an event that tell of a person.
fn event_canaries(event: &InboundEvent) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(identity) = &event.identity {
        let ids = std::iter::once(&identity.id).chain(&identity.aliases);
        found.extend(ids.map(|it| it.address().to_owned()));
        found.extend(identity.name.iter().map(|it| it.0.clone()));
    }
    let kind = serde_json::to_value(&event.kind).unwrap();
    let parts = ["raw", "content", "of", "id", "reply_to", "refs", "referral", "quote"];
    for part in parts.into_iter().take(if is_about_us(event) { 1 } else { parts.len() }) {
        let Some(part) = kind.get(part) else { continue };
        json::walk(part, "", &mut |at, value| {
            // These are our own words for what it is.
            let is_word = ["/type", "/kind", "/source", "/outcome", "/currency"]
                .iter()
                .any(|it| at.ends_with(it));
            if let (Value::String(text), false) = (value, is_word) {
                found.push(text.clone());
            }
        });
    }
    // Shorter text is too likely to stand in a type's name or among digits.
    found.retain(|it| it.chars().count() >= 4);
    found
}

/// The texts of a webhook that are personal whatever the channel makes of them.
fn webhook_canaries(bench: &Bench<'_>, case: &Case) -> Vec<String> {
    let Ok(webhook) = serde_json::from_slice::<Value>(case.parsed_bytes()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    json::walk(&webhook, "", &mut |_, value| {
        if let Value::String(text) = value {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            // A number that is a time of these years is taken for one: times are printed.
            let number: u64 = text.parse().unwrap_or_default();
            let is_time =
                [1, 1000].iter().any(|it| (1_600_000_000..2_000_000_000).contains(&(number / it)));
            let is_phone = !is_time
                && (9..=15).contains(&digits)
                && text.chars().all(|it| it.is_ascii_digit() || "+-() .".contains(it))
                && !bench.secrets.accounts.iter().any(|it| it.as_str() == text);
            if is_phone || (text.len() >= 8 && text.split_whitespace().count() >= 2) {
                found.push(text.clone());
            }
        }
    });
    found
}
