//! Events to file, and what a table holds, written so that two tables can be compared.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws::store::keys::Key;
use aws::store::{Filed, Fresh, Rules, Store, Stored};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::content::{CallReport, Content, Media, MediaKind, MediaSource};
use domain::event::{Direction, Identity, InboundEvent, Kind, Message};
use domain::filing::{Change, Live};
use domain::id::{AccountId, Channel, EventKey, IdentityId, ProviderId, ThreadId};
use domain::threading::Profile;
use domain::time::Timestamp;
use embedded::{Cloud, Process, STAMPS, TABLE, is_in_inbox};

pub(crate) const WHATSAPP: Channel = Channel::from_static("whatsapp");
pub(crate) const VOICE: Channel = Channel::from_static("voice");
/// When everything begins, in seconds.
pub(crate) const START: i64 = 1_795_000_000;

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn rules() -> Rules {
    Rules::keeping(Some(Duration::from_hours(24 * 400)))
}

pub(crate) fn table(process: &Process) -> Store {
    Store::over(process.table.clone(), TABLE.to_owned())
}

pub(crate) async fn file(table: &Store, event: &InboundEvent) -> anyhow::Result<Filed> {
    table.filing().file(event, &Fresh::ids(), &rules()).await
}

/// Files events that must all be filed.
pub(crate) async fn file_all(table: &Store, events: &[InboundEvent]) -> Vec<Filed> {
    let mut filed = Vec::new();
    for event in events {
        filed.push(file(table, event).await.unwrap());
    }
    filed
}

pub(crate) fn phone() -> IdentityId {
    IdentityId::phone("+447700900111")
}

pub(crate) fn bsuid(name: &str) -> IdentityId {
    IdentityId::scoped(&WHATSAPP, "", name)
}

/// The person that most events are from: a WhatsApp user whose number shows.
pub(crate) fn ada() -> Identity {
    Identity { id: bsuid("GB.5550001112223334"), aliases: vec![phone()], name: None }
}

/// Something that happened so many seconds after the start.
pub(crate) fn event(identity: Identity, after: i64, kind: impl Into<Kind>) -> InboundEvent {
    let kind = kind.into();
    let key = EventKey::new(format!("{after} {}", serde_json::to_string(&kind).unwrap()));
    let (channel, account, identity) =
        (WHATSAPP, AccountId::new("700800900100200"), Some(identity));
    InboundEvent {
        key,
        channel,
        account,
        identity,
        at: Timestamp::from_secs(START + after),
        kind,
        content_ref: None,
    }
}

/// A message id as long as the real ones.
pub(crate) fn id(name: &str) -> ProviderId {
    ProviderId::new(format!("wamid.HBgMNDQ3NzAwOTAwMTExFQIAEhgUM0E{name:0>12}AA=="))
}

pub(crate) fn message(name: &str, text: &str) -> Message {
    Message::inbound(id(name), Content::text(text))
}

/// A text of Ada's.
pub(crate) fn says(name: &str, after: i64, text: &str) -> InboundEvent {
    event(ada(), after, message(name, text))
}

/// A text of Ada's that quotes another message.
pub(crate) fn quotes(name: &str, after: i64, text: &str, quoted: &str) -> InboundEvent {
    event(ada(), after, Message { reply_to: Some(id(quoted)), ..message(name, text) })
}

/// A message that a colleague wrote to Ada in another tool.
pub(crate) fn echo(name: &str, after: i64, text: &str) -> InboundEvent {
    event(
        ada(),
        after,
        Message { direction: Direction::Out, opens_window: false, ..message(name, text) },
    )
}

/// A colleague's answer to a message of Ada's in another tool.
pub(crate) fn answers(name: &str, after: i64, text: &str, quoted: &str) -> InboundEvent {
    let said = Message { direction: Direction::Out, opens_window: false, ..message(name, text) };
    event(ada(), after, Message { reply_to: Some(id(quoted)), ..said })
}

