//! The kit tested on a toy channel: the honest one passes, and each broken one fails the check that is there for it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "all of this is a test")]

use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::sync::LazyLock;

use domain::content::{Content, Raw};
use domain::event::{Identity, InboundEvent, Kind, Message};
use domain::id::{AccountId, Channel, EventKey, IdentityId, ProviderId};
use domain::inbound::{Ack, Inbound, Malformed, Reply, Source};
use domain::jwt::KeyForm;
use domain::outbound::{
    Account, Auth, Body, Call, Capabilities, Failure, Next, Outbound, Response, Send, SendContent,
    SendError, SendProblem,
};
use domain::time::Timestamp;
use domain::webhook::{AddressProof, Encoding, JwtProof, Proof, Verified};
use serde_json::Value;

const CHANNEL: Channel = Channel::from_static("toy");

const INBOUND: Inbound = Inbound {
    channel: CHANNEL,
    name: "toy",
    source: Source::Http {
        proof: Proof::Hmac { header: "x-toy", prefix: "v0=", encoding: Encoding::Hex },
        handshake: None,
        reply: Reply::EMPTY,
    },
    ack: Ack { deadline_ms: 1000, resends: true },
    parse: honest,
};

const OUTBOUND: Outbound = Outbound {
    channel: CHANNEL,
    name: "toy",
    capabilities: || {
        static READ: LazyLock<Capabilities> = LazyLock::new(|| {
            Capabilities::built_in(
                r#"{"sources":[{"url":"https://toy.example","checked":"2026-11-21"}],
                    "text":{"max":10,"unit":"chars"},"confirm_within_s":600}"#,
            )
        });
        &READ
    },
    base_url: "https://toy.example",
    auth: Auth::Bearer,
    next: honest_next,
};

