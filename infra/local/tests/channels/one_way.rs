//! Channels that there are not yet: calls, which send nothing; a text service that nothing comes back by; mail, which a service
//! of AWS brings. All who use the list take each as it is.

use std::sync::LazyLock;

use channels::Channel;
use domain::id;
use domain::inbound::{Ack, AwsEvent, Inbound, Reply, Source};
use domain::outbound::{Auth, Capabilities, Next, Outbound};
use domain::webhook::{Encoding, Proof};
use local::{replay, secrets};

use crate::registered::missing;

const fn inbound(channel: &'static str, name: &'static str, source: Source) -> Inbound {
    let ack = Ack { deadline_ms: 1_000, resends: true };
    Inbound { channel: id::Channel::from_static(channel), name, source, ack, parse: |_| Ok(vec![]) }
}

const fn outbound(channel: &'static str, name: &'static str) -> Outbound {
    Outbound {
        channel: id::Channel::from_static(channel),
        name,
        capabilities: || {
            static READ: LazyLock<Capabilities> = LazyLock::new(|| {
                Capabilities::built_in(
                    r#"{"sources":[],"text":{"max":160,"unit":"chars"},"confirm_within_s":600}"#,
                )
            });
            &READ
        },
        base_url: "https://sms.example",
        auth: Auth::Bearer,
        next: |_, _, _| Next::Done(None),
    }
}

const WEBHOOK: Source = Source::Http {
    proof: Proof::Hmac { header: "x-proof", prefix: "", encoding: Encoding::Hex },
    handshake: None,
    reply: Reply::EMPTY,
};

const OWN: Source = Source::Aws { event: AwsEvent::Records, fetch: |_| Ok(None) };

const CALLS: Channel =
    Channel { name: "calls", inbound: &[inbound("calls", "calls", WEBHOOK)], outbound: &[] };
const TEXTS: Channel =
    Channel { name: "texts", inbound: &[], outbound: &[outbound("texts", "texts")] };
const MAIL: Channel = Channel {
    name: "mail",
    inbound: &[inbound("mail", "mail", OWN)],
    outbound: &[outbound("mail", "mail")],
};

/// Two providers of one channel: one calls us, the other is a service of AWS.
const BOTH: Channel = Channel {
    name: "both",
    inbound: &[inbound("both", "both", WEBHOOK), inbound("both", "both-own", OWN)],
    outbound: &[outbound("both", "both"), outbound("both", "both-own")],
};

const ALL: &[Channel] = &[CALLS, TEXTS, MAIL, BOTH];
const NAMES: &str = "calls,texts,mail,both";

#[test]
fn the_api_offers_those_that_send() {
    let offers = channels::offers(ALL, NAMES).unwrap();
    let named: Vec<_> = offers.iter().map(|it| it.channel.as_str()).collect();
    assert_eq!(named, ["texts", "mail", "both"]);
    assert!(
        channels::offers(ALL, "calls").unwrap().is_empty() && channels::offers(ALL, "fax").is_err()
    );
}

#[test]
fn outbound_sends_by_those_that_send() {
    let senders = outbound::senders(ALL, NAMES).unwrap();
    let named: Vec<_> = senders.iter().map(|it| it.name).collect();
    assert_eq!(named, ["texts", "mail", "both", "both-own"]);
    assert!(outbound::senders(ALL, "fax").is_err());
}

#[test]
fn a_replay_reads_again_what_comes_in() {
    let readers = |name| {
        replay::readers(ALL, name).map(|all| all.iter().map(|it| it.name).collect::<Vec<_>>())
    };
    assert_eq!(readers("calls").unwrap(), ["calls"]);
    assert_eq!(readers("mail").unwrap(), ["mail"]);
    assert_eq!(readers("both").unwrap(), ["both", "both-own"]);
    let error = |name| readers(name).unwrap_err();
    assert_eq!(error("texts").to_string(), "nothing comes in by texts");
    assert_eq!(error("fax").to_string(), "fax is not a channel");
}

#[test]
fn a_channel_has_a_secret_for_each_source_and_one_for_all_that_it_sends() {
    let of = |channel: &Channel| secrets::of(channel).map(|it| it.0).collect::<Vec<_>>();
    assert_eq!(of(&CALLS), ["calls/webhook"]);
    assert_eq!(of(&TEXTS), ["texts/sending"]);
    assert_eq!(of(&MAIL), ["mail/webhook", "mail/sending"]);
    assert_eq!(of(&BOTH), ["both/webhook", "both-own/webhook", "both/sending"]);
}

#[test]
fn what_a_new_channel_has_to_be_registered_with_is_said_at_once() {
    let of = |channel: &Channel| missing(channel).join("\n");
    let (calls, texts, mail) = (of(&CALLS), of(&TEXTS), of(&MAIL));
    for everywhere in [
        "README.md",
        "the pattern of Channels",
        "its condition",
        "kinds.json",
        "infra/local/src/models",
    ] {
        assert!([&calls, &texts, &mail].iter().all(|it| it.contains(everywhere)), "{everywhere}");
    }
    for (what, asked) in [
        ("src/main.rs", [true, false, true]),
        ("--bin ", [true, false, true]),
        ("its block", [true, false, true]),
        ("<case>.in.json", [true, false, true]),
        ("<case>.send.json", [false, true, true]),
        ("WebhookUrl", [true, false, false]),
        ("subscriptions.rs", [true, false, false]),
        ("kit::conformance!(calls, inbound);", [true, false, false]),
        ("kit::conformance!(texts, outbound);", [false, true, false]),
        ("kit::conformance!(mail);", [false, false, true]),
        ("AskCustomerOn", [false; 3]),
    ] {
        assert_eq!([&calls, &texts, &mail].map(|it| it.contains(what)), asked, "{what}");
    }
}

#[test]
fn every_source_beside_the_first_is_registered_by_its_own_name() {
    let missing = missing(&BOTH).join("\n");
    for asked in [
        "functions/both/src/main.rs",
        "functions/both/src/bin/both-own.rs",
        "events/both-own: a case `<case>.in.json`",
        "events/both-own: a case `<case>.send.json`",
        "--bin both-own",
        "BothFunction",
        "BothOwnFunction",
        "BothWebhookUrl",
        "functions/both/tests/events.rs: `kit::conformance!(both);`",
        "functions/both/tests/both-own.rs: `kit::conformance!(…);`",
    ] {
        assert!(missing.contains(asked), "{asked} in {missing}");
    }
    assert!(!missing.contains("BothOwnWebhookUrl"), "a service of AWS calls no address");
}
