//! The files of a folder: which there are, and what they hold. Nothing is checked here.

use std::path::{Path, PathBuf};

use tsumugu_durable::atomic::{Access, create_dir_durable_with, write_atomic_with};
use tsumugu_durable::{DiskError, read_limited};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::tiles::{MAX_ENTRY, TILE_WIDTH, Tile, TileKind, new_bundles, tiles_for};

use crate::failure::Failure;

/// The file of the signed checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// The longest checkpoint that is read, in bytes: a few lines and some cosignatures.
pub const MAX_CHECKPOINT: u64 = 64 * 1024;

/// The longest entry bundle, in bytes.
pub const MAX_BUNDLE: u64 = TILE_WIDTH as u64 * (MAX_ENTRY as u64 + 2);

/// The longest hash tile, in bytes.
pub const MAX_TILE: u64 = TILE_WIDTH as u64 * Hash::LENGTH as u64;

/// A folder laid out as C2SP tlog-tiles says.
#[derive(Debug, Clone)]
pub struct LogFolder(PathBuf);

impl LogFolder {
    /// The folder at a path, which need not be there.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The checkpoint's bytes; nothing where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn checkpoint(&self) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.0.join(CHECKPOINT);
        match read_limited(&path, MAX_CHECKPOINT) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(DiskError::Missing { .. }) => Ok(None),
            Err(error) => Err(Failure::file_unreadable(&path, error)),
        }
    }

    /// A tile under its own name, or the beginning of the full one that has taken its place meanwhile;
    /// nothing where neither is there.
    ///
    /// # Errors
    /// It cannot be read; the full one is shorter than the partial one would be.
    pub fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, Failure> {
        if let Some(bytes) = self.own(tile)? {
            return Ok(Some(bytes));
        }
        let Some(full) = full(tile) else { return Ok(None) };
        let Some(bytes) = self.own(&full)? else { return Ok(None) };
        let width = usize::from(tile.width());
        let end = match tile.kind() {
            TileKind::Hashes { .. } => width * Hash::LENGTH,
            TileKind::Entries => end_of(&bytes, width),
        };
        let part = bytes.get(..end).map(<[u8]>::to_vec);
        part.map(Some).ok_or_else(|| super::bad(&full.to_string()))
    }

    /// The file of exactly this name.
    pub(super) fn own(&self, tile: &Tile) -> Result<Option<Vec<u8>>, Failure> {
        let limit = match tile.kind() {
            TileKind::Hashes { .. } => MAX_TILE,
            TileKind::Entries => MAX_BUNDLE,
        };
        let path = self.0.join(tile.to_string());
        match read_limited(&path, limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(DiskError::Missing { .. }) => Ok(None),
            Err(error) => Err(Failure::file_unreadable(&path, error)),
        }
    }

    /// The names of the files that a log of `size` leaves has and this folder has not, bundles first.
    #[must_use]
    pub fn missing(&self, size: u64) -> Vec<Tile> {
        let is_there = |tile: &Tile| self.0.join(tile.to_string()).is_file();
        let gone = |tile: &Tile| !is_there(tile) && !full(tile).is_some_and(|full| is_there(&full));
        new_bundles(0, size).chain(tiles_for(size)).filter(gone).collect()
    }

    /// Puts a file at its place, for everybody to read, unless it is there with these bytes. A crash
    /// leaves the old file or the new one.
    pub(super) fn put(&self, name: &str, content: &[u8]) -> Result<bool, Failure> {
        let path = self.0.join(name);
        let unwritable = |error| Failure::file_unwritable(&path, error);
        if read_limited(&path, MAX_BUNDLE).is_ok_and(|found| found == content) {
            return Ok(false);
        }
        if let Some(parent) = path.parent() {
            create_dir_durable_with(parent, Access::Shared).map_err(unwritable)?;
        }
        write_atomic_with(&path, content, Access::Shared).map_err(unwritable)?;
        Ok(true)
    }
}

/// The full tile that takes the place of a partial one.
fn full(tile: &Tile) -> Option<Tile> {
    if tile.width() == TILE_WIDTH {
        return None;
    }
    Tile::new(tile.kind(), tile.index(), TILE_WIDTH).ok()
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
