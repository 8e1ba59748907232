//! Resources that a deployment over the last release would replace or drop, and with them what people wrote. AWS does either without
//! asking; so what may not change is kept in `infra/released.json`, which a release writes anew:
//! `UPDATE_RELEASED=1 cargo test --workspace --test template released`. How an index is changed all the same is in ARCHITECTURE.

use std::collections::BTreeSet;
use std::fs;

use local::place;
use local::template::Template;
use serde_json::{Map, Value, json};

use crate::template;

/// Kinds of resources that hold something, and the properties whose change puts another in their place.
const KINDS: &[(&str, &[&str])] = &[
    ("AWS::DynamoDB::Table", &["TableName", "KeySchema"]),
    ("AWS::S3::Bucket", &["BucketName"]),
    ("AWS::SQS::Queue", &["QueueName", "FifoQueue"]),
    ("AWS::Scheduler::ScheduleGroup", &["Name"]),
    // Its id is in the addresses that were pasted at the platforms.
    ("AWS::ApiGatewayV2::Api", &["ProtocolType"]),
];

/// Where a table names the indexes that its release does not read any more: the next may drop them.
const UNREAD: &str = "UnreadIndexes";

/// The properties that may not change of each resource that holds something, by its name.
fn fixed(template: &Template) -> Value {
    let mut all = Map::new();
    for (kind, properties) in KINDS {
        for (name, resource) in template.resources(kind) {
            let own = &resource["Properties"];
            let of = |it: &&str| ((*it).to_owned(), own[*it].clone());
            let mut kept: Map<_, _> = properties.iter().map(of).collect();
            kept.insert("Type".to_owned(), json!(kind));
            for it in ["Condition", "DeletionPolicy", "UpdateReplacePolicy"] {
                kept.insert(it.to_owned(), resource[it].clone());
            }
            for index in own["GlobalSecondaryIndexes"].as_array().into_iter().flatten() {
                let id = format!("index {}", index["IndexName"].as_str().unwrap());
                kept.insert(id, json!([index["KeySchema"], index["Projection"]]));
            }
            kept.insert(UNREAD.to_owned(), resource["Metadata"][UNREAD].clone());
            kept.retain(|_, it| !it.is_null());
            all.insert(name.to_owned(), Value::Object(kept));
        }
    }
    Value::Object(all)
}

/// Why a template may not be deployed over a release.
fn faults(released: &Value, now: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, before) in released.as_object().unwrap() {
        let Some(after) = now.get(name) else {
            faults.push(format!("{name} is gone, and what it holds is out of reach"));
            continue;
        };
        let unread = before[UNREAD].as_array().into_iter().flatten().filter_map(Value::as_str);
        let unread: BTreeSet<_> = unread.map(|it| format!("index {it}")).collect();
        let keys = |it: &Value| it.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        let (old, new) = (keys(before), keys(after));
        for key in old.union(&new).filter(|it| *it != UNREAD) {
            match (before.get(key), after.get(key)) {
                (Some(was), Some(is)) if was == is => {}
                (Some(_), None) if unread.contains(key) => {}
                (Some(_), None) if key.starts_with("index ") => {
                    faults.push(format!("{name}: {key} is gone, and the release still reads it"));
                }
                (None, Some(_)) if key.starts_with("index ") => {}
                _ => faults.push(format!("{name}: {key} is another")),
            }
        }
        let n_indexes =
            old.symmetric_difference(&new).filter(|it| it.starts_with("index ")).count();
        if 1 < n_indexes {
            faults.push(format!("{name}: CloudFormation makes or drops one index an update"));
        }
    }
    faults
}

#[test]
fn nothing_that_holds_data_is_replaced_by_a_deployment_over_the_last_release() {
    let (path, now) = (place::root().join("infra/released.json"), fixed(&template()));
    if aws::env_or("UPDATE_RELEASED", "") == "1" {
        fs::write(&path, format!("{now:#}\n")).unwrap();
    }
    let released: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert!(released["Table"]["index by-thread-2"].is_array(), "{released:#}");
    assert_eq!(faults(&released, &now), [""; 0]);
}

#[test]
fn what_a_release_may_not_do_to_data_is_found() {
    let base = template();
    let released = fixed(&base);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut template = base.clone();
        change(&mut template.0["Resources"]);
        faults(&released, &fixed(&template))
    };
    let index = |name: &str| {
        let key = json!([{ "AttributeName": "x", "KeyType": "HASH" }]);
        json!({ "IndexName": name, "KeySchema": key, "Projection": { "ProjectionType": "KEYS_ONLY" } })
    };
    let indexes = |it: &mut Value| it["Table"]["Properties"]["GlobalSecondaryIndexes"].take();
    let set =
        |it: &mut Value, all: Value| it["Table"]["Properties"]["GlobalSecondaryIndexes"] = all;
    let add = |it: &mut Value, name: &str| {
        let mut all = indexes(it);
        all.as_array_mut().unwrap().push(index(name));
        set(it, all);
    };
    let drop_first = |it: &mut Value| {
        let mut all = indexes(it);
        all.as_array_mut().unwrap().remove(0);
        set(it, all);
    };

    assert!(changed(&|_| ()).is_empty());
    assert!(changed(&|it| add(it, "by-thread-3")).is_empty());
    for (change, fault) in [
        (
            &(|it: &mut Value| {
                it["Table"]["Properties"]["KeySchema"][0]["AttributeName"] = json!("id");
            }) as &dyn Fn(&mut Value),
            "Table: KeySchema is another",
        ),
        (
            &|it| {
                it.as_object_mut().unwrap().remove("InboundQueue");
            },
            "InboundQueue is gone",
        ),
        (
            &|it| {
                let queue = it["TimersQueue"].take();
                it["Timers2Queue"] = queue;
                it.as_object_mut().unwrap().remove("TimersQueue");
            },
            "TimersQueue is gone",
        ),
        (
            &|it| it["Bucket"]["Properties"]["BucketName"] = json!("ours"),
            "Bucket: BucketName is another",
        ),
        (
            &|it| it["OutboundQueue"]["Properties"]["FifoQueue"] = json!(false),
            "OutboundQueue: FifoQueue is another",
        ),
        (&|it| it["Table"]["Condition"] = json!("IamAuth"), "Table: Condition is another"),
        (&|it| it["Table"]["DeletionPolicy"] = json!("Delete"), "Table: DeletionPolicy is another"),
        (
            &|it| {
                it["Table"]["Properties"]["GlobalSecondaryIndexes"][0]["Projection"] =
                    json!({ "ProjectionType": "ALL" });
            },
            "Table: index by-thread-2 is another",
        ),
        (&drop_first, "the release still reads it"),
        (
            &|it| {
                add(it, "one");
                add(it, "two");
            },
            "one index an update",
        ),
    ] {
        let found = changed(change);
        assert!(found.iter().any(|it| it.contains(fault)), "{fault}: {found:?}");
    }

    // What the release says that it does not read may go.
    let mut template = base.clone();
    template.0["Resources"]["Table"]["Metadata"] = json!({ UNREAD: ["by-thread-2"] });
    let released = fixed(&template);
    drop_first(&mut template.0["Resources"]);
    assert!(faults(&released, &fixed(&template)).is_empty());
}