pub(crate) fn image(name: &str, after: i64) -> InboundEvent {
    let item = Media {
        kind: MediaKind::Image,
        source: MediaSource::Id("411000000000003".into()),
        mime: Some("image/jpeg".into()),
        sha256: None,
        filename: None,
    };
    event(
        ada(),
        after,
        Message::inbound(id(name), Content::Media { items: vec![item], caption: None }),
    )
}

/// A call from Ada's number about her order.
pub(crate) fn call(name: &str, after: i64) -> InboundEvent {
    calls(name, after, "Hello, I want to know where my order is")
}

/// A call from Ada's number.
pub(crate) fn calls(name: &str, after: i64, transcript: &str) -> InboundEvent {
    let report = CallReport {
        from: "+447700900111".into(),
        to: "+442079460000".into(),
        started: None,
        ended: None,
        outcome: "answered".into(),
        transcript: Some(transcript.into()),
        recording_ref: None,
        agent: None,
    };
    let identity = Identity { id: phone(), aliases: vec![], name: None };
    let said = Message::inbound(id(name), Content::CallReport(report));
    InboundEvent {
        channel: VOICE,
        account: AccountId::new("+442079460000"),
        ..event(identity, after, said)
    }
}

pub(crate) fn edited(of: &str, after: i64, n: u64, text: &str) -> InboundEvent {
    event(ada(), after, Kind::Edited { of: id(of), n, content: Content::text(text) })
}

pub(crate) fn deleted(of: &str, after: i64) -> InboundEvent {
    event(ada(), after, Kind::Deleted { of: id(of) })
}

/// Messages that each open a thread: a day apart, each a greeting and a wish for something else.
pub(crate) fn topics(n: usize) -> Vec<InboundEvent> {
    const THINGS: [&str; 13] = [
        "lamp", "chair", "kettle", "mirror", "bicycle", "curtain", "printer", "blanket", "toaster",
        "wardrobe", "ladder", "carpet", "clock",
    ];
    let text = |n: usize| {
        let thing = THINGS[n % THINGS.len()];
        format!(
            "Hello, I would like to buy another {thing} from your catalogue, article 55{n:02}-{n:02}71, could you help me?"
        )
    };
    (0..n).map(|n| says(&n.to_string(), 300_000 * i64::try_from(n).unwrap(), &text(n))).collect()
}

/// Puts items into a table as they are.
pub(crate) async fn fill(cloud: &Cloud, items: Vec<Item>) {
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
pub(crate) fn picture(items: &[Item]) -> BTreeMap<String, String> {
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

pub(crate) fn text(item: &Item, name: &str) -> String {
    item.get(name).and_then(|it| it.as_s().ok()).cloned().unwrap_or_default()
}

/// The name in a key after its kind.
pub(crate) fn name_in(item: &Item, key: &str) -> String {
    text(item, key).split_once('#').unwrap().1.to_owned()
}

/// The items whose key begins so.
pub(crate) fn of_kind<'a>(items: &'a [Item], pk: &str, sk: &str) -> Vec<&'a Item> {
    items
        .iter()
        .filter(|it| text(it, "pk").starts_with(pk) && text(it, "sk").starts_with(sk))
        .collect()
}

/// Fails unless there is one person with one thread that holds each of these messages once.
pub(crate) fn assert_one_thread(items: &[Item], n_messages: usize) {
    assert_eq!(of_kind(items, "CON#", "0").len(), 1, "one person");
    assert_eq!(of_kind(items, "CON#", "1#").len(), 1, "one live thread");
    assert_eq!(of_kind(items, "THR#", "0").len(), 1, "one thread");
    assert_eq!(of_kind(items, "MSG#", "0").len(), n_messages, "each message once");
}

/// Fails unless each live thread, and each that was moved out, knows exactly the messages that are in it: its profile is what
/// folding them by their time makes.
pub(crate) fn assert_folds(items: &[Item], run: &str) {
    for (item, live) in folded(items) {
        let profile = Profile::decode(item["profile"].as_b().unwrap().as_ref()).unwrap();
        assert_eq!(profile, live.profile, "{run}: what {} knows", live.thread);
    }
}

/// Fails unless it is in each thread the turn of whom its messages say.
pub(crate) fn assert_turns(items: &[Item], run: &str) {
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
