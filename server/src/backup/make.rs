//! Making a backup, of an exchange that runs or is stopped.
//!
//! The order matters. The journal is fixed first: everything that it names was durable before it did.
//! Then follow the small files, which are newer by a moment: a half-signed record that was finished in
//! that moment has to be signed again. Bodies and attachments that are destroyed meanwhile are left out;
//! after a restore the log does not know yet that they are gone.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tsumugu_durable::streamed::NewFile;
use tsumugu_durable::{Access, CopyError, DiskError, crash_point};
use tsumugu_trust::backup::{ArchiveWriter, BackupSummary, mark_of};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::seal::{SealingRecipient, SealingWriter};
use tsumugu_trust::value::{Id, Origin, Time};

use super::contents::Small;
use super::{BackupError, OnProgress};
use crate::keys;
use crate::ledger::{ATTACHMENTS, BODIES, JOURNAL, Survey};
use crate::run::{RunError, check_is_exchange};

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The log.
    pub origin: Origin,
    /// Bytes of the file.
    pub bytes: u64,
    /// Leaves in the log.
    pub leaves: u64,
    /// Root of the tree over them.
    pub root: Hash,
    /// The signed checkpoint.
    pub checkpoint: Vec<u8>,
    /// Files in it.
    pub files: u64,
    /// The administrators who can open it, each alone.
    pub administrators: Vec<Id>,
    /// Files of bodies and attachments that were not there any more, or not to their end: destroyed since,
    /// or lost.
    pub gone: u64,
    /// Files in the folder that the exchange did not write, and that are not in the backup.
    pub left_out: Vec<String>,
}

/// Makes a backup of the exchange in `dir`.
///
/// # Errors
/// [`BackupError`]; then nothing has the name `out`, or what had it before.
pub fn backup(
    dir: &Path,
    out: &Path,
    made: Time,
    on_progress: OnProgress<'_>,
) -> Result<Backup, BackupError> {
    check_is_exchange(dir)?;
    let folder = outside(dir, out)?;
    let (origin, log_key) = keys::load(dir).map_err(RunError::from)?;
    let survey = Survey::take(dir, &origin, log_key.verifying_key())?;
    let list = survey.directory.trust_list().ok_or(BackupError::NoAdministrator)?;
    let recipients: Vec<SealingRecipient> =
        list.body.administrators.iter().map(|one| one.recipient.recipient()).collect();
    let small = Small::of(dir)?;

    let mut new = NewFile::create(&folder, Access::Private)?;
    let sealed = Counted { out: &mut new, bytes: 0 };
    let sealing = SealingWriter::new(&recipients, mark_of(&origin), sealed);
    let mut packing = Packing {
        archive: ArchiveWriter::new(sealing.map_err(BackupError::Write)?)
            .map_err(BackupError::Write)?,
        done: 0,
        all: size(&survey),
        on_progress,
        gone: 0,
    };
    packing.small(dir, &small.taken)?;
    packing.journal(&survey)?;
    packing.bodies(dir, &survey)?;
    packing.attachments(dir, &survey)?;
    let gone = packing.gone;
    let (files, bytes) = packing.end(&origin, &log_key, &survey, made)?;
    crash_point("server.backup.written");
    new.name_new(out)?;
    Ok(Backup {
        origin,
        bytes,
        leaves: survey.leaves,
        root: survey.root,
        administrators: list.body.administrators.iter().map(|one| one.id).collect(),
        checkpoint: survey.checkpoint.clone(),
        files,
        gone,
        left_out: small.left_out,
    })
}

/// The folder of the new file, which must not be the exchange's.
fn outside(dir: &Path, out: &Path) -> Result<PathBuf, BackupError> {
    // Hours of work would be for nothing.
    if out.symlink_metadata().is_ok() {
        return Err(DiskError::Exists { path: out.to_owned() }.into());
    }
    let folder = out.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new(".")).to_owned();
    let real = |path: &Path| path.canonicalize().map_err(BackupError::Write);
    if real(&folder)?.starts_with(real(dir)?) {
        return Err(BackupError::Inside);
    }
    Ok(folder)
}

fn size(survey: &Survey) -> u64 {
    let journal: u64 = survey.journal.files().map(|(_, length)| length).sum();
    let attachments: u64 = survey.attachments.iter().map(|one| one.length).sum();
    journal + survey.bodies.values().sum::<u64>() + attachments
}

