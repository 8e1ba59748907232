//! A meter of the capacity that calls to the table consume.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Layer, Storable, StoreReplace};
use serde_json::{Value, json};

/// Asks every call what it consumed and adds it up.
///
/// A refused write reports nothing, on AWS neither, though it consumes as much as if it had been made: it is counted from
/// the size of the item that it brings, twice in a transaction.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    total: Arc<Mutex<Capacity>>,
}

/// Capacity units, indexes included.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Capacity {
    /// Write request units.
    pub write: f64,
    /// Read request units.
    pub read: f64,
}

impl Meter {
    /// The capacity that was consumed since the last time this was asked.
    #[must_use]
    pub fn take(&self) -> Capacity {
        std::mem::take(&mut *self.total.lock().unwrap())
    }

    fn add(&self, write: f64, read: f64) {
        let mut total = self.total.lock().unwrap();
        total.write += write;
        total.read += read;
    }
}

/// The request, kept beside the call for when its answer is read.
#[derive(Clone, Debug)]
struct Asked {
    target: String,
    body: Arc<Value>,
}

impl Storable for Asked {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
        if let Some(fields) = body.as_object_mut() {
            fields.insert("ReturnConsumedCapacity".to_owned(), json!("INDEXES"));
        }
        let bytes = serde_json::to_vec(&body)?;
        request.headers_mut().insert("content-length", bytes.len().to_string());
        *request.body_mut() = SdkBody::from(bytes);
        let mut layer = Layer::new("meter");
        layer.store_put(Asked { target, body: Arc::new(body) });
        bag.push_layer(layer);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(asked) = bag.load::<Asked>() else { return Ok(()) };
        let answer: Value =
            serde_json::from_slice(context.response().body().bytes().unwrap_or_default())?;
        let reads = ["Get", "Query", "Scan"].iter().any(|it| asked.target.contains(it));
        if context.response().status().is_success() {
            let consumed = &answer["ConsumedCapacity"];
            let consumed = match consumed.as_array() {
                Some(tables) => tables.iter().map(units).sum(),
                None => units(consumed),
            };
            if reads { self.add(0.0, consumed) } else { self.add(consumed, 0.0) }
        } else if !reads {
            self.add(refused(&asked.body), 0.0);
        }
        Ok(())
    }
}

fn units(consumed: &Value) -> f64 {
    consumed["CapacityUnits"].as_f64().unwrap_or(0.0)
}

/// The write units that a refused write consumes: one a started kilobyte, twice in a transaction.
fn refused(body: &Value) -> f64 {
    let kilobytes = |item: &Value| {
        let bytes = item
            .as_object()
            .map_or(0, |it| it.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>());
        f64::from(u32::try_from(bytes.div_ceil(1024).max(1)).unwrap_or(u32::MAX))
    };
    match body["TransactItems"].as_array() {
        Some(items) => items.iter().map(|it| 2.0 * kilobytes(&it["Put"]["Item"])).sum(),
        None => kilobytes(&body["Item"]),
    }
}

/// The size of an attribute value by DynamoDB's rules, near enough: text and binary by bytes, numbers by digits.
fn size(value: &Value) -> usize {
    let Some((kind, inner)) = value.as_object().and_then(|it| it.iter().next()) else { return 0 };
    match (kind.as_str(), inner) {
        ("S", Value::String(text)) => text.len(),
        ("B", Value::String(base64)) => base64.len() * 3 / 4,
        ("N", Value::String(digits)) => digits.len() / 2 + 1,
        ("M", Value::Object(fields)) => {
            3 + fields.iter().map(|(name, it)| name.len() + 1 + size(it)).sum::<usize>()
        }
        ("L", Value::Array(entries)) => 3 + entries.iter().map(|it| 1 + size(it)).sum::<usize>(),
        ("SS" | "NS" | "BS", Value::Array(entries)) => {
            entries.iter().map(|it| it.as_str().map_or(0, str::len)).sum()
        }
        _ => 1,
    }
}
