//! Where the newer leaves come from.

use std::ops::Range;

use tsumugu_trust::tiles::{TILE_WIDTH, Tile, decode_bundle, new_bundles};

use crate::commands::leaves;
use crate::failure::Failure;
use crate::log_folder::{LogFolder, bad};
use crate::rpc::Rpc;

/// The exchange, or another copy.
#[derive(Debug)]
pub(super) enum Source {
    Exchange(Rpc),
    Folder(LogFolder),
}

impl Source {
    /// What it gave is not the log that its checkpoint says.
    pub(super) fn blame(&self, part: &str) -> Failure {
        match self {
            Self::Exchange(_) => Failure::bad_proof(part),
            Self::Folder(_) => bad(part),
        }
    }

    /// Each entry of a range, in order.
    pub(super) async fn each(
        &self,
        range: Range<u64>,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match self {
            Self::Exchange(rpc) => leaves::each(rpc, range, take).await,
            Self::Folder(folder) => {
                let width = u64::from(TILE_WIDTH);
                for bundle in new_bundles(range.start / width * width, range.end) {
                    let entries = read(folder, &bundle)?;
                    for (index, entry) in (bundle.first()..).zip(&entries) {
                        if range.contains(&index) {
                            take(index, entry)?;
                        }
                    }
                }
                Ok(())
            }
        }
    }

    /// The entries of one bundle.
    pub(super) async fn bundle(&self, bundle: &Tile) -> Result<Vec<Vec<u8>>, Failure> {
        match self {
            Self::Exchange(rpc) => {
                let (first, width) = (bundle.first(), u64::from(bundle.width()));
                let mut entries = Vec::with_capacity(usize::from(bundle.width()));
                let keep = |_, entry: &[u8]| {
                    entries.push(entry.to_vec());
                    Ok(())
                };
                leaves::each(rpc, first..first + width, keep).await?;
                Ok(entries)
            }
            Self::Folder(folder) => read(folder, bundle),
        }
    }
}

fn read(folder: &LogFolder, bundle: &Tile) -> Result<Vec<Vec<u8>>, Failure> {
    let name = bundle.to_string();
    let bytes = folder.tile(bundle)?.ok_or_else(|| bad(&name))?;
    let entries =
        decode_bundle(&bytes, bundle.width()).map_err(|error| bad(&name).because(error))?;
    Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
}
