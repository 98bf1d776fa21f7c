//! Rules 6 to 8: statements behind private leaves, at their place.

use super::*;
use crate::note::VerifyingKey;
use crate::statement::{Answer, Destination, Envelope, StandingState, WorkerRemoved};
use crate::value::{Id, Role, Unit};

fn check(world: &World, letter: &crate::testing::TestLetter) -> Result<CheckedEnvelope, Refusal> {
    let (directory, lines) = (world.directory(), &letter.lines);
    let checked = check_envelope(directory, now(world), &letter.envelope);
    // A sender asks before it signs, and hears the same.
    let terminals = directory.member(lines.from).map(|member| &member.terminals);
    for (id, terminal) in terminals.into_iter().flatten() {
        let name = directory.origin().key_name(Role::Terminal, *id);
        let key = VerifyingKey::new(&name, terminal.key.0).unwrap();
        if letter.envelope.is_signed_by(&key) {
            let before = check_before_signing(directory, now(world), lines, &key);
            assert_eq!(before, checked.clone().map(drop));
        }
    }
    checked
}

#[test]
fn an_envelope_that_keeps_the_rules() {
    let (mut world, hospital, office) = pair();
    let letter = world.compose(&hospital, &office, |_| {});
    let checked = check(&world, &letter).unwrap();
    assert_eq!((checked.envelope(), checked.digest()), (&letter.lines, letter.envelope.digest()));
    assert_eq!(checked.terminal(), hospital.terminal.id);
    let opened = world.opened(&letter, &office);
    assert_eq!(check_envelope(world.directory(), now(&world), &opened), Err(Refusal::WrongKind));
}

#[test]
fn an_envelope_is_from_the_institution_of_the_terminal_that_signs() {
    let (mut world, hospital, office) = pair();
    let letter = world.compose(&hospital, &office, |_| {});
    let check_signed = |world: &World, keys: &[&crate::testing::TestKey]| {
        check_envelope(world.directory(), now(world), &world.signed(&letter.lines, keys))
    };
    let (own, other) = (&hospital.terminal.key, &office.terminal.key);
    assert!(check_signed(&world, &[own]).is_ok());
    for keys in [&[other][..], &[own, other], &[&hospital.key], &[&hospital.worker.key]] {
        assert_eq!(check_signed(&world, keys).unwrap_err(), Refusal::Signature);
    }
    let unknown = world.compose(&hospital, &office, |lines| lines.from = Id([9; 16]));
    assert_eq!(check(&world, &unknown).unwrap_err(), Refusal::UnknownParty);
}

#[test]
fn signatures_count_between_admission_and_removal() {
    let (mut world, hospital, office) = pair();
    let second = world.new_terminal();
    let mut hospital = hospital;
    hospital.terminal = second.clone();
    let letter = world.compose(&hospital, &office, |_| {});
    assert_eq!(check(&world, &letter).unwrap_err(), Refusal::Signature, "never admitted");
    let before = world.next_position();
    let admitted = world.append(&world.admit_terminal(&hospital, &second));
    let between = world.append(&letter.envelope);
    let removed = world.append(&world.remove_terminal(&hospital));
    let at = |at| check_envelope(world.directory(), at, &letter.envelope).map(|c| c.terminal());
    assert_eq!(at(world.position(between)), Ok(second.id));
    for outside in [world.position(admitted), world.position(removed), world.next_position()] {
        assert_eq!(at(outside), Err(Refusal::NotAdmitted));
    }
    // The clear chain decides, whatever time or index the exchange states.
    let place = |number, index, time| LogPosition::of_private(number, index, time);
    let number = world.position(admitted).clear;
    let far = world.position(removed);
    assert_eq!(at(place(number, far.index + 9, far.time)), Ok(second.id));
    assert_eq!(at(place(number - 1, far.index, far.time)), Err(Refusal::NotAdmitted));
    assert_eq!(at(place(far.clear, before.index, before.time)), Err(Refusal::NotAdmitted));
}

