use super::*;
use crate::event::Direction;
use crate::threading::ProfileEntry;

const NOW: i64 = 1_800_000_000;
static WHATSAPP: Channel = Channel::from_static("whatsapp");
static EMAIL: Channel = Channel::from_static("email");

fn entry(minutes_ago: i64, direction: Direction, text: &str) -> ProfileEntry {
    ProfileEntry {
        key: u32::try_from(minutes_ago).unwrap(),
        edit: 0,
        at: Timestamp::from_secs(NOW - minutes_ago * 60),
        direction,
        channel: WHATSAPP.clone(),
        reading: Some(Reading::of(text, None)),
    }
}

/// A chair that we asked about so many minutes ago, and a lamp of last week.
fn threads(minutes: i64) -> Vec<(ThreadId, Profile)> {
    let chair = [
        entry(
            minutes + 6,
            Direction::In,
            "Hello, I would like to return the chair of order A-10012",
        ),
        entry(minutes, Direction::Out, "Sure. Is the chair still in its box?"),
    ];
    let lamp = [
        entry(9_000, Direction::In, "Bonjour, ma lampe de la commande A-20034 est cassée"),
        entry(8_990, Direction::Out, "Nous vous envoyons une autre lampe."),
    ];
    vec![(ThreadId::new("chair"), Profile::of(&chair)), (ThreadId::new("lamp"), Profile::of(&lamp))]
}

fn arrival(reading: &Reading) -> Arrival<'_> {
    Arrival {
        channel: &WHATSAPP,
        at: Timestamp::from_secs(NOW),
        reading,
        reply_to: None,
        mail_refs: &[],
        certain: None,
    }
}

/// Decides between the chair and the lamp, and says why.
fn file(minutes: i64, arrival: &Arrival<'_>) -> (Decision, Vec<String>) {
    let threads = threads(minutes);
    let candidates: Vec<_> =
        threads.iter().map(|(thread, profile)| Candidate { thread, profile }).collect();
    let decision = decide(&Model::current(), arrival, &candidates);
    let words = decision.evidence.iter().map(|it| it.words(arrival.at)).collect();
    (decision, words)
}

fn thread(name: &str) -> Filing {
    Filing::Thread(ThreadId::new(name))
}

#[test]
fn an_answer_goes_where_we_asked_and_says_so() {
    let (decision, words) = file(3, &arrival(&Reading::of("Yes, the chair is in its box", None)));
    assert_eq!(decision.filing, thread("chair"));
    assert!(!decision.is_unsure(0.9), "{}", decision.confidence);
    assert!(words.contains(&"answers the question we asked 3 min ago".to_owned()), "{words:?}");
}

#[test]
fn what_we_wrote_here_within_the_hour_is_answered() {
    static SMS: Channel = Channel::from_static("sms");
    let row = THREAD_FEATURES.iter().position(|it| it.name == "just_answered").unwrap();
    let reading = Reading::of("Until about noon I am at work", None);
    let value = |minutes_ago, direction, channel| {
        let profile = Profile::of(&[entry(minutes_ago, direction, "The sofa comes on Tuesday.")]);
        let thread = ThreadId::new("sofa");
        let candidates = [Candidate { thread: &thread, profile: &profile }];
        measure(&Arrival { channel, ..arrival(&reading) }, &candidates).rows[0][row] > 0.5
    };
    assert!(value(0, Direction::Out, &WHATSAPP) && value(60, Direction::Out, &WHATSAPP));
    assert!(!value(61, Direction::Out, &WHATSAPP), "that is long ago");
    assert!(!value(4, Direction::In, &WHATSAPP), "they wrote it");
    assert!(!value(4, Direction::Out, &SMS), "it was elsewhere");

    let sofa = Profile::of(&[
        entry(9, Direction::In, "When does the sofa come?"),
        entry(4, Direction::Out, "The sofa comes on Tuesday."),
    ]);
    let lamp = Profile::of(&[entry(40, Direction::In, "The lamp of the kitchen is broken")]);
    let ids = [ThreadId::new("lamp"), ThreadId::new("sofa")];
    let candidates = [
        Candidate { thread: &ids[0], profile: &lamp },
        Candidate { thread: &ids[1], profile: &sofa },
    ];
    let decision = decide(&Model::current(), &arrival(&reading), &candidates);
    let words: Vec<_> = decision.evidence.iter().map(|it| it.words(arrival(&reading).at)).collect();
    assert_eq!(decision.filing, thread("sofa"), "{decision:?}");
    assert!(words.contains(&"we wrote here 4 min ago".to_owned()), "{words:?}");
}

