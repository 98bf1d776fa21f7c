//! What a dishonest holder, institution or exchange may try.

use super::*;
use crate::evidence::places::Places;
use crate::leaf::{ClearLeaf, Leaf, PrivateLeaf};
use crate::note::{Note, SigningKey};
use crate::statement::{Disposition, Fetched, Statement, Tick};
use crate::testing::TestEntry;
use crate::value::{Id, Role, Time};

#[test]
fn every_changed_byte_is_refused() {
    let file = Scene::new().file();
    assert!(verify_file(&file, None).is_ok());
    // A debug build takes a sample all over the file; the whole is for release builds.
    let step = if cfg!(debug_assertions) { 11 } else { 1 };
    let lines = file.len() - "checksum \n".len() - 64;
    for at in (0..file.len()).step_by(step) {
        for flip in [0x01, 0x20] {
            let mut changed = file.clone();
            changed[at] ^= flip;
            assert!(verify_file(&changed, None).is_err(), "byte {at} xor {flip:#x}");
            if at < lines {
                let renewed = with_new_checksum(&changed[..lines]);
                assert!(verify_file(&renewed, None).is_err(), "byte {at} xor {flip:#x}, renewed");
            }
        }
    }
}

fn with_new_checksum(lines: &[u8]) -> Vec<u8> {
    let checksum = crate::hash::sha256(&[lines]);
    [lines, format!("checksum {checksum}\n").as_bytes()].concat()
}

