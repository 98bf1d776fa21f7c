//! The log's tree and entries as immutable files (C2SP tlog-tiles 0.1.0).
//!
//! A tile holds up to 256 hashes of one level, a level being eight levels of the tree; an entry
//! bundle holds up to 256 entries. Where fewer exist, the file is partial and its name says how
//! many it holds. Partial files are never hashed upwards.

mod bundle;
mod path;

pub use bundle::{BundleError, MAX_ENTRY, decode_bundle, encode_bundle};
pub use path::{MAX_PATH, MAX_TILE_LEVEL, TILE_HEIGHT, TILE_WIDTH, Tile, TileError, TileKind};

use crate::hash::Hash;
use crate::merkle::Tree;

/// Every hash tile of a log with `size` leaves, level by level, partial ones last in their level.
pub fn tiles_for(size: u64) -> impl Iterator<Item = Tile> {
    new_tiles(0, size)
}

/// The hash tiles that a log gains or fills up by growing from `old` to `new` leaves.
///
/// Nothing where `old >= new`. Partial tiles that a wider one replaces are not named.
pub fn new_tiles(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    (0..=MAX_TILE_LEVEL).flat_map(move |level| {
        let shift = u32::from(level) * u32::from(TILE_HEIGHT);
        grown(TileKind::Hashes { level }, old >> shift, new >> shift)
    })
}

/// The entry bundles that a log gains or fills up by growing from `old` to `new` leaves.
pub fn new_bundles(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    grown(TileKind::Entries, old, new)
}

/// The content of a hash tile, or nothing where the tile is one of entries or the tree does not
/// hold all its hashes.
#[must_use]
pub fn tile_content(tree: &Tree, tile: &Tile) -> Option<Vec<u8>> {
    let TileKind::Hashes { level } = tile.kind() else { return None };
    let first = tile.first();
    let mut content = Vec::with_capacity(usize::from(tile.width()) * Hash::LENGTH);
    for n in first..first + u64::from(tile.width()) {
        content.extend(tree.level_hash(level * TILE_HEIGHT, n)?.0);
    }
    Some(content)
}

/// Reads the content of a hash tile.
///
/// # Errors
///
/// [`TileError::Content`] where it is not exactly as long as the tile's width demands.
pub fn decode_tile(tile: &Tile, content: &[u8]) -> Result<Vec<Hash>, TileError> {
    let (hashes, rest) = content.as_chunks::<{ Hash::LENGTH }>();
    if !rest.is_empty() || hashes.len() != usize::from(tile.width()) {
        return Err(TileError::Content);
    }
    Ok(hashes.iter().copied().map(Hash).collect())
}

/// The tiles of one kind whose content changes when it grows from `old` to `new` items.
fn grown(kind: TileKind, old: u64, new: u64) -> impl Iterator<Item = Tile> {
    let width = u64::from(TILE_WIDTH);
    let full = (old / width..new / width).map(move |n| (n, TILE_WIDTH));
    let rest =
        (old < new && !new.is_multiple_of(width)).then_some((new / width, (new % width) as u16));
    full.chain(rest).filter_map(move |(index, width)| Tile::new(kind, index, width).ok())
}

#[cfg(test)]
mod tests;
