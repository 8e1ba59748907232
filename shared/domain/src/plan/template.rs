//! Templates, as far as platforms spoke of them.

use super::{Refusal, refuse};
use crate::id::Channel;
use crate::outbound::{SendContent, SendProblem};

/// The state of a template on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateState {
    /// The channel.
    pub channel: Channel,
    /// Its name.
    pub name: String,
    /// Its locale.
    pub locale: String,
    /// The platform's last word on it, lower case: `approved`, `paused` …
    pub status: String,
}

impl TemplateState {
    pub(super) fn is_approved(&self) -> bool {
        self.status == "approved"
    }
}

pub(super) fn status(
    content: &SendContent,
    channel: &Channel,
    templates: &[TemplateState],
) -> Option<String> {
    let SendContent::Template { template } = content else { return None };
    let is_it = |it: &&TemplateState| {
        it.channel == *channel && it.name == template.name && it.locale == template.locale
    };
    // A platform that never spoke of a template may still know it: it decides.
    Some(templates.iter().find(is_it).map_or_else(|| "unknown".to_owned(), |it| it.status.clone()))
}

pub(super) fn check(status: Option<&str>, channel: &Channel) -> Result<(), Refusal> {
    match status {
        None | Some("approved" | "unknown") => Ok(()),
        Some(status) => refuse(
            SendProblem::TemplateNotApproved,
            format!("on {channel} the template is {status}"),
        ),
    }
}
