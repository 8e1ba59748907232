//! A model of Instagram messaging: a professional account with one customer, on the Send API of its Page.

use std::sync::Arc;

use super::send_api::{Length, Product, SendApi};
use super::{Known, Platform};

/// Our professional account.
pub const ACCOUNT_ID: &str = "17841400000000001";
/// The Page that it is linked to.
pub const PAGE_ID: &str = "100000000000002";

/// The traits of Instagram: <https://developers.facebook.com/docs/messenger-platform/instagram/features/send-message>.
pub const INSTAGRAM: Product = Product {
    channel: "instagram",
    object: "instagram",
    account: ACCOUNT_ID,
    nodes: &[PAGE_ID, "me"],
    person: "8000000000000001",
    person_name: "ada_l",
    mid_prefix: "aWdfZAG1",
    // Bytes, not characters.
    longest_text: Length::Bytes(1000),
    closed_window: 2_534_022,
    no_such_person: 2_534_014,
    upload_platform: Some("instagram"),
    needs_messaging_type: false,
    tells_delivery: false,
    reads_by_watermark: false,
    templates: &[],
};

/// The model's entry in the registry.
pub const KNOWN: Known = Known {
    channel: INSTAGRAM.channel,
    start: || Box::pin(async { Ok(SendApi::start(INSTAGRAM).await? as Arc<dyn Platform>) }),
};
