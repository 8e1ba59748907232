//! The identities of people: what the table holds of them after messages, numbers that change hands and the platform's word.

use aws::store::Filed;
use domain::event::{Identity, InboundEvent, Kind};
use domain::filing::aliases::{forbidden, known_by};
use domain::filing::identity::Consent;
use domain::id::{AccountId, Channel, ContactId, IdentityId};
use domain::time::Timestamp;
use embedded::Cloud;
use embedded::events::{START, WHATSAPP, ada, bsuid, by_us, call, event, message, phone, says};
use embedded::tables::{file_all, of_kind, table};

fn identity(id: IdentityId, aliases: &[IdentityId]) -> Identity {
    Identity { id, aliases: aliases.to_vec(), name: None }
}

#[tokio::test]
async fn a_call_and_a_whatsapp_message_from_one_number_are_one_contact() {
    for events in [
        [call("1", 0), says("2", 5, "it was about the lamp")],
        [says("1", 0, "hello"), call("2", 5)],
    ] {
        let cloud = Cloud::start().await;
        let table = table(&cloud.process());
        file_all(&table, &events).await;
        let (of_id, of_phone) = (
            table.contacts().find_identity(&ada().id).await.unwrap(),
            table.contacts().find_identity(&phone()).await.unwrap(),
        );
        let (of_id, of_phone) = (of_id.unwrap(), of_phone.unwrap());
        assert_eq!(of_id.contact, of_phone.contact);
        assert_eq!(of_phone.holder, Some(ada().id));
        let items = cloud.items().await;
        let head = of_kind(&items, "CON#", "0");
        assert_eq!(head.len(), 1);
        assert_eq!(head[0]["identities"].as_ss().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_number_that_another_id_comes_with_goes_to_a_new_contact_with_nothing_of_the_old_one() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let stop =
        Kind::ConsentChanged { purpose: "all".into(), granted: false, detail: String::new() };
    let caller = identity(phone(), &[]);
    file_all(&table, &[says("1", 0, "hello"), call("2", 5), event(caller, 9, stop)]).await;
    let before = table.contacts().find_identity(&phone()).await.unwrap().unwrap();
    assert_eq!(
        before.consents["all"],
        Consent { granted: false, at: Timestamp::from_secs(START + 9) }
    );

    let stranger = identity(bsuid("GB.7"), &[phone()]);
    file_all(&table, &[event(stranger, 500, message("3", "hello, is this the lamp shop?"))]).await;
    let after = table.contacts().find_identity(&phone()).await.unwrap().unwrap();
    assert_ne!(after.contact, before.contact);
    assert!(after.recycled && after.consents.is_empty() && after.inbound.is_empty());
    // What the old one said by the number stays with them.
    assert_eq!(
        table.contacts().find_identity(&ada().id).await.unwrap().unwrap().consents,
        before.consents
    );
    let whom = |contact: Option<ContactId>| {
        let table = table.clone();
        async move {
            let own = table.contacts().addresses(&contact.unwrap()).await.unwrap().unwrap();
            table.contacts().with_aliases(&own).await.unwrap()
        }
    };
    let (old, new) = (whom(before.contact.clone()).await, whom(after.contact.clone()).await);
    assert_eq!(forbidden(&ada().id, &old), ["all"]);
    assert_eq!(forbidden(&bsuid("GB.7"), &new), [""; 0]);
    assert_eq!(known_by(&ada().id, &old), [ada().id], "nothing for them goes to the stranger");
    assert_eq!(known_by(&bsuid("GB.7"), &new), [bsuid("GB.7"), phone()]);
    let items = cloud.items().await;
    let mut heads: Vec<_> = of_kind(&items, "CON#", "0")
        .iter()
        .map(|it| it["identities"].as_ss().unwrap().len())
        .collect();
    heads.sort_unstable();
    assert_eq!(heads, [1, 2], "the old contact keeps its own id only");
}

#[tokio::test]
async fn a_call_a_text_message_and_a_whatsapp_message_of_one_number_are_one_contact() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let text = InboundEvent {
        channel: Channel::from_static("sms"),
        account: AccountId::new("17"),
        ..event(identity(phone(), &[]), 60, message("2", "where is my order?"))
    };
    file_all(&table, &[call("1", 0), text, says("3", 120, "hello, I called you")]).await;
    let items = cloud.items().await;
    assert_eq!(of_kind(&items, "CON#", "0").len(), 1);
    assert_eq!(of_kind(&items, "MSG#", "0").len(), 3);
    let of = async |id| table.contacts().find_identity(id).await.unwrap().unwrap().contact;
    assert_eq!(of(&phone()).await, of(&ada().id).await);
}

#[tokio::test]
async fn an_id_that_follows_another_by_the_platform_s_word_is_the_same_contact() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let new_phone = IdentityId::phone("+447700900222");
    let moved = identity(bsuid("GB.9"), std::slice::from_ref(&new_phone));
    let changed =
        Kind::IdentityChanged { previous: Some(ada().id), reason: "user_changed_number".into() };
    let said = |purpose: &str| Kind::ConsentChanged {
        purpose: purpose.into(),
        granted: false,
        detail: String::new(),
    };
    file_all(
        &table,
        &[
            says("1", 0, "hello"),
            event(identity(phone(), &[]), 5, said("all")),
            event(ada(), 6, said("marketing")),
            event(moved.clone(), 100, changed),
        ],
    )
    .await;
    let consents = table.contacts().find_identity(&bsuid("GB.9")).await.unwrap().unwrap().consents;
    assert_eq!(consents.keys().collect::<Vec<_>>(), ["all", "marketing"], "a no goes along");
    file_all(&table, &[event(moved, 200, message("2", "it is me, with another number"))]).await;
    let contact = table.contacts().find_identity(&ada().id).await.unwrap().unwrap().contact;
    for id in [bsuid("GB.9"), new_phone] {
        assert_eq!(table.contacts().find_identity(&id).await.unwrap().unwrap().contact, contact);
    }
    assert_eq!(
        table.contacts().find_identity(&phone()).await.unwrap(),
        None,
        "the old number is given up"
    );
    assert_eq!(of_kind(&cloud.items().await, "CON#", "0").len(), 1);
}

