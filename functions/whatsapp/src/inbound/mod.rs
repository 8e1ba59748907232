//! Webhooks: an envelope of entries of changes, each with lists of items. Every item becomes one event, whatever is in it.
//!
//! Nothing here fails but the envelope: an item that cannot be read is an `Unknown` with a webhook of its own.

mod account;
mod call;
mod cards;
mod content;
mod kept;
mod message;
mod people;
mod scene;
mod shown;
mod status;

use std::borrow::Cow;

use domain::event::InboundEvent;
use domain::inbound::Malformed;
use domain::json::{Fields, envelope};
use domain::webhook::Verified;
use serde_json::value::RawValue;

use kept::Frame;
pub(crate) use message::GROUP;
pub(crate) use people::{is_phone, is_user_id};
use scene::{ChangeContext, STANDBY};

/// The name of its webhooks for themselves.
const OBJECT: &str = "whatsapp_business_account";

/// Reads one item; `None` if it cannot be read.
type Reader =
    fn(scene: &ChangeContext<'_>, item: &Fields<'_>, raw: &RawValue) -> Option<InboundEvent>;

/// The lists of items that a value may hold, in the order in which they are read, and who reads their entries. One may
/// stand beside any other, and new fields bring old lists: the list decides, not the field.
const LISTS: &[(&str, Reader)] = &[
    ("messages", message::inbound),
    ("message_echoes", message::echo),
    ("statuses", status::receipt),
    ("errors", account::error),
    ("user_preferences", people::preference),
    ("user_id_update", people::new_user_id),
    ("calls", call::report),
    // Page-like webhooks have it as a list of its own.
    (STANDBY, message::inbound),
];

/// The list that is none of items: it says of whom they are.
const PEOPLE: &str = "contacts";

/// The longest name of a list that is copied into what is kept of each of its items.
const LONGEST_LIST: usize = 40;

/// The reason for which an item is kept unread though it may be whole.
const ANOTHER_ACCOUNT: &str = "another account";

/// Turns a proven webhook into the events in it.
pub(crate) fn parse(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let body = envelope(webhook.body())?;
    if !body.raw("entry").is_some_and(|it| it.get().starts_with('[')) {
        return Err(Malformed("no list of entries".to_owned()));
    }
    if !body.are_short(&["object"]) {
        return Err(Malformed("no name of a product".to_owned()));
    }
    let object = body.raw("object");
    let is_ours = body.text("object").is_none_or(|it| it == OBJECT);
    let mut events = Vec::with_capacity(4);
    for raw in body.list("entry") {
        if let Some(entry) = Fields::of(raw).filter(|_| is_ours) {
            read_entry(webhook, &entry, raw, &mut events);
        } else {
            let object = object.filter(|_| !is_ours);
            events.push(ChangeContext::nowhere(webhook).unknown(
                "entry",
                raw,
                kept::entry(object, raw),
            ));
        }
    }
    Ok(events)
}

fn read_entry(
    webhook: &Verified<'_>,
    entry: &Fields<'_>,
    raw: &RawValue,
    events: &mut Vec<InboundEvent>,
) {
    let frame = Frame::of_entry(entry);
    let changes = entry.list("changes");
    if changes.is_empty() || !entry.are_short(&["id", "time"]) {
        let scene = ChangeContext::of_entry(webhook, entry);
        events.push(scene.unknown("entry", raw, kept::entry(None, raw)));
        return;
    }
    for raw in changes {
        if let Some(change) = Fields::of(raw) {
            read_change(webhook, (entry, frame), &change, raw, events);
        } else {
            let scene = ChangeContext::of_entry(webhook, entry);
            events.push(scene.unknown("change", raw, frame.change(raw.get())));
        }
    }
}

fn read_change(
    webhook: &Verified<'_>,
    (entry, frame): (&Fields<'_>, Frame<'_>),
    change: &Fields<'_>,
    raw: &RawValue,
    events: &mut Vec<InboundEvent>,
) {
    let value = change.object("value");
    let field = change.text("field").unwrap_or("messages".into());
    let frame = frame.of_change(change, &value);
    let mut scene = ChangeContext::of_value(webhook, entry, &value, frame);
    let before = events.len();
    let is_short =
        change.are_short(&["field"]) && value.object("metadata").are_short(&["phone_number_id"]);
    if is_short && !account::is_whole(&field) {
        read_lists(&mut scene, &value, events);
        let standby = value.object(STANDBY);
        scene = scene.within(STANDBY);
        read_lists(&mut scene, &standby, events);
    }
    if events.len() == before {
        let whole = || account::change(&scene, &field, &value, change.raw("value"));
        let what = if scene.is_ours { field.as_ref() } else { ANOTHER_ACCOUNT };
        let event = scene.is_ours.then(whole).flatten();
        events.push(event.unwrap_or_else(|| scene.unknown(what, raw, frame.change(raw.get()))));
    }
}

/// Reads every list of a value: those that we know, then those that we do not, which are kept.
fn read_lists(scene: &mut ChangeContext<'_>, value: &Fields<'_>, events: &mut Vec<InboundEvent>) {
    let is_object = |name: &str| value.raw(name).is_some_and(|it| it.get().starts_with('{'));
    for (list, read) in LISTS.iter().filter(|(list, _)| *list != STANDBY || !is_object(list)) {
        scene.list = Cow::Borrowed(list);
        events.extend(value.list(list).into_iter().map(|raw| read_item(scene, raw, *read)));
    }
    let is_known = |name: &str| name == PEOPLE || LISTS.iter().any(|(list, _)| *list == name);
    for name in value.names().filter(|it| it.len() <= LONGEST_LIST && !is_known(it)) {
        let plain = name.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-.".contains(&it));
        if plain && value.raw(name).is_some_and(|it| it.get().starts_with('[')) {
            scene.list = Cow::Owned(name.to_owned());
            events.extend(value.list(name).into_iter().map(|raw| read_item(scene, raw, unread)));
        }
    }
}

