//! The planner's rules, each as its caller meets it.

use super::*;
use crate::content::MediaKind;
use crate::outbound::{ChoiceOption, SendMedia, TemplateUse};

const RULES: &str = r#"{
    "sources": [], "text": { "max": 20, "unit": "chars" }, "caption": { "max": 10, "unit": "chars" },
    "media": [{ "kind": "image", "mimes": ["image/png"], "max_bytes": 1000 }],
    "choices": { "max": 2, "title": 5, "id": 10 },
    "has": ["templates", "reply_to"], "window_s": 86400, "human_window_s": 604800, "confirm_within_s": 600
}"#;
const SIMPLE: &str =
    r#"{ "sources": [], "text": { "max": 160, "unit": "utf16" }, "confirm_within_s": 600 }"#;

const CHAT: Channel = Channel::from_static("chat");
const SMS: Channel = Channel::from_static("sms");

fn now() -> Timestamp {
    Timestamp::from_secs(1_795_000_000)
}

fn offers() -> Vec<Offer> {
    [(CHAT, RULES), (SMS, SIMPLE)]
        .map(|(channel, rules)| Offer { channel, capabilities: Capabilities::built_in(rules) })
        .to_vec()
}

fn way(channel: Channel, hours_ago: Option<i64>) -> Way {
    Way {
        channel,
        identity: IdentityId::phone("+447700900111"),
        account: Some(AccountId::new("7008")),
        last_inbound: hours_ago.map(|it| now().plus_ms(-it * 3_600_000)),
        forbidden: vec![],
        claimed: false,
    }
}

fn ask(content: &SendContent) -> Ask<'_> {
    Ask::of(content)
}

fn text(text: &str) -> SendContent {
    SendContent::Text { text: text.to_owned() }
}

fn template(name: &str) -> SendContent {
    let (name, locale) = (name.to_owned(), "fr".to_owned());
    let template = TemplateUse { name, locale, variables: [].into(), components: None };
    SendContent::Template { template }
}

fn known(name: &str, status: &str) -> TemplateState {
    let (name, locale, status) = (name.to_owned(), "fr".to_owned(), status.to_owned());
    TemplateState { channel: CHAT, name, locale, status }
}

fn problem(ask: &Ask<'_>, ways: Vec<Way>) -> Option<SendProblem> {
    plan(ask, ways, &offers(), &[], now()).refusal.map(|(it, _)| it.problem)
}

#[test]
fn the_best_way_that_may_be_taken_is_taken() {
    let content = text("hello");
    let ways = vec![way(CHAT, Some(30)), way(SMS, Some(300))];
    let plan = plan(&ask(&content), ways, &offers(), &[], now());
    assert_eq!(plan.chosen().map(|it| &it.channel), Some(&SMS));
    assert_eq!(plan.ways[0].verdict.refusal.as_ref().unwrap().problem, SendProblem::WindowClosed);
    assert_eq!(plan.refusal, None);
}

#[test]
fn a_closed_window_names_the_templates_and_channels_that_would_work() {
    let content = text("hello");
    let templates = [known("delay", "approved"), known("old", "paused")];
    let ask = Ask { channel: Some(&CHAT), ..ask(&content) };
    let ways = vec![way(SMS, None), way(CHAT, Some(25))];
    let plan = plan(&ask, ways, &offers(), &templates, now());
    let (refusal, alternatives) = plan.refusal.clone().unwrap();
    assert_eq!(refusal.problem, SendProblem::WindowClosed);
    assert!(refusal.detail.contains("Last customer message on chat 20"), "{}", refusal.detail);
    assert_eq!(alternatives.templates, ["delay"]);
    assert_eq!(alternatives.channels, [SMS]);
    assert_eq!(plan.chosen(), None);
}

#[test]
fn the_asked_channel_is_taken_though_another_is_preferred() {
    let content = text("hello");
    let ask = Ask { channel: Some(&SMS), ..ask(&content) };
    let ways = vec![way(CHAT, Some(1)), way(SMS, None)];
    let plan = plan(&ask, ways, &offers(), &[], now());
    assert_eq!(plan.chosen().map(|it| &it.channel), Some(&SMS));
}

