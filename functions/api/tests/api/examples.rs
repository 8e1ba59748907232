//! The examples of the document, sent as a reader would send them.

use api::routes::ROUTES;
use domain::id::IdentityId;
use serde_json::{Value, json};

use crate::openapi::{operation, resolve};
use crate::world::{ACCOUNT, World, now};

/// The names of things in the document, and here.
struct Names(Vec<(&'static str, String)>);

impl Names {
    fn put_in(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }
}

/// A person with two topics and a second address, and a correction that can be taken back.
async fn known() -> (World, Names) {
    let world = World::new().await;
    let before = |minutes: i64| now().plus_ms(-minutes * 60_000);
    world.hear("m1", "Where is my parcel of order A-1234?", before(90)).await;
    world.hear("m2", "Do you sell the grey sofa in green, too? Order B-7712", before(10)).await;
    for (space, address) in [("sms", "+33612345678"), ("email", "ada@example.com")] {
        let id = if space == "email" {
            IdentityId::email(address).unwrap()
        } else {
            IdentityId::phone(address)
        };
        world.hear_from(id, &format!("m-{space}"), "hello", before(5)).await;
    }
    let listed = world.get("/v1/threads").await;
    let threads = listed.body["threads"].as_array().unwrap();
    let (first, second) = (&threads[0], &threads[1]);
    assert_eq!(first["contact_id"], second["contact_id"], "two topics of one person");
    let (thread, other) = (first["id"].as_str().unwrap(), second["id"].as_str().unwrap());
    let contact = first["contact_id"].as_str().unwrap();
    let timeline = world.get(&format!("/v1/threads/{thread}/timeline")).await;
    let message = timeline.body["messages"][0]["id"].as_str().unwrap();
    let names = [
        ("thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b", thread),
        ("thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a77", other),
        ("con_0199f3a1c2d47e0f8a9b1c2d3e4f5a6c", contact),
        ("msg_whatsapp_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", message),
        ("700800900100200", ACCOUNT),
    ];
    let names = names.map(|(from, to)| (from, to.to_owned()));
    (world, Names(names.to_vec()))
}

/// An example that is refused teaches a reader something wrong; one with a date in it would be refused some day.
#[tokio::test]
async fn every_example_of_a_request_is_done() {
    let mut n_sent = 0;
    for route in &ROUTES {
        let operation = operation(route.method.as_str(), route.path);
        let content = &operation["requestBody"]["content"]["application/json"];
        for (name, example) in content["examples"].as_object().into_iter().flatten() {
            let (world, names) = known().await;
            let of_path = |name: &str| names.put_in(name);
            let correction = if route.path.contains("{correction}") {
                let merge = format!("/v1/threads/{}/merge", names.0[0].1);
                let made = world.post(&merge, &json!({ "into": names.0[1].1 }), None).await;
                made.text("id")
            } else {
                String::new()
            };
            let id = if route.path.starts_with("/v1/threads") {
                of_path("thr_0199f3a1c2d47e0f8a9b1c2d3e4f5a6b")
            } else {
                of_path("con_0199f3a1c2d47e0f8a9b1c2d3e4f5a6c")
            };
            let path = route.path.replace("{id}", &id).replace("{correction}", &correction);
            let body: Value =
                serde_json::from_str(&of_path(&example["value"].to_string())).unwrap();
            let request = world.request(route.method.as_str(), &path, Some(&body), None);
            let reply = world.at(now(), request).await;
            let good = &resolve(operation)["responses"][reply.status.to_string()];
            let is_done = good.is_object() && reply.status < 300;
            assert!(is_done, "{} {name}: {} {:#}", route.key(), reply.status, reply.body);
            n_sent += 1;
        }
    }
    assert_eq!(n_sent, 18);
}
