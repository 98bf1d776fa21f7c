//! What waits survives, goes out once, and is never sealed anew without being asked.

use std::time::Duration;

use tsumugu_proto::v1;
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::statement::{Destination, Statement, Urgency};
use tsumugu_trust::value::{Id, Time, Unit};

use super::*;
use crate::letters::{Content, Header, SealedLetter, Signer, compose, opened, seal, unreadable};
use crate::mailbox::message::{LetterState, Message, letter_path};
use crate::post::Post;
use crate::post::testing::{TestPost, Trouble, happened, two_offices};

/// A sealed notice to the other office.
fn letter(post: &TestPost, to: Id, unit: &str) -> SealedLetter {
    let keys = post.keys().unwrap();
    let mut random = [0; 10];
    post.with_random(|rng| rng.fill_bytes(&mut random));
    let header = Header {
        id: Id::for_message(post.now(), &random),
        from: keys.institution,
        to: Destination { institution: to, unit: unit.parse().unwrap() },
        attachments: Vec::new(),
        urgency: Urgency::Normal,
        ack_by: None,
        replaces: None,
        composed: post.now(),
    };
    let kind = v1::LetterKind::Notice;
    let content = Content {
        kind,
        about: None,
        passed_on: None,
        case_id: None,
        attachments: Vec::new(),
        body: b"{}".to_vec().into(),
    };
    let worker = keys.worker(None).unwrap();
    let (key, shown) = (worker.signing_key(post.origin()).unwrap(), worker.shown().unwrap());
    let signer = Signer { key: &key, shown: &shown };
    let terminal = keys.terminal_key(post.origin()).unwrap();
    let previous = previous_message(post.vault(), to).unwrap();
    let with = sealing(post, &terminal, previous).unwrap();
    post.with_random(|rng| {
        let composed = compose(post.origin(), header, &content, signer, rng).unwrap();
        seal(&composed, with, rng).unwrap()
    })
}

fn queue(post: &TestPost, to: Id) -> (Entry, Id) {
    post.home.clock.advance(1);
    let sealed = letter(post, to, Unit::main().as_str());
    let entry = queue_send(post, &[sealed]).unwrap();
    let (_, id) = entry.messages()[0];
    (entry, id)
}

fn waiting_keys(report: &FlushReport) -> Vec<&'static str> {
    report.waiting.iter().map(|(_, failure)| failure.key()).collect()
}

#[tokio::test]
async fn a_letter_is_sent_once_its_receipt_verified() {
    let (mut hospital, care) = two_offices().await;
    let to = care.institution.id;
    let (entry, id) = queue(&hospital, to);
    let report = flush(&mut hospital).await.unwrap();
    let [(done, Delivered::Sent(sent))] = report.done.as_slice() else { panic!("{report:?}") };
    assert_eq!((*done, sent[0].0), (entry.id, id));
    assert!(entries(hospital.vault()).unwrap().is_empty());
    assert!(hospital.vault().list("outbox-part").unwrap().is_empty());
    let own = hospital.institution.id;
    let message = hospital.message(own, id);
    assert_eq!(happened(&message), ["envelope"]);
    assert_eq!(message.letter, LetterState::Kept);
    assert!(message.read_letter(hospital.vault(), hospital.directory()).unwrap().is_some());
    assert!(was_made_here(hospital.vault(), own, id).unwrap());
    let previous = previous_message(hospital.vault(), to).unwrap();
    assert_eq!(previous, Some((id, message.digest().unwrap())));
}

