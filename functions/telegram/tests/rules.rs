//! Telegram's own rules, beyond what every channel must pass.
#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use std::fs;
use std::path::Path;

use domain::event::{InboundEvent, Kind};
use domain::id::AccountId;
use domain::time::Timestamp;
use domain::webhook::Verified;
use kit::Vector;
use serde_json::{Value, json};
use telegram::INBOUND;

fn parse(body: &str, accounts: &[&str]) -> Vec<InboundEvent> {
    let accounts: Vec<_> = accounts.iter().map(|it| AccountId::new(*it)).collect();
    let webhook =
        Verified::vouched(body.as_bytes(), &accounts, Timestamp::from_secs(1_795_262_400));
    (INBOUND.parse)(&webhook).unwrap()
}

fn fixtures() -> impl Iterator<Item = String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/telegram");
    let paths = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    paths
        .filter(|it| it.to_str().is_some_and(|it| it.ends_with(".in.json")))
        .map(|it| fs::read_to_string(it).unwrap())
        .filter(|it| serde_json::from_str::<Value>(it).is_ok_and(|it| it.is_object()))
}

#[test]
fn only_the_very_secret_token_is_believed() {
    let token = "tg_S3cret-01";
    kit::check_vectors(&INBOUND, &[Vector { secret: token, body: "{}", proof: token }]);
}

#[test]
fn without_exactly_one_bot_every_update_is_kept_unread() {
    let mut n = 0;
    for body in fixtures() {
        for accounts in [&[][..], &["7000000001", "7000000002"]] {
            for event in parse(&body, accounts) {
                n += 1;
                assert!(matches!(event.kind, Kind::Unknown { .. }), "{event:?}");
            }
        }
    }
    assert!(n > 100);
}

/// The service messages of <https://core.telegram.org/bots/api#message>, sent as messages though nobody said them,
/// but for those in which the person did something for us (a payment, a Web App's form, answers to buttons that ask).
const SERVICE: [&str; 43] = [
    "new_chat_members",
    "left_chat_member",
    "chat_owner_left",
    "chat_owner_changed",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "message_auto_delete_timer_changed",
    "pinned_message",
    "refunded_payment",
    "gift_upgrade_sent",
    "connected_website",
    "write_access_allowed",
    "proximity_alert_triggered",
    "boost_added",
    "chat_background_set",
    "checklist_tasks_done",
    "community_chat_added",
    "community_chat_removed",
    "direct_message_price_changed",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "giveaway_created",
    "giveaway_completed",
    "managed_bot_created",
    "paid_message_price_changed",
    "poll_option_added",
    "poll_option_deleted",
    "suggested_post_approved",
    "suggested_post_approval_failed",
    "suggested_post_declined",
    "suggested_post_paid",
    "suggested_post_refunded",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
];

#[test]
fn no_service_message_is_taken_for_words_of_whoever_caused_it() {
    for name in SERVICE {
        for (chat, kind) in [(5_000_000_001_i64, "private"), (-1_001_000_000_021, "supergroup")] {
            let mut message = json!({
                "message_id": 9, "date": 1_795_262_400, "chat": { "id": chat, "type": kind },
                "from": { "id": 5_000_000_001_i64, "is_bot": false, "first_name": "Awa" },
            });
            message[name] = json!({ "text": "some words of it" });
            for update in ["message", "edited_message", "channel_post"] {
                let mut webhook = json!({ "update_id": 1 });
                webhook[update] = message.clone();
                let events = parse(&webhook.to_string(), &["7000000001"]);
                let [event] = events.as_slice() else { panic!("{name}: {events:?}") };
                let is_notice = matches!(&event.kind, Kind::Notice { what, .. } if what == name);
                assert!(is_notice, "{name} in {update}: {event:?}");
            }
        }
    }
}

#[test]
fn no_two_messages_of_the_fixtures_have_one_id() {
    let mut seen = std::collections::BTreeMap::new();
    for body in fixtures() {
        for event in parse(&body, &["7000000001"]) {
            let Kind::Message(message) = &event.kind else { continue };
            let update = serde_json::from_str::<Value>(&body).unwrap()["update_id"].clone();
            let other = seen.insert(message.id.as_str().to_owned(), update.clone());
            assert!(other.is_none_or(|it| it == update), "{} is two messages", message.id.as_str());
        }
    }
}
