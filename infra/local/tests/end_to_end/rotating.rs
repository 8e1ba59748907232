//! A webhook secret is replaced while a customer writes, and strangers post what is not proven.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use local::models::Platform;
use local::models::whatsapp::NOOR;
use local::stage::{Stage, until};
use local::story::{find_thread, text_of};
use serde_json::{Value, json};

use crate::asking::{contact_of, said, threads};
use crate::world::World;

/// Within what a removed secret must be refused, and a new one believed.
const BAR: Duration = Duration::from_mins(1);

/// How long the load goes on: longer than the bar, to see that it stays so.
const LOAD: Duration = Duration::from_secs(75);

/// The secret that the platform signs with from now on.
const NEW: &str = "another-model-of-an-app-secret";

/// The fate of the webhooks by one secret.
#[derive(Debug, Default)]
struct Signed {
    n_posts: usize,
    proven: BTreeSet<String>,
    first_taken: Option<Duration>,
    last_taken: Option<Duration>,
    last_refused: Option<Duration>,
}

/// It stays replaced: the model signs with the new one afterwards.
pub(crate) async fn a_webhook_secret_is_replaced_under_load(world: &World) {
    let stage = world.stage().await;
    let graph = stage.graph().unwrap();
    let mut secret = graph.webhook_secret();
    let old_secret = secret["signing"][0].as_str().unwrap().to_owned();
    // Both functions of the load are there, and have met the old secret.
    let first = "before the rotation";
    assert_eq!(write(stage, &old_secret, first).await, 200);
    let thread = until("it is in a thread", async || find_thread(stage, "whatsapp", first).await);
    let contact = contact_of(stage, &thread.await.unwrap()).await;

    secret["signing"] = json!([NEW]);
    stage.stack.put_secret("whatsapp", "webhook", &secret).await.unwrap();
    let began = Instant::now();
    let load = async |secret: &str, what: &str| {
        let mut signed = Signed::default();
        for n in 0.. {
            if LOAD < began.elapsed() {
                break;
            }
            // What is refused is sent again, as the platform does.
            let text = format!("{what} {n}");
            for _ in 0..200 {
                let status = write(stage, secret, &text).await;
                signed.n_posts += 1;
                let at = Some(began.elapsed());
                if status == 200 {
                    signed.proven.insert(text.clone());
                    signed.first_taken = signed.first_taken.or(at);
                    signed.last_taken = at;
                    break;
                }
                assert_eq!(status, 401);
                signed.last_refused = at;
                if what == "old" {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        signed
    };
    let (old, new) = tokio::join!(load(&old_secret, "old"), load(NEW, "new"));
    graph.sign_with(NEW);

    let kept = until("everything that was proven is in a thread", async || {
        let found = texts(stage, &contact).await;
        let proven = old.proven.iter().chain(&new.proven);
        let n_lost = proven.filter(|it| !found.contains(*it)).count();
        Ok((n_lost == 0).then_some(found))
    });
    let kept = kept.await.unwrap();
    let n_proven = old.proven.len() + new.proven.len();
    let n_kept =
        kept.iter().filter(|it| old.proven.contains(*it) || new.proven.contains(*it)).count();
    report(&old, &new, n_proven, n_kept);
    assert_eq!(n_kept, n_proven, "proven webhooks are lost");
    assert!(old.last_taken.unwrap_or_default() < BAR, "a removed secret proves webhooks");
    assert!(old.last_refused.is_some() && new.first_taken.unwrap() < BAR);
    assert!(new.last_refused.unwrap_or_default() < BAR, "the new secret is refused");
}

#[expect(clippy::print_stdout, reason = "the counts are what a reader of the test run wants")]
fn report(old: &Signed, new: &Signed, n_proven: usize, n_kept: usize) {
    let seconds = |it: Option<Duration>| {
        it.map_or("never".to_owned(), |it| format!("{:.1} s", it.as_secs_f32()))
    };
    println!(
        "old secret: {} posts, {} taken, the last {} after it was removed",
        old.n_posts,
        old.proven.len(),
        seconds(old.last_taken)
    );
    println!(
        "new secret: {} posts, {} taken, the first after {}, the last refusal after {}",
        new.n_posts,
        new.proven.len(),
        seconds(new.first_taken),
        seconds(new.last_refused)
    );
    println!("{n_proven} proven, {n_kept} in threads, {} lost", n_proven - n_kept);
}

async fn write(stage: &Stage, secret: &str, text: &str) -> u16 {
    let graph = stage.graph().unwrap();
    let message = graph.message(&NOOR, json!({ "type": "text", "text": { "body": text } }));
    graph.post_signed_with(&graph.envelope(&NOOR, &[message]), secret).await.unwrap()
}

/// Everything that was said in all threads of a person.
async fn texts(stage: &Stage, contact: &str) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    for thread in threads(stage, contact).await {
        let mut path = format!("/v1/threads/{thread}/timeline?limit=100");
        loop {
            let page = stage.get(&path).await.unwrap();
            let rows = page["messages"].as_array().unwrap();
            texts.extend(rows.iter().map(|it| said(it).to_owned()));
            let next = text_of(&page, "/next");
            if next.is_empty() {
                break;
            }
            path = format!("/v1/threads/{thread}/timeline?limit=100&cursor={next}");
        }
    }
    texts
}

/// Strangers post a lot; what it costs us are a few lines.
pub(crate) async fn a_flood_of_forgeries_costs_a_few_lines(world: &World) {
    const POSTS: usize = 300;
    let stage = world.stage().await;
    let (graph, since) = (stage.graph().unwrap(), aws::now());
    let message = graph.message(&NOOR, json!({ "type": "text", "text": { "body": "forged" } }));
    let webhook = graph.envelope(&NOOR, &[message]);
    for _ in 0..POSTS {
        assert_eq!(graph.post_forged(&webhook).await.unwrap(), 401);
    }
    let lines = stage.stack.logs(since).await.unwrap();
    let metrics: Vec<u64> = lines
        .iter()
        .filter_map(|it| {
            it.split_once('{').and_then(|it| serde_json::from_str(&format!("{{{}", it.1)).ok())
        })
        .filter_map(|it: Value| it["SignatureFailure"].as_u64())
        .collect();
    let n_lines = lines.iter().filter(|it| it.starts_with("whatsapp")).count();
    tell_flood(POSTS, n_lines, &metrics);
    assert!(n_lines < POSTS / 5, "{n_lines} lines");
    assert!(POSTS / 2 <= usize::try_from(metrics.iter().sum::<u64>()).unwrap(), "{metrics:?}");
}

#[expect(clippy::print_stdout, reason = "the counts are what a reader of the test run wants")]
fn tell_flood(n_posts: usize, n_lines: usize, metrics: &[u64]) {
    println!("{n_posts} forged webhooks: {n_lines} lines, metrics {metrics:?}");
}
