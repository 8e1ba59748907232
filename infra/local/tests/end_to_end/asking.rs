//! The question to a customer where a message belongs that the shipped model is unsure of, and the effect of an answer.

use std::collections::BTreeSet;
use std::time::Duration;

use local::models::whatsapp::{MATEO, NOOR, Person};
use local::stage::{Stage, until};
use local::story::{find_thread, text_of};
use serde_json::{Value, json};

use crate::world::World;

/// Our question about two topics.
const ORDER: &str = "On which day may we bring order A-10023?";
const TABLE: &str = "What would be a good day for your table?";
/// An answer that fits both as well.
pub(crate) const DOUBTFUL: &str = "Hello, is Friday a good day for you?";
/// A message after it, before the question is answered.
const MORE: &str = "After six, if you can";
/// Where customers are asked, if they are.
const ASKED_ON: &str = "whatsapp,telegram";
/// The question to the customer then.
const QUESTION: &str = "Which of these is your message about?";

/// A person with two topics and a message that may be about either.
pub(crate) struct Doubt {
    pub(crate) contact: String,
    /// The thread where the message was filed.
    pub(crate) filed: String,
    /// The thread of the other topic.
    pub(crate) other: String,
}

pub(crate) async fn nobody_is_asked_by_default(world: &World) {
    world.unasked().await;
}

pub(crate) async fn doubt_that_nobody_is_asked_about(world: &World) -> Doubt {
    let stage = world.stage_that_asks_on("").await;
    let hello = "Bonjour, est-ce que vous êtes ouverts samedi ?";
    write(stage, &MATEO, hello).await;
    let contact = contact_of(stage, &thread_with(stage, "whatsapp", hello).await).await;
    let topics = two_topics(stage, "whatsapp", &contact).await;
    let doubt = doubt(stage, &contact, &topics, write(stage, &MATEO, DOUBTFUL)).await;
    write(stage, &MATEO, "Thank you!").await;
    nothing_was_asked(stage, &contact, "Thank you!").await;
    doubt
}

pub(crate) async fn a_customer_is_asked_and_the_answer_files_what_was_in_doubt(world: &World) {
    world.asked().await;
}

pub(crate) async fn doubt_that_a_customer_ends(world: &World) -> Doubt {
    let stage = world.stage_that_asks_on(ASKED_ON).await;
    let graph = stage.graph().unwrap();
    let hello = "Hello, where is my order A-10023?";
    write(stage, &NOOR, hello).await;
    let order = thread_with(stage, "whatsapp", hello).await;
    let contact = contact_of(stage, &order).await;
    let table = we_say(stage, "whatsapp", &json!({ "contact_id": contact }), TABLE).await;
    pause().await;
    we_say(stage, "whatsapp", &json!({ "thread_id": order }), ORDER).await;
    name(stage, &order, "Order A-10023").await;
    name(stage, &table, "A table for two").await;
    pause().await;

    let doubtful = graph.message(&NOOR, json!({ "type": "text", "text": { "body": DOUBTFUL } }));
    let webhook = graph.envelope(&NOOR, std::slice::from_ref(&doubtful));
    let doubt = doubt(stage, &contact, &[order.clone(), table], deliver(stage, &webhook)).await;
    let titles = ["Order A-10023", "A table for two"];
    let [filed, other] = if doubt.filed == order { titles } else { [titles[1], titles[0]] };
    let asked = until("the question is at the platform", async || {
        Ok(graph.sent_to(&NOOR).into_iter().find(|it| it.kind == "interactive"))
    });
    let asked = asked.await.unwrap();
    assert_eq!(asked.shown, QUESTION);
    let offered: Vec<_> = asked.offers.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(offered, [filed, other, "Something new"]);
    let thread = stage.get(&format!("/v1/threads/{}", doubt.filed)).await.unwrap();
    assert_eq!(text_of(&thread, "/state"), "waiting", "a question is no answer");

    she_says_more(stage, &doubt, &doubtful).await;
    // The platform delivers the first once more.
    deliver(stage, &webhook).await;
    let tap = graph.tap(&NOOR, &asked, other).unwrap();
    deliver(stage, &graph.envelope(&NOOR, &[tap])).await;
    both_are_where_she_says(stage, &doubt, other).await;
    assert_eq!(questions(stage, &contact).await, 1, "asked twice");
    let asked = graph.sent_to(&NOOR).into_iter().filter(|it| it.kind == "interactive");
    assert_eq!(asked.count(), 1, "sent twice");
    doubt
}

/// Before she answers, she quotes what she said and goes on.
async fn she_says_more(stage: &Stage, doubt: &Doubt, doubtful: &Value) {
    let graph = stage.graph().unwrap();
    let more = json!({
        "type": "text",
        "context": { "from": doubtful["from"], "id": doubtful["id"] },
        "text": { "body": MORE },
    });
    let more = graph.message(&NOOR, more);
    deliver(stage, &graph.envelope(&NOOR, &[more])).await;
    until("what she says more is with the first", async || {
        Ok(words(stage, &doubt.filed).await.contains(MORE).then_some(()))
    })
    .await
    .unwrap();
}

