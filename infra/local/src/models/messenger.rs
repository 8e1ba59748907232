//! A model of Messenger: a Page with one customer, on the Send API.

use std::sync::Arc;

use super::send_api::{Length, Product, SendApi, Template};
use super::{CUSTOMER, Known, Platform};

/// Our Page: the account.
pub const PAGE_ID: &str = "100000000000001";

/// The traits of Messenger: <https://developers.facebook.com/docs/messenger-platform/reference/send-api>.
pub const MESSENGER: Product = Product {
    channel: "messenger",
    object: "page",
    account: PAGE_ID,
    nodes: &[PAGE_ID, "me"],
    person: "7000000000000001",
    person_name: CUSTOMER,
    mid_prefix: "m_",
    longest_text: Length::Chars(2000),
    closed_window: 2_018_278,
    no_such_person: 2_018_001,
    upload_platform: None,
    needs_messaging_type: true,
    tells_delivery: true,
    reads_by_watermark: true,
    templates: &[
        Template { name: "delivery_delay", language: "en", is_approved: true, variables: 2 },
        Template { name: "autumn_sale", language: "en", is_approved: false, variables: 0 },
    ],
};

/// The model's entry in the registry.
pub const KNOWN: Known = Known {
    channel: MESSENGER.channel,
    start: || Box::pin(async { Ok(SendApi::start(MESSENGER).await? as Arc<dyn Platform>) }),
};
