//! The customer is asked which topic a message is about, and the answer re-files it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

mod world;

use aws::store::{SortOrder, Window};
use domain::content::Content;
use domain::event::{InboundEvent, Kind};
use domain::filing::{ChannelLink, LinkCode, State};
use domain::id::{IdentityId, ProviderId};
use domain::outbound::SendContent;
use domain::plan::Offer;
use domain::sending::Outgoing;
use domain::threading::{Certain, Evidence};
use embedded::Steps;
use embedded::events::{account, known_by};

use crate::world::{World, offers};

/// The ids of a question's options.
fn options(question: &Outgoing) -> Vec<String> {
    let SendContent::Choices { options, .. } = &question.content else { panic!("no choices") };
    options.iter().map(|it| it.id.clone()).collect()
}

/// A message that may be about either topic, and joins one.
const DOUBTFUL: &str = "Tuesday would be a good day for dinner";
/// A message that goes on with it.
const MORE: &str = "Book the table for noon please";
/// One that may be about either topic or a third, and opens a thread.
const DOUBTFUL_NEW: &str = "Hi, I need something for Tuesday, can you help me?";

#[tokio::test]
async fn a_doubtful_message_is_asked_about_once_with_the_topics_that_it_may_mean() {
    let world = World::with_two_topics().await;
    world.take(&world.says("5", 1, DOUBTFUL)).await;
    let filed = world.thread_of("5").await;
    assert!(world.is_unsure(&filed).await);
    let question = world.question().await;
    let topics = [world.thread_of("1").await, world.thread_of("3").await];
    let options = options(&question);
    assert_eq!(options.len(), 3);
    assert!(topics.iter().all(|it| options.contains(&format!("topic:{it}"))), "{options:?}");
    assert_eq!(options.last().unwrap(), "topic:new");
    assert_eq!(question.thread, filed);
    assert_eq!(question.legs[0].reply_to, Some(ProviderId::new("5")));
    // The platform delivers it again, and another doubtful one comes: there is one question at a time.
    world.cloud.queues.forget();
    world.take(&world.says("5", 1, DOUBTFUL)).await;
    let again = world.queued();
    assert!(again.len() <= 1, "the same entry, which outbound works on once");
    world.take(&world.says("6", 0, "In the morning")).await;
    assert_eq!(world.queued(), []);
}

#[tokio::test]
async fn nobody_is_asked_where_that_is_not_switched_on() {
    let world = World::with_two_topics().await;
    for channels in ["", "telegram"] {
        let filer = world.filer(Steps::default(), channels);
        filer.file(&world.says("5", 1, DOUBTFUL)).await.unwrap();
        assert_eq!(world.queued(), []);
    }
    assert!(world.is_unsure(&world.thread_of("5").await).await, "it is marked for us instead");
}

#[tokio::test]
async fn who_only_claims_to_be_a_person_is_not_asked() {
    let world = World::with_two_topics().await;
    let (thread, now) = (world.thread_of("1").await, aws::now());
    let contact = world.table().views().view_thread(&thread).await.unwrap().unwrap().contact;
    let code = LinkCode::of_random(7);
    let (until, author) = (now.plus_ms(3_600_000), "desk".to_owned());
    let link = ChannelLink { thread: thread.clone(), contact, until, author, purpose: None };
    assert!(world.table().filing().make_link(&code, &link).await.unwrap());
    let says = |id: &str, minutes_ago: i64, text: &str| {
        world.event_of("GB.2", minutes_ago, World::said(id, Content::text(text)))
    };
    world.take(&says("a", 300, "Hello, I would like to book a table for dinner")).await;
    world.take(&says("b", 20, &code.reveal())).await;
    assert_eq!(world.thread_of("b").await, thread);
    world.take(&says("c", 1, "Hello, I would like a table on Tuesday")).await;
    let confidence = world.confidence_of("c").await;
    assert!(confidence < 0.6, "it must be in doubt for this test to tell anything: {confidence}");
    assert_eq!(world.queued(), []);
}

#[tokio::test]
async fn who_opted_out_by_their_number_is_not_asked_on_the_platforms_id() {
    for (purpose, is_asked) in [("all", false), ("care", false), ("marketing", true)] {
        let world = World::with_two_topics().await;
        let phone = IdentityId::phone("+447700900111");
        let stop = Kind::ConsentChanged {
            purpose: purpose.to_owned(),
            granted: false,
            detail: String::new(),
        };
        let by_number = known_by(phone.clone());
        let identity = Some(by_number);
        world.take(&InboundEvent { identity, kind: stop, ..world.says("stop", 15, "") }).await;
        let mut doubtful = world.says("5", 1, DOUBTFUL);
        doubtful.identity.as_mut().unwrap().aliases = vec![phone];
        world.take(&doubtful).await;
        let confidence = world.confidence_of("5").await;
        assert!(confidence < 0.6, "it must be in doubt: {confidence}");
        assert_eq!(world.queued().len(), usize::from(is_asked), "{purpose}");
    }
}

