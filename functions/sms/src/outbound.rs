//! Messages: one call of the Messages API, which is a form.
//!
//! Settings of an account: `account_sid` is the account that its calls go to (`AC…`); the token is that or an API key with its
//! secret. The sending `id` is the number or sender, or the Messaging Service (`MG…`) that chooses one, RCS first.

use std::sync::LazyLock;

use domain::id::{IdentityId, ProviderId};
use domain::json::envelope;
use domain::outbound::{
    Account, Body, Call, Capabilities, Failure, Next, Response, Send, SendContent, SendError,
    SendMedia, SendProblem, TemplateUse,
};
use http::{Request, header};
use url::form_urlencoded::Serializer;

use crate::{errors, inbound};

/// The content that the channel can carry.
pub(crate) fn capabilities() -> &'static Capabilities {
    static READ: LazyLock<Capabilities> =
        LazyLock::new(|| Capabilities::built_in(include_str!("rules.json")));
    &READ
}

/// The next call of a send, or its end.
pub(crate) fn next(send: &Send, account: &Account, answers: &[Response]) -> Next {
    match try_next(send, account, answers) {
        Ok(next) => next,
        Err(error) => Next::Failed(error),
    }
}

fn try_next(send: &Send, account: &Account, answers: &[Response]) -> Result<Next, SendError> {
    let Some(answer) = answers.first() else { return call(send, account).map(Next::Call) };
    if let Some(error) = errors::error(answer) {
        return Err(error);
    }
    // A success without an id is still one: its status names our reference.
    let sid = envelope(&answer.body).ok().and_then(|it| it.string("sid"));
    Ok(Next::Done(sid.map(ProviderId::new)))
}

fn call(send: &Send, account: &Account) -> Result<Call, SendError> {
    let misconfigured = || SendError::Config(Failure::ours(SendProblem::ChannelMisconfigured));
    let sid = account.settings.get("account_sid").filter(|it| is_word(it));
    let sid = sid.ok_or_else(misconfigured)?;
    let mut fields = vec![("To", to(send)?.to_owned())];
    let by = if account.id.as_str().starts_with("MG") { "MessagingServiceSid" } else { "From" };
    fields.push((by, account.id.as_str().to_owned()));
    fields.extend(content(&send.content)?);
    if !account.webhook.is_empty() {
        let (webhook, name) = (&account.webhook, inbound::REFERENCE);
        let reference = send.reference.as_str();
        fields.push(("StatusCallback", format!("{webhook}?{name}={reference}")));
    }
    let mut form = Serializer::new(String::new());
    form.extend_pairs(fields);
    let url = format!("{}/2010-04-01/Accounts/{sid}/Messages.json", account.base_url);
    let request = Request::post(url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(())
        .map_err(|_| misconfigured())?;
    let body = Body::Inline(form.finish().into_bytes());
    Ok(Call { request: request.into_parts().0, body, delivers: true })
}

fn to(send: &Send) -> Result<&str, SendError> {
    let address = send.to.iter().find(|it| it.is_phone()).map(IdentityId::address);
    address.ok_or_else(|| refused(SendProblem::AddressInvalid, "It is no phone number."))
}

fn content(content: &SendContent) -> Result<Vec<(&'static str, String)>, SendError> {
    match content {
        SendContent::Text { text } => Ok(vec![("Body", fitting(text)?)]),
        SendContent::Media { source: SendMedia::Url(url), caption, .. } => {
            let mut fields = vec![("MediaUrl", url.clone())];
            if let Some(caption) = caption.as_ref().filter(|it| !it.is_empty()) {
                fields.push(("Body", fitting(caption)?));
            }
            Ok(fields)
        }
        SendContent::Media { .. } => {
            let why = "Twilio fetches a file from a public address.";
            Err(refused(SendProblem::MediaNotReachable, why))
        }
        SendContent::Template { template } => template_fields(template),
        SendContent::Choices { .. }
        | SendContent::Location { .. }
        | SendContent::Email { .. }
        | SendContent::Adaptable { .. }
        | SendContent::Reaction { .. }
        | SendContent::MarkRead { .. } => {
            let why = format!("There is no {} in a text message.", content.kind());
            Err(refused(SendProblem::ContentUnsupported, &why))
        }
    }
}

/// A template of the Content API: its name is its id.
fn template_fields(template: &TemplateUse) -> Result<Vec<(&'static str, String)>, SendError> {
    let TemplateUse { name, variables, components, .. } = template;
    if !name.starts_with("HX") || !is_word(name) {
        let why = "The name of a template is its ContentSid, HX….";
        return Err(refused(SendProblem::TemplateNotApproved, why));
    }
    if components.is_some() {
        let why = "A template takes variables, no components.";
        return Err(refused(SendProblem::TemplateParameterInvalid, why));
    }
    let mut fields = vec![("ContentSid", name.clone())];
    if !variables.is_empty() {
        fields.push(("ContentVariables", serde_json::json!(variables).to_string()));
    }
    Ok(fields)
}

fn fitting(text: &str) -> Result<String, SendError> {
    if text.trim().is_empty() {
        return Err(refused(SendProblem::ContentUnsupported, "The text is empty."));
    }
    if !capabilities().text.fits(text) {
        return Err(refused(SendProblem::ContentUnsupported, "The text is too long."));
    }
    Ok(text.to_owned())
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric())
}

fn refused(problem: SendProblem, why: &str) -> SendError {
    SendError::Refused(Failure { message: Some(why.to_owned()), ..Failure::ours(problem) })
}
