//! Buttons and lists: what the platform takes of them, and what the customer may tap.

use std::collections::HashSet;

use super::error::GraphError;
use super::error::{Fields, Read};

/// An option that the customer may tap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The platform's name for a tap on it.
    pub(super) reply: &'static str,
    /// Its id, which a tap carries back.
    pub(super) id: String,
    /// The words that the customer reads on it.
    pub title: String,
}

/// Reply buttons: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-reply-buttons-messages>.
/// Lists: <https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-list-messages>.
pub(super) fn check(fields: &Fields<'_>, offers: &mut Vec<Offer>) -> Read<String> {
    let kind = fields.text_within("type", 32)?;
    let body = fields.object("body")?;
    let shown = body.text_within("text", 1024)?.to_owned();
    body.done()?;
    let action = fields.object("action")?;
    match kind {
        "button" => {
            for button in action.list("buttons", 1, 3)? {
                let button = Fields::at(button, "buttons")?;
                button.exactly("type", "reply")?;
                let reply = button.object("reply")?;
                offers.push(offer("button_reply", &reply, (256, 20))?);
                reply.done()?;
                button.done()?;
            }
            // Seen with the error in <https://github.com/glific/glific/issues/3684>, there of `Whatsapp` and `WhatsApp`.
            let titles: HashSet<_> = offers.iter().map(|it| it.title.to_lowercase()).collect();
            if titles.len() != offers.len() {
                return Err(GraphError::new(131_009, "Buttons titles must be unique"));
            }
        }
        "list" => {
            action.text_within("button", 20)?;
            let sections = action.list("sections", 1, 10)?;
            for section in sections {
                let section = Fields::at(section, "sections")?;
                // A title is required as soon as there is more than one section.
                let title = section.maybe_text_within("title", 24)?;
                if 1 < sections.len() && title.is_none() {
                    return Err(GraphError::new(131_008, "Section title is required"));
                }
                for row in section.list("rows", 1, 10)? {
                    let row = Fields::at(row, "rows")?;
                    offers.push(offer("list_reply", &row, (200, 24))?);
                    row.maybe_text_within("description", 72)?;
                    row.done()?;
                }
                section.done()?;
            }
        }
        other => {
            return Err(GraphError::new(
                131_051,
                format!("Interactive type {other} is not supported"),
            ));
        }
    }
    action.done()?;
    fields.done()?;
    // Ten rows over all sections together, and no id twice.
    let ids: HashSet<_> = offers.iter().map(|it| &it.id).collect();
    if 10 < offers.len() || ids.len() != offers.len() {
        return Err(GraphError::new(131_009, "Too many rows in total, or the same id twice"));
    }
    Ok(shown)
}

/// An option, with the longest id and title that it may have. Spaces at the ends of an id are refused.
fn offer(
    reply: &'static str,
    fields: &Fields<'_>,
    (id_max, title_max): (usize, usize),
) -> Read<Offer> {
    let (id, title) = (fields.text_within("id", id_max)?, fields.text_within("title", title_max)?);
    if id.trim() != id {
        return Err(GraphError::new(131_009, "Option id must not begin or end with a space"));
    }
    Ok(Offer { reply, id: id.to_owned(), title: title.to_owned() })
}
