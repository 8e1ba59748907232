//! Link codes, people who become one, and people who become two again, over an embedded table.

#[cfg(test)]
mod codes;
#[cfg(test)]
mod costs;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod links;
#[cfg(test)]
mod meanwhile;
#[cfg(test)]
mod people;
#[cfg(test)]
mod races;
#[cfg(test)]
#[path = "../filing/schedule.rs"]
mod schedule;
#[cfg(test)]
#[path = "../filing/support.rs"]
#[expect(dead_code, reason = "what the tests of filing need more")]
mod support;
#[cfg(test)]
mod unlinks;
