//! What the machine that restores asks an administrator for.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{NotOfABackup, lines_of, value};
use crate::code::comparison_digits;
use crate::hash::{Hash, sha256};
use crate::seal::{MAX_HEADER, SealingRecipient, head_of};

/// Longest request, in bytes: the longest head of an age file, in base64, and the rest.
pub const MAX_REQUEST: usize = MAX_HEADER.div_ceil(3) * 4 + 4_096;

const HEADING: &str = "tsumugu/v1/restore-request";

/// The head of a backup, and to whom its file key shall be handed (復元の依頼). Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreRequest {
    recipient: SealingRecipient,
    head: Vec<u8>,
}

impl RestoreRequest {
    /// Of a backup, of which `beginning` has at least the head, to a one-time recipient.
    ///
    /// # Errors
    /// [`NotOfABackup::Malformed`] when it does not begin as an age file.
    pub fn new(beginning: &[u8], recipient: SealingRecipient) -> Result<Self, NotOfABackup> {
        let head = head_of(beginning).map_err(|_| NotOfABackup::Malformed)?.to_vec();
        Ok(Self { recipient, head })
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`NotOfABackup`]
    pub fn parse(bytes: &[u8]) -> Result<Self, NotOfABackup> {
        if bytes.len() > MAX_REQUEST {
            return Err(NotOfABackup::Malformed);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NotOfABackup::Malformed)?;
        let mut lines = lines_of(text, HEADING)?;
        let recipient = value(&mut lines, "recipient")?;
        let recipient = recipient.parse().map_err(|_| NotOfABackup::Malformed)?;
        let head = BASE64_STANDARD.decode(value(&mut lines, "head")?);
        let request = Self::new(&head.map_err(|_| NotOfABackup::Malformed)?, recipient)?;
        if request.text() == text { Ok(request) } else { Err(NotOfABackup::Malformed) }
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let head = BASE64_STANDARD.encode(&self.head);
        format!("{HEADING}\nrecipient {}\nhead {head}\n", self.recipient)
    }

    /// The 24 digits that the two people compare over the telephone: who sits at the new machine, and
    /// the administrator.
    #[must_use]
    pub fn digits(&self) -> String {
        comparison_digits(&self.text())
    }

    /// To whom the file key is handed.
    #[must_use]
    pub fn recipient(&self) -> &SealingRecipient {
        &self.recipient
    }

    /// The head of the backup.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// SHA-256 of the head: which backup this is.
    #[must_use]
    pub fn backup(&self) -> Hash {
        sha256(&[&self.head])
    }
}
