//! Rules 1 and 2: trust lists, and what administrators sign.

use super::*;
use crate::note::SigningKey;
use crate::statement::{
    BytesRef, CatalogueFile, CatalogueRelease, LogKey, MAX_ADMINISTRATORS, Malformed, Purpose,
    StandingState, Tick, sign,
};
use crate::testing::{TestAdministrator, TestKey};

fn keys(administrators: &[TestAdministrator]) -> Vec<&TestKey> {
    administrators.iter().map(|administrator| &administrator.key).collect()
}

#[test]
fn entry_0_is_trust_list_1_by_its_own_threshold() {
    let mut world = World::empty(1, 2, 2);
    let tick = world.unsigned(&Tick {});
    assert!(is_continuity(&refusal(&mut world, &tick)));
    let list = world.trust_list();
    let by_one = world.signed(&list, &keys(&world.administrators[..1]));
    assert_eq!(refusal(&mut world, &by_one), Refusal::Signature);
    let stranger = world.new_administrator();
    let mut three = keys(&world.administrators);
    three.push(&stranger.key);
    let with_stranger = world.signed(&list, &three);
    assert_eq!(refusal(&mut world, &with_stranger), Refusal::Signature);
    let mut second = list.clone();
    (second.version, second.previous) = (2, Some(crate::hash::sha256(&[])));
    let second = world.by_administrators(&second);
    assert!(is_continuity(&refusal(&mut world, &second)));
    let good = world.by_administrators(&list);
    let mut late = Directory::new(world.origin.clone());
    let elsewhere = LogPosition::of_clear(0, 1, world.now);
    assert!(is_continuity(&late.apply(elsewhere, &good).unwrap_err()));
    assert_eq!(world.append(&good), 0);
    assert_eq!(world.directory().root_fingerprint(), Some(good.digest()));
    assert!(is_continuity(&refusal(&mut world, &good)));
}

#[test]
fn a_list_is_signed_by_both_lists_thresholds() {
    for threshold in [1, 2] {
        let mut world = World::with_administrators(1, 2, threshold);
        let old = world.administrators.clone();
        let new: Vec<_> = (0..2).map(|_| world.new_administrator()).collect();
        let mut list = world.trust_list();
        list.administrators = new.iter().map(TestAdministrator::line).collect();
        list.administrators.sort_by_key(|administrator| administrator.id);
        let (old, new) = (keys(&old), keys(&new));
        let both = |o: usize, n: usize| world.signed(&list, &[&old[..o], &new[..n]].concat());
        let (only_old, only_new) = (both(threshold, 0), both(0, threshold));
        let (less_old, less_new) = (both(threshold - 1, threshold), both(threshold, threshold - 1));
        let good = both(threshold, threshold);
        for wrong in [only_old, only_new, less_old, less_new] {
            assert_eq!(refusal(&mut world, &wrong), Refusal::Signature);
        }
        world.append(&good);
        assert_eq!(world.directory().trust_lists().len(), 2);
    }
}

#[test]
fn an_administrator_of_both_lists_signs_once() {
    for (signers, good) in [("ab", true), ("abc", true), ("ac", false), ("bc", false), ("a", false)]
    {
        let mut world = World::with_administrators(1, 2, 2);
        let (a, b) = (world.administrators[0].clone(), world.administrators[1].clone());
        let c = world.new_administrator();
        world.administrators.push(c.clone());
        world.administrators.sort_by_key(|administrator| administrator.id);
        let by = |name| match name {
            'a' => &a.key,
            'b' => &b.key,
            _ => &c.key,
        };
        let list = world.signed(&world.trust_list(), &signers.chars().map(by).collect::<Vec<_>>());
        if good {
            world.append(&list);
        } else {
            assert_eq!(refusal(&mut world, &list), Refusal::Signature, "{signers}");
        }
    }
}

#[test]
fn an_administrator_may_take_a_new_key() {
    let mut world = World::new(1);
    let old = world.administrators[0].key.clone();
    world.administrators[0].key.seed = [9; 32];
    let list = world.trust_list();
    let new = world.administrators[0].key.clone();
    let by_old = world.signed(&list, &[&old]);
    assert_eq!(refusal(&mut world, &by_old), Refusal::Signature);
    let by_new = world.signed(&list, &[&new]);
    assert_eq!(refusal(&mut world, &by_new), Refusal::Signature);
    world.append(&world.signed(&list, &[&old, &new]));
    // The old key is the same holder's for ever: it may come back, and nobody else may have it.
    let other = world.new_administrator();
    let stolen =
        TestAdministrator { key: TestKey { name: other.key.name.clone(), ..old }, ..other };
    world.administrators.push(stolen.clone());
    world.administrators.sort_by_key(|administrator| administrator.id);
    let list = world.signed(&world.trust_list(), &[&new, &stolen.key]);
    assert_eq!(refusal(&mut world, &list), Refusal::DuplicateKey);
}

#[test]
fn a_list_continues_the_one_before() {
    let mut world = World::new(1);
    let good = world.trust_list();
    let mut skipped = good.clone();
    skipped.version += 1;
    let mut other = good.clone();
    other.previous = Some(crate::hash::sha256(&[]));
    for wrong in [skipped, other] {
        let wrong = world.by_administrators(&wrong);
        assert!(is_continuity(&refusal(&mut world, &wrong)));
    }
    let mut foreign_log = good.clone();
    let key = SigningKey::from_seed("other.example", &[1; 32]).unwrap();
    foreign_log.logs = vec![LogKey(key.verifying_key().clone())];
    let foreign_log = world.by_administrators(&foreign_log);
    assert!(is_continuity(&refusal(&mut world, &foreign_log)));
    let elsewhere = sign(&"other.example".parse().unwrap(), &good, &[&key]).unwrap();
    assert_eq!(refusal(&mut world, &elsewhere), Refusal::OtherOrigin);
    world.append(&world.by_administrators(&good));
}