#[test]
fn both_institutions_take_part() {
    let (mut world, hospital, office) = pair();
    let letter = world.compose(&hospital, &office, |_| {});
    for (who, refused) in
        [(hospital.id, Refusal::Suspended), (office.id, Refusal::RecipientInactive)]
    {
        let before = world.next_position();
        world.append(&world.standing(who, StandingState::Suspended));
        assert_eq!(check(&world, &letter).unwrap_err(), refused);
        // What came before the suspension stays good.
        let earlier = world.position(before.index - 1);
        assert!(check_envelope(world.directory(), earlier, &letter.envelope).is_ok());
        world.append(&world.standing(who, StandingState::Active));
        assert!(check(&world, &letter).is_ok());
    }
    let stranger = world.compose(&hospital, &office, |lines| lines.to.institution = Id([9; 16]));
    assert_eq!(check(&world, &stranger).unwrap_err(), Refusal::UnknownParty);
}

#[test]
fn a_recipient_that_is_reached_by_fax_only() {
    let (mut world, hospital, office) = pair();
    let mut entry = world.new_institution("ファクスだけの診療所", InstitutionKind::Clinic);
    (entry.record.key, entry.record.invitation) = (None, None);
    entry.record.fax_only = Some(crate::statement::Yes::Yes);
    entry.record.fax = Some("04-7000-0002".parse().unwrap());
    world.append(&world.by_administrators(&entry.record));
    let letter = world.compose(&hospital, &office, |lines| lines.to.institution = entry.id);
    assert_eq!(check(&world, &letter).unwrap_err(), Refusal::RecipientInactive);
}

#[test]
fn the_unit_is_in_the_profile_of_that_place() {
    let (mut world, hospital, mut office) = pair();
    let ward: Unit = "ward-3".parse().unwrap();
    let to = Destination { institution: office.id, unit: ward.clone() };
    let letter = world.compose(&hospital, &office, |lines: &mut Envelope| lines.to = to);
    assert_eq!(check(&world, &letter).unwrap_err(), Refusal::UnknownUnit);
    let before = world.next_position();
    office.profile.version = 2;
    let name = "三階病棟".parse().unwrap();
    office.profile.units.push(crate::statement::NamedUnit { unit: ward, name });
    world.append(&world.by_institution(&office, &office.profile));
    assert!(check(&world, &letter).is_ok());
    let earlier = LogPosition::of_private(before.clear, before.index - 1, before.time);
    let at_earlier = check_envelope(world.directory(), earlier, &letter.envelope);
    assert_eq!(at_earlier.unwrap_err(), Refusal::UnknownUnit);
}

#[test]
fn the_key_sets_are_the_newest_of_both() {
    let (mut world, mut hospital, mut office) = pair();
    let letter = world.compose(&hospital, &office, |_| {});
    let at = world.next_position();
    let rotated = world.rotate_key_set(&mut hospital);
    world.append(&rotated);
    assert_eq!(check(&world, &letter).unwrap_err(), Refusal::StaleKeySet { of: hospital.id });
    let letter = world.compose(&hospital, &office, |_| {});
    assert!(check(&world, &letter).is_ok());
    let rotated = world.rotate_key_set(&mut office);
    world.append(&rotated);
    assert_eq!(check(&world, &letter).unwrap_err(), Refusal::StaleKeySet { of: office.id });
    // Nor may it be newer than its place.
    let letter = world.compose(&hospital, &office, |_| {});
    let early = check_envelope(
        world.directory(),
        LogPosition { index: at.index - 1, ..at },
        &letter.envelope,
    );
    assert!(matches!(early.unwrap_err(), Refusal::StaleKeySet { .. }));
}

