//! The kept part of a webhook that we cannot read, or not all of it: the smallest webhook that holds that part alone. Reading
//! it again gives the same event, so a replay needs nothing but the parser of its day.

use domain::content::Raw;
use domain::json::Fields;
use serde_json::value::RawValue;

use super::OBJECT;

/// The frame around the items of a change, unread.
#[derive(Clone, Copy, Default)]
pub(super) struct Frame<'a> {
    id: Option<&'a RawValue>,
    time: Option<&'a RawValue>,
    field: Option<&'a RawValue>,
    number: Option<&'a RawValue>,
    /// The number as people see it: it tells what we said from what a person said.
    display: Option<&'a RawValue>,
    /// The object of the value that the lists stand in, if they do not stand in the value itself.
    within: Option<&'static str>,
}

impl<'a> Frame<'a> {
    /// The frame of the changes of an entry.
    pub(super) fn of_entry(entry: &Fields<'a>) -> Self {
        Self { id: entry.raw("id"), time: entry.raw("time"), ..Self::default() }
    }

    /// The frame of the items of a change of that entry.
    pub(super) fn of_change(self, change: &Fields<'a>, value: &Fields<'a>) -> Self {
        let metadata = value.object("metadata");
        let (number, display) =
            (metadata.raw("phone_number_id"), metadata.raw("display_phone_number"));
        Self { field: change.raw("field"), number, display, ..self }
    }

    /// The frame of an item that our number as people see it says nothing of.
    pub(super) fn of_another(self) -> Self {
        Self { display: None, ..self }
    }

    /// The frame of the items of an object of that value.
    pub(super) fn within(self, within: &'static str) -> Self {
        Self { within: Some(within), ..self }
    }

    /// A change of the entry.
    pub(super) fn change(&self, change: &str) -> Raw {
        let head = fields(&[("id", self.id), ("time", self.time)]);
        Raw(format!(r#"{{"object":"{OBJECT}","entry":[{{{head}"changes":[{change}]}}]}}"#))
    }

    /// A change with this value.
    pub(super) fn value(&self, value: &str) -> Raw {
        self.change(&format!(r#"{{{}"value":{value}}}"#, fields(&[("field", self.field)])))
    }

    /// An item of a list of the change's value, with the people who are named beside it.
    pub(super) fn item(&self, list: &str, item: &RawValue, people: &[&str]) -> Raw {
        let number =
            fields(&[("display_phone_number", self.display), ("phone_number_id", self.number)]);
        // Without a number there may be a list of that name.
        let number = match number.trim_end_matches(',') {
            "" => String::new(),
            number => format!(r#""metadata":{{{number}}},"#),
        };
        let people = match people.join(",") {
            none if none.is_empty() => none,
            people => format!(r#""contacts":[{people}],"#),
        };
        let list = format!(r#""{list}":[{item}]"#);
        let list = match self.within {
            Some(within) => format!(r#""{within}":{{{list}}}"#),
            None => list,
        };
        self.value(&format!("{{{number}{people}{list}}}"))
    }
}

/// A whole entry, of our product or of another one.
pub(super) fn entry(object: Option<&RawValue>, entry: &RawValue) -> Raw {
    let object = object.map_or_else(|| format!("\"{OBJECT}\""), |it| it.get().to_owned());
    Raw(format!(r#"{{"object":{object},"entry":[{entry}]}}"#))
}

/// Those fields that are there, as JSON, each with a comma after it.
fn fields(given: &[(&str, Option<&RawValue>)]) -> String {
    let field =
        |(name, value): &(&str, Option<&RawValue>)| Some(format!("\"{name}\":{},", (*value)?));
    given.iter().filter_map(field).collect()
}
