//! The folder `log/` against the journal: hash tiles and entry bundles, and which are not there.

use std::collections::BTreeSet;
use std::path::Path;

use tsumugu_durable::read_limited;
use tsumugu_trust::checkpoint::Checkpoint;
use tsumugu_trust::note::Note;
use tsumugu_trust::tiles::{
    MAX_ENTRY, TILE_WIDTH, Tile, TileKind, encode_bundle, new_bundles, tile_content, tiles_for,
};

use crate::ledger::{LedgerError, Reader};

/// The longest file of the folder, in bytes: a bundle of the longest entries.
const MAX_FILE: u64 = TILE_WIDTH as u64 * (MAX_ENTRY as u64 + 2);

/// What the folder's files are.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// Files whose bytes are not those of the journal.
    pub(super) wrong: Vec<String>,
    /// Files that the folder's own checkpoint needs and that are not there.
    pub(super) missing: Vec<String>,
    /// Leaves of the folder's checkpoint; it is written at ticks and at the end, so it may be behind.
    pub(super) leaves: u64,
}

/// Compares every file that a log of this size has, now or at the folder's checkpoint.
pub(super) fn compare(folder: &Path, reader: &Reader) -> Result<Folder, LedgerError> {
    let size = reader.published().size;
    let mut found = Folder { leaves: published(folder).min(size), ..Folder::default() };
    let needed: BTreeSet<Tile> = all(found.leaves).collect();
    for tile in &needed {
        let there = read(folder, tile);
        if there.is_none() {
            found.missing.push(tile.to_string());
        } else if there != expected(reader, tile)? {
            found.wrong.push(tile.to_string());
        }
    }
    // What is newer than the checkpoint belongs to nothing yet, and has to be right all the same.
    for tile in all(size).filter(|tile| !needed.contains(tile)) {
        if let Some(bytes) = read(folder, &tile)
            && expected(reader, &tile)? != Some(bytes)
        {
            found.wrong.push(tile.to_string());
        }
    }
    Ok(found)
}

fn all(size: u64) -> impl Iterator<Item = Tile> {
    tiles_for(size).chain(new_bundles(0, size))
}

fn expected(reader: &Reader, tile: &Tile) -> Result<Option<Vec<u8>>, LedgerError> {
    if let TileKind::Hashes { .. } = tile.kind() {
        return Ok(reader.with_tree(|tree| tile_content(tree, tile)));
    }
    let mut entries = Vec::with_capacity(usize::from(tile.width()));
    for index in tile.first()..tile.first() + u64::from(tile.width()) {
        let Some(entry) = reader.entry(index)? else { return Ok(None) };
        entries.push(entry);
    }
    Ok(encode_bundle(&entries).ok())
}

/// The size in the folder's checkpoint, whose signature start-up has looked at; 0 where there is none.
fn published(folder: &Path) -> u64 {
    let note = read_limited(&folder.join("checkpoint"), crate::run::MAX_CHECKPOINT).ok();
    let note = note.and_then(|bytes| Note::parse(&bytes).ok());
    note.and_then(|note| note.text().parse::<Checkpoint>().ok()).map_or(0, |shown| shown.size())
}

fn read(folder: &Path, tile: &Tile) -> Option<Vec<u8>> {
    read_limited(&folder.join(tile.to_string()), MAX_FILE).ok()
}
