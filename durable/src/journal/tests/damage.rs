//! Torn tails are dropped, damage is refused, and wrong data is never given out.

use super::*;

fn three_rounds() -> Vec<Plain> {
    vec![round(10, 20), round(20, 30), round(30, 25)]
}

/// Length of the segment with only the first `count` of these rounds.
fn length_of(rounds: &[Plain]) -> u64 {
    let directory = tempfile::tempdir().unwrap();
    fs::metadata(journal_of(directory.path(), rounds)).unwrap().len()
}

#[test]
fn a_cut_at_every_byte_of_the_last_round_drops_just_that_round() {
    let rounds = three_rounds();
    let whole = length_of(&rounds[..2]);
    let full = length_of(&rounds);
    for cut in whole..full {
        let directory = tempfile::tempdir().unwrap();
        let path = journal_of(directory.path(), &rounds);
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(cut).unwrap();
        let (mut journal, visited) = open(directory.path()).unwrap();
        assert_eq!(visited, rounds[..2], "{cut}");
        let expected = DroppedTail { segment: 1, offset: whole, length: cut - whole };
        assert_eq!(journal.dropped(), (cut > whole).then_some(expected));
        assert_eq!(fs::metadata(&path).unwrap().len(), whole);
        append(&mut journal, &rounds[2]).unwrap();
        assert_eq!(open(directory.path()).unwrap().1, rounds);
    }
}

#[test]
fn zeros_in_place_of_any_end_of_the_last_round_drop_just_that_round() {
    let rounds = three_rounds();
    let whole = length_of(&rounds[..2]) as usize;
    let directory = tempfile::tempdir().unwrap();
    let path = journal_of(directory.path(), &rounds);
    let full = fs::read(&path).unwrap();
    // The last byte alone is left out: it may be zero already.
    for from in whole..full.len() - 4 {
        let mut zeroed = full.clone();
        zeroed[from..].fill(0);
        // A file system may also have made the file longer than what was written of it.
        zeroed.resize(full.len() + (from % 3) * 1000, 0);
        fs::write(&path, &zeroed).unwrap();
        assert_eq!(open(directory.path()).unwrap().1, rounds[..2], "{from}");
    }
}

#[test]
fn a_flip_of_every_byte_is_refused_or_drops_just_the_last_round() {
    let rounds = three_rounds();
    let directory = tempfile::tempdir().unwrap();
    let path = journal_of(directory.path(), &rounds);
    let whole = length_of(&rounds[..2]) as usize;
    let full = fs::read(&path).unwrap();
    let mut dropped = 0;
    for index in 0..full.len() {
        for flip in [0x01, 0xff] {
            let mut flipped = full.clone();
            flipped[index] ^= flip;
            fs::write(&path, &flipped).unwrap();
            match open(directory.path()) {
                Err(JournalError::Damaged { segment: 1, offset, .. }) => {
                    assert!(offset as usize <= index);
                    assert_eq!(fs::read(&path).unwrap(), flipped, "nothing may be repaired");
                }
                Ok((_, visited)) => {
                    assert!(index >= whole, "byte {index} of an earlier round was dropped");
                    assert_eq!(visited, rounds[..2]);
                    dropped += 1;
                }
                Err(other) => panic!("byte {index}: {other}"),
            }
        }
    }
    assert!(dropped > 0, "a flip in the end of the last round cannot be told from a tear");
}

#[test]
fn a_cut_in_an_earlier_segment_is_damage() {
    let rounds = three_rounds();
    let directory = tempfile::tempdir().unwrap();
    let path = journal_of(directory.path(), &rounds);
    let whole = length_of(&rounds[..2]);
    open(directory.path()).unwrap().0.roll(5, "b").unwrap();
    let full = fs::read(&path).unwrap();
    for cut in [whole as usize + 1, full.len() - 1] {
        fs::write(&path, &full[..cut]).unwrap();
        let refused = open(directory.path()).unwrap_err();
        assert!(matches!(refused, JournalError::Damaged { segment: 1, .. }));
    }
    // A whole round that is missing from its end is for the caller's count to find.
    fs::write(&path, &full[..whole as usize]).unwrap();
    assert_eq!(open(directory.path()).unwrap().1, rounds[..2]);
}

