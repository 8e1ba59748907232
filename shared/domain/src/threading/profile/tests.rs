use proptest::prelude::*;

use super::*;

fn entry(
    key: u32,
    second: i64,
    direction: Direction,
    edit: u64,
    text: Option<&str>,
) -> ProfileEntry {
    ProfileEntry {
        key,
        edit,
        at: Timestamp::from_secs(1_800_000_000 + second),
        direction,
        channel: Channel::from_static(if key.is_multiple_of(2) { "email" } else { "sms" }),
        reading: text.map(|it| Reading::of(it, key.is_multiple_of(2).then_some("Your order"))),
    }
}

/// Messages, some of them edited or deleted: the time and the direction are the message's own.
fn entries() -> impl Strategy<Value = Vec<ProfileEntry>> {
    let texts = prop_oneof![
        Just(None),
        "[a-d]{3,6}( [a-d]{3,6}){0,20}".prop_map(Some),
        "order A-[0-9]{5} and B-[0-9]{5} bye".prop_map(Some),
    ];
    let edits = prop_oneof![Just(0u64), 1..4u64, Just(1_800_000_500_000), Just(u64::MAX)];
    prop::collection::vec((0..12u32, edits, texts), 0..30).prop_map(|rows| {
        let made = rows.into_iter().map(|(key, edit, text)| {
            let text = text.filter(|_| edit < u64::MAX);
            let direction = if key % 3 == 0 { Direction::Out } else { Direction::In };
            entry(key, i64::from(key % 7), direction, edit, text.as_deref())
        });
        made.collect()
    })
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_give_the_same_bytes(
        (entries, shuffled) in entries().prop_flat_map(|it| {
            let twice = [&it[..], &it[..it.len() / 3]].concat();
            (Just(it), Just(twice).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(Profile::of(&shuffled).encode(), Profile::of(&entries).encode());
    }

    #[test]
    fn merging_is_folding_both(a in entries(), b in entries()) {
        let (mut left, mut right) = (Profile::of(&a), Profile::of(&b));
        let (whole_left, whole_right) = (left.clone(), right.clone());
        left.merge(&whole_right);
        right.merge(&whole_left);
        prop_assert_eq!(left.encode(), right.encode());
        prop_assert_eq!(left, Profile::of(a.iter().chain(&b)));
    }

    #[test]
    fn a_forgotten_message_leaves_no_trace_once_the_others_are_folded_again(
        entries in entries(),
        left in prop::collection::btree_set(0..12u32, 0..6),
    ) {
        let whole = Profile::of(&entries);
        let (gone, stays): (Vec<_>, Vec<_>) =
            entries.iter().partition(|it| left.contains(&it.key));
        let mut profile = whole.clone();
        for entry in &gone {
            profile.forget(entry.at, entry.key);
        }
        let with = |more: &[&ProfileEntry]| {
            let mut profile = profile.clone();
            for entry in more {
                profile.fold(entry);
            }
            profile
        };
        prop_assert_eq!(with(&stays), Profile::of(stays.iter().copied()));
        prop_assert_eq!(with(&gone).encode(), whole.encode(), "and comes back as it was");
    }

    #[test]
    fn what_was_merged_can_be_taken_apart(a in entries(), b in entries()) {
        let b: Vec<_> = b.into_iter().map(|it| ProfileEntry { key: it.key + 100, ..it }).collect();
        let (one, other) = (Profile::of(&a), Profile::of(&b));
        let mut profile = one.clone();
        profile.merge(&other);
        profile.forget_all(&other);
        for entry in &a {
            profile.fold(entry);
        }
        prop_assert_eq!(profile, one);
    }
}

#[test]
fn the_highest_edit_wins_whenever_it_comes() {
    let first = entry(1, 0, Direction::In, 0, Some("where is order A-10012"));
    let edited = entry(1, 0, Direction::In, 1, Some("where is order A-10013"));
    let later = entry(1, 0, Direction::In, 1_800_000_060_000, Some("where is the lamp"));
    let mut profile = Profile::of([&edited, &first]);
    assert_eq!(profile, Profile::of([&edited]));
    profile.fold(&later);
    profile.fold(&edited);
    assert_eq!(profile.ids().count(), 0);
}

#[test]
fn a_deleted_message_leaves_nothing_of_its_words_and_does_not_come_back() {
    let said = entry(2, 0, Direction::In, 0, Some("where is order A-10012"));
    let deleted = ProfileEntry { edit: u64::MAX, reading: None, ..said.clone() };
    for order in [[&said, &deleted], [&deleted, &said]] {
        let profile = Profile::of(order);
        assert_eq!(profile.ids().count(), 0);
        assert!(!profile.has_subject(said.reading.as_ref().unwrap().subject.unwrap().hash));
        assert!(profile.theirs.iter().all(|it| it.what.vector.0.is_empty()));
        assert_eq!(profile.last_at(), said.at);
    }
}

#[test]
fn a_thread_is_resolved_until_the_next_message() {
    let mut profile = Profile::of([&entry(1, 0, Direction::In, 0, Some("thanks, bye"))]);
    profile.resolve(Timestamp::from_secs(1_800_000_005));
    assert!(profile.is_resolved() && profile.said_goodbye());
    profile.fold(&entry(3, 9, Direction::In, 0, Some("one more thing")));
    assert!(!profile.is_resolved() && !profile.said_goodbye());
}