#[tokio::test]
async fn what_was_saved_goes_out_after_a_crash_with_the_same_bytes() {
    let (mut hospital, care) = two_offices().await;
    let (entry, id) = queue(&hospital, care.institution.id);
    hospital.shown().troubles.push_back(Trouble::Refuse("connection.lost"));
    let report = flush(&mut hospital).await.unwrap();
    assert_eq!(waiting_keys(&report), ["connection.lost"]);
    // As a new process sees it.
    let again = Entry::load(&hospital.home.ctx.open_vault().unwrap(), entry.id).unwrap().unwrap();
    assert_eq!((again.attempts, again.last.unwrap().failure.as_str()), (1, "connection.lost"));
    assert!(was_made_here(hospital.vault(), hospital.institution.id, id).unwrap());
    flush(&mut hospital).await.unwrap();
    let shown = hospital.shown();
    assert_eq!(shown.sent.len(), 2);
    assert_eq!(shown.sent[0], shown.sent[1]);
}

#[tokio::test]
async fn after_a_lost_answer_the_same_bytes_get_the_first_receipt() {
    let (mut hospital, mut care) = two_offices().await;
    let (_, id) = queue(&hospital, care.institution.id);
    hospital.shown().troubles.push_back(Trouble::LoseAnswer);
    assert_eq!(waiting_keys(&flush(&mut hospital).await.unwrap()), ["connection.lost"]);
    // The recipient rotates: the letter was accepted, so nothing may be sealed anew.
    care.rotate();
    let report = flush(&mut hospital).await.unwrap();
    assert_eq!(report.done.len(), 1);
    let shown = hospital.shown();
    assert_eq!(shown.sent[0], shown.sent[1]);
    drop(shown);
    assert_eq!(happened(&hospital.message(hospital.institution.id, id)), ["envelope"]);
}

#[tokio::test]
async fn only_a_stale_key_set_has_it_sealed_anew_under_the_same_id() {
    let (mut hospital, mut care) = two_offices().await;
    let (_, id) = queue(&hospital, care.institution.id);
    care.rotate();
    let report = flush(&mut hospital).await.unwrap();
    assert_eq!(report.done.len(), 1, "{report:?}");
    let own = hospital.institution.id;
    let (first, second) = {
        let shown = hospital.shown();
        (shown.sent[0].letters[0].clone(), shown.sent[1].letters[0].clone())
    };
    assert!(first.envelope != second.envelope && first.body != second.body);
    let message = hospital.message(own, id);
    assert_eq!(message.envelope().unwrap().0.statement.bytes(), second.envelope);
    assert!(message.read_letter(hospital.vault(), hospital.directory()).unwrap().is_some());
    assert!(hospital.vault().list("outbox-part").unwrap().is_empty());
}

