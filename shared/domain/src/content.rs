//! The content of a message.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The content of one message. `Debug` prints the kind only: content never reaches a log.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(description = "The content of a message.")]
pub enum Content {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// Files: one, or several that were sent as one message.
    Media {
        /// Each file, in the platform's order.
        items: Vec<Media>,
        /// Words that go with them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// The place's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Its postal address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// Contact cards.
    Contacts {
        /// Each card.
        cards: Vec<Card>,
    },
    /// An answer to a choice that we offered: a button, a list row, a quick reply.
    Choice {
        /// The id that we gave the option, as it came back.
        id: String,
        /// The label that the person saw on it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        title: String,
    },
    /// A form that the person filled in.
    Form {
        /// The form's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The fields: JSON text where the platform's own text is valid, else that text as it came.
        fields: String,
    },
    /// A basket of goods that the person ordered.
    Order {
        /// Words that go with it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
        /// Each line: product, quantity, price.
        lines: Vec<OrderLine>,
    },
    /// A mail.
    Email {
        /// Its subject.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        subject: String,
        /// Its text, quotes and signature included.
        text: String,
        /// The place that its HTML is kept at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        html_ref: Option<String>,
        /// Its attachments.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Media>,
    },
    /// A call, as it was after it ended.
    CallReport(CallReport),
    /// A message that was made from a template.
    Template {
        /// The template's name.
        name: String,
        /// Its locale.
        locale: String,
        /// The words that the person saw, where we know them.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// Something that we cannot read yet. A replay with a later parser replaces it in place.
    Unsupported {
        /// The platform's word for it.
        kind: String,
        /// A webhook that holds it alone.
        #[serde(default, skip_serializing_if = "Raw::is_empty")]
        #[schemars(skip)]
        raw: Raw,
    },
}

impl Content {
    /// Words alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// The words in it that a person would read, for a timeline row and for threading; empty if it has none.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Text { text }
            | Self::Email { text, .. }
            | Self::Template { text, .. }
            | Self::Order { text, .. } => text,
            Self::Media { caption, .. } => caption.as_deref().unwrap_or_default(),
            Self::Choice { title, .. } => title,
            Self::Location { name, .. } => name.as_deref().unwrap_or_default(),
            Self::CallReport(call) => call.transcript.as_deref().unwrap_or_default(),
            Self::Contacts { .. } | Self::Form { .. } | Self::Unsupported { .. } => "",
        }
    }

    /// Its name in the API: what `type` is serialised as.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Media { .. } => "media",
            Self::Location { .. } => "location",
            Self::Contacts { .. } => "contacts",
            Self::Choice { .. } => "choice",
            Self::Form { .. } => "form",
            Self::Order { .. } => "order",
            Self::Email { .. } => "email",
            Self::CallReport(_) => "call_report",
            Self::Template { .. } => "template",
            Self::Unsupported { .. } => "unsupported",
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({})", self.kind())
    }
}

/// One file.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Media {
    /// The kind of the file.
    pub kind: MediaKind,
    /// The place where the platform keeps it.
    pub source: MediaSource,
    /// Its media type, if the platform says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Its SHA-256 in hex, if the platform says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Media({:?})", self.kind)
    }
}

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A sound.
    Audio,
    /// A sound that was recorded to be sent.
    VoiceNote,
    /// Any other file.
    Document,
    /// A sticker.
    Sticker,
    /// A page, a post or a product that was shared.
    Share,
}

/// The place of a file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// On the platform, under this id.
    Id(String),
    /// At this address; platforms sign it and let it expire.
    Url(String),
    /// In our bucket, under this key.
    Object(String),
    /// Nowhere: the platform could not hand it over, for this reason.
    Missing(String),
}

/// A contact card.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Card {
    /// The name on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Phone numbers, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    /// Mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// The company on it, with the department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Postal addresses, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Addresses on the web.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// All else that it says, each with its name in front: `title: Workshop lead`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// Whether the person shared their own card because we asked for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

impl Card {
    /// This card with what another one of the same person says beyond it.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        // A number may be written in letters, too.
        let signs = |it: &String| {
            let signs = it.chars().filter(char::is_ascii_alphanumeric);
            signs.map(|it| it.to_ascii_uppercase()).collect::<String>()
        };
        let known: Vec<_> = self.phones.iter().map(signs).collect();
        self.phones.extend(other.phones.into_iter().filter(|it| !known.contains(&signs(it))));
        for (own, more) in [
            (&mut self.emails, other.emails),
            (&mut self.addresses, other.addresses),
            (&mut self.sites, other.sites),
            (&mut self.others, other.others),
        ] {
            let news: Vec<_> = more.into_iter().filter(|it| !own.contains(it)).collect();
            own.extend(news);
        }
        for (what, own, more) in
            [("name", &mut self.name, other.name), ("company", &mut self.company, other.company)]
        {
            let Some(more) = more.filter(|it| own.as_ref() != Some(it)) else { continue };
            if own.is_none() {
                *own = Some(more);
            } else {
                self.others.push(format!("{what}: {more}"));
            }
        }
        self.own |= other.own;
        self
    }
}

/// One line of an order.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderLine {
    /// The seller's id of the product.
    pub product: String,
    /// The number of pieces.
    pub quantity: f64,
    /// Price of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// ISO 4217 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// A call after it ended.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct CallReport {
    /// The caller's number or address.
    pub from: String,
    /// The called number or address.
    pub to: String,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The outcome: `answered`, `missed`, `rejected`, `permission_granted` …
    pub outcome: String,
    /// The words that were said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// The place that the recording is kept at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_ref: Option<String>,
    /// The colleague who took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// The thing that brought a person to write: an ad, a link, a product page.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Referral {
    /// `ad`, `post`, `link`, `product`, `story` …
    pub source: String,
    /// The platform's id of the ad, post or product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its headline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// The reference that our own link carried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#ref: Option<String>,
    /// The platform's click id, for attribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
}

impl fmt::Debug for Referral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Referral({})", self.source)
    }
}

/// Words that a message quotes, as the platform gives them: they may be a part of what is quoted, or from a place that we
/// never see.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quote {
    /// The words.
    pub text: String,
    /// The name of whoever said them, where that was not in this conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl fmt::Debug for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quote({} bytes)", self.text.len())
    }
}

/// Text exactly as a platform sent it. It never prints.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Raw(pub String);

impl Raw {
    /// Whether nothing was kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw(… {} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cards_of_a_person_lose_nothing_of_each_other() {
        let card = |name: &str, company: Option<&str>, phone: &str| Card {
            name: Some(name.to_owned()),
            phones: vec![phone.to_owned()],
            company: company.map(str::to_owned),
            ..Card::default()
        };
        let both = card("Nia", None, "1-800-FLOWERS")
            .with(card("Nia Okafor", Some("Lamps"), "1-800-CARPETS"))
            .with(card("Nia", Some("Lamps Ltd"), "+1 800 flowers"));
        assert_eq!((both.name.as_deref(), both.company.as_deref()), (Some("Nia"), Some("Lamps")));
        assert_eq!(both.others, ["name: Nia Okafor", "company: Lamps Ltd"]);
        assert_eq!(both.phones, ["1-800-FLOWERS", "1-800-CARPETS"]);
    }
}
