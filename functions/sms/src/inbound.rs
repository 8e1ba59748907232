//! Webhooks: a form is one fact, a message of a person or the status of one of ours.
//!
//! Twilio gives no time: a fact happened when we received it.

use domain::content::{Content, Media, MediaKind, MediaSource, Raw};
use domain::event::{
    Identity, InboundEvent, Kind, Message, PersonName, Receipt, ReceiptOf, digest,
};
use domain::form;
use domain::id::{AccountId, EventKey, IdentityId, ProviderId, Reference};
use domain::inbound::Malformed;
use domain::outbound::{Failure, SendProblem};
use domain::status::Status;
use domain::webhook::Verified;

use crate::{CHANNEL, errors};

/// The parameter of our own address by which a status names the message that it is of.
pub(crate) const REFERENCE: &str = "ref";

/// The words by which people opt out and in again wherever Twilio does not say what it took them for: it takes them only if
/// they are the whole message. "Yes" is left out, for it answers questions of ours.
/// <https://help.twilio.com/articles/223134027>
const STOP: [&str; 8] =
    ["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"];
const START: [&str; 2] = ["start", "unstop"];

/// The most files of a message.
const MOST_FILES: usize = 10;

/// Reads a webhook: a form with one fact, which may be two events where a message takes consent back.
pub(crate) fn parse(webhook: &Verified<'_>) -> Result<Vec<InboundEvent>, Malformed> {
    let form = Form::read(webhook.body())?;
    let (Some(id), Some(from), Some(to)) = (form.id(), form.get("From"), form.get("To")) else {
        return match form.get("AccountSid") {
            Some(_) => Ok(vec![unknown(&form, webhook, "a form of another kind")]),
            None => Err(Malformed("no form of Twilio".to_owned())),
        };
    };
    let status = form.get("MessageStatus").filter(|it| !matches!(*it, "received" | "receiving"));
    let (ours, theirs) = if status.is_some() { (from, to) } else { (to, from) };
    if theirs.starts_with("whatsapp:") {
        return Ok(vec![unknown(&form, webhook, "a message of WhatsApp")]);
    }
    let Some(account) = account(&form, ours, webhook) else {
        return Ok(vec![unknown(&form, webhook, "another account")]);
    };
    let event = |key: String, kind: Kind| InboundEvent {
        key: EventKey::new(key),
        channel: CHANNEL,
        account: account.clone(),
        identity: Some(identity(&form, theirs)),
        at: webhook.received(),
        kind,
        content_ref: None,
    };
    if let Some(status) = status {
        let code = form.get("ErrorCode").unwrap_or_default();
        let key = format!("{id}:{status}:{code}");
        return Ok(vec![event(key, receipt(&form, id, status, webhook))]);
    }
    let mut message = Message::inbound(ProviderId::new(id), content(&form));
    message.reply_to = form.get("OriginalRepliedMessageSid").map(ProviderId::new);
    let mut events = vec![event(id.to_owned(), message.into())];
    if let Some((granted, detail)) = consent(&form) {
        let kind = Kind::ConsentChanged { purpose: "all".to_owned(), granted, detail };
        events.push(event(format!("{id}:consent"), kind));
    }
    Ok(events)
}

/// The fields of a form, as text.
struct Form {
    fields: Vec<(String, String)>,
    text: String,
}

impl Form {
    fn read(body: &[u8]) -> Result<Self, Malformed> {
        let utf8 =
            |it: Vec<u8>| String::from_utf8(it).map_err(|_| Malformed("not UTF-8".to_owned()));
        let text = utf8(body.to_vec())?;
        let mut fields = Vec::new();
        for (name, value) in form::fields(body) {
            fields.push((utf8(name)?, utf8(value)?));
        }
        Ok(Self { fields, text })
    }

    /// A field; one that is empty is as absent.
    fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|it| it.0 == name)?;
        Some(value.as_str()).filter(|it| !it.is_empty())
    }

    fn id(&self) -> Option<&str> {
        self.get("MessageSid").or_else(|| self.get("SmsSid"))
    }
}

/// The one of our accounts that a fact is about: the service if that is one of ours, else the number or sender.
fn account(form: &Form, ours: &str, webhook: &Verified<'_>) -> Option<AccountId> {
    let named = [form.get("MessagingServiceSid"), Some(bare(ours))];
    named.into_iter().flatten().find(|it| webhook.is_ours(it)).map(AccountId::new)
}

/// An address without the mark of RCS: it is the same number.
fn bare(address: &str) -> &str {
    address.strip_prefix("rcs:").unwrap_or(address)
}