#[tokio::test]
async fn a_new_sealing_is_on_disk_before_it_goes_out() {
    let (mut hospital, mut care) = two_offices().await;
    let (entry, _) = queue(&hospital, care.institution.id);
    care.rotate();
    hospital
        .shown()
        .troubles
        .extend([Trouble::Refuse("server.stale-key-set"), Trouble::Refuse("connection.lost")]);
    flush(&mut hospital).await.unwrap();
    let kept = Entry::load(hospital.vault(), entry.id).unwrap().unwrap();
    let Command::Send(group) = &kept.command else { panic!("a send") };
    assert_eq!(group.letters[0].envelope(), &hospital.shown().sent[1].letters[0].envelope[..]);
    assert_eq!(hospital.vault().list("outbox-part").unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_refused_for_good_stays_until_it_is_dropped_and_holds_up_nothing() {
    let (mut hospital, care) = two_offices().await;
    let (refused, _) = queue(&hospital, care.institution.id);
    let (sent, _) = queue(&hospital, care.institution.id);
    hospital.shown().troubles.push_back(Trouble::Refuse("server.recipient-inactive"));
    let report = flush(&mut hospital).await.unwrap();
    assert_eq!(report.refused.len(), 1);
    assert_eq!(report.done[0].0, sent.id);
    let kept = Entry::load(hospital.vault(), refused.id).unwrap().unwrap().refused.unwrap();
    assert_eq!(
        (kept.reason.as_str(), kept.owner),
        ("server.recipient-inactive", Owner::Administrator)
    );
    // It is not tried again.
    flush(&mut hospital).await.unwrap();
    assert_eq!(hospital.shown().sent.len(), 2);
    assert!(drop_entry(&hospital, refused.id).unwrap());
    assert!(!drop_entry(&hospital, refused.id).unwrap());
    flush(&mut hospital).await.unwrap();
    assert!(hospital.vault().list("outbox-part").unwrap().is_empty());
}

#[tokio::test]
async fn behind_one_that_waits_nothing_is_tried_and_an_alarm_ends_it() {
    let (mut hospital, care) = two_offices().await;
    queue(&hospital, care.institution.id);
    queue(&hospital, care.institution.id);
    hospital.shown().troubles.push_back(Trouble::Refuse("server.unavailable"));
    let report = flush(&mut hospital).await.unwrap();
    assert_eq!(waiting_keys(&report), ["server.unavailable"; 2]);
    assert_eq!(hospital.shown().sent.len(), 1);
    hospital.shown().troubles.push_back(Trouble::Refuse("log.forked"));
    assert_eq!(flush(&mut hospital).await.unwrap_err().key(), "log.forked");
    assert_eq!(entries(hospital.vault()).unwrap().len(), 2);
}

#[tokio::test]
async fn a_wait_is_kept_holds_up_letters_and_no_answers() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, id) = arrived(&mut hospital, &mut care).await;
    let (letter, _) = queue(&care, hospital.institution.id);
    let (behind, _) = queue(&care, hospital.institution.id);
    care.home.clock.advance(1);
    let terminal = care.keys().unwrap().terminal_key(care.origin()).unwrap();
    let statement = said_opened(&care, &terminal, (from, id));
    let answer = queue_opened(&care, (from, id), &statement).unwrap();
    care.shown().troubles.push_back(Trouble::Limit("limit.day", 7 * 3_600));
    let report = flush(&mut care).await.unwrap();
    assert_eq!(waiting_keys(&report), ["limit.day", "limit.day"]);
    assert_eq!(report.done.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [answer.id]);
    assert!(care.pauses.borrow().is_empty(), "nobody waits hours for a command");

    // The exchange is not asked again before; the wait gets shorter.
    let sent = care.shown().sent.len();
    care.home.clock.advance(3_600_000);
    let report = flush(&mut care).await.unwrap();
    assert_eq!(waiting_keys(&report), ["limit.waiting", "limit.waiting"]);
    let wait = report.waiting[0].1.retry_after();
    assert_eq!(wait, Some(Duration::from_secs(6 * 3_600)));
    assert_eq!(care.shown().sent.len(), sent);
    let kept = Entry::load(care.vault(), letter.id).unwrap().unwrap();
    assert_eq!((kept.attempts, kept.refused.is_none()), (1, true));

    care.home.clock.advance(6 * 3_600_000);
    let report = flush(&mut care).await.unwrap();
    let done: Vec<_> = report.done.iter().map(|(id, _)| *id).collect();
    assert_eq!(done, [letter.id, behind.id]);
}

#[tokio::test]
async fn a_moment_is_waited_for_a_few_times() {
    let (mut hospital, care) = two_offices().await;
    let (entry, _) = queue(&hospital, care.institution.id);
    let busy = Trouble::Limit("limit.busy", 2);
    hospital.shown().troubles.extend([busy, busy]);
    let report = flush(&mut hospital).await.unwrap();
    assert_eq!(report.done.len(), 1);
    assert_eq!(*hospital.pauses.borrow(), [Duration::from_secs(2); 2]);
    drop(entry);
    queue(&hospital, care.institution.id);
    hospital.shown().troubles.extend([busy; 4]);
    let report = flush(&mut hospital).await.unwrap();
    assert_eq!(waiting_keys(&report), ["limit.busy"]);
    assert_eq!(hospital.pauses.borrow().len(), 5);
}