#[test]
fn answers_name_the_envelope_and_come_from_its_recipient() {
    let (mut world, hospital, office) = pair();
    let (letter, other) = (world.send(&hospital, &office), world.send(&hospital, &office));
    let opened = |by: &TestInstitution, of| world.opened(of, by);
    let (lines, digest) = (&letter.lines, letter.envelope.digest());
    let check = |statement: &Statement| {
        check_opened(world.directory(), now(&world), statement, lines, digest).map(|o| o.terminal())
    };
    assert_eq!(check(&opened(&office, &letter)), Ok(office.terminal.id));
    assert_eq!(check(&opened(&office, &other)), Err(Refusal::Mismatch));
    assert_eq!(check(&opened(&hospital, &letter)), Err(Refusal::Mismatch));
    assert_eq!(check(&letter.envelope), Err(Refusal::WrongKind));
    let mut forged = crate::statement::Opened {
        from: letter.lines.from,
        id: letter.lines.id,
        envelope: digest,
        content: letter.lines.content,
        by: office.id,
    };
    assert_eq!(check(&world.by_terminal(&hospital, &forged)), Err(Refusal::Signature));
    forged.content = crate::hash::sha256(&[]);
    assert_eq!(check(&world.by_terminal(&office, &forged)), Err(Refusal::Mismatch));
}

#[test]
fn a_disposition_by_a_suspended_or_removed_recipient() {
    let (mut world, hospital, office) = pair();
    let letter = world.send(&hospital, &office);
    let answer = world.answer(&letter, &office, Answer::Acknowledged, "").statement;
    let (lines, digest) = (letter.lines.clone(), letter.envelope.digest());
    let check = |world: &World| {
        check_disposition(world.directory(), now(world), &answer, &lines, digest)
            .map(|a| a.body().answer)
    };
    assert_eq!(check(&world), Ok(Answer::Acknowledged));
    world.append(&world.standing(office.id, StandingState::Suspended));
    assert_eq!(check(&world), Err(Refusal::Suspended));
    world.append(&world.standing(office.id, StandingState::Active));
    world.append(&world.remove_terminal(&office));
    assert_eq!(check(&world), Err(Refusal::NotAdmitted));
}

#[test]
fn a_recall_is_by_the_sender_of_that_envelope() {
    let (mut world, hospital, office) = pair();
    let (letter, other) = (world.send(&hospital, &office), world.send(&hospital, &office));
    let good = world.recall(&letter, &hospital, "").statement;
    let foreign = world.recall(&other, &hospital, "").statement;
    let forged = world.recall(&letter, &office, "").statement;
    let (lines, digest) = (&letter.lines, letter.envelope.digest());
    let check = |world: &World, statement| {
        check_recall(world.directory(), now(world), statement, lines, digest).map(|r| r.terminal())
    };
    assert_eq!(check(&world, &good), Ok(hospital.terminal.id));
    assert_eq!(check(&world, &foreign), Err(Refusal::Mismatch));
    assert_eq!(check(&world, &forged), Err(Refusal::Signature));
    assert_eq!(check(&world, &letter.envelope), Err(Refusal::WrongKind));
    world.append(&world.standing(hospital.id, StandingState::Suspended));
    assert_eq!(check(&world, &good), Err(Refusal::Suspended));
}

