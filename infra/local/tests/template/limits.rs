//! The limits and traces of strangers. The local cloud neither throttles a stage nor writes an access log.

use std::collections::BTreeSet;

use local::template::refers_to;
use serde_json::json;

use crate::template;

#[test]
fn the_gateway_takes_so_many_requests_of_a_route_and_no_more() {
    let template = template();
    let stage = &template.resource("HttpStage").unwrap()["Properties"];
    let limits = json!({
        "ThrottlingRateLimit": { "Ref": "RequestsPerSecond" },
        "ThrottlingBurstLimit": { "Ref": "RequestsBurst" },
    });
    assert_eq!(stage["DefaultRouteSettings"], limits);
    for parameter in ["RequestsPerSecond", "RequestsBurst"] {
        assert!(100 <= template.0["Parameters"][parameter]["Default"].as_u64().unwrap());
    }
}

#[test]
fn the_access_log_says_which_route_and_not_who_or_what() {
    let template = template();
    let stage = &template.resource("HttpStage").unwrap()["Properties"];
    let log = &stage["AccessLogSettings"];
    assert!(refers_to(&log["DestinationArn"], "AccessLogGroup"));
    let group = &template.resource("AccessLogGroup").unwrap()["Properties"];
    assert_eq!(group["RetentionInDays"], json!({ "Ref": "LogRetentionDays" }));
    let format: serde_json::Map<_, _> =
        serde_json::from_str(log["Format"].as_str().unwrap()).unwrap();
    let said: BTreeSet<_> = format.values().map(|it| it.as_str().unwrap()).collect();
    // $context.path, .identity.* and .domainName name persons; .error.message may quote a request.
    let may = [
        "$context.requestTimeEpoch",
        "$context.requestId",
        "$context.routeKey",
        "$context.status",
        "$context.responseLatency",
        "$context.integrationLatency",
        "$context.integrationStatus",
        "$context.error.responseType",
    ];
    assert_eq!(said, BTreeSet::from(may));
}

#[test]
fn each_function_can_have_concurrency_of_its_own_and_has_none_by_default() {
    let template = template();
    let reserved = |name: &str| {
        let parameter = &template.0["Parameters"][format!("{name}Reserved")];
        assert_eq!(parameter["Default"], "", "{name}");
        let condition =
            json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": format!("{name}Reserved") }, ""] }] });
        assert_eq!(template.0["Conditions"][format!("Reserves{name}")], condition, "{name}");
        json!({ "Fn::If": [format!("Reserves{name}"), { "Ref": format!("{name}Reserved") }, { "Ref": "AWS::NoValue" }] })
    };
    // What a function does not say for itself, and no channel does, is said for all.
    let of_all = &template.0["Globals"]["Function"]["ReservedConcurrentExecutions"];
    assert_eq!(*of_all, reserved("Webhooks"));
    for (name, function) in template.resources("AWS::Serverless::Function") {
        let own = &function["Properties"]["ReservedConcurrentExecutions"];
        match name.strip_suffix("Function").unwrap() {
            core @ ("Threading" | "Outbound" | "Api") => assert_eq!(*own, reserved(core)),
            channel => assert!(own.is_null(), "{channel}"),
        }
    }
}

/// Rules hold before anything is made or changed.
#[test]
fn channels_are_not_deployed_without_the_accounts_that_may_send() {
    let template = template();
    let is_given = |parameter| json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, ""] }] });
    let rule = &template.0["Rules"]["ChannelsNeedAccounts"];
    assert_eq!(rule["RuleCondition"], is_given("Channels"));
    assert_eq!(rule["Assertions"][0]["Assert"], is_given("SendingAccounts"));
    let variables = &template.resource("ApiFunction").unwrap()["Properties"]["Environment"];
    assert_eq!(variables["Variables"]["SENDING_ACCOUNTS"], json!({ "Ref": "SendingAccounts" }));
}
