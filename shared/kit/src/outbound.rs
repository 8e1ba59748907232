//! Sends become the calls of their fixtures, and end as those say.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::id::AccountId;
use domain::outbound::{Account, Body, Call, Next, Outbound, Response, Send, SendError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bench::{accounts, address, folder, names};
use crate::failures::Failures;
use crate::json;

/// A send, and the platform's answer to each of its calls.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    pub(crate) send: Send,
    #[serde(default)]
    account: AccountScript,
    #[serde(default)]
    answers: Vec<PlatformAnswer>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountScript {
    id: Option<String>,
    base_url: Option<String>,
    #[serde(default)]
    settings: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlatformAnswer {
    status: u16,
    #[serde(default)]
    retry_after_s: Option<u64>,
    #[serde(default)]
    body: Value,
}

/// Proves that every `.send.json` of a channel becomes the calls of its `.http.json` and ends as that says, and for each of
/// them, for free: no call carries an `authorization` header (that is the shell's), a call answered with 500 or 429 is to be
/// tried again and not before the platform asks, no answer makes the codec panic, and asking twice gives the same.
///
/// A body that is text is shown as text, a body in our bucket as what stands before and after it. An answer whose body is a
/// JSON string is that text, not JSON.
///
/// # Panics
/// With every case that fails.
pub fn check_outbound(outbound: &Outbound, manifest_dir: &str) {
    let folder = folder(manifest_dir, outbound.name);
    let mut failures = Failures::default();
    let scripts = scripts(outbound, manifest_dir);
    assert!(!scripts.is_empty(), "{} holds no .send.json", folder.display());
    for (name, script, account) in &scripts {
        let found = play(outbound, script, account, name, &mut failures);
        if let Err(what) = json::compare(&folder.join(format!("{name}.http.json")), &found) {
            failures.add(name, what);
        }
        check_bad_answers(outbound, script, account, name, &mut failures);
    }
    for name in names(&folder, ".http.json") {
        let known = scripts.iter().any(|(it, ..)| *it == name);
        failures.check(known, &name, "an .http.json without its .send.json");
    }
    failures.finish("sends");
}

/// The sends of a channel's folder, each with its name and the account that it leaves by.
pub(crate) fn scripts(outbound: &Outbound, manifest_dir: &str) -> Vec<(String, Script, Account)> {
    let folder = folder(manifest_dir, outbound.name);
    let first = accounts(&folder).remove(0);
    let load = |name: String| {
        let path = folder.join(format!("{name}.send.json"));
        let script: Script = serde_json::from_value(json::read(&path))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let AccountScript { id, base_url, settings } = &script.account;
        let account = Account {
            id: id.as_ref().map_or_else(|| first.clone(), AccountId::new),
            base_url: base_url.clone().unwrap_or_else(|| outbound.base_url.to_owned()),
            settings: settings.clone(),
            webhook: address(outbound.name),
        };
        (name, script, account)
    };
    names(&folder, ".send.json").into_iter().map(load).collect()
}

fn play(
    outbound: &Outbound,
    script: &Script,
    account: &Account,
    name: &str,
    failures: &mut Failures,
) -> Value {
    let mut calls = Vec::new();
    let mut answers = Vec::new();
    let mut left = script.answers.iter();
    let end = loop {
        match (outbound.next)(&script.send, account, &answers) {
            Next::Call(call) => {
                let again = (outbound.next)(&script.send, account, &answers);
                let same = matches!(&again, Next::Call(it) if show_call(it) == show_call(&call));
                failures.check(same, name, "asked twice, two different calls");
                let authorised = call.request.headers.contains_key(http::header::AUTHORIZATION);
                failures.check(!authorised, name, "a call is authorised by the codec");
                calls.push(show_call(&call));
            }
            Next::Done(id) => break json!({ "done": id }),
            Next::Failed(error) => break json!({ "failed": error }),
        }
        match left.next() {
            Some(answer) => answers.push(answer.response()),
            None => break json!("waits for an answer"),
        }
    };
    failures.check(left.next().is_none(), name, "ends before its last answer");
    json!({ "calls": calls, "end": end })
}

/// Puts a bad answer in the place of each answer.
fn check_bad_answers(
    outbound: &Outbound,
    script: &Script,
    account: &Account,
    name: &str,
    failures: &mut Failures,
) {
    for n in 0..script.answers.len() {
        let so_far: Vec<_> = script.answers.iter().take(n).map(PlatformAnswer::response).collect();
        let after = |status: u16, wait: Option<u64>, body: &str| {
            let mut answers = so_far.clone();
            let retry_after = wait.map(Duration::from_secs);
            answers.push(Response { status, retry_after, body: body.as_bytes().to_vec() });
            (outbound.next)(&script.send, account, &answers)
        };
        for status in [500, 502, 503, 504] {
            let end = after(status, None, "<html>down</html>");
            let retries = matches!(end, Next::Failed(SendError::Retry { .. }));
            failures.check(retries, name, format!("answer {n}: {status} must be tried again"));
        }
        let end = after(429, Some(37), "");
        let waits = matches!(end, Next::Failed(SendError::Retry { after_ms: Some(ms), .. }) if ms >= 37_000);
        failures.check(waits, name, format!("answer {n}: 429 must be tried again, 37 s later"));
        for body in ["", "[]", "null", "{", "{\"error\":7}", "\u{0}"] {
            for status in [200, 204, 302, 400, 401, 403, 404, 418] {
                let end = after(status, None, body);
                let taken = status >= 300 && matches!(end, Next::Done(_));
                failures.check(!taken, name, format!("answer {n}: {status} is not a success"));
            }
        }
    }
}

impl PlatformAnswer {
    fn response(&self) -> Response {
        let body = match &self.body {
            Value::Null => Vec::new(),
            Value::String(text) => text.as_bytes().to_vec(),
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                other.to_string().into_bytes()
            }
        };
        let retry_after = self.retry_after_s.map(Duration::from_secs);
        Response { status: self.status, retry_after, body }
    }
}

fn show_call(call: &Call) -> Value {
    let headers: BTreeMap<_, _> = call
        .request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let body = match &call.body {
        Body::Inline(bytes) => serde_json::from_slice(bytes)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(bytes).into_owned())),
        Body::Object { before, key, after } => json!({
            "before": String::from_utf8_lossy(before),
            "object": key,
            "after": String::from_utf8_lossy(after),
        }),
    };
    json!({
        "method": call.request.method.as_str(),
        "url": call.request.uri.to_string(),
        "headers": headers,
        "body": body,
        "delivers": call.delivers,
    })
}
