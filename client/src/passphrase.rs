//! The office passphrase: from a file for unattended use, else typed unseen.
//!
//! A passphrase is prepared as RFC 8265, section 4.2 (OpaqueString) says, so that keyboards and
//! systems that write the same characters in different bytes open the same vault.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::messages::Sentence;

/// The environment variable that names the file whose first line is the passphrase.
pub const FILE_VARIABLE: &str = "TSUMUGU_PASSPHRASE_FILE";

/// A new passphrase has at least so many characters.
pub const MIN_CHARS: usize = 12;

/// A passphrase has at most so many bytes of UTF-8.
pub const MAX_BYTES: usize = 1024;

/// So much of the file is read: the longest passphrase, a byte order mark and a line end fit.
const MAX_FILE_READ: u64 = 4096;

/// A passphrase in its prepared form; it does not print.
#[derive(Debug, Clone)]
pub struct Passphrase(SecretString);

impl Passphrase {
    /// Prepares what was typed.
    ///
    /// # Errors
    /// Empty, longer than [`MAX_BYTES`], or with a control character.
    pub fn parse(typed: &str) -> Result<Self, PassphraseError> {
        if typed.len() > MAX_BYTES {
            return Err(PassphraseError::TooLong);
        }
        if typed.chars().any(char::is_control) {
            return Err(PassphraseError::NotText);
        }
        let space = |character: char| if character.is_whitespace() { ' ' } else { character };
        // NFC makes a text at most three times as long, so nothing is reallocated and left behind.
        let mut prepared = Zeroizing::new(String::with_capacity(3 * typed.len()));
        prepared.extend(typed.chars().map(space).nfc());
        match prepared.len() {
            0 => Err(PassphraseError::Empty),
            length if length > MAX_BYTES => Err(PassphraseError::TooLong),
            _ => Ok(Self(SecretString::from(prepared.as_str()))),
        }
    }

    /// For the key derivation only.
    pub(crate) fn secret(&self) -> &SecretString {
        &self.0
    }
}

/// A passphrase that is good enough to seal a new vault.
#[derive(Debug, Clone)]
pub struct NewPassphrase(Passphrase);

impl NewPassphrase {
    /// Prepares what was typed and checks its length.
    ///
    /// # Errors
    /// As [`Passphrase::parse`], and [`PassphraseError::TooShort`] below [`MIN_CHARS`].
    pub fn parse(typed: &str) -> Result<Self, PassphraseError> {
        let passphrase = Passphrase::parse(typed)?;
        match passphrase.secret().expose_secret().chars().count() {
            count if count < MIN_CHARS => Err(PassphraseError::TooShort { count }),
            _ => Ok(Self(passphrase)),
        }
    }
}

impl AsRef<Passphrase> for NewPassphrase {
    fn as_ref(&self) -> &Passphrase {
        &self.0
    }
}

/// Asks a person.
pub trait Prompt {
    /// Whether a person can be asked.
    fn is_present(&self) -> bool;

    /// Asks for one line that is not shown while it is typed.
    ///
    /// # Errors
    /// The terminal is gone or the person interrupted.
    fn ask(&mut self, question: &Sentence) -> io::Result<Zeroizing<String>>;
}

/// The terminal that the command was started in.
#[derive(Debug, Default)]
pub struct Terminal;

impl Prompt for Terminal {
    fn is_present(&self) -> bool {
        io::stdin().is_terminal()
    }

    fn ask(&mut self, question: &Sentence) -> io::Result<Zeroizing<String>> {
        // Standard error writes UTF-16 to a Windows console; rpassword's own prompt would write
        // UTF-8 into its code page.
        let mut screen = io::stderr();
        write!(screen, "{}/ {}", question.ja(), question.en())?;
        screen.flush()?;
        rpassword::read_password().map(Zeroizing::new)
    }
}

/// Where the passphrase comes from.
pub struct Source<P = Terminal> {
    file: Option<PathBuf>,
    prompt: P,
}

impl Source {
    /// The file that [`FILE_VARIABLE`] names, else the terminal.
    #[must_use]
    pub fn from_environment() -> Self {
        Self { file: named_file(), prompt: Terminal }
    }
}

impl<P: Prompt> Source<P> {
    /// That file, else that prompt.
    pub fn new(file: Option<PathBuf>, prompt: P) -> Self {
        Self { file, prompt }
    }

