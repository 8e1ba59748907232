//! Events about our own account, its numbers and its templates, not about a person.

use domain::content::Raw;
use domain::event::{InboundEvent, Kind, TemplateChanged};
use domain::json::Fields;
use serde_json::value::RawValue;

use super::scene::{ChangeContext, printable};

/// The fields that tell of one template each.
const TEMPLATE_FIELDS: &[&str] = &[
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
];

/// The fields that tell of our own account.
const ACCOUNT_FIELDS: &[&str] = &[
    "account_alerts",
    "account_review_update",
    "account_settings_update",
    "account_update",
    "automatic_events",
    "business_capability_update",
    "business_username_update",
    "business_username_updates",
    "flows",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
];

/// Whether a change of this field is one item, whatever lists its value has.
pub(super) fn is_whole(field: &str) -> bool {
    TEMPLATE_FIELDS.contains(&field) || ACCOUNT_FIELDS.contains(&field)
}

/// A change that is one item; `None` if its field is not one of these.
pub(super) fn change(
    scene: &ChangeContext<'_>,
    field: &str,
    value: &Fields<'_>,
    raw: Option<&RawValue>,
) -> Option<InboundEvent> {
    let raw = raw.filter(|_| !value.is_empty())?;
    let kind = if TEMPLATE_FIELDS.contains(&field) {
        Kind::TemplateChanged(template(value, scene.kept_value(raw))?)
    } else if ACCOUNT_FIELDS.contains(&field) {
        let event = value.text("event").or_else(|| value.text("decision"));
        let what =
            event.map_or_else(|| field.to_owned(), |it| format!("{field}:{}", printable(&it)));
        Kind::AccountChanged { what, raw: scene.kept_value(raw) }
    } else {
        return None;
    };
    // Such changes have no id: the same value at another time is another fact.
    Some(scene.event(scene.key_of(field, raw), None, scene.at, kind))
}

fn template(value: &Fields<'_>, raw: Raw) -> Option<TemplateChanged> {
    let word = |name: &str| value.text(name).map(|it| it.to_lowercase());
    let reason = value.string("reason").filter(|it| it != "NONE").or_else(|| {
        let rejection = value.object("rejection_info");
        rejection.string("reason").or_else(|| value.object("other_info").string("title"))
    });
    Some(TemplateChanged {
        name: value.string("message_template_name")?,
        locale: value.string("message_template_language")?,
        id: value.string("message_template_id"),
        status: word("event"),
        reason,
        raw,
    })
}

/// An entry of a value's own `errors`: something went wrong with our number or with items that stand beside it.
pub(super) fn error(
    scene: &ChangeContext<'_>,
    item: &Fields<'_>,
    raw: &RawValue,
) -> Option<InboundEvent> {
    let what = format!("error:{}", printable(&item.text("code")?));
    let kind = Kind::AccountChanged { what, raw: scene.kept_alone(raw) };
    Some(scene.event(scene.key_of("error", raw), None, scene.at, kind))
}
