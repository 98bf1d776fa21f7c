//! How far a large file is: a bar on standard error, for a person who waits at a terminal.

use std::io::{self, Read};

use indicatif::{ProgressBar, ProgressStyle};

use crate::messages::Sentence;

/// What the bar looks like.
const TEMPLATE: &str = "{prefix} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";

/// A bar that goes away with this, or nothing.
#[derive(Debug, Default)]
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// A bar of `length` bytes; where standard error is no terminal, nothing is drawn.
    #[must_use]
    pub fn bar(what: &Sentence, length: u64) -> Self {
        let bar = ProgressBar::new(length);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(format!("{} / {}", what.ja(), what.en()));
        Self(Some(bar))
    }

    /// So many bytes are done in all.
    pub fn at(&self, done: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(done);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Tells a bar what was read through it.
pub struct Watched<'a, R> {
    from: R,
    read: u64,
    progress: &'a Progress,
}

impl<'a, R> Watched<'a, R> {
    /// Reads from the beginning.
    pub fn new(from: R, progress: &'a Progress) -> Self {
        Self { from, read: 0, progress }
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.read += read as u64;
        self.progress.at(self.read);
        Ok(read)
    }
}
