//! What a command prints: for a person, or one JSON document.
//!
//! Results go to standard output, sentences on the way and failures to standard error; with `--json`
//! the last line of standard output is exactly one document, the outcome's or the failure's.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::{Exit, Failure};
use crate::messages::{Sentence, visible};

/// For whom to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Lines for a person, Japanese first.
    Text,
    /// `--json`: one document on one line.
    Json,
}

/// What a command found or did: one struct per command, shown by one renderer each.
///
/// Its JSON form is its `Serialize`; times in it are ISO 8601, ids in full.
pub trait Outcome: Serialize {
    /// The lines for a person.
    fn lines(&self, page: &mut Page);
}

/// Lines for a person.
#[derive(Debug, Default)]
pub struct Page(Vec<String>);

impl Page {
    /// A sentence: its Japanese line, then its English line.
    pub fn say(&mut self, sentence: &Sentence) {
        self.row(&sentence.ja());
        self.row(&sentence.en());
    }

    /// A line of data. What would not stay inside its line or its direction is replaced: values may
    /// come from a letter.
    pub fn row(&mut self, line: &str) {
        self.0.push(line.chars().map(visible).collect());
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.0.push(String::new());
    }

    #[cfg(test)]
    pub(crate) fn into_lines(self) -> Vec<String> {
        self.0
    }

    fn text(&self) -> String {
        self.0.iter().flat_map(|line| [line, "\n"]).collect()
    }
}

/// The two streams of a command.
///
/// A reader that has gone away (`tsumugu inbox | head`) is no failure: the rest is not written.
pub struct Output<'a> {
    mode: Mode,
    verbose: bool,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

impl<'a> Output<'a> {
    /// Prints to `out` (standard output) and `err` (standard error); `verbose` adds causes.
    pub fn new(mode: Mode, verbose: bool, out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { mode, verbose, out, err }
    }

    /// A sentence on the way: progress or a warning. It may be lost without harm.
    pub fn note(&mut self, sentence: &Sentence) {
        self.aside(|page| page.say(sentence));
    }

    /// Lines on the way, for a person. They may be lost without harm.
    pub fn aside(&mut self, fill: impl FnOnce(&mut Page)) {
        let mut page = Page::default();
        fill(&mut page);
        let _ = write(self.err, &page.text());
    }

    /// The outcome of the command, once, as the last thing.
    ///
    /// # Errors
    /// Standard output cannot be written (a full disk, not a reader that left); the command itself
    /// was carried out, and the failure says so.
    pub fn outcome(&mut self, outcome: &impl Outcome) -> Result<(), Failure> {
        let text = match self.mode {
            Mode::Text => {
                let mut page = Page::default();
                outcome.lines(&mut page);
                page.text()
            }
            Mode::Json => document(outcome)
                .map_err(|error| Failure::fault("the outcome is not JSON").because(error))?,
        };
        write(self.out, &text).map_err(Failure::output_unwritable)
    }

    /// The failure of the command, once, as the last thing; gives the exit code.
    pub fn failure(&mut self, failure: &Failure) -> Exit {
        let mut page = Page::default();
        if self.mode == Mode::Text {
            let sentence = failure.sentence();
            page.say(sentence);
            page.row(&format!("→ {}", sentence.remedy_ja()));
            page.row(&format!("→ {}", sentence.remedy_en()));
        }
        if self.verbose {
            page.row(&format!("[{}]", failure.key()));
            failure.causes().for_each(|cause| page.row(&format!("  {cause}")));
        }
        // Nobody is left to tell when these fail; the exit code still says it.
        let _ = write(self.err, &page.text());
        if self.mode == Mode::Json
            && let Ok(text) = document(&failure.document())
        {
            let _ = write(self.out, &text);
        }
        failure.exit()
    }
}

fn document(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}

/// Writes and flushes; a closed pipe counts as written.
fn write(to: &mut dyn Write, text: &str) -> io::Result<()> {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Found {
        number: u32,
        text: &'static str,
    }

    impl Outcome for Found {
        fn lines(&self, page: &mut Page) {
            page.row(self.text);
            page.gap();
            page.say(&Sentence::clock_differs(7));
        }
    }

    const FOUND: Found = Found { number: 1, text: "line\nbreak\u{1b}[31m" };

    /// Refuses everything with one kind of error.
    struct Closed(io::ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    fn printed(mode: Mode, verbose: bool, print: impl FnOnce(&mut Output)) -> (String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        print(&mut Output::new(mode, verbose, &mut out, &mut err));
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn text_is_japanese_first_and_stays_in_its_lines() {
        let (out, err) = printed(Mode::Text, false, |output| output.outcome(&FOUND).unwrap());
        let lines = out.lines().collect::<Vec<_>>();
        assert_eq!(lines[0], "line\u{fffd}break\u{fffd}[31m");
        assert_eq!(lines[1], "");
        assert!(lines[2].starts_with("注意") && lines[3].starts_with("Warning"));
        assert_eq!(err, "");
    }

    #[test]
    fn json_is_one_document_on_the_last_line() {
        let (out, err) = printed(Mode::Json, false, |output| {
            output.note(&Sentence::stale_log(3));
            output.outcome(&FOUND).unwrap();
        });
        assert_eq!(out, "{\"number\":1,\"text\":\"line\\nbreak\\u001b[31m\"}\n");
        assert!(err.contains("3 分前"));
    }

    #[test]
    fn a_failure_is_fault_and_remedy_in_both_languages() {
        let failure = Failure::unknown_message("0190").because("cause");
        let (out, err) = printed(Mode::Text, true, |output| {
            assert_eq!(output.failure(&failure), Exit::Nothing);
        });
        assert_eq!(out, "");
        insta::assert_snapshot!("failure_text", err);
        let (out, err) = printed(Mode::Json, false, |output| {
            output.failure(&failure);
        });
        assert_eq!(err, "");
        let document = serde_json::from_str::<serde_json::Value>(&out).unwrap();
        insta::assert_json_snapshot!("failure_json", document);
        assert_eq!(out.lines().count(), 1);
    }

    #[test]
    fn a_reader_that_left_is_no_failure_and_a_full_disk_is() {
        let result = |kind| {
            let (mut out, mut err) = (Closed(kind), Closed(kind));
            let mut output = Output::new(Mode::Json, true, &mut out, &mut err);
            output.note(&Sentence::stale_log(3));
            output.failure(&Failure::not_enrolled());
            output.outcome(&FOUND)
        };
        result(io::ErrorKind::BrokenPipe).unwrap();
        let failure = result(io::ErrorKind::StorageFull).unwrap_err();
        assert_eq!(failure.key(), "output.unwritable");
    }
}
