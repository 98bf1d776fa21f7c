//! What a backup takes: whole rounds, whatever a writer is doing meanwhile.

use super::*;

/// Takes a snapshot and copies it; gives the rounds that were visited.
fn copied(from: &Path, to: &Path) -> Result<Vec<Plain>, JournalError> {
    let mut visited = Vec::new();
    let snapshot = JournalSnapshot::take(from, |round| visited.push(plain(round)))?;
    for (place, (name, length)) in snapshot.files().enumerate() {
        let mut bytes = Vec::new();
        snapshot.copy(place, &mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, length);
        fs::write(to.join(name), bytes).unwrap();
    }
    Ok(visited)
}

#[test]
fn a_copy_opens_with_the_same_rounds_and_the_original_is_untouched() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let rounds: Vec<Plain> = (0..5).map(|seed| round(seed, 300)).collect();
    let path = journal_of(from.path(), &rounds[..3]);
    let (mut journal, _) = open(from.path()).unwrap();
    journal.roll(6, "b").unwrap();
    rounds[3..].iter().for_each(|round| drop(append(&mut journal, round).unwrap()));
    journal.roll(10, "c").unwrap();
    // A round that a crash tore, after the last whole one.
    let last = from.path().join("000003-c.journal");
    let mut bytes = fs::read(&last).unwrap();
    bytes.extend([0, 0, 1, 0, 1, 7, 7]);
    fs::write(&last, &bytes).unwrap();
    let before = (fs::read(&path).unwrap(), fs::read(&last).unwrap());

    assert_eq!(copied(from.path(), to.path()).unwrap(), rounds);
    assert_eq!((fs::read(&path).unwrap(), fs::read(&last).unwrap()), before);
    let (journal, visited) = open(to.path()).unwrap();
    assert_eq!((visited, journal.segments().len(), journal.dropped()), (rounds, 3, None));
}

#[test]
fn damage_is_no_torn_end() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = journal_of(from.path(), &[round(1, 300), round(2, 300)]);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() - 400;
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(matches!(
        copied(from.path(), to.path()),
        Err(JournalError::Damaged { segment: 1, damage: Damage::Checksum, .. })
    ));
}

/// The writer appends as fast as it can: each snapshot is a beginning of what it writes.
#[test]
fn a_running_writer_disturbs_no_snapshot() {
    let from = tempfile::tempdir().unwrap();
    let rounds: Vec<Plain> = (0..200).map(|seed| round(seed, 3_000)).collect();
    journal_of(from.path(), &rounds[..1]);
    let (directory, all) = (from.path().to_owned(), rounds.clone());
    let writer = std::thread::spawn(move || {
        let (mut journal, _) = open(&directory).unwrap();
        for (place, round) in all.iter().enumerate().skip(1) {
            if place % 50 == 0 {
                journal.roll(place as u64, "b").unwrap();
            }
            append(&mut journal, round).unwrap();
        }
    });
    let mut seen = 0;
    while seen < rounds.len() {
        let to = tempfile::tempdir().unwrap();
        let taken = copied(from.path(), to.path()).unwrap();
        assert!(taken.len() >= seen && taken == rounds[..taken.len()]);
        assert_eq!(open(to.path()).unwrap().1, taken);
        seen = taken.len();
        if writer.is_finished() && seen < rounds.len() {
            seen = copied(from.path(), tempfile::tempdir().unwrap().path()).unwrap().len();
            assert_eq!(seen, rounds.len());
        }
    }
    writer.join().unwrap();
}
