//! Rules 3 to 6, for what institutions are and sign in clear leaves.

use super::*;
use crate::note::SigningKey;
use crate::statement::{
    Institution, KeySet, Profile, RemovalReason, Standing, StandingState, Terminal,
    TerminalRemoved, Yes, sign,
};
use crate::testing::TestKey;
use crate::value::{Id, Role};

fn record(world: &mut World, name: &str) -> Institution {
    world.new_institution(name, InstitutionKind::Clinic).record
}

fn refused_record(world: &mut World, record: &Institution) -> Refusal {
    let statement = world.by_administrators(record);
    refusal(world, &statement)
}

#[test]
fn records_are_numbered_without_gaps_and_never_replayed() {
    let (mut world, hospital, _) = pair();
    let mut first = record(&mut world, "新しい診療所");
    first.version = 2;
    assert!(is_continuity(&refused_record(&mut world, &first)));
    let mut next = hospital.record.clone();
    next.version = 2;
    next.telephone = "04-7000-9999".parse().unwrap();
    world.append(&world.by_administrators(&next));
    // The exchange replays version 1, which the administrators did sign once.
    assert!(is_continuity(&refused_record(&mut world, &hospital.record)));
    assert!(is_continuity(&refused_record(&mut world, &next)));
    next.version = 4;
    assert!(is_continuity(&refused_record(&mut world, &next)));
}

#[test]
fn standings_profiles_and_key_sets_are_never_replayed() {
    let (mut world, mut hospital, _) = pair();
    let profile = world.by_institution(&hospital, &hospital.profile);
    assert!(is_continuity(&refusal(&mut world, &profile)));
    let skipped = Profile { version: 3, ..hospital.profile.clone() };
    let skipped = world.by_institution(&hospital, &skipped);
    assert!(is_continuity(&refusal(&mut world, &skipped)));
    let suspended = world.standing(hospital.id, StandingState::Suspended);
    world.append(&suspended);
    world.append(&world.standing(hospital.id, StandingState::Active));
    assert!(is_continuity(&refusal(&mut world, &suspended)));
    let first = world.by_institution(&hospital, &hospital.key_set);
    let second = world.rotate_key_set(&mut hospital);
    world.append(&second);
    for replayed in [first, second] {
        assert!(is_continuity(&refusal(&mut world, &replayed)));
    }
}

#[test]
fn a_key_set_continues_the_one_before() {
    let (mut world, mut hospital, _) = pair();
    let before = hospital.key_set.clone();
    world.rotate_key_set(&mut hospital);
    let good = hospital.key_set.clone();
    for wrong in [
        KeySet { number: 3, ..good.clone() },
        KeySet { previous: Some(crate::hash::sha256(&[])), ..good.clone() },
        KeySet { number: 1, previous: None, ..good.clone() },
    ] {
        let wrong = world.by_institution(&hospital, &wrong);
        assert!(is_continuity(&refusal(&mut world, &wrong)));
    }
    // The same recipient may stand in a later key set of the same institution.
    world.append(&world.by_institution(&hospital, &KeySet { recipient: before.recipient, ..good }));
}

#[test]
fn a_number_belongs_to_one_institution() {
    let (mut world, hospital, office) = pair();
    let mut new = record(&mut world, "新しい診療所");
    new.number = hospital.record.number.clone();
    assert_eq!(refused_record(&mut world, &new), Refusal::DuplicateNumber);
    let mut renumbered = office.record;
    (renumbered.version, renumbered.number) = (2, hospital.record.number.clone());
    assert_eq!(refused_record(&mut world, &renumbered), Refusal::DuplicateNumber);
}

#[test]
fn a_name_that_can_be_confused_needs_a_label() {
    let (mut world, hospital, _) = pair();
    let mut new = record(&mut world, "医療法人社団 流山 総合病院");
    let confusable = Refusal::ConfusableName { with: hospital.id };
    assert_eq!(refused_record(&mut world, &new), confusable);
    new.label = Some("東".parse().unwrap());
    world.append(&world.by_administrators(&new));
    let mut third = record(&mut world, "流山総合病院");
    third.label = Some("（東）".parse().unwrap());
    let confusable = Refusal::ConfusableName { with: new.institution };
    assert_eq!(refused_record(&mut world, &third), confusable);
    third.label = Some("西".parse().unwrap());
    world.append(&world.by_administrators(&third));
}

