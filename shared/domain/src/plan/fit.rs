//! Whether a content fits what a channel can carry.

use super::{Ask, Refusal, refuse};
use crate::outbound::{
    Capabilities, ChoiceOption, Feature, SendContent, SendProblem, TextLimit, TextUnit,
};

/// Says what does not fit.
pub(super) fn check(ask: &Ask<'_>, channel: &Capabilities) -> Result<(), Refusal> {
    if ask.quotes {
        need(channel, Feature::ReplyTo, "it cannot quote a message")?;
    }
    match ask.content {
        SendContent::Text { text } => fits("the text", text, channel.text),
        SendContent::Media { kind, source, caption, .. } => {
            let limit = channel.media.iter().find(|it| it.kind == *kind);
            let Some(limit) = limit else {
                return refuse(
                    SendProblem::MediaTypeUnsupported,
                    "it does not take files of this kind",
                );
            };
            if !channel.takes_file(*kind, source) {
                let detail = format!("it takes {}", limit.mimes.join(", "));
                return refuse(SendProblem::MediaTypeUnsupported, detail);
            }
            match (caption, channel.caption) {
                (None, _) => Ok(()),
                (Some(caption), Some(limit)) => fits("the caption", caption, limit),
                (Some(_), None) => {
                    refuse(SendProblem::ContentUnsupported, "it has no words under a file")
                }
            }
        }
        SendContent::Choices { text, options, .. } => {
            fits("the text", text, channel.text)?;
            choices(options, channel)
        }
        SendContent::Location { .. } => need(channel, Feature::Location, "it has no places"),
        SendContent::Template { .. } => need(channel, Feature::Templates, "it has no templates"),
        SendContent::Email { text, .. } => {
            need(channel, Feature::Email, "it has no mails")?;
            fits("the text", text, channel.text)
        }
        // It was made to fit before.
        SendContent::Adaptable { .. } => {
            refuse(SendProblem::ContentUnsupported, "it is adapted within what is adapted")
        }
        SendContent::Reaction { emoji, .. } => {
            need(channel, Feature::Reactions, "it has no reactions")?;
            if channel.takes_reaction(emoji) {
                return Ok(());
            }
            refuse(SendProblem::ContentUnsupported, "it does not take this emoji as a reaction")
        }
        SendContent::MarkRead { .. } => {
            need(channel, Feature::MarkRead, "it does not show what was read")
        }
    }
}

fn need(channel: &Capabilities, feature: Feature, otherwise: &str) -> Result<(), Refusal> {
    if channel.has(feature) { Ok(()) } else { refuse(SendProblem::ContentUnsupported, otherwise) }
}

fn fits(what: &str, text: &str, limit: TextLimit) -> Result<(), Refusal> {
    if limit.fits(text) {
        return Ok(());
    }
    let unit = match limit.unit {
        TextUnit::Chars => "characters",
        TextUnit::Utf16 => "UTF-16 units",
        TextUnit::Bytes => "bytes",
    };
    refuse(SendProblem::ContentUnsupported, format!("{what} is longer than {} {unit}", limit.max))
}

fn choices(options: &[ChoiceOption], channel: &Capabilities) -> Result<(), Refusal> {
    let Some(limit) = channel.choices else {
        return refuse(SendProblem::ContentUnsupported, "it has no options to tap");
    };
    if limit.max < options.len() {
        let detail = format!("it takes {} options, not {}", limit.max, options.len());
        return refuse(SendProblem::ContentUnsupported, detail);
    }
    let long = options
        .iter()
        .find(|it| limit.title < it.title.chars().count() || limit.id < it.id.chars().count());
    if long.is_some() {
        let detail = format!("a title has {} characters at most, an id {}", limit.title, limit.id);
        return refuse(SendProblem::ContentUnsupported, detail);
    }
    Ok(())
}
