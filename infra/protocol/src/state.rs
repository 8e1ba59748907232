//! The model: every state that workers, a correction, crashes and the queue can reach, and what must hold in each.

use std::cell::Cell;

use stateright::{Model, Property};

use crate::correction::{Correcting, Correction, Order};
use crate::filing::{Filing, FilingAnswer, FilingCall, Noted};
use crate::guards::Guards;
use crate::queue::{Delivery, Event, is_deliverable};
use crate::scenario::Scenario;
use crate::table::{Table, Text, Thread, bit};

/// A scenario under some guards, to be checked.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// The scenario that is tried.
    pub scenario: Scenario,
    /// The conditions that the protocol may rest on.
    pub guards: Guards,
}

/// A worker with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Worker {
    pub(crate) entry: u8,
    /// Its time is over and the entry came again: it goes on, and nobody listens to what it acknowledges.
    is_zombie: bool,
    pub(crate) call: FilingCall,
}

/// The number of times that each thing can still go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Left {
    crashes: u8,
    expiries: u8,
    asides: u8,
}

/// Everything at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub(crate) table: Table,
    pub(crate) deliveries: Vec<Delivery>,
    /// The order of the two makes no difference, so they are kept sorted.
    pub(crate) workers: [Option<Worker>; 2],
    pub(crate) corrections: [Correcting; 2],
    left: Left,
    noted: Noted,
}

/// The step that may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A worker gets an entry.
    Deliver(usize),
    /// A worker makes its next call; the answer of the decision, where it decides.
    Call(usize, Option<FilingAnswer>),
    /// A worker is killed before its next call, which is after its last one took effect.
    Kill(usize),
    /// A worker takes too long: its entry comes again while it goes on.
    Expire(usize),
    /// An entry came too often and is set aside.
    SetAside(usize),
    /// A correction makes its next call; whether the index shows all messages, where it asks that.
    Correct(usize, bool),
    /// A correction is killed before its next call, and the person repeats it.
    KillCorrection(usize),
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let Scenario { crashes, expiries, asides, .. } = self.scenario;
        vec![State {
            table: self.scenario.table.clone(),
            deliveries: vec![Delivery::default(); self.scenario.entries.len()],
            workers: [None; 2],
            corrections: [Correcting::Begin; 2],
            left: Left { crashes, expiries, asides },
            noted: Noted::default(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let entries = &self.scenario.entries;
        for place in 0..entries.len() {
            if is_deliverable(entries, &state.deliveries, place) {
                if state.workers.contains(&None) {
                    actions.push(Action::Deliver(place));
                }
                if 0 < state.left.asides && state.deliveries[place] == Delivery::Waits {
                    actions.push(Action::SetAside(place));
                }
            }
        }
        for (place, worker) in state.workers.iter().enumerate() {
            let Some(worker) = worker else { continue };
            self.answers(state, worker, |it| actions.push(Action::Call(place, it)));
            if 0 < state.left.crashes {
                actions.push(Action::Kill(place));
            }
            if 0 < state.left.expiries && !worker.is_zombie {
                actions.push(Action::Expire(place));
            }
        }
        for (n, correction) in state.corrections.iter().enumerate() {
            if self.scenario.orders[n].is_some() && !matches!(correction, Correcting::End(_)) {
                actions.push(Action::Correct(n, false));
                if correction.asks_index() {
                    actions.push(Action::Correct(n, true));
                }
                if 0 < state.left.crashes && *correction != Correcting::Begin {
                    actions.push(Action::KillCorrection(n));
                }
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Deliver(place) => self.deliver(&mut state, place)?,
            Action::Call(place, answer) => self.call(&mut state, place, answer)?,
            Action::Kill(place) => {
                state.left.crashes -= 1;
                let worker = state.workers[place].take()?;
                if !worker.is_zombie {
                    state.deliveries[usize::from(worker.entry)] = Delivery::Waits;
                }
            }
            Action::Expire(place) => {
                state.left.expiries -= 1;
                let worker = state.workers[place].as_mut()?;
                worker.is_zombie = true;
                state.deliveries[usize::from(worker.entry)] = Delivery::Waits;
            }
            Action::SetAside(place) => {
                state.left.asides -= 1;
                state.deliveries[place] = Delivery::Aside;
            }
            Action::Correct(n, shows_all) => {
                let (table, guards) = (&mut state.table, self.guards);
                let (orders, place) = (self.scenario.orders, u8::try_from(n).ok()?);
                let mut correction = Correction { n: place, orders, guards, shows_all, table };
                state.corrections[n] = correction.step(state.corrections[n]);
            }
            Action::KillCorrection(n) => {
                state.left.crashes -= 1;
                state.corrections[n] = Correcting::Begin;
            }
        }
        state.workers.sort_unstable();
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a thread is in one place", |_, it: &State| {
                it.threads_are_in_one_place()
            }),
            Property::always("each message is shown in one timeline", |_, it: &State| {
                it.each_is_shown_once()
            }),
            Property::always(
                "who is told that a message was moved has moved it",
                |it: &Self, state: &State| it.moves_are_made(state),
            ),
            Property::always("a message opens at most one thread", |_, it: &State| {
                it.openings_are_single()
            }),
            Property::always("a person has few live threads", |_, it: &State| {
                it.live_threads_are_few()
            }),
            Property::always(
                "no thread is opened beside one that was not seen",
                |_, it: &State| !it.noted.opened_blindly,
            ),
            Property::always("what was taken back before it came is not kept", |_, it: &State| {
                !it.noted.kept_what_was_taken_back
            }),
            Property::always(
                "when all is done, each message is in one thread",
                |it: &Self, state: &State| !it.is_over(state) || it.each_is_in_one_thread(state),
            ),
            Property::always(
                "when all is done, a thread knows its messages",
                |it: &Self, state: &State| {
                    !it.is_over(state) || state.threads_know_their_messages()
                },
            ),
            Property::always(
                "when all is done, the addresses are of one person",
                |it: &Self, state: &State| {
                    !it.is_over(state) || state.addresses_are_of_one_person()
                },
            ),
            Property::eventually("all is done", Self::is_over),
        ]
    }
}

