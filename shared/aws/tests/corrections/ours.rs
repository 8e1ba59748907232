//! Messages of ours that are moved.

use aws::store::{Acceptance, OfLeg, To, keys};
use domain::filing::State;
use domain::id::{MessageId, ProviderId, ThreadId};
use domain::outbound::SendContent;
use domain::sending::{Leg, Outgoing};
use domain::threading::Profile;
use embedded::events::{self, WHATSAPP, account, ada, key};
use embedded::tables::{picture, rules};

use crate::world::{World, at, new_thread, order, two_topics};

fn answer(world: &World, thread: &ThreadId) -> Outgoing {
    let leg = Leg::new(WHATSAPP, account(), vec![ada().id]);
    let content = SendContent::Text { text: "The red one comes in two sizes.".to_owned() };
    let of = (thread, &world.contact);
    Outgoing { content, ..events::answer(MessageId::new("msg_1"), leg, of, at(900_200)) }
}

async fn accept(world: &World, thread: &ThreadId) -> Outgoing {
    let accepted =
        world.table.sends().accept(&answer(world, thread), None, &rules()).await.unwrap();
    let Acceptance::Stored(message) = accepted else { panic!("{accepted:?}") };
    *message
}

async fn send(world: &World, message: &Outgoing) {
    let now = at(900_201);
    assert!(world.table.sends().begin(OfLeg { message, leg: 0 }, 1, false, now).await.unwrap());
    world
        .table
        .sends()
        .sent(OfLeg { message, leg: 0 }, 1, Some(&ProviderId::new("wamid.1")), now)
        .await
        .unwrap();
    let sent = world.table.sends().outgoing(&message.id).await.unwrap().unwrap();
    world.table.sends().complete(OfLeg { message: &sent, leg: 0 }).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_moved_lets_its_question_wait_again_and_is_the_last_word_elsewhere() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    send(&world, &accept(&world, &kettle).await).await;
    assert_eq!(world.live(&kettle).await.unwrap().state, State::Open);
    let before = picture(&world.cloud.items().await);
    let ours = keys::outbound(&MessageId::new("msg_1"));
    let to = To::Thread(chair.clone());
    let messages = std::slice::from_ref(&ours);
    world
        .table
        .corrections()
        .move_messages(&order(1), &kettle, &to, messages, &rules())
        .await
        .unwrap();
    let (left, right) = (world.live(&kettle).await.unwrap(), world.live(&chair).await.unwrap());
    assert_eq!((left.state, left.since), (State::Waiting, Some(at(900_000))));
    assert_eq!((right.state, right.profile.spoke_at()), (State::Open, Some(at(900_200))));
    assert_eq!(left.profile.spoke_at(), None);
    world.revert(2, 1).await.unwrap();
    let after = picture(&world.cloud.items().await);
    let live = |picture: &std::collections::BTreeMap<String, String>| -> Vec<_> {
        picture.iter().filter(|(key, _)| key.contains(" 1#")).map(|(_, it)| it.clone()).collect()
    };
    assert_eq!(live(&after), live(&before));
}

#[tokio::test]
async fn an_answer_that_is_moved_before_it_went_out_is_known_where_it_is_once_it_did() {
    let world = World::of(&two_topics()).await;
    let kettle = world.thread("k1").await;
    let message = accept(&world, &kettle).await;
    let to = new_thread();
    let To::New(new) = &to else { unreachable!() };
    let keys = [key("k3"), keys::outbound(&MessageId::new("msg_1"))];
    world
        .table
        .corrections()
        .move_messages(&order(1), &kettle, &to, &keys, &rules())
        .await
        .unwrap();
    assert_eq!(world.live(new).await.unwrap().state, State::Waiting, "nobody got an answer yet");
    send(&world, &message).await;
    let (left, right) = (world.live(&kettle).await.unwrap(), world.live(new).await.unwrap());
    assert_eq!((left.state, right.state), (State::Waiting, State::Open));
    let mut entries = Vec::new();
    for key in &keys {
        entries
            .push(world.table.messages().message(key).await.unwrap().unwrap().entry(key).unwrap());
    }
    assert_eq!(right.profile, Profile::of(&entries));
}
