//! A folder that grows to a newer state of its log.
//!
//! ```text
//! check     every entry hashed: the old checkpoint's root, then the new one's
//! bundles   then tiles: files of new names; those there already keep their bytes
//! checkpoint
//! ```
//!
//! A crash before the last step leaves the old checkpoint with its files, and some that belong to
//! nothing yet; the next run writes what is missing.

use tsumugu_durable::atomic::sweep_temporaries;
use tsumugu_trust::checkpoint::VerifiedCheckpoint;
use tsumugu_trust::tiles::{
    Tile, decode_bundle, encode_bundle, new_bundles, tile_content, tiles_for,
};

use super::{CHECKPOINT, LogFolder, Replay, bad};
use crate::failure::Failure;

/// What a growth wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Growth {
    /// Entry bundles.
    pub bundles: u64,
    /// Hash tiles.
    pub tiles: u64,
}

/// Writes a checked log into a folder. `replay` holds the entries of exactly the checkpoint's tree;
/// `entries` gives those of a bundle that is not there, and is believed only as far as their hashes are
/// those of the tree.
///
/// # Errors
/// An alarm where `entries` gives others; the folder cannot be written.
pub async fn write_grown<E>(
    folder: &LogFolder,
    replay: &Replay,
    checkpoint: &VerifiedCheckpoint,
    mut entries: E,
) -> Result<Growth, Failure>
where
    E: AsyncFnMut(&Tile) -> Result<Vec<Vec<u8>>, Failure>,
{
    if replay.tree().root() != checkpoint.root() || replay.tree().size() != checkpoint.size() {
        return Err(bad("root"));
    }
    let mut growth = Growth::default();
    for bundle in new_bundles(0, checkpoint.size()) {
        if is_whole(folder, replay, &bundle)? {
            continue;
        }
        let some = entries(&bundle).await?;
        if !replay.has(&bundle, &some) {
            return Err(bad(&bundle.to_string()));
        }
        let content =
            encode_bundle(&some).map_err(|error| bad(&bundle.to_string()).because(error))?;
        growth.bundles += u64::from(folder.put(&bundle.to_string(), &content)?);
    }
    for tile in tiles_for(checkpoint.size()) {
        let content = tile_content(replay.tree(), &tile).ok_or_else(|| bad(&tile.to_string()))?;
        growth.tiles += u64::from(folder.put(&tile.to_string(), &content)?);
    }
    folder.put(CHECKPOINT, checkpoint.note_bytes())?;
    Ok(growth)
}

/// Removes what a crash left of files that were being written, in the folder and below it. Only under
/// the folder's lock.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn sweep(folder: &LogFolder) -> Result<(), Failure> {
    let mut folders = vec![folder.path().to_owned()];
    while let Some(one) = folders.pop() {
        sweep_temporaries(&one).map_err(|error| Failure::file_unwritable(&one, error))?;
        let unreadable = |error| Failure::file_unreadable(&one, error);
        for entry in std::fs::read_dir(&one).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if entry.file_type().map_err(unreadable)?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Whether a bundle is there under its own name with the tree's entries.
fn is_whole(folder: &LogFolder, replay: &Replay, bundle: &Tile) -> Result<bool, Failure> {
    let Some(bytes) = folder.own(bundle)? else { return Ok(false) };
    Ok(decode_bundle(&bytes, bundle.width()).is_ok_and(|some| replay.has(bundle, &some)))
}
