//! A message on a channel that cannot carry all of it: the words stay, and what is lost is said.
//!
//! Words are never cut and no file is left away in silence: content that cannot be made to fit stays as it is, and the planner
//! refuses it.

use serde::{Deserialize, Serialize};

use super::{Attachment, Capabilities, ChoiceOption, Feature, SendContent, SendMedia};
use crate::content::MediaKind;
use crate::id::Channel;

/// Something that a message loses on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The options are numbered lines, not buttons.
    Buttons,
    /// The form that HTML gives to words.
    Html,
    /// The subject is the first line.
    Subject,
    /// A file is a link in the words.
    File,
    /// A file is sent as one of a more general kind.
    FileKind,
    /// A place is an address and a link to a map.
    Map,
    /// It does not quote what it answers.
    Quote,
}

/// Content that fits a channel, as far as it can be made to.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapted {
    /// The content.
    pub content: SendContent,
    /// The things that it lost.
    pub lost: Vec<Loss>,
}

impl SendContent {
    /// The content that goes by a channel. What does not say that it may be adapted stays as it is, and so does what cannot be
    /// made to fit.
    #[must_use]
    pub fn fitted(&self, channel: &Channel, capabilities: &Capabilities) -> Adapted {
        let Self::Adaptable { content, instead } = self else { return whole(self) };
        adapt(instead.get(channel).unwrap_or(content), capabilities)
    }
}

fn whole(content: &SendContent) -> Adapted {
    Adapted { content: content.clone(), lost: Vec::new() }
}

/// The content as a channel can carry it.
fn adapt(content: &SendContent, capabilities: &Capabilities) -> Adapted {
    let adapted = match content {
        SendContent::Email { subject, text, html, attachments }
            if !capabilities.has(Feature::Email) =>
        {
            email(
                Mail { subject: subject.as_deref(), text, html: html.as_deref(), attachments },
                capabilities,
            )
        }
        SendContent::Media { kind, source, caption, filename } => {
            let file =
                Attachment { kind: *kind, source: source.clone(), filename: filename.clone() };
            media(&file, caption.as_deref(), capabilities)
        }
        SendContent::Choices { text, options, .. } if !takes_options(options, capabilities) => {
            Some(with_lost(numbered(text, options), &[Loss::Buttons]))
        }
        SendContent::Location { latitude, longitude, name, address }
            if !capabilities.has(Feature::Location) =>
        {
            let link = format!("https://maps.google.com/?q={latitude},{longitude}");
            let lines = [name.as_deref(), address.as_deref(), Some(&link)];
            let lines: Vec<_> = lines.into_iter().flatten().collect();
            Some(with_lost(lines.join("\n"), &[Loss::Map]))
        }
        SendContent::Text { .. }
        | SendContent::Email { .. }
        | SendContent::Choices { .. }
        | SendContent::Location { .. }
        | SendContent::Template { .. }
        | SendContent::Adaptable { .. }
        | SendContent::Reaction { .. }
        | SendContent::MarkRead { .. } => None,
    };
    adapted.unwrap_or_else(|| whole(content))
}

fn with_lost(text: String, lost: &[Loss]) -> Adapted {
    Adapted { content: SendContent::Text { text }, lost: lost.to_vec() }
}

#[derive(Clone, Copy)]
struct Mail<'a> {
    subject: Option<&'a str>,
    text: &'a str,
    html: Option<&'a str>,
    attachments: &'a [Attachment],
}

/// A mail's words, with its only file or with links to its files.
fn email(mail: Mail<'_>, capabilities: &Capabilities) -> Option<Adapted> {
    let mut lost = Vec::new();
    let mut words = mail.text.trim().to_owned();
    if let Some(html) = mail.html {
        lost.push(Loss::Html);
        if words.is_empty() {
            words = text_of(html);
        }
    }
    if let Some(subject) = mail.subject.map(str::trim).filter(|it| !it.is_empty()) {
        lost.push(Loss::Subject);
        if !words.starts_with(subject) {
            words =
                if words.is_empty() { subject.to_owned() } else { format!("{subject}\n\n{words}") };
        }
    }
    let adapted = match mail.attachments {
        [] => with_lost(words, &[]),
        [file] => {
            media(file, Some(&words).filter(|it| !it.is_empty()).map(String::as_str), capabilities)?
        }
        files => with_links(&words, files)?,
    };
    lost.extend(adapted.lost);
    Some(Adapted { lost, ..adapted })
}