#[tokio::test]
async fn two_known_contacts_are_never_made_one() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let other = identity(bsuid("GB.2"), &[]);
    let said = event(other.clone(), 5, message("2", "hello"));
    let changed =
        Kind::IdentityChanged { previous: Some(ada().id), reason: "user_changed_user_id".into() };
    file_all(&table, &[says("1", 0, "hello"), said, event(other.clone(), 9, changed)]).await;
    let (ada, other) = (
        table.contacts().find_identity(&ada().id).await.unwrap(),
        table.contacts().find_identity(&other.id).await.unwrap(),
    );
    assert_ne!(ada.unwrap().contact, other.unwrap().contact);
}

#[tokio::test]
async fn a_no_before_the_first_message_is_remembered_and_the_last_word_counts() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let consent = |after, granted| {
        let said =
            Kind::ConsentChanged { purpose: "marketing".into(), granted, detail: "stop".into() };
        event(ada(), after, said)
    };
    file_all(&table, &[consent(5, false), consent(4, true), says("1", 10, "hello")]).await;
    let kept = table.contacts().find_identity(&ada().id).await.unwrap().unwrap();
    assert!(kept.contact.is_some() && !kept.consents["marketing"].granted);
}

#[tokio::test]
async fn the_window_opens_with_a_message_and_moves_in_steps() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let ours = AccountId::new("700800900100200");
    for (name, after, expected) in [("1", 0, 0), ("2", 599, 0), ("3", 700, 700), ("0", 650, 700)] {
        file_all(&table, &[says(name, after, "hello")]).await;
        let kept = table.contacts().find_identity(&ada().id).await.unwrap().unwrap();
        assert_eq!(
            kept.last_inbound(&WHATSAPP, &ours),
            Some(Timestamp::from_secs(START + expected))
        );
    }
}

