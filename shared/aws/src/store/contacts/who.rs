//! The person that somebody is by now.

use domain::id::ContactId;

use crate::store::contacts::Contacts;
use crate::store::item::get_text;
use crate::store::keys;
use crate::store::schema::LINKED_INTO;

/// The number of times that a person is followed to the one that they were made one with.
const MOST_LINKS: usize = 16;

impl Contacts<'_> {
    /// The person that somebody is by now: the one that they were made one with, or they themselves. `None` if there is no such
    /// person.
    pub async fn who_is(self, contact: &ContactId) -> anyhow::Result<Option<ContactId>> {
        let mut contact = contact.clone();
        for _ in 0..MOST_LINKS {
            let Some(head) = self.store.get(&keys::contact(&contact)).await? else {
                return Ok(None);
            };
            match get_text(&head, LINKED_INTO) {
                Some(into) => contact = ContactId::new(into),
                None => return Ok(Some(contact)),
            }
        }
        anyhow::bail!("a person was made one with another {MOST_LINKS} times")
    }
}