struct Packing<'a, W: Write> {
    archive: ArchiveWriter<SealingWriter<Counted<W>>>,
    done: u64,
    all: u64,
    on_progress: OnProgress<'a>,
    gone: u64,
}

impl<W: Write> Packing<'_, W> {
    fn small(&mut self, dir: &Path, names: &[String]) -> Result<(), BackupError> {
        for name in names {
            match File::open(dir.join(name)) {
                Ok(file) => self.archive.file(name, file).map_err(BackupError::Write)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(BackupError::Write(error)),
            };
        }
        Ok(())
    }

    fn journal(&mut self, survey: &Survey) -> Result<(), BackupError> {
        for (place, (name, _)) in survey.journal.files().enumerate() {
            let name = format!("{JOURNAL}/{name}");
            let mut failure = None;
            let packed = self.archive.file_by(&name, |to| {
                let mut to =
                    Told { to, done: &mut self.done, all: self.all, tell: self.on_progress };
                match survey.journal.copy(place, &mut to) {
                    Ok(()) => Ok(()),
                    Err(CopyError::Write(error)) => Err(error),
                    Err(CopyError::Journal(error)) => {
                        failure = Some(error);
                        Err(io::ErrorKind::InvalidData.into())
                    }
                }
            });
            match (packed, failure) {
                (_, Some(failure)) => return Err(failure.into()),
                (packed, None) => packed.map_err(BackupError::Write)?,
            };
            crash_point("server.backup.journal");
        }
        Ok(())
    }

    fn bodies(&mut self, dir: &Path, survey: &Survey) -> Result<(), BackupError> {
        for (name, needed) in &survey.bodies {
            let name = format!("{BODIES}/{name}");
            self.file(&name, &[dir.join(&name)], *needed, *needed)?;
            crash_point("server.backup.body");
        }
        Ok(())
    }

    fn attachments(&mut self, dir: &Path, survey: &Survey) -> Result<(), BackupError> {
        for attachment in &survey.attachments {
            let [named, upload] = attachment.places().map(|place| format!("{ATTACHMENTS}/{place}"));
            // The exchange moves it from the second place to the first: it may do so between two looks.
            let places = [&named, &upload, &named].map(|place| dir.join(place));
            // The store writes a little behind the attachment's own bytes.
            self.file(&named, &places, attachment.length, u64::MAX)?;
            crash_point("server.backup.attachment");
        }
        Ok(())
    }

    /// A file of which at most the first `most` bytes are taken, from the first of `places` at which it is. One
    /// that has fewer than `needed` counts as gone.
    fn file(
        &mut self,
        name: &str,
        places: &[PathBuf],
        needed: u64,
        most: u64,
    ) -> Result<(), BackupError> {
        for place in places {
            let file = match File::open(place) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(BackupError::Write(error)),
            };
            let (done, all) = (&mut self.done, self.all);
            let mut file = file.take(most);
            let taken = self
                .archive
                .file_by(name, |to| {
                    let mut to = Told { to, done, all, tell: self.on_progress };
                    io::copy(&mut file, &mut to).map(|_| ())
                })
                .map_err(BackupError::Write)?;
            // What is left of it is kept: other bodies may stand in it.
            self.gone += u64::from(taken < needed);
            return Ok(());
        }
        self.gone += 1;
        Ok(())
    }

    /// Files in the archive, and bytes of the sealed file.
    fn end(
        self,
        origin: &Origin,
        log_key: &SigningKey,
        survey: &Survey,
        made: Time,
    ) -> Result<(u64, u64), BackupError> {
        let (files, bytes, digest) = self.archive.so_far();
        let (leaves, root) = (survey.leaves, survey.root);
        let origin = origin.clone();
        let summary = BackupSummary { origin, made, leaves, root, files, bytes, digest };
        let ended = self.archive.end(&summary.sign(log_key));
        let sealed = ended.and_then(SealingWriter::finish).map_err(BackupError::Write)?;
        (self.on_progress)(self.all, self.all);
        Ok((files, sealed.bytes))
    }
}

/// Counts what goes through.
struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Tells how far it is.
struct Told<'a> {
    to: &'a mut dyn Write,
    done: &'a mut u64,
    all: u64,
    tell: &'a mut dyn FnMut(u64, u64),
}

impl Write for Told<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        *self.done += written as u64;
        (self.tell)(*self.done, self.all.max(*self.done));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
