//! Tests of the journal as a whole; the parts test themselves.

mod damage;
mod erasing;
#[cfg(debug_assertions)]
mod faults;
mod properties;
mod rounds;
mod snapshot;

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// A round as the caller knows it: frames and end, without positions.
type Plain = (Vec<Frame>, Vec<u8>);

/// Opens and gives back what was visited.
fn open(directory: &Path) -> Result<(Journal, Vec<Plain>), JournalError> {
    open_with(directory, FaultPlan::none())
}

fn open_with(directory: &Path, faults: FaultPlan) -> Result<(Journal, Vec<Plain>), JournalError> {
    let mut visited = Vec::new();
    let journal = Journal::open_with(directory, faults, |round| visited.push(plain(round)))?;
    Ok((journal, visited))
}

fn plain(round: Round) -> Plain {
    (round.frames.into_iter().map(|(_, frame)| frame).collect(), round.end)
}

/// A round of two frames and an end, all of `size` bytes that depend on `seed`.
fn round(seed: u8, size: usize) -> Plain {
    let bytes = |salt: u8| (0..size).map(|i| (i as u8) ^ seed ^ salt | 1).collect::<Vec<u8>>();
    (vec![Frame::new(1, bytes(1)), Frame::new(2, bytes(2))], bytes(3))
}

fn append(journal: &mut Journal, (frames, end): &Plain) -> Result<Vec<Position>, JournalError> {
    journal.append_round(frames, end)
}

/// A journal with these rounds in one segment; returns the path of the segment.
fn journal_of(directory: &Path, rounds: &[Plain]) -> PathBuf {
    let (mut journal, visited) = open(directory).unwrap();
    assert!(visited.is_empty());
    journal.roll(0, "a").unwrap();
    for round in rounds {
        append(&mut journal, round).unwrap();
    }
    directory.join("000001-a.journal")
}
