//! What the exchange keeps no longer.

use std::path::PathBuf;

use tsumugu_proto::v1::ErrorReason as Reason;
use tsumugu_server::ledger::MAX_DESTROYED_PER_TICK;
use tsumugu_trust::statement::{Answer, AnyBody, BytesRef, DestroyedReason, Statement};

use crate::support::link::reason;
use crate::support::office::{Letter, Office};
use crate::support::town::{DAY, HOUR, Town};
use crate::wire::*;

/// An exchange that keeps its copies for two days after the answer.
async fn two_days() -> (Town, Office, Office) {
    let mut town = Town::new_here().await;
    let (mut from, mut to) = (town.office().await, town.office().await);
    town.stop().await;
    town.folder.limits(|limits| limits.body_retention_days = 2);
    town.start().await;
    town.reconnect(&mut [&mut from, &mut to]).await;
    (town, from, to)
}

pub(super) async fn answered(from: &Office, to: &Office, letter: &Letter) {
    from.send_one(letter).await.unwrap();
    to.fetch(letter).await.unwrap();
    to.dispose(&to.disposition(letter, Answer::Acknowledged)).await.unwrap();
}

/// How often, and why, the exchange says that it destroyed its copy.
pub(super) async fn destroyed(office: &Office, letter: &Letter) -> Vec<DestroyedReason> {
    let records = office.track(letter).await.unwrap();
    let reasons = records.iter().filter_map(|(receipt, _)| {
        match Statement::parse(&receipt.record).unwrap().body {
            AnyBody::Destroyed(said) => {
                assert_eq!(said.envelope, letter.envelope.digest());
                Some(said.reason)
            }
            _ => None,
        }
    });
    reasons.collect()
}

fn file(town: &Town, owner: &Office, of: &BytesRef) -> PathBuf {
    let named = town.folder.path.join("attachments").join("named");
    named.join(owner.id.to_string()).join(of.digest.to_string())
}

fn large(town: &Town, letter: &Letter) -> PathBuf {
    let digest = letter.lines.body.digest.to_string();
    town.folder.path.join("bodies").join("files").join(&digest[..2]).join(&digest)
}

#[tokio::test]
async fn a_copy_is_destroyed_some_days_after_the_answer_and_the_log_says_so() {
    let (mut town, mut from, mut to) = two_days().await;
    let bytes = sealed(100_000);
    let name = upload(&from, &bytes).await;
    let letter = with(&from, &to, &[&name]);
    from.send_one(&letter).await.unwrap();
    to.fetch(&letter).await.unwrap();
    // The answer counts, not what came before it.
    town.time.advance(DAY);
    to.opened(&letter).await.unwrap();
    to.dispose(&to.disposition(&letter, Answer::Rejected)).await.unwrap();
    town.time.advance(2 * DAY - 1);
    town.restart(&mut [&mut from, &mut to]).await;
    assert!(destroyed(&from, &letter).await.is_empty());
    assert!(fetch(&to, &letter, &name).await.unwrap() == bytes);
    assert!(file(&town, &from, &name).exists());
    town.time.advance(1);
    town.restart(&mut [&mut from, &mut to]).await;
    for office in [&from, &to] {
        assert_eq!(destroyed(office, &letter).await, [DestroyedReason::Retention]);
        assert_eq!(reason(office.fetch(&letter).await), Reason::BodyGone);
        assert_eq!(reason(fetch(office, &letter, &name).await), Reason::BodyGone);
        let said = office.mailbox().await;
        let last =
            said.iter().rev().find(|event| event.record.starts_with(b"tsumugu/v1/destroyed\n"));
        assert!(last.is_some());
    }
    assert!(!file(&town, &from, &name).exists());
    // A digest that the letter never named is still not there, and not gone.
    let other = BytesRef { digest: tsumugu_trust::hash::Hash([1; 32]), length: 1 };
    assert_eq!(reason(fetch(&to, &letter, &other).await), Reason::NotFound);
    // What is gone has to be uploaded again.
    assert_eq!(get_upload(&from, &name).await.unwrap(), (0, false));
    assert_eq!(reason(from.send_one(&with(&from, &to, &[&name])).await), Reason::Rule);
    upload(&from, &bytes).await;
    from.send_one(&with(&from, &to, &[&name])).await.unwrap();
    // A late answer to what is gone is still an answer.
    let previous = to.track(&letter).await.unwrap();
    let previous = previous.iter().rev().find_map(|(receipt, _)| {
        let statement = Statement::parse(&receipt.record).unwrap();
        matches!(statement.body, AnyBody::Disposition(_)).then(|| statement.digest())
    });
    to.dispose(&to.disposition_after(&letter, Answer::Acknowledged, previous)).await.unwrap();
    is_rebuilt(town).await;
}

