//! `tsumugu man DIR`: a manual page for each command, from the help texts, and the exit codes.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use serde::Serialize;
use tsumugu_durable::{Access, create_dir_durable_with, write_atomic_with};

use crate::args::{Cli, ManArgs};
use crate::failure::{Exit, Failure};
use crate::messages::Sentence;
use crate::output::{Outcome, Page};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manual {
    /// The files that were written.
    pub files: Vec<String>,
}

impl Outcome for Manual {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("manual.written").with("count", self.files.len()));
        for file in &self.files {
            page.row(file);
        }
    }
}

/// Writes `tsumugu.1`, `tsumugu-send.1` and so on; files of an earlier version are replaced.
///
/// # Errors
/// The folder or a file cannot be written.
pub fn run(args: &ManArgs) -> Result<Manual, Failure> {
    let unwritable = |path: &Path, error| Failure::file_unwritable(path, error);
    create_dir_durable_with(&args.dir, Access::Shared).map_err(|e| unwritable(&args.dir, e))?;
    let mut files = Vec::new();
    for (name, page) in pages() {
        let path = args.dir.join(name);
        write_atomic_with(&path, page.as_bytes(), Access::Shared)
            .map_err(|e| unwritable(&path, e))?;
        files.push(path.display().to_string());
    }
    Ok(Manual { files })
}

/// Name and text (roff) of each page.
#[must_use]
pub fn pages() -> Vec<(String, String)> {
    let mut top = Cli::command();
    top.build();
    let mut pages = Vec::new();
    collect(&top, &mut pages);
    if let Some((_, text)) = pages.first_mut() {
        text.push_str(&exit_codes());
    }
    pages
}

fn collect(command: &Command, pages: &mut Vec<(String, String)>) {
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = man.render(&mut text);
    pages.push((man.get_filename(), String::from_utf8_lossy(&text).into_owned()));
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        collect(sub, pages);
    }
}

/// The exit codes as a section in roff.
fn exit_codes() -> String {
    let mut text = ".SH \"EXIT STATUS\"\n".to_owned();
    for exit in Exit::ALL {
        let meaning = Sentence::new(exit.meaning());
        text += &format!(".TP\n\\fB{}\\fR\n{} / {}\n", exit.code(), meaning.ja(), meaning.en());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_and_the_first_has_the_exit_codes() {
        let pages = pages();
        let named = |name: &str| pages.iter().find(|(file, _)| file == name).map(|(_, text)| text);
        let top = &pages[0];
        assert_eq!(top.0, "tsumugu.1");
        for exit in Exit::ALL {
            assert!(top.1.contains(&format!("\\fB{}\\fR\n", exit.code())));
        }
        let send = named("tsumugu-send.1").unwrap();
        assert!(send.contains("宛先"), "{send}");
        assert!(named("tsumugu-admin-invite.1").is_some());
        assert!(named("tsumugu-recall.1").is_none(), "what is hidden is not there yet");
        let mut lines = pages.iter().flat_map(|(_, text)| text.lines());
        assert_eq!(lines.find(|line| line.starts_with('\'')), None, "troff takes it for a request");
    }

    #[test]
    fn the_pages_are_written_and_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let args = ManArgs { dir: dir.path().join("man1") };
        let first = run(&args).unwrap();
        assert_eq!(run(&args).unwrap(), first);
        assert_eq!(first.files.len(), pages().len());
        std::fs::write(dir.path().join("file"), "").unwrap();
        assert!(run(&ManArgs { dir: dir.path().join("file") }).is_err());
    }
}