fn identity(form: &Form, address: &str) -> Identity {
    let address = bare(address);
    let digits = address.strip_prefix('+').unwrap_or_default();
    let is_phone = (7..=15).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    let id = if is_phone {
        IdentityId::phone(address)
    } else {
        // A short code, or a name that a company sends under.
        IdentityId::scoped(&CHANNEL, "", address)
    };
    let name = form.get("ProfileName").map(|it| PersonName(it.to_owned()));
    Identity { id, aliases: Vec::new(), name }
}

fn unknown(form: &Form, webhook: &Verified<'_>, what: &str) -> InboundEvent {
    let ours = form.get("To").or_else(|| form.get("AccountSid")).unwrap_or_default();
    let account = webhook.accounts().first().cloned();
    InboundEvent {
        key: EventKey::new(digest(&["sms", &form.text])),
        channel: CHANNEL,
        account: account.unwrap_or_else(|| AccountId::new(bare(ours))),
        identity: None,
        at: webhook.received(),
        kind: Kind::Unknown { what: what.to_owned(), raw: Raw(form.text.clone()) },
        content_ref: None,
    }
}

fn content(form: &Form) -> Content {
    let words = form.get("Body").map(str::to_owned);
    if let Some(id) = form.get("ButtonPayload") {
        let title = form.get("ButtonText").map(str::to_owned).or(words);
        return Content::Choice { id: id.to_owned(), title: title.unwrap_or_default() };
    }
    if form.get("Latitude").or_else(|| form.get("Longitude")).is_some() {
        return place(form, words);
    }
    let items: Vec<_> = (0..MOST_FILES).filter_map(|n| media(form, n)).collect();
    if items.is_empty() {
        return Content::text(words.unwrap_or_default());
    }
    Content::Media { items, caption: words }
}

fn place(form: &Form, words: Option<String>) -> Content {
    let degrees = |name: &str| form.get(name)?.parse().ok().filter(|it: &f64| it.is_finite());
    let (Some(latitude), Some(longitude)) = (degrees("Latitude"), degrees("Longitude")) else {
        return Content::Unsupported { kind: "location".to_owned(), raw: Raw(form.text.clone()) };
    };
    let name = form.get("Label").map(str::to_owned).or(words);
    let address = form.get("Address").map(str::to_owned);
    Content::Location { latitude, longitude, name, address }
}

fn media(form: &Form, n: usize) -> Option<Media> {
    let url = form.get(&format!("MediaUrl{n}"))?;
    let mime = form.get(&format!("MediaContentType{n}"));
    let kind = match mime.unwrap_or_default().split('/').next() {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("audio") => MediaKind::Audio,
        _ => MediaKind::Document,
    };
    let source = MediaSource::Url(url.to_owned());
    Some(Media { kind, source, mime: mime.map(str::to_owned), sha256: None, filename: None })
}

/// Whether a message forbids or allows us to write, with the word that says so.
fn consent(form: &Form) -> Option<(bool, String)> {
    // Of a word in any language Twilio says what it took it for; where it does not, these are its own.
    let said = form.get("OptOutType").or_else(|| form.get("Body"))?.trim();
    let word = said.to_lowercase();
    let (stop, start) = (STOP.contains(&&*word), START.contains(&&*word));
    (stop || start).then(|| (start, said.to_uppercase()))
}

fn receipt(form: &Form, id: &str, status: &str, webhook: &Verified<'_>) -> Kind {
    let code = form.get("ErrorCode");
    let said = form.get("ErrorMessage").or_else(|| form.get("ChannelStatusMessage"));
    let failed = |problem: SendProblem| Failure {
        problem,
        code: code.map(str::to_owned),
        message: said.map(str::to_owned),
        trace_id: None,
    };
    let (status, error) = match status {
        "sent" => (Status::Sent, None),
        "delivered" | "partially_delivered" => (Status::Delivered, None),
        "read" => (Status::Read, None),
        "undelivered" | "failed" => {
            let problem = code.map_or(SendProblem::RecipientUnreachable, errors::problem);
            (Status::Failed, Some(failed(problem)))
        }
        // Somebody took it back before it was sent.
        "canceled" => (Status::Failed, Some(failed(SendProblem::PolicyRejected))),
        // On its way within Twilio: nobody was told anything yet.
        on_its_way => {
            return Kind::Notice { what: on_its_way.to_owned(), raw: Raw(form.text.clone()) };
        }
    };
    let parameters = form::fields(webhook.query().as_bytes());
    let named = parameters.into_iter().find(|it| it.0 == REFERENCE.as_bytes());
    let our_ref = named.and_then(|it| String::from_utf8(it.1).ok()).map(Reference::new);
    let of = ReceiptOf::Message(ProviderId::new(id));
    Kind::Receipt(Receipt { of, status, error, our_ref })
}
