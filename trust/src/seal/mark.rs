//! What kind of file it is, said in its head where whoever cannot open it can read it and nobody who
//! cannot open it can write it: a stanza beside those of the recipients, under the head's
//! authentication code.

use std::collections::HashSet;

use age::EncryptError;
use age_core::format::{FileKey, Stanza};

use super::{Hybrid, OpenError};

/// A stanza `-> KIND OF` with an empty body. Readers of other files pass it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark<'a> {
    /// Of what kind the file is.
    pub kind: &'static str,
    /// Of what it is one, in visible ASCII.
    pub of: &'a str,
}

impl Mark<'_> {
    /// Whether these stanzas say so, once.
    ///
    /// # Errors
    /// [`OpenError::Malformed`] when the file is of another kind, or says it twice;
    /// [`OpenError::NotForTheseKeys`] when it is one of something else.
    pub(super) fn check(&self, stanzas: &[Stanza]) -> Result<(), OpenError> {
        let mut marks = stanzas.iter().filter(|stanza| stanza.tag == self.kind);
        let (Some(mark), None) = (marks.next(), marks.next()) else {
            return Err(OpenError::Malformed);
        };
        match &mark.args[..] {
            [of] if mark.body.is_empty() && of == self.of => Ok(()),
            [_] if mark.body.is_empty() => Err(OpenError::NotForTheseKeys),
            _ => Err(OpenError::Malformed),
        }
    }
}

/// The recipients of a marked file.
pub(super) struct Marked<'a>(pub(super) Hybrid<'a>, pub(super) Mark<'a>);

impl age::Recipient for Marked<'_> {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let (mut stanzas, labels) = self.0.wrap_file_key(file_key)?;
        let Mark { kind, of } = self.1;
        stanzas.push(Stanza { tag: kind.to_owned(), args: vec![of.to_owned()], body: Vec::new() });
        Ok((stanzas, labels))
    }
}
