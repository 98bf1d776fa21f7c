//! Writing an attachment out, once everything about it was checked.

use std::fs::File;
use std::path::{Path, PathBuf};

use tsumugu_durable::atomic::remove_durable;
use tsumugu_durable::{Access, DiskError, NewFile};
use tsumugu_trust::letter::{AttachmentError, open_attachment, read_attachment};
use tsumugu_trust::seal::StreamError;

use super::store::{Store, unusable};
use super::{Attachment, Forbidden, Inspected, inspect};
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::post::Post;
use crate::progress::Watched;

/// Opens an attachment that is in the vault and writes it to a folder under its name.
///
/// It is looked into first, through the seal: nothing of a forbidden file ever lies on the disk open.
/// A crash in the middle leaves a file of the folder whose name ends in `.tsumugu-tmp`, readable for this
/// user only, and nothing under the attachment's name.
///
/// # Errors
/// `file.exists`: that file was not touched. `content.…`, `attachment.differs`: it is set aside.
/// `attachment.damaged-here`: it was removed, and can be fetched again. `file.unwritable`.
pub(crate) fn save(
    post: &impl Post,
    attachment: &Attachment,
    folder: &Path,
) -> Result<PathBuf, Failure> {
    let path = folder.join(attachment.name.as_str());
    if path.symlink_metadata().is_ok() {
        return Err(Failure::file_exists(&path));
    }
    let store = Store::of(post.vault());
    match written(post, attachment, &store, &path) {
        Ok(()) => Ok(path),
        Err(Fault::Here(failure)) => Err(failure),
        Err(Fault::Sender(failure)) if store.is_sound(&attachment.sealed)? => {
            attachment.set_aside(post.vault(), &failure)?;
            Err(failure)
        }
        Err(Fault::Sender(failure)) => {
            let file = store.file(&attachment.sealed);
            remove_durable(&file).map_err(|error| unusable(&file, error))?;
            let damaged = Failure::new("attachment.damaged-here");
            Err(damaged.with("file", attachment.called()).because(failure))
        }
    }
}

/// Where the fault lies, as far as can be told before the sealed file's digest was compared again.
enum Fault {
    Here(Failure),
    Sender(Failure),
}

fn written(
    post: &impl Post,
    attachment: &Attachment,
    store: &Store,
    path: &Path,
) -> Result<(), Fault> {
    let file = store.file(&attachment.sealed);
    let open = || File::open(&file).map_err(|error| Fault::Here(unusable(&file, error)));
    let seal = |error: AttachmentError| match error {
        AttachmentError::Stream(StreamError::Read(error)) => Fault::Here(unusable(&file, error)),
        AttachmentError::Stream(StreamError::Write(error)) => {
            Fault::Here(Failure::file_unwritable(path, error))
        }
        error => Fault::Sender(differs(attachment).because(error)),
    };
    let mut reader = read_attachment(&attachment.key, open()?, attachment.plain).map_err(seal)?;
    let forbidden = |forbidden: Forbidden| {
        let failure = Failure::new(forbidden.key()).with("file", attachment.called());
        Fault::Sender(failure.because(forbidden))
    };
    let checked = inspect(&mut reader, &attachment.name).map_err(|error| match error {
        Inspected::Forbidden(why) => forbidden(why),
        // Also a chunk that does not open.
        Inspected::Unreadable(error) => Fault::Sender(differs(attachment).because(error)),
    })?;
    if checked.kind() != attachment.kind {
        return Err(forbidden(Forbidden::NotItsName));
    }
    let disk = |error: DiskError| {
        Fault::Here(match error {
            DiskError::Exists { .. } => Failure::file_exists(path),
            error => Failure::file_unwritable(path, error),
        })
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut out = NewFile::create(folder, Access::Private).map_err(disk)?;
    let progress = post.progress(&Sentence::new("attachment.saving"), attachment.sealed.length);
    let sealed = Watched::new(open()?, &progress);
    let opened =
        open_attachment(&attachment.key, sealed, attachment.plain, &mut out).map_err(seal)?;
    if opened != attachment.sealed {
        return Err(Fault::Sender(differs(attachment)));
    }
    out.name_new(path).map_err(disk)
}

fn differs(attachment: &Attachment) -> Failure {
    Failure::new("attachment.differs").with("file", attachment.called())
}
