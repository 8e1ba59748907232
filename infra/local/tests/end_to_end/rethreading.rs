//! `cargo rethread` as one runs it: a shadow of another model, its corrections, and their revert by the API.

use std::collections::BTreeMap;

use local::place;
use local::stage::Stage;
use local::story::text_of;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::asking::{DOUBTFUL, said, threads, timeline};
use crate::world::World;

const BY_OPS: [&str; 3] = ["--apply", "--author", "ops"];

/// Rests on what a person said who was not asked, and on what one said who was asked and answered: another model threads it.
pub(crate) async fn another_model_is_tried_applied_and_taken_back(world: &World) {
    let (unasked, asked) = (world.unasked().await, world.asked().await);
    let stage = world.stage().await;
    let weights = place::scratch().join(format!("weights-{}.json", std::process::id()));
    std::fs::write(&weights, never_joins()).unwrap();
    let trial = Trial { stage, weights: weights.to_str().unwrap(), contact: &unasked.contact };
    let before = trial.everything().await;
    let n_messages = before.values().map(Vec::len).sum::<usize>();
    trial.is_told_and_changes_nothing(&unasked.filed, n_messages).await;
    assert_eq!(trial.everything().await, before);
    let made = trial.is_applied_once(n_messages).await;
    let after = trial.everything().await;
    assert_eq!(after.len(), before.len() + 2);
    assert!(after.values().any(|it| *it == [DOUBTFUL]), "{after:?}");
    for correction in &made {
        trial.revert(text_of(correction, "/id")).await;
    }
    assert_eq!(trial.everything().await, before, "the revert brings all of it back");
    let again = trial.run(&BY_OPS).await;
    assert_eq!(again.counts, [1, n_messages, 2, 0], "what was taken back is not made again");
    assert_eq!(again.lines.iter().filter(|it| it.ends_with(" was taken back, left")).count(), 2);
    assert_eq!(trial.everything().await, before);

    let stands = Trial { contact: &asked.contact, ..trial }.run(&[]).await;
    assert_eq!(stands.counts[2], 0, "what the customer answered stands: {stands:?}");
    std::fs::remove_file(weights).unwrap();
}

/// Other weights, and whose messages they are tried on.
struct Trial<'a> {
    stage: &'a Stage,
    weights: &'a str,
    contact: &'a str,
}

impl Trial<'_> {
    /// Both messages after her first one would open threads of their own.
    async fn is_told_and_changes_nothing(&self, filed: &str, n_messages: usize) {
        let shadow = self.run(&[]).await;
        let of_doubt = format!("{}  {filed} → new thread ", self.contact);
        let tells = |it: &String| {
            it.starts_with(&of_doubt) && it.ends_with(": 1 message, sure to 1.00 on average")
        };
        assert!(shadow.lines.iter().any(tells), "{shadow:?}");
        assert_eq!(shadow.counts, [1, n_messages, 2, 0]);
        assert!(self.corrections().await.is_empty());
    }

    async fn is_applied_once(&self, n_messages: usize) -> Vec<Value> {
        let applied = self.run(&BY_OPS).await;
        assert_eq!(applied.counts, [1, n_messages, 2, 2]);
        let made = self.corrections().await;
        assert_eq!(made.len(), 2);
        for it in &made {
            let line = format!("{}  {} made", self.contact, text_of(it, "/id"));
            assert!(applied.lines.contains(&line), "{applied:?}");
            assert_eq!((text_of(it, "/kind"), text_of(it, "/author")), ("split", "ops"));
            assert!(text_of(it, "/reason").starts_with("another model: "), "{it}");
        }
        assert_eq!(self.run(&BY_OPS).await.counts, [1, n_messages, 0, 0], "nothing is left");
        made
    }

    async fn revert(&self, correction: &str) {
        let path = format!("/v1/contacts/{}/corrections/{correction}/revert", self.contact);
        let why = json!({ "reason": "no better" });
        let answer = self.stage.post(&path, correction, &why).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    async fn corrections(&self) -> Vec<Value> {
        let path = format!("/v1/contacts/{}/corrections", self.contact);
        self.stage.get(&path).await.unwrap()["corrections"].as_array().unwrap().clone()
    }

    /// The messages in each thread of the person that holds something.
    async fn everything(&self) -> BTreeMap<String, Vec<String>> {
        let mut all = BTreeMap::new();
        for thread in threads(self.stage, self.contact).await {
            let rows = timeline(self.stage, &thread).await;
            let words: Vec<_> = rows.iter().map(|it| said(it).to_owned()).collect();
            if !words.is_empty() {
                all.insert(thread, words);
            }
        }
        all
    }

    /// Runs the command.
    async fn run(&self, more: &[&str]) -> Printed {
        let output = Command::new(env!("CARGO_BIN_EXE_local"))
            .args(["rethread", "--weights", self.weights, "--contact", self.contact])
            .args(more)
            .env_clear()
            .envs(self.stage.stack.aws.environment())
            .env("TABLE_NAME", self.stage.stack.output("TableName").unwrap())
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let head =
            lines.iter().position(|it| it == "people  messages  elsewhere  corrections made");
        let row = &lines[head.unwrap() + 2];
        let counts: Vec<_> = row.split_whitespace().map(|it| it.parse().unwrap()).collect();
        Printed { counts: counts.try_into().unwrap(), lines }
    }
}

/// The lines that the command printed.
#[derive(Debug)]
struct Printed {
    lines: Vec<String>,
    /// People, messages, elsewhere, corrections made.
    counts: [usize; 4],
}

/// The shipped weights, but nothing joins a thread.
fn never_joins() -> String {
    let shipped = place::root().join("shared/domain/data/threading/weights.json");
    let mut weights: Value = serde_json::from_slice(&std::fs::read(shipped).unwrap()).unwrap();
    weights["new"]["bias"] = json!(50.0);
    weights.to_string()
}
