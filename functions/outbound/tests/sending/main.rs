//! Sending once: what becomes of a message when the program stops at any point, the platform misbehaves, or entries come
//! twice. The channel and its platform are made up: the outbox knows none.

#[cfg(test)]
mod crashes;
#[cfg(test)]
mod hours;
#[cfg(test)]
mod once;
#[cfg(test)]
mod platform;
#[cfg(test)]
mod support;