#[test]
fn a_window_ends_to_the_millisecond_and_a_human_has_longer() {
    let content = text("hello");
    let last = |ms: i64| Way { last_inbound: Some(now().plus_ms(ms)), ..way(CHAT, None) };
    let day = 86_400_000;
    assert_eq!(problem(&ask(&content), vec![last(1 - day)]), None);
    assert_eq!(problem(&ask(&content), vec![last(-day)]), Some(SendProblem::WindowClosed));
    let human = Ask { author: Author::Human, ..ask(&content) };
    assert_eq!(problem(&human, vec![last(-7 * day + 1)]), None);
    assert_eq!(problem(&human, vec![last(-7 * day)]), Some(SendProblem::WindowClosed));
    assert_eq!(problem(&human, vec![way(CHAT, None)]), Some(SendProblem::WindowClosed));
}

#[test]
fn a_template_goes_through_a_closed_window_unless_it_is_known_not_to_be_approved() {
    let content = template("delay");
    assert_eq!(problem(&ask(&content), vec![way(CHAT, None)]), None);
    let judge = |status: &str| {
        let templates = [known("delay", status)];
        plan(&ask(&content), vec![way(CHAT, None)], &offers(), &templates, now())
    };
    assert_eq!(judge("approved").ways[0].verdict.template.as_deref(), Some("approved"));
    let paused = judge("paused").refusal.unwrap().0;
    assert_eq!(paused.problem, SendProblem::TemplateNotApproved);
    assert_eq!(
        problem(&ask(&content), vec![way(SMS, None)]),
        Some(SendProblem::ContentUnsupported)
    );
}

#[test]
fn what_a_person_forbade_is_not_sent_and_the_rest_is() {
    let content = text("hello");
    let way =
        |forbidden: &str| vec![Way { forbidden: vec![forbidden.to_owned()], ..way(CHAT, Some(1)) }];
    assert_eq!(problem(&ask(&content), way("marketing")), None);
    assert_eq!(problem(&ask(&content), way("all")), Some(SendProblem::RecipientOptedOut));
    let selling = Ask { purpose: Purpose::Marketing, ..ask(&content) };
    assert_eq!(problem(&selling, way("marketing")), Some(SendProblem::RecipientOptedOut));
}

#[test]
fn a_claimed_address_an_unknown_one_and_a_missing_channel_are_refused() {
    let content = text("hello");
    let claimed = Way { claimed: true, ..way(CHAT, Some(1)) };
    let problem_of = |ask: &Ask<'_>| problem(ask, vec![claimed.clone()]);
    assert_eq!(problem_of(&ask(&content)), Some(SendProblem::IdentityUnverified));
    assert_eq!(problem_of(&Ask { allow_claimed: true, ..ask(&content) }), None);
    assert_eq!(problem(&ask(&content), vec![]), Some(SendProblem::RecipientUnreachable));
    let elsewhere = way(Channel::from_static("fax"), Some(1));
    assert_eq!(problem(&ask(&content), vec![elsewhere]), Some(SendProblem::ChannelMisconfigured));
}

#[test]
fn a_message_whose_time_is_over_is_refused() {
    let content = text("hello");
    let ask = Ask { expires_at: Some(now()), ..ask(&content) };
    assert_eq!(problem(&ask, vec![way(CHAT, Some(1))]), Some(SendProblem::Expired));
}

