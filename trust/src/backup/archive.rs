//! The archive inside a backup: files, one after the other, and a summary.
//!
//! ```text
//! "tsumugu/v1/backup-archive\n"
//! each file   1 | u16be length | name | pieces: (u32be n, 1 to 65,536 | n bytes)* | u32be 0
//!               | u64be length | SHA-256
//! end         2 | u32be length | summary (a signed note)
//! nothing follows
//! ```
//!
//! The length of a file stands behind it, since a journal may grow while it is read. The reader is
//! strict: what it accepts is what the writer writes, byte for byte.

use std::io::{self, Read, Write};

use super::NotOfABackup;
use super::summary::{BackupSummary, MAX_SUMMARY};
use crate::fill::fill;
use crate::hash::{Hash, Hasher};
use crate::note::VerifyingKey;

/// Longest name of a file, in bytes.
pub const MAX_NAME: usize = 255;
/// Most parts of a name.
pub const MAX_DEPTH: usize = 6;
/// Longest piece of a file, in bytes.
pub const MAX_PIECE: usize = 65_536;

const MAGIC: &[u8] = b"tsumugu/v1/backup-archive\n";
const FILE: u8 = 1;
const END: u8 = 2;

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BadArchive {
    /// The bytes end before the archive does.
    #[error("the archive ends too early")]
    Cut,
    /// Not in the form that this version writes.
    #[error("the archive is not in the form that this program knows")]
    Malformed,
    /// Something follows the end.
    #[error("something follows the end of the archive")]
    Longer,
    /// A file is not what was written.
    #[error("the file {name} is damaged")]
    File {
        /// Its name.
        name: String,
    },
    /// The summary does not fit what stands before it, or nobody vouches for it.
    #[error("the end of the archive does not fit: {0}")]
    Summary(NotOfABackup),
    /// The source cannot be read, or is no longer what was sealed.
    #[error("the archive cannot be read")]
    Read(#[source] io::Error),
}

/// Writes an archive.
pub struct ArchiveWriter<W> {
    out: W,
    /// Over everything before the end.
    hasher: Hasher,
    files: u64,
}

impl<W: Write> ArchiveWriter<W> {
    /// Begins one.
    ///
    /// # Errors
    /// What `out` says.
    pub fn new(out: W) -> io::Result<Self> {
        let mut writer = Self { out, hasher: Hasher::default(), files: 0 };
        writer.put(MAGIC)?;
        Ok(writer)
    }

    /// Adds a file: everything that `from` gives. Gives its length.
    ///
    /// # Errors
    /// As [`Self::file_by`].
    pub fn file(&mut self, name: &str, mut from: impl Read) -> io::Result<u64> {
        self.file_by(name, |to| io::copy(&mut from, to).map(|_| ()))
    }

    /// Adds a file: everything that `write` writes. Gives its length.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] when [`is_entry_name`] says no; else what `write` or the archive's
    /// destination says: then the archive is of no use.
    pub fn file_by(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<u64> {
        if !is_entry_name(name) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.put(&[FILE])?;
        // A name is far below 65,536 bytes.
        self.put(&(name.len() as u16).to_be_bytes())?;
        self.put(name.as_bytes())?;
        let piece = Vec::with_capacity(MAX_PIECE);
        let mut pieces = Pieces { archive: self, file: Hasher::default(), piece };
        write(&mut pieces)?;
        pieces.put_piece()?;
        let whole = pieces.file.finish();
        self.put(&0_u32.to_be_bytes())?;
        self.put(&whole.length.to_be_bytes())?;
        self.put(&whole.digest.0)?;
        self.files += 1;
        Ok(whole.length)
    }

    /// What was written so far, for the summary: files, bytes, digest.
    #[must_use]
    pub fn so_far(&self) -> (u64, u64, Hash) {
        let so_far = self.hasher.clone().finish();
        (self.files, so_far.length, so_far.digest)
    }

    /// Ends it with a summary, which [`BackupSummary::sign`] made from [`Self::so_far`].
    ///
    /// # Errors
    /// What the archive's destination says; [`io::ErrorKind::InvalidInput`] when the summary is too long.
    pub fn end(mut self, summary: &[u8]) -> io::Result<W> {
        if summary.len() > MAX_SUMMARY {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.out.write_all(&[END])?;
        self.out.write_all(&(summary.len() as u32).to_be_bytes())?;
        self.out.write_all(summary)?;
        Ok(self.out)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.out.write_all(bytes)
    }
}

/// A file on its way into the archive: pieces are as long as they can be.
struct Pieces<'a, W> {
    archive: &'a mut ArchiveWriter<W>,
    file: Hasher,
    piece: Vec<u8>,
}

impl<W: Write> Pieces<'_, W> {
    fn put_piece(&mut self) -> io::Result<()> {
        if !self.piece.is_empty() {
            self.file.update(&self.piece);
            self.archive.put(&(self.piece.len() as u32).to_be_bytes())?;
            self.archive.put(&self.piece)?;
            self.piece.clear();
        }
        Ok(())
    }
}

impl<W: Write> Write for Pieces<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(MAX_PIECE - self.piece.len());
        self.piece.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.piece.len() == MAX_PIECE {
            self.put_piece()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads an archive from its beginning to its end.
pub struct ArchiveReader<R> {
    from: R,
    hasher: Hasher,
    files: u64,
    /// Whether a file was begun and not read to its end: then nothing else can be read.
    within: bool,
}

/// What comes next in an archive.
pub enum Entry<'a, R> {
    /// A file.
    File(FileEntry<'a, R>),
    /// The end: nothing follows, and everything before it is what its maker wrote.
    End(Box<BackupSummary>),
}

/// A file of an archive.
pub struct FileEntry<'a, R> {
    archive: &'a mut ArchiveReader<R>,
    name: String,
}

impl<R: Read> ArchiveReader<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// [`BadArchive`]
    pub fn new(from: R) -> Result<Self, BadArchive> {
        let mut reader = Self { from, hasher: Hasher::default(), files: 0, within: false };
        let mut magic = [0; MAGIC.len()];
        reader.take(&mut magic)?;
        if magic == *MAGIC { Ok(reader) } else { Err(BadArchive::Malformed) }
    }

    /// What comes next. The summary counts only under one of `log_keys`.
    ///
    /// # Errors
    /// [`BadArchive`]; [`BadArchive::Malformed`] also when the file before was not read to its end.
    pub fn entry(&mut self, log_keys: &[VerifyingKey]) -> Result<Entry<'_, R>, BadArchive> {
        if self.within {
            return Err(BadArchive::Malformed);
        }
        let before = self.hasher.clone();
        let [kind] = self.array()?;
        match kind {
            FILE => {
                let length = usize::from(u16::from_be_bytes(self.array()?));
                if length > MAX_NAME {
                    return Err(BadArchive::Malformed);
                }
                let mut name = vec![0; length];
                self.take(&mut name)?;
                let name = String::from_utf8(name).map_err(|_| BadArchive::Malformed)?;
                if !is_entry_name(&name) {
                    return Err(BadArchive::Malformed);
                }
                self.files += 1;
                self.within = true;
                Ok(Entry::File(FileEntry { archive: self, name }))
            }
            END => self.end(before, log_keys).map(|summary| Entry::End(Box::new(summary))),
            _ => Err(BadArchive::Malformed),
        }
    }

    fn end(
        &mut self,
        before: Hasher,
        log_keys: &[VerifyingKey],
    ) -> Result<BackupSummary, BadArchive> {
        let length = u32::from_be_bytes(self.array()?) as usize;
        if length > MAX_SUMMARY {
            return Err(BadArchive::Malformed);
        }
        let mut summary = vec![0; length];
        self.take(&mut summary)?;
        let summary = BackupSummary::verify(&summary, log_keys).map_err(BadArchive::Summary)?;
        let read = before.finish();
        let found = (self.files, read.length, read.digest);
        if (summary.files, summary.bytes, summary.digest) != found {
            return Err(BadArchive::Summary(NotOfABackup::Malformed));
        }
        match fill(&mut self.from, &mut [0]) {
            Ok(0) => Ok(summary),
            Ok(_) => Err(BadArchive::Longer),
            Err(error) => Err(BadArchive::Read(error)),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadArchive> {
        let mut bytes = [0; N];
        self.take(&mut bytes)?;
        Ok(bytes)
    }

    fn take(&mut self, into: &mut [u8]) -> Result<(), BadArchive> {
        if fill(&mut self.from, into).map_err(BadArchive::Read)? < into.len() {
            return Err(BadArchive::Cut);
        }
        self.hasher.update(into);
        Ok(())
    }
}

impl<R: Read> FileEntry<'_, R> {
    /// Its name: parts joined by `/`, as [`is_entry_name`] allows them.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes it out and checks it; gives its length. Until this has returned, what was written is
    /// nobody's word.
    ///
    /// # Errors
    /// [`WriteOrBad`], by whose fault it is.
    pub fn copy_to(self, mut out: impl Write) -> Result<u64, WriteOrBad> {
        let mut file = Hasher::default();
        let mut piece = vec![0; MAX_PIECE];
        // Of pieces only the last may be short: one file has one spelling.
        let mut was_short = false;
        loop {
            let length = u32::from_be_bytes(self.archive.array()?) as usize;
            if length == 0 {
                break;
            }
            let Some(bytes) = piece.get_mut(..length).filter(|_| !was_short) else {
                return Err(BadArchive::Malformed.into());
            };
            self.archive.take(bytes)?;
            was_short = length < MAX_PIECE;
            file.update(bytes);
            out.write_all(bytes).map_err(WriteOrBad::Write)?;
        }
        let whole = file.finish();
        let length = u64::from_be_bytes(self.archive.array()?);
        let digest: [u8; 32] = self.archive.array()?;
        if (length, digest) != (whole.length, whole.digest.0) {
            return Err(BadArchive::File { name: self.name }.into());
        }
        self.archive.within = false;
        Ok(length)
    }
}

/// Why a file was not written out.
#[derive(Debug, thiserror::Error)]
pub enum WriteOrBad {
    /// The archive.
    #[error(transparent)]
    Bad(#[from] BadArchive),
    /// The destination.
    #[error("the file cannot be written")]
    Write(#[source] io::Error),
}

/// Whether a name may stand in an archive: at most [`MAX_NAME`] bytes in at most [`MAX_DEPTH`] parts joined
/// by `/`, each of `a-z A-Z 0-9 . _ -`, neither beginning nor ending with a full stop.
#[must_use]
pub fn is_entry_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_part = |part: &str| {
        let is_dotted = part.starts_with('.') || part.ends_with('.');
        !part.is_empty() && !is_dotted && part.bytes().all(allowed)
    };
    name.len() <= MAX_NAME && name.split('/').count() <= MAX_DEPTH && name.split('/').all(is_part)
}

#[cfg(test)]
mod tests;