#[test]
fn a_name_given_up_may_be_taken() {
    let (mut world, hospital, _) = pair();
    let mut renamed = hospital.record.clone();
    (renamed.version, renamed.name) = (2, "おおたか総合病院".parse().unwrap());
    world.append(&world.by_administrators(&renamed));
    let new = record(&mut world, "流山総合病院");
    world.append(&world.by_administrators(&new));
    (renamed.version, renamed.name) = (3, "流山総合病院".parse().unwrap());
    let confusable = Refusal::ConfusableName { with: new.institution };
    assert_eq!(refused_record(&mut world, &renamed), confusable);
}

#[test]
fn a_signature_key_has_one_holder_and_one_role_for_ever() {
    let (mut world, mut hospital, office) = pair();
    let administrator = world.administrators[0].key.public();
    let retired = hospital.key.public();
    hospital.key.seed = [8; 32];
    let mut restored = hospital.record.clone();
    (restored.version, restored.key) = (2, Some(hospital.key.public()));
    world.append(&world.by_administrators(&restored));
    let (terminal, other) = (office.terminal.key.public(), office.key.public());
    for key in [administrator, retired, terminal, other] {
        let mut new = record(&mut world, "新しい診療所");
        new.key = Some(key);
        assert_eq!(refused_record(&mut world, &new), Refusal::DuplicateKey);
        let (institution, id) = (office.id, world.random.id());
        let new = Terminal { institution, terminal: id, key };
        let new = world.by_institution(&office, &new);
        assert_eq!(refusal(&mut world, &new), Refusal::DuplicateKey);
    }
    // A later version keeps its key, and may take an old one of its own again.
    (restored.version, restored.key) = (3, Some(retired));
    world.append(&world.by_administrators(&restored));
}

#[test]
fn an_institution_s_key_is_no_administrator_s_nor_the_reverse() {
    let (mut world, _, office) = pair();
    let old = world.administrators[0].key.clone();
    world.administrators[0].key.seed = office.key.seed;
    let new = world.administrators[0].key.clone();
    let list = world.signed(&world.trust_list(), &[&old, &new]);
    assert_eq!(refusal(&mut world, &list), Refusal::DuplicateKey);
}

#[test]
fn a_worker_s_key_is_bound_by_the_exchange() {
    let (mut world, hospital, office) = pair();
    let worker = &hospital.worker;
    let key = worker.key.public();
    let directory = world.chain.directory_mut();
    assert_eq!(directory.bind_worker_key(&key, worker.id), Ok(()));
    assert_eq!(directory.bind_worker_key(&key, worker.id), Ok(()));
    let holder = Holder { role: Role::Worker, id: worker.id, key_use: KeyUse::Signature };
    assert_eq!(directory.bind_worker_key(&key, office.worker.id), Err(holder));
    assert_eq!(directory.holder_of(&key), Some(holder));
    let terminal = office.terminal.key.public();
    assert!(directory.bind_worker_key(&terminal, worker.id).is_err());
    let id = world.random.id();
    let new =
        world.by_institution(&office, &Terminal { institution: office.id, terminal: id, key });
    assert_eq!(refusal(&mut world, &new), Refusal::DuplicateKey);
}

#[test]
fn a_recipient_has_one_holder() {
    let (mut world, mut hospital, office) = pair();
    world.rotate_key_set(&mut hospital);
    let administrator = world.administrators[0].line().recipient;
    for recipient in [office.key_set.recipient.clone(), administrator] {
        let set = KeySet { recipient, ..hospital.key_set.clone() };
        let set = world.by_institution(&hospital, &set);
        assert_eq!(refusal(&mut world, &set), Refusal::DuplicateKey);
    }
    world.administrators[0].sealing_seed = *hospital.sealing_seeds.first().unwrap();
    let list = world.by_administrators(&world.trust_list());
    assert_eq!(refusal(&mut world, &list), Refusal::DuplicateKey);
}

#[test]
fn what_an_institution_signs_verifies_under_its_newest_key() {
    let (mut world, mut hospital, office) = pair();
    let profile = Profile { version: 2, ..hospital.profile.clone() };
    let terminal_removed = world.remove_terminal(&hospital);
    let old = hospital.key.clone();
    hospital.key.seed = [8; 32];
    let mut restored = hospital.record.clone();
    (restored.version, restored.key) = (2, Some(hospital.key.public()));
    world.append(&world.by_administrators(&restored));
    for wrong in [&old, &office.key, &hospital.terminal.key] {
        let statement = world.signed(&profile, &[wrong]);
        assert_eq!(refusal(&mut world, &statement), Refusal::Signature);
    }
    let both = world.signed(&profile, &[&hospital.key, &office.key]);
    assert_eq!(refusal(&mut world, &both), Refusal::Signature);
    assert_eq!(refusal(&mut world, &terminal_removed), Refusal::Signature);
    world.append(&world.by_institution(&hospital, &profile));
    // The restore has ended the terminals that were there.
    let ended = &world.directory().member(hospital.id).unwrap().terminals[&hospital.terminal.id];
    assert_eq!(ended.removed.unwrap().1, RemovalReason::Lost);
}