/// A file with its words: as it is, as a more general kind, or as a link behind the words.
fn media(file: &Attachment, caption: Option<&str>, capabilities: &Capabilities) -> Option<Adapted> {
    let has_room =
        caption.is_none_or(|it| capabilities.caption.is_some_and(|limit| limit.fits(it)));
    let general = match file.kind {
        MediaKind::VoiceNote => &[MediaKind::Audio, MediaKind::Document][..],
        MediaKind::Sticker => &[MediaKind::Image, MediaKind::Document],
        MediaKind::Image | MediaKind::Video | MediaKind::Audio => &[MediaKind::Document],
        MediaKind::Document | MediaKind::Share => &[],
    };
    let mut kinds = std::iter::once(&file.kind).chain(general);
    let kind =
        kinds.find(|kind| capabilities.takes_file(**kind, &file.source)).filter(|_| has_room);
    let Some(kind) = kind else {
        return with_links(caption.unwrap_or_default(), std::slice::from_ref(file));
    };
    let lost = if *kind == file.kind { vec![] } else { vec![Loss::FileKind] };
    let content = SendContent::Media {
        kind: *kind,
        source: file.source.clone(),
        caption: caption.map(str::to_owned),
        filename: file.filename.clone(),
    };
    Some(Adapted { content, lost })
}

/// Words with the addresses of files behind them; `None` if one has no address that anybody can open.
fn with_links(words: &str, files: &[Attachment]) -> Option<Adapted> {
    let link = |it: &Attachment| match &it.source {
        SendMedia::Url(url) => Some(url.clone()),
        SendMedia::Id(_) | SendMedia::Object { .. } => None,
    };
    let links: Vec<_> = files.iter().map(link).collect::<Option<_>>()?;
    let words = Some(words.to_owned()).filter(|it| !it.is_empty());
    let text: Vec<_> = words.into_iter().chain(links).collect();
    Some(with_lost(text.join("\n"), &[Loss::File]))
}

fn takes_options(options: &[ChoiceOption], capabilities: &Capabilities) -> bool {
    capabilities.choices.is_some_and(|limit| {
        let fits = |it: &ChoiceOption| {
            it.title.chars().count() <= limit.title && it.id.chars().count() <= limit.id
        };
        options.len() <= limit.max && options.iter().all(fits)
    })
}

/// A question whose options stand under it, each with its number.
fn numbered(text: &str, options: &[ChoiceOption]) -> String {
    let line = |(n, option): (usize, &ChoiceOption)| {
        let about = option.description.as_ref().map(|it| format!(" – {it}")).unwrap_or_default();
        format!("{}. {}{about}", n + 1, option.title)
    };
    let lines = options.iter().enumerate().map(line);
    std::iter::once(text.to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

/// The words of HTML, a line for each block, without what no reader sees.
fn text_of(html: &str) -> String {
    let (mut text, mut hidden) = (String::new(), None::<String>);
    // The first piece stands before any tag.
    for (n, piece) in html.split('<').enumerate() {
        let (tag, words) =
            if n == 0 { ("", piece) } else { piece.split_once('>').unwrap_or_default() };
        let name = tag.split([' ', '\t', '\r', '\n', '/']).find(|it| !it.is_empty());
        let name = name.unwrap_or_default().to_ascii_lowercase();
        match &hidden {
            Some(opened) if tag.starts_with('/') && name == *opened => hidden = None,
            None if matches!(&*name, "style" | "script" | "head" | "title") => hidden = Some(name),
            None if BLOCKS.contains(&&*name) => text.push('\n'),
            Some(_) | None => {}
        }
        if hidden.is_none() {
            text.push_str(&words.replace(['\r', '\n'], " "));
        }
    }
    let lines = text.lines().map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
    entities(&lines.filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n"))
}

/// The elements that stand on lines of their own.
const BLOCKS: [&str; 14] =
    ["p", "br", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "hr", "blockquote"];

/// The signs that HTML must write otherwise. An ampersand is the last, so that nothing is read twice.
fn entities(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

#[cfg(test)]
mod tests;
