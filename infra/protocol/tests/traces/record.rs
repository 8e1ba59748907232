//! Recording what workers read and write, their calls in an order that dice draw.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws::store::Stored;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use embedded::{Cloud, Process, Turns};
use protocol::{Home, Item, Live, Message, Record, Table, Text, Touch};
use serde_json::Value;

type Row = HashMap<String, AttributeValue>;

/// The items of a run, by their places in the model.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) contact: String,
    pub(crate) threads: Vec<String>,
    pub(crate) messages: Vec<String>,
    pub(crate) orders: [String; 2],
}

/// A call that a worker made, and the table after it.
#[derive(Clone, Debug)]
pub(crate) struct TableCall {
    pub(crate) worker: usize,
    pub(crate) touch: Touch,
    pub(crate) after: Table,
}

/// A run that is recorded.
#[derive(Clone)]
pub(crate) struct Run {
    cloud: Cloud,
    turns: Arc<Turns>,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    names: Names,
    touch: Option<Touch>,
    calls: Vec<TableCall>,
}

impl Run {
    pub(crate) fn of(cloud: &Cloud, names: Names, seed: u64, workers: usize) -> Self {
        let mut dice = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let draw = move |left: &[usize]| {
            // A xorshift: looks drawn, and is the same each time.
            for shift in [13, 7, 17] {
                dice ^= if shift == 7 { dice >> shift } else { dice << shift };
            }
            left[usize::try_from(dice % left.len() as u64).unwrap()]
        };
        let empty = Seen { names, touch: None, calls: Vec::new() };
        Self {
            cloud: cloud.clone(),
            turns: Turns::of(workers, draw),
            seen: Arc::new(Mutex::new(empty)),
        }
    }

    /// The program of a worker.
    pub(crate) fn process(&self, worker: usize) -> Process {
        let (began, done) = (self.clone(), self.clone());
        self.turns.process_watched(
            &self.cloud,
            worker,
            move |call| began.began(call),
            move || tokio::task::block_in_place(|| done.done(worker)),
        )
    }

    /// Lets the others go on without this one.
    pub(crate) fn finish(&self, worker: usize) {
        self.turns.finish(worker);
    }

    pub(crate) fn calls(&self) -> Vec<TableCall> {
        self.seen.lock().unwrap().calls.clone()
    }

    fn began(&self, call: &HttpRequest) {
        let target = call.headers().get("x-amz-target").unwrap_or_default();
        let body = serde_json::from_slice(call.body().bytes().unwrap_or_default()).unwrap();
        let mut seen = self.seen.lock().unwrap();
        seen.touch = Some(touch(&seen.names, target, &body));
    }

    fn done(&self, worker: usize) {
        let items = tokio::runtime::Handle::current().block_on(self.cloud.items());
        let mut seen = self.seen.lock().unwrap();
        learn(&mut seen.names, &items);
        let after = table(&items, &seen.names);
        let touch = seen.touch.take().unwrap();
        seen.calls.push(TableCall { worker, touch, after });
    }
}

fn key(body: &Value) -> (&str, &str) {
    let part = |name: &str| body["Key"][name]["S"].as_str().unwrap_or_default();
    (part("pk"), part("sk"))
}

/// A thread that was opened has the next place.
fn learn(names: &mut Names, items: &[Row]) {
    let threads = items.iter().filter_map(|it| text(it, "pk")?.strip_prefix("THR#"));
    for thread in threads {
        if !names.threads.iter().any(|it| it == thread) {
            names.threads.push(thread.to_owned());
        }
    }
}

/// A call in the words of the model.
fn touch(names: &Names, target: &str, body: &Value) -> Touch {
    let place = |all: &[String], name: &str| {
        all.iter().position(|it| it == name).and_then(|it| u8::try_from(it).ok())
    };
    let (pk, sk) = key(body);
    let thread = |name: &str| place(&names.threads, name);
    let of_key = || {
        let (kind, name) = sk.split_once('#').unwrap_or_default();
        let found = match (pk.split_once('#').unwrap_or_default(), kind) {
            (("MSG", _), _) => place(&names.messages, pk).map(Item::Message),
            (("THR", name), _) => thread(name).map(Item::Home),
            (("CON", _), "1") => thread(name).map(Item::Live),
            (("CON", _), "2") => thread(name).map(Item::Older),
            (("CON", _), "3") => place(&names.orders, name).map(Item::Record),
            (("IDN", _), _) => Some(Item::Address),
            _ => None,
        };
        found.unwrap_or(Item::Other)
    };
    let asked = |name: &str| body["ExpressionAttributeValues"][name]["S"].as_str();
    let item = match target.rsplit('.').next().unwrap_or_default() {
        "TransactWriteItems" => Item::Several,
        "BatchGetItem" => Item::Messages,
        "Query" if body.get("IndexName").is_some() => Item::Other,
        "Query" if asked(":from") == Some("0") => Item::Person,
        "Query" if asked(":from") == Some("3#") => Item::Records,
        "GetItem" | "UpdateItem" => of_key(),
        _ => Item::Other,
    };
    Touch { item, writes: target.ends_with("UpdateItem") || item == Item::Several }
}

