//! A small journal with a few flipped bits and a cut: what opens is a beginning of what was written.
//!
//! CRC-32 finds any three flipped bits in frames of this size (its Hamming distance is 4 up to
//! 91,607 bits), so the assertion holds for certain and not only probably.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use tsumugu_durable::{Frame, Journal};

const SEGMENT: &str = "000001-a.journal";

fuzz_target!(|data: &[u8]| {
    let Some((edits, data)) = data.split_first_chunk::<8>() else { return };
    let directory = tempfile::tempdir().expect("the folder for temporary files can be written");
    let mut journal = Journal::open(directory.path(), |_| {}).expect("an empty folder opens");
    journal.roll(0, "a").expect("a first segment can be made");
    let mut written = Vec::new();
    for round in data.chunks(48) {
        let frames: Vec<Frame> =
            round.chunks(20).map(|bytes| Frame::new(bytes[0] & 7, bytes)).collect();
        journal.append_round(&frames, round).expect("a small round can be appended");
        written.push((frames, round.to_vec()));
    }
    drop(journal);

    let path = directory.path().join(SEGMENT);
    let mut bytes = fs::read(&path).expect("the segment was just written");
    for edit in edits[..6].chunks(2) {
        let place = usize::from(u16::from_be_bytes([edit[0], edit[1]]));
        if let Some(byte) = bytes.get_mut(place / 8) {
            *byte ^= 1 << (place % 8);
        }
    }
    let cut = usize::from(u16::from_be_bytes([edits[6], edits[7]]));
    bytes.truncate(bytes.len().saturating_sub(cut % 256));
    fs::write(&path, &bytes).expect("a file can be written");

    let mut visited = Vec::new();
    let opened = Journal::open(directory.path(), |round| {
        let frames: Vec<Frame> = round.frames.into_iter().map(|(_, frame)| frame).collect();
        visited.push((frames, round.end));
    });
    assert!(written.starts_with(&visited));
    if opened.is_err() {
        assert_eq!(
            fs::read(&path).expect("the segment is still there"),
            bytes,
            "nothing is repaired"
        );
    }
});
