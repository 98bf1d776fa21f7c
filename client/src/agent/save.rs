//! Each letter as a file in a folder, like the paper that a FAX puts out.

use std::path::{Path, PathBuf};

use tsumugu_catalogue::{Format, RenderOptions, parse_filled, render_text};
use tsumugu_durable::atomic::write_atomic;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::statement::Urgency;
use tsumugu_trust::value::Time;

use crate::failure::Failure;
use crate::jst;
use crate::letters::OpenedLetter;
use crate::mailbox::message::Message;

/// A letter as a file.
pub(crate) struct Rendering {
    /// The file's bytes.
    pub(crate) bytes: Vec<u8>,
    /// How its name ends, without the dot.
    pub(crate) extension: &'static str,
}

/// Makes a file of a letter.
pub(crate) type Renderer = fn(&Message, &OpenedLetter, &Directory) -> Result<Rendering, Failure>;

/// Writes a letter into a folder in one step; gives the file. A letter that was written before is
/// written again under the same name.
///
/// The name says when and which, and nobody's name: `20260401-170000-0190aaaa1100.txt`, the time of
/// acceptance in Japan.
///
/// # Errors
/// `file.unwritable`: the folder is not there, or full.
pub(crate) fn save(
    folder: &Path,
    short_id: &str,
    message: &Message,
    rendering: &Rendering,
) -> Result<PathBuf, Failure> {
    let accepted = message.state().accepted_at().map_or(Time(0), |at| at.time);
    let name = format!("{}-{short_id}.{}", stamp(accepted), rendering.extension);
    let file = folder.join(name);
    write_atomic(&file, &rendering.bytes)
        .map_err(|error| Failure::file_unwritable(&file, error))?;
    Ok(file)
}

/// The text that `tsumugu open` shows, for people.
///
/// # Errors
/// None; others may fail.
#[allow(clippy::unnecessary_wraps, reason = "a Renderer may fail, and this is one")]
pub(crate) fn as_text(
    message: &Message,
    letter: &OpenedLetter,
    directory: &Directory,
) -> Result<Rendering, Failure> {
    let record = directory.member(message.from()).and_then(|member| member.record());
    let from = record.map(|record| format!("{} {}", record.number, record.name));
    let accepted = message.state().accepted_at().map(|at| jst::show(at.time));
    let worker = letter.worker();
    let lines = message.envelope().map(|(_, lines)| lines);
    let mut text = format!("文書 message: {}\n", message.id());
    text.push_str(&format!("差出 from: {}\n", from.unwrap_or_default()));
    text.push_str(&format!("担当 by: {}（{}）\n", worker.name(), worker.role()));
    text.push_str(&format!("受付 accepted: {}\n", accepted.unwrap_or_default()));
    if let Some(due) = lines.and_then(|lines| lines.ack_by) {
        text.push_str(&format!("回答期限 answer by: {}\n", jst::show(due)));
    }
    if lines.is_some_and(|lines| lines.urgency == Urgency::Urgent) {
        text.push_str("【至急 urgent】\n");
    }
    text.push('\n');
    match parse_filled(letter.body(), Format::Json) {
        Ok(form) => text.push_str(&render_text(&form, RenderOptions::default())),
        // A form that this catalogue does not know is written as it came, so that nothing is lost.
        Err(_) => text.push_str(&String::from_utf8_lossy(letter.body())),
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(Rendering { bytes: text.into_bytes(), extension: "txt" })
}

/// `20260401-170000`: sorts by time, and every file system takes it.
fn stamp(time: Time) -> String {
    let digits: Vec<char> = jst::iso(time).chars().filter(char::is_ascii_digit).take(14).collect();
    let (day, clock) = digits.split_at(digits.len().min(8));
    format!("{}-{}", day.iter().collect::<String>(), clock.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_time_in_japan_and_the_short_id() {
        let folder = tempfile::tempdir().unwrap();
        let message =
            Message::new(tsumugu_trust::value::Id([1; 16]), tsumugu_trust::value::Id([2; 16]));
        let rendering = Rendering { bytes: b"text".to_vec(), extension: "txt" };
        let file = save(folder.path(), "0190aaaa1100", &message, &rendering).unwrap();
        assert_eq!(file, folder.path().join("19700101-090000-0190aaaa1100.txt"));
        // Once more: the same file.
        save(folder.path(), "0190aaaa1100", &message, &rendering).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let absent = folder.path().join("absent");
        let refused = save(&absent, "x", &message, &rendering).unwrap_err();
        assert_eq!(refused.key(), "file.unwritable");
    }
}