#[test]
fn every_cut_is_refused() {
    let file = Scene::new().file();
    for at in (0..file.len()).step_by(97) {
        assert!(verify_file(&file[..at], None).is_err(), "{at}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let scene = Scene::new();
    let good = scene.evidence();
    let without = |index: u64| {
        let mut evidence = good.clone();
        evidence.clear.retain(|shown| shown.index != index);
        evidence.private.retain(|shown| shown.index != index);
        refused(&evidence)
    };
    let index = |statement: &Statement| scene.index(statement);
    let envelope = index(&scene.letter.envelope);
    let answer = index(&scene.answer.statement);
    assert_eq!(without(0), EvidenceRefused::NoTrustList);
    assert_eq!(without(envelope), EvidenceRefused::NoEnvelope);
    let key_set = index(&scene.world.by_institution(&scene.office, &scene.office.key_set));
    let stale = Refusal::StaleKeySet { of: scene.office.id };
    assert_eq!(without(key_set), EvidenceRefused::rule(envelope, stale));
    let profile = index(&scene.world.by_institution(&scene.office, &scene.office.profile));
    assert_eq!(without(profile), EvidenceRefused::rule(envelope, Refusal::UnknownUnit));
    let record = index(&scene.world.by_administrators(&scene.office.record));
    assert_eq!(without(record), EvidenceRefused::rule(profile, Refusal::UnknownParty));
    let lines = scene.hospital.terminal_lines();
    let terminal = index(&scene.world.by_institution(&scene.hospital, &lines));
    assert_eq!(without(terminal), EvidenceRefused::rule(envelope, Refusal::Signature));
    // The disposition itself is left out: its detail has no place then.
    let homeless = EvidenceRefused::Detail { index: answer, source: ContentFault::Commitment };
    assert_eq!(without(answer), homeless);
}

#[test]
fn what_belongs_to_no_rule_is_refused() {
    let Scene { mut world, hospital, office, letter, answer } = Scene::new();
    let third = world.admit("第三薬局", InstitutionKind::Pharmacy);
    let other = world.send(&hospital, &office);
    let idle = world.new_terminal();
    let idle = world.admit_terminal(&office, &idle);
    world.append(&idle);
    let tick = world.tick();
    let indices = [
        tick,
        world.index_of(&world.by_administrators(&third.record)),
        world.index_of(&third.worker.statement),
        world.index_of(&other.envelope),
        world.index_of(&idle),
    ];
    for index in indices {
        let mut builder = world.evidence_builder(&letter, &[&answer]);
        builder.leaf(&world.verified(index), &world.proof(index)).unwrap();
        assert_eq!(builder.build(), Err(EvidenceRefused::Unrelated { index }));
    }
}

#[test]
fn events_of_another_message_are_refused() {
    let Scene { mut world, hospital, office, letter, .. } = Scene::new();
    let other = world.send(&hospital, &office);
    for statement in [world.fetched(&other, &office), world.opened(&other, &office)] {
        let index = world.append(&statement);
        let mut builder = world.evidence_builder(&letter, &[]);
        builder.leaf(&world.verified(index), &world.proof(index)).unwrap();
        assert_eq!(builder.build(), Err(EvidenceRefused::rule(index, Refusal::Mismatch)));
    }
}

#[test]
fn swapped_letters_and_details_are_refused() {
    let mut scene = Scene::new();
    let other = scene.world.send(&scene.hospital, &scene.office);
    let later = scene.world.answer(&scene.letter, &scene.office, Answer::NotForUs, "");
    let index = scene.world.append(&later.statement);
    let mut swapped = scene.evidence();
    swapped.letter = Some(other.letter);
    assert_eq!(refused(&swapped), EvidenceRefused::Letter(ContentFault::Commitment));
    let mut swapped = scene.evidence();
    swapped.details[0].index = index;
    let source = ContentFault::Commitment;
    assert_eq!(refused(&swapped), EvidenceRefused::Detail { index, source });
}

#[test]
fn an_envelope_before_its_terminal_s_admission() {
    let mut world = World::new(4);
    let office = world.admit("つむぐ居宅", InstitutionKind::CareOffice);
    let hospital = world.new_institution("流山総合病院", InstitutionKind::Hospital);
    world.append(&world.by_administrators(&hospital.record));
    world.append(&world.by_institution(&hospital, &hospital.profile));
    world.append(&world.by_institution(&hospital, &hospital.key_set));
    let letter = world.send(&hospital, &office);
    world.append(&world.by_institution(&hospital, &hospital.terminal_lines()));
    world.append(&hospital.worker.statement);
    let index = world.index_of(&letter.envelope);
    let early = EvidenceRefused::rule(index, Refusal::NotAdmitted);
    assert_eq!(world.evidence(&letter, &[]), Err(early));
}

#[test]
fn a_worker_must_be_admitted_before_of_the_sender_and_still_at_a_terminal() {
    let fault = |fault| Err(EvidenceRefused::Letter(fault));
    let Scene { mut world, mut hospital, mut office, .. } = Scene::new();
    // Admitted only after the envelope.
    let (terminal, key) = (hospital.terminal.id, hospital.key.clone());
    hospital.worker = world.new_worker(hospital.id, &key, terminal, "遅れ 太郎", "");
    let letter = world.send(&hospital, &office);
    assert_eq!(world.evidence(&letter, &[]), fault(ContentFault::Malformed("the receipt")));
    world.append(&hospital.worker.statement);
    assert_eq!(world.evidence(&letter, &[]), fault(Refusal::NotAdmitted.into()));
    assert!(world.send_evidence(&hospital, &office).is_ok());
    // Of another institution.
    std::mem::swap(&mut hospital.worker, &mut office.worker);
    assert_eq!(world.send_evidence(&hospital, &office), fault(Refusal::Mismatch.into()));
    std::mem::swap(&mut hospital.worker, &mut office.worker);
    // With a card that the institution did not commit to.
    let good = hospital.worker.card.clone();
    hospital.worker.card = crate::testing::TestWorker::encode_card("別人", "看護師");
    assert_eq!(world.send_evidence(&hospital, &office), fault(ContentFault::Card));
    hospital.worker.card = good;
    // With another worker's signature.
    let key = std::mem::replace(&mut hospital.worker.key, office.worker.key.clone());
    assert_eq!(world.send_evidence(&hospital, &office), fault(Refusal::Signature.into()));
    hospital.worker.key = key;
    // Whose terminal is gone: the letter itself comes from another terminal.
    world.append(&world.remove_terminal(&hospital));
    hospital.terminal = world.new_terminal();
    world.append(&world.admit_terminal(&hospital, &hospital.terminal));
    assert_eq!(world.send_evidence(&hospital, &office), fault(Refusal::NotAdmitted.into()));
}

#[test]
fn an_answer_by_anyone_but_the_recipient() {
    let mut scene = Scene::new();
    let letter = scene.world.send(&scene.hospital, &scene.office);
    let answer = scene.world.answer(&letter, &scene.hospital, Answer::Acknowledged, "");
    let index = scene.world.append(&answer.statement);
    let mismatch = EvidenceRefused::rule(index, Refusal::Mismatch);
    assert_eq!(scene.world.evidence(&letter, &[&answer]), Err(mismatch));
    // Signed by the sender's terminal in the recipient's name.
    let letter = scene.world.send(&scene.hospital, &scene.office);
    let (from, id, envelope) = letter.named();
    let lines = Disposition {
        previous: None,
        from,
        id,
        envelope,
        content: letter.lines.content,
        by: scene.office.id,
        answer: Answer::Unreadable,
        answered: scene.world.now,
        detail: None,
    };
    let index = scene.world.append(&scene.world.by_terminal(&scene.hospital, &lines));
    let forged = EvidenceRefused::rule(index, Refusal::Signature);
    assert_eq!(scene.world.evidence(&letter, &[]), Err(forged));
}

#[test]
fn a_body_that_went_to_a_stranger() {
    let Scene { mut world, hospital, office, .. } = Scene::new();
    for (by, terminal, refusal) in [
        (office.id, hospital.terminal.id, Refusal::NotAdmitted),
        (hospital.id, hospital.terminal.id, Refusal::Mismatch),
        (office.id, Id([9; 16]), Refusal::NotAdmitted),
    ] {
        let letter = world.send(&hospital, &office);
        let (from, id, envelope) = letter.named();
        let index = world.append(&world.unsigned(&Fetched { from, id, envelope, by, terminal }));
        assert_eq!(world.evidence(&letter, &[]), Err(EvidenceRefused::rule(index, refusal)));
    }
}

#[test]
fn an_event_before_its_envelope() {
    let Scene { mut world, hospital, office, .. } = Scene::new();
    let letter = world.compose(&hospital, &office, |_| {});
    let index = world.append(&world.fetched(&letter, &office));
    world.append(&letter.envelope);
    assert_eq!(world.evidence(&letter, &[]), Err(EvidenceRefused::Continuity { index }));
}

#[test]
fn a_log_whose_time_goes_back() {
    let Scene { mut world, hospital, office, .. } = Scene::new();
    world.now = Time(world.now.0 - 3_600_000);
    let letter = world.send(&hospital, &office);
    let index = world.index_of(&letter.envelope);
    assert_eq!(world.evidence(&letter, &[]), Err(EvidenceRefused::Continuity { index }));
}

#[test]
fn a_clear_chain_that_does_not_link() {
    let number = |world: &World| world.chain.next_number();
    for (offset, previous, good) in [
        (0, None, true),
        (0, Some(Hash([1; 32])), false),
        (1, None, false),
        (0, Some(Hash([0; 32])), false),
    ] {
        let Scene { mut world, hospital, office, .. } = Scene::new();
        // Two neighbours, both needed: the key sets of the recipient.
        let mut office = office;
        let first = world.rotate_key_set(&mut office);
        world.append(&first);
        let second = world.rotate_key_set(&mut office);
        let leaf = ClearLeaf {
            time: world.now,
            number: number(&world) + offset,
            previous: previous.unwrap_or(world.chain.head()),
            statement: second.bytes(),
        };
        let record = second.bytes();
        let entry = TestEntry { leaf: Leaf::Clear(leaf), salt: None, record };
        let index = if good { world.append(&second) } else { world.append_unchecked(entry) };
        let letter = world.send(&hospital, &office);
        let got = world.evidence(&letter, &[]).map(|_| ());
        assert_eq!(got, if good { Ok(()) } else { Err(EvidenceRefused::Continuity { index }) });
    }
}

#[test]
fn a_private_record_in_a_clear_place_and_the_reverse() {
    let Scene { mut world, letter, .. } = Scene::new();
    // A tick as a private record.
    let tick = world.unsigned(&Tick {}).bytes();
    let leaf = Leaf::Private(PrivateLeaf::of(
        world.now,
        world.chain.chain_head().unwrap(),
        &[5; 32],
        &tick,
    ));
    let index = world.append_unchecked(TestEntry { leaf, salt: Some([5; 32]), record: tick });
    let mut builder = world.evidence_builder(&letter, &[]);
    builder.leaf(&world.verified(index), &world.proof(index)).unwrap();
    assert_eq!(builder.build(), Err(EvidenceRefused::Unrelated { index }));
    // An envelope as a clear leaf.
    let (number, previous) = (world.chain.next_number(), world.chain.head());
    let record = letter.envelope.bytes();
    let leaf = ClearLeaf { time: world.now, number, previous, statement: record.clone() };
    let index = world.append_unchecked(TestEntry { leaf: Leaf::Clear(leaf), salt: None, record });
    let mut builder = world.evidence_builder(&letter, &[]);
    builder.leaf(&world.verified(index), &world.proof(index)).unwrap();
    assert_eq!(builder.build(), Err(EvidenceRefused::rule(index, Refusal::WrongKind)));
}

#[test]
fn a_checkpoint_bears_the_log_s_signature_alone() {
    let scene = Scene::new();
    let evidence = scene.evidence();
    let note = Note::parse(&evidence.checkpoint).unwrap();
    let key = |name: &str| SigningKey::from_seed(name, &[9; 32]).unwrap();
    for (extra, keep) in [("witness.example/w", true), (scene.world.origin.as_str(), false)] {
        let mut signed = if keep { note.clone() } else { Note::new(note.text()).unwrap() };
        signed.sign(&key(extra)).unwrap();
        let changed = Evidence { checkpoint: signed.encode().into_bytes(), ..evidence.clone() };
        assert_eq!(refused(&changed), EvidenceRefused::Checkpoint, "{extra}");
    }
    // The builder leaves out the witnesses' lines.
    let keys = scene.world.directory().log_keys();
    let mut cosigned = note.clone();
    cosigned.sign(&key("witness.example/w")).unwrap();
    let cosigned = crate::checkpoint::VerifiedCheckpoint::verify(
        cosigned.encode(),
        scene.world.origin.as_str(),
        &keys,
    );
    let (from, id, _) = scene.letter.named();
    let builder = EvidenceBuilder::new(scene.world.directory(), &cosigned.unwrap(), from, id);
    assert_eq!(builder.unchecked().checkpoint, evidence.checkpoint);
}

#[test]
fn an_evidence_of_another_origin_or_message() {
    let scene = Scene::new();
    let good = scene.evidence();
    let origin = "other.example".parse().unwrap();
    let index = 0;
    let other = Evidence { origin, ..good.clone() };
    assert_eq!(refused(&other), EvidenceRefused::rule(index, Refusal::OtherOrigin));
    assert_eq!(
        refused(&Evidence { id: Id([1; 16]), ..good.clone() }),
        EvidenceRefused::Unrelated { index: scene.index(&scene.letter.envelope) }
    );
    let role = Role::Worker.word();
    assert!(good.private.iter().any(|shown| String::from_utf8_lossy(&shown.record).contains(role)));
}

#[test]
fn a_proof_to_another_checkpoint_is_not_taken() {
    let Scene { mut world, letter, .. } = Scene::new();
    let receipt = world.verified(world.index_of(&letter.envelope));
    let mut builder = world.evidence_builder(&letter, &[]);
    world.tick();
    let index = receipt.at.index;
    let got = builder.leaf(&receipt, &world.proof(index));
    assert_eq!(got, Err(EvidenceRefused::NotIncluded { index }));
    let mut evidence = builder.unchecked();
    let at = evidence.private.iter().position(|shown| shown.index == index).unwrap();
    evidence.private[at].proof = world.proof(index);
    assert_eq!(refused(&evidence), EvidenceRefused::NotIncluded { index });
}

/// A log may lie about the clear leaf that a private one was made after: what is shown finds it, also
/// where that clear leaf is not shown.
#[test]
fn private_leaves_that_tell_of_two_chains() {
    let lie = |change: fn(&mut ChainHead)| {
        let Scene { mut world, hospital, office, .. } = Scene::new();
        // A tick is never shown: what follows it is known by the private leaves alone.
        world.tick();
        let letter = world.send(&hospital, &office);
        let mut after = world.chain.chain_head().unwrap();
        change(&mut after);
        let record = world.fetched(&letter, &office).bytes();
        let leaf = PrivateLeaf::of(world.now, after, &[5; 32], &record);
        let index = world.append_unchecked(TestEntry {
            leaf: Leaf::Private(leaf),
            salt: Some([5; 32]),
            record,
        });
        (world.evidence(&letter, &[]).map(|_| ()), index)
    };
    let (honest, _) = lie(|_| {});
    assert_eq!(honest, Ok(()));
    for change in [
        |after: &mut ChainHead| after.hash = Hash([1; 32]),
        |after: &mut ChainHead| after.number += 1,
        |after: &mut ChainHead| after.number += 1000,
        |after: &mut ChainHead| after.number -= 1,
    ] {
        let (told, index) = lie(change);
        assert_eq!(told, Err(EvidenceRefused::Continuity { index }));
    }
}

/// Between two private leaves there is room for as many clear ones as there are indexes.
#[test]
fn clear_leaves_need_room() {
    let Scene { mut world, hospital, office, .. } = Scene::new();
    let letter = world.send(&hospital, &office);
    world.tick();
    world.append(&world.fetched(&letter, &office));
    let good = world.evidence(&letter, &[]).unwrap();
    let mut evidence = Evidence::parse(&good).unwrap();
    let Ok(places) = Places::read(&evidence) else { panic!("the log tells no lies") };
    let fetched = evidence.private.last_mut().unwrap();
    assert!(places.fits(fetched.index, &fetched.private_leaf()));
    for (number, fits) in [(0, true), (1, false)] {
        let mut leaf = fetched.private_leaf();
        leaf.after.number += number;
        leaf.after.hash = if number == 0 { leaf.after.hash } else { Hash([1; 32]) };
        assert_eq!(places.fits(fetched.index, &leaf), fits, "{number}");
    }
    fetched.after.number += 1;
    let index = fetched.index;
    let refused = Places::read(&evidence).err();
    assert_eq!(refused, Some(EvidenceRefused::Continuity { index }));
}

#[test]
fn a_worker_is_admitted_once() {
    let Scene { mut world, hospital, office, .. } = Scene::new();
    let index = world.append(&hospital.worker.statement);
    let letter = world.send(&hospital, &office);
    let twice = Refusal::Continuity("a worker is admitted once at a terminal");
    assert_eq!(world.evidence(&letter, &[]), Err(EvidenceRefused::rule(index, twice)));
}
