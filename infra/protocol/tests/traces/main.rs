//! The code reads and writes what the model says, call by call, so that the one cannot drift from the other.
//!
//! Two or three workers are let at an embedded table, their calls in an order that dice draw. Each call is recorded with the
//! table as it is after it, and followed through the model. The embedded table never answers late and its index is never
//! behind: what AWS's may be, the model tries by itself.

#[cfg(test)]
mod record;
#[cfg(test)]
mod runs;
