//! A room of the store: a name for what is done with it in one place.

/// Makes a room and the method of the store that leads there.
macro_rules! room {
    ($(#[$doc:meta])* $room:ident, $method:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $room<'a> {
            pub(in crate::store) store: &'a Store,
        }

        impl Store {
            $(#[$doc])*
            #[must_use]
            pub fn $method(&self) -> $room<'_> {
                $room { store: self }
            }
        }
    };
}

pub(in crate::store) use room;
