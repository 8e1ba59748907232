//! The write protocol, over an embedded table: what it costs, and that it ends the same whatever comes between two calls.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod budget;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod costs;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod elsewhere;
#[cfg(test)]
mod identities;
#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod seconds;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod whole;
#[cfg(test)]
mod zombies;
