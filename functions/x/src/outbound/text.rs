//! The length of a post. X counts by weights: a character of most alphabets is one, any other (emoji, Chinese) two, a link 23.

use domain::outbound::Account;

/// The longest post of an account: 280, or what its settings say for one that pays for more.
pub(super) fn longest_post(account: &Account) -> usize {
    account.settings.get("post_length").and_then(|it| it.parse().ok()).unwrap_or(280)
}

/// The length of a text as a post. It may say more than X does where an emoji is made of several, never less.
pub(super) fn weight(text: &str) -> usize {
    let is_link = |word: &str| word.starts_with("https://") || word.starts_with("http://");
    let (links, others): (Vec<_>, Vec<_>) =
        text.split_inclusive(char::is_whitespace).partition(|it| is_link(it));
    let characters = |text: &str| text.chars().map(weight_of).sum::<usize>();
    let links = links.into_iter().map(|it| characters(it).max(LINK));
    links.chain(others.into_iter().map(characters)).sum()
}

/// The weight of a link, at the least.
const LINK: usize = 23;

fn weight_of(character: char) -> usize {
    match u32::from(character) {
        0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::weight;

    #[test]
    fn alphabets_count_one_emoji_and_chinese_two_and_short_links_23() {
        assert_eq!(weight("déjà vu"), 7);
        assert_eq!(weight("你好"), 4);
        assert_eq!(weight("ok 👍"), 5);
        assert_eq!(weight("see https://a.io"), 4 + 23);
        assert_eq!(weight(""), 0);
    }
}
