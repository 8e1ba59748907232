//! A table that events are filed into, and what it holds, written so that two tables can be compared.

use std::collections::BTreeMap;
use std::time::Duration;

use aws::store::item::Item;
use aws::store::keys::Key;
use aws::store::{Filed, Fresh, Rules, Store, Stored};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::event::InboundEvent;
use domain::filing::{Change, Live};
use domain::id::ThreadId;
use domain::threading::Profile;

use crate::{Cloud, Process, STAMPS, TABLE, is_in_inbox};

/// The rules of a deployment that keeps messages for 400 days.
#[must_use]
pub fn rules() -> Rules {
    Rules::keeping(Some(Duration::from_hours(24 * 400)))
}

/// The table as a program sees it.
#[must_use]
pub fn table(process: &Process) -> Store {
    Store::over(process.table.clone(), TABLE.to_owned())
}

/// Files an event under the rules above.
pub async fn file(table: &Store, event: &InboundEvent) -> anyhow::Result<Filed> {
    table.filing().file(event, &Fresh::ids(), &rules()).await
}

/// Files events that must all be filed.
pub async fn file_all(table: &Store, events: &[InboundEvent]) -> Vec<Filed> {
    let mut filed = Vec::new();
    for event in events {
        filed.push(file(table, event).await.unwrap());
    }
    filed
}

/// Puts items into a table as they are.
pub async fn fill(cloud: &Cloud, items: Vec<Item>) {
    let client = cloud.process().table;
    let put = |item: &Item| PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
    for batch in items.chunks(25) {
        let writes: Vec<_> =
            batch.iter().map(|it| WriteRequest::builder().put_request(put(it)).build()).collect();
        client.batch_write_item().request_items(TABLE, writes).send().await.unwrap();
    }
}

/// The items of a table, by key, with the names of people and threads replaced by what they hold, and without versions: equal for
/// two runs that ended the same.
#[must_use]
pub fn picture(items: &[Item]) -> BTreeMap<String, String> {
    let names = names(items);
    let rename = |text: String| names.iter().fold(text, |text, (from, to)| text.replace(from, to));
    let show = |item: &Item| {
        let is_answered = !is_in_inbox(item);
        let value = |name: &str, value: &AttributeValue| match value.as_n() {
            // Where in its day an answered thread stands is by its id, which is by chance.
            Ok(at) if name == "list_at" && is_answered => {
                (at.parse::<i64>().unwrap() / 86_400_000).to_string()
            }
            _ => shown(value),
        };
        let fields: BTreeMap<_, _> =
            item.iter().filter(|(name, _)| !STAMPS.contains(&name.as_str())).collect();
        let fields: Vec<_> =
            fields.into_iter().map(|(name, it)| format!("{name}={}", value(name, it))).collect();
        fields.join(" ")
    };
    items
        .iter()
        .map(|item| {
            (rename(format!("{} {}", text(item, "pk"), text(item, "sk"))), rename(show(item)))
        })
        .collect()
}

/// A thread is named by its first message, a person by their first address.
fn names(items: &[Item]) -> BTreeMap<String, String> {
    let mut first: BTreeMap<String, (String, String)> = BTreeMap::new();
    for item in items {
        let (name, rank) = match (item.get("thread"), item.get("contact")) {
            (Some(thread), _) => (thread, format!("{:?} {}", item["at"], text(item, "pk"))),
            (None, Some(contact)) if text(item, "pk").starts_with("IDN#") => {
                (contact, text(item, "pk"))
            }
            (None, _) => continue,
        };
        let named = (rank, text(item, "pk"));
        let entry = first.entry(name.as_s().unwrap().clone()).or_insert_with(|| named.clone());
        if named < *entry {
            *entry = named;
        }
    }
    first.into_iter().map(|(name, (_, pk))| (name, format!("<{pk}>"))).collect()
}

fn shown(value: &AttributeValue) -> String {
    if let Ok(set) = value.as_ss() {
        let mut set = set.clone();
        set.sort();
        return set.join(",");
    }
    if let Ok(map) = value.as_m() {
        let fields: BTreeMap<_, _> = map.iter().filter(|(name, _)| *name != "v").collect();
        let fields: Vec<_> =
            fields.into_iter().map(|(name, value)| format!("{name}={}", shown(value))).collect();
        return fields.join(" ");
    }
    match value.as_s().or(value.as_n()) {
        Ok(text) => text.clone(),
        Err(other) => format!("{other:02x?}"),
    }
}