#[test]
fn content_that_does_not_fit_is_refused_before_anything_is_sent() {
    let media = |kind, mime: &str, caption: Option<&str>| SendContent::Media {
        kind,
        source: SendMedia::Object { key: "media/1".to_owned(), mime: mime.to_owned() },
        caption: caption.map(str::to_owned),
        filename: None,
    };
    let choices = |titles: &[&str]| {
        let option = |it: &&str| ChoiceOption {
            id: (*it).to_owned(),
            title: (*it).to_owned(),
            description: None,
        };
        let options = titles.iter().map(option).collect();
        SendContent::Choices { text: "which?".to_owned(), options, button: None }
    };
    let place = SendContent::Location { latitude: 1.0, longitude: 2.0, name: None, address: None };
    let cases = [
        (text(&"é".repeat(20)), None),
        (text(&"é".repeat(21)), Some(SendProblem::ContentUnsupported)),
        (media(MediaKind::Image, "image/png", Some("short")), None),
        (
            media(MediaKind::Image, "image/png", Some("longer than it")),
            Some(SendProblem::ContentUnsupported),
        ),
        (media(MediaKind::Image, "image/bmp", None), Some(SendProblem::MediaTypeUnsupported)),
        (media(MediaKind::Video, "image/png", None), Some(SendProblem::MediaTypeUnsupported)),
        (choices(&["yes", "no"]), None),
        (choices(&["yes", "no", "maybe"]), Some(SendProblem::ContentUnsupported)),
        (choices(&["certainly"]), Some(SendProblem::ContentUnsupported)),
        (place, Some(SendProblem::ContentUnsupported)),
    ];
    for (content, expected) in cases {
        let found = problem(&ask(&content), vec![way(CHAT, Some(1))]);
        assert_eq!(found, expected, "{content:?}");
    }
    let (content, way) = (text("hello"), way(SMS, Some(1)));
    let quoting = Ask { quotes: true, ..ask(&content) };
    assert_eq!(problem(&quoting, vec![way]), Some(SendProblem::ContentUnsupported));
}

#[test]
fn only_accounts_that_a_deployment_names_send_if_it_names_any() {
    let senders = Senders::parse("chat:7008,chat:7009").unwrap();
    let by = |channel, account: Option<&str>| Way {
        account: account.map(AccountId::new),
        ..way(channel, None)
    };
    assert!(senders.take(&by(CHAT, Some("7008"))) && !senders.take(&by(SMS, Some("1"))));
    assert!(Senders::default().take(&by(SMS, Some("1"))), "it does not say");
    assert!(senders.take(&by(CHAT, None)), "the caller is asked for one");
    assert!(!senders.take(&by(CHAT, Some("1"))));
    assert_eq!(Senders::parse("chat"), None);
    assert_eq!(Senders::parse(""), Some(Senders::default()));
}

#[test]
fn what_may_be_adapted_goes_by_a_simpler_channel_and_the_plan_says_what_it_loses() {
    let option =
        |it: &str| ChoiceOption { id: it.to_owned(), title: it.to_owned(), description: None };
    let options = vec![option("yes"), option("no")];
    let question = SendContent::Choices { text: "which?".to_owned(), options, button: None };
    let strict = Ask { quotes: true, ..ask(&question) };
    assert_eq!(problem(&strict, vec![way(SMS, Some(1))]), Some(SendProblem::ContentUnsupported));
    let content =
        SendContent::Adaptable { content: Box::new(question.clone()), instead: [].into() };
    let adaptable = Ask { quotes: true, ..ask(&content) };
    let ways = vec![way(SMS, Some(1)), way(CHAT, Some(1))];
    let found = plan(&adaptable, ways, &offers(), &[], now());
    let losses: Vec<_> = found.ways.iter().map(|it| it.verdict.loss.clone()).collect();
    assert_eq!(losses, [vec![Loss::Buttons, Loss::Quote], vec![]]);
    assert_eq!(found.chosen().map(|it| &it.channel), Some(&SMS));
    // Words are never cut: what is too long for its channel is refused as ever.
    let long = text(&"x".repeat(161));
    let content = SendContent::Adaptable { content: Box::new(long), instead: [].into() };
    assert_eq!(
        problem(&ask(&content), vec![way(SMS, Some(1))]),
        Some(SendProblem::ContentUnsupported)
    );
    // What stands in its place on a channel is judged there by itself, its template too.
    let instead = [(CHAT, template("delay"))].into();
    let content = SendContent::Adaptable { content: Box::new(question), instead };
    let found =
        plan(&ask(&content), vec![way(CHAT, None)], &offers(), &[known("delay", "paused")], now());
    assert_eq!(found.refusal.map(|it| it.0.problem), Some(SendProblem::TemplateNotApproved));
}
