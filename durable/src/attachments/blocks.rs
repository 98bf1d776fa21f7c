//! How an attachment lies in its file: in blocks, each with a checksum.
//!
//! ```text
//! header  "tsumugu/v1/attachment\n"
//! then    block: 65,536 bytes, the last one what is left | u32be CRC-32 of (u64be number | bytes)
//! ```
//!
//! Blocks are numbered from 0. A crash leaves any part of what was not synced; the checksums tell
//! from which block on. They find torn and rotten bytes, not a person: that is the digest's part.

use std::path::Path;

use super::AttachmentError;
use crate::disk::DiskFile;
use crate::error::DiskError;
use crate::fault::FaultPlan;

/// Bytes of a block: 64 KiB. Progress is counted in whole blocks.
pub const ATTACHMENT_BLOCK: usize = 64 * 1024;

/// What the file of an attachment begins with.
pub const ATTACHMENT_MAGIC: &[u8] = b"tsumugu/v1/attachment\n";

const BLOCK: u64 = ATTACHMENT_BLOCK as u64;
const CHECK: usize = 4;

/// Bytes as they are written from the block that begins at `offset` on: whole blocks, and a shorter
/// one only where the attachment ends.
pub(super) fn encode(offset: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len().div_ceil(ATTACHMENT_BLOCK) * CHECK);
    for (number, block) in (offset / BLOCK..).zip(bytes.chunks(ATTACHMENT_BLOCK)) {
        out.extend_from_slice(block);
        out.extend_from_slice(&checksum(number, block).to_be_bytes());
    }
    out
}

/// Where in the file the block stands that begins at `offset`.
pub(super) fn place(offset: u64) -> u64 {
    ATTACHMENT_MAGIC.len() as u64 + offset / BLOCK * (BLOCK + CHECK as u64)
}

/// Length of the file that holds `length` bytes from the beginning of an attachment.
pub(super) fn file_length(length: u64) -> u64 {
    ATTACHMENT_MAGIC.len() as u64 + length + length.div_ceil(BLOCK) * CHECK as u64
}

/// Gives the blocks to `each` from the first on, up to the first that is not whole, and says how
/// many bytes they hold.
pub(super) fn scan(
    file: &DiskFile,
    length: u64,
    mut each: impl FnMut(&[u8]),
) -> Result<u64, DiskError> {
    if file.read_at(0, ATTACHMENT_MAGIC.len())?.as_deref() != Some(ATTACHMENT_MAGIC) {
        return Ok(0);
    }
    let mut offset = 0;
    while offset < length {
        let Some(block) = block_at(file, length, offset)? else { break };
        each(&block);
        offset += block.len() as u64;
    }
    Ok(offset)
}

/// Reads from a complete attachment of `length` bytes.
pub(super) fn read(
    path: &Path,
    length: u64,
    offset: u64,
    most: usize,
) -> Result<Vec<u8>, AttachmentError> {
    let file = DiskFile::open_to_read(path)?;
    let magic = file.read_at(0, ATTACHMENT_MAGIC.len())?;
    if file.length()? != file_length(length) || magic.as_deref() != Some(ATTACHMENT_MAGIC) {
        return Err(AttachmentError::Damaged);
    }
    let mut bytes = Vec::new();
    let mut next = offset;
    while next < length && bytes.len() < most {
        let begin = next - next % BLOCK;
        let block = block_at(&file, length, begin)?.ok_or(AttachmentError::Damaged)?;
        let wanted = block.get((next - begin) as usize..).unwrap_or_default();
        let wanted = wanted.get(..most - bytes.len()).unwrap_or(wanted);
        bytes.extend_from_slice(wanted);
        next += wanted.len() as u64;
    }
    Ok(bytes)
}

/// The block that begins at `offset`; `None` when it is not there or not as it was written.
fn block_at(file: &DiskFile, length: u64, offset: u64) -> Result<Option<Vec<u8>>, DiskError> {
    let size = (length - offset).min(BLOCK) as usize;
    let Some(mut bytes) = file.read_at(place(offset), size + CHECK)? else { return Ok(None) };
    let check = bytes.split_off(size);
    let holds = check == checksum(offset / BLOCK, &bytes).to_be_bytes();
    Ok(holds.then_some(bytes))
}

fn checksum(number: u64, block: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&number.to_be_bytes());
    crc.update(block);
    crc.finalize()
}

/// A new part's file.
pub(super) fn create(path: &Path, faults: &FaultPlan) -> Result<(), DiskError> {
    crate::atomic::create(path, ATTACHMENT_MAGIC, crate::atomic::Access::Private, faults)
}
