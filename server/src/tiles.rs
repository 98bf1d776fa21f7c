//! The `log/` folder: C2SP tlog-tiles 0.1.0, for anyone who mirrors or checks the log.
//!
//! A copy of what the journal holds, written at ticks and at the end; who mirrors with
//! `tsumugu log mirror` asks `ListLeaves` instead, which has the newest leaves. Its files may be read by
//! everybody on the machine that may enter the server's folder: they are there to be published. Files are written atomically
//! and never change their meaning: a crash in between leaves some tiles newer than `checkpoint`,
//! which the next write completes.

use std::path::Path;

use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{Access, create_dir_durable_with, write_atomic_with};
use tsumugu_trust::tiles;

use crate::ledger::{LedgerError, Published, Reader};

/// The tiles could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TileError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The leaves could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The tree does not reach as far as it was said to: a fault of this program.
    #[error("the tree is smaller than what is published")]
    Tree,
}

/// Writes the tiles that `published` has and a log of `written` leaves had not, then `checkpoint`.
///
/// # Errors
/// [`TileError`]; what was written stays valid.
pub(crate) fn write(
    folder: &Path,
    reader: &Reader,
    published: &Published,
    written: u64,
) -> Result<(), TileError> {
    if published.size == 0 {
        return Ok(());
    }
    for tile in tiles::new_tiles(written, published.size) {
        let content =
            reader.with_tree(|tree| tiles::tile_content(tree, &tile)).ok_or(TileError::Tree)?;
        put(folder, &tile.to_string(), &content)?;
    }
    for bundle in tiles::new_bundles(written, published.size) {
        let first = bundle.index() * 256;
        let mut entries = Vec::new();
        for index in first..first + u64::from(bundle.width()) {
            entries.push(reader.entry(index)?.ok_or(TileError::Tree)?);
        }
        let content = tiles::encode_bundle(&entries).map_err(|_| TileError::Tree)?;
        put(folder, &bundle.to_string(), &content)?;
    }
    write_atomic_with(&folder.join("checkpoint"), &published.checkpoint, Access::Shared)?;
    Ok(())
}

fn put(folder: &Path, name: &str, content: &[u8]) -> Result<(), TileError> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        create_dir_durable_with(parent, Access::Shared)?;
    }
    // After a start every tile is looked at: those that are there need no write and no sync.
    if std::fs::read(&path).is_ok_and(|found| found == content) {
        return Ok(());
    }
    write_atomic_with(&path, content, Access::Shared)?;
    Ok(())
}
