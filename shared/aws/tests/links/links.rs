//! Two people who become one.

use aws::store::keys;
use aws::store::{PersonRefusal, SortOrder, To, Window};
use domain::filing::{CorrectionKind, CorrectionState, Proof};
use domain::id::{ContactId, IdentityId, ThreadId};
use embedded::events::{ada, says};
use embedded::tables::{file, file_all, of_kind, picture, rules, text};

use crate::people::{
    CHAIR, World, bob, bob_says, bob_shows, contact_of, eve, opened, order, owner,
};

/// A matter of its own, whatever was said before.
pub(crate) const VISIT: &str = "Good morning, I would like to book a visit of your shop";
pub(crate) const CARPET: &str =
    "Hello, I have a question: can you deliver the blue carpet, article 77-3300?";

#[tokio::test]
async fn the_addresses_and_threads_of_one_become_the_other_s_and_an_old_id_still_finds_them() {
    let world = World::new().await;
    let carpet = opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    let was = contact_of(&world.table, &bob().id).await;
    let made = world.link("1", &bob().id).await.unwrap();
    assert_eq!(made.state, CorrectionState::Done);
    let CorrectionKind::Link { from, to, proof, .. } = &made.kind else { panic!("{made:?}") };
    assert_eq!((from, to), (&was, &world.ada));
    assert_eq!(proof, &Proof::Agent);
    let items = world.cloud.items().await;
    for thread in [&carpet, &world.lamp, &world.chair] {
        assert_eq!(owner(&items, thread), world.ada);
    }
    assert_eq!(contact_of(&world.table, &bob().id).await, world.ada);
    assert_eq!(world.table.contacts().who_is(&was).await.unwrap(), Some(world.ada.clone()));
    let addresses = world.table.contacts().addresses(&world.ada).await.unwrap().unwrap();
    assert!(addresses.iter().any(|(id, _)| *id == bob().id) && addresses.len() == 3);
    let window = Window { order: SortOrder::Ascending, after: None, limit: 10 };
    let corrections =
        world.table.corrections().view_corrections(&world.ada, &window).await.unwrap();
    assert_eq!(corrections.rows, [made]);
    let more =
        bob_says("b2", 310_100, "the green garden chairs, article 99-1200, two of them please");
    file(&world.table, &more).await.unwrap();
    assert_eq!(world.thread_of(&more).await, world.chair, "they are weighed as one person's");
}

#[tokio::test]
async fn the_same_order_again_answers_the_same_and_changes_nothing() {
    let world = World::new().await;
    opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    let made = world.link("1", &bob().id).await;
    let before = world.cloud.items().await;
    assert_eq!(world.link("1", &bob().id).await, made);
    assert_eq!(picture(&world.cloud.items().await), picture(&before));
    assert_eq!(world.link("1", &eve().id).await, Err(PersonRefusal::OtherCorrection));
    assert_eq!(world.link("2", &bob().id).await, Err(PersonRefusal::SameContact));
    let nobody = ContactId::new("con_nobody");
    let refused = world.table.links().link(&order("3"), &eve().id, &nobody, Proof::Agent).await;
    let refused = refused.unwrap_err().refusal().unwrap();
    assert_eq!(refused, PersonRefusal::NoContact);
}

#[tokio::test]
async fn an_address_of_nobody_becomes_theirs_before_its_first_message() {
    let world = World::new().await;
    world.link("1", &bob().id).await.unwrap();
    let chair =
        bob_says("b1", 310_000, "the green garden chairs, article 99-1200, two of them please");
    file(&world.table, &chair).await.unwrap();
    assert_eq!(world.thread_of(&chair).await, world.chair);
    world.unlink("2", &bob().id).await.unwrap();
    let items = world.cloud.items().await;
    let bob = contact_of(&world.table, &bob().id).await;
    assert_ne!(bob, world.ada);
    assert_eq!(owner(&items, &world.thread_of(&chair).await), bob);
}

#[tokio::test]
async fn threads_over_the_24_live_ones_go_to_those_that_were_moved_out() {
    let world = World::new().await;
    let topic = |n: i64| {
        format!(
            "Hello, I would like to buy another thing, article 55{n:02}-{n:02}71, could you help me?"
        )
    };
    for n in 0..23 {
        opened(&world.table, &says(&format!("t{n}"), 600_000 + n * 300_000, &topic(n))).await;
    }
    let carpet = opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    world.link("1", &bob().id).await.unwrap();
    let items = world.cloud.items().await;
    let ada = format!("CON#{}", world.ada);
    assert_eq!(of_kind(&items, &ada, "1#").len(), 24);
    let archived: Vec<_> = of_kind(&items, &ada, "2#").iter().map(|it| text(it, "sk")).collect();
    assert!(archived.contains(&format!("2#{carpet}")), "{archived:?}");
    assert_eq!(owner(&items, &carpet), world.ada);
}

