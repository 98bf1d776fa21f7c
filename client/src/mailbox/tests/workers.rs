//! What the mailbox tells of the office's workers.

use tsumugu_trust::statement::{Statement, Worker, WorkerRemoved};
use tsumugu_trust::value::Id;

use super::*;
use crate::workers::records;

/// The exchange logs a record about the office's workers, and the terminal reads it.
async fn logged(post: &mut TestPost, statement: &Statement) -> Result<(), &'static str> {
    let own = post.institution.id;
    // Only one mailbox: it is nobody else's record.
    post.shown().log(statement, [own, Id([0; 16])], &[]);
    sync_mailbox(post).await.map(|_| ()).map_err(|failure| failure.key())
}

#[tokio::test]
async fn a_worker_whom_the_office_removed_is_forgotten() {
    let (mut hospital, _) = two_offices().await;
    let worker = hospital.institution.worker.id;
    let lines = WorkerRemoved { institution: hospital.institution.id, worker };
    let removed = hospital.shown().world.by_institution(&hospital.institution.clone(), &lines);
    assert_eq!(logged(&mut hospital, &removed).await, Ok(()));
    assert!(hospital.keys().unwrap().workers.is_empty());
}

#[tokio::test]
async fn a_removal_that_the_office_did_not_sign_is_an_alarm_and_the_key_stays() {
    let (mut hospital, care) = two_offices().await;
    let worker = hospital.institution.worker.id;
    let lines = WorkerRemoved { institution: hospital.institution.id, worker };
    let forged = {
        let shown = hospital.shown();
        [
            shown.world.by_terminal(&hospital.institution, &lines),
            shown.world.by_institution(&care.institution, &lines),
        ]
    };
    for forged in forged {
        assert_eq!(logged(&mut hospital, &forged).await, Err("log.bad-proof"));
        assert_eq!(hospital.keys().unwrap().workers.len(), 1);
    }
}

#[tokio::test]
async fn a_worker_at_another_terminal_is_no_news_and_one_at_this_that_was_not_made_here_is() {
    let (mut hospital, _) = two_offices().await;
    let of = hospital.institution.clone();
    let (elsewhere, here) = {
        let world = &mut hospital.shown().world;
        let other = world.new_terminal();
        let admission = world.admit_terminal(&of, &other);
        world.append(&admission);
        let elsewhere = world.new_worker(of.id, &of.key, other.id, "山田 花子", "看護師");
        let here = world.new_worker(of.id, &of.key, of.terminal.id, "山田 太郎", "看護師");
        (elsewhere, here)
    };
    assert_eq!(logged(&mut hospital, &elsewhere.statement).await, Ok(()));
    assert_eq!(*hospital.notes.borrow(), Vec::<String>::new());
    let known = records(hospital.vault()).unwrap();
    assert_eq!((known[0].0, known[0].1.terminals.len()), (elsewhere.id, 1));
    // Its own worker is no news either.
    let own = of.worker.statement.clone();
    assert_eq!(logged(&mut hospital, &own).await, Ok(()));
    assert_eq!(*hospital.notes.borrow(), Vec::<String>::new());
    assert_eq!(logged(&mut hospital, &here.statement).await, Ok(()));
    assert_eq!(*hospital.notes.borrow(), ["mailbox.worker-of-a-copy"]);
    let AnyBody::Worker(Worker { terminal, .. }) = here.statement.body else { panic!("a worker") };
    assert_eq!(terminal, of.terminal.id);
}