#[test]
fn a_list_has_1_to_5_administrators_and_a_threshold_within() {
    let mut world = World::new(1);
    while world.administrators.len() < MAX_ADMINISTRATORS + 1 {
        let next = world.new_administrator();
        world.administrators.push(next);
        world.administrators.sort_by_key(|administrator| administrator.id);
    }
    let six = world.trust_list();
    let key = world.log_key.signing();
    let made = |list: &crate::statement::TrustList| sign(&world.origin, list, &[&key]).map(|_| ());
    let refused =
        |list: &crate::statement::TrustList| matches!(made(list), Err(Malformed::Together(_)));
    assert!(refused(&six));
    let mut five = six.clone();
    five.administrators.pop();
    assert_eq!(made(&five), Ok(()));
    five.threshold = 5;
    assert_eq!(made(&five), Ok(()));
    for threshold in [0, 6] {
        five.threshold = threshold;
        assert!(refused(&five), "{threshold}");
    }
    five.threshold = 1;
    let line =
        |change: fn(&mut crate::statement::Administrator, &crate::statement::Administrator)| {
            let mut list = five.clone();
            let first = list.administrators[0].clone();
            change(&mut list.administrators[1], &first);
            list
        };
    assert!(refused(&line(|a, first| a.id = first.id)));
    assert!(refused(&line(|a, first| a.key = first.key)));
    assert!(refused(&line(|a, first| a.recipient = first.recipient.clone())));
    let mut none = five.clone();
    none.administrators.clear();
    assert!(refused(&none));
}

#[test]
fn a_threshold_is_met_exactly() {
    for threshold in [1, 2] {
        let mut world = World::with_administrators(1, 3, threshold);
        let new = world.new_institution("流山総合病院", InstitutionKind::Hospital);
        let by =
            |world: &World, n: usize| world.signed(&new.record, &keys(&world.administrators[..n]));
        let (more, good) = (by(&world, threshold + 1), by(&world, threshold));
        assert_eq!(refusal(&mut world, &more), Refusal::Signature);
        if threshold == 2 {
            let less = by(&world, 1);
            assert_eq!(refusal(&mut world, &less), Refusal::Signature);
        }
        let stranger = world.new_administrator();
        let mut signers = keys(&world.administrators[..threshold - 1]);
        signers.push(&stranger.key);
        let wrong = world.signed(&new.record, &signers);
        assert_eq!(refusal(&mut world, &wrong), Refusal::Signature);
        world.append(&good);
    }
}

#[test]
fn only_the_newest_list_signs() {
    let mut world = World::new(1);
    let old = world.administrators[0].clone();
    let new = world.new_administrator();
    world.administrators = vec![new.clone()];
    world.append(&world.signed(&world.trust_list(), &[&old.key, &new.key]));
    let applicant = world.new_institution("流山総合病院", InstitutionKind::Hospital);
    let by_old = world.signed(&applicant.record, &[&old.key]);
    assert_eq!(refusal(&mut world, &by_old), Refusal::Signature);
    world.append(&world.signed(&applicant.record, &[&new.key]));
}

#[test]
fn every_kind_that_administrators_sign_needs_them() {
    let (mut world, hospital, _) = pair();
    let content = BytesRef { digest: crate::hash::sha256(&[]), length: 0 };
    let files = vec![CatalogueFile { name: "forms.toml".into(), content }];
    let release = CatalogueRelease { version: 1, files };
    let by_institution = world.by_institution(&hospital, &release);
    assert_eq!(refusal(&mut world, &by_institution), Refusal::Signature);
    let skipped = world.by_administrators(&CatalogueRelease { version: 2, ..release.clone() });
    assert!(is_continuity(&refusal(&mut world, &skipped)));
    world.append(&world.by_administrators(&release));
    assert_eq!(world.directory().catalogues().len(), 1);
    let record = world.by_institution(&hospital, &hospital.record);
    assert_eq!(refusal(&mut world, &record), Refusal::Signature);
    let lines = crate::statement::Standing {
        institution: hospital.id,
        version: 1,
        state: StandingState::Suspended,
    };
    let standing = world.by_institution(&hospital, &lines);
    assert_eq!(refusal(&mut world, &standing), Refusal::Signature);
}

#[test]
fn one_administrator_signs_an_invitation() {
    let mut world = World::with_administrators(1, 2, 2);
    let invitation = super::requests::invitation(&mut world, Purpose::Member);
    let both = world.signed(&invitation, &keys(&world.administrators));
    let one = world.signed(&invitation, &keys(&world.administrators[1..]));
    let stranger = world.new_administrator();
    let by_stranger = world.signed(&invitation, &[&stranger.key]);
    let at = now(&world);
    let check = |statement| check_invitation(world.directory(), at, statement);
    assert_eq!(check(&one), Ok(invitation));
    assert_eq!(check(&both), Err(Refusal::Signature));
    assert_eq!(check(&by_stranger), Err(Refusal::Signature));
}
