//! What arrives: taken in once, checked, opened or set aside.

mod hostile;
mod workers;

use tsumugu_proto::v1;
use tsumugu_trust::state::Event;
use tsumugu_trust::statement::{Answer, AnyBody, Destination, Urgency};
use tsumugu_trust::value::{Id, Unit};

use super::message::{Doubt, LetterState};
use super::*;
use crate::letters::{
    Content, Header, Reply, SealedLetter, Sealing, Signer, answer, compose, opened, read_detail,
    seal,
};
use crate::outbox::{
    entries, flush, previous_message, queue_answer, queue_opened, queue_send, sealing,
};
use crate::post::Post;
use crate::post::testing::{TestPost, Trouble, happened, has, two_offices};

/// Sends a notice to the other office; gives its id.
async fn send(post: &mut TestPost, to: Id) -> Id {
    let previous = previous_message(post.vault(), to).unwrap();
    send_after(post, to, previous).await
}

async fn send_after(
    post: &mut TestPost,
    to: Id,
    previous: Option<(Id, tsumugu_trust::hash::Hash)>,
) -> Id {
    let (id, sealed) = sealed_with(post, to, None, |with| with.previous = previous);
    hand_over(post, &sealed).await;
    id
}

/// Queues a notice, as a command does that the agent is beside.
pub(crate) fn queue_notice(post: &TestPost, to: Id) -> Id {
    let (id, sealed) = sealed_with(post, to, None, |_| {});
    queue_send(post, std::slice::from_ref(&sealed)).unwrap();
    id
}

async fn hand_over(post: &mut TestPost, sealed: &SealedLetter) {
    queue_send(post, std::slice::from_ref(sealed)).unwrap();
    assert_eq!(flush(post).await.unwrap().done.len(), 1);
}

/// A sealed notice that may replace another one; `change` alters what the terminal says of the log.
fn sealed_with(
    post: &TestPost,
    to: Id,
    replaces: Option<Id>,
    change: impl FnOnce(&mut Sealing<'_>),
) -> (Id, SealedLetter) {
    let keys = post.keys().unwrap();
    let mut random = [0; 10];
    post.with_random(|rng| rng.fill_bytes(&mut random));
    let id = Id::for_message(post.now(), &random);
    let header = Header {
        id,
        from: keys.institution,
        to: Destination { institution: to, unit: Unit::main() },
        attachments: Vec::new(),
        urgency: Urgency::Urgent,
        ack_by: Some(post.now()),
        replaces,
        composed: post.now(),
    };
    let kind = v1::LetterKind::Notice;
    let body = crate::letters::testing::NOTICE.as_bytes().to_vec().into();
    let content = Content {
        kind,
        about: None,
        passed_on: None,
        case_id: None,
        attachments: Vec::new(),
        body,
    };
    let worker = keys.worker(None).unwrap();
    let (key, shown) = (worker.signing_key(post.origin()).unwrap(), worker.shown().unwrap());
    let signer = Signer { key: &key, shown: &shown };
    let terminal = keys.terminal_key(post.origin()).unwrap();
    let mut with = sealing(post, &terminal, None).unwrap();
    change(&mut with);
    let sealed = post.with_random(|rng| {
        let composed = compose(post.origin(), header, &content, signer, rng).unwrap();
        seal(&composed, with, rng).unwrap()
    });
    (id, sealed)
}

async fn answer_with(post: &mut TestPost, from: Id, id: Id, said: Answer, comment: &str) {
    queue_answer_with(post, from, id, said, comment);
    flush(post).await.unwrap();
}

/// Queues an answer by the only worker.
pub(crate) fn queue_answer_with(post: &TestPost, from: Id, id: Id, said: Answer, comment: &str) {
    let message = post.message(from, id);
    let letter = message.read_letter(post.vault(), post.directory()).unwrap().unwrap();
    let (leaf, lines) = message.envelope().unwrap();
    let keys = post.keys().unwrap();
    let worker = keys.worker(None).unwrap();
    let (key, shown) = (worker.signing_key(post.origin()).unwrap(), worker.shown().unwrap());
    let signer = Signer { key: &key, shown: &shown };
    let terminal = keys.terminal_key(post.origin()).unwrap();
    let (digest, answered) = (leaf.statement.digest(), post.now());
    let reply = Reply { envelope: lines, digest, answer: said, answered, previous: None, comment };
    let sealed = post.with_random(|rng| {
        answer(post.origin(), reply, letter.letter_key(), signer, &terminal, rng).unwrap()
    });
    queue_answer(post, (from, id), &sealed.statement, &sealed.sealed).unwrap();
}

#[tokio::test]
async fn a_letter_arrives_is_opened_and_answered_and_both_sides_see_the_same() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    let report = sync_mailbox(&mut care).await.unwrap();
    assert_eq!(report.events, 1);
    assert_eq!(report.letters[0].letter, LetterState::Kept);
    let message = care.message(from, id);
    assert_eq!(happened(&message), ["envelope", "fetched"]);
    assert!(message.doubts.is_empty() && !message.is_overdue(care.now()));
    let letter = message.read_letter(care.vault(), care.directory()).unwrap().unwrap();
    assert_eq!(letter.worker().name(), "山田 花子");

    let (leaf, lines) = message.envelope().unwrap();
    let terminal = care.keys().unwrap().terminal_key(care.origin()).unwrap();
    let said = opened(care.origin(), lines, leaf.statement.digest(), &terminal).unwrap();
    queue_opened(&care, (from, id), &said).unwrap();
    flush(&mut care).await.unwrap();
    answer_with(&mut care, from, id, Answer::Acknowledged, "受け取りました。").await;
    assert_eq!(happened(&care.message(from, id)), ["envelope", "fetched", "opened", "disposition"]);

    sync_mailbox(&mut hospital).await.unwrap();
    let own = hospital.message(from, id);
    assert_eq!(happened(&own), happened(&care.message(from, id)));
    assert!(hospital.notes.borrow().is_empty(), "{:?}", hospital.notes);
    // The sender reads who answered with the key of the copy it kept.
    let kept = own.read_letter(hospital.vault(), hospital.directory()).unwrap().unwrap();
    let leaf = own.leaves().last().unwrap();
    let (envelope, lines) = own.envelope().unwrap();
    let digest = envelope.statement.digest();
    let directory = hospital.directory();
    let checked = tsumugu_trust::directory::check_disposition(
        directory,
        leaf.at,
        &leaf.statement,
        lines,
        digest,
    );
    let detail =
        read_detail(directory, leaf.at, &checked.unwrap(), &leaf.detail, kept.letter_key());
    assert_eq!(detail.unwrap().comment(), "受け取りました。");
    // Nothing new comes twice.
    assert_eq!(sync_mailbox(&mut hospital).await.unwrap().events, 0);
    assert_eq!(sync_mailbox(&mut care).await.unwrap().letters, []);
}

