//! People: their addresses, what they allow, and what we know of them.

pub(in crate::store) mod addresses;
pub(in crate::store) mod identities;
pub(in crate::store) mod people;
pub(in crate::store) mod profiles;
pub(in crate::store) mod who;

use crate::store::base::Store;
use crate::store::room::room;

room! {
    /// People and their addresses.
    Contacts, contacts
}