/// Stops, and finds everything whole, also when the views are made anew.
pub(super) async fn is_rebuilt(mut town: Town) {
    town.stop().await;
    let found = town.folder.check(false);
    assert!(found.is_whole(), "{found:?}");
    let rebuilt = town.folder.check(true);
    assert!(rebuilt.is_whole(), "{rebuilt:?}");
    assert_eq!((found.views, found.root), (rebuilt.views, rebuilt.root));
}

#[tokio::test]
async fn what_was_not_fetched_or_not_answered_is_kept() {
    let (mut town, mut from, mut to) = two_days().await;
    let name = upload(&from, &sealed(100)).await;
    let letters: Vec<Letter> = (0..4).map(|_| with(&from, &to, &[&name])).collect();
    for letter in &letters {
        from.send_one(letter).await.unwrap();
    }
    to.fetch(&letters[1]).await.unwrap();
    to.fetch(&letters[2]).await.unwrap();
    to.opened(&letters[2]).await.unwrap();
    // Answered without the body: a person may still want it.
    to.dispose(&to.disposition(&letters[3], Answer::NotForUs)).await.unwrap();
    let own = with(&from, &from, &[&name]);
    from.send_one(&own).await.unwrap();
    town.time.advance(5 * DAY);
    town.restart(&mut [&mut from, &mut to]).await;
    for letter in letters.iter().chain([&own]) {
        from.fetch(letter).await.unwrap();
        fetch(&from, letter, &name).await.unwrap();
        assert!(destroyed(&from, letter).await.is_empty());
    }
    // Fetched at last: the answer was long enough ago.
    to.fetch(&letters[3]).await.unwrap();
    town.restart(&mut [&mut from, &mut to]).await;
    assert_eq!(destroyed(&to, &letters[3]).await.len(), 1);
    assert_eq!(fetch(&from, &letters[0], &name).await.unwrap().len(), 100);
    is_rebuilt(town).await;
}

#[tokio::test]
async fn files_go_with_the_last_letter_that_needs_them() {
    let (mut town, mut from, mut to) = two_days().await;
    let shared = upload(&from, &sealed(300_000)).await;
    let alone = upload(&from, &sealed(80_000)).await;
    // The same sealed body twice, too large for a segment: one file.
    let body = sealed(100_000);
    let letter = |attachments: &[&BytesRef]| {
        let attachments = attachments.iter().map(|one| **one).collect();
        from.letter_with(&to, body.clone(), |lines| lines.attachments = attachments)
    };
    let (first, second) = (letter(&[&shared, &alone]), letter(&[&shared]));
    answered(&from, &to, &first).await;
    town.time.advance(HOUR);
    answered(&from, &to, &second).await;
    town.time.advance(2 * DAY - HOUR);
    town.restart(&mut [&mut from, &mut to]).await;
    assert_eq!(reason(fetch(&to, &first, &shared).await), Reason::BodyGone);
    assert!(!file(&town, &from, &alone).exists());
    assert_eq!(to.fetch(&second).await.unwrap().1, body);
    assert_eq!(fetch(&to, &second, &shared).await.unwrap().len(), 300_000);
    // A third letter names it in time.
    let third = with(&from, &to, &[&shared]);
    from.send_one(&third).await.unwrap();
    town.time.advance(HOUR);
    town.restart(&mut [&mut from, &mut to]).await;
    assert_eq!(reason(to.fetch(&second).await), Reason::BodyGone);
    assert!(!large(&town, &second).exists());
    to.fetch(&third).await.unwrap();
    assert_eq!(fetch(&to, &third, &shared).await.unwrap().len(), 300_000);
    to.dispose(&to.disposition(&third, Answer::Unreadable)).await.unwrap();
    town.time.advance(2 * DAY);
    town.restart(&mut [&mut from, &mut to]).await;
    assert!(!file(&town, &from, &shared).exists());
    is_rebuilt(town).await;
}

