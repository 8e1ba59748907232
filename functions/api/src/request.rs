//! The body of `POST /v1/messages`: read whole and judged field by field before anything is looked up or stored.

pub(crate) mod content;

use aws::sending::{Order, To};
use aws::store::keys::Key;
use domain::event::digest;
use domain::id::{AccountId, Channel, IdentityId};
use domain::outbound::{Author, SendContent};
use domain::plan::{Ask, Purpose};
use domain::time::Timestamp;
use serde_json::Value;

use crate::fields::{Errors, Fields};
use crate::ids::{self, MessageRef};
use crate::problem::ApiProblem;

/// The longest address that a platform gives.
pub(crate) const MAX_ADDRESS: usize = 320;
/// The longest name of one of our accounts, and of the caller's own reference.
pub(crate) const MAX_NAME: usize = 128;

/// A message that somebody wants to send.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MessageRequest {
    /// The person, thread or address that it goes to.
    pub(crate) to: To,
    /// The words and files of the message.
    pub(crate) content: SendContent,
    /// The aim that the message serves.
    pub(crate) purpose: Purpose,
    /// The person or program that wrote it.
    pub(crate) author: Author,
    /// The only channel that may be taken.
    pub(crate) channel: Option<Channel>,
    /// The one of our addresses that it leaves by.
    pub(crate) account: Option<AccountId>,
    /// The message that it quotes.
    pub(crate) reply_to: Option<MessageRef>,
    /// The caller's own word for it.
    pub(crate) client_ref: Option<String>,
    /// When it is of no more use.
    pub(crate) expires_at: Option<Timestamp>,
    /// Whether it may go to an address that is only claimed to be the person's.
    pub(crate) allow_claimed: bool,
    /// The digest of the whole body: field order and spaces do not count.
    pub(crate) hash: String,
}

impl MessageRequest {
    /// The key of the message that it quotes.
    pub(crate) fn quoted(&self) -> Option<Key> {
        self.reply_to.as_ref().map(|it| Key::alone(it.key()))
    }

    /// The order that it asks for, with the message that it quotes.
    pub(crate) fn order<'a>(&'a self, reply_to: Option<&'a Key>) -> Order<'a> {
        let ask = Ask {
            content: &self.content,
            purpose: self.purpose,
            author: self.author,
            channel: self.channel.as_ref(),
            account: self.account.as_ref(),
            address: None,
            quotes: reply_to.is_some(),
            expires_at: self.expires_at,
            allow_claimed: self.allow_claimed,
        };
        Order { to: &self.to, ask, reply_to }
    }
}

/// Reads a body.
pub(crate) fn read(body: Value) -> Result<MessageRequest, ApiProblem> {
    let hash = digest(&[&body.to_string()]);
    let errors = Errors::default();
    let request = Fields::of(body, &errors).and_then(|fields| message(fields, hash));
    errors.or(request)
}

fn message(mut fields: Fields<'_>, hash: String) -> Option<MessageRequest> {
    let to = fields.need("to", Fields::object).and_then(to);
    let content = fields.need("content", Fields::object).and_then(content::read);
    let purposes = Purpose::ALL.map(|it| (it.name(), it));
    let authors = [("automation", Author::Automation), ("human", Author::Human)];
    let purpose = fields.word("purpose", &purposes).unwrap_or_default();
    let author = fields.word("author", &authors).unwrap_or_default();
    let unverified = [("refuse", false), ("allow", true)];
    let allow_claimed = fields.word("unverified", &unverified).unwrap_or_default();
    let channel = fields.parsed("channel", "must be the name of a channel", ids::channel);
    let account = fields.text("account", MAX_NAME).map(AccountId::new);
    let reply_to = fields.parsed("reply_to", "must be the id of a message", MessageRef::parse);
    let client_ref = fields.text("client_ref", MAX_NAME);
    let expires_at = fields.time("expires_at");
    if let (Some(channel), Some(To::Address(of, _))) = (&channel, &to)
        && channel != of
    {
        fields.note("channel", "must be the channel of the address");
    }
    fields.end();
    let (to, content) = (to?, content?);
    Some(MessageRequest {
        to,
        content,
        purpose,
        author,
        channel,
        account,
        reply_to,
        client_ref,
        expires_at,
        allow_claimed,
        hash,
    })
}

fn to(mut fields: Fields<'_>) -> Option<To> {
    const ONE: [&str; 3] = ["thread_id", "contact_id", "address"];
    let given: Vec<_> = ONE.into_iter().filter(|it| fields.has(it)).collect();
    let [name] = given.as_slice() else {
        fields.note(ONE[0], "exactly one of thread_id, contact_id and address is required");
        return None;
    };
    let to = match *name {
        "thread_id" => {
            fields.parsed(name, "must be the id of a thread", ids::thread).map(To::Thread)
        }
        "contact_id" => {
            fields.parsed(name, "must be the id of a contact", ids::contact).map(To::Contact)
        }
        _ => fields.object(name).and_then(address),
    };
    fields.end();
    to
}

fn address(mut fields: Fields<'_>) -> Option<To> {
    let rule = "must be the name of a channel";
    let channel = fields.need("channel", |it, name| it.parsed(name, rule, ids::channel));
    let id = fields.need("id", |it, name| it.text(name, MAX_ADDRESS));
    fields.end();
    let (channel, id) = (channel?, id?);
    let identity = identity(&channel, &id);
    Some(To::Address(channel, identity))
}

