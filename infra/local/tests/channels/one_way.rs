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

const fn inbound(name: &'static str, source: Source) -> Inbound {
    let ack = Ack { deadline_ms: 1_000, resends: true };
    Inbound { channel: id::Channel::from_static(name), source, ack, parse: |_| Ok(vec![]) }
}

const fn outbound(name: &'static str) -> Outbound {
    Outbound {
        channel: id::Channel::from_static(name),
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
    Channel { name: "calls", inbound: Some(inbound("calls", WEBHOOK)), outbound: None };
const TEXTS: Channel = Channel { name: "texts", inbound: None, outbound: Some(outbound("texts")) };
const MAIL: Channel =
    Channel { name: "mail", inbound: Some(inbound("mail", OWN)), outbound: Some(outbound("mail")) };

const ALL: &[Channel] = &[CALLS, TEXTS, MAIL];
const NAMES: &str = "calls,texts,mail";

#[test]
fn the_api_offers_those_that_send() {
    let offers = channels::offers(ALL, NAMES).unwrap();
    assert_eq!(offers.iter().map(|it| it.channel.as_str()).collect::<Vec<_>>(), ["texts", "mail"]);
    assert!(
        channels::offers(ALL, "calls").unwrap().is_empty() && channels::offers(ALL, "fax").is_err()
    );
}

#[test]
fn outbound_sends_by_those_that_send() {
    let senders = outbound::senders(ALL, NAMES).unwrap();
    assert_eq!(senders.iter().map(|it| it.channel.as_str()).collect::<Vec<_>>(), ["texts", "mail"]);
    assert!(outbound::senders(ALL, "fax").is_err());
}

#[test]
fn a_replay_reads_again_what_comes_in() {
    for name in ["calls", "mail"] {
        assert_eq!(replay::reader(ALL, name).unwrap().channel.as_str(), name);
    }
    let error = |name| replay::reader(ALL, name).map(|it| it.channel.clone()).unwrap_err();
    assert_eq!(error("texts").to_string(), "nothing comes in by texts");
    assert_eq!(error("fax").to_string(), "fax is not a channel");
}

#[test]
fn a_channel_has_a_secret_for_each_way_that_it_goes() {
    let of = |channel: &Channel| secrets::of(channel).map(|it| it.0).collect::<Vec<_>>();
    assert_eq!(of(&CALLS), ["webhook"]);
    assert_eq!(of(&TEXTS), ["sending"]);
    assert_eq!(of(&MAIL), ["webhook", "sending"]);
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
        ("webhook URL", [true, false, false]),
        ("subscriptions.rs", [true, false, false]),
        ("kit::conformance!(calls, inbound);", [true, false, false]),
        ("kit::conformance!(texts, outbound);", [false, true, false]),
        ("kit::conformance!(mail);", [false, false, true]),
        ("AskCustomerOn", [false; 3]),
    ] {
        assert_eq!([&calls, &texts, &mail].map(|it| it.contains(what)), asked, "{what}");
    }
}
