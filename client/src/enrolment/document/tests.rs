//! Documents as an exchange, or somebody in its place, may hand them over.

use tsumugu_trust::statement::Purpose;
use tsumugu_trust::testing::World;
use tsumugu_trust::value::Id;

use super::*;

fn code() -> Code {
    Code::from_secret([7; 16])
}

fn invitation(world: &World) -> Invitation {
    Invitation {
        invitation: code().invitation_id(),
        purpose: Purpose::Administrator,
        subject: Id([9; 16]),
        number: None,
        name: None,
        kana: None,
        town: None,
        kind: None,
        telephone: None,
        fax: None,
        label: None,
        expires: Time(world.now.0 + 1),
        secret: Hash([1; 32]),
        trust_list: world.directory().trust_list().unwrap().digest,
    }
}

/// A world with two trust lists.
fn world() -> World {
    let mut world = World::new(7);
    let further = world.new_administrator();
    world.administrators.push(further);
    world.administrators.sort_by_key(|one| one.id);
    world.threshold = 2;
    let list = world.by_administrators(&world.trust_list());
    world.append(&list);
    world
}

fn content(world: &World) -> v1::InvitationContent {
    let list = world.directory().trust_list().unwrap();
    let by = world.signed(&invitation(world), &[&world.administrators[0].key]);
    v1::InvitationContent {
        origin: world.origin.to_string(),
        log_vkeys: world.directory().log_keys().iter().map(ToString::to_string).collect(),
        ca_pins: list.body.ca_pins.iter().map(|pin| pin.0.to_vec().into()).collect(),
        trust_lists: world.entries.iter().map(|entry| entry.record.clone().into()).collect(),
        invitation: by.bytes().into(),
        terminal_of: String::new(),
    }
}

fn sealed(content: &v1::InvitationContent) -> v1::InvitationDocument {
    let content = content.encode_to_vec();
    let mac = code().document_mac(&content).0.to_vec();
    v1::InvitationDocument { content: content.into(), mac: mac.into() }
}

fn key(content: &v1::InvitationContent) -> &'static str {
    check(&sealed(content), &code()).map_or_else(|failure| failure.key(), |_| "ok")
}

#[test]
fn an_honest_document_gives_what_it_says() {
    let world = world();
    let document = check(&sealed(&content(&world)), &code()).unwrap();
    assert_eq!(document.invitation, Some(invitation(&world)));
    let exchange = document.exchange("exchange.example:443").unwrap();
    assert_eq!(exchange.root, world.fingerprint());
    assert_eq!(exchange.joined_under, world.directory().trust_list().unwrap().digest);
    assert_eq!(exchange.log_keys, world.directory().log_keys());
}

#[test]
fn at_bootstrap_there_is_no_list_and_no_invitation() {
    let world = world();
    let bootstrap = v1::InvitationContent {
        trust_lists: Vec::new(),
        invitation: Vec::new().into(),
        ..content(&world)
    };
    let document = check(&sealed(&bootstrap), &code()).unwrap();
    assert!(document.invitation.is_none() && document.exchange("a:1").is_none());
    assert_eq!(document.log_keys, world.directory().log_keys());
    for wrong in [
        v1::InvitationContent { log_vkeys: Vec::new(), ..bootstrap.clone() },
        v1::InvitationContent { log_vkeys: vec!["x".to_owned()], ..bootstrap.clone() },
        v1::InvitationContent { origin: "other.example".to_owned(), ..bootstrap.clone() },
        v1::InvitationContent { ca_pins: Vec::new(), ..bootstrap.clone() },
        v1::InvitationContent { ca_pins: vec![vec![0; 31].into()], ..bootstrap.clone() },
        v1::InvitationContent { invitation: content(&world).invitation, ..bootstrap.clone() },
    ] {
        assert_eq!(key(&wrong), "enrolment.bad-document");
    }
}

#[test]
fn a_document_under_another_secret_is_an_alarm() {
    let mut document = sealed(&content(&world()));
    let other = check(&document, &Code::from_secret([8; 16])).unwrap_err();
    assert_eq!(other.key(), "enrolment.wrong-document");
    let mut bytes = document.content.to_vec();
    bytes[40] ^= 1;
    document.content = bytes.into();
    assert_eq!(check(&document, &code()).unwrap_err().key(), "enrolment.wrong-document");
    document.mac = Vec::new().into();
    assert_eq!(check(&document, &code()).unwrap_err().key(), "enrolment.wrong-document");
}

#[test]
fn lists_and_invitation_keep_their_rules() {
    let world = world();
    let good = content(&world);
    assert_eq!(key(&good), "ok");
    let lists = |lists: &[usize]| {
        let trust_lists = lists.iter().map(|at| good.trust_lists[*at].clone()).collect();
        v1::InvitationContent { trust_lists, ..good.clone() }
    };
    let mut tick = lists(&[0, 1]);
    tick.trust_lists.push(world.unsigned(&tsumugu_trust::statement::Tick {}).bytes().into());
    let by = |invitation: Invitation, keys: &[&tsumugu_trust::testing::TestKey]| {
        let invitation = world.signed(&invitation, keys).bytes().into();
        v1::InvitationContent { invitation, ..good.clone() }
    };
    let first = &world.administrators[0].key;
    let second = &world.administrators[1].key;
    let stranger = World::new(8).administrators[0].key.clone();
    let wrong = [
        lists(&[0]),
        lists(&[1]),
        lists(&[1, 0]),
        lists(&[0, 0]),
        lists(&[]),
        tick,
        by(invitation(&world), &[&stranger]),
        by(invitation(&world), &[first, second]),
        by(Invitation { invitation: Id([1; 16]), ..invitation(&world) }, &[first]),
        by(Invitation { trust_list: world.fingerprint(), ..invitation(&world) }, &[first]),
        v1::InvitationContent { invitation: Vec::new().into(), ..good.clone() },
        v1::InvitationContent { invitation: good.trust_lists[0].clone(), ..good.clone() },
        v1::InvitationContent { origin: "other.example".to_owned(), ..good.clone() },
        v1::InvitationContent { origin: "A B".to_owned(), ..good.clone() },
    ];
    for (at, wrong) in wrong.iter().enumerate() {
        assert_eq!(key(wrong), "enrolment.bad-document", "{at}");
    }
}
