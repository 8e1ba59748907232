//! The protocol holds in every order of its steps, and does not without any of its guards.

use std::time::Instant;

use protocol::{Action, Guard, Guards, Protocol, Scenario};
use stateright::{Checker, HasDiscoveries, Model};

/// A property that does not hold, and a way there.
type Failed = (&'static str, Vec<Action>);

/// Tries everything, until one of these properties fails.
#[expect(
    clippy::print_stdout,
    reason = "the counts are what a reader of the test run wants to see"
)]
fn check(scenario: Scenario, guards: Guards, stop: HasDiscoveries) -> Vec<Failed> {
    let began = Instant::now();
    let name = scenario.name;
    let model = Protocol { scenario, guards };
    let checker = model.checker().threads(2).finish_when(stop).spawn_bfs().join();
    let failed: Vec<_> =
        checker.discoveries().into_iter().map(|(name, it)| (name, it.into_actions())).collect();
    println!(
        "{name}: {} states, {} steps deep, {:.1} s; {}",
        checker.unique_state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f32(),
        failed.first().map_or("all holds", |it| it.0),
    );
    failed
}

fn holds(scenario: Scenario) {
    let failed = check(scenario, Guards::ALL, HasDiscoveries::AnyFailures);
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Without the guard this property fails, which holds with it.
fn breaks(guard: Guard, scenario: Scenario, property: &'static str) {
    let stop = HasDiscoveries::AnyOf([property].into());
    let failed = check(scenario, Guards::without(guard), stop);
    assert!(failed.iter().any(|it| it.0 == property), "without {guard:?}: {failed:#?}");
}

const KNOWS: &str = "when all is done, a thread knows its messages";

#[test]
fn two_addresses_of_a_new_person_become_one_contact_in_every_order() {
    holds(Scenario::first_contact());
}

#[test]
fn messages_of_two_addresses_are_each_in_one_thread_in_every_order() {
    holds(Scenario::topics());
}

#[test]
fn threads_that_make_room_and_come_back_lose_nothing_in_any_order() {
    holds(Scenario::room());
}

#[test]
fn a_merge_beside_messages_loses_nothing_in_any_order() {
    holds(Scenario::merge());
}

#[test]
fn a_merge_that_is_taken_back_beside_messages_loses_nothing_in_any_order() {
    holds(Scenario::revert());
}

#[test]
fn a_message_that_is_moved_beside_its_arrival_ends_in_one_thread_in_every_order() {
    holds(Scenario::shift());
}

#[test]
fn two_merges_at_once_show_each_message_once_in_every_order() {
    holds(Scenario::merges());
}

#[test]
fn of_two_who_move_a_message_at_once_one_is_refused_in_every_order() {
    holds(Scenario::moves());
}

#[test]
fn a_move_beside_the_end_of_a_merge_leaves_each_thread_its_own_in_every_order() {
    holds(Scenario::apart());
}

#[test]
fn a_merge_that_reads_what_was_merged_before_the_head_would_hide_messages() {
    breaks(Guard::HeadReadFirst, Scenario::merges(), "each message is shown in one timeline");
}

#[test]
fn a_move_that_does_not_look_for_others_would_promise_what_another_one_did() {
    let promised = "who is told that a message was moved has moved it";
    breaks(Guard::OthersCompleted, Scenario::moves(), promised);
}

#[test]
fn a_rebuild_that_does_not_look_again_would_leave_what_left_in_a_thread() {
    breaks(Guard::RebuildLooksAgain, Scenario::apart(), KNOWS);
}

#[test]
fn a_message_that_is_put_where_one_is_would_be_decided_twice() {
    breaks(Guard::MessageAbsent, Scenario::topics(), KNOWS);
    breaks(Guard::MessageAbsent, Scenario::first_contact(), KNOWS);
}

#[test]
fn a_message_that_is_put_over_its_tombstone_would_be_kept() {
    let kept = "what was taken back before it came is not kept";
    breaks(Guard::NotTakenBack, Scenario::topics(), kept);
}

#[test]
fn a_thread_that_opens_without_a_look_at_an_edit_would_miss_it() {
    breaks(Guard::EditSeen, Scenario::merge(), KNOWS);
}

#[test]
fn a_fold_without_the_version_would_lose_another_one() {
    breaks(Guard::FoldVersion, Scenario::topics(), KNOWS);
}

#[test]
fn a_fold_without_the_version_would_bring_a_merged_thread_back_to_life() {
    breaks(Guard::FoldVersion, Scenario::merge(), "a thread is in one place");
}

#[test]
fn an_opening_without_the_version_of_the_head_would_not_see_another_one() {
    let blind = "no thread is opened beside one that was not seen";
    breaks(Guard::HeadVersion, Scenario::topics(), blind);
    breaks(Guard::HeadVersion, Scenario::topics(), "a person has few live threads");
}

#[test]
fn a_thread_that_makes_room_at_any_version_would_lose_a_message() {
    breaks(Guard::RoomVersion, Scenario::room(), KNOWS);
}

#[test]
fn a_thread_that_is_brought_back_at_any_version_would_lose_an_edit() {
    breaks(Guard::BackVersion, Scenario::room(), KNOWS);
}

#[test]
fn an_address_that_is_taken_from_whomever_would_split_a_person() {
    let split = "when all is done, the addresses are of one person";
    breaks(Guard::AddressOwner, Scenario::first_contact(), split);
}

#[test]
fn a_fold_that_reads_the_message_before_its_thread_would_fold_into_one_that_it_left() {
    breaks(Guard::ThreadReadFirst, Scenario::shift(), KNOWS);
}

#[test]
fn a_correction_at_any_version_would_lose_a_message() {
    breaks(Guard::CorrectionVersion, Scenario::merge(), KNOWS);
    breaks(Guard::CorrectionVersion, Scenario::shift(), KNOWS);
}

#[test]
fn a_correction_that_leaves_a_thread_unwritten_would_let_a_late_fold_in() {
    breaks(Guard::CorrectionWrites, Scenario::shift(), KNOWS);
}

#[test]
fn a_correction_that_reads_messages_before_their_thread_would_lose_an_edit() {
    breaks(Guard::CorrectionReadsFirst, Scenario::shift(), KNOWS);
}

#[test]
fn a_fold_that_does_not_look_whether_the_merge_still_is_would_fold_into_the_wrong_thread() {
    breaks(Guard::MergeReadLast, Scenario::revert(), KNOWS);
}

#[test]
fn a_fold_through_a_merged_thread_that_is_not_noted_would_stay_behind_when_the_merge_is_taken_back()
{
    breaks(Guard::LateNoted, Scenario::revert(), KNOWS);
}

#[test]
fn a_revert_that_reads_what_was_noted_before_the_thread_would_miss_one() {
    breaks(Guard::RevertReadsFirst, Scenario::revert(), KNOWS);
}
