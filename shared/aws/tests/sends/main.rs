//! Messages of ours in an embedded table: accepted once, receipts in any order, and what all of it costs.

#[cfg(test)]
mod accept;
#[cfg(test)]
mod costs;
#[cfg(test)]
mod legs;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod support;
#[cfg(test)]
mod taken_back;
