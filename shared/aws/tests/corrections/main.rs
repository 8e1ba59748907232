//! Corrections of threads over an embedded table: what they do, what they refuse, that they can be taken back, and that they
//! end the same whatever comes between two calls.

#[cfg(test)]
mod costs;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod drawn;
#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod lag;
#[cfg(test)]
mod merges;
#[cfg(test)]
mod moves;
#[cfg(test)]
mod ours;
#[cfg(test)]
mod parallel;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod world;
