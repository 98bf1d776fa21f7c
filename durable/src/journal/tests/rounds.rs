//! What goes in comes out, limits included.

use super::*;

#[test]
fn rounds_come_back_in_order_over_segments() {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(directory.path()).unwrap();
    assert!(matches!(journal.append_round(&[], b""), Err(JournalError::NoSegment)));
    let rounds: Vec<Plain> = (0..6).map(|seed| round(seed, 100)).collect();
    let mut positions = Vec::new();
    for (index, round) in rounds.iter().enumerate() {
        if index % 2 == 0 {
            journal.roll(index as u64 * 2, &format!("2026-1{index}")).unwrap();
        }
        positions.push(append(&mut journal, round).unwrap());
    }
    assert_eq!(journal.segments().len(), 3);
    let reader = journal.reader();
    drop(journal);

    let mut visited = Vec::new();
    let journal = Journal::open(directory.path(), |round| visited.push(round)).unwrap();
    assert_eq!(journal.segments()[1], SegmentInfo { number: 2, first: 4, label: "2026-12".into() });
    assert_eq!(journal.dropped(), None);
    for ((visited, expected), positions) in visited.iter().zip(&rounds).zip(&positions) {
        assert_eq!(&plain(visited.clone()), expected);
        for ((position, frame), given) in visited.frames.iter().zip(positions) {
            assert_eq!(position, given);
            assert_eq!(&journal.read(*position).unwrap(), frame);
            assert_eq!(&reader.read(*position).unwrap(), frame);
        }
        let end = journal.read(visited.end_position).unwrap();
        assert_eq!(end, Frame::new(ROUND_END, visited.end.clone()));
    }
    assert_eq!(visited.len(), rounds.len());
}

#[test]
fn an_empty_round_is_a_round() {
    let directory = tempfile::tempdir().unwrap();
    journal_of(directory.path(), &[(vec![], vec![]), (vec![Frame::new(0, [])], vec![])]);
    let (_, visited) = open(directory.path()).unwrap();
    assert_eq!(visited, [(vec![], vec![]), (vec![Frame::new(0, [])], vec![])]);
}

#[test]
fn readers_in_other_threads_see_every_committed_frame() {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(directory.path()).unwrap();
    journal.roll(0, "a").unwrap();
    let (sender, receiver) = std::sync::mpsc::channel::<(Position, Frame)>();
    let reader = journal.reader();
    let reading = std::thread::spawn(move || {
        for (position, frame) in receiver {
            assert_eq!(reader.read(position).unwrap(), frame);
        }
    });
    for seed in 0..50 {
        let round = round(seed, 300);
        let positions = append(&mut journal, &round).unwrap();
        for pair in positions.into_iter().zip(round.0) {
            sender.send(pair).unwrap();
        }
    }
    drop(sender);
    reading.join().unwrap();
}

#[test]
fn positions_that_were_never_given_out_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(directory.path()).unwrap();
    journal.roll(0, "a").unwrap();
    let good = append(&mut journal, &round(0, 40)).unwrap()[0];
    for bad in [
        Position { segment: 0, ..good },
        Position { segment: 2, ..good },
        Position { offset: 0, ..good },
        Position { offset: 5000, ..good },
        Position { offset: u64::MAX, ..good },
        Position { length: good.length + 1, ..good },
        Position { length: u32::MAX, ..good },
    ] {
        let refused = journal.read(bad);
        assert!(matches!(refused, Err(JournalError::NoFrameAt { .. })), "{bad}: {refused:?}");
    }
}

#[test]
fn a_frame_and_an_end_at_the_limit_pass_and_one_byte_more_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(directory.path()).unwrap();
    journal.roll(0, "a").unwrap();
    let longest = (vec![Frame::new(254, vec![7; MAX_FRAME])], vec![8; MAX_END]);
    append(&mut journal, &longest).unwrap();
    let over = journal.append_round(&[Frame::new(1, vec![7; MAX_FRAME + 1])], b"");
    assert!(matches!(over, Err(JournalError::FrameTooLong { length }) if length == MAX_FRAME + 1));
    let over = journal.append_round(&[], &vec![8; MAX_END + 1]);
    assert!(matches!(over, Err(JournalError::FrameTooLong { .. })));
    let reserved = journal.append_round(&[Frame::new(ROUND_END, [])], b"");
    assert!(matches!(reserved, Err(JournalError::ReservedType)));
    assert!(!journal.is_stopped());
    append(&mut journal, &longest).unwrap();
    let (_, visited) = open(directory.path()).unwrap();
    assert_eq!(visited, [longest.clone(), longest]);
}

#[test]
fn a_round_at_the_limit_passes_and_one_byte_more_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(directory.path()).unwrap();
    journal.roll(0, "a").unwrap();
    let mut frames = vec![Frame::new(1, vec![7; MAX_FRAME]); MAX_ROUND / MAX_FRAME - 1];
    let used = frames.len() * (MAX_FRAME + FRAME_OVERHEAD) + 2 * FRAME_OVERHEAD + EXTENT;
    frames.push(Frame::new(1, vec![7; MAX_ROUND - used + 1]));
    let over = journal.append_round(&frames, b"");
    assert!(matches!(over, Err(JournalError::RoundTooLong { length }) if length == MAX_ROUND + 1));
    frames.last_mut().unwrap().payload.pop();
    journal.append_round(&frames, b"").unwrap();
    let (_, visited) = open(directory.path()).unwrap();
    assert_eq!(visited.len(), 1);
    assert_eq!(visited[0].0, frames);
}

#[test]
fn rolling_refuses_bad_labels_and_going_back() {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(directory.path()).unwrap();
    for bad in ["", "../x", "A", "a.b", &"x".repeat(MAX_LABEL + 1)] {
        assert!(matches!(journal.roll(0, bad), Err(JournalError::BadLabel { .. })), "{bad}");
    }
    journal.roll(7, &"x".repeat(MAX_LABEL)).unwrap();
    journal.roll(7, "again").unwrap();
    assert!(matches!(journal.roll(6, "back"), Err(JournalError::FirstGoesBack { .. })));
    assert!(!journal.is_stopped());
    assert_eq!(open(directory.path()).unwrap().0.segments().len(), 2);
}

#[test]
fn opening_sweeps_temporaries_and_leaves_other_files() {
    let directory = tempfile::tempdir().unwrap();
    journal_of(directory.path(), &[round(1, 10)]);
    let temporary = directory.path().join("1-0.tsumugu-tmp");
    let note = directory.path().join("note.txt");
    fs::write(&temporary, b"half").unwrap();
    fs::write(&note, b"by the operator").unwrap();
    assert_eq!(open(directory.path()).unwrap().1.len(), 1);
    assert!(!temporary.exists());
    assert!(note.exists());
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let absent = directory.path().join("absent");
    assert!(matches!(open(&absent), Err(JournalError::Disk(DiskError::Missing { .. }))));
    assert!(!absent.exists());
}