#[tokio::test]
async fn what_was_merged_goes_along() {
    let world = World::new().await;
    let first = opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    let second = opened(&world.table, &bob_says("b2", 700_000, VISIT)).await;
    world.table.corrections().merge(&order("9"), &second, &first).await.unwrap();
    world.link("1", &bob().id).await.unwrap();
    let items = world.cloud.items().await;
    for thread in [&first, &second] {
        let own = of_kind(&items, &format!("THR#{thread}"), "0");
        assert_eq!(text(own[0], "contact"), world.ada.as_str());
    }
    let late = bob_says("b3", 310_010, "the blue carpet, article 77-3300");
    file(&world.table, &late).await.unwrap();
    assert_eq!(world.thread_of(&late).await, first);
}

#[tokio::test]
async fn a_claim_that_is_confirmed_is_over_and_so_is_one_that_is_rejected() {
    let world = World::new().await;
    let code = world.code(7).await;
    let shown = bob_shows("b1", 310_000, &code);
    file_all(&world.table, &[shown.clone(), bob_says("b2", 310_060, "the lamp of order 18-4471")])
        .await;
    world.link("1", &bob().id).await.unwrap();
    let address = world.table.contacts().find_identity(&bob().id).await.unwrap().unwrap();
    assert_eq!((address.claimed, address.contact), (None, Some(world.ada.clone())));
    assert_eq!(world.thread_of(&shown).await, world.lamp);
    world.unlink("2", &bob().id).await.unwrap();
    let address = world.table.contacts().find_identity(&bob().id).await.unwrap().unwrap();
    assert_eq!(address.claimed, None);
    let items = world.cloud.items().await;
    let back = world.thread_of(&shown).await;
    assert_eq!(Some(owner(&items, &back)), address.contact, "also what was said as a claim");
    assert_eq!(owner(&items, &world.lamp), world.ada);
    let more = bob_says("b3", 310_100, "the lamp of order 18-4471, again");
    file(&world.table, &more).await.unwrap();
    assert_eq!(world.thread_of(&more).await, back);
}

#[tokio::test]
async fn a_code_of_a_merged_thread_leads_into_the_one_that_it_went_into() {
    let world = World::new().await;
    let code = world.code(7).await;
    world.table.corrections().merge(&order("9"), &world.lamp, &world.chair).await.unwrap();
    let shown = bob_shows("b1", 310_000, &code);
    file(&world.table, &shown).await.unwrap();
    assert_eq!(world.thread_of(&shown).await, world.chair);
    let view = world.table.views().view_thread(&world.chair).await.unwrap().unwrap();
    assert_eq!(world.table.filing().claimants(&view).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_claim_follows_its_thread_into_another_and_is_known_there() {
    let world = World::new().await;
    let code = world.code(7).await;
    file(&world.table, &bob_shows("b1", 310_000, &code)).await.unwrap();
    world.table.corrections().merge(&order("9"), &world.lamp, &world.chair).await.unwrap();
    let view = world.table.views().view_thread(&world.chair).await.unwrap().unwrap();
    assert_eq!(world.table.filing().claimants(&view).await.unwrap().len(), 1);
    let more = bob_says("b2", 310_060, "the lamp of order 18-4471 is still broken");
    file(&world.table, &more).await.unwrap();
    assert_eq!(world.thread_of(&more).await, world.chair);
}

#[tokio::test]
async fn the_head_of_a_person_with_linked_addresses_stays_small() {
    let world = World::new().await;
    opened(&world.table, &bob_says("b1", 310_000, CARPET)).await;
    world.link("1", &bob().id).await.unwrap();
    let mail = IdentityId::email("ada.lovelace@example.com").unwrap();
    world.link("2", &mail).await.unwrap();
    let items = world.cloud.items().await;
    let head = of_kind(&items, &format!("CON#{}", world.ada), "0")[0];
    let size: usize = head
        .iter()
        .map(|(name, it)| name.len() + it.as_ss().map_or(45, |it| it.iter().map(String::len).sum()))
        .sum();
    assert!(size <= 350 && head["identities"].as_ss().unwrap().len() == 4, "{size}");
}

#[tokio::test]
async fn a_split_of_a_claimed_thread_lets_nobody_into_more() {
    let world = World::new().await;
    let code = world.code(7).await;
    file(&world.table, &bob_shows("b1", 310_000, &code)).await.unwrap();
    let split = ThreadId::new("thr_0190aa7f6c0070008000000000000009");
    let lamp = says("lamp", 0, CHAIR);
    let domain::event::Kind::Message(message) = &lamp.kind else { panic!() };
    let key = keys::message(&lamp.channel, &lamp.account, &message.id);
    let to = To::New(split.clone());
    world
        .table
        .corrections()
        .move_messages(&order("9"), &world.lamp, &to, &[key], &rules())
        .await
        .unwrap();
    let more = bob_says("b2", 310_060, "the lamp of order 18-4471 is still broken");
    file(&world.table, &more).await.unwrap();
    assert_ne!(world.thread_of(&more).await, split);
    assert_ne!(
        contact_of(&world.table, &ada().id).await,
        contact_of(&world.table, &bob().id).await
    );
}