#[tokio::test]
async fn a_question_that_could_not_go_is_neither_asked_nor_waited_for() {
    let world = World::with_two_topics().await;
    let doubtful = world.says("5", 1, DOUBTFUL);
    let plain = |mut it: Offer| {
        it.capabilities.choices = None;
        it
    };
    for (offers, senders) in [
        (offers(), "whatsapp:another"),
        (Vec::new(), ""),
        (offers().into_iter().map(plain).collect(), ""),
    ] {
        world.filer_by(offers, senders).file(&doubtful).await.unwrap();
        assert_eq!(world.queued(), []);
    }
    // Nothing was recorded: the same message is asked about once the account sends.
    let ours = format!("whatsapp:{}", account().as_str());
    world.filer_by(offers(), &ours).file(&doubtful).await.unwrap();
    let question = world.question().await;
    assert_eq!(question.legs[0].account, account());
}

#[tokio::test]
async fn an_old_message_is_not_asked_about() {
    let world = World::with_two_topics().await;
    world.take(&world.says("5", 10, DOUBTFUL)).await;
    assert_eq!(world.queued(), []);
}

#[tokio::test]
async fn the_topic_that_the_customer_names_gets_the_message_and_what_followed() {
    let world = World::with_two_topics().await;
    world.take(&world.says("5", 1, DOUBTFUL)).await;
    world.take(&world.says("6", 0, MORE)).await;
    let filed = world.thread_of("5").await;
    assert_eq!(world.thread_of("6").await, filed);
    let topics = [world.thread_of("1").await, world.thread_of("3").await];
    let other = topics.into_iter().find(|it| *it != filed).unwrap();
    drop(world.question().await);
    world.take(&world.taps("7", &format!("topic:{other}"))).await;
    for message in ["5", "6", "7"] {
        assert_eq!(world.thread_of(message).await, other, "{message}");
    }
    let rows = world.timeline(&other).await;
    let moved = rows.iter().find(|it| it.content == Some(Content::text(DOUBTFUL))).unwrap();
    assert_eq!(moved.evidence, [Evidence::certain(Certain::Customer)]);
    assert!(!world.is_unsure(&filed).await, "what was in doubt left");
    assert!(!world.is_unsure(&other).await, "what came is sure");
    let contact = world.table().views().view_thread(&other).await.unwrap().unwrap().contact;
    let window = Window { order: SortOrder::Ascending, after: None, limit: 10 };
    let corrections =
        world.table().corrections().view_corrections(&contact, &window).await.unwrap().rows;
    assert_eq!(corrections.iter().map(|it| &*it.author).collect::<Vec<_>>(), ["customer"]);
}

#[tokio::test]
async fn what_was_said_in_the_same_second_goes_along() {
    let world = World::with_two_topics().await;
    world.take(&world.says("5", 1, DOUBTFUL)).await;
    let more = ["6", "7", "8", "9"];
    for id in more {
        world.take(&world.says(id, 1, MORE)).await;
    }
    let filed = world.thread_of("5").await;
    let topics = [world.thread_of("1").await, world.thread_of("3").await];
    let other = topics.into_iter().find(|it| *it != filed).unwrap();
    world.take(&world.taps("10", &format!("topic:{other}"))).await;
    for id in more {
        assert_eq!(world.thread_of(id).await, other, "{id}");
    }
}

#[tokio::test]
async fn who_is_asked_goes_on_waiting_for_us() {
    let world = World::with_two_topics().await;
    world.take(&world.says("5", 1, DOUBTFUL)).await;
    let filed = world.thread_of("5").await;
    let before = world.live(&filed).await;
    assert_eq!(before.state, State::Waiting);
    let question = world.question().await;
    world.take(&world.sent(&question)).await;
    let after = world.live(&filed).await;
    assert_eq!((after.state, after.since), (before.state, before.since));
    assert_eq!(after.profile.spoke_at().unwrap().secs(), question.at.secs());
}

#[tokio::test]
async fn a_question_that_went_out_quotes_nobody_any_more() {
    let world = World::with_two_topics().await;
    world.take(&world.says("5", 1, DOUBTFUL)).await;
    let question = world.question().await;
    let titles = |question: &Outgoing| {
        let SendContent::Choices { options, .. } = &question.content else { panic!("no choices") };
        options.iter().map(|it| it.title.clone()).collect::<String>()
    };
    assert!(titles(&question).contains("where is my order"), "{}", titles(&question));
    world.take(&world.sent(&question)).await;
    let sent = world.table().sends().outgoing(&question.id).await.unwrap().unwrap();
    assert_eq!((titles(&sent), options(&sent)), (String::new(), options(&question)));
    let items = world.cloud.items().await;
    let asks = items.iter().find(|it| it.contains_key("hash")).unwrap();
    assert!(!format!("{asks:?}").contains("where is my order"));
}

