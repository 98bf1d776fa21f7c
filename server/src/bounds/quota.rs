//! What an institution may hand in on one day of Japan: letters, and bytes of letters and attachments.
//!
//! The day's sums stand in `DIR/quota/DAY`, a line for each charge, appended without a sync: a process
//! that dies forgets nothing, and a power cut at most what the system had not written, some seconds.
//! A quota that is a little too generous after a power cut hurts nobody; a sync for each letter would.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{create_dir_durable, remove_durable, sweep_temporaries};
use tsumugu_durable::lines::Lines;
use tsumugu_trust::value::{Id, Time, Value};

use crate::refused::Refused;
use crate::settings::Limits;

/// The folder of the day's file.
pub const FOLDER: &str = "quota";

/// Charges after which the file is written anew with one line for each institution: 4 MiB.
pub const MAX_CHARGES: usize = 65_536;

const MIB: u64 = 1 << 20;
const DAY_MS: u64 = 86_400_000;
/// Japan is nine hours ahead of UTC, all the year.
const JAPAN_MS: u64 = 9 * 3_600_000;

/// The day's quotas of all institutions.
#[derive(Debug)]
pub struct Quota {
    folder: PathBuf,
    letters_per_day: u32,
    megabytes_per_day: u32,
    book: Mutex<Book>,
}

/// What was charged. It stays charged when it is dropped: a caller that goes away may have been served.
#[derive(Debug)]
#[must_use = "what was not taken in is given back with Quota::refund"]
pub struct Charged {
    day: Option<u64>,
    institution: Id,
    sum: Sum,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    letters: u64,
    bytes: u64,
}

/// One day's sums.
#[derive(Debug, Default)]
struct Book {
    /// None before the first charge.
    day: Option<u64>,
    sums: HashMap<Id, Sum>,
    lines: Option<Lines>,
    /// Lines since the file was written anew.
    charges: usize,
}

