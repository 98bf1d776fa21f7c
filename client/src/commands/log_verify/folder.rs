//! A folder of tiles (C2SP tlog-tiles), without network and without vault.
//!
//! ```text
//! checkpoint                     size and root, signed by the log
//! tile/entries/N[.p/W]           every entry: the tree is computed from them
//! tile/L/N[.p/W]                 hashes, which have to be those of that tree
//! ```

use std::path::Path;

use tsumugu_durable::{DiskError, read_limited};
use tsumugu_trust::checkpoint::{Checkpoint, VerifiedCheckpoint};
use tsumugu_trust::directory::ClearChain;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::Leaf;
use tsumugu_trust::merkle::{Tree, leaf_hash};
use tsumugu_trust::note::Note;
use tsumugu_trust::tiles::{
    MAX_ENTRY, TILE_WIDTH, Tile, TileKind, decode_bundle, new_bundles, tile_content, tiles_for,
};
use tsumugu_trust::value::{Origin, Time};

use super::Verified;
use crate::failure::Failure;

/// The longest checkpoint that is read, in bytes: a few lines and some cosignatures.
pub const MAX_CHECKPOINT: u64 = 64 * 1024;

/// The longest entry bundle, in bytes.
pub const MAX_BUNDLE: u64 = TILE_WIDTH as u64 * (MAX_ENTRY as u64 + 2);

/// The longest hash tile, in bytes.
const MAX_TILE: u64 = TILE_WIDTH as u64 * Hash::LENGTH as u64;

/// Checks a folder; `fingerprint` is the one on the city's paper.
///
/// # Errors
/// A file cannot be read; an alarm where the folder is not the log that it says, or not the one of
/// the fingerprint.
pub fn verify(dir: &Path, fingerprint: Option<Hash>) -> Result<Verified, Failure> {
    let WholeLog { tree, chain, checkpoint } = read_folder(dir)?;
    check_tiles(dir, &tree)?;
    let root = chain.directory().root_fingerprint().ok_or_else(|| bad("trust-list"))?;
    if fingerprint.is_some_and(|given| given != root) {
        return Err(Failure::new("log.other-root"));
    }
    Ok(Verified {
        origin: checkpoint.origin().to_owned(),
        size: checkpoint.size(),
        root: checkpoint.root().to_string(),
        clear_leaves: chain.next_number(),
        fingerprint: root.to_string(),
        anchored: fingerprint.is_some(),
        receipts: 0,
        settled: false,
        trust_root: root,
    })
}

/// A whole log, whose entries give its own checkpoint's root. Only [`read_folder`] makes it.
#[derive(Debug)]
pub struct WholeLog {
    /// The tree over all entries.
    pub tree: Tree,
    /// The clear chain, replayed.
    pub chain: ClearChain,
    /// The checkpoint, signed by the log.
    pub checkpoint: VerifiedCheckpoint,
}

/// Reads the entries of a folder and holds them against its checkpoint; the hash tiles are not read.
///
/// # Errors
/// As [`verify`].
pub fn read_folder(dir: &Path) -> Result<WholeLog, Failure> {
    let note = read(dir, "checkpoint", MAX_CHECKPOINT)?;
    let claimed = claimed(&note)?;
    let origin: Origin = claimed.origin().parse().map_err(|error| bad("origin").because(error))?;
    let Entries { tree, chain } = Entries::read(dir, &claimed, origin)?;
    let keys = chain.directory().log_keys();
    let checkpoint = VerifiedCheckpoint::verify(&note, claimed.origin(), &keys)
        .map_err(|error| bad("checkpoint").because(error))?;
    if tree.root() != checkpoint.root() {
        return Err(bad("root"));
    }
    Ok(WholeLog { tree, chain, checkpoint })
}

/// What the entries give.
struct Entries {
    tree: Tree,
    chain: ClearChain,
}

impl Entries {
    fn read(dir: &Path, claimed: &Checkpoint, origin: Origin) -> Result<Self, Failure> {
        let mut entries = Self { tree: Tree::new(), chain: ClearChain::new(origin) };
        let mut last = Time(0);
        for bundle in new_bundles(0, claimed.size()) {
            let bytes = read_tile(dir, &bundle, MAX_BUNDLE)?;
            let name = bundle.to_string();
            let some = decode_bundle(&bytes, bundle.width()).map_err(|e| bad(&name).because(e))?;
            for entry in some {
                let leaf = Leaf::parse(entry).ok_or_else(|| bad(&name))?;
                if leaf.time() < last {
                    return Err(bad(&name));
                }
                last = leaf.time();
                let index = entries.tree.append(leaf_hash(entry));
                if matches!(leaf, Leaf::Clear(_)) {
                    entries.chain.push(index, entry).map_err(|alarm| bad(&name).because(alarm))?;
                }
            }
        }
        Ok(entries)
    }
}

fn check_tiles(dir: &Path, tree: &Tree) -> Result<(), Failure> {
    for tile in tiles_for(tree.size()) {
        let bytes = read_tile(dir, &tile, MAX_TILE)?;
        if tile_content(tree, &tile).as_deref() != Some(&*bytes) {
            return Err(bad(&tile.to_string()));
        }
    }
    Ok(())
}

/// A tile under its own name, or the beginning of the full one that has taken its place meanwhile.
fn read_tile(dir: &Path, tile: &Tile, limit: u64) -> Result<Vec<u8>, Failure> {
    let path = dir.join(tile.to_string());
    match read_limited(&path, limit) {
        Ok(bytes) => Ok(bytes),
        Err(DiskError::Missing { .. }) if tile.width() < TILE_WIDTH => {
            let full = Tile::new(tile.kind(), tile.index(), TILE_WIDTH)
                .map_err(|error| bad(&tile.to_string()).because(error))?;
            let bytes = read(dir, &full.to_string(), limit)?;
            let width = usize::from(tile.width());
            let end = match tile.kind() {
                TileKind::Hashes { .. } => width * Hash::LENGTH,
                TileKind::Entries => end_of(&bytes, width),
            };
            bytes.get(..end).map(<[u8]>::to_vec).ok_or_else(|| bad(&full.to_string()))
        }
        Err(error) => Err(Failure::file_unreadable(&path, error)),
    }
}

/// Where the first `width` entries of a bundle end; beyond it where there are fewer.
fn end_of(bundle: &[u8], width: usize) -> usize {
    let mut end = 0;
    for _ in 0..width {
        let Some(length) = bundle.get(end..).and_then(|rest| rest.first_chunk::<2>()) else {
            return usize::MAX;
        };
        end += 2 + usize::from(u16::from_be_bytes(*length));
    }
    end
}

fn read(dir: &Path, name: &str, limit: u64) -> Result<Vec<u8>, Failure> {
    let path = dir.join(name);
    read_limited(&path, limit).map_err(|error| Failure::file_unreadable(&path, error))
}

/// What the checkpoint says before its key is known: the key stands in entry 0.
fn claimed(note: &[u8]) -> Result<Checkpoint, Failure> {
    let note = Note::parse(note).map_err(|error| bad("checkpoint").because(error))?;
    note.text().parse().map_err(|error| bad("checkpoint").because(error))
}

fn bad(part: &str) -> Failure {
    Failure::new("log.bad-folder").with("part", part)
}

#[cfg(test)]
mod tests;
