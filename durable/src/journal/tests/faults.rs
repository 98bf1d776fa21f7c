//! The fault table: each step of an append, a roll and an erasure fails, persisted or not.

use super::*;
use crate::fault::Fault::{self, Half, NotPersisted, Persisted};
use crate::fault::Step::{self, Remove, Rename, Sync, SyncDirectory, Write};

/// What the next start-up must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// As before the step.
    Nothing,
    /// The step done wholly.
    Done,
}
use Expected::{Done, Nothing};

type Row = (Step, u64, Fault, Expected);

/// Runs `act` under each row's fault and hands `check` what start-up found.
fn table(
    rows: &[Row],
    act: impl Fn(&mut Journal, &[Position]) -> Result<(), JournalError>,
    check: impl Fn(&Journal, &[Plain], Expected),
) {
    for &(step, nth, fault, expected) in rows {
        let directory = tempfile::tempdir().unwrap();
        let faults = FaultPlan::none();
        let (mut journal, _) = open_with(directory.path(), faults.clone()).unwrap();
        journal.roll(0, "a").unwrap();
        append(&mut journal, &round(1, 600)).unwrap();
        let positions = append(&mut journal, &round(2, 600)).unwrap();

        faults.arm(step, nth, fault);
        let failed = act(&mut journal, &positions);
        assert!(matches!(failed, Err(JournalError::Disk(_))), "{step:?} {nth} {fault:?}");
        assert!(!faults.is_pending());
        assert!(journal.is_stopped());
        let later = append(&mut journal, &round(4, 1));
        assert!(matches!(later, Err(JournalError::Stopped)));
        assert!(matches!(journal.roll(9, "late"), Err(JournalError::Stopped)));
        assert!(matches!(journal.erase(positions[0], 9, b""), Err(JournalError::Stopped)));
        drop(journal);

        let (mut journal, visited) = open(directory.path()).unwrap();
        check(&journal, &visited, expected);
        append(&mut journal, &round(5, 10)).unwrap();
        let (_, again) = open(directory.path()).unwrap();
        assert_eq!(again.len(), visited.len() + 1);
        assert_eq!(again.last(), Some(&round(5, 10)));
    }
}

#[test]
fn an_append_is_there_wholly_or_not_at_all() {
    let rows = [
        (Write, 1, NotPersisted, Nothing),
        (Write, 1, Half, Nothing),
        (Write, 1, Persisted, Done),
        (Sync, 1, NotPersisted, Nothing),
        (Sync, 1, Persisted, Done),
    ];
    let act = |journal: &mut Journal, _: &[Position]| append(journal, &round(3, 600)).map(|_| ());
    table(&rows, act, |_, visited, expected| match expected {
        Nothing => assert_eq!(visited, [round(1, 600), round(2, 600)]),
        Done => assert_eq!(visited, [round(1, 600), round(2, 600), round(3, 600)]),
    });
}

#[test]
fn a_segment_is_there_wholly_or_not_at_all() {
    let rows = [
        (Write, 1, NotPersisted, Nothing),
        (Write, 1, Persisted, Nothing),
        (Sync, 1, NotPersisted, Nothing),
        (Sync, 1, Persisted, Nothing),
        (Rename, 1, NotPersisted, Nothing),
        (Rename, 1, Persisted, Done),
        (SyncDirectory, 1, Persisted, Done),
    ];
    table(
        &rows,
        |journal, _| journal.roll(4, "b"),
        |journal, visited, expected| {
            assert_eq!(visited, [round(1, 600), round(2, 600)]);
            assert_eq!(journal.segments().len(), if expected == Done { 2 } else { 1 });
        },
    );
}

#[test]
fn an_announced_erasure_is_completed() {
    // Writes and syncs: 1 is the intent's, 2 the frame's.
    let rows = [
        (Write, 1, NotPersisted, Nothing),
        (Write, 1, Persisted, Nothing),
        (Sync, 1, NotPersisted, Nothing),
        (Sync, 1, Persisted, Nothing),
        (Rename, 1, NotPersisted, Nothing),
        (Rename, 1, Persisted, Done),
        (SyncDirectory, 1, Persisted, Done),
        (Write, 2, NotPersisted, Done),
        (Write, 2, Half, Done),
        (Write, 2, Persisted, Done),
        (Sync, 2, NotPersisted, Done),
        (Sync, 2, Persisted, Done),
        (Remove, 1, NotPersisted, Done),
        (Remove, 1, Persisted, Done),
        (SyncDirectory, 2, Persisted, Done),
    ];
    let act = |journal: &mut Journal, positions: &[Position]| journal.erase(positions[0], 9, b"x");
    table(&rows, act, |_, visited, expected| {
        assert_eq!(visited[0], round(1, 600));
        let mut second = round(2, 600);
        if expected == Done {
            second.0[0] = Frame::new(9, [b"x".as_slice(), &[0; 599]].concat());
        }
        assert_eq!(visited[1], second);
    });
}

#[test]
fn a_failed_start_up_can_be_repeated() {
    // A half round to be cut off, an erasure to be done again, a last round to be written again.
    let rows = [
        (SyncDirectory, 1),
        (Write, 1),
        (Sync, 1),
        (Remove, 1),
        (SyncDirectory, 2),
        (Write, 2),
        (Sync, 2),
        (Write, 3),
        (Sync, 3),
    ];
    for (step, nth) in rows {
        for fault in [NotPersisted, Half, Persisted] {
            let directory = tempfile::tempdir().unwrap();
            let faults = FaultPlan::none();
            let (mut journal, _) = open_with(directory.path(), faults.clone()).unwrap();
            journal.roll(0, "a").unwrap();
            let positions = append(&mut journal, &round(1, 600)).unwrap();
            append(&mut journal, &round(2, 600)).unwrap();
            faults.arm(Write, 2, NotPersisted);
            journal.erase(positions[0], 9, b"").unwrap_err();
            drop(journal);
            let path = directory.path().join("000001-a.journal");
            let mut bytes = fs::read(&path).unwrap();
            bytes.extend_from_slice(&[0, 0, 1, 0, 1, 5, 5, 5]);
            fs::write(&path, bytes).unwrap();

            faults.arm(step, nth, fault);
            let failed = open_with(directory.path(), faults.clone());
            assert!(matches!(failed, Err(JournalError::Disk(_))), "{step:?} {nth} {fault:?}");
            let (_, visited) = open(directory.path()).unwrap();
            let mut first = round(1, 600);
            first.0[0] = Frame::new(9, [0; 600]);
            assert_eq!(visited, [first, round(2, 600)]);
        }
    }
}