    /// The passphrase of a vault that exists. `note` shows warnings.
    ///
    /// # Errors
    /// Named; with neither file nor terminal at once, without waiting.
    pub fn existing(
        &mut self,
        note: &mut dyn FnMut(&Sentence),
    ) -> Result<Passphrase, PassphraseError> {
        Passphrase::parse(&self.obtain("passphrase.prompt", note)?)
    }

    /// The passphrase for a new vault: typed twice, after the advice, or taken from the file.
    ///
    /// # Errors
    /// As [`Self::existing`]; too short; the two entries differ.
    pub fn create(
        &mut self,
        note: &mut dyn FnMut(&Sentence),
    ) -> Result<NewPassphrase, PassphraseError> {
        if self.file.is_none() && self.prompt.is_present() {
            note(&Sentence::new("passphrase.advice").with("minimum", MIN_CHARS));
        }
        let first = self.obtain("passphrase.prompt-new", note)?;
        let passphrase = NewPassphrase::parse(&first)?;
        if self.file.is_none() && *self.obtain("passphrase.prompt-again", note)? != *first {
            return Err(PassphraseError::DoNotMatch);
        }
        Ok(passphrase)
    }

    /// The first line of the file, else what a person types.
    pub(crate) fn obtain(
        &mut self,
        question: &str,
        note: &mut dyn FnMut(&Sentence),
    ) -> Result<Zeroizing<String>, PassphraseError> {
        if let Some(file) = &self.file {
            if others_can_read(file) {
                let warning = Sentence::new("passphrase.file-readable-by-others");
                note(&warning.with("file", file.display()));
            }
            return first_line(file)
                .map_err(|source| PassphraseError::File { file: file.clone(), source });
        }
        if !self.prompt.is_present() {
            return Err(PassphraseError::NoTerminal);
        }
        self.prompt.ask(&Sentence::new(question)).map_err(PassphraseError::Asking)
    }
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// Neither a file nor a terminal to ask.
    #[error("no passphrase file is named and standard input is no terminal")]
    NoTerminal,
    /// The file cannot be read, or its first line is not UTF-8.
    #[error("{}: the passphrase file cannot be read", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The person was asked and there was no answer.
    #[error("the passphrase could not be typed")]
    Asking(#[source] io::Error),
    /// Nothing was given.
    #[error("the passphrase is empty")]
    Empty,
    /// A control character is in it.
    #[error("the passphrase has a control character")]
    NotText,
    /// Over [`MAX_BYTES`].
    #[error("the passphrase is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// Under [`MIN_CHARS`], and a new one.
    #[error("the passphrase has {count} characters and needs {MIN_CHARS}")]
    TooShort {
        /// So many characters.
        count: usize,
    },
    /// Typed twice, and not the same.
    #[error("the two entries differ")]
    DoNotMatch,
}

impl From<PassphraseError> for Failure {
    fn from(error: PassphraseError) -> Self {
        let failure = match &error {
            PassphraseError::NoTerminal => Self::new("passphrase.no-terminal"),
            PassphraseError::File { file, .. } => {
                Self::new("passphrase.file-unreadable").with("file", file.display())
            }
            PassphraseError::Asking(_) => Self::new("passphrase.asking-failed"),
            PassphraseError::Empty => Self::new("passphrase.empty"),
            PassphraseError::NotText => Self::new("passphrase.not-text"),
            PassphraseError::TooLong => Self::new("passphrase.too-long").with("limit", MAX_BYTES),
            PassphraseError::TooShort { count } => {
                Self::new("passphrase.too-short").with("count", count).with("minimum", MIN_CHARS)
            }
            PassphraseError::DoNotMatch => Self::new("passphrase.do-not-match"),
        };
        failure.because(error)
    }
}

/// The file that [`FILE_VARIABLE`] names.
#[must_use]
pub fn named_file() -> Option<PathBuf> {
    file_in(FILE_VARIABLE)
}

/// The file that an environment variable names.
pub(crate) fn file_in(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Without a byte order mark, which Windows' Notepad may write, and without the line end.
fn first_line(file: &Path) -> io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE_READ as usize));
    File::open(file)?.take(MAX_FILE_READ).read_to_end(&mut bytes)?;
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Group and others, by the mode. On Windows the profile folder's own rights decide.
#[must_use]
pub fn others_can_read(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

#[cfg(test)]
mod tests;