/// She tapped the other topic: what was in doubt, what followed it and the tap are there, with the reasons.
async fn both_are_where_she_says(stage: &Stage, doubt: &Doubt, tapped: &str) {
    until("the answer is in the thread that she chose", async || {
        Ok(words(stage, &doubt.other).await.contains(tapped).then_some(()))
    })
    .await
    .unwrap();
    let rows = timeline(stage, &doubt.other).await;
    assert_eq!(why(&rows, DOUBTFUL), ["the customer said so when asked"]);
    assert_eq!(why(&rows, MORE), ["the customer said so when asked"]);
    assert_eq!(why(&rows, tapped), ["answers a choice that we sent"]);
    let left = words(stage, &doubt.filed).await;
    assert!(!left.contains(DOUBTFUL) && !left.contains(MORE), "{left:?}");
    for thread in [&doubt.filed, &doubt.other] {
        assert!(!is_unsure(stage, thread).await, "{thread} is in doubt");
    }
    let made = corrections(stage, &doubt.contact).await;
    assert_eq!(made, [("move".to_owned(), "customer".to_owned())]);
}

pub(crate) async fn something_new_becomes_a_thread_of_its_own(world: &World) {
    let stage = world.stage_that_asks_on(ASKED_ON).await;
    let bot = stage.bot_api().unwrap();
    let hello = "It is Ada once more, by telegram.";
    say(stage, "telegram", hello).await;
    let contact = contact_of(stage, &thread_with(stage, "telegram", hello).await).await;
    let topics = two_topics(stage, "telegram", &contact).await;
    let before = threads(stage, &contact).await;
    let doubt = doubt(stage, &contact, &topics, say(stage, "telegram", DOUBTFUL)).await;
    let asked = async || Ok(bot.buttons().contains(&"Something new".to_owned()).then_some(()));
    until("the question is at the platform", asked).await.unwrap();
    let titles: BTreeSet<_> = bot.buttons().into_iter().collect();
    assert_eq!(titles.len(), before.len() + 1, "the live topics and something new: {titles:?}");
    assert!(titles.contains("Order A-10023") && titles.contains("A table for two"), "{titles:?}");
    assert_eq!(bot.customer_taps("Something new").await.unwrap(), 200);
    let new = until("there is a new thread", async || {
        Ok(threads(stage, &contact).await.difference(&before).next().cloned())
    });
    let new = new.await.unwrap();
    until("the answer is in it", async || {
        Ok((timeline(stage, &new).await.len() == 2).then_some(()))
    })
    .await
    .unwrap();
    let rows = timeline(stage, &new).await;
    assert_eq!(why(&rows, DOUBTFUL), ["the customer said so when asked"]);
    assert_eq!(text_of(&rows[1], "/content/type"), "choice");
    assert_eq!(why_of(&rows[1]), ["answers a choice that we sent"]);
    assert!(!words(stage, &doubt.filed).await.contains(DOUBTFUL));
    assert!(!is_unsure(stage, &new).await && !is_unsure(stage, &doubt.filed).await);
    let made = corrections(stage, &contact).await;
    assert!(made.contains(&("split".to_owned(), "customer".to_owned())), "{made:?}");
    assert_eq!(questions(stage, &contact).await, 1, "asked twice");
}

pub(crate) async fn nobody_is_asked_on_a_channel_that_is_not_named(world: &World) {
    let stage = world.stage_that_asks_on(ASKED_ON).await;
    let hello = "It is Ada once more, by messenger.";
    say(stage, "messenger", hello).await;
    let contact = contact_of(stage, &thread_with(stage, "messenger", hello).await).await;
    let topics = two_topics(stage, "messenger", &contact).await;
    doubt(stage, &contact, &topics, say(stage, "messenger", DOUBTFUL)).await;
    say(stage, "messenger", "Thank you!").await;
    nothing_was_asked(stage, &contact, "Thank you!").await;
}

/// We open two topics with a person; gives their threads.
async fn two_topics(stage: &Stage, channel: &str, contact: &str) -> [String; 2] {
    let to = json!({ "contact_id": contact });
    let table = we_say(stage, channel, &to, TABLE).await;
    pause().await;
    let order = we_say(stage, channel, &to, ORDER).await;
    name(stage, &order, "Order A-10023").await;
    name(stage, &table, "A table for two").await;
    pause().await;
    [order, table]
}

/// Threads and platforms give whole seconds, and the model looks at what was said last: that must not be left to chance.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
}

/// Files a message of theirs that the model is unsure of.
async fn doubt(
    stage: &Stage,
    contact: &str,
    topics: &[String; 2],
    writes: impl Future<Output = ()>,
) -> Doubt {
    writes.await;
    let (filed, row) = until("the message is in a thread", async || {
        for thread in threads(stage, contact).await {
            let rows = timeline(stage, &thread).await;
            if let Some(row) = rows.into_iter().find(|it| text_of(it, "/content/text") == DOUBTFUL)
            {
                return Ok(Some((thread, row)));
            }
        }
        Ok(None)
    })
    .await
    .unwrap();
    let confidence = row["confidence"].as_f64().unwrap();
    assert!(confidence < 0.6, "the model is sure of it: {confidence} {:?}", why_of(&row));
    assert!(is_unsure(stage, &filed).await);
    let other = topics.iter().find(|it| **it != filed).unwrap().clone();
    Doubt { contact: contact.to_owned(), filed, other }
}