fn text<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.get(name)?.as_s().ok().map(String::as_str)
}

fn version(row: &Row) -> u8 {
    row["v"].as_n().unwrap().parse().unwrap()
}

/// The table as the model knows it. What a thread knows of its messages is in no version: [`agrees`] leaves it out.
pub(crate) fn table(items: &[Row], names: &Names) -> Table {
    let find = |pk: &str, sk: &str| {
        items.iter().find(|it| text(it, "pk") == Some(pk) && text(it, "sk") == Some(sk))
    };
    let place = |name: &str| {
        let place = names.threads.iter().position(|it| it == name).unwrap();
        u8::try_from(place).unwrap()
    };
    let sets = |row: &Row, name: &str, all: &[String]| {
        let set = row.get(name).and_then(|it| it.as_ss().ok()).into_iter().flatten();
        let places = set.filter_map(|it| all.iter().position(|one| one == it));
        places.fold(0, |bits, it| bits | 1 << it)
    };
    let person = format!("CON#{}", names.contact);
    let mut table = Table::default();
    table.heads[0] = find(&person, "0").map(version);
    for (n, thread) in names.threads.iter().enumerate() {
        let live = |row: &Row| Live { version: version(row), ..Live::default() };
        table.live[n] = find(&person, &format!("1#{thread}")).map(live);
        table.archived[n] = find(&person, &format!("2#{thread}")).map(live);
        table.homes[n] = find(&format!("THR#{thread}"), "0").map(|row| Home {
            merged_into: text(row, "merged_into").map(place),
            sources: sets(row, "sources", &names.threads),
            late: sets(row, "late", &names.messages),
            ..Home::default()
        });
    }
    for (n, pk) in names.messages.iter().enumerate() {
        let Some(row) = find(pk, "0") else { continue };
        let stored = Stored::of(row);
        let stamp = text(row, "stamp").and_then(|it| names.orders.iter().position(|id| id == it));
        table.messages[n] = Message {
            thread: stored.thread.map(|it| place(it.as_str())),
            text: match (stored.deleted, stored.edited) {
                (true, _) => Text::Gone,
                (false, 0) => Text::Said,
                (false, _) => Text::Edited,
            },
            stamp: stamp.map_or(0, |it| u8::try_from(it).unwrap() + 1),
            ..Message::default()
        };
    }
    for (n, id) in names.orders.iter().enumerate() {
        let row = find(&person, &format!("3#{id}"));
        let is_running = row.and_then(|it| text(it, "state")) == Some("running");
        // Of a merge, and of where a message was, the model knows more: that it is there is compared.
        table.records[n] = row.map(|_| Record::Move { was: 0, stamp: 0, is_running });
    }
    table
}

/// Whether the model's table is the recorded one.
pub(crate) fn agrees(model: &Table, recorded: &Table) -> bool {
    let versions =
        |all: &[Option<Live>]| all.iter().map(|it| it.map(|it| it.version)).collect::<Vec<_>>();
    let homes = |it: &Table| it.homes.map(|it| it.map(|it| (it.merged_into, it.sources, it.late)));
    let messages = |it: &Table| it.messages.map(|it| (it.thread, it.text, it.stamp));
    let records = |it: &Table| {
        it.records.map(|it| match it {
            None => None,
            Some(Record::Merge(_)) => Some(false),
            Some(Record::Move { is_running, .. }) => Some(is_running),
        })
    };
    versions(&model.live) == versions(&recorded.live)
        && versions(&model.archived) == versions(&recorded.archived)
        && homes(model) == homes(recorded)
        && messages(model) == messages(recorded)
        && records(model) == records(recorded)
        && model.heads == recorded.heads
}
