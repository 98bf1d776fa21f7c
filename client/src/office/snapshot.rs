//! Snapshots (控え): what a terminal begins with that can no longer fetch the single records.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Time;

use super::limits::MAX_SNAPSHOT_PIECE;
use super::state::{all_logged, snapshot_entry};
use super::write::sealed;
use crate::failure::Failure;
use crate::identity::WorkerSecret;
use crate::outbox::queue_send;
use crate::post::Post;

/// The record of when this PC last wrote a snapshot.
const WRITTEN: &str = "office-snapshot";

/// A snapshot is written this often, in milliseconds: 30 days.
const INTERVAL: u64 = 30 * 24 * 3_600_000;

/// Whether a month has passed since this PC wrote a snapshot, or since it first asked.
///
/// # Errors
/// The vault.
pub(crate) fn needs_snapshot(post: &impl Post) -> Result<bool, Failure> {
    let Time(now) = post.now();
    match post.vault().read_json::<u64>(WRITTEN)? {
        Some(written) => Ok(now >= written.saturating_add(INTERVAL)),
        None => {
            post.vault().lock()?.write_json(WRITTEN, &now)?;
            Ok(false)
        }
    }
}

/// Queues everything that the log has, in as many pieces as it takes; gives their number.
///
/// Also before a terminal is admitted and when the key set changes. The time is noted last: a crash
/// before it writes the snapshot twice, which changes nothing.
///
/// # Errors
/// The vault.
pub(crate) fn write_snapshot(post: &impl Post, worker: &WorkerSecret) -> Result<usize, Failure> {
    let kept = all_logged(post.vault())?;
    let pieces = pieces(kept.iter().filter_map(snapshot_entry));
    let count = pieces.len();
    for entries in pieces {
        let entry = Some(Said::Snapshot(v1::Snapshot { entries }));
        let (_, letter) = sealed(post, worker, v1::OfficeRecord { entry })?;
        queue_send(post, &[letter])?;
    }
    let Time(now) = post.now();
    post.vault().lock()?.write_json(WRITTEN, &now)?;
    Ok(count)
}

/// Each piece fits a letter: a single record is far smaller than a piece.
fn pieces(entries: impl Iterator<Item = v1::SnapshotEntry>) -> Vec<Vec<v1::SnapshotEntry>> {
    let mut pieces: Vec<Vec<_>> = Vec::new();
    let mut room = 0;
    for entry in entries {
        // Tag and length of an element take at most six bytes.
        let size = entry.encoded_len() + 6;
        match pieces.last_mut() {
            Some(piece) if size <= room => piece.push(entry),
            _ => {
                pieces.push(vec![entry]);
                room = MAX_SNAPSHOT_PIECE;
            }
        }
        room = room.saturating_sub(size);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(length: usize) -> v1::SnapshotEntry {
        let value = vec![0; length].into();
        let note = v1::Note { name: "a".to_owned(), revision: 1, value };
        let record = v1::OfficeRecord { entry: Some(Said::Note(note)) };
        v1::SnapshotEntry { record: Some(record), index: 1 }
    }

    #[test]
    fn pieces_are_as_few_as_fit() {
        let all: Vec<_> = (0..40).map(|_| entry(60_000)).collect();
        let pieces = pieces(all.clone().into_iter());
        assert_eq!(pieces.iter().flatten().count(), 40);
        assert_eq!(pieces.len(), 3);
        for piece in pieces {
            let whole = v1::Snapshot { entries: piece }.encoded_len();
            assert!(whole <= MAX_SNAPSHOT_PIECE, "{whole}");
        }
        assert!(super::pieces(std::iter::empty()).is_empty());
    }
}