#[test]
fn a_channel_of_nobody_is_told_apart_from_that_of_another_thread() {
    static SMS: Channel = Channel::from_static("sms");
    let row = NEW_FEATURES.iter().position(|it| it.name == "new_channel").unwrap();
    let reading = Reading::of("The chair is in its box", None);
    let value = |channel| {
        let threads = threads(3);
        let candidates: Vec<_> =
            threads.iter().map(|(thread, profile)| Candidate { thread, profile }).collect();
        measure(&Arrival { channel, ..arrival(&reading) }, &candidates).new[row] > 0.5
    };
    assert!(value(&SMS) && !value(&WHATSAPP));
}

#[test]
fn an_order_number_finds_an_old_thread_on_another_channel() {
    let (decision, words) = {
        let reading = Reading::of("Any news of a20034?", None);
        file(3, &Arrival { channel: &EMAIL, ..arrival(&reading) })
    };
    assert_eq!(decision.filing, thread("lamp"));
    assert_eq!(words.first().map(String::as_str), Some("same number a20034"));
}

#[test]
fn a_number_goes_over_to_the_channel_where_another_matter_goes_on() {
    let mail = |minutes_ago, direction, text| ProfileEntry {
        channel: EMAIL.clone(),
        ..entry(minutes_ago, direction, text)
    };
    let mut threads = threads(3);
    threads[1].1 = Profile::of(&[
        mail(4_000, Direction::In, "The lamp of order A-20034 is broken"),
        mail(3_900, Direction::Out, "We are sending you another lamp."),
    ]);
    let candidates: Vec<_> =
        threads.iter().map(|(thread, profile)| Candidate { thread, profile }).collect();
    let reading = Reading::of("Any news of a20034?", None);
    let decision = decide(&Model::current(), &arrival(&reading), &candidates);
    assert_eq!(decision.filing, thread("lamp"), "{decision:?}");
    let words = decision.evidence.first().map(|it| it.words(arrival(&reading).at));
    assert_eq!(words.as_deref(), Some("same number a20034"));
}

#[test]
fn a_greeting_with_another_wish_opens_a_thread() {
    let (decision, words) =
        file(40, &arrival(&Reading::of("Bonjour, je voudrais réserver une table", None)));
    assert_eq!(decision.filing, Filing::New);
    assert!(words.contains(&"starts with a greeting".to_owned()), "{words:?}");
}

#[test]
fn a_quoted_message_is_weighed_and_told_with_its_day() {
    let lamp = ThreadId::new("lamp");
    let quoted = Quoted { thread: &lamp, at: Timestamp::from_secs(NOW - 9_000 * 60) };
    let reading = Reading::of("Toujours rien reçu de la lampe", None);
    let (decision, words) = file(200, &Arrival { reply_to: Some(quoted), ..arrival(&reading) });
    assert_eq!(decision.filing, thread("lamp"));
    assert!(words.contains(&"reply to the message of 9 January".to_owned()), "{words:?}");
}

#[test]
fn a_reference_to_a_thread_that_is_no_candidate_counts_for_nothing() {
    let foreign = ThreadId::new("somebody else's");
    let quoted = Quoted { thread: &foreign, at: Timestamp::from_secs(NOW) };
    let refs = [foreign.clone()];
    let reading = Reading::of("Yes, it is", None);
    let plain = arrival(&reading);
    let with = Arrival { reply_to: Some(quoted), mail_refs: &refs, ..plain };
    assert_eq!(file(3, &with).0, file(3, &plain).0);
}

#[test]
fn certain_evidence_decides_alone() {
    let lamp = ThreadId::new("lamp");
    let reading = Reading::of("Yes", None);
    let certain = Some((Certain::Choice, &lamp));
    let (decision, words) = file(3, &Arrival { certain, ..arrival(&reading) });
    assert_eq!((decision.filing, decision.confidence), (thread("lamp"), 1.0));
    assert_eq!(words, ["answers a choice that we sent"]);
}

#[test]
fn the_first_message_opens_a_thread() {
    let decision = decide(&Model::current(), &arrival(&Reading::of("yes", None)), &[]);
    assert_eq!((decision.filing, decision.confidence), (Filing::New, 1.0));
}

#[test]
fn a_clock_that_goes_backwards_changes_little() {
    let reading = Reading::of("Yes, it is", None);
    let early = Arrival { at: Timestamp::from_secs(NOW - 3_600), ..arrival(&reading) };
    assert_eq!(file(3, &early).0.filing, thread("chair"));
}