fn parse(
    webhook: &Verified<'_>,
    item: impl Fn(&Value) -> Option<InboundEvent>,
) -> Result<Vec<InboundEvent>, Malformed> {
    let body: Value = serde_json::from_slice(webhook.body())?;
    let items = body.get("items").and_then(Value::as_array).ok_or(Malformed("no items".into()))?;
    let too_deep = webhook.body().windows(64).any(|it| it.iter().all(|it| *it == b'['));
    if too_deep {
        return Err(Malformed("too deep".into()));
    }
    let unknown = |raw: &Value| InboundEvent {
        key: EventKey::new(domain::event::digest(&[&raw.to_string()])),
        kind: Kind::Unknown { what: "item".into(), raw: Raw(format!(r#"{{"items":[{raw}]}}"#)) },
        ..event("", webhook)
    };
    Ok(items.iter().map(|it| item(it).unwrap_or_else(|| unknown(it))).collect())
}

fn event(id: &str, webhook: &Verified<'_>) -> InboundEvent {
    InboundEvent {
        key: EventKey::new(id),
        channel: CHANNEL,
        account: webhook.accounts()[0].clone(),
        identity: None,
        at: webhook.received(),
        kind: Message::inbound(ProviderId::new(id), Content::text("")).into(),
        content_ref: None,
    }
}

fn message(webhook: &Verified<'_>, item: &Value) -> Option<InboundEvent> {
    let text = |name: &str| item.get(name).and_then(Value::as_str);
    let id = text("id").filter(|it| !it.is_empty())?;
    let identity = Identity {
        id: IdentityId::scoped(&CHANNEL, "", text("from")?),
        aliases: vec![],
        name: None,
    };
    let kind = Message::inbound(ProviderId::new(id), Content::text(text("text")?)).into();
    Some(InboundEvent { identity: Some(identity), kind, ..event(id, webhook) })
}

fn honest(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    parse(webhook, |it| message(webhook, it))
}

/// One broken item makes the whole webhook malformed.
fn strict(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let events = honest(webhook)?;
    let broken = events.iter().any(|it| matches!(it.kind, Kind::Unknown { .. }));
    if broken { Err(Malformed("strict".into())) } else { Ok(events) }
}

/// An item that cannot be read is dropped.
fn lossy(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let mut events = honest(webhook)?;
    events.retain(|it| !matches!(it.kind, Kind::Unknown { .. }));
    Ok(events)
}

/// Two facts share a key.
fn one_key(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let mut events = honest(webhook)?;
    for event in &mut events {
        event.key = EventKey::new("k");
    }
    Ok(events)
}

/// Two messages have one id.
fn one_id(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let mut events = honest(webhook)?;
    for event in &mut events {
        if let Kind::Message(message) = &mut event.kind {
            message.id = ProviderId::new("m");
        }
    }
    Ok(events)
}

/// The words of a message do not come out.
fn mute(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let mut events = honest(webhook)?;
    for event in &mut events {
        if let Kind::Message(message) = &mut event.kind {
            message.content = Content::text("…");
        }
    }
    Ok(events)
}

/// The words of one message do not come out.
fn forgetful(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let mut events = honest(webhook)?;
    for event in events.iter_mut().filter(|it| it.key.as_str() == "m3") {
        if let Kind::Message(message) = &mut event.kind {
            message.content = Content::text("…");
        }
    }
    Ok(events)
}

/// An item that cannot be read is kept without its envelope.
fn bare(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let mut events = honest(webhook)?;
    for event in &mut events {
        if let Kind::Unknown { raw, .. } = &mut event.kind {
            *raw = Raw(raw.0.replace(r#"{"items":["#, "").replace("]}", ""));
        }
    }
    Ok(events)
}

/// Each event holds the whole webhook.
fn copying(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let mut events = honest(webhook)?;
    for event in &mut events {
        event.content_ref = Some(String::from_utf8_lossy(webhook.body()).repeat(2));
    }
    Ok(events)
}

/// A person's words where they are printed.
fn chatty(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let mut events = honest(webhook)?;
    for event in &mut events {
        if let Kind::Message(message) = &mut event.kind {
            message.author = Some(message.content.words().to_owned());
        }
    }
    Ok(events)
}

fn honest_next(send: &Send, account: &Account, answers: &[Response]) -> Next {
    let SendContent::Text { text } = &send.content else {
        return Next::Failed(SendError::Refused(Failure::ours(SendProblem::ContentUnsupported)));
    };
    if text.chars().count() > 10 {
        return Next::Failed(SendError::Refused(Failure::ours(SendProblem::ContentUnsupported)));
    }
    let retry = |after_ms| {
        let failure = Failure::ours(SendProblem::ChannelUnavailable);
        Next::Failed(SendError::Retry { after_ms, at_most: None, failure })
    };
    match answers {
        [] => {
            let url = format!("{}/send", account.base_url);
            let (request, ()) = http::Request::post(url).body(()).unwrap().into_parts();
            let body = Body::Inline(serde_json::json!({ "text": text }).to_string().into_bytes());
            Next::Call(Call { request, body, delivers: true })
        }
        [answer, ..] if answer.status >= 500 || answer.status == 429 => {
            retry(answer.retry_after.map(|it| u64::try_from(it.as_millis()).unwrap()))
        }
        [answer, ..] if answer.status >= 300 => {
            Next::Failed(SendError::Refused(Failure::ours(SendProblem::PolicyRejected)))
        }
        _ => Next::Done(Some(ProviderId::new("p1"))),
    }
}

/// Sends whatever it is given, and gives up on any error.
fn careless_next(send: &Send, account: &Account, answers: &[Response]) -> Next {
    match honest_next(
        &Send { content: SendContent::Text { text: "x".into() }, ..send.clone() },
        account,
        answers,
    ) {
        Next::Failed(error) => Next::Failed(SendError::Refused(error.failure().clone())),
        other @ (Next::Call(_) | Next::Done(_)) => other,
    }
}

/// A place of its own for each test: `<place>/functions/toy` beside `<place>/events/toy`.
fn place(name: &str) -> String {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(fs::remove_dir_all(&root));
    let (here, events) = (root.join("functions/toy"), root.join("events/toy"));
    fs::create_dir_all(&here).unwrap();
    fs::create_dir_all(&events).unwrap();
    let write = |name: &str, text: &str| fs::write(events.join(name), text).unwrap();
    write("accounts.json", r#"["a1"]"#);
    let left_out = r#"{"texts":{},"lists":{"items":"the envelope has this list alone"}}"#;
    write("left_out.json", left_out);
    let words = r#"{"items":[{"id":"m1","from":"447700900111","text":"two words"},{"id":"m2","from":"447700900112","text":"more words"}]}"#;
    write("words.in.json", words);
    write("words-again.in.json", words);
    write("cut.in.json", r#"{"body":"{\"items\":"}"#);
    let odd = r#"{"items":[{"odd":"one"}]}"#;
    write("odd.in.json", odd);
    write(
        "words.send.json",
        r#"{"send":{"reference":"msg_1.0","to":["toy##7"],"content":{"type":"text","text":"hello"}},"answers":[{"status":200,"body":{}}]}"#,
    );
    let accounts = [AccountId::new("a1")];
    let received = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let events = |body: &str| {
        let events = honest(&Verified::vouched(body.as_bytes(), &accounts, received)).unwrap();
        serde_json::to_string_pretty(&events).unwrap()
    };
    write("odd.out.json", &events(odd));
    let out = events(words);
    write("words.out.json", &out);
    write("words-again.out.json", &out);
    write("cut.out.json", "\"malformed\"");
    write(
        "words.http.json",
        r#"{"calls":[{"method":"POST","url":"https://toy.example/send","headers":{},"body":{"text":"hello"},"delivers":true}],"end":{"done":"p1"}}"#,
    );
    here.to_str().unwrap().to_owned()
}

fn fails(check: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = catch_unwind(check).unwrap_err();
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

fn with(parse: fn(&Verified<'_>) -> Result<Vec<InboundEvent>, Malformed>) -> Inbound {
    Inbound { parse, ..INBOUND.clone() }
}

#[test]
fn an_honest_channel_passes_every_check() {
    let here = place("honest");
    kit::check_inbound(&INBOUND, &here);
    kit::check_mutations(&INBOUND, &here, 1000);
    kit::check_robust(&INBOUND, &here);
    kit::check_no_personal_data(&INBOUND, &here);
    kit::check_replay(&INBOUND, &here);
    kit::check_growth(&INBOUND, &here);
    kit::check_nothing_is_lost(&INBOUND, &here);
    kit::check_outbound(&OUTBOUND, &here);
    kit::check_limits(&OUTBOUND, &here);
}

#[test]
fn a_token_channel_passes_too() {
    let here = place("token");
    let Source::Http { handshake, reply, .. } = INBOUND.source else { unreachable!("it is HTTP") };
    let source = Source::Http { proof: Proof::Token { header: "x-toy" }, handshake, reply };
    let inbound = Inbound { source, ..INBOUND.clone() };
    kit::check_inbound(&inbound, &here);
    kit::check_mutations(&inbound, &here, 1000);
}

#[test]
fn channels_whose_platforms_prove_more_than_a_body_pass_too() {
    let jwt = JwtProof {
        header: "authorization",
        prefix: "Bearer ",
        key: KeyForm::Base64,
        digest: Some("digest"),
        addressed: true,
        within_s: 300,
    };
    let address = AddressProof { header: "x-toy", settings: "x-toy-with", digest: "sha" };
    for (name, proof) in [
        ("address", Proof::Address(address)),
        ("body-token", Proof::BodyToken { field: "token" }),
        ("jwt", Proof::Jwt(jwt)),
        ("jwt-alone", Proof::Jwt(JwtProof { digest: None, ..jwt })),
    ] {
        let here = place(name);
        let source = Source::Http { proof, handshake: None, reply: Reply::EMPTY };
        let inbound = Inbound { source, ..INBOUND.clone() };
        let events = PathBuf::from(&here).join("../../events/toy");
        if let Proof::BodyToken { .. } = proof {
            // There is no room for a token in what is no object, so it is not proven.
            fs::remove_file(events.join("cut.in.json")).unwrap();
            fs::remove_file(events.join("cut.out.json")).unwrap();
        }
        if let Proof::Address(_) = proof {
            let form = r#"{"headers":{"content-type":"application/x-www-form-urlencoded"},"body":"a=1&b=x%2By+z&c="}"#;
            fs::write(events.join("form.in.json"), form).unwrap();
            fs::write(events.join("form.out.json"), "\"malformed\"").unwrap();
        }
        kit::check_inbound(&inbound, &here);
        kit::check_mutations(&inbound, &here, 5000);
        kit::check_no_oracle(&inbound, &here);
    }
}

#[test]
fn a_folder_that_does_not_agree_with_itself_fails() {
    let here = place("folder");
    let events = PathBuf::from(&here).join("../../events/toy");
    fs::write(events.join("ghost.out.json"), "[]").unwrap();
    fs::remove_file(events.join("cut.out.json")).unwrap();
    let said = fails(|| kit::check_inbound(&INBOUND, &here));
    assert!(said.contains("ghost: an .out.json without") && said.contains("cut: "), "{said}");
    for name in ["words", "words-again", "cut", "odd"] {
        fs::remove_file(events.join(format!("{name}.in.json"))).unwrap();
    }
    let said = fails(|| kit::check_inbound(&INBOUND, &here));
    assert!(said.contains("holds no .in.json"), "{said}");
}

#[test]
fn a_channel_that_loses_or_refuses_a_broken_item_fails() {
    let here = place("broken");
    let said = fails(|| kit::check_robust(&with(lossy), &here));
    assert!(said.contains("the broken item is lost"), "{said}");
    let said = fails(|| kit::check_robust(&with(strict), &here));
    assert!(said.contains("the whole webhook is malformed"), "{said}");
}

#[test]
fn a_channel_that_keeps_what_it_cannot_read_again_fails() {
    let here = place("bare");
    let said = fails(|| kit::check_replay(&with(bare), &here));
    assert!(said.contains("is not read again as the same event"), "{said}");
    let said = fails(|| kit::check_replay(&with(lossy), &here));
    assert!(said.contains("keep nothing"), "{said}");
}

#[test]
fn a_channel_that_copies_a_webhook_into_each_of_its_events_fails() {
    let here = place("copies");
    let said = fails(|| kit::check_growth(&with(copying), &here));
    assert!(said.contains("events of"), "{said}");
}

#[test]
fn a_channel_with_one_key_for_two_facts_fails() {
    let here = place("keys");
    let said = fails(|| kit::check_inbound(&with(one_key), &here));
    assert!(said.contains("shares the event key"), "{said}");
}

#[test]
fn a_channel_with_one_id_for_two_messages_fails() {
    let here = place("ids");
    let said = fails(|| kit::check_inbound(&with(one_id), &here));
    assert!(said.contains("two messages with the id m"), "{said}");
}

#[test]
fn a_channel_that_loses_a_word_or_a_list_without_a_reason_fails() {
    let here = place("lost");
    let said = fails(|| kit::check_nothing_is_lost(&with(mute), &here));
    assert!(said.contains("the text at items.text does not come out"), "{said}");
    let left_out = PathBuf::from(&here).join("../../events/toy/left_out.json");
    fs::write(&left_out, r#"{"texts":{"items.text":"why"},"lists":{"items":"why"}}"#).unwrap();
    kit::check_nothing_is_lost(&with(mute), &here);
    let said = fails(|| kit::check_nothing_is_lost(&INBOUND, &here));
    assert!(said.contains("left_out.json: differs") && said.contains("items.text"), "{said}");
    fs::write(&left_out, r#"{"texts":{},"lists":{}}"#).unwrap();
    let said = fails(|| kit::check_nothing_is_lost(&INBOUND, &here));
    assert!(said.contains("with `new_items` beside it an item is lost"), "{said}");
}

#[test]
fn what_goes_in_one_fixture_and_mostly_comes_out_is_named_for_that_one() {
    let here = place("forgetful");
    let events = PathBuf::from(&here).join("../../events/toy");
    let third = r#"{"items":[{"id":"m3","from":"447700900111","text":"third words"}]}"#;
    fs::write(events.join("third.in.json"), third).unwrap();
    let check = |name: &str| {
        let texts = format!(r#"{{"texts":{{{name}}},"lists":{{"items":"why"}}}}"#);
        fs::write(events.join("left_out.json"), texts).unwrap();
        kit::check_nothing_is_lost(&with(forgetful), &here);
    };
    for name in ["", r#""items.text":"why""#, r#""items.text in words":"why""#] {
        let said = fails(std::panic::AssertUnwindSafe(|| check(name)));
        assert!(said.contains("third: the text at items.text does not come out"), "{said}");
    }
    check(r#""items.text in third":"why""#);
    check(r#""items.text in th*":"why""#);
}

#[test]
fn a_channel_that_prints_what_people_say_fails() {
    let here = place("chatty");
    let said = fails(|| kit::check_no_personal_data(&with(chatty), &here));
    assert!(said.contains("prints 9 characters"), "{said}");
}

#[test]
fn a_send_without_limits_or_retries_fails() {
    let here = place("careless");
    let outbound = Outbound { next: careless_next, ..OUTBOUND.clone() };
    let said = fails(|| kit::check_limits(&outbound, &here));
    assert!(said.contains("a text that is one too long: must be refused"), "{said}");
    let said = fails(|| kit::check_outbound(&outbound, &here));
    assert!(said.contains("500 must be tried again"), "{said}");
}
