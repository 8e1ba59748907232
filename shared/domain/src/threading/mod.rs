//! The choice of the thread that a message belongs to: certain evidence decides alone, all other is weighed by one small softmax
//! over the contact's live threads and "new thread".
//!
//! A text is read once ([`Reading`]), folded into its thread's bounded [`Profile`], and [`decide()`] weighs it against the
//! profiles of the contact. The features are one table ([`features`]), the words of each language and the weights are data
//! files. Nothing here depends on a channel's name, a company or a network.

pub mod budget;
mod call;
mod cues;
mod decide;
mod encode;
mod evidence;
pub mod features;
mod ids;
mod language;
pub mod mail;
mod profile;
mod reading;
mod scene;
mod subject;
mod text;

pub use cues::{Cues, collisions};
pub use decide::{
    Arrival, Candidate, Certain, Decision, Filing, Model, ModelError, Quoted, decide,
};
pub use encode::Corrupt;
pub use evidence::Evidence;
pub use ids::SharedId;
pub use profile::{Profile, ProfileEntry};
pub use reading::Reading;
pub use scene::{MOST_CANDIDATES, Measured, measure};
pub use subject::{subject_line, subject_of};