#[test]
fn of_500_threads_the_latest_and_the_quoted_one_are_weighed() {
    let chair = threads(3).swap_remove(0).1;
    let old = Profile::of(&[entry(90_000, Direction::In, "a red bicycle")]);
    let mut threads: Vec<(ThreadId, Profile)> =
        (0..500).map(|n| (ThreadId::new(format!("t{n}")), old.clone())).collect();
    threads[321].1 = chair;
    let candidates: Vec<_> =
        threads.iter().map(|(thread, profile)| Candidate { thread, profile }).collect();
    let reading = Reading::of("Yes", None);
    let quoted = Quoted { thread: &threads[444].0, at: Timestamp::from_secs(NOW) };
    let arrival = Arrival { reply_to: Some(quoted), ..arrival(&reading) };
    let measured = measure(&arrival, &candidates);
    assert_eq!(measured.order.len(), super::super::MOST_CANDIDATES);
    assert!(measured.order.contains(&444) && measured.order.first() == Some(&321));
    assert_eq!(decide(&Model::current(), &arrival, &candidates).filing, thread("t321"));
}

#[test]
fn every_weight_keeps_its_sign_and_none_may_be_missing() {
    use crate::threading::features::Sign;
    let model = Model::current();
    let threads = THREAD_FEATURES.iter().map(|it| (it.name, it.sign)).zip(model.thread);
    let new = NEW_FEATURES.iter().map(|it| (it.name, it.sign)).zip(model.new);
    for ((name, sign), weight) in threads.chain(new) {
        let keeps = match sign {
            Sign::For => weight >= 0.0,
            Sign::Against => weight <= 0.0,
            Sign::Free => true,
        };
        assert!(keeps, "{name}: {weight}");
    }
    assert!(matches!(
        Model::parse(r#"{"thread":{},"new":{}}"#),
        Err(ModelError::Missing("reply_to"))
    ));
}

/// A message that comes so many minutes after the last of one thread, by another or the same channel.
fn after(
    said: &[(i64, &Channel, Direction, &str, Option<&str>)],
    arrival: &Arrival<'_>,
) -> (Decision, Vec<String>) {
    let entries =
        said.iter().enumerate().map(|(n, (minutes_ago, channel, direction, text, subject))| {
            let at = Timestamp::from_secs(NOW - minutes_ago * 60);
            let (key, reading) = (u32::try_from(n).unwrap(), Some(Reading::of(text, *subject)));
            ProfileEntry {
                key,
                edit: 0,
                at,
                direction: *direction,
                channel: (*channel).clone(),
                reading,
            }
        });
    let (thread, profile) = (ThreadId::new("one"), Profile::of(&entries.collect::<Vec<_>>()));
    let candidates = [Candidate { thread: &thread, profile: &profile }];
    let decision = decide(&Model::current(), arrival, &candidates);
    let words = decision.evidence.iter().map(|it| it.words(arrival.at)).collect();
    (decision, words)
}

const DAY: i64 = 24 * 60;

#[test]
fn who_asks_for_news_goes_on_with_what_waits_for_an_answer() {
    let said = [(
        2 * DAY,
        &WHATSAPP,
        Direction::In,
        "Bonjour, ma lampe de jardin est arrivée cassée",
        None,
    )];
    for text in
        ["Bonjour, avez-vous des nouvelles ?", "Avez-vous des nouvelles ?", "Hello, any news?"]
    {
        let (decision, words) = after(&said, &arrival(&Reading::of(text, None)));
        assert_eq!(decision.filing, thread("one"), "{text}: {decision:?}");
        assert!(words.contains(&"asks for news".to_owned()), "{text}: {words:?}");
    }
}

#[test]
fn a_mail_that_greets_and_refers_to_a_thread_goes_there() {
    let said = [
        (
            3 * DAY,
            &EMAIL,
            Direction::In,
            "Hello, the garden lamp arrived broken.",
            Some("Garden lamp"),
        ),
        (
            2 * DAY,
            &EMAIL,
            Direction::Out,
            "Could you send us a picture of the garden lamp?",
            Some("Re: Garden lamp"),
        ),
    ];
    let reading = Reading::of(
        "Hello,\n\nhere is a picture of the broken garden lamp.",
        Some("Re: Garden lamp"),
    );
    let refs = [ThreadId::new("one")];
    let (decision, words) =
        after(&said, &Arrival { channel: &EMAIL, mail_refs: &refs, ..arrival(&reading) });
    assert_eq!(decision.filing, thread("one"));
    assert!(decision.confidence > 0.95, "{decision:?}");
    assert!(words.contains(&"the mail refers to this thread".to_owned()), "{words:?}");
}

#[test]
fn another_matter_on_another_channel_is_not_drawn_into_what_goes_on() {
    static CHAT: Channel = Channel::from_static("web-chat");
    static SMS: Channel = Channel::from_static("sms");
    let said = [
        (5, &CHAT, Direction::In, "I need a taxi to the airport at six", None),
        (
            2,
            &CHAT,
            Direction::Out,
            "A taxi to the airport is booked for six. Is one suitcase all?",
            None,
        ),
    ];
    let reading = Reading::of("The screen of my phone stayed black", None);
    let (decision, words) = after(&said, &Arrival { channel: &SMS, ..arrival(&reading) });
    assert_eq!(decision.filing, Filing::New, "{decision:?}");
    assert!(words.contains(&"the other thread was never on this channel".to_owned()), "{words:?}");
}

#[test]
fn a_greeting_after_a_pause_does_not_open_a_thread_alone() {
    let said = [
        (DAY + 9, &WHATSAPP, Direction::In, "I would like to move the delivery of my sofa", None),
        (DAY, &WHATSAPP, Direction::Out, "On which day may we deliver the sofa?", None),
    ];
    let filed = |text: &str| after(&said, &arrival(&Reading::of(text, None))).0;
    let named = filed("Hello, the sofa may come on Tuesday");
    assert_eq!(named.filing, thread("one"), "{named:?}");
    // With nothing but a day to go by, it is told as unsure at least.
    let bare = filed("Hello, on Tuesday");
    assert!(bare.filing == thread("one") || bare.is_unsure(0.65), "{bare:?}");
}

#[test]
fn what_is_new_for_the_model_is_never_quite_sure() {
    static SMS: Channel = Channel::from_static("sms");
    let known = Reading::of("Is the chair of order A-10012 on its way?", None);
    let sure = file(3, &arrival(&known)).0.confidence;
    assert!(sure > 0.98, "what is not new may be: {sure}");
    let elsewhere = |channel| Arrival { channel, ..arrival(&known) };
    let readings = [
        ("greeting_alone", Reading::of("Hello there", None)),
        ("one_word", Reading::of("Yes", None)),
        ("one_word", Reading::of("👍", None)),
        ("call", Reading::of_call("Customer: Is the chair of order A-10012 on its way?")),
        ("unknown_language", Reading::of("სად არის ჩემი სკამი ახლა", None)),
    ];
    let mut arrivals: Vec<_> = readings.iter().map(|(name, it)| (*name, arrival(it))).collect();
    arrivals.push(("unseen_channel", elsewhere(&SMS)));
    for (doubt, arrival) in arrivals {
        let threads = threads(3);
        let candidates: Vec<_> =
            threads.iter().map(|(thread, profile)| Candidate { thread, profile }).collect();
        let doubts = measure(&arrival, &candidates).doubts;
        assert!(doubts.contains(&doubt), "{doubt}: {doubts:?}");
        assert!(file(3, &arrival).0.confidence <= 0.98, "{doubt}");
    }
    assert!(crate::threading::features::DOUBTS.iter().all(|it| !it.meaning.is_empty()));
}

#[test]
fn a_new_thread_is_never_explained_by_what_speaks_for_another() {
    let (decision, words) =
        file(4_000, &arrival(&Reading::of("Je cherche un vélo pour ma fille", None)));
    assert_eq!(decision.filing, Filing::New, "{decision:?}");
    assert!(
        !words.iter().any(|it| it.contains("just now") || it == "the most recently active"),
        "{words:?}"
    );
}

#[test]
fn a_greeting_and_another_number_open_a_thread_in_the_middle_of_a_talk() {
    let said = [
        (Direction::In, "Hi, order A-1234 should have come on Monday. Où est-il ?"),
        (Direction::In, "This is the confirmation of A-1234"),
        (Direction::Out, "We are sorry. On which day may we deliver?"),
        (Direction::In, "Tuesday"),
        (Direction::In, "In the morning if you can"),
        (Direction::In, "Thank you!"),
        (Direction::Out, "Tuesday morning it is."),
        (Direction::In, "It is Ada, now by whatsapp. Is it still Tuesday?"),
        (Direction::Out, "By whatsapp too: it is Tuesday."),
    ];
    let said: Vec<_> = said.map(|(direction, text)| (0, &WHATSAPP, direction, text, None)).into();
    let text = "Hello! I would like to return the lamp of order B-7712, how do I do that please?";
    let (decision, words) = after(&said, &arrival(&Reading::of(text, None)));
    assert_eq!(decision.filing, Filing::New, "{words:?} {decision:?}");
}
