//! Who is who: what the table holds of people after messages, numbers that change hands and the platform's word.

use domain::event::{Identity, InboundEvent, Kind};
use domain::filing::identity::Consent;
use domain::id::{AccountId, Channel, IdentityId};
use domain::time::Timestamp;
use embedded::Cloud;

use crate::support::{
    START, WHATSAPP, ada, bsuid, call, event, file_all, message, of_kind, phone, says, table,
};

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
            table.find_identity(&ada().id).await.unwrap(),
            table.find_identity(&phone()).await.unwrap(),
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
    let before = table.find_identity(&phone()).await.unwrap().unwrap();
    assert_eq!(
        before.consents["all"],
        Consent { granted: false, at: Timestamp::from_secs(START + 9) }
    );

    let stranger = identity(bsuid("GB.7"), &[phone()]);
    file_all(&table, &[event(stranger, 500, message("3", "hello, is this the lamp shop?"))]).await;
    let after = table.find_identity(&phone()).await.unwrap().unwrap();
    assert_ne!(after.contact, before.contact);
    assert!(after.recycled && after.consents.is_empty() && after.inbound.is_empty());
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
    let of = async |id| table.find_identity(id).await.unwrap().unwrap().contact;
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
    file_all(&table, &[says("1", 0, "hello"), event(moved.clone(), 100, changed)]).await;
    file_all(&table, &[event(moved, 200, message("2", "it is me, with another number"))]).await;
    let contact = table.find_identity(&ada().id).await.unwrap().unwrap().contact;
    for id in [bsuid("GB.9"), new_phone] {
        assert_eq!(table.find_identity(&id).await.unwrap().unwrap().contact, contact);
    }
    assert_eq!(table.find_identity(&phone()).await.unwrap(), None, "the old number is given up");
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
        table.find_identity(&ada().id).await.unwrap(),
        table.find_identity(&other.id).await.unwrap(),
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
    let kept = table.find_identity(&ada().id).await.unwrap().unwrap();
    assert!(kept.contact.is_some() && !kept.consents["marketing"].granted);
}

#[tokio::test]
async fn the_window_opens_with_a_message_and_moves_in_steps() {
    let cloud = Cloud::start().await;
    let table = table(&cloud.process());
    let ours = AccountId::new("700800900100200");
    for (name, after, expected) in [("1", 0, 0), ("2", 599, 0), ("3", 700, 700), ("0", 650, 700)] {
        file_all(&table, &[says(name, after, "hello")]).await;
        let kept = table.find_identity(&ada().id).await.unwrap().unwrap();
        assert_eq!(
            kept.last_inbound(&WHATSAPP, &ours),
            Some(Timestamp::from_secs(START + expected))
        );
    }
}
