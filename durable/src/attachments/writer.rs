//! One call's hand on an upload.

use std::sync::Arc;

use super::blocks::ATTACHMENT_BLOCK;
use super::upload::Upload;
use super::{AttachmentError, AttachmentStore, Progress};

/// Writes an upload from an offset on. Several may be at one upload at once: what one has written,
/// the other skips.
///
/// Holds at most one piece and a block in memory. What it holds when it is dropped is lost; what it
/// wrote stays, and lasts after the next [`UploadWriter::settle`] or [`AttachmentStore::progress`].
#[derive(Debug)]
pub struct UploadWriter {
    store: AttachmentStore,
    upload: Arc<Upload>,
    /// Offset of the buffer's first byte.
    offset: u64,
    buffer: Vec<u8>,
}

impl UploadWriter {
    pub(super) fn new(store: AttachmentStore, upload: Arc<Upload>, offset: u64) -> Self {
        Self { store, upload, offset, buffer: Vec::new() }
    }

    pub(super) fn written(&self) -> Result<u64, AttachmentError> {
        self.upload.written(&self.store)
    }

    /// Takes the next bytes. `now_ms` is when: an upload that nobody is at is given up one day.
    ///
    /// # Errors
    /// [`AttachmentError::TooLong`] for more than was announced, [`AttachmentError::GivenUp`] when
    /// somebody discarded the upload meanwhile, [`AttachmentError::Disk`].
    pub fn write(&mut self, bytes: &[u8], now_ms: u64) -> Result<(), AttachmentError> {
        let length = self.upload.name().length;
        let end = self.offset + self.buffer.len() as u64 + bytes.len() as u64;
        if end > length {
            return Err(AttachmentError::TooLong);
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < ATTACHMENT_BLOCK && end < length {
            return Ok(());
        }
        self.upload.append(&self.store, self.offset, &mut self.buffer, now_ms)?;
        self.offset = end - self.buffer.len() as u64;
        Ok(())
    }

    /// Makes what was written last, finishes the upload when all is there, and says how much that
    /// is: whole blocks, or all.
    ///
    /// # Errors
    /// [`AttachmentError::WrongDigest`] when all is there and is not what was announced: the upload
    /// is discarded. [`AttachmentError::GivenUp`], [`AttachmentError::Disk`].
    pub fn settle(&mut self, now_ms: u64) -> Result<Progress, AttachmentError> {
        self.upload.settle(&self.store, now_ms)
    }
}

/// An upload that nobody wrote to takes no place among its owner's.
impl Drop for UploadWriter {
    fn drop(&mut self) {
        self.upload.release(&self.store);
    }
}
