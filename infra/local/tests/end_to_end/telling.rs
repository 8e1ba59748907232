//! The story of the demo, chapter by chapter.

use local::report::Report;
use local::story::{self, ELSEWHERE};

use crate::world::World;

pub(crate) async fn ada_has_a_conversation_by_whatsapp(world: &World) {
    world.conversation().await;
}

pub(crate) async fn an_exchange_happens(world: &World, channel: &'static str) {
    world.exchange(channel).await;
}

/// Rests on the conversation, which it goes on with, and on the exchange by the other channel.
pub(crate) async fn two_topics_stay_apart_and_are_corrected(world: &World) {
    let (stage, conversation) = (world.stage().await, world.conversation().await);
    let elsewhere = world.exchange(ELSEWHERE).await;
    story::tell_topics(stage, &Report::quiet(), conversation, elsewhere).await.unwrap();
}
