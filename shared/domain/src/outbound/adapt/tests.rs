//! Each kind of content on a channel that has nothing but words, and on one that has more.

use std::collections::BTreeMap;

use super::*;

const SMS: Channel = Channel::from_static("sms");

fn capabilities(more: &str) -> Capabilities {
    let rules = format!(
        r#"{{"sources":[],"text":{{"max":160,"unit":"chars"}},"confirm_within_s":600{more}}}"#
    );
    serde_json::from_str(&rules).unwrap()
}

fn plain() -> Capabilities {
    capabilities("")
}

fn rich() -> Capabilities {
    capabilities(
        r#","caption":{"max":20,"unit":"chars"},"media":[{"kind":"image","mimes":["image/png"],"max_bytes":9},{"kind":"document","max_bytes":9}],"choices":{"max":2,"title":5,"id":5},"has":["location","reply_to"]"#,
    )
}

fn on(content: SendContent, capabilities: &Capabilities) -> (SendContent, Vec<Loss>) {
    let content = SendContent::Adaptable { content: Box::new(content), instead: BTreeMap::new() };
    let Adapted { content, lost } = content.fitted(&SMS, capabilities);
    (content, lost)
}

fn text(text: &str) -> SendContent {
    SendContent::Text { text: text.to_owned() }
}

fn url(url: &str) -> SendMedia {
    SendMedia::Url(format!("https://cdn.example/{url}"))
}

fn file(kind: MediaKind, source: SendMedia, caption: Option<&str>) -> SendContent {
    SendContent::Media { kind, source, caption: caption.map(str::to_owned), filename: None }
}

fn mail(text: &str, html: Option<&str>, files: &[&str]) -> SendContent {
    let attachment =
        |it: &&str| Attachment { kind: MediaKind::Image, source: url(it), filename: None };
    SendContent::Email {
        subject: Some("Your order".to_owned()),
        text: text.to_owned(),
        html: html.map(str::to_owned),
        attachments: files.iter().map(attachment).collect(),
    }
}

fn question(titles: &[&str]) -> SendContent {
    let option = |it: &&str| ChoiceOption {
        id: (*it).to_owned(),
        title: (*it).to_owned(),
        description: (*it == "no").then(|| "never".to_owned()),
    };
    let options = titles.iter().map(option).collect();
    SendContent::Choices { text: "Which?".to_owned(), options, button: None }
}

#[test]
fn nothing_is_adapted_that_does_not_say_so_and_nothing_that_fits() {
    let place = SendContent::Location { latitude: 1.5, longitude: 2.0, name: None, address: None };
    for content in [question(&["yes", "no"]), place, mail("hello", None, &[])] {
        assert_eq!(content.fitted(&SMS, &plain()), whole(&content));
    }
    for content in
        [question(&["yes", "no"]), text("hello"), file(MediaKind::Image, url("1.png"), None)]
    {
        assert_eq!(on(content.clone(), &rich()), (content, vec![]));
    }
}

#[test]
fn options_become_numbered_lines_where_there_are_no_buttons_or_not_enough() {
    let (content, lost) = on(question(&["yes", "no"]), &plain());
    assert_eq!((content, lost), (text("Which?\n1. yes\n2. no – never"), vec![Loss::Buttons]));
    for titles in [&["a", "b", "c"][..], &["certainly"]] {
        assert_eq!(on(question(titles), &rich()).1, [Loss::Buttons]);
    }
}