#[test]
fn pages_of_the_last_round_that_were_never_written_are_a_tear() {
    let rounds = vec![round(1, 3000), round(2, 3000)];
    let directory = tempfile::tempdir().unwrap();
    let path = journal_of(directory.path(), &rounds);
    let start = length_of(&rounds[..1]) as usize;
    let full = fs::read(&path).unwrap();
    for sector in start / 512..=(full.len() - 1) / 512 {
        let from = (sector * 512).max(start);
        let to = ((sector + 1) * 512).min(full.len());
        let mut holed = full.clone();
        holed[from..to].fill(0);
        fs::write(&path, &holed).unwrap();
        assert_eq!(open(directory.path()).unwrap().1, rounds[..1], "sector {sector}");

        // The same place with other bytes is no hole.
        let mut rotten = full.clone();
        rotten[from..to].fill(0xee);
        fs::write(&path, &rotten).unwrap();
        let reopened = open(directory.path());
        let has_end = to < full.len() - 3000;
        assert_eq!(reopened.is_err(), has_end, "sector {sector}");
    }
}

#[test]
fn a_hole_in_an_earlier_round_is_damage() {
    let rounds = vec![round(1, 3000), round(2, 3000), round(3, 10)];
    let directory = tempfile::tempdir().unwrap();
    let path = journal_of(directory.path(), &rounds);
    let full = fs::read(&path).unwrap();
    for sector in 1..length_of(&rounds[..2]) as usize / 512 {
        let mut holed = full.clone();
        holed[sector * 512..(sector + 1) * 512].fill(0);
        fs::write(&path, &holed).unwrap();
        let refused = open(directory.path()).unwrap_err();
        assert!(matches!(refused, JournalError::Damaged { segment: 1, .. }), "sector {sector}");
    }
}

#[test]
fn a_round_that_lost_its_middle_is_not_a_shorter_round() {
    let rounds = three_rounds();
    let directory = tempfile::tempdir().unwrap();
    let path = journal_of(directory.path(), &rounds);
    let whole = length_of(&rounds[..2]) as usize;
    let mut bytes = fs::read(&path).unwrap();
    let frame = 25 + FRAME_OVERHEAD;
    bytes.drain(whole..whole + frame);
    fs::write(&path, &bytes).unwrap();
    let refused = open(directory.path()).unwrap_err();
    assert!(matches!(refused, JournalError::Damaged { damage: Damage::RoundExtent, .. }));
}

#[test]
fn rounds_that_were_moved_are_damage() {
    let rounds = three_rounds();
    let directory = tempfile::tempdir().unwrap();
    let path = journal_of(directory.path(), &rounds);
    let first = length_of(&rounds[..1]) as usize;
    let mut bytes = fs::read(&path).unwrap();
    bytes.drain(segment::HEADER as usize..first);
    fs::write(&path, &bytes).unwrap();
    let refused = open(directory.path()).unwrap_err();
    assert!(matches!(refused, JournalError::Damaged { damage: Damage::RoundExtent, .. }));
}

#[test]
fn segments_have_to_be_there_once_each() {
    let directory = tempfile::tempdir().unwrap();
    let path = journal_of(directory.path(), &[round(1, 1)]);
    open(directory.path()).unwrap().0.roll(2, "b").unwrap();
    let copy = directory.path().join("000001-copy.journal");
    fs::copy(&path, &copy).unwrap();
    assert!(matches!(open(directory.path()), Err(JournalError::NotInOrder { segment: 2 })));
    fs::remove_file(&copy).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(matches!(open(directory.path()), Err(JournalError::NotInOrder { segment: 1 })));
    fs::write(directory.path().join("x.journal"), b"").unwrap();
    assert!(matches!(open(directory.path()), Err(JournalError::BadName { .. })));
}

#[test]
fn an_end_hidden_in_a_payload_does_not_end_a_round() {
    let directory = tempfile::tempdir().unwrap();
    let mut hidden = Vec::new();
    frame::encode(&mut hidden, ROUND_END, &[&encode_extent(segment::HEADER, 0), b"forged"]);
    let sly = (vec![Frame::new(1, hidden.clone()), Frame::new(1, hidden)], b"real".to_vec());
    let path = journal_of(directory.path(), std::slice::from_ref(&sly));
    assert_eq!(open(directory.path()).unwrap().1, [sly]);
    // Torn, it can at worst keep the journal from opening; it is never taken for a round.
    let full = fs::read(&path).unwrap();
    for cut in segment::HEADER as usize..full.len() {
        fs::write(&path, &full[..cut]).unwrap();
        if let Ok((_, visited)) = open(directory.path()) {
            assert!(visited.is_empty());
        }
    }
}
