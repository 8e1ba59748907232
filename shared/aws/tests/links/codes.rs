//! The effects of showing a link code, and the ones that it does not have.

use aws::store::Filed;
use domain::event::{Identity, Message};
use domain::filing::{ChannelLink, LinkCode};
use domain::time::Timestamp;
use embedded::events::{START, by_us, calls, id, message, phone, quotes, says};
use embedded::tables::{file, of_kind, text};

use crate::people::{
    CHAIR, MORE, World, bob, bob_says, bob_shows, by, contact_of, eve, opened, owner,
};

#[tokio::test]
async fn who_shows_a_code_joins_its_thread_with_a_contact_of_their_own_that_is_claimed() {
    let world = World::new().await;
    let code = world.code(7).await;
    let shown = bob_shows("b1", 310_000, &code);
    assert_eq!(file(&world.table, &shown).await.unwrap(), Filed::Joined(world.lamp.clone()));
    let address = world.table.contacts().find_identity(&bob().id).await.unwrap().unwrap();
    let claimed = address.claimed.unwrap();
    assert_eq!((claimed.thread, claimed.contact), (world.lamp.clone(), world.ada.clone()));
    assert_eq!(claimed.code, code.sha256());
    assert_ne!(address.contact, Some(world.ada.clone()));
    assert_eq!(address.inbound.len(), 1, "the window is open");
    let items = world.cloud.items().await;
    assert_eq!(of_kind(&items, "CON#", "0").len(), 2);
    assert_eq!(of_kind(&items, "CON#", "1#").len(), 2, "it opened none");
    assert_eq!(owner(&items, &world.lamp), world.ada);
    let stored = items.iter().find(|it| text(it, "channel") == "telegram").unwrap();
    assert!(text(stored, "evidence").contains("link_code"));
    let lamp = world.table.views().view_thread(&world.lamp).await.unwrap().unwrap();
    assert_eq!(lamp.live.as_ref().unwrap().since, Some(shown.at.min(lamp.opened)));
    let claimants = world.table.filing().claimants(&lamp).await.unwrap();
    assert_eq!(claimants.len(), 1);
    let chair = world.table.views().view_thread(&world.chair).await.unwrap().unwrap();
    assert!(world.table.filing().claimants(&chair).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_code_counts_once_and_for_its_message_however_often_that_comes() {
    let world = World::new().await;
    let code = world.code(7).await;
    let shown = bob_shows("b1", 310_000, &code);
    file(&world.table, &shown).await.unwrap();
    for _ in 0..2 {
        let again = file(&world.table, &shown).await.unwrap();
        assert_eq!(again, Filed::Repeated(world.lamp.clone()));
    }
    let stolen = by(eve(), 311_000, message("e1", &format!("hello {}", code.reveal())));
    opened(&world.table, &stolen).await;
    assert!(
        world.table.contacts().find_identity(&eve().id).await.unwrap().unwrap().claimed.is_none()
    );
}

#[tokio::test]
async fn a_code_that_ran_out_or_that_nobody_made_counts_for_nothing() {
    let world = World::new().await;
    let code = world.code(7).await;
    opened(&world.table, &bob_shows("b1", 500_000, &code)).await;
    let unknown = by(eve(), 1, message("e1", &LinkCode::of_random(8).reveal()));
    opened(&world.table, &unknown).await;
    assert!(
        world.table.contacts().find_identity(&bob().id).await.unwrap().unwrap().claimed.is_none()
    );
}

#[tokio::test]
async fn a_code_is_found_in_words_also_in_small_letters() {
    let world = World::new().await;
    let code = world.code(7).await;
    let words = format!("Bonjour ! Voici mon code : {}, merci", code.reveal().to_lowercase());
    let filed = file(&world.table, &by(eve(), 310_000, message("e1", &words))).await.unwrap();
    assert_eq!(filed, Filed::Joined(world.lamp));
}

#[tokio::test]
async fn the_person_s_own_code_is_certain_and_claims_nothing() {
    let world = World::new().await;
    let code = world.code(7).await;
    let words = format!("{CHAIR} {}", code.reveal());
    let filed = file(&world.table, &calls("c1", 310_000, &words)).await.unwrap();
    assert_eq!(filed, Filed::Joined(world.lamp.clone()), "certain evidence decides alone");
    assert!(
        world.table.contacts().find_identity(&phone()).await.unwrap().unwrap().claimed.is_none()
    );
    let lamp = world.table.views().view_thread(&world.lamp).await.unwrap().unwrap();
    assert!(lamp.claimants.is_empty());
}

#[tokio::test]
async fn who_claims_goes_on_in_the_claimed_thread_and_opens_threads_of_their_own() {
    let world = World::new().await;
    let code = world.code(7).await;
    file(&world.table, &bob_shows("b1", 310_000, &code)).await.unwrap();
    let more = bob_says("b2", 310_060, MORE);
    assert_eq!(file(&world.table, &more).await.unwrap(), Filed::Joined(world.lamp.clone()));
    let other = bob_says("b3", 900_000, "Hello, I have another question: do you deliver carpets?");
    let own = opened(&world.table, &other).await;
    let bob = contact_of(&world.table, &bob().id).await;
    let items = world.cloud.items().await;
    assert_eq!((owner(&items, &own), owner(&items, &world.lamp)), (bob, world.ada));
    let mine = says("a3", 900_100, "what about the lamp of order 18-4471?");
    assert_eq!(file(&world.table, &mine).await.unwrap(), Filed::Joined(world.lamp));
}

#[tokio::test]
async fn who_claims_reaches_no_other_thread_of_that_person_by_words_quotes_or_references() {
    let world = World::new().await;
    let code = world.code(7).await;
    let shows = by(eve(), 310_000, message("e1", &code.reveal()));
    file(&world.table, &shows).await.unwrap();
    let chairs = "the green garden chairs, article 99-1200, do you still sell them?";
    let said = [
        by(eve(), 310_010, message("e2", chairs)),
        by(eve(), 310_020, Message { reply_to: Some(id("chair")), ..message("e3", chairs) }),
        by(eve(), 310_030, Message { refs: vec![id("chair")], ..message("e4", chairs) }),
        by(eve(), 910_000, Message { reply_to: Some(id("chair")), ..message("e5", "yes please") }),
    ];
    for event in &said {
        file(&world.table, event).await.unwrap();
        assert_ne!(world.thread_of(event).await, world.chair);
    }
    // Nor the other way round: a message of theirs in a thread of their own is foreign to Ada.
    let quoted = quotes("a9", 920_000, "and the chairs?", "e5");
    file(&world.table, &quoted).await.unwrap();
    let items = world.cloud.items().await;
    assert_eq!(owner(&items, &world.thread_of(&quoted).await), world.ada);
}

#[tokio::test]
async fn what_is_ours_or_public_shows_no_code() {
    let world = World::new().await;
    let code = world.code(7).await;
    let words = || message("o1", &format!("tap here: {}", code.reveal()));
    let ours = by_us(words());
    file(&world.table, &by(eve(), 310_000, ours)).await.unwrap();
    let shown = bob_shows("b1", 310_100, &code);
    assert_eq!(file(&world.table, &shown).await.unwrap(), Filed::Joined(world.lamp));
}

#[tokio::test]
async fn a_claim_goes_with_the_number_s_person_and_not_to_the_next_one_who_has_it() {
    let world = World::new().await;
    let carpet = opened(&world.table, &bob_says("b1", 10, "Hello, do you deliver carpets?")).await;
    let code = LinkCode::of_random(9);
    let link = ChannelLink {
        thread: carpet.clone(),
        contact: contact_of(&world.table, &bob().id).await,
        until: Timestamp::from_secs(START + 500_000),
        author: "desk".to_owned(),
        purpose: None,
    };
    assert!(world.table.filing().make_link(&code, &link).await.unwrap());
    assert!(!world.table.filing().make_link(&code, &link).await.unwrap(), "a code is made once");
    let called = calls("c1", 310_000, &code.reveal());
    assert_eq!(file(&world.table, &called).await.unwrap(), Filed::Joined(carpet));
    let known = world.table.contacts().find_identity(&phone()).await.unwrap().unwrap();
    assert!(known.claimed.is_some() && known.contact == Some(world.ada.clone()));
    let next = Identity { aliases: vec![phone()], ..eve() };
    opened(&world.table, &by(next, 320_000, message("e1", "hello, is this the shop?"))).await;
    let known = world.table.contacts().find_identity(&phone()).await.unwrap().unwrap();
    assert!(known.recycled && known.claimed.is_none() && known.contact != Some(world.ada));
}
