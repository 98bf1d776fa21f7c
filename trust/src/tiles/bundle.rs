//! Entry bundles: entries one after the other, each after its length in two bytes, big-endian.

use super::path::TILE_WIDTH;

/// The longest entry, in bytes: what two bytes can count.
pub const MAX_ENTRY: usize = u16::MAX as usize;

/// Writes a bundle of 1 to [`TILE_WIDTH`] entries.
///
/// # Errors
///
/// [`BundleError::Count`] for none or too many, [`BundleError::EntryTooLong`] above [`MAX_ENTRY`].
pub fn encode_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, BundleError> {
    if entries.is_empty() || entries.len() > usize::from(TILE_WIDTH) {
        return Err(BundleError::Count);
    }
    let mut out = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| BundleError::EntryTooLong)?;
        out.extend(length.to_be_bytes());
        out.extend(entry);
    }
    Ok(out)
}

/// Reads a bundle that must hold exactly `width` entries and nothing after them.
///
/// # Errors
///
/// [`BundleError::Truncated`] where bytes are missing, [`BundleError::Trailing`] where some are left
/// over, [`BundleError::Count`] where `width` is not 1 to [`TILE_WIDTH`].
pub fn decode_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    if width == 0 || width > TILE_WIDTH {
        return Err(BundleError::Count);
    }
    let mut rest = bytes;
    let mut entries = Vec::with_capacity(usize::from(width));
    for _ in 0..width {
        let (length, after) = rest.split_first_chunk::<2>().ok_or(BundleError::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or(BundleError::Truncated)?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(BundleError::Trailing) }
}

/// Not an entry bundle of this width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Not 1 to [`TILE_WIDTH`] entries.
    #[error("an entry bundle holds 1 to {TILE_WIDTH} entries")]
    Count,
    /// An entry above [`MAX_ENTRY`] bytes.
    #[error("an entry has more than {MAX_ENTRY} bytes")]
    EntryTooLong,
    /// Bytes after the last entry.
    #[error("the entry bundle has bytes after its last entry")]
    Trailing,
    /// Ends within an entry, or before it.
    #[error("the entry bundle ends before its last entry does")]
    Truncated,
}