/// A text of an item, empty if there is none.
#[must_use]
pub fn text(item: &Item, name: &str) -> String {
    item.get(name).and_then(|it| it.as_s().ok()).cloned().unwrap_or_default()
}

/// The name in a key after its kind.
#[must_use]
pub fn name_in(item: &Item, key: &str) -> String {
    text(item, key).split_once('#').unwrap().1.to_owned()
}

/// The items whose key begins so.
#[must_use]
pub fn of_kind<'a>(items: &'a [Item], pk: &str, sk: &str) -> Vec<&'a Item> {
    items
        .iter()
        .filter(|it| text(it, "pk").starts_with(pk) && text(it, "sk").starts_with(sk))
        .collect()
}

/// The size of an item by DynamoDB's rules.
#[must_use]
pub fn size(item: &Item) -> usize {
    let value = |it: &AttributeValue| {
        let text = it.as_s().map(String::len);
        let bytes = it.as_b().map(|it| it.as_ref().len());
        let digits = it.as_n().map(|it| it.len().div_ceil(2) + 1);
        let set = it.as_ss().map(|it| it.iter().map(String::len).sum());
        text.or(bytes).or(digits).or(set).unwrap_or(1)
    };
    item.iter().map(|(name, it)| name.len() + value(it)).sum()
}

/// Fails unless there is one person with one thread that holds each of these messages once.
pub fn assert_one_thread(items: &[Item], n_messages: usize) {
    assert_eq!(of_kind(items, "CON#", "0").len(), 1, "one person");
    assert_eq!(of_kind(items, "CON#", "1#").len(), 1, "one live thread");
    assert_eq!(of_kind(items, "THR#", "0").len(), 1, "one thread");
    assert_eq!(of_kind(items, "MSG#", "0").len(), n_messages, "each message once");
}

/// Fails unless each live thread, and each that was moved out, knows exactly the messages that are in it: its profile is what
/// folding them by their time makes.
pub fn assert_folds(items: &[Item], run: &str) {
    for (item, live) in folded(items) {
        let profile = Profile::decode(item["profile"].as_b().unwrap().as_ref()).unwrap();
        assert_eq!(profile, live.profile, "{run}: what {} knows", live.thread);
    }
}

/// Fails unless it is in each thread the turn of whom its messages say.
pub fn assert_turns(items: &[Item], run: &str) {
    for (item, live) in folded(items) {
        assert_eq!(text(item, "state"), live.state.name(), "{run}: whose turn in {}", live.thread);
        // Since when is told from the few messages that a profile remembers, so it may depend on what came late.
        assert_eq!(is_in_inbox(item), live.since.is_some(), "{run}: the inbox");
    }
}

/// Each live thread and each that was moved out, with what folding its messages by their time makes.
fn folded(items: &[Item]) -> Vec<(&Item, Live)> {
    let homes: BTreeMap<_, _> = of_kind(items, "THR#", "0")
        .into_iter()
        .map(|it| (name_in(it, "pk"), text(it, "merged_into")))
        .collect();
    let end = |thread: &str| {
        let mut end = thread.to_owned();
        while let Some(into) = homes.get(&end).filter(|it| !it.is_empty()) {
            end.clone_from(into);
        }
        end
    };
    let mut said: Vec<_> = items.iter().filter(|it| it.contains_key("thread")).collect();
    said.sort_by_key(|it| (Stored::of(it).at, text(it, "pk")));
    let fold = |item: &Item| {
        let thread = name_in(item, "sk");
        let mut live = Live::new(ThreadId::new(&*thread));
        for message in said.iter().filter(|it| end(&text(it, "thread")) == thread) {
            let key = Key { pk: text(message, "pk"), sk: text(message, "sk") };
            let stored = Stored::of(message);
            let unsure = stored.is_unsure(&rules());
            live.fold(&stored.entry(&key).unwrap(), Change::Said { unsure });
        }
        live
    };
    let threads = items.iter().filter(|it| it.contains_key("profile"));
    threads.map(|item| (item, fold(item))).collect()
}
