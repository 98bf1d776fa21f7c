//! Lists that a candidate may be asked to sign.

use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::{Administrator, Candidacy};
use tsumugu_trust::testing::{TestKey, World};

use super::*;
use crate::enrolment::pending::PendingRole;
use crate::identity::text::Bytes;
use crate::identity::{AdministratorKeys, Exchange, Seed};

/// A candidate for a world with two administrators, both of whom have to sign.
fn candidate(world: &mut World) -> (Pending, PendingCandidacy, Administrator) {
    let new = world.new_administrator();
    let newest = world.directory().trust_list().unwrap().clone();
    let asked = Candidacy {
        invitation: world.random.id(),
        trust_list: newest.digest,
        administrator: new.line(),
        csr: Hash([1; 32]),
    };
    let keys = AdministratorKeys {
        id: new.id,
        seed: Seed::new(new.key.seed),
        sealing: Seed::new(new.sealing_seed),
    };
    let known_list = Bytes::new(world.entries[0].record.clone());
    let candidacy = PendingCandidacy { keys, known_list };
    let exchange = Exchange {
        origin: world.origin.clone(),
        address: "a:1".to_owned(),
        proxy: None,
        ca_pins: newest.body.ca_pins.clone(),
        log_keys: world.directory().log_keys(),
        root: world.fingerprint(),
        joined_under: newest.digest,
    };
    let pending = Pending {
        invitation: asked.invitation,
        exchange,
        role: PendingRole::Candidacy(candidacy.clone()),
        request: Bytes::new(world.signed(&asked, &[&new.key]).bytes()),
        mac: Hash([0; 32]),
        csr: Bytes::default(),
        tls_key: Bytes::default(),
    };
    (pending, candidacy, new.line())
}

#[test]
fn only_the_successor_with_this_candidate_added_is_signed() {
    let mut world = World::with_administrators(7, 2, 2);
    let (pending, candidacy, new) = candidate(&mut world);
    let known = world.directory().trust_list().unwrap().body.clone();
    let with = |administrators: &[Administrator]| {
        let mut administrators = administrators.to_vec();
        administrators.sort_by_key(|one| one.id);
        administrators
    };
    let all = with(&[known.administrators.as_slice(), std::slice::from_ref(&new)].concat());
    let good = TrustList { administrators: all.clone(), ..world.trust_list() };
    let keys: Vec<TestKey> = world.administrators.iter().map(|one| one.key.clone()).collect();
    let both: Vec<&TestKey> = keys.iter().collect();
    let result = |list: &TrustList, keys: &[&TestKey]| {
        let note = world.signed(list, keys).bytes();
        checked_text(&world.origin, &pending, &candidacy, &note).map_err(|failure| failure.key())
    };
    let text = result(&good, &both).unwrap();
    assert_eq!(text, world.signed(&good, &both).text());
    assert!(result(&TrustList { threshold: 3, ..good.clone() }, &both).is_ok());

    let stranger = World::new(9).administrators[0].line();
    let other_key = Administrator { key: stranger.key, ..new.clone() };
    let wrong = [
        TrustList { threshold: 1, ..good.clone() },
        TrustList { version: 3, ..good.clone() },
        TrustList { previous: Some(Hash([1; 32])), ..good.clone() },
        TrustList { administrators: known.administrators.clone(), ..good.clone() },
        TrustList {
            administrators: with(&[known.administrators[0].clone(), new.clone()]),
            ..good.clone()
        },
        TrustList { administrators: with(&[all.as_slice(), &[stranger]].concat()), ..good.clone() },
        TrustList {
            administrators: with(&[known.administrators.as_slice(), &[other_key]].concat()),
            ..good.clone()
        },
        TrustList { ca_pins: vec![Hash([1; 32])], ..good.clone() },
        TrustList { policy: Some(Hash([1; 32])), ..good.clone() },
    ];
    for (at, list) in wrong.iter().enumerate() {
        assert_eq!(result(list, &both), Err("enrolment.other-list"), "{at}");
    }
    assert_eq!(result(&good, &both[..1]), Err("enrolment.other-list"), "one of two signatures");
}