/// The message after the one in doubt is filed, so that one is done with: a question would be in a thread.
async fn nothing_was_asked(stage: &Stage, contact: &str, after: &str) {
    until("the message after it is filed", async || {
        for thread in threads(stage, contact).await {
            if words(stage, &thread).await.contains(after) {
                return Ok(Some(()));
            }
        }
        Ok(None)
    })
    .await
    .unwrap();
    assert_eq!(questions(stage, contact).await, 0);
}

async fn write(stage: &Stage, who: &Person, text: &str) {
    let graph = stage.graph().unwrap();
    let message = graph.message(who, json!({ "type": "text", "text": { "body": text } }));
    deliver(stage, &graph.envelope(who, &[message])).await;
}

async fn deliver(stage: &Stage, webhook: &Value) {
    assert_eq!(stage.graph().unwrap().deliver(webhook).await.unwrap(), 200);
}

async fn say(stage: &Stage, channel: &str, text: &str) {
    let status = stage.platform(channel).unwrap().customer_writes(text).await.unwrap();
    assert_eq!(status, 200, "{channel}");
}

/// We write; gives the thread once it knows that we did.
async fn we_say(stage: &Stage, channel: &str, to: &Value, text: &str) -> String {
    let body = json!({ "to": to, "channel": channel, "content": { "type": "text", "text": text } });
    let answer =
        stage.post("/v1/messages", &format!("{channel} {to} {text}"), &body).await.unwrap();
    assert_eq!(answer.status, 202, "{}", answer.text());
    let thread = text_of(&answer.json(), "/thread_id").to_owned();
    until("the thread knows what we said", async || {
        let shown = stage.get(&format!("/v1/threads/{thread}")).await?;
        let knows = shown.get("last_message_at").is_some() && text_of(&shown, "/state") == "open";
        Ok(knows.then_some(()))
    })
    .await
    .unwrap();
    thread
}

async fn name(stage: &Stage, thread: &str, subject: &str) {
    stage.patch(&format!("/v1/threads/{thread}"), &json!({ "subject": subject })).await.unwrap();
}

async fn thread_with(stage: &Stage, channel: &str, text: &str) -> String {
    until("the message is in a thread", async || find_thread(stage, channel, text).await)
        .await
        .unwrap()
}

pub(crate) async fn contact_of(stage: &Stage, thread: &str) -> String {
    let thread = stage.get(&format!("/v1/threads/{thread}")).await.unwrap();
    text_of(&thread, "/contact_id").to_owned()
}

pub(crate) async fn threads(stage: &Stage, contact: &str) -> BTreeSet<String> {
    let page = stage.get(&format!("/v1/threads?contact={contact}")).await.unwrap();
    page["threads"].as_array().unwrap().iter().map(|it| text_of(it, "/id").to_owned()).collect()
}

pub(crate) async fn timeline(stage: &Stage, thread: &str) -> Vec<Value> {
    let page = stage.get(&format!("/v1/threads/{thread}/timeline?limit=100")).await.unwrap();
    page["messages"].as_array().unwrap().clone()
}

/// The words of a thread: texts, and titles of what was tapped.
async fn words(stage: &Stage, thread: &str) -> BTreeSet<String> {
    let rows = timeline(stage, thread).await;
    rows.iter().map(said).map(str::to_owned).collect()
}

pub(crate) fn said(row: &Value) -> &str {
    let title = text_of(row, "/content/title");
    if title.is_empty() { text_of(row, "/content/text") } else { title }
}

/// Why a message is where it is, in words.
fn why(rows: &[Value], text: &str) -> Vec<String> {
    why_of(rows.iter().find(|it| said(it) == text).unwrap())
}

fn why_of(row: &Value) -> Vec<String> {
    let reasons = row["evidence"].as_array().unwrap();
    reasons.iter().map(|it| text_of(it, "/words").to_owned()).collect()
}

async fn is_unsure(stage: &Stage, thread: &str) -> bool {
    stage.get(&format!("/v1/threads/{thread}")).await.unwrap()["unsure"] == json!(true)
}

/// How often a person was asked.
async fn questions(stage: &Stage, contact: &str) -> usize {
    let mut count = 0;
    for thread in threads(stage, contact).await {
        let rows = timeline(stage, &thread).await;
        count += rows.iter().filter(|it| said(it) == QUESTION).count();
    }
    count
}

/// The kind and the author of each correction of a person's threads.
async fn corrections(stage: &Stage, contact: &str) -> Vec<(String, String)> {
    let page = stage.get(&format!("/v1/contacts/{contact}/corrections")).await.unwrap();
    let rows = page["corrections"].as_array().unwrap();
    let row = |it: &Value| (text_of(it, "/kind").to_owned(), text_of(it, "/author").to_owned());
    rows.iter().map(row).collect()
}
