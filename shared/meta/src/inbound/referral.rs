//! The things that brought a person to write. Our own link code may stand in any of four places, all of the same shape.

use domain::content::Referral;
use domain::json::Fields;

use super::printable;

/// Reads a `referral`; `None` if it is empty.
pub(super) fn read(referral: &Fields<'_>) -> Option<Referral> {
    if referral.is_empty() {
        return None;
    }
    let ad = referral.object("ads_context_data");
    let product = referral.object("product").string("id");
    let source = match referral.text("source").as_deref() {
        Some("ADS") => "ad".to_owned(),
        Some("SHORTLINK" | "IGME-SOURCE-LINK") => "link".to_owned(),
        Some(other) => printable(&other.to_ascii_lowercase()),
        None if product.is_some() => "product".to_owned(),
        None => "link".to_owned(),
    };
    let id = referral.string("ad_id").or(product).or_else(|| ad.string("post_id"));
    Some(Referral {
        source,
        id: id.or_else(|| ad.string("product_id")),
        url: referral.string("referer_uri"),
        headline: ad.string("ad_title"),
        r#ref: referral.string("ref"),
        click_id: None,
    })
}

/// The story that a message answers.
pub(super) fn story(message: &Fields<'_>) -> Option<Referral> {
    let story = message.object("reply_to").object("story");
    let (id, url) = (story.string("id"), story.string("url"));
    // What the story itself leads to is all that is said of it.
    let headline = story.string("link_sticker_url");
    let source = "story".to_owned();
    (!story.is_empty()).then(|| Referral { source, id, url, headline, ..Referral::default() })
}
