//! A worker's PIN (暗証番号), typed unseen or from a file.
//!
//! It switches workers inside an opened vault and keeps colleagues from signing in each other's name; it
//! protects nothing from whoever has the vault's passphrase.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tsumugu_trust::value::Id;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::messages::Sentence;
use crate::passphrase::{PassphraseError, Prompt, Source, Terminal, file_in};

/// The environment variable that names the file whose first line is the PIN.
pub const FILE_VARIABLE: &str = "TSUMUGU_PIN_FILE";

/// A PIN has at least so many digits.
pub const MIN_DIGITS: usize = 4;

/// A PIN has at most so many digits.
pub const MAX_DIGITS: usize = 12;

/// Digits that somebody typed as a PIN; they do not print, and are erased when dropped.
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Reads what was typed: [`MIN_DIGITS`] to [`MAX_DIGITS`] digits. Full-width ones, as a Japanese
    /// keyboard types them, are the same digits.
    ///
    /// # Errors
    /// `pin.not-digits`
    pub fn parse(typed: &str) -> Result<Self, Failure> {
        let mut digits = Zeroizing::new(String::with_capacity(MAX_DIGITS));
        for character in typed.trim().chars() {
            let plain = match character {
                '0'..='9' => Some(character),
                '０'..='９' => char::from_digit(u32::from(character) - u32::from('０'), 10),
                _ => None,
            };
            match plain.filter(|_| digits.len() < MAX_DIGITS) {
                Some(plain) => digits.push(plain),
                None => return Err(bad()),
            }
        }
        if digits.len() < MIN_DIGITS { Err(bad()) } else { Ok(Self(digits)) }
    }

    /// For the comparison only.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Where PINs come from, and whose was typed already in this command.
pub struct Pins<P = Terminal> {
    source: RefCell<Source<P>>,
    right: RefCell<BTreeSet<Id>>,
    from_file: bool,
}

impl Pins {
    /// That file, else the terminal.
    #[must_use]
    pub fn new(file: Option<PathBuf>) -> Self {
        let from_file = file.is_some();
        let source = RefCell::new(Source::new(file, Terminal));
        Self { source, right: RefCell::default(), from_file }
    }

    /// The file that [`FILE_VARIABLE`] names, else the terminal.
    #[must_use]
    pub fn from_environment() -> Self {
        Self::new(file_in(FILE_VARIABLE))
    }
}

impl Default for Pins {
    fn default() -> Self {
        Self::new(None)
    }
}

impl<P: Prompt> Pins<P> {
    /// The PIN of a worker who has one.
    ///
    /// # Errors
    /// `pin.not-digits`; `pin.no-terminal` with neither file nor terminal; the file cannot be read.
    pub fn existing(&self, note: &mut dyn FnMut(&Sentence)) -> Result<Pin, Failure> {
        let typed = self.source.borrow_mut().obtain("pin.prompt", note).map_err(failed)?;
        Pin::parse(&typed)
    }

    /// A new PIN: from `file`, else as [`Self::existing`], typed twice.
    ///
    /// # Errors
    /// As [`Self::existing`]; `pin.do-not-match`.
    pub fn create(
        &self,
        file: Option<&Path>,
        note: &mut dyn FnMut(&Sentence),
    ) -> Result<Pin, Failure> {
        if let Some(file) = file {
            let typed = Source::new(Some(file.to_owned()), Terminal).obtain("pin.prompt-new", note);
            return Pin::parse(&typed.map_err(failed)?);
        }
        let mut source = self.source.borrow_mut();
        let typed = source.obtain("pin.prompt-new", note).map_err(failed)?;
        let pin = Pin::parse(&typed)?;
        if !self.from_file && *source.obtain("pin.prompt-again", note).map_err(failed)? != *typed {
            return Err(Failure::new("pin.do-not-match"));
        }
        Ok(pin)
    }

    /// Whether the worker's PIN was right once in this command.
    #[must_use]
    pub fn was_right(&self, worker: Id) -> bool {
        self.right.borrow().contains(&worker)
    }

    /// Notes that it was.
    pub fn note_right(&self, worker: Id) {
        self.right.borrow_mut().insert(worker);
    }
}

fn bad() -> Failure {
    Failure::new("pin.not-digits").with("minimum", MIN_DIGITS).with("maximum", MAX_DIGITS)
}

fn failed(error: PassphraseError) -> Failure {
    let failure = match &error {
        PassphraseError::File { file, .. } => {
            Failure::new("pin.file-unreadable").with("file", file.display())
        }
        PassphraseError::NoTerminal => Failure::new("pin.no-terminal"),
        _ => Failure::new("passphrase.asking-failed"),
    };
    failure.because(error)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    struct Typist(Vec<&'static str>);

    impl Prompt for Typist {
        fn is_present(&self) -> bool {
            true
        }

        fn ask(&mut self, _: &Sentence) -> io::Result<Zeroizing<String>> {
            Ok(Zeroizing::new(self.0.remove(0).to_owned()))
        }
    }

    fn typing(lines: &[&'static str]) -> Pins<Typist> {
        let source = RefCell::new(Source::new(None, Typist(lines.to_vec())));
        Pins { source, right: RefCell::default(), from_file: false }
    }

    #[test]
    fn limits_hold_at_their_edges() {
        for (typed, expected) in [
            ("1234", Some("1234")),
            (" 1234 ", Some("1234")),
            ("００１２", Some("0012")),
            ("123", None),
            ("123456789012", Some("123456789012")),
            ("1234567890123", None),
            ("12a4", None),
            ("", None),
        ] {
            let read = Pin::parse(typed);
            let read = read.as_ref().map(|pin| pin.bytes()).map_err(Failure::key);
            assert_eq!(read, expected.map(str::as_bytes).ok_or("pin.not-digits"), "{typed}");
        }
    }

    #[test]
    fn a_new_one_is_typed_twice() {
        let note = &mut |_: &Sentence| {};
        assert!(typing(&["1234", "1234"]).create(None, note).is_ok());
        let differs = typing(&["1234", "1235"]).create(None, note).map(|_| ());
        assert_eq!(differs.unwrap_err().key(), "pin.do-not-match");
    }
}
