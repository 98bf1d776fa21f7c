//! The client's one error at its edge: what is wrong, what to do, and the exit code.
//!
//! The errors of the parts below (vault, TLS, passphrase, a `tonic::Status`) become a [`Failure`]
//! where a command ends. Its texts come from `client/messages.toml`.

mod common;
mod exit;
mod limit;
mod status;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

pub use exit::Exit;
pub(crate) use limit::shown as shown_wait;
pub use status::DOMAIN;

use crate::messages::Sentence;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    sentence: Sentence,
    retry_after: Option<Duration>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// The failure of `key`, without arguments yet. `key` is one of `client/messages.toml` that has
    /// an exit code; any other, which a test finds, counts as [`Exit::General`].
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self { sentence: Sentence::new(key), retry_after: None, source: None }
    }

    /// Gives an argument, which is shown: never a payload, a patient's or a worker's name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.sentence = self.sentence.with(name, value);
        self
    }

    /// Keeps the cause, for `--verbose`.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Says how long to wait before it is tried again.
    #[must_use]
    pub fn retry_in(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The same said of something else that it keeps from being done; the cause stays with this one.
    #[must_use]
    pub fn repeated(&self) -> Self {
        Self { sentence: self.sentence.clone(), retry_after: self.retry_after, source: None }
    }

    /// The message's key.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.sentence.message().key()
    }

    /// What is wrong and what to do, in both languages.
    #[must_use]
    pub fn sentence(&self) -> &Sentence {
        &self.sentence
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.sentence.message().exit().unwrap_or(Exit::General)
    }

    /// How long the exchange asked to wait (`google.rpc.RetryInfo`).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The causes, outermost first, one line each, for `--verbose`.
    pub fn causes(&self) -> impl Iterator<Item = String> {
        let mut next = self.source();
        std::iter::from_fn(move || {
            let error = next?;
            next = error.source();
            Some(error.to_string())
        })
    }

    /// As it stands in the JSON document of a command that failed.
    #[must_use]
    pub fn document(&self) -> FailureDocument {
        FailureDocument {
            error: FailureBody {
                key: self.key(),
                ja: self.sentence.ja(),
                en: self.sentence.en(),
                remedy_ja: self.sentence.remedy_ja(),
                remedy_en: self.sentence.remedy_en(),
                exit_code: self.exit().code(),
            },
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.key(), self.sentence.en())
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

/// The JSON document of a failure: `{"error":{…}}`.
#[derive(Debug, Serialize)]
pub struct FailureDocument {
    error: FailureBody,
}

#[derive(Debug, Serialize)]
struct FailureBody {
    key: &'static str,
    ja: String,
    en: String,
    remedy_ja: String,
    remedy_en: String,
    exit_code: u8,
}

#[cfg(test)]
mod tests;
