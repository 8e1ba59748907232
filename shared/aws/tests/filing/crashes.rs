//! Stopping before and after every call, and bringing again what the queue brings again.

use aws::store::item::Item;
use domain::content::{Content, Raw};
use domain::event::{Direction, Identity, InboundEvent, Kind, Message};
use embedded::events::{
    ada, answers, bsuid, call, deleted, echo, edited, event, id, known_by, message, phone, quotes,
    says, topics,
};
use embedded::tables::{file, file_all, fill, of_kind, picture, table};
use embedded::{Cloud, Steps};

/// A life of one person, with everything that can happen to a message.
fn life() -> Vec<InboundEvent> {
    let unread = Content::Unsupported { kind: "poll".into(), raw: Raw("{}".into()) };
    let reads = |content| event(ada(), 200, Message::inbound(id("poll"), content));
    let stranger = Identity { id: bsuid("GB.7"), aliases: vec![phone()], name: None };
    let moved = Identity {
        id: bsuid("GB.9"),
        aliases: vec![domain::id::IdentityId::phone("+447700900222")],
        name: None,
    };
    vec![
        says("1", 0, "Hello, I want to know where order 18-4471 is"),
        says("2", 10, "it was due on Monday"),
        echo("3", 60, "It is on its way"),
        quotes("4", 120, "thanks, when will it be here?", "3"),
        edited("4", 130, 1, "thanks, at what time will it be here?"),
        edited("5", 139, 1, "in the morning if possible"),
        says("5", 140, "in the mornin"),
        deleted("6", 150),
        says("6", 149, "never mind"),
        deleted("2", 160),
        reads(unread),
        reads(Content::text("a poll about lamps")),
        event(
            ada(),
            210,
            Kind::Reaction { of: id("3"), emoji: Some("👍".into()), direction: Direction::In },
        ),
        call("7", 900),
        says(
            "8",
            90_000,
            "Good morning, I would like to return a chair, order 99-1200, how do I do that?",
        ),
        event(
            ada(),
            90_100,
            Kind::ConsentChanged {
                purpose: "marketing".into(),
                granted: false,
                detail: "stop".into(),
            },
        ),
        event(stranger, 180_000, message("9", "Hello, do you repair lamps?")),
        event(
            moved.clone(),
            190_000,
            Kind::IdentityChanged {
                previous: Some(ada().id),
                reason: "user_changed_number".into(),
            },
        ),
        event(moved, 190_100, message("10", "me again, the chair please")),
        event(greets(), 200_000, message("11", "Bonjour")),
        event(greets(), 200_030, message("12", "ma commande FR-20418 n'est pas là")),
        event(greets(), 200_060, Kind::Deleted { of: id("12") }),
        event(greets(), 200_090, message("13", "ma commande FR-20419 n'est pas là")),
        event(greets(), 200_100, edited_to("13", "ma commande FR-20420 n'est pas là")),
    ]
}

/// A person who greets first, and says after it what it is about.
fn greets() -> Identity {
    known_by(bsuid("FR.11"))
}

fn edited_to(of: &str, words: &str) -> Kind {
    Kind::Edited { of: id(of), n: 1, content: Content::text(words) }
}

/// Stops a program before and after every call that an event takes, starts it anew and brings the event again, for each
/// event of a life. What the table holds after each is compared, so what follows follows from the same. Returns the number
/// of crash points.
async fn survive(mut before: Vec<Item>, events: &[InboundEvent]) -> (Vec<Item>, u32) {
    let mut points = 0;
    for event in events {
        let (after, steps) = filed(&before, event, 0).await;
        let expected = picture(&after);
        for stop_at in 1..=steps {
            let (items, _) = filed(&before, event, stop_at).await;
            assert_eq!(picture(&items), expected, "{event:?} stopped at step {stop_at}");
        }
        (before, points) = (after, points + steps);
    }
    (before, points)
}

async fn filed(before: &[Item], event: &InboundEvent, stop_at: u32) -> (Vec<Item>, u32) {
    let cloud = Cloud::start().await;
    fill(&cloud, before.to_vec()).await;
    let process = cloud.process_with(Steps::stopping_at(stop_at));
    if file(&table(&process), event).await.is_err() {
        assert_ne!(stop_at, 0, "an event that cannot be filed");
        file(&table(&cloud.process()), event).await.unwrap();
    }
    (cloud.items().await, process.steps.passed())
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "how many points were tried is what a reader wants to see")]
async fn a_stop_before_or_after_any_call_ends_as_a_clean_run_does() {
    let (items, points) = survive(Vec::new(), &life()).await;
    assert!(
        of_kind(&items, "CON#", "0").len() == 3 && 100 < points,
        "the life is lived: {points} points"
    );
    println!("{points} crash points, each ended as the clean run did");
}

#[tokio::test]
async fn an_entry_that_is_put_back_long_after_changes_nothing() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    file_all(&table, &life()).await;
    let expected = picture(&cloud.items().await);
    for event in life().iter().rev() {
        file(&table, event).await.unwrap();
        assert_eq!(picture(&cloud.items().await), expected, "{event:?} came again");
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "how many points were tried is what a reader wants to see")]
async fn a_stop_while_the_25th_thread_makes_room_ends_as_a_clean_run_does() {
    let mut events = topics(26);
    events.insert(1, answers("ask", 60, "Which colour?", "0"));
    let chosen = Content::Choice { id: "red".into(), title: "Red".into() };
    events.push(event(
        ada(),
        9_000_000,
        Message { reply_to: Some(id("ask")), ..Message::inbound(id("back"), chosen) },
    ));
    let opens = events.split_off(25);
    let cloud = Cloud::start().await;
    file_all(&table(&cloud.process()), &events).await;
    let (items, points) = survive(cloud.items().await, &opens).await;
    assert_eq!((of_kind(&items, "CON#", "1#").len(), of_kind(&items, "CON#", "2#").len()), (24, 2));
    println!("{points} crash points, each ended as the clean run did");
}