#[tokio::test]
async fn naming_the_topic_where_it_was_filed_confirms_it() {
    let world = World::with_two_topics().await;
    world.take(&world.says("5", 1, DOUBTFUL)).await;
    let filed = world.thread_of("5").await;
    world.take(&world.taps("7", &format!("topic:{filed}"))).await;
    assert_eq!(
        (world.thread_of("5").await, world.thread_of("7").await),
        (filed.clone(), filed.clone())
    );
    assert!(!world.is_unsure(&filed).await);
    world.take(&world.says("5", 1, DOUBTFUL)).await;
    assert!(!world.is_unsure(&filed).await, "a repeated delivery does not bring the doubt back");
}

#[tokio::test]
async fn something_new_becomes_a_thread_of_its_own() {
    let world = World::with_two_topics().await;
    world.take(&world.says("5", 1, DOUBTFUL)).await;
    let filed = world.thread_of("5").await;
    world.take(&world.taps("7", "topic:new")).await;
    let new = world.thread_of("5").await;
    assert!(![filed, world.thread_of("1").await, world.thread_of("3").await].contains(&new));
    assert_eq!(world.thread_of("7").await, new);
    assert_eq!(world.timeline(&new).await.len(), 2);
}

#[tokio::test]
async fn a_message_that_opened_a_thread_takes_it_along_to_the_topic_that_is_named() {
    let world = World::with_two_topics().await;
    world.take(&world.says("5", 1, DOUBTFUL_NEW)).await;
    let opened = world.thread_of("5").await;
    let question = world.question().await;
    assert!(!options(&question).contains(&format!("topic:{opened}")), "it is something new");
    let topic = world.thread_of("1").await;
    world.take(&world.taps("7", &format!("topic:{topic}"))).await;
    let view = world.table().views().view_thread(&opened).await.unwrap().unwrap();
    assert_eq!(view.merged_into, Some(topic.clone()));
    // What was said and answered of the order, and the doubtful message, our question about it and the answer.
    assert_eq!(world.timeline(&topic).await.len(), 5);
    assert!(!world.is_unsure(&topic).await);
}

#[tokio::test]
async fn a_message_that_opened_a_thread_keeps_it_when_it_is_something_new() {
    let world = World::with_two_topics().await;
    world.take(&world.says("5", 1, DOUBTFUL_NEW)).await;
    let opened = world.thread_of("5").await;
    world.take(&world.taps("7", "topic:new")).await;
    assert_eq!(
        (world.thread_of("5").await, world.thread_of("7").await),
        (opened.clone(), opened.clone())
    );
    assert!(!world.is_unsure(&opened).await);
}

#[tokio::test]
async fn an_answer_that_comes_again_or_late_changes_nothing() {
    let world = World::with_two_topics().await;
    world.take(&world.says("5", 1, DOUBTFUL)).await;
    world.take(&world.taps("7", "topic:new")).await;
    let before = world.cloud.items().await;
    world.take(&world.taps("7", "topic:new")).await;
    assert!(world.cloud.items().await == before);
    // A second tap, on another option, after the question is answered: it is a message like any other.
    let (doubted, topic) = (world.thread_of("5").await, world.thread_of("1").await);
    world.take(&world.taps("8", &format!("topic:{topic}"))).await;
    assert_eq!((world.thread_of("5").await, world.thread_of("8").await), (doubted, topic));
}

#[tokio::test]
async fn stopped_anywhere_and_brought_again_it_ends_with_one_question_and_one_answer() {
    let events = |world: &World| [world.says("5", 1, DOUBTFUL), world.taps("7", "topic:new")];
    let clean = World::with_two_topics().await;
    let steps = Steps::default();
    for event in &events(&clean) {
        clean.filer(steps.clone(), "whatsapp").file(event).await.unwrap();
    }
    let new = clean.thread_of("7").await;
    let expected = clean.timeline(&new).await.len();
    for stop in 1..=steps.passed() {
        let world = World::with_two_topics().await;
        let stopping = Steps::stopping_at(stop);
        for event in &events(&world) {
            let filer = world.filer(stopping.clone(), "whatsapp");
            if filer.file(event).await.is_err() {
                world.take(event).await;
            }
        }
        let queued: std::collections::BTreeSet<_> =
            world.queued().into_iter().map(|it| it.body).collect();
        assert_eq!(queued.len(), 1, "stopped at {stop}");
        let new = world.thread_of("7").await;
        assert_eq!(world.thread_of("5").await, new, "stopped at {stop}");
        assert_eq!(world.timeline(&new).await.len(), expected, "stopped at {stop}");
    }
}
