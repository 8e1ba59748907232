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
mod unlinks;
