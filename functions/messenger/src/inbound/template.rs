//! The Page's utility templates: approved, refused, paused.

use domain::event::{InboundEvent, Kind, TemplateChanged};
use meta::inbound::Change;

/// `message_template_status_update`.
pub(super) fn read(change: &Change<'_>) -> Option<InboundEvent> {
    let Change { item, value, .. } = change;
    let name = value.string("message_template_name")?;
    let locale = value.string("message_template_language").unwrap_or_default();
    let status = value.string("event").map(|it| it.to_ascii_lowercase());
    let word = status.as_deref().unwrap_or_default();
    let key = format!("template:{name}:{locale}:{word}:{}", item.at().ms());
    let changed = TemplateChanged {
        id: value.string("message_template_id"),
        reason: value.string("reason").filter(|it| it != "NONE"),
        raw: item.kept(),
        name,
        locale,
        status,
    };
    Some(item.event(key, None, Kind::TemplateChanged(changed)))
}
