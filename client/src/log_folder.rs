//! A log as a folder of files (C2SP tlog-tiles), without network and without vault.
//!
//! ```text
//! checkpoint                     size and root, signed by the log
//! tile/entries/N[.p/W]           every entry: the tree is computed from them
//! tile/L/N[.p/W]                 hashes, which have to be those of that tree
//! ```
//!
//! [`WholeLog::read`] checks one, [`write_grown`] lets one grow, [`first_difference`] compares two.

mod compare;
mod files;
mod grow;
mod replay;

use std::path::Path;

use tsumugu_trust::checkpoint::{Checkpoint, VerifiedCheckpoint};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::note::Note;
use tsumugu_trust::tiles::{Tile, TileKind, decode_bundle, new_bundles, tile_content, tiles_for};

pub use compare::first_difference;
pub use files::{CHECKPOINT, LogFolder, MAX_BUNDLE, MAX_CHECKPOINT, MAX_TILE};
pub(crate) use grow::sweep;
pub use grow::{Growth, write_grown};
pub use replay::{BadEntry, Replay};

use crate::failure::Failure;

/// So many names of missing files are said.
const NAMES_SAID: usize = 5;

/// A whole log, whose entries give its own checkpoint's root. Only [`WholeLog::read`] makes it.
#[derive(Debug)]
pub struct WholeLog {
    /// Tree and clear chain over all entries.
    pub replay: Replay,
    /// The checkpoint, signed by a log key of the newest trust list in it.
    pub checkpoint: VerifiedCheckpoint,
    /// Entry bundles that were read.
    pub bundles: u64,
}

impl WholeLog {
    /// Reads every entry of a folder and holds them against its checkpoint; the hash tiles are not
    /// read.
    ///
    /// # Errors
    /// A file is missing or cannot be read; an alarm where the folder is not the log that it says.
    pub fn read(dir: &Path) -> Result<Self, Failure> {
        let folder = LogFolder::at(dir);
        let note = folder.checkpoint()?.ok_or_else(|| no_log(dir))?;
        let claimed = claimed(&note)?;
        let missing = folder.missing(claimed.size());
        refuse_missing(missing.into_iter().filter(|tile| tile.kind() == TileKind::Entries))?;
        let origin = claimed.origin().parse().map_err(|error| bad("origin").because(error))?;
        let mut replay = Replay::new(origin);
        let mut bundles = 0;
        for bundle in new_bundles(0, claimed.size()) {
            let bytes = folder.tile(&bundle)?.ok_or_else(|| incomplete(&bundle))?;
            push_all(&mut replay, &bundle, &bytes)?;
            bundles += 1;
        }
        let keys = replay.chain().directory().log_keys();
        let checkpoint = VerifiedCheckpoint::verify(&note, claimed.origin(), &keys)
            .map_err(|error| bad(CHECKPOINT).because(error))?;
        if replay.tree().root() != checkpoint.root() {
            return Err(bad(&folder.part_that_differs(&replay)));
        }
        Ok(Self { replay, checkpoint, bundles })
    }

    /// Compares every hash tile of the folder with the entries; gives how many there are.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn check_tiles(&self, dir: &Path) -> Result<u64, Failure> {
        let folder = LogFolder::at(dir);
        refuse_missing(folder.missing(self.checkpoint.size()).into_iter())?;
        let mut tiles = 0;
        for tile in tiles_for(self.replay.tree().size()) {
            let bytes = folder.tile(&tile)?.ok_or_else(|| incomplete(&tile))?;
            if tile_content(self.replay.tree(), &tile).as_deref() != Some(&*bytes) {
                return Err(bad(&tile.to_string()));
            }
            tiles += 1;
        }
        Ok(tiles)
    }

    /// The root fingerprint (根の指紋).
    ///
    /// # Errors
    /// There is no trust list.
    pub fn root_fingerprint(&self) -> Result<Hash, Failure> {
        let root = self.replay.chain().directory().root_fingerprint();
        root.ok_or_else(|| bad("trust-list"))
    }
}

/// What a checkpoint says before its key is known: the key stands in entry 0.
///
/// # Errors
/// An alarm: it is not a checkpoint.
pub fn claimed(note: &[u8]) -> Result<Checkpoint, Failure> {
    let note = Note::parse(note).map_err(|error| bad(CHECKPOINT).because(error))?;
    note.text().parse().map_err(|error| bad(CHECKPOINT).because(error))
}

/// Takes in the entries of one bundle.
pub(crate) fn push_all(replay: &mut Replay, bundle: &Tile, bytes: &[u8]) -> Result<(), Failure> {
    let name = bundle.to_string();
    let entries = decode_bundle(bytes, bundle.width()).map_err(|e| bad(&name).because(e))?;
    let push = |entry: &[u8]| replay.push(entry).map_err(|error| bad_entry(&name, error));
    entries.into_iter().try_for_each(push)
}

/// An entry that was refused, with the file it stands in.
fn bad_entry(file: &str, error: BadEntry) -> Failure {
    bad(&format!("{file}: {error}")).because(error)
}

/// An alarm over a part of a folder.
pub(crate) fn bad(part: &str) -> Failure {
    Failure::new("log.bad-folder").with("part", part)
}

impl LogFolder {
    /// Where entries part from the hash tiles, if that can be found: the bundle of that leaf, or the
    /// tile, is the file to make anew.
    pub(crate) fn part_that_differs(&self, replay: &Replay) -> String {
        let level_0 = tiles_for(replay.tree().size())
            .filter(|tile| tile.kind() == TileKind::Hashes { level: 0 });
        for tile in level_0 {
            let Ok(Some(there)) = self.tile(&tile) else { continue };
            let Some(computed) = tile_content(replay.tree(), &tile) else { continue };
            let mut pairs = there.chunks(Hash::LENGTH).zip(computed.chunks(Hash::LENGTH));
            if let Some(at) = pairs.position(|(there, computed)| there != computed) {
                return format!("leaf {} ({tile})", tile.first() + at as u64);
            }
        }
        "root".to_owned()
    }
}

fn refuse_missing(missing: impl Iterator<Item = Tile>) -> Result<(), Failure> {
    let names: Vec<String> = missing.map(|tile| tile.to_string()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let said = names.iter().take(NAMES_SAID).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if names.len() > NAMES_SAID { ", …" } else { "" };
    let failure = Failure::new("log.incomplete").with("count", names.len());
    Err(failure.with("files", format!("{said}{more}")))
}

fn incomplete(tile: &Tile) -> Failure {
    Failure::new("log.incomplete").with("count", 1).with("files", tile)
}

fn no_log(dir: &Path) -> Failure {
    Failure::new("log.no-log").with("folder", dir.display())
}

#[cfg(test)]
mod tests;