impl Protocol {
    /// The answers that the decision may have, where the worker decides; else the one call that is next.
    pub(crate) fn answers(
        &self,
        state: &State,
        worker: &Worker,
        mut each: impl FnMut(Option<FilingAnswer>),
    ) {
        let FilingCall::Decide(threads, _) = worker.call else { return each(None) };
        for thread in 0..u8::try_from(threads.live.len()).unwrap_or(0) {
            let is_named = self.scenario.names_older
                && state.table.archived[usize::from(thread)].is_some()
                && threads.contact.is_some();
            if threads.live[usize::from(thread)].is_some() || is_named {
                each(Some(FilingAnswer::Join(thread)));
            }
        }
        let is_first = threads.live.iter().all(Option::is_none);
        // A message that is there already opens nothing.
        let name = self.filing(worker.entry, &Cell::default()).name();
        let is_there = state.table.messages[usize::from(name)].is_settled();
        let has_place = is_there || state.table.fresh_thread().is_some();
        let may_open = self.scenario.opens && has_place;
        if may_open || is_first {
            each(Some(FilingAnswer::Open));
        }
    }

    pub(crate) fn filing<'a>(&self, entry: u8, noted: &'a Cell<Noted>) -> Filing<'a> {
        let entry = self.scenario.entries[usize::from(entry)];
        let from = self.scenario.strangers.then_some(entry.group);
        Filing { guards: self.guards, event: entry.event, from, noted }
    }

    fn deliver(&self, state: &mut State, place: usize) -> Option<()> {
        let entry = u8::try_from(place).ok()?;
        let call = self.filing(entry, &Cell::default()).begin();
        let free = state.workers.iter_mut().find(|it| it.is_none())?;
        *free = Some(Worker { entry, is_zombie: false, call });
        state.deliveries[place] = Delivery::Out;
        Some(())
    }

    fn call(&self, state: &mut State, place: usize, answer: Option<FilingAnswer>) -> Option<()> {
        let worker = state.workers[place]?;
        let noted = Cell::new(state.noted);
        let next = self.filing(worker.entry, &noted).step(worker.call, answer, &mut state.table);
        state.noted = noted.get();
        state.workers[place] = next.map(|call| Worker { call, ..worker });
        if next.is_none() && !worker.is_zombie {
            state.deliveries[usize::from(worker.entry)] = Delivery::Done;
        }
        Some(())
    }

    pub(crate) fn is_over(&self, state: &State) -> bool {
        state.deliveries.iter().all(|it| *it == Delivery::Done)
            && state.workers == [None; 2]
            && self
                .scenario
                .orders
                .iter()
                .zip(&state.corrections)
                .all(|(order, it)| order.is_none() || matches!(it, Correcting::End(_)))
    }

    /// A move that was answered as made has placed its message at some time.
    fn moves_are_made(&self, state: &State) -> bool {
        (0u8..).zip(self.scenario.orders).zip(&state.corrections).all(|((n, order), it)| {
            let Some(Order::Move { name, .. }) = order else { return true };
            let is_placed = state.table.messages[usize::from(name)].placed_by & bit(n) != 0;
            is_placed || *it != Correcting::End(true)
        })
    }

    /// Each message that came has a thread, or was taken back before it came.
    fn each_is_in_one_thread(&self, state: &State) -> bool {
        self.scenario.entries.iter().all(|it| match it.event {
            Event::Said(name) => state.table.messages[usize::from(name)].is_settled(),
            Event::Edited(_) | Event::Deleted(_) => true,
        })
    }
}

