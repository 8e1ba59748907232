//! The limits of a channel's rules file are obeyed before a call is made.

use domain::outbound::{
    Account, ChoiceOption, Next, Outbound, Send, SendContent, SendError, SendProblem, TextUnit,
};

use crate::failures::Failures;
use crate::outbound::scripts;

/// Proves that a channel's rules can be read (reading them panics if not) and say where they come from, and that its codec obeys them: a text or a list of
/// choices of exactly the allowed size becomes a call, one more is refused as `content-unsupported` before any call.
///
/// # Panics
/// With every rule that is broken, or if no `.send.json` is a text.
pub fn check_limits(outbound: &Outbound, manifest_dir: &str) {
    let rules = (outbound.capabilities)();
    let mut failures = Failures::default();
    failures.check(!rules.sources.is_empty(), "rules", "say nowhere where they were read");
    for source in &rules.sources {
        let dated = source.checked.split('-').map(str::len).eq([4, 2, 2]);
        failures.check(dated, &source.url, "was checked on no day");
    }
    let scripts = scripts(outbound, manifest_dir);
    let text =
        scripts.iter().find(|(_, it, _)| matches!(it.send.content, SendContent::Text { .. }));
    let (_, script, account) =
        text.unwrap_or_else(|| panic!("{} has no .send.json with a text", outbound.name));
    let mut try_content = |what: &str, content: SendContent, fits: bool| {
        let send = Send { content, ..script.send.clone() };
        check(outbound, &send, account, (what, fits), &mut failures);
    };

    // A character of one unit each, so that the length is exact in every unit.
    let of = |n: usize| SendContent::Text { text: "a".repeat(n) };
    try_content("a text of the longest size", of(rules.text.max), true);
    try_content("a text that is one too long", of(rules.text.max + 1), false);
    let wide = match rules.text.unit {
        TextUnit::Chars => 1,
        TextUnit::Utf16 => 2,
        TextUnit::Bytes => 4,
    };
    let emoji = |n: usize| SendContent::Text { text: "😀".repeat(n) };
    try_content("a text of emoji that fits", emoji(rules.text.max / wide), true);
    try_content("a text of emoji that is too long", emoji(rules.text.max / wide + 1), false);

    if let Some(limit) = rules.choices {
        let options = |n: usize, title: usize, id: usize| SendContent::Choices {
            text: "Which?".to_owned(),
            options: (0..n)
                .map(|i| ChoiceOption {
                    id: format!("{i:0>id$}"),
                    title: format!("{i:0>title$}"),
                    description: None,
                })
                .collect(),
            button: None,
        };
        try_content("as many choices as may be", options(limit.max, 2, 2), true);
        try_content("one choice too many", options(limit.max + 1, 2, 2), false);
        try_content("no choice", options(0, 2, 2), false);
        try_content("a choice's longest title and id", options(1, limit.title, limit.id), true);
        try_content("a choice's title too long", options(1, limit.title + 1, 2), false);
        try_content("a choice's id too long", options(1, 2, limit.id + 1), false);
    }
    failures.finish("limits");
}

fn check(
    outbound: &Outbound,
    send: &Send,
    account: &Account,
    (what, fits): (&str, bool),
    failures: &mut Failures,
) {
    let obeyed = match (outbound.next)(send, account, &[]) {
        Next::Call(_) => fits,
        Next::Failed(SendError::Refused(failure)) => {
            !fits && failure.problem == SendProblem::ContentUnsupported
        }
        Next::Done(_) | Next::Failed(_) => false,
    };
    let must = if fits { "must become a call" } else { "must be refused" };
    failures.check(obeyed, what, must);
}