fn read_item(scene: &ChangeContext<'_>, raw: &RawValue, read: Reader) -> InboundEvent {
    if !scene.is_ours {
        return scene.unknown(ANOTHER_ACCOUNT, raw, scene.kept(raw));
    }
    let fields = Fields::of(raw).map(scene::flat);
    fields
        .and_then(|it| read(scene, &it, raw))
        .unwrap_or_else(|| scene.unknown(&scene.list, raw, scene.kept(raw)))
}

/// Reads nothing: what is kept but not modelled.
fn unread(_: &ChangeContext<'_>, _: &Fields<'_>, _: &RawValue) -> Option<InboundEvent> {
    None
}

#[cfg(test)]
mod tests {
    use domain::event::Kind;
    use domain::id::AccountId;
    use domain::time::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn events(body: &str) -> Result<Vec<InboundEvent>, Malformed> {
        let accounts = ["7008", "9001"].map(AccountId::new);
        parse(&Verified::vouched(body.as_bytes(), &accounts, Timestamp::from_secs(1_795_000_000)))
    }

    #[test]
    fn only_an_envelope_that_cannot_be_read_is_malformed() {
        for body in
            ["", "7", "[]", "{}", r#"{"object":"whatsapp_business_account"}"#, r#"{"entry":{}}"#]
        {
            assert!(events(body).is_err(), "{body}");
        }
        assert_eq!(events(r#"{"entry":[]}"#).unwrap(), []);
    }

    #[test]
    fn another_product_s_entries_are_kept_unread() {
        let found = events(r#"{"object":"page","entry":[{"id":"1"},{"id":"2"}]}"#).unwrap();
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|it| matches!(it.kind, Kind::Unknown { .. })));
    }

    /// A list may have any name, also that of an object which other webhooks have beside their lists.
    #[test]
    fn what_is_kept_of_a_list_in_the_place_of_an_object_is_read_again() {
        for list in ["metadata", "standby", "errors", "id", "value", "field"] {
            let value = format!(r#"{{"{list}":[{{"id":"1"}},{{"id":"2"}}]}}"#);
            let change = format!(r#"{{"field":"calls","value":{value}}}"#);
            let found = events(&format!(r#"{{"entry":[{{"id":"9001","changes":[{change}]}}]}}"#));
            let found = found.unwrap();
            assert_eq!(found.len(), 2, "{list}");
            for event in found {
                if let Some(kept) = event.kind.kept() {
                    assert_eq!(events(&kept.0).unwrap(), [event], "{list}");
                }
            }
        }
    }

    fn item() -> impl Strategy<Value = String> {
        let id = "[a-z0-9]{0,6}";
        let kind =
            prop::sample::select(vec!["text", "image", "system", "edit", "poll", "reaction"]);
        let value = prop_oneof![
            Just("null".to_owned()),
            Just("{}".to_owned()),
            Just("[]".to_owned()),
            Just("7".to_owned()),
            "[a-z +]{0,9}".prop_map(|it| format!("\"{it}\"")),
            prop::sample::select(vec!["\"4477009001\"", "\"GB.2\"", "\"1795000000\""])
                .prop_map(str::to_owned),
            "[a-z]{0,4}".prop_map(|it| format!("{{\"body\":\"{it}\",\"id\":\"1\"}}")),
        ];
        let item = (id, kind, value.clone(), value.clone(), value.clone()).prop_map(
            |(id, kind, from, time, payload)| {
                format!(r#"{{"id":"{id}","from":{from},"timestamp":{time},"type":"{kind}","{kind}":{payload}}}"#)
            },
        );
        prop_oneof![4 => item, 1 => value]
    }

    /// Somebody whom an item may name by these very addresses.
    fn person() -> impl Strategy<Value = String> {
        let phone = prop::sample::select(vec!["4477009001", "4477009002", "a"]);
        let user = prop::sample::select(vec!["GB.1", "GB.2", ""]);
        (phone, user, "[a-z]{1,4}").prop_map(|(phone, user, name)| {
            format!(r#"{{"wa_id":"{phone}","user_id":"{user}","profile":{{"name":"{name}"}}}}"#)
        })
    }

    proptest! {
        #[test]
        fn n_items_in_are_n_events_out_and_what_is_kept_is_read_again(
            messages in prop::collection::vec(item(), 0..6),
            statuses in prop::collection::vec(item(), 0..6),
            contacts in prop::collection::vec(person(), 0..4),
            account in prop::sample::select(vec!["7008", "7009"]),
        ) {
            let n = messages.len() + statuses.len();
            let body = format!(
                r#"{{"entry":[{{"id":"9001","changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"{account}"}},"contacts":[{}],"messages":[{}],"statuses":[{}]}}}}]}}]}}"#,
                contacts.join(","), messages.join(","), statuses.join(","),
            );
            let found = events(&body).unwrap();
            prop_assert_eq!(found.len(), n.max(1));
            for event in found {
                if let Some(kept) = event.kind.kept() {
                    prop_assert_eq!(events(&kept.0).unwrap(), [event]);
                }
            }
        }

        #[test]
        fn any_bytes_are_malformed_or_events(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let accounts = [AccountId::new("7008")];
            drop(parse(&Verified::vouched(&bytes, &accounts, Timestamp::from_secs(1))));
        }

        #[test]
        fn any_json_is_malformed_or_events(parts in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"entry\"", "\"changes\"", "\"value\"", "\"field\"", "\"messages\"", "1", "null", "\"\\ud800\"",
        ]), 0..40)) {
            drop(events(&parts.concat()));
        }
    }
}
