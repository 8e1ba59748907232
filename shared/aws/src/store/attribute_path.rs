//! Paths in an item, as the expressions of a write name them.

/// The path to a value in an item.
#[derive(Clone, Copy, Debug)]
pub enum AttributePath<'a> {
    /// An attribute.
    Attribute(&'a str),
    /// A field of a map in an attribute that is a list of maps. The map has to be there.
    Field {
        /// The attribute.
        list: &'a str,
        /// The place of the map in the list, from 0.
        n: usize,
        /// The field.
        name: &'a str,
    },
}

impl<'a> From<&'a str> for AttributePath<'a> {
    fn from(name: &'a str) -> Self {
        Self::Attribute(name)
    }
}

impl<'a> From<&'a String> for AttributePath<'a> {
    fn from(name: &'a String) -> Self {
        Self::Attribute(name)
    }
}
