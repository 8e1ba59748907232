//! The template's routes of the API, against the API's own list.

use std::collections::BTreeMap;
use std::fs;

use local::place;
use local::template::refers_to;
use serde_json::{Value, json};

use crate::template;

/// The last words of the comment over the routes that are written from the list, and the first of what follows them.
const BEGIN: &str = "writes these from the API's list.\n";
const END: &str = "  # ---- channel: ";

/// The routes of the API by their keys.
fn of_template() -> BTreeMap<String, (String, Value)> {
    let template = template();
    let routes = template.resources("AWS::ApiGatewayV2::Route").into_iter();
    let of_api = routes.filter(|it| refers_to(&it.1["Properties"]["Target"], "ApiIntegration"));
    let by_key = of_api.map(|(name, route)| {
        let key = route["Properties"]["RouteKey"].as_str().unwrap().to_owned();
        (key, (name.to_owned(), route.clone()))
    });
    by_key.collect()
}

#[test]
fn the_api_has_one_route_where_it_proves_its_callers_and_its_own_where_iam_does() {
    let mut routes = of_template();
    let (name, all) = routes.remove("ANY /v1/{proxy+}").unwrap();
    assert_eq!((&*name, &all["Condition"]), ("ApiRoute", &json!("OwnAuth")));
    assert!(all["Properties"].get("AuthorizationType").is_none());
    for (key, (name, route)) in &routes {
        assert_eq!(route["Condition"], "IamAuth", "{name}");
        // Without this the route would be open to all in this mode: the function proves nobody in it.
        assert_eq!(route["Properties"]["AuthorizationType"], "AWS_IAM", "{key}");
    }
    let of_api = api::routes::ROUTES.iter().map(api::routes::Route::key);
    assert_eq!(routes.into_keys().collect::<Vec<_>>(), {
        let mut keys: Vec<_> = of_api.collect();
        keys.sort();
        keys
    });
}

/// A route keeps its name in the template: an update makes what has a new name before it removes what had the old one, and
/// the gateway refuses a second route of the same key.
#[test]
fn the_routes_of_the_template_are_written_from_the_list() {
    let names = of_template();
    let block = api::routes::ROUTES.iter().map(|route| {
        let key = route.key();
        let own = format!("{}{}Route", route.doc.id[..1].to_uppercase(), &route.doc.id[1..]);
        let name = names.get(&key).map_or(own, |(name, _)| name.clone());
        format!(
            "  {name}:\n    Type: AWS::ApiGatewayV2::Route\n    Condition: IamAuth\n    Properties: {{ ApiId: !Ref HttpApi, \
             RouteKey: '{key}', Target: !Sub 'integrations/${{ApiIntegration}}', AuthorizationType: AWS_IAM }}\n"
        )
    });
    let block: String = block.collect();
    let text = fs::read_to_string(place::template()).unwrap();
    let begin = text.find(BEGIN).unwrap() + BEGIN.len();
    let end = begin + text[begin..].find(END).unwrap();
    let made = format!("{block}\n");
    if !aws::env_or("UPDATE_ROUTES", "").is_empty() {
        fs::write(place::template(), [&text[..begin], &made, &text[end..]].concat()).unwrap();
        return;
    }
    let advice = "UPDATE_ROUTES=1 cargo test --workspace --test template routes writes them";
    assert!(text[begin..end] == made, "the routes are not those of the list: {advice}");
}

/// Paths of the document go after it as they stand.
#[test]
fn the_address_of_the_api_has_no_path_of_its_own() {
    let template = template();
    let address = &template.0["Outputs"]["ApiUrl"]["Value"]["Fn::Sub"][0];
    assert_eq!(*address, "https://${Host}");
    assert!(api::routes::ROUTES.iter().all(|it| it.path.starts_with("/v1/")));
}
