//! Fits and measures the threading model on streams of messages whose topics are known.
//!
//! A stream is JSON lines, each contact's in the order of time; `gold_topic` is for judging only. The code under measure
//! is `domain::threading` itself: nothing of the model is written twice.

pub mod bench;
pub mod decision;
pub mod fit;
pub mod measures;
pub mod minimum;
pub mod own;
pub mod perturb;
pub mod replay;
pub mod report;
pub mod rules;
pub mod stream;
