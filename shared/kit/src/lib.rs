//! The conformance kit: the checks that every channel must pass, called from its tests.
//!
//! A channel is data and pure functions, so one set of checks fits all. A channel's test is one line,
//! `kit::conformance!(telegram);` ([`conformance!`] lists the checks), and its fixtures are the files of `events/<channel>/`.
//! Proofs made by somebody else's code are not among them: [`check_vectors`] and [`check_greetings`] take those.
//!
//! # The files of `events/<channel>/`, and of `events/<channel>-<provider>/` for another provider of the channel
//!
//! | file | content |
//! |---|---|
//! | `accounts.json` | `["…"]`: our accounts in these fixtures. An item of any other account must become `Unknown` |
//! | `<case>.in.json` | the body of a webhook, byte for byte; or, for a body that is not JSON or needs a query or headers, `{"headers":{…},"query":"…","body":"…"}` |
//! | `<case>.out.json` | the events that it becomes, as the queue carries them; or the one word `"malformed"` for a proven webhook that must be parked |
//! | `<case>.object` | for a channel whose events name an object to fetch: that object |
//! | `<case>-again.in.json` | `<case>` delivered once more: only such a fixture may repeat event keys, and it must |
//! | `left_out.json` | `{"texts":{"messages.type":"why","message.text in echo-*":"why"},"lists":{…}}`: the texts and lists of its webhooks that the channel lets go, each with its reason; a text that mostly comes out is named with the cases in which it does not |
//! | `<case>.send.json` | `{"send":{…},"account":{…},"answers":[{"status":200,"body":{…}}]}`: a send and what the platform answers |
//! | `<case>.http.json` | the calls that the send becomes, and how it ends |
//!
//! Write the input by hand, run the test with `UPDATE_EVENTS=1` to write the output, and read it before you commit it.
//!
//! Everything here may panic and touch files: it is test support and no function depends on it.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test support: a failed check is a panic"
)]

mod bench;
mod canary;
mod failures;
mod growth;
mod inbound;
mod json;
mod limits;
mod mutations;
mod oracle;
mod outbound;
mod privacy;
mod replay;
mod robust;
mod scramble;
mod vectors;

pub use canary::check_nothing_is_lost;
pub use growth::check_growth;
pub use inbound::check_inbound;
pub use limits::check_limits;
pub use mutations::check_mutations;
pub use oracle::check_no_oracle;
pub use outbound::check_outbound;
pub use privacy::check_no_personal_data;
pub use replay::check_replay;
pub use robust::check_robust;
pub use vectors::{Greeting, Vector, check_greetings, check_vectors};

/// Writes the tests that every channel has: `kit::conformance!(telegram);` in its `tests/events.rs`, or, for one that has one
/// way only, `kit::conformance!(calls, inbound);`.
#[macro_export]
macro_rules! conformance {
    ($channel:ident) => {
        $crate::conformance!($channel, inbound);
        $crate::conformance!($channel, outbound);
    };
    ($channel:ident, inbound) => {
        #[test]
        fn webhooks_become_the_events_of_their_fixtures() {
            $crate::check_inbound(&$channel::INBOUND, env!("CARGO_MANIFEST_DIR"));
        }

        #[test]
        fn ten_thousand_forgeries_are_refused() {
            $crate::check_mutations(&$channel::INBOUND, env!("CARGO_MANIFEST_DIR"), 10_000);
        }

        #[test]
        fn no_answer_of_ours_proves_a_webhook() {
            $crate::check_no_oracle(&$channel::INBOUND, env!("CARGO_MANIFEST_DIR"));
        }

        #[test]
        fn a_broken_item_never_loses_its_neighbours() {
            $crate::check_robust(&$channel::INBOUND, env!("CARGO_MANIFEST_DIR"));
        }

        #[test]
        fn no_webhook_grows_much() {
            $crate::check_growth(&$channel::INBOUND, env!("CARGO_MANIFEST_DIR"));
        }

        #[test]
        fn nothing_that_a_webhook_says_is_lost() {
            $crate::check_nothing_is_lost(&$channel::INBOUND, env!("CARGO_MANIFEST_DIR"));
        }

        #[test]
        fn nothing_personal_is_printed() {
            $crate::check_no_personal_data(&$channel::INBOUND, env!("CARGO_MANIFEST_DIR"));
        }

        #[test]
        fn what_is_kept_is_read_again_as_the_same_event() {
            $crate::check_replay(&$channel::INBOUND, env!("CARGO_MANIFEST_DIR"));
        }
    };
    ($channel:ident, outbound) => {
        #[test]
        fn sends_become_the_calls_of_their_fixtures() {
            $crate::check_outbound(&$channel::OUTBOUND, env!("CARGO_MANIFEST_DIR"));
        }

        #[test]
        fn limits_are_obeyed_before_a_call() {
            $crate::check_limits(&$channel::OUTBOUND, env!("CARGO_MANIFEST_DIR"));
        }
    };
}