/// An address as the table names it. A number in E.164 is one person on every channel that knows people by numbers; a mail
/// address is the same in capital letters.
fn identity(channel: &Channel, id: &str) -> IdentityId {
    let digits = id.strip_prefix('+').unwrap_or_default();
    let is_phone = (7..=15).contains(&digits.len())
        && digits.bytes().all(|it| it.is_ascii_digit())
        && !digits.starts_with('0');
    let email = || if channel.as_str() == "email" { IdentityId::email(id) } else { None };
    if is_phone {
        IdentityId::phone(id)
    } else {
        email().unwrap_or_else(|| IdentityId::scoped(channel, "", id))
    }
}

/// An address as somebody writes it: a number may have its spaces and its `00`. Some platforms know a person by another id
/// on each account of ours; there the account is needed.
pub(crate) fn written_as(channel: &Channel, id: &str, account: Option<&AccountId>) -> IdentityId {
    if let Some(account) = account {
        return IdentityId::scoped(channel, account.as_str(), id);
    }
    let plain: String = id.trim().chars().filter(|it| !" .-()/\u{a0}".contains(*it)).collect();
    let number = plain.strip_prefix("00").map_or(plain.clone(), |it| format!("+{it}"));
    let as_number = identity(channel, &number);
    if as_number.is_phone() { as_number } else { identity(channel, id) }
}

#[cfg(test)]
mod tests {
    use domain::id::ThreadId;
    use serde_json::json;

    use super::*;

    fn pointers(body: Value) -> Vec<String> {
        let Err(problem) = read(body) else { return vec![] };
        let body = json!(problem.body("r"));
        let errors = body["errors"].as_array().unwrap();
        errors.iter().map(|it| it["pointer"].as_str().unwrap().to_owned()).collect()
    }

    fn thread() -> String {
        format!("thr_{}", "0".repeat(32))
    }

    fn with(name: &str, value: Value) -> Value {
        let mut body = json!({
            "to": { "thread_id": thread() },
            "content": { "type": "text", "text": "hello" },
        });
        body[name] = value;
        body
    }

    #[test]
    fn a_reply_of_words_needs_a_thread_and_a_text() {
        let read = read(with("client_ref", json!("crm-889"))).unwrap();
        assert_eq!(read.to, To::Thread(ThreadId::new(thread())));
        assert_eq!((read.purpose, read.author), (Purpose::Care, Author::Automation));
        assert_eq!(pointers(json!({})), ["/to", "/content"]);
        assert_eq!(pointers(json!([])), [""]);
    }

    #[test]
    fn every_field_is_checked_and_none_is_ignored() {
        let cases = [
            ("to", json!({}), "/to/thread_id"),
            ("to", json!({ "thread_id": thread(), "contact_id": "con_1" }), "/to/thread_id"),
            ("to", json!({ "thread_id": "con_1" }), "/to/thread_id"),
            ("to", json!({ "address": { "channel": "sms" } }), "/to/address/id"),
            ("to", json!({ "address": { "channel": "SMS", "id": "+33" } }), "/to/address/channel"),
            ("to", json!({ "thread_id": thread(), "x": 1 }), "/to/x"),
            ("purpose", json!("spam"), "/purpose"),
            ("author", json!(1), "/author"),
            ("unverified", json!(true), "/unverified"),
            ("channel", json!(""), "/channel"),
            ("reply_to", json!("wamid.x"), "/reply_to"),
            ("client_ref", json!("x".repeat(129)), "/client_ref"),
            ("expires_at", json!("tomorrow"), "/expires_at"),
            ("content", json!("hello"), "/content"),
            ("contents", json!({}), "/contents"),
        ];
        for (name, value, pointer) in cases {
            assert_eq!(pointers(with(name, value.clone())), [pointer], "{name} {value}");
        }
    }

    #[test]
    fn a_phone_number_is_the_same_address_on_every_channel() {
        let at = |channel: &'static str, id: &str| identity(&Channel::from_static(channel), id);
        assert_eq!(at("whatsapp", "+447700900111"), at("sms", "+447700900111"));
        assert_ne!(at("whatsapp", "GB.123"), at("sms", "GB.123"));
        for other in ["447700900111", "+0447700900", "+44 7700 900111", "+1"] {
            assert!(!at("whatsapp", other).is_phone(), "{other}");
        }
    }

    #[test]
    fn a_number_is_found_however_it_is_written_and_an_id_as_it_is() {
        let sms = Channel::from_static("sms");
        for number in ["+447700900111", "+44 7700 900-111", "0044 (7700) 900.111"] {
            assert_eq!(written_as(&sms, number, None), IdentityId::phone("+447700900111"));
        }
        let page = AccountId::new("7");
        let messenger = Channel::from_static("messenger");
        let scoped = IdentityId::scoped(&messenger, "7", "00-1");
        assert_eq!(written_as(&messenger, "00-1", Some(&page)), scoped);
        assert_eq!(written_as(&messenger, "a-1", None).address(), "a-1");
    }

    #[test]
    fn a_body_is_the_same_whatever_its_order_and_spaces() {
        let hash = |text: &str| read(serde_json::from_str(text).unwrap()).unwrap().hash;
        let one = format!(
            r#"{{"to":{{"thread_id":"{0}"}},"content":{{"type":"text","text":"a"}}}}"#,
            thread()
        );
        let other = format!(
            r#"{{ "content": {{"text":"a", "type":"text"}}, "to": {{"thread_id":"{0}"}} }}"#,
            thread()
        );
        assert_eq!(hash(&one), hash(&other));
        assert_ne!(hash(&one), hash(&one.replace("\"a\"", "\"b\"")));
    }
}