#[test]
fn a_mail_becomes_its_words() {
    let lost = vec![Loss::Html, Loss::Subject];
    let (html, words) = ("<p>It is <b>on its way</b> &amp; fine.</p>", "It is on its way & fine.");
    let expected = text(&format!("Your order\n\n{words}"));
    assert_eq!(on(mail("", Some(html), &[]), &plain()), (expected.clone(), lost.clone()));
    assert_eq!(on(mail(words, Some("<p>other</p>"), &[]), &plain()), (expected, lost));
    let begun = "Your order is on its way.";
    assert_eq!(on(mail(begun, None, &[]), &plain()), (text(begun), vec![Loss::Subject]));
    let mails = capabilities(r#","has":["email"]"#);
    assert_eq!(on(mail("", Some(html), &["1.png"]), &mails).1, []);
}

#[test]
fn the_files_of_a_mail_become_one_file_or_links() {
    let (content, lost) = on(mail("Here.", None, &["1.png"]), &rich());
    let words = "Your order\n\nHere.";
    assert_eq!(content, file(MediaKind::Image, url("1.png"), Some(words)));
    assert_eq!(lost, [Loss::Subject]);
    let links = format!("{words}\nhttps://cdn.example/1.png\nhttps://cdn.example/2.png");
    let lost = vec![Loss::Subject, Loss::File];
    assert_eq!(on(mail("Here.", None, &["1.png", "2.png"]), &rich()), (text(&links), lost));
}

#[test]
fn a_file_that_does_not_fit_is_another_kind_or_a_link_and_never_gone() {
    let (video, voice) = (MediaKind::Video, MediaKind::VoiceNote);
    let as_document = |kind| on(file(kind, url("1"), Some("Look")), &rich());
    for kind in [video, voice] {
        let expected = file(MediaKind::Document, url("1"), Some("Look"));
        assert_eq!(as_document(kind), (expected, vec![Loss::FileKind]));
    }
    let long = "longer than a caption may be";
    let linked = text(&format!("{long}\nhttps://cdn.example/1"));
    let image = |source| file(MediaKind::Image, source, Some(long));
    assert_eq!(on(image(url("1")), &rich()), (linked.clone(), vec![Loss::File]));
    assert_eq!(on(image(url("1")), &plain()), (linked, vec![Loss::File]));
    // Nobody can open these by a link: they stay, and are refused.
    let key = "media/1".to_owned();
    for source in
        [SendMedia::Id("7".to_owned()), SendMedia::Object { key, mime: "image/png".to_owned() }]
    {
        assert_eq!(on(image(source.clone()), &plain()), (image(source), vec![]));
    }
}

#[test]
fn a_place_becomes_its_address_and_a_link() {
    let (name, address) = (Some("Shop".to_owned()), Some("1 Rue X".to_owned()));
    let place = SendContent::Location { latitude: 48.5, longitude: -2.25, name, address };
    let words = text("Shop\n1 Rue X\nhttps://maps.google.com/?q=48.5,-2.25");
    assert_eq!(on(place, &plain()), (words, vec![Loss::Map]));
}

#[test]
fn what_is_sent_instead_on_a_channel_is_sent_there_alone() {
    let content = Box::new(question(&["yes"]));
    let instead = BTreeMap::from([(SMS, text("Yes or no?"))]);
    let content = SendContent::Adaptable { content, instead };
    assert_eq!(content.fitted(&SMS, &plain()), whole(&text("Yes or no?")));
    let elsewhere = content.fitted(&Channel::from_static("fax"), &plain());
    assert_eq!(elsewhere.lost, [Loss::Buttons]);
    let written = serde_json::to_string(&content).unwrap();
    assert_eq!(serde_json::from_str::<SendContent>(&written).unwrap(), content);
}

#[test]
fn html_is_read_as_a_reader_sees_it() {
    for (html, expected) in [
        ("plain", "plain"),
        ("<h1>Hi</h1>\n <p>one<br>two</p>", "Hi\none\ntwo"),
        ("<head><title>x</title></head><style>p{a:b}</style>seen<script>no()</script>", "seen"),
        ("a <b>b</b> c &lt;d&gt; &amp;lt;", "a b c <d> &lt;"),
        ("<a href='https://x.example'>link</a", "link"),
        ("<", ""),
    ] {
        assert_eq!(text_of(html), expected, "{html}");
    }
}
