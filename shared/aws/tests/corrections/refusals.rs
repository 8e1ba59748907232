//! Corrections that cannot be made: each is refused with its reason, and nothing is written.

use aws::store::{MOST_MOVED, ThreadRefusal, To, keys};
use domain::id::{ContactId, ThreadId};
use embedded::answered;
use embedded::events::{bsuid, event, key, known_by, message};
use embedded::tables::{file_all, picture, rules};

use crate::world::{World, new_thread, order, two_topics};

#[tokio::test]
async fn a_refused_correction_says_why_and_writes_nothing() {
    let world = World::of(&two_topics()).await;
    let stranger = known_by(bsuid("GB.7"));
    let hello = event(stranger, 10, message("s1", "Hello, do you repair lamps?"));
    file_all(&world.table, &[hello]).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    let (theirs, nobody) = (world.thread("s1").await, ThreadId::new("thr_none"));
    let before = picture(&world.cloud.items().await);

    let there = |it: &ThreadId| To::Thread(it.clone());
    assert_eq!(world.merge(1, &chair, &chair).await, Err(ThreadRefusal::SameThread));
    assert_eq!(world.merge(1, &nobody, &chair).await, Err(ThreadRefusal::NoThread(nobody.clone())));
    assert_eq!(world.merge(1, &chair, &nobody).await, Err(ThreadRefusal::NoThread(nobody.clone())));
    assert_eq!(world.merge(1, &chair, &theirs).await, Err(ThreadRefusal::OtherContact));

    let moves = [
        (&nobody, there(&chair), vec!["k1"], ThreadRefusal::NoThread(nobody.clone())),
        (&kettle, there(&nobody), vec!["k1"], ThreadRefusal::NoThread(nobody.clone())),
        (&kettle, there(&kettle), vec!["k1"], ThreadRefusal::SameThread),
        (&kettle, there(&theirs), vec!["k1"], ThreadRefusal::OtherContact),
        (&kettle, there(&chair), vec!["k1", "s1"], ThreadRefusal::OtherContact),
        (&kettle, there(&chair), vec!["k1", "c1"], ThreadRefusal::NotInThread(key("c1"))),
        (&kettle, there(&chair), vec!["k1", "none"], ThreadRefusal::NoMessage(key("none"))),
        (&kettle, there(&chair), vec![], ThreadRefusal::Nothing),
        (&kettle, To::New(chair.clone()), vec!["k1"], ThreadRefusal::OtherCorrection),
        (&kettle, new_thread(), vec!["k1", "c1"], ThreadRefusal::NotInThread(key("c1"))),
    ];
    for (from, to, names, refused) in moves {
        assert_eq!(world.relocate(1, from, &to, &names).await, Err(refused), "{names:?}");
    }
    let many: Vec<keys::Key> = (0..=MOST_MOVED).map(|n| key(&n.to_string())).collect();
    let made = world
        .table
        .corrections()
        .move_messages(&order(1), &kettle, &there(&chair), &many, &rules())
        .await;
    assert_eq!(answered(made), Err(ThreadRefusal::TooMany));
    assert_eq!(world.revert(2, 1).await, Err(ThreadRefusal::NoCorrection));
    assert_eq!(picture(&world.cloud.items().await), before);
}

#[tokio::test]
async fn what_is_a_part_of_another_thread_is_corrected_there() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    world.merge(1, &chair, &kettle).await.unwrap();
    let before = picture(&world.cloud.items().await);
    let merged = || Err(ThreadRefusal::Merged(kettle.clone()));
    assert_eq!(world.merge(2, &chair, &kettle).await, merged());
    assert_eq!(world.merge(2, &kettle, &chair).await, merged());
    assert_eq!(world.relocate(2, &chair, &new_thread(), &["c1"]).await, merged());
    let to = To::Thread(chair.clone());
    assert_eq!(world.relocate(2, &kettle, &to, &["k1"]).await, merged());
    assert_eq!(picture(&world.cloud.items().await), before);
}

#[tokio::test]
async fn an_id_is_one_correction_and_is_answered_the_same() {
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    let made = world.relocate(1, &kettle, &new_thread(), &["k3"]).await.unwrap();
    let before = picture(&world.cloud.items().await);
    assert_eq!(world.relocate(1, &kettle, &new_thread(), &["k3", "k3"]).await, Ok(made));
    let other = Err(ThreadRefusal::OtherCorrection);
    assert_eq!(world.relocate(1, &kettle, &new_thread(), &["k2"]).await, other);
    assert_eq!(world.relocate(1, &kettle, &To::Thread(chair.clone()), &["k3"]).await, other);
    assert_eq!(world.merge(1, &kettle, &chair).await, other);
    assert_eq!(world.revert(1, 1).await, other);
    assert_eq!(picture(&world.cloud.items().await), before);
    let made = world.revert(2, 1).await.unwrap();
    assert_eq!(world.revert(2, 1).await, Ok(made));
    assert_eq!(world.revert(3, 1).await, Err(ThreadRefusal::AlreadyReverted));
}

#[tokio::test]
async fn corrections_are_read_by_when_they_were_made() {
    use aws::store::{SortOrder, Window};
    let world = World::of(&two_topics()).await;
    let (chair, kettle) = (world.thread("c1").await, world.thread("k1").await);
    // The later one has the lower id.
    let split = world.relocate(9, &kettle, &new_thread(), &["k3"]).await.unwrap();
    let merge = {
        let late = aws::store::Order { at: crate::world::at(3_000_000), ..order(1) };
        world.table.corrections().merge(&late, &chair, &kettle).await.unwrap()
    };
    let page = async |order, after| {
        let window = Window { order, after, limit: 1 };
        world.table.corrections().view_corrections(&world.contact, &window).await.unwrap()
    };
    let first = page(SortOrder::Ascending, None).await;
    assert_eq!(first.rows, [split]);
    let second = page(SortOrder::Ascending, first.next).await;
    assert_eq!((&second.rows[..], second.next), (std::slice::from_ref(&merge), None));
    assert_eq!(page(SortOrder::Descending, None).await.rows[..], *std::slice::from_ref(&merge));
    let one = world.table.corrections().view_correction(&world.contact, &merge.id).await.unwrap();
    assert_eq!(one, Some(merge));
    let nobody =
        world.table.corrections().view_correction(&ContactId::new("con_none"), &order(1).id).await;
    assert_eq!(nobody.unwrap(), None);
}
