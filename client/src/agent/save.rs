//! Each letter as a file in a folder, like the paper that a FAX puts out.

use std::path::{Path, PathBuf};

use tsumugu_catalogue::RenderOptions;
use tsumugu_durable::atomic::{sweep_temporaries, write_atomic};
use tsumugu_trust::directory::Directory;
use tsumugu_trust::value::Time;

use crate::failure::Failure;
use crate::jst;
use crate::letters::OpenedLetter;
use crate::mailbox::message::Message;
use crate::print::{PrintedLetter, pdf};
use crate::releases::Catalogues;
use crate::workers::Leavers;

/// A letter as a file.
pub(crate) struct Rendering {
    /// The file's bytes.
    pub(crate) bytes: Vec<u8>,
    /// How its name ends, without the dot.
    pub(crate) extension: &'static str,
}

/// Makes a file of a letter.
pub(crate) type Renderer = fn(
    &Catalogues,
    &Directory,
    Leavers<'_>,
    &Message,
    &OpenedLetter,
    Time,
) -> Result<Rendering, Failure>;

/// Writes a letter into a folder in one step; gives the file. A letter that was written before is
/// written again under the same name.
///
/// The name says when and which, and nobody's name: `20260401-170000-` and the whole id of the message,
/// the time of acceptance in Japan. It depends on the letter alone: what else came in the same
/// millisecond must not change it, or a run after a crash would write the letter twice.
///
/// # Errors
/// `file.unwritable`: the folder is not there, or full.
pub(crate) fn save(
    folder: &Path,
    message: &Message,
    rendering: &Rendering,
) -> Result<PathBuf, Failure> {
    let accepted = message.state().accepted_at().map_or(Time(0), |at| at.time);
    let name = format!("{}-{}.{}", stamp(accepted), message.id(), rendering.extension);
    let file = folder.join(name);
    write_atomic(&file, &rendering.bytes)
        .map_err(|error| Failure::file_unwritable(&file, error))?;
    Ok(file)
}

/// The pages that `tsumugu print` writes, as the log knows the letter now. Nobody has opened it yet.
///
/// # Errors
/// `print.failed`: a fault of this program.
pub(crate) fn as_pdf(
    catalogues: &Catalogues,
    directory: &Directory,
    leavers: Leavers<'_>,
    message: &Message,
    letter: &OpenedLetter,
    now: Time,
) -> Result<Rendering, Failure> {
    let options = RenderOptions { short_marks: true, boxes: true, ..RenderOptions::default() };
    let printed = PrintedLetter::of(catalogues, directory, leavers, message, letter, options, now)?;
    Ok(Rendering { bytes: pdf(&printed)?, extension: "pdf" })
}

/// Removes what a run that died while writing left in the folder, half or whole under no name.
///
/// # Errors
/// `file.unwritable`
pub(crate) fn clear(folder: &Path) -> Result<(), Failure> {
    let swept = sweep_temporaries(folder);
    swept.map(|_| ()).map_err(|error| Failure::file_unwritable(folder, error))
}

/// `20260401-170000`: sorts by time, and every file system takes it.
fn stamp(time: Time) -> String {
    let digits: Vec<char> = jst::iso(time).chars().filter(char::is_ascii_digit).take(14).collect();
    let (day, clock) = digits.split_at(digits.len().min(8));
    format!("{}-{}", day.iter().collect::<String>(), clock.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use tsumugu_durable::atomic::TEMPORARY_SUFFIX;

    use super::*;

    #[test]
    fn a_name_is_the_time_in_japan_and_the_whole_id() {
        let folder = tempfile::tempdir().unwrap();
        let message =
            Message::new(tsumugu_trust::value::Id([1; 16]), tsumugu_trust::value::Id([2; 16]));
        let rendering = Rendering { bytes: b"%PDF".to_vec(), extension: "pdf" };
        let file = save(folder.path(), &message, &rendering).unwrap();
        let name = "19700101-090000-02020202020202020202020202020202.pdf";
        assert_eq!(file, folder.path().join(name));
        // Once more: the same file.
        save(folder.path(), &message, &rendering).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        // What a crash left goes with the next run; what has a name stays.
        std::fs::write(folder.path().join(format!("1-2{TEMPORARY_SUFFIX}")), "%P").unwrap();
        clear(folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let absent = folder.path().join("absent");
        let refused = save(&absent, &message, &rendering).unwrap_err();
        assert_eq!(refused.key(), "file.unwritable");
    }
}