impl Quota {
    /// Opens the folder. Sums of other days are forgotten with the first charge.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn open(dir: &Path, limits: &Limits) -> Result<Self, DiskError> {
        let folder = dir.join(FOLDER);
        create_dir_durable(&folder)?;
        sweep_temporaries(&folder)?;
        Ok(Self {
            folder,
            letters_per_day: limits.letters_per_day,
            megabytes_per_day: limits.megabytes_per_day,
            book: Mutex::default(),
        })
    }

    /// Takes bytes of an attachment.
    ///
    /// # Errors
    /// [`ErrorReason::Limit`](tsumugu_proto::v1::ErrorReason::Limit) with the time until midnight in
    /// Japan; then nothing was charged.
    pub fn charge(&self, institution: Id, bytes: u64, now: Time) -> Result<Charged, Refused> {
        self.take(institution, Sum { letters: 0, bytes }, now)
    }

    /// Takes letters with their bytes.
    ///
    /// # Errors
    /// As [`Self::charge`].
    pub fn charge_letters(
        &self,
        institution: Id,
        letters: u64,
        bytes: u64,
        now: Time,
    ) -> Result<Charged, Refused> {
        self.take(institution, Sum { letters, bytes }, now)
    }

    /// Gives back what was not taken in.
    pub fn refund(&self, charged: Charged) {
        let mut book = self.book();
        if book.day != charged.day {
            return;
        }
        if let Some(sum) = book.sums.get_mut(&charged.institution) {
            sum.letters = sum.letters.saturating_sub(charged.sum.letters);
            sum.bytes = sum.bytes.saturating_sub(charged.sum.bytes);
            let Sum { letters, bytes } = charged.sum;
            self.note(&mut book, &format!("{} -{letters} -{bytes}", charged.institution));
        }
    }

    fn take(&self, institution: Id, sum: Sum, now: Time) -> Result<Charged, Refused> {
        let mut book = self.book();
        self.turn_to(&mut book, day_of(now));
        let before = book.sums.get(&institution).copied().unwrap_or_default();
        let after = Sum {
            letters: before.letters.saturating_add(sum.letters),
            bytes: before.bytes.saturating_add(sum.bytes),
        };
        // What asks for none of one kind is not refused for it.
        if sum.letters > 0 && after.letters > u64::from(self.letters_per_day) {
            return Err(Refused::limit("letters_per_day", self.letters_per_day)
                .retry_after(until_midnight(now)));
        }
        if sum.bytes > 0 && after.bytes > u64::from(self.megabytes_per_day) * MIB {
            return Err(Refused::limit("megabytes_per_day", self.megabytes_per_day)
                .retry_after(until_midnight(now)));
        }
        book.sums.insert(institution, after);
        self.note(&mut book, &format!("{institution} {} {}", sum.letters, sum.bytes));
        Ok(Charged { day: book.day, institution, sum })
    }

    /// Begins another day, with what its file holds. Also when the clock was put back.
    fn turn_to(&self, book: &mut Book, day: u64) {
        if book.day == Some(day) {
            return;
        }
        let path = self.path(day);
        let sums = Lines::read(&path).map_or_else(
            |error| {
                tracing::warn!(%error, "the day's quotas cannot be read: they begin anew");
                HashMap::new()
            },
            |lines| summed(&lines),
        );
        *book = Book { day: Some(day), sums, lines: None, charges: 0 };
        self.write_anew(book);
        self.remove_others(&path);
    }

    /// A disk that refuses is no reason to keep letters out: then the sums last as long as the process.
    fn note(&self, book: &mut Book, line: &str) {
        book.charges += 1;
        if book.charges > MAX_CHARGES {
            self.write_anew(book);
        } else if let Some(lines) = &mut book.lines
            && let Err(error) = lines.append(line)
        {
            tracing::warn!(%error, "the day's quotas cannot be written");
        }
    }

    fn write_anew(&self, book: &mut Book) {
        let Some(day) = book.day else { return };
        // Closed before its name is given to another file.
        book.lines = None;
        let line = |(id, sum): (&Id, &Sum)| format!("{id} {} {}\n", sum.letters, sum.bytes);
        let text: String = book.sums.iter().map(line).collect();
        match Lines::begin(&self.path(day), &text) {
            Ok(lines) => book.lines = Some(lines),
            Err(error) => tracing::warn!(%error, "the day's quotas cannot be written"),
        }
        book.charges = 0;
    }

    fn remove_others(&self, keep: &Path) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()).filter(|path| path != keep) {
            if let Err(error) = remove_durable(&path) {
                tracing::warn!(%error, "an earlier day's quotas cannot be removed");
            }
        }
    }

    fn path(&self, day: u64) -> PathBuf {
        self.folder.join(day.to_string())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The day in Japan, counted from 1970-01-01.
fn day_of(now: Time) -> u64 {
    now.0.saturating_add(JAPAN_MS) / DAY_MS
}

/// Until the next day begins in Japan; at least a second, so that nobody asks at once.
fn until_midnight(now: Time) -> Duration {
    let left = DAY_MS - now.0.saturating_add(JAPAN_MS) % DAY_MS;
    Duration::from_millis(left.max(1_000))
}

/// Reads the lines `ID LETTERS BYTES`, where a refund has negative numbers; leaves out what is no such
/// line.
fn summed(lines: &[String]) -> HashMap<Id, Sum> {
    let mut sums: HashMap<Id, Sum> = HashMap::new();
    for (id, letters, bytes) in lines.iter().filter_map(|line| parse(line)) {
        let sum = sums.entry(id).or_default();
        sum.letters = sum.letters.saturating_add_signed(letters);
        sum.bytes = sum.bytes.saturating_add_signed(bytes);
    }
    sums
}

fn parse(line: &str) -> Option<(Id, i64, i64)> {
    let mut words = line.split(' ');
    let (id, letters, bytes) = (words.next()?, words.next()?, words.next()?);
    match words.next() {
        Some(_) => None,
        None => Some((Id::decode(id)?, letters.parse().ok()?, bytes.parse().ok()?)),
    }
}

#[cfg(test)]
mod tests;
