//! Rich messages: blocks of formatted words, lists, tables and files, <https://core.telegram.org/bots/api#richmessage>.
//!
//! Blocks are read by the names of their parts, not by their types: a type that is new says its words all the same.

use domain::content::{Content, Media};
use domain::json::{self, Fields};
use serde_json::value::RawValue;

use super::content::{FILES, file};
use super::links::{address, behind};

/// The content of a rich message: its words, a line each, and its files; `None` if it has neither.
pub(super) fn read(message: &Fields<'_>) -> Option<Content> {
    let mut page = Page::default();
    page.blocks(message);
    let text = page.lines.join("\n");
    match (page.items.is_empty(), text.is_empty()) {
        (true, true) => None,
        (true, false) => Some(Content::Text { text }),
        (false, is_silent) => {
            Some(Content::Media { items: page.items, caption: (!is_silent).then_some(text) })
        }
    }
}

/// The lines and files read so far.
#[derive(Default)]
struct Page {
    lines: Vec<String>,
    items: Vec<Media>,
}

impl Page {
    fn blocks(&mut self, of: &Fields<'_>) {
        for block in of.list("blocks") {
            match Fields::of(block) {
                Some(block) => self.block(&block),
                None => self.line(words(block)),
            }
        }
    }

    fn block(&mut self, block: &Fields<'_>) {
        for name in ["summary", "text", "expression"] {
            self.part(block, name);
        }
        for (name, kind) in FILES {
            self.items.extend(block.raw(name).and_then(|_| file(block, name, kind)));
        }
        self.blocks(block);
        for item in block.list("items").into_iter().filter_map(Fields::of) {
            self.item(&item);
        }
        for row in block.list("cells") {
            let cells: Vec<&RawValue> = serde_json::from_str(row.get()).unwrap_or_default();
            let cells = cells.into_iter().map(words).filter(|it| !it.is_empty());
            self.line(cells.collect::<Vec<_>>().join(" | "));
        }
        for button in block.list("buttons") {
            self.line(words(button));
        }
        if block.raw("location").is_some() {
            let at = block.object("location");
            let at = ["latitude", "longitude"].map(|it| at.string(it).unwrap_or_default());
            self.line(at.join(", "));
        }
        if let Some(caption) = block.raw("caption") {
            self.line(words(caption));
            // A table's caption is words; a file's is an object that holds them.
            if let Some(caption) = Fields::of(caption) {
                self.part(&caption, "credit");
            }
        }
        self.part(block, "credit");
    }

    /// An entry of a list, with its number or its tick in front.
    fn item(&mut self, item: &Fields<'_>) {
        let from = self.lines.len();
        self.blocks(item);
        let tick = match (item.flag("has_checkbox"), item.flag("is_checked")) {
            (false, _) => item.string("label").unwrap_or_default(),
            (true, false) => "\u{2610}".to_owned(),
            (true, true) => "\u{2611}".to_owned(),
        };
        match self.lines.get_mut(from) {
            Some(first) if !tick.is_empty() => *first = format!("{tick} {first}"),
            Some(_) => {}
            None => self.line(tick),
        }
    }

    fn part(&mut self, of: &Fields<'_>, name: &str) {
        if let Some(part) = of.raw(name) {
            self.line(words(part));
        }
    }

    fn line(&mut self, line: String) {
        if !line.is_empty() {
            self.lines.push(line);
        }
    }
}

/// The words of a rich text: a text, a list of such, or an object around one.
fn words(text: &RawValue) -> String {
    let mut written = String::new();
    write(text, &mut written);
    written
}

fn write(text: &RawValue, to: &mut String) {
    if let Some(plain) = json::text(text) {
        return to.push_str(&plain);
    }
    if let Ok(parts) = serde_json::from_str::<Vec<&RawValue>>(text.get()) {
        return parts.into_iter().for_each(|it| write(it, to));
    }
    let Some(around) = Fields::of(text) else { return };
    let start = to.len();
    for name in ["text", "alternative_text", "expression", "button"] {
        if let Some(part) = around.raw(name) {
            write(part, to);
        }
    }
    // A button of a rich message has its address beside its words, without a type.
    let address = address(&around).or_else(|| around.string("url"));
    let said = to.get(start..).unwrap_or_default();
    if let Some(address) = address.and_then(|it| behind(said, &it)) {
        to.push_str(&address);
    }
}