impl State {
    fn threads(&self) -> impl Iterator<Item = Thread> {
        (0u8..).take(self.table.homes.len())
    }

    /// Live, moved out, or merged into another: exactly one of them.
    fn threads_are_in_one_place(&self) -> bool {
        let table = &self.table;
        self.threads().map(usize::from).all(|it| {
            let is_merged = table.homes[it].is_some_and(|it| it.merged_into.is_some());
            let places = [table.live[it].is_some(), table.archived[it].is_some(), is_merged];
            places.into_iter().filter(|it| *it).count() == usize::from(table.homes[it].is_some())
        })
    }

    fn each_is_shown_once(&self) -> bool {
        let threads = self.table.messages.iter().filter_map(|it| it.thread);
        threads.into_iter().all(|it| self.table.shown(it) == 1)
    }

    fn openings_are_single(&self) -> bool {
        let mut openers: Vec<_> =
            self.table.homes.iter().flatten().filter_map(|it| it.opener).collect();
        let n = openers.len();
        openers.sort_unstable();
        openers.dedup();
        openers.len() == n
    }

    fn live_threads_are_few(&self) -> bool {
        (0..2).all(|contact| {
            let live = self.table.all_live(Some(contact));
            live.into_iter().flatten().count() <= self.table.most_live
        })
    }

    /// The words folded into a thread are those of its messages, and nothing else.
    fn threads_know_their_messages(&self) -> bool {
        self.threads().all(|thread| {
            let place = usize::from(thread);
            let Some(live) = self.table.live[place].or(self.table.archived[place]) else {
                return true;
            };
            live.folded.iter().zip(self.table.messages).all(|(folded, message)| {
                let is_here = message.thread.is_some_and(|it| self.table.end_of(it) == thread);
                *folded == if is_here { message.text } else { Text::Absent }
            })
        })
    }

    fn addresses_are_of_one_person(&self) -> bool {
        let [one, other] = &self.table.addresses;
        one.contact.is_some() && one.contact == other.contact
    }
}