/// Messages to and from one person: a colleague's, from the phone, goes to one spelling, the person's comes from the other.
fn both_spellings(with: &str, without: &str) -> [InboundEvent; 2] {
    let to = identity(IdentityId::phone(with), &[]);
    let from = identity(bsuid("BR.1"), &[IdentityId::phone(without)]);
    let ours = by_us(message("1", "bom dia"));
    [event(to, 0, ours), event(from, 60, message("2", "oi, e o pedido?"))]
}

#[tokio::test]
async fn a_number_in_both_spellings_of_its_country_is_one_contact() {
    for (one, other) in [
        ("+5588987654321", "+558887654321"),
        ("+525512345678", "+5215512345678"),
        ("+543512345678", "+5493512345678"),
    ] {
        let [ours, theirs] = both_spellings(one, other);
        one_contact(&[ours.clone(), theirs.clone()], one, other).await;
        one_contact(&[theirs, ours], other, one).await;
    }
}

/// Files both messages and fails unless they are of one contact, whose address is as it came first.
async fn one_contact(events: &[InboundEvent], first: &str, second: &str) {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let filed = file_all(&table, events).await;
    assert!(matches!(filed[1], Filed::Joined(_)), "{first}: {:?}", filed[1]);
    let of_id = table.contacts().find_identity(&bsuid("BR.1")).await.unwrap().unwrap();
    for spelling in [first, second] {
        let kept = table.contacts().find_identity(&IdentityId::phone(spelling)).await.unwrap();
        assert_eq!(kept.unwrap().contact, of_id.contact, "{spelling}");
    }
    let items = cloud.items().await;
    let heads = of_kind(&items, "CON#", "0");
    assert_eq!(heads.len(), 1);
    let ids = heads[0]["identities"].as_ss().unwrap();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert!(ids.contains(&format!("tel##{first}")), "as the platform wrote it first: {ids:?}");
}

#[tokio::test]
async fn a_fixed_line_and_the_mobile_number_that_looks_like_it_are_two_contacts() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let filed = file_all(&table, &both_spellings("+5585932345678", "+558532345678")).await;
    assert!(matches!(filed[1], Filed::Opened(_)), "{:?}", filed[1]);
    assert_eq!(of_kind(&cloud.items().await, "CON#", "0").len(), 2);
}

#[tokio::test]
async fn a_number_that_is_spelled_anew_is_not_given_up_and_one_that_is_taken_leaves_its_old_owner()
{
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let (with, without) = (IdentityId::phone("+5588987654321"), IdentityId::phone("+558887654321"));
    let known = identity(bsuid("BR.1"), std::slice::from_ref(&with));
    let changed = Kind::IdentityChanged {
        previous: Some(with.clone()),
        reason: "user_changed_number".into(),
    };
    let respelled = identity(bsuid("BR.1"), std::slice::from_ref(&without));
    file_all(&table, &[event(known, 0, message("1", "oi")), event(respelled, 9, changed)]).await;
    let before = table.contacts().find_identity(&with).await.unwrap().unwrap();
    assert!(before.contact.is_some(), "the number is still theirs");

    let stranger = identity(bsuid("BR.2"), std::slice::from_ref(&without));
    file_all(&table, &[event(stranger, 500, message("2", "oi, é da loja?"))]).await;
    let after = table.contacts().find_identity(&with).await.unwrap().unwrap();
    assert_ne!(after.contact, before.contact);
    let items = cloud.items().await;
    let ids = of_kind(&items, "CON#", "0").into_iter().filter_map(|it| it.get("identities"));
    let holds = |ids: &[String]| ids.iter().any(|it| it.starts_with("tel##"));
    assert_eq!(ids.filter(|it| holds(it.as_ss().unwrap())).count(), 1);
}