#[tokio::test]
async fn a_damaged_body_is_set_aside_and_answered_by_the_terminal_once() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    hospital.shown().bodies.get_mut(&(from, id)).unwrap()[40] ^= 1;
    let report = sync_mailbox(&mut care).await.unwrap();
    assert_eq!(report.letters[0].letter, LetterState::Unreadable("body".into()));
    assert!(care.vault().list("letter").unwrap().is_empty());
    assert_eq!(entries(care.vault()).unwrap().len(), 1);
    sync_mailbox(&mut care).await.unwrap();
    assert_eq!(entries(care.vault()).unwrap().len(), 1);
    flush(&mut care).await.unwrap();
    sync_mailbox(&mut hospital).await.unwrap();
    let own = hospital.message(from, id);
    assert_eq!(own.state().answer().map(|(_, answer)| answer), Some(Answer::Unreadable));
    assert!(!has(&own, Event::Opened));
}

#[tokio::test]
async fn a_letter_under_a_key_that_is_not_here_waits_unfetched() {
    let (mut hospital, mut care) = two_offices().await;
    care.rotate();
    let (from, to) = (hospital.institution.id, care.institution.id);
    hospital.sync().await.unwrap();
    let id = send(&mut hospital, to).await;
    care.forget_newer_keys();
    let report = sync_mailbox(&mut care).await.unwrap();
    assert_eq!(report.letters[0].letter, LetterState::KeyNotHere);
    assert_eq!(happened(&care.message(from, id)), ["envelope"]);
    assert!(entries(care.vault()).unwrap().is_empty());
    // It is not said twice, and comes once the key is there.
    assert_eq!(sync_mailbox(&mut care).await.unwrap().letters, []);
}

#[tokio::test]
async fn what_could_not_be_fetched_is_fetched_later() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    care.shown().troubles.push_back(Trouble::Refuse("connection.lost"));
    let report = sync_mailbox(&mut care).await.unwrap();
    assert_eq!((report.events, report.unfetched[0].why.key()), (1, "connection.lost"));
    assert_eq!(care.message(from, id).letter, LetterState::Waiting);
    let report = sync_mailbox(&mut care).await.unwrap();
    assert_eq!((report.events, report.letters.len()), (0, 1));
    // A body that is gone is said to be gone, and not asked for again.
    let id = send(&mut hospital, to).await;
    care.shown().bodies.remove(&(from, id));
    sync_mailbox(&mut care).await.unwrap();
    assert_eq!(care.message(from, id).letter, LetterState::Gone);
}

