//! A journal as it stands, for a backup: read while another process may be appending to it.
//!
//! Nothing is changed, locked or synced. What is taken is each segment up to its last whole round at the
//! time; of the last segment that is the last committed round or one before it. Rounds are never
//! changed later, but for erasures, which overwrite frames in place: a round that is met in the middle
//! of one is read again.

use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use super::error::JournalError;
use super::replay::{Bad, Round, read_round};
use super::segment::{self, HEADER, Segment};
use super::{damaged, is_torn};
use crate::error::DiskError;

/// How often a round that is not whole is read again, before it is decided what it is.
const TRIES: u32 = 40;
/// Between two readings.
const PAUSE: Duration = Duration::from_millis(50);
const READ_AHEAD: usize = 256 * 1024;

/// The segments of a journal, each up to a whole round.
#[derive(Debug)]
pub struct JournalSnapshot {
    segments: Vec<(Segment, u64)>,
}

impl JournalSnapshot {
    /// Reads a journal from its beginning to the end that it has now, and gives every round to `visit`.
    ///
    /// # Errors
    /// As [`Journal::open`](super::Journal::open), which also tells a torn last round from damage.
    pub fn take(directory: &Path, mut visit: impl FnMut(Round)) -> Result<Self, JournalError> {
        let mut segments = Vec::new();
        let found = segment::open_all_to_read(directory)?;
        let last = found.len();
        for (index, segment) in found.into_iter().enumerate() {
            let length = segment.file.length()?;
            let whole = match read_rounds(&segment, length, &mut |_, round| {
                visit(round);
                Ok(())
            }) {
                Ok(whole) => whole,
                Err(Stopped::At(whole, bad)) if index + 1 == last => {
                    let rest = segment.file.length()?.saturating_sub(whole);
                    if !is_torn(&segment, whole, rest, &bad)? {
                        return Err(damaged(&segment, &bad));
                    }
                    whole
                }
                Err(Stopped::At(_, bad)) => return Err(damaged(&segment, &bad)),
                Err(Stopped::Disk(error)) => return Err(error.into()),
                Err(Stopped::Write(error)) => {
                    return Err(DiskError::io("read the file", segment.file.path())(error).into());
                }
            };
            segments.push((segment, whole));
        }
        Ok(Self { segments })
    }

    /// Name and length in bytes of each segment's file, oldest first.
    pub fn files(&self) -> impl Iterator<Item = (String, u64)> + '_ {
        self.segments.iter().map(|(segment, whole)| (segment.file_name(), *whole))
    }

    /// Copies a segment, by its place in [`Self::files`]. Every round is checked once more on its way.
    ///
    /// # Errors
    /// [`CopyError`]; what was written so far is of no use.
    pub fn copy(&self, place: usize, to: &mut impl Write) -> Result<(), CopyError> {
        let Some((segment, whole)) = self.segments.get(place) else { return Ok(()) };
        let header = segment.file.read_at(0, HEADER as usize).map_err(JournalError::from)?;
        to.write_all(&header.unwrap_or_default()).map_err(CopyError::Write)?;
        let copied = read_rounds(segment, *whole, &mut |bytes, _| to.write_all(bytes));
        match copied {
            Ok(_) => Ok(()),
            Err(Stopped::At(_, bad)) => Err(damaged(segment, &bad).into()),
            Err(Stopped::Disk(error)) => Err(JournalError::from(error).into()),
            Err(Stopped::Write(error)) => Err(CopyError::Write(error)),
        }
    }
}

/// Why a segment was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Where it is copied to.
    #[error("the copy cannot be written")]
    Write(#[source] io::Error),
}

enum Stopped {
    /// What stands at the end of so many whole bytes cannot be read.
    At(u64, Bad),
    Disk(DiskError),
    Write(io::Error),
}

/// Reads the rounds that begin in the first `until` bytes; gives where the last one ends.
fn read_rounds(
    segment: &Segment,
    until: u64,
    each: &mut impl FnMut(&[u8], Round) -> io::Result<()>,
) -> Result<u64, Stopped> {
    let path = segment.file.path();
    let read = |error| Stopped::Disk(DiskError::io("read the file", path)(error));
    let file = File::open(path)
        .map_err(|error| Stopped::Disk(DiskError::io("open the file", path)(error)))?;
    let mut input = BufReader::with_capacity(READ_AHEAD, file);
    let mut whole = HEADER;
    input.seek(SeekFrom::Start(whole)).map_err(read)?;
    let mut tries = 0;
    while whole < until {
        // A round that is being appended grows while it is looked at.
        let length = segment.file.length().map_err(Stopped::Disk)?;
        match read_round(&mut input, segment.info.number, whole, length).map_err(read)? {
            Ok((bytes, round)) => {
                each(&bytes, round).map_err(Stopped::Write)?;
                whole += bytes.len() as u64;
                tries = 0;
            }
            Err(bad) if tries == TRIES => return Err(Stopped::At(whole, bad)),
            Err(_) => {
                tries += 1;
                std::thread::sleep(PAUSE);
                input.seek(SeekFrom::Start(whole)).map_err(read)?;
            }
        }
    }
    Ok(whole)
}
