//! Logs and metrics: JSON lines, ids only.

use std::io::Write;

use aws_smithy_types::error::ErrorMetadata;
use domain::time::Timestamp;
use serde_json::json;
use tracing::Subscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{env_or, now};

/// Sets up logging once, in `main`. `AWS_LAMBDA_LOG_LEVEL` sets the level, which Lambda gives it as the template's parameter says.
pub fn init() {
    tracing::subscriber::set_global_default(subscriber(
        &env_or("AWS_LAMBDA_LOG_LEVEL", "INFO"),
        std::io::stdout,
    ))
    .ok();
}

/// One JSON line an event, with the `level` and the `timestamp` by which Lambda filters and sorts lines of JSON, and one span:
/// Lambda's runtime makes two of the same request.
fn subscriber(
    level: &str,
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    let level = match level {
        // The highest that Lambda has and `tracing` has not.
        "FATAL" => LevelFilter::ERROR,
        other => other.parse().unwrap_or(LevelFilter::INFO),
    };
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(level)
        .with_writer(writer)
        .finish()
}

/// The reason of a failure, from the outside in, as a log may hold it: our own words and the kinds of errors. What a service says
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
    /// An event of a proven webhook that was queued.
    Received,
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
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Received,
        Self::SignatureFailure,
        Self::Parked,
        Self::Unknown,
        Self::Unconfirmed,
        Self::Misconfigured,
    ];

    /// The name of it in `CloudWatch`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "Received",
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

/// Per stack, which alarms read, and per function of it, which the dashboard and the alarms on quiet channels read. Its level is
/// the highest that Lambda knows: a line below the function's level is dropped, and what counts must not be.
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
        "level": "FATAL",
        "timestamp": at.rfc3339(),
        "Stack": stack,
        "Function": function,
        metric.name(): n,
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use embedded::Lines;

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
        assert_eq!(line["timestamp"], "1970-01-01T00:00:01.000Z");
    }

    /// Lambda's levels, each with the lines that it lets through: those of a level that it does not know it takes for `INFO`.
    const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

    #[test]
    fn metrics_are_counted_at_every_level_of_the_log() {
        let names = ["ariane".to_owned(), "whatsapp".to_owned()];
        let line = line(Metric::Parked, 1, names, Timestamp::from_secs(1));
        let rank = |level: &str| LEVELS.iter().position(|it| *it == level).unwrap_or(2);
        let own = rank(line["level"].as_str().unwrap_or_default());
        assert!(LEVELS.iter().all(|it| rank(it) <= own), "{line}");
    }

    fn logged(level: &str) -> Vec<serde_json::Value> {
        let lines = Lines::default();
        tracing::subscriber::with_default(subscriber(level, lines.clone()), || {
            let outer = tracing::error_span!("invoke", requestId = "req_1").entered();
            let inner = tracing::error_span!("worker").entered();
            tracing::info!(n_events = 2, "queued a webhook");
            tracing::error!("parked a proven webhook");
            drop((inner, outer));
        });
        lines.take().1
    }

    #[test]
    fn a_line_says_its_level_and_moment_as_lambda_reads_them_and_one_span() {
        let lines = logged("INFO");
        assert_eq!(lines.len(), 2);
        for line in lines {
            assert!(LEVELS.contains(&line["level"].as_str().unwrap()), "{line}");
            let at = line["timestamp"].as_str().unwrap();
            assert!(Timestamp::parse(at).is_some(), "{line}");
            assert!(line["span"].is_object() && line.get("spans").is_none(), "{line}");
        }
        for (level, n_lines) in [("nonsense", 2), ("TRACE", 2), ("WARN", 1), ("FATAL", 1)] {
            assert_eq!(logged(level).len(), n_lines, "{level}");
        }
    }
}