#[tokio::test]
async fn one_body_that_cannot_be_fetched_keeps_no_other_one_back() {
    let (mut hospital, mut care) = two_offices().await;
    let to = care.institution.id;
    let mut ids = Vec::new();
    for _ in 0..3 {
        hospital.home.clock.advance(1);
        ids.push(send(&mut hospital, to).await);
    }
    care.shown().troubles.push_back(Trouble::Refuse("server.unavailable"));
    let report = sync_mailbox(&mut care).await.unwrap();
    let [unfetched] = report.unfetched.as_slice() else { panic!("{report:?}") };
    assert_eq!((unfetched.id, unfetched.why.key()), (ids[0], "server.unavailable"));
    assert_eq!(report.letters.iter().map(|letter| letter.id).collect::<Vec<_>>(), ids[1..]);
    // Nothing comes twice, and the one that is missing comes when it can.
    let report = sync_mailbox(&mut care).await.unwrap();
    assert!(report.unfetched.is_empty());
    assert_eq!(report.letters.iter().map(|letter| letter.id).collect::<Vec<_>>(), ids[..1]);
}

#[tokio::test]
async fn an_exchange_out_of_reach_is_asked_for_no_further_body() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let ids = [send(&mut hospital, to).await, send(&mut hospital, to).await];
    care.shown().troubles.extend([Trouble::Refuse("connection.lost"); 2]);
    sync_mailbox(&mut care).await.unwrap();
    care.shown().is_down = true;
    let failure = receive::receive_letters(&mut care, 2).await.unwrap_err();
    assert_eq!(failure.key(), "connection.lost");
    for id in ids {
        assert_eq!(care.message(from, id).letter, LetterState::Waiting);
    }
}

#[tokio::test]
async fn a_gap_is_an_alarm_and_what_came_before_it_stays() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    send(&mut hospital, to).await;
    care.shown().hidden_events.push(1);
    send(&mut hospital, to).await;
    assert_eq!(sync_mailbox(&mut care).await.unwrap_err().key(), "mailbox.gap");
    assert_eq!(happened(&care.message(from, id)), ["envelope"]);
    care.shown().hidden_events.clear();
    assert_eq!(sync_mailbox(&mut care).await.unwrap().events, 2);
}

#[tokio::test]
async fn a_letter_that_points_back_to_one_that_never_came_is_doubted() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let missing =
        Some((Id::for_message(hospital.now(), &[9; 10]), tsumugu_trust::hash::Hash([9; 32])));
    let id = send_after(&mut hospital, to, missing).await;
    sync_mailbox(&mut care).await.unwrap();
    let message = care.message(from, id);
    assert_eq!(message.doubts, [Doubt::MessageWithheld]);
    assert_eq!(message.letter, LetterState::Kept);
    // The next one points to this one, which is here.
    let id = send(&mut hospital, to).await;
    sync_mailbox(&mut care).await.unwrap();
    assert!(care.message(from, id).doubts.is_empty());
}

#[tokio::test]
async fn what_our_institution_sent_from_elsewhere_is_said() {
    let (mut hospital, care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    // As a vault that never made it.
    for path in ["sent", "message", "letter"] {
        for record in hospital.vault().list(path).unwrap() {
            hospital.vault().remove(&record).unwrap();
        }
    }
    let report = sync_mailbox(&mut hospital).await.unwrap();
    assert_eq!(*hospital.notes.borrow(), ["mailbox.made-by-a-copy"]);
    // Its letter is fetched all the same, without a word about delivery.
    assert_eq!(report.letters[0].letter, LetterState::Kept);
    let message = hospital.message(from, id);
    assert_eq!(happened(&message), ["envelope"]);
}

#[tokio::test]
async fn records_that_have_no_place_are_alarms() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    sync_mailbox(&mut care).await.unwrap();
    let (leaf, lines) = {
        let message = care.message(from, id);
        let (leaf, lines) = message.envelope().unwrap();
        (leaf.clone(), lines.clone())
    };
    // The sender's terminal says that the recipient opened it.
    let terminal = hospital.keys().unwrap().terminal_key(hospital.origin()).unwrap();
    let said = opened(hospital.origin(), &lines, leaf.statement.digest(), &terminal).unwrap();
    let index = care.shown().world.append(&said);
    let receipt = care.shown().world.receipt(index);
    let key = |failure: crate::failure::Failure| failure.key();
    assert_eq!(apply_record(&mut care, receipt, &[]).await.map_err(key), Err("log.bad-proof"));
    assert_eq!(happened(&care.message(from, id)), ["envelope", "fetched"]);
    // A detail that nobody named.
    let receipt = leaf.receipt.clone();
    assert_eq!(apply_record(&mut care, receipt, b"x").await.map_err(key), Err("log.bad-proof"));
    // A clear record.
    let index = care.shown().world.tick();
    let receipt = care.shown().world.receipt(index);
    assert!(matches!(
        tsumugu_trust::statement::Statement::parse(&receipt.record).unwrap().body,
        AnyBody::Tick(_)
    ));
    assert_eq!(apply_record(&mut care, receipt, &[]).await.map_err(key), Err("log.bad-proof"));
}