#[test]
fn a_terminal_is_admitted_once_ever() {
    let (mut world, hospital, office) = pair();
    let again = world.by_institution(&hospital, &hospital.terminal_lines());
    assert!(is_continuity(&refusal(&mut world, &again)));
    let mut stolen = office.terminal_lines();
    stolen.institution = hospital.id;
    let stolen = world.by_institution(&hospital, &stolen);
    assert!(is_continuity(&refusal(&mut world, &stolen)));
    world.append(&world.remove_terminal(&hospital));
    assert!(is_continuity(&refusal(&mut world, &again)));
    let mut other_key = hospital.terminal.clone();
    other_key.key.seed = [8; 32];
    let other_key = world.admit_terminal(&hospital, &other_key);
    assert!(is_continuity(&refusal(&mut world, &other_key)));
}

#[test]
fn a_removal_is_by_the_institution_or_the_administrators() {
    let (mut world, hospital, office) = pair();
    let lines = TerminalRemoved {
        institution: hospital.id,
        terminal: hospital.terminal.id,
        reason: RemovalReason::Lost,
    };
    let by_other = world.by_institution(&office, &lines);
    assert_eq!(refusal(&mut world, &by_other), Refusal::Signature);
    let unknown = TerminalRemoved { terminal: office.terminal.id, ..lines.clone() };
    let unknown = world.by_institution(&hospital, &unknown);
    assert_eq!(refusal(&mut world, &unknown), Refusal::UnknownParty);
    world.append(&world.by_administrators(&lines));
    let again = world.by_institution(&hospital, &lines);
    assert!(is_continuity(&refusal(&mut world, &again)));
}

#[test]
fn a_suspended_institution_may_only_remove_its_terminals() {
    let (mut world, mut hospital, _) = pair();
    world.append(&world.standing(hospital.id, StandingState::Suspended));
    let new = world.new_terminal();
    let statements = [
        world.by_institution(&hospital, &Profile { version: 2, ..hospital.profile.clone() }),
        world.rotate_key_set(&mut hospital),
        world.admit_terminal(&hospital, &new),
    ];
    for statement in &statements {
        assert_eq!(refusal(&mut world, statement), Refusal::Suspended);
    }
    world.append(&world.remove_terminal(&hospital));
    world.append(&world.standing(hospital.id, StandingState::Active));
    for statement in &statements {
        world.append(statement);
    }
}

#[test]
fn nobody_of_that_id() {
    let (mut world, _, _) = pair();
    let nobody = Id([7; 16]);
    let key = TestKey { name: world.origin.key_name(Role::Institution, nobody), seed: [7; 32] };
    let state = StandingState::Active;
    let standing = Standing { institution: nobody, version: 1, state };
    let standing = world.by_administrators(&standing);
    assert_eq!(refusal(&mut world, &standing), Refusal::UnknownParty);
    let terminal = Terminal { institution: nobody, terminal: nobody, key: key.public() };
    let terminal = world.signed(&terminal, &[&key]);
    assert_eq!(refusal(&mut world, &terminal), Refusal::UnknownParty);
    let mut new = record(&mut world, "新しい診療所");
    for predecessor in [nobody, new.institution] {
        new.predecessor = Some(predecessor);
        assert!(is_continuity(&refused_record(&mut world, &new)));
    }
}

#[test]
fn a_fax_only_entry_signs_nothing() {
    let (mut world, _, _) = pair();
    let mut entry = world.new_institution("ファクスだけの診療所", InstitutionKind::Clinic);
    (entry.record.key, entry.record.invitation) = (None, None);
    (entry.record.fax_only, entry.record.fax) =
        (Some(Yes::Yes), Some("04-7000-0002".parse().unwrap()));
    world.append(&world.by_administrators(&entry.record));
    assert!(!world.directory().member(entry.id).unwrap().is_active());
    let terminal = world.by_institution(&entry, &entry.terminal_lines());
    assert_eq!(refusal(&mut world, &terminal), Refusal::Signature);
}

#[test]
fn a_statement_for_another_log() {
    let (mut world, hospital, _) = pair();
    let origin = "other.example".parse().unwrap();
    let key = SigningKey::from_seed(&hospital.key.name, &hospital.key.seed).unwrap();
    let profile = Profile { version: 2, ..hospital.profile };
    let statement = sign(&origin, &profile, &[&key]).unwrap();
    assert_eq!(refusal(&mut world, &statement), Refusal::OtherOrigin);
}
