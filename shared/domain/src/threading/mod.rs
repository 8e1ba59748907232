//! Which thread a message belongs to.