#[tokio::test]
async fn one_tick_destroys_so_many_and_the_next_one_goes_on() {
    let (mut town, mut from, mut to) = two_days().await;
    let letters: Vec<Letter> =
        (0..=MAX_DESTROYED_PER_TICK).map(|_| with(&from, &to, &[])).collect();
    for some in letters.chunks(16) {
        from.send(&some.iter().collect::<Vec<_>>()).await.unwrap();
        for letter in some {
            to.fetch(letter).await.unwrap();
            town.time.advance(1);
            to.dispose(&to.disposition(letter, Answer::Acknowledged)).await.unwrap();
        }
    }
    town.stop().await;
    town.time.advance(2 * DAY);
    let before = town.folder.check(false).leaves;
    // The tick of the start, and no other.
    town.start().await;
    town.reconnect(&mut [&mut from, &mut to]).await;
    while town.eye.follow(&from.link).await.size() == before {}
    let size = town.eye.follow(&from.link).await.size();
    assert_eq!(size, before + MAX_DESTROYED_PER_TICK as u64 + 1);
    to.fetch(&letters[MAX_DESTROYED_PER_TICK]).await.unwrap();
    assert_eq!(reason(to.fetch(&letters[MAX_DESTROYED_PER_TICK - 1]).await), Reason::BodyGone);
    town.restart(&mut [&mut from, &mut to]).await;
    assert_eq!(reason(to.fetch(&letters[MAX_DESTROYED_PER_TICK]).await), Reason::BodyGone);
    is_rebuilt(town).await;
}

#[tokio::test]
async fn check_finds_what_is_missing_damaged_or_nobodys() {
    let (mut town, mut from, mut to) = two_days().await;
    let (one, two) = (upload(&from, &sealed(70_000)).await, upload(&from, &sealed(200_000)).await);
    let letter = with(&from, &to, &[&one, &two]);
    from.send_one(&letter).await.unwrap();
    to.fetch(&letter).await.unwrap();
    town.stop().await;
    assert!(town.folder.check(false).is_whole());
    // A body that a crash left before its letter was committed goes at the next start.
    let orphan = town.folder.path.join("bodies/files/01").join("01".repeat(32));
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::write(&orphan, b"x").unwrap();
    assert!(town.folder.check(false).is_whole() && !orphan.exists());
    let strange = file(&town, &from, &one).with_file_name("02".repeat(32));
    std::fs::copy(file(&town, &from, &one), &strange).unwrap();
    let found = town.folder.check(false);
    assert_eq!((found.unreadable_attachments, found.orphaned_attachments), (0, 1));
    std::fs::remove_file(strange).unwrap();
    let path = file(&town, &from, &two);
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 10;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    std::fs::remove_file(file(&town, &from, &one)).unwrap();
    let found = town.folder.check(false);
    assert!(!found.is_whole());
    assert_eq!((found.unreadable_attachments, found.orphaned_attachments), (2, 0));
    // Neither is given out as if it were whole, nor is it said to be gone for good.
    town.start().await;
    town.reconnect(&mut [&mut from, &mut to]).await;
    for name in [&one, &two] {
        assert_eq!(reason(fetch(&to, &letter, name).await), Reason::Unavailable);
    }
    assert_eq!(to.fetch(&letter).await.unwrap().1, letter.body);
}
