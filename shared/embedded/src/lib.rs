//! For tests: an embedded table, queues, bucket and secret store with AWS's rules, a capacity meter and crash points.
//!
//! The clients are the real SDK clients, so that what is tested is what runs. A [`Cloud`] holds the data; each
//! [`Process`] is one program over it that can be stopped before or after any of its calls while others go on.
//!
//! Two things it cannot show: reads are never stale and transactions never conflict by themselves. Tests of interleavings
//! choose them: [`hold()`] holds calls back, [`Turns`] lets workers make theirs in turn.
//!
//! [`events`] builds what is filed, [`tables`] files it and compares what tables hold, [`stories`] draws whole streams.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support: a failure here is a failed test"
)]

mod bucket;
pub mod events;
mod hold;
mod lines;
mod meter;
mod queues;
mod secrets;
mod steps;
pub mod stories;
pub mod tables;
mod turns;

use aws::store::item::Item;
use aws::store::{CorrectError, ItemKind, schema};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedInterceptor};
use aws_smithy_types::retry::RetryConfig;
use dynoxide::Database;
use serde_json::{Value, json};

pub use bucket::Bucket;
pub use hold::hold;
pub use lines::Lines;
pub use meter::{Capacity, Meter};
pub use queues::{Queued, Queues, queued};
pub use secrets::Secrets;
pub use steps::{Steps, Stopped};
pub use turns::{Turns, in_turns, schedules};

/// The table's name in tests.
pub const TABLE: &str = "ariane";

/// The attributes that say how often and when an item was written: runs that end the same may differ in them.
pub const STAMPS: [&str; 2] = [schema::VERSION, schema::CHANGED];

/// Whether an item is a thread that somebody should look at.
#[must_use]
pub fn is_in_inbox(item: &Item) -> bool {
    item.get(schema::LIST).is_some_and(|it| it.as_s().unwrap().starts_with("inbox#"))
}

/// A table and queues of its own for one test.
#[derive(Clone)]
pub struct Cloud {
    endpoint: String,
    /// The queues, to be read by the test as SQS would deliver them.
    pub queues: Queues,
    /// The bucket.
    pub bucket: Bucket,
    /// The secret store.
    pub secrets: Secrets,
    /// The capacity that all calls to the table consumed.
    pub meter: Meter,
}

impl Cloud {
    /// An empty table and empty queues.
    pub async fn start() -> Self {
        let database = Database::memory().expect("a database in memory");
        let request = serde_json::from_value(definition()).expect("the table's definition");
        database.create_table(request).expect("the table");
        let (listener, endpoint) = listen().await;
        tokio::spawn(dynoxide::server::serve_on(listener, database));
        Self {
            endpoint,
            queues: Queues::start().await,
            bucket: Bucket::start().await,
            secrets: Secrets::start().await,
            meter: Meter::default(),
        }
    }

    /// The address that the table answers at.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A program that is never stopped.
    #[must_use]
    pub fn process(&self) -> Process {
        self.process_with(Steps::default())
    }

    /// A program whose calls are counted and that stops where the steps say.
    #[must_use]
    pub fn process_with(&self, steps: Steps) -> Process {
        self.process_intercepted(steps, None)
    }

    /// A program whose table calls also pass through an interceptor of the test's, which may hold them back.
    #[must_use]
    pub fn process_intercepted(
        &self,
        steps: Steps,
        interceptor: Option<SharedInterceptor>,
    ) -> Process {
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials())
            .region(Region::new("eu-west-1"))
            .endpoint_url(&self.endpoint)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .retry_config(RetryConfig::disabled())
            .interceptor(steps.interceptor())
            .interceptor(self.meter.clone());
        if let Some(interceptor) = interceptor {
            config = config.interceptor(interceptor);
        }
        Process {
            table: aws_sdk_dynamodb::Client::from_conf(config.build()),
            queues: self.queues.client(&steps),
            bucket: self.bucket.client(&steps),
            secrets: self.secrets.client(),
            steps,
        }
    }

    /// Every item of the table, sorted by key, to compare two runs by. Each has the fields that readers of the stream go by.
    pub async fn items(&self) -> Vec<Item> {
        let mut pages =
            self.process().table.scan().table_name(TABLE).into_paginator().items().send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.unwrap());
        }
        let key = |item: &Item| {
            [schema::PK, schema::SK].map(|it| item.get(it).unwrap().as_s().unwrap().clone())
        };
        items.sort_by_key(key);
        for item in items.iter().filter(|it| key(it)[0].contains('#')) {
            let kind = item.get(schema::KIND).map(|it| it.as_s().unwrap());
            let is_known = kind.is_some_and(|it| ItemKind::parse(it).is_some());
            let is_counted = STAMPS.iter().all(|it| item.contains_key(*it));
            assert!(is_known && is_counted, "an item without its kind, version or time: {item:?}");
        }
        items
    }
}

/// One program over a [`Cloud`].
#[derive(Clone, Debug)]
pub struct Process {
    /// Its client of the table.
    pub table: aws_sdk_dynamodb::Client,
    /// Its client of the queues.
    pub queues: aws_sdk_sqs::Client,
    /// Its client of the bucket.
    pub bucket: aws_sdk_s3::Client,
    /// Its client of the secret store, whose calls are no steps: they change nothing.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// Its calls so far.
    pub steps: Steps,
}

/// The answer to a correction: it, or the reason of its refusal.
pub fn answered<T, R>(made: Result<T, CorrectError<R>>) -> Result<T, R> {
    made.map_err(|it| it.refusal().unwrap())
}

/// A listener on loopback, and its address.
pub(crate) async fn listen() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    (listener, endpoint)
}

pub(crate) fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

/// The table as the template defines it; a test of the template compares the two.
#[must_use]
pub fn definition() -> Value {
    let string = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let number = |name: &str| json!({ "AttributeName": name, "AttributeType": "N" });
    let keys = |hash: &str, range: &str| json!([{ "AttributeName": hash, "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }]);
    let index = |name: &str, hash: &str, range: &str, includes: &[&str]| {
        let projection = if includes.is_empty() {
            json!({ "ProjectionType": "KEYS_ONLY" })
        } else {
            json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": includes })
        };
        json!({ "IndexName": name, "KeySchema": keys(hash, range), "Projection": projection })
    };
    json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            string(schema::PK), string(schema::SK), string(schema::THREAD), number(schema::AT),
            string(schema::LIST), number(schema::LIST_AT),
        ],
        "KeySchema": keys(schema::PK, schema::SK),
        "GlobalSecondaryIndexes": [
            index(schema::BY_THREAD, schema::THREAD, schema::AT, &schema::BY_THREAD_INCLUDES),
            index(schema::INBOX, schema::LIST, schema::LIST_AT, &schema::INBOX_INCLUDES),
        ],
    })
}
