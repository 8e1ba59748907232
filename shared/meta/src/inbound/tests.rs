//! Properties of the envelope: every item is an event, whatever is in it and beside it.

use domain::event::Kind;
use domain::id::AccountId;
use proptest::prelude::*;

use super::*;

const FAMILY: Family =
    Family { channel: Channel::from_static("toy"), object: "toy", change: |_| None };

fn events(body: &[u8]) -> Result<Vec<InboundEvent>, Malformed> {
    let accounts = [AccountId::new("7")];
    parse(&FAMILY, &Verified::vouched(body, &accounts, Timestamp::from_secs(1_795_000_000)))
}

fn webhook(account: &str, list: &str, items: &[String]) -> String {
    let items = items.join(",");
    format!(r#"{{"object":"toy","entry":[{{"id":"{account}","time":1,"{list}":[{items}]}}]}}"#)
}

/// Items of every kind, some of them broken.
fn item() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec![
        "message",
        "postback",
        "message_edit",
        "referral",
        "optin",
        "reaction",
        "read",
        "juggle",
    ]);
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[[]]".to_owned()),
        Just("7".to_owned()),
        "[a-z]{0,9}".prop_map(|it| format!("\"{it}\"")),
        Just(r#"{"mid":"m","id":"p","text":"t","ref":"r"}"#.to_owned()),
        Just(r#"{"mid":7,"attachments":[null,{"type":"image"}],"text":[]}"#.to_owned()),
    ];
    let item = (kind, value.clone(), value.clone(), value.clone(), value.clone()).prop_map(
        |(kind, sender, recipient, timestamp, part)| {
            format!(r#"{{"sender":{sender},"recipient":{recipient},"timestamp":{timestamp},"{kind}":{part}}}"#)
        },
    );
    prop_oneof![5 => item, 1 => value]
}

#[test]
fn an_item_that_says_two_things_is_two_events() {
    let item = r#"{"sender":{"id":"p"},"timestamp":1,"message":{"mid":"m","text":"t"},"read":{"mid":"o"}}"#;
    let found = events(webhook("7", "messaging", &[item.to_owned()]).as_bytes()).unwrap();
    assert!(matches!(found[0].kind, Kind::Message(_)) && matches!(found[1].kind, Kind::Receipt(_)));
    assert_eq!(found.len(), 2);
}

#[test]
fn a_message_overtaken_by_its_edit_shares_no_key_with_it() {
    let item = |part: &str| format!(r#"{{"sender":{{"id":"p"}},"timestamp":1,{part}}}"#);
    let items = [
        item(r#""message_edit":{"mid":"m","text":"b","num_edit":1}"#),
        item(r#""message_edit":{"mid":"m","text":"c","num_edit":"2"}"#),
        item(r#""message":{"mid":"m","text":"a"}"#),
        item(r#""message":{"mid":"m","is_deleted":true}"#),
    ];
    let found = events(webhook("7", "messaging", &items).as_bytes()).unwrap();
    let keys: Vec<_> = found.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys, ["m:edit:1", "m:edit:2", "m", "m:del"]);
}

proptest! {
    #[test]
    fn n_items_in_are_n_events_out(
        items in prop::collection::vec(item(), 1..8),
        account in prop::sample::select(vec!["7", "8"]),
        list in prop::sample::select(vec!["messaging", "standby", "changes"]),
    ) {
        let found = events(webhook(account, list, &items).as_bytes()).unwrap();
        prop_assert_eq!(found.len(), items.len());
        prop_assert!(found.iter().all(|it| !it.key.as_str().is_empty()));
        if account == "8" {
            let all_unknown = found.iter().all(|it| matches!(it.kind, Kind::Unknown { .. }));
            prop_assert!(all_unknown, "an item of another account is believed");
        }
    }

    #[test]
    fn what_is_kept_is_read_again_as_the_same_event(
        items in prop::collection::vec(item(), 1..8),
        list in prop::sample::select(vec!["messaging", "standby", "changes", "things"]),
    ) {
        for event in events(webhook("7", list, &items).as_bytes()).unwrap() {
            if let Kind::Unknown { raw, .. } = &event.kind {
                prop_assert_eq!(events(raw.0.as_bytes()).unwrap(), vec![event.clone()]);
            }
        }
    }

    #[test]
    fn any_bytes_are_malformed_or_events(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(events(&bytes));
    }

    #[test]
    fn any_json_is_malformed_or_events(parts in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"entry\"", "\"id\"", "\"7\"", "\"messaging\"", "\"field\"", "\"value\"", "1", "null", "\"\\ud800\"",
    ]), 0..40)) {
        drop(events(parts.concat().as_bytes()));
    }
}
