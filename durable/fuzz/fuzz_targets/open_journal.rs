//! Any bytes in the files of a journal: opening refuses or takes them, and never panics.

#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tsumugu_durable::{Journal, Round};

const SEGMENT: &str = "000001-a.journal";

fuzz_target!(|data: &[u8]| {
    let Some((&choice, data)) = data.split_first() else { return };
    let directory = tempfile::tempdir().expect("the folder for temporary files can be written");
    let mut segment = Vec::new();
    if choice & 1 == 1 {
        // Behind a good header; without it nearly all inputs would end at the header.
        Journal::open(directory.path(), |_| {})
            .and_then(|mut journal| journal.roll(0, "a"))
            .expect("an empty folder is an empty journal");
        segment = fs::read(directory.path().join(SEGMENT)).expect("the segment was just made");
    }
    let intent = if choice & 2 == 2 { data.len() / 2 } else { 0 };
    let (intent, rest) = data.split_at(intent);
    segment.extend_from_slice(rest);
    fs::write(directory.path().join(SEGMENT), segment).expect("a file can be written");
    if !intent.is_empty() {
        fs::write(directory.path().join("erase-intent"), intent).expect("a file can be written");
    }
    if let Some(rounds) = open(directory.path()) {
        assert_eq!(open(directory.path()), Some(rounds));
    }
});

fn open(directory: &Path) -> Option<Vec<Round>> {
    let mut rounds = Vec::new();
    let journal = Journal::open(directory, |round| rounds.push(round)).ok()?;
    for round in &rounds {
        for (position, frame) in &round.frames {
            let read = journal.read(*position).expect("a frame that was visited can be read");
            assert_eq!(&read, frame);
        }
    }
    Some(rounds)
}
