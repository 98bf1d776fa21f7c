//! What an exchange or a sender that lies may bring into a mailbox, and what it may not.

use tsumugu_trust::hash::Hash;
use tsumugu_trust::state::Validity;
use tsumugu_trust::statement::{Fetched, Statement, sign};

use super::*;

/// The envelope of a letter, signed anew by another key.
fn signed_by(envelope: &Statement, by: &TestPost) -> Statement {
    let AnyBody::Envelope(lines) = &envelope.body else { panic!("an envelope") };
    let terminal = by.keys().unwrap().terminal_key(by.origin()).unwrap();
    sign(by.origin(), lines, &[&terminal]).unwrap()
}

#[tokio::test]
async fn a_correction_that_does_not_count_replaces_nothing() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    sync_mailbox(&mut care).await.unwrap();
    hospital.home.clock.advance(1);
    let (false_id, sealed) = sealed_with(&hospital, to, Some(id), |_| {});
    let envelope = signed_by(&sealed.envelope, &care);
    care.shown().log(&envelope, [from, to], &[]);
    sync_mailbox(&mut care).await.unwrap();
    let set_aside = care.message(from, false_id).letter;
    assert_eq!(set_aside, LetterState::Unreadable("envelope".into()));
    assert_eq!(care.message(from, id).state().validity(), Validity::Current);
    // One that counts does.
    hospital.home.clock.advance(1);
    let (_, sealed) = sealed_with(&hospital, to, Some(id), |_| {});
    hand_over(&mut hospital, &sealed).await;
    sync_mailbox(&mut care).await.unwrap();
    assert_eq!(care.message(from, id).state().validity(), Validity::Superseded);
}

#[tokio::test]
async fn a_correction_to_another_institution_replaces_nothing() {
    let (mut hospital, care) = two_offices().await;
    let (own, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    // To the hospital itself, so that both messages are in its mailbox.
    hospital.home.clock.advance(1);
    let (_, sealed) = sealed_with(&hospital, own, Some(id), |_| {});
    hospital.shown().log(&sealed.envelope, [own, to], &[]);
    sync_mailbox(&mut hospital).await.unwrap();
    assert_eq!(hospital.message(own, id).state().validity(), Validity::Current);
}

#[tokio::test]
async fn a_fetching_by_a_terminal_that_was_not_admitted_is_set_aside_and_doubted() {
    let (mut hospital, care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    let envelope = hospital.message(from, id).digest().unwrap();
    for terminal in [Id([9; 16]), hospital.institution.terminal.id] {
        let lines = Fetched { from, id, envelope, by: to, terminal };
        let said = care.shown().world.unsigned(&lines);
        care.shown().log(&said, [from, to], &[]);
    }
    sync_mailbox(&mut hospital).await.unwrap();
    let message = hospital.message(from, id);
    assert_eq!(happened(&message), ["envelope"]);
    assert_eq!(message.doubts, [Doubt::RecordOutOfPlace]);
}

#[tokio::test]
async fn what_stands_before_its_envelope_is_set_aside_and_doubted() {
    let (hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let (id, sealed) = sealed_with(&hospital, to, None, |_| {});
    let AnyBody::Envelope(lines) = &sealed.envelope.body else { panic!("an envelope") };
    let terminal = care.keys().unwrap().terminal_key(care.origin()).unwrap();
    let said = opened(care.origin(), lines, sealed.envelope.digest(), &terminal).unwrap();
    let early = care.shown().world.append(&said);
    let index = care.shown().world.append(&sealed.envelope);
    let receipts = [index, early].map(|index| care.shown().world.receipt(index));
    for receipt in receipts {
        apply_record(&mut care, receipt, &[]).await.unwrap();
    }
    let message = care.message(from, id);
    assert_eq!(happened(&message), ["envelope"]);
    assert_eq!(message.doubts, [Doubt::RecordOutOfPlace]);
}

#[tokio::test]
async fn a_sender_who_names_another_clear_chain_is_doubted_and_stops_nobody() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    // Not only at the newest number: the log has grown since.
    let (id, sealed) = sealed_with(&hospital, to, None, |with| {
        with.clear_number = 1;
        with.clear_head = Hash([9; 32]);
    });
    hand_over(&mut hospital, &sealed).await;
    sync_mailbox(&mut care).await.unwrap();
    assert!(care.alarms.borrow().is_empty());
    let message = care.message(from, id);
    assert_eq!(
        (&message.letter, message.doubts.as_slice()),
        (&LetterState::Kept, &[Doubt::ChainDiffers][..])
    );
    assert_eq!(sync_mailbox(&mut care).await.unwrap().letters, []);
}

#[tokio::test]
async fn another_clear_chain_without_the_logs_signature_is_doubted() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let (id, sealed) = sealed_with(&hospital, to, None, |with| {
        with.checkpoint = b"x";
        with.clear_head = Hash([9; 32]);
    });
    hand_over(&mut hospital, &sealed).await;
    // A number that nobody has reached is no proof of another chain either.
    let (beyond, sealed) = sealed_with(&hospital, to, None, |with| with.clear_number = u64::MAX);
    hand_over(&mut hospital, &sealed).await;
    sync_mailbox(&mut care).await.unwrap();
    assert_eq!(care.message(from, id).doubts, [Doubt::ChainDiffers, Doubt::ForeignCheckpoint]);
    assert_eq!(care.message(from, beyond).doubts, [Doubt::ChainDiffers]);
    assert!(care.alarms.borrow().is_empty());
}

#[tokio::test]
async fn clear_leaves_that_the_sender_knew_first_are_asked_for() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    // The events came, and the chain grew before the body was fetched.
    care.shown().troubles.push_back(Trouble::Refuse("server.unavailable"));
    sync_mailbox(&mut care).await.unwrap();
    assert!(care.message(from, id).doubts.is_empty());
    care.shown().world.tick();
    hospital.sync().await.unwrap();
    hospital.home.clock.advance(1);
    let (later, sealed) = sealed_with(&hospital, to, None, |_| {});
    hand_over(&mut hospital, &sealed).await;
    let receipt = {
        let index = care.shown().world.index_of(&sealed.envelope);
        care.shown().world.receipt(index)
    };
    apply_record(&mut care, receipt, &[]).await.unwrap();
    let (letters, unfetched) = receive::receive_letters(&mut care, 2).await.unwrap();
    assert_eq!((letters.len(), unfetched.len()), (2, 0));
    assert!(care.message(from, later).doubts.is_empty());
}
