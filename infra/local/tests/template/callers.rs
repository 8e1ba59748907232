//! The sample of a policy for callers by IAM.

use std::fs;

use local::place;
use serde_json::Value;

use crate::words;

/// Each ARN names a route, or ends in a star that stands for routes. One that names none would allow nothing, unseen.
#[test]
fn the_sample_policy_names_routes_that_there_are_and_not_all_of_them() {
    let file = fs::read(place::root().join("infra/caller-policy.json")).unwrap();
    let policy: Value = serde_json::from_slice(&file).unwrap();
    let keys = api::routes::ROUTES.iter().map(|it| format!("{}{}", it.method, it.path));
    let routes: Vec<_> = keys.collect();
    let mut open = Vec::new();
    for statement in policy["Statement"].as_array().unwrap() {
        assert_eq!(statement["Effect"], "Allow");
        assert_eq!(statement["Action"], "execute-api:Invoke");
        for arn in words(&statement["Resource"]) {
            let route = arn.strip_prefix("arn:aws:execute-api:REGION:ACCOUNT:API/*/").unwrap();
            let named = |it: &&String| match route.strip_suffix('*') {
                Some(begin) => it.starts_with(begin),
                None => *it == route,
            };
            let found: Vec<_> = routes.iter().filter(named).collect();
            assert!(!found.is_empty(), "{route} is no route");
            open.extend(found);
        }
    }
    assert!(!open.iter().any(|it| it.contains("/merge") || it.starts_with("DELETE")), "{open:?}");
}
