//! The one list of channels and those who use it: what a channel must be registered with beside it, and that a channel which
//! has one way only is a member like any other.
#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod one_way;
mod registered;
