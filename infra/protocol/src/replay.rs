//! A recorded run, followed through the model: each call of the code has to be one that the model may make there, and leaves
//! the table as the model says.

use std::cell::Cell;

use stateright::Model;

use crate::filing::FilingAnswer;
use crate::item::{Item, Touch};
use crate::queue::Delivery;
use crate::state::{Action, Protocol, State};
use crate::table::Table;

/// The maker of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The worker that files this entry.
    Entry(usize),
    /// The maker of this correction.
    Order(usize),
}

/// The states in which the model may be after what was recorded so far.
#[derive(Debug)]
pub struct Replay {
    model: Protocol,
    states: Vec<State>,
}

impl Replay {
    /// A run that begins.
    #[must_use]
    pub fn of(model: Protocol) -> Self {
        let states = model.init_states();
        Self { model, states }
    }

    /// Follows a call. False if it is none that the model may make, or if the table is not as the model says then.
    pub fn follow(&mut self, who: Who, touch: Touch, agrees: impl Fn(&Table) -> bool) -> bool {
        let mut next = Vec::new();
        for state in &self.states {
            self.reach(state, who, touch, &mut next);
        }
        next.retain(|it| agrees(&it.table));
        if next.is_empty() && touch.is_beside() {
            next = std::mem::take(&mut self.states);
            next.retain(|it| agrees(&it.table));
        }
        self.states.clear();
        for state in next {
            if !self.states.contains(&state) {
                self.states.push(state);
            }
        }
        !self.states.is_empty()
    }

    /// Whether all may be done.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.states.iter().any(|it| self.model.is_over(it))
    }

    /// The next calls of the model, for whoever reads why a call is none of it.
    #[must_use]
    pub fn expected(&self, who: Who) -> Vec<Touch> {
        let mut expected = Vec::new();
        for state in &self.states {
            for (touch, action) in self.calls(state, who) {
                let silent = touch.item == Item::Nothing;
                let after = self.model.next_state(state, action).filter(|_| silent);
                match after {
                    Some(after) => {
                        expected.extend(self.calls(&after, who).into_iter().map(|it| it.0));
                    }
                    None => expected.push(touch),
                }
            }
        }
        expected
    }

    /// All states after this call, with what is a part of it.
    fn reach(&self, state: &State, who: Who, touch: Touch, found: &mut Vec<State>) {
        for (next, action) in self.calls(state, who) {
            let Some(after) = self.model.next_state(state, action) else {
                // A call that changes nothing, not even what is known.
                if next == touch {
                    found.push(state.clone());
                }
                continue;
            };
            if next == touch {
                found.push(after);
            } else if next.item == Item::Nothing {
                self.reach(&after, who, touch, found);
            }
        }
    }

    /// The calls that may be next.
    fn calls(&self, state: &State, who: Who) -> Vec<(Touch, Action)> {
        let mut calls = Vec::new();
        match who {
            Who::Order(n) => {
                let order = self.model.scenario.orders.get(n).copied().flatten();
                let call = state.corrections.get(n).zip(order).zip(u8::try_from(n).ok());
                if let Some(((call, order), place)) = call {
                    let touch = call.touch(place, order);
                    calls.push((touch, Action::Correct(n, false)));
                    if call.asks_index() {
                        calls.push((touch, Action::Correct(n, true)));
                    }
                }
            }
            Who::Entry(entry) => {
                let mut workers = state.workers.iter().enumerate();
                let worker = workers.find_map(|(place, it)| {
                    it.filter(|it| usize::from(it.entry) == entry).map(|it| (place, it))
                });
                let Some((place, worker)) = worker else {
                    if state.deliveries.get(entry) == Some(&Delivery::Waits) {
                        let nothing = Touch { item: Item::Nothing, writes: false };
                        calls.push((nothing, Action::Deliver(entry)));
                    }
                    return calls;
                };
                let name = self.model.filing(worker.entry, &Cell::default()).name();
                self.model.answers(state, &worker, |answer: Option<FilingAnswer>| {
                    calls.push((worker.call.touch(name, answer), Action::Call(place, answer)));
                });
            }
        }
        calls
    }
}

impl Touch {
    /// Whether the model knows nothing of such a call: it may be made at any time, as long as nothing changes by it that the
    /// model knows.
    fn is_beside(self) -> bool {
        match self.item {
            Item::Other | Item::Address => true,
            Item::Record(_) => !self.writes,
            // The subject of a thread follows its message.
            Item::Home(_) => self.writes,
            Item::Nothing
            | Item::Person
            | Item::Live(_)
            | Item::Older(_)
            | Item::Message(_)
            | Item::Messages
            | Item::Records
            | Item::Several => false,
        }
    }
}
