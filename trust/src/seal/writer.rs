//! Sealing what is written, to recipients: files too large for memory.

use std::io::{self, Write};

use age::Encryptor;
use age::stream::StreamWriter;

use super::mark::Marked;
use super::{Hybrid, MAX_RECIPIENTS, Mark, SealError, SealingRecipient};

/// Seals everything that is written to it; each recipient can open it alone. Memory is a chunk of
/// 64 KiB, whatever the file's length. Without [`Self::finish`] nobody can open the file.
pub struct SealingWriter<W: Write>(StreamWriter<W>);

impl<W: Write> SealingWriter<W> {
    /// Writes the head, which says of what kind the file is.
    ///
    /// # Errors
    /// As [`seal_to`](super::seal_to), as the source of an [`io::ErrorKind::InvalidInput`]; what `out` says.
    pub fn new(recipients: &[SealingRecipient], mark: Mark<'_>, out: W) -> io::Result<Self> {
        let refused = |error: SealError| io::Error::new(io::ErrorKind::InvalidInput, error);
        match recipients.len() {
            0 => return Err(refused(SealError::NoRecipients)),
            1..=MAX_RECIPIENTS => {}
            _ => return Err(refused(SealError::TooManyRecipients)),
        }
        let recipient: &dyn age::Recipient = &Marked(Hybrid(recipients), mark);
        let encryptor = Encryptor::with_recipients(std::iter::once(recipient))
            .map_err(|_| refused(SealError::UnusableRecipient))?;
        Ok(Self(encryptor.wrap_output(out)?))
    }

    /// Writes the last chunk.
    ///
    /// # Errors
    /// What the destination says.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
