//! What Telegram's own rules ask for, beyond what every channel must pass.
#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use std::fs;
use std::path::Path;

use domain::event::{InboundEvent, Kind};
use domain::id::AccountId;
use domain::time::Timestamp;
use domain::webhook::Verified;
use kit::Vector;
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
        .filter(|it| serde_json::from_str::<serde_json::Value>(it).is_ok_and(|it| it.is_object()))
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
