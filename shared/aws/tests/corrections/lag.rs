//! Corrections while the indexes are behind: they answer as the table was some time ago.

use aws::store::{Store, To};
use aws_sdk_dynamodb::config::SharedInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use domain::filing::State;
use embedded::events::{edited, key, quotes, says};
use embedded::tables::{file_all, fill, rules, table};
use embedded::{Cloud, Steps};

use crate::world::{World, assert_sound, at, new_thread, order, relocate, two_topics};

/// Sends reads of an index to a copy of the table that does not change any more.
#[derive(Debug)]
struct Behind {
    copy: String,
}

impl Intercept for Behind {
    fn name(&self) -> &'static str {
        "Behind"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        if body.contains("\"IndexName\"") {
            request.set_uri(format!("{}/", self.copy))?;
        }
        Ok(())
    }
}

/// A program over a world that sees the indexes as they are now, whatever is written from here on.
async fn frozen(world: &World) -> (Cloud, Store) {
    let copy = Cloud::start().await;
    fill(&copy, world.cloud.items().await).await;
    let behind = SharedInterceptor::new(Behind { copy: copy.endpoint().to_owned() });
    let process = world.cloud.process_intercepted(Steps::default(), Some(behind));
    (copy, table(&process))
}

#[tokio::test]
async fn what_an_index_does_not_show_yet_neither_leaves_its_thread_nor_comes_back_to_one() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    let (_copy, behind) = frozen(&world).await;
    file_all(&world.table, &[quotes("n1", 900_500, "how long do I wait for it?", "k1")]).await;
    let to = new_thread();
    relocate(&behind, 1, &kettle, &to, &["k2", "k3"]).await.unwrap();
    assert_sound(&world.cloud.items().await, "the index does not show the last message");
    // It shows those that left where they were.
    relocate(&behind, 2, &kettle, &To::Thread(chair), &["k1"]).await.unwrap();
    assert_sound(&world.cloud.items().await, "the index shows what left");
    let live = world.live(&kettle).await.unwrap();
    assert_eq!((live.state, live.since), (State::Waiting, Some(at(900_500))));
    let revert =
        behind.corrections().revert(&order(3), &world.contact, &order(1).id, &rules()).await;
    revert.unwrap();
    assert_sound(&world.cloud.items().await, "the index does not show what came back");
    assert_eq!(world.timeline(&kettle).await, ["k2", "k3", "n1"]);
}

#[tokio::test]
async fn what_came_to_a_merged_thread_goes_back_with_it_though_no_index_shows_it() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    let (_copy, behind) = frozen(&world).await;
    let more = "to return the chair, article 5500-1171, when do you collect it?";
    file_all(&world.table, &[quotes("c4", 180, more, "c1")]).await;
    assert_eq!(world.thread("c4").await, chair);
    behind.corrections().merge(&order(1), &chair, &kettle).await.unwrap();
    let edit =
        edited("c4", 900_700, 1, "to return the chair, article 5500-1178, when do you collect it?");
    file_all(&world.table, &[edit]).await;
    assert_sound(&world.cloud.items().await, "merged");
    let revert =
        behind.corrections().revert(&order(2), &world.contact, &order(1).id, &rules()).await;
    revert.unwrap();
    assert_sound(&world.cloud.items().await, "the index does not show the message");
    assert_eq!(world.thread("c4").await, chair);
    let entry =
        world.table.messages().message(&key("c4")).await.unwrap().unwrap().entry(&key("c4"));
    assert_eq!(entry.unwrap().edit, 1);
}

#[tokio::test]
async fn what_a_correction_brought_to_a_merged_thread_goes_back_with_it_though_no_index_shows_it() {
    let mut events = two_topics();
    let invoice = "Hi, my invoice 77-4411 shows the wrong address, can you correct it?";
    events.push(says("s1", 1_800_000, invoice));
    let world = World::of(&events).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    let invoice = world.thread("s1").await;
    world.relocate(1, &invoice, &To::Thread(chair.clone()), &["s1"]).await.unwrap();
    world.revert(2, 1).await.unwrap();
    world.merge(3, &chair, &kettle).await.unwrap();
    let (_copy, behind) = frozen(&world).await;
    world.revert(4, 2).await.unwrap();
    let revert =
        behind.corrections().revert(&order(5), &world.contact, &order(3).id, &rules()).await;
    revert.unwrap();
    assert_sound(&world.cloud.items().await, "the index does not show what came");
    assert_eq!(world.timeline(&chair).await, ["c1", "c2", "c3", "s1"]);
}
