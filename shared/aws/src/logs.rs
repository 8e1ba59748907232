//! Logs and metrics: JSON lines, ids only.

use std::io::Write;

use aws_smithy_types::error::ErrorMetadata;
use domain::time::Timestamp;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use crate::config::{env_or, now};

/// Sets up logging once, in `main`: one JSON line an event, as Lambda's JSON log format wants it. Lambda adds the time;
/// `AWS_LAMBDA_LOG_LEVEL` sets the level, `INFO` without it.
pub fn init() {
    let level = env_or("AWS_LAMBDA_LOG_LEVEL", "INFO").parse().unwrap_or(LevelFilter::INFO);
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .without_time()
        .with_target(false)
        .with_max_level(level)
        .init();
}

/// Why something failed, from the outside in, as a log may hold it: our own words and the kinds of errors. What a service says
/// of a request quotes its values, and a parser its input.
#[must_use]
pub fn reason(error: &anyhow::Error) -> String {
    let told = error.chain().filter_map(|cause| {
        if cause.is::<ErrorMetadata>() {
            return None;
        }
        let parser = cause.downcast_ref::<serde_json::Error>();
        Some(parser.map_or_else(|| cause.to_string(), |it| format!("{:?} of JSON", it.classify())))
    });
    told.collect::<Vec<_>>().join(": ")
}

/// Something that alarms count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// A webhook that nobody proved.
    SignatureFailure,
    /// A proven webhook that could not be read or queued, and was kept in the bucket.
    Parked,
    /// An item that could not be read, or is not of our accounts, and was kept.
    Unknown,
    /// A send whose result was never learned.
    Unconfirmed,
    /// A send that a platform refused because of our own set-up.
    Misconfigured,
}

impl Metric {
    fn name(self) -> &'static str {
        match self {
            Self::SignatureFailure => "SignatureFailure",
            Self::Parked => "Parked",
            Self::Unknown => "Unknown",
            Self::Unconfirmed => "Unconfirmed",
            Self::Misconfigured => "Misconfigured",
        }
    }
}

/// Counts something, as a line of CloudWatch's embedded metric format on standard output: no call, no permission.
pub fn count(metric: Metric, n: usize) {
    if n == 0 {
        return;
    }
    let names = [env_or("STACK_NAME", "local"), env_or("AWS_LAMBDA_FUNCTION_NAME", "local")];
    let line = line(metric, n, names, now());
    // A metric that cannot be written must not fail the work that it counts.
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}

/// Per stack, which alarms read, and per function of it, which the dashboard shows.
fn line(
    metric: Metric,
    n: usize,
    [stack, function]: [String; 2],
    at: Timestamp,
) -> serde_json::Value {
    json!({
        "_aws": {
            "Timestamp": at.ms(),
            "CloudWatchMetrics": [{
                "Namespace": "Ariane",
                "Dimensions": [["Stack"], ["Stack", "Function"]],
                "Metrics": [{ "Name": metric.name(), "Unit": "Count" }],
            }],
        },
        "Stack": stack,
        "Function": function,
        metric.name(): n,
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::get_item::GetItemError;

    use super::*;

    #[test]
    fn a_reason_quotes_no_value_of_the_table_and_no_input_of_a_parser() {
        let quoted = "operand: {S:IDN#tel##+447700900111}";
        let said = ErrorMetadata::builder().code("ValidationException").message(quoted).build();
        let error = anyhow::Error::new(GetItemError::generic(said)).context("cannot read an item");
        assert!(format!("{error:#}").contains("447700900111"), "there is something to hide");
        assert_eq!(reason(&error), "cannot read an item: unhandled error (ValidationException)");
        let parsed = serde_json::from_str::<u8>("\"+447700900111\"").unwrap_err();
        let error = anyhow::Error::new(parsed).context("cannot read a correction");
        assert_eq!(reason(&error), "cannot read a correction: Data of JSON");
    }

    #[test]
    fn a_metric_line_is_what_cloudwatch_reads() {
        let line = line(
            Metric::Parked,
            2,
            ["ariane".to_owned(), "whatsapp".to_owned()],
            Timestamp::from_secs(1),
        );
        assert_eq!(line["Parked"], 2);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"], "Parked");
        assert_eq!(line["_aws"]["Timestamp"], 1000);
    }
}