#[test]
fn a_worker_is_admitted_by_the_institution_at_its_own_terminal() {
    let (mut world, hospital, office) = pair();
    let check = |world: &World, s: &Statement| {
        check_worker(world.directory(), now(world), s).map(|w| w.worker().worker)
    };
    let good = world.new_worker(hospital.id, &hospital.key, hospital.terminal.id, "佐藤", "");
    assert_eq!(check(&world, &good.statement), Ok(good.id));
    let elsewhere = world.new_worker(hospital.id, &hospital.key, office.terminal.id, "佐藤", "");
    assert_eq!(check(&world, &elsewhere.statement), Err(Refusal::NotAdmitted));
    let forged = world.new_worker(hospital.id, &office.key, hospital.terminal.id, "佐藤", "");
    assert_eq!(check(&world, &forged.statement), Err(Refusal::Signature));
    assert_eq!(check(&world, &world.unsigned(&crate::statement::Tick {})), Err(Refusal::WrongKind));
    let removed = WorkerRemoved { institution: hospital.id, worker: good.id };
    let removal = world.by_institution(&hospital, &removed);
    assert_eq!(check_worker_removed(world.directory(), now(&world), &removal), Ok(removed.clone()));
    let forged = world.by_institution(&office, &removed);
    assert_eq!(
        check_worker_removed(world.directory(), now(&world), &forged),
        Err(Refusal::Signature)
    );
    world.append(&world.standing(hospital.id, StandingState::Suspended));
    assert_eq!(check(&world, &good.statement), Err(Refusal::Suspended));
    assert_eq!(
        check_worker_removed(world.directory(), now(&world), &removal),
        Err(Refusal::Suspended)
    );
    world.append(&world.standing(hospital.id, StandingState::Active));
    world.append(&world.remove_terminal(&hospital));
    assert_eq!(check(&world, &good.statement), Err(Refusal::NotAdmitted));
}

#[test]
fn an_author_note_fits_header_author_worker_and_place() {
    use crate::hash::sha256;
    use crate::statement::Author;
    let (mut world, hospital, office) = pair();
    let (header, author) = (sha256(&[b"header"]), sha256(&[b"author"]));
    let lines = Author { header, author };
    let admitted = world.position(world.index_of(&hospital.worker.statement));
    let worker = check_worker(world.directory(), admitted, &hospital.worker.statement).unwrap();
    let note = world.signed(&lines, &[&hospital.worker.key]);
    let check = |world: &World, at, note: &Statement, header, author| {
        check_author_note(world.directory(), at, note, &worker, header, author)
    };
    let at = now(&world);
    assert_eq!(check(&world, at, &note, header, author), Ok(()));
    assert_eq!(check(&world, at, &note, author, author), Err(Refusal::Mismatch));
    assert_eq!(check(&world, at, &note, header, header), Err(Refusal::Mismatch));
    assert_eq!(check(&world, admitted, &note, header, author), Err(Refusal::NotAdmitted));
    let other = world.signed(&lines, &[&office.worker.key]);
    assert_eq!(check(&world, at, &other, header, author), Err(Refusal::Signature));
    let both = world.signed(&lines, &[&hospital.worker.key, &office.worker.key]);
    assert_eq!(check(&world, at, &both, header, author), Err(Refusal::Signature));
    assert_eq!(
        check(&world, at, &hospital.worker.statement, header, author),
        Err(Refusal::WrongKind)
    );
    world.append(&world.remove_terminal(&hospital));
    assert_eq!(check(&world, now(&world), &note, header, author), Err(Refusal::NotAdmitted));
    assert_eq!(
        check(&world, at, &note, header, author).is_ok(),
        at < world.directory().last().unwrap()
    );
}

#[test]
fn a_terminal_lost_by_the_administrators_word_voids_the_key_set() {
    let (mut world, hospital, mut office) = pair();
    let second = world.new_terminal();
    world.append(&world.admit_terminal(&office, &second));
    let letter = world.compose(&hospital, &office, |_| {});
    let before = world.next_position();
    let lost = crate::statement::TerminalRemoved {
        institution: office.id,
        terminal: second.id,
        reason: crate::statement::RemovalReason::Lost,
    };
    world.append(&world.by_administrators(&lost));
    assert_eq!(check(&world, &letter).unwrap_err(), Refusal::StaleKeySet { of: office.id });
    // What stood before it counts.
    assert!(check_envelope(world.directory(), before, &letter.envelope).is_ok());
    let rotated = world.rotate_key_set(&mut office);
    world.append(&rotated);
    let letter = world.compose(&hospital, &office, |_| {});
    assert!(check(&world, &letter).is_ok());
}