#[test]
fn a_wait_ends_also_when_the_clock_was_put_back() {
    let attempt = |until| Attempt {
        at: Time(0),
        failure: String::from("limit.day"),
        said_ja: String::new(),
        said_en: String::new(),
        not_before_ms: until,
    };
    let entry = |until| Entry {
        id: Id([1; 16]),
        created: Time(0),
        attempts: 1,
        last: Some(attempt(until)),
        refused: None,
        command: Command::Send(SendGroup { revision: 0, letters: Vec::new(), answer: None }),
    };
    const DAY_MS: u64 = 86_400_000;
    let wait = |until, now| entry(until).wait(Time(now));
    assert_eq!(wait(None, 0), None);
    assert_eq!(wait(Some(5), 4), Some(Duration::from_millis(1)));
    assert_eq!(wait(Some(5), 5), None);
    assert_eq!(wait(Some(5), 6), None);
    assert_eq!(wait(Some(DAY_MS), 0), Some(Duration::from_millis(DAY_MS)));
    assert_eq!(wait(Some(DAY_MS + 1), 0), None);
}

#[tokio::test]
async fn a_group_is_committed_all_or_none() {
    let (mut hospital, care) = two_offices().await;
    let to = care.institution.id;
    let letters = [letter(&hospital, to, "main"), letter(&hospital, to, "main")];
    let entry = queue_send(&hospital, &letters).unwrap();
    let ids: Vec<Id> = entry.messages().iter().map(|(_, id)| *id).collect();
    let report = flush(&mut hospital).await.unwrap();
    let [(_, Delivered::Sent(sent))] = report.done.as_slice() else { panic!("{report:?}") };
    assert_eq!(sent.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
    // The last of the group is what the next letter points back to.
    assert_eq!(previous_message(hospital.vault(), to).unwrap().map(|(id, _)| id), Some(ids[1]));
}

#[tokio::test]
async fn parts_without_an_entry_are_swept() {
    let (mut hospital, care) = two_offices().await;
    let (entry, _) = queue(&hospital, care.institution.id);
    // As a crash between parts and entry leaves them.
    hospital.vault().remove(&super::entry::path(entry.id)).unwrap();
    assert_eq!(hospital.vault().list("outbox-part").unwrap().len(), 2);
    flush(&mut hospital).await.unwrap();
    assert!(hospital.vault().list("outbox-part").unwrap().is_empty());
    assert!(hospital.shown().sent.is_empty());
}

#[tokio::test]
async fn a_crash_between_reply_and_record_repeats_into_the_same_records() {
    let (mut hospital, care) = two_offices().await;
    let (entry, id) = queue(&hospital, care.institution.id);
    let parts: Vec<_> = hospital.vault().list("outbox-part").unwrap();
    let saved: Vec<_> = parts.iter().map(|p| hospital.vault().read(p).unwrap().unwrap()).collect();
    flush(&mut hospital).await.unwrap();
    let own = hospital.institution.id;
    let first = hospital.vault().read(&crate::mailbox::message::path(own, id)).unwrap();
    // The entry is back, as if the process had died before it was removed.
    for (path, bytes) in parts.iter().zip(&saved) {
        hospital.vault().write(path, bytes).unwrap();
    }
    hospital.vault().write_json(&super::entry::path(entry.id), &entry).unwrap();
    flush(&mut hospital).await.unwrap();
    assert!(entries(hospital.vault()).unwrap().is_empty());
    let message = Message::load(hospital.vault(), own, id).unwrap().unwrap();
    assert_eq!(happened(&message), ["envelope"]);
    assert_eq!(hospital.vault().read(&crate::mailbox::message::path(own, id)).unwrap(), first);
    assert!(hospital.vault().read(&letter_path(own, id)).unwrap().is_some());
}

/// A letter that the care office has, with its envelope.
async fn arrived(hospital: &mut TestPost, care: &mut TestPost) -> (Id, Id) {
    let (_, id) = queue(hospital, care.institution.id);
    flush(hospital).await.unwrap();
    crate::mailbox::sync_mailbox(care).await.unwrap();
    (hospital.institution.id, id)
}

/// The statement that a terminal of `post` signs.
fn said_opened(post: &TestPost, terminal: &SigningKey, (from, id): (Id, Id)) -> Statement {
    let message = post.message(from, id);
    let (leaf, lines) = message.envelope().unwrap();
    opened(post.origin(), lines, leaf.statement.digest(), terminal).unwrap()
}

#[tokio::test]
async fn a_record_in_place_of_ours_must_be_signed_by_a_terminal_of_ours() {
    let (mut hospital, mut care) = two_offices().await;
    let named = arrived(&mut hospital, &mut care).await;
    let ours = care.keys().unwrap().terminal_key(care.origin()).unwrap();
    let theirs = hospital.keys().unwrap().terminal_key(hospital.origin()).unwrap();
    queue_opened(&care, named, &said_opened(&care, &ours, named)).unwrap();
    let forged = said_opened(&care, &theirs, named);
    let index = care.shown().world.append(&forged);
    care.shown().instead = Some(index);
    assert_eq!(flush(&mut care).await.unwrap_err().key(), "log.bad-proof");
    assert_eq!(care.alarms.borrow().len(), 1);
    assert_eq!(happened(&care.message(named.0, named.1)), ["envelope", "fetched"]);
    assert_eq!(entries(care.vault()).unwrap().len(), 1);
}

#[tokio::test]
async fn a_record_of_another_terminal_of_ours_stands_in_place_of_ours() {
    let (mut hospital, mut care) = two_offices().await;
    let named = arrived(&mut hospital, &mut care).await;
    let ours = care.keys().unwrap().terminal_key(care.origin()).unwrap();
    queue_opened(&care, named, &said_opened(&care, &ours, named)).unwrap();
    let (colleague, index) = {
        let world = &mut care.exchange.borrow_mut().world;
        let terminal = world.new_terminal();
        let admitted = world.admit_terminal(&care.institution, &terminal);
        world.append(&admitted);
        let said = said_opened(&care, &terminal.key.signing(), named);
        (said.clone(), world.append(&said))
    };
    care.shown().instead = Some(index);
    care.sync().await.unwrap();
    assert_eq!(flush(&mut care).await.unwrap().done.len(), 1);
    let message = care.message(named.0, named.1);
    assert_eq!(happened(&message), ["envelope", "fetched", "opened"]);
    assert_eq!(message.leaves()[2].statement, colleague);
}

#[tokio::test]
async fn an_answer_that_a_colleague_was_faster_with_is_refused_by_name() {
    let (mut hospital, mut care) = two_offices().await;
    let named = arrived(&mut hospital, &mut care).await;
    let terminal = care.keys().unwrap().terminal_key(care.origin()).unwrap();
    let message = care.message(named.0, named.1);
    let (leaf, lines) = message.envelope().unwrap();
    for later in 0..2 {
        let answered = tsumugu_trust::value::Time(care.now().0 + later);
        let digest = leaf.statement.digest();
        let said = unreadable(care.origin(), lines, digest, answered, &terminal).unwrap();
        queue_answer(&care, named, &said, &[]).unwrap();
    }
    let report = flush(&mut care).await.unwrap();
    assert_eq!(report.done.len(), 1);
    let [(_, refused)] = report.refused.as_slice() else { panic!("{report:?}") };
    assert_eq!(refused.key(), "ack.colleague-first");
    assert!(refused.sentence().ja().contains("先に回答していました"), "{refused}");
    assert!(refused.sentence().en().contains("A colleague answered"), "{refused}");
    assert!(refused.sentence().remedy_en().contains("shows the colleague's answer"), "{refused}");
    // Any other rule is told as the exchange tells it.
    let (care_trouble, id) = (Trouble::Refuse("server.rule"), named.1);
    care.shown().troubles.push_back(care_trouble);
    let said = said_opened(&care, &terminal, (named.0, id));
    queue_opened(&care, named, &said).unwrap();
    assert_eq!(flush(&mut care).await.unwrap().refused[0].1.key(), "server.rule");
}
