//! Invitations of further terminals: no leaf of the log says anything of them before the admission.

use std::path::PathBuf;

use prost::Message;
use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{read_limited, remove_durable, write_atomic};
use tsumugu_proto::v1;
use tsumugu_trust::value::{Id, Time, Value};

use super::{MAX_FILE, Pending, names};

/// Folder of invitations of further terminals.
pub const TERMINALS: &str = "terminals";

/// How long an invitation may be open, and how long a keyring is kept for a terminal that was admitted,
/// in milliseconds: a day.
pub const TERMINAL_DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// An invitation of a further terminal with all that came for it.
#[derive(Clone, PartialEq, Message)]
pub struct StoredTerminal {
    /// What the new terminal is shown.
    #[prost(message, optional, tag = "1")]
    pub document: Option<v1::InvitationDocument>,
    /// The institution that invites, 16 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub institution: Vec<u8>,
    /// Its terminal that invites, 16 bytes.
    #[prost(bytes = "vec", tag = "3")]
    pub by: Vec<u8>,
    /// It can be used until then, ms.
    #[prost(uint64, tag = "4")]
    pub expires_ms: u64,
    /// Statement of kind "terminal-request".
    #[prost(bytes = "vec", tag = "5")]
    pub request: Vec<u8>,
    /// Its MAC, which the exchange cannot check.
    #[prost(bytes = "vec", tag = "6")]
    pub mac: Vec<u8>,
    /// The certificate request.
    #[prost(bytes = "vec", tag = "7")]
    pub csr: Vec<u8>,
    /// The sealed keyring.
    #[prost(bytes = "vec", tag = "8")]
    pub keyring: Vec<u8>,
    /// When it was admitted, ms; 0 before.
    #[prost(uint64, tag = "9")]
    pub admitted_ms: u64,
    /// Whether the institution has closed it.
    #[prost(bool, tag = "10")]
    pub closed: bool,
}

impl StoredTerminal {
    /// The institution that invites.
    #[must_use]
    pub fn institution(&self) -> Option<Id> {
        self.institution.as_slice().try_into().ok().map(Id)
    }

    /// Its terminal that invites.
    #[must_use]
    pub fn by(&self) -> Option<Id> {
        self.by.as_slice().try_into().ok().map(Id)
    }

    /// Whether nothing more can come of it: the file goes, and with it the keyring. An invitation that
    /// was not used stays for a day, so that who comes late is told why.
    #[must_use]
    pub fn is_over(&self, now: Time) -> bool {
        let end = if self.admitted_ms > 0 { self.admitted_ms } else { self.expires_ms };
        end.saturating_add(TERMINAL_DAY_MS) <= now.0
    }
}

impl Pending {
    /// An invitation of a further terminal; `None` when there is none of that id.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn terminal(&self, id: Id) -> Result<Option<StoredTerminal>, DiskError> {
        let path = self.terminal_path(id);
        if !path.exists() {
            return Ok(None);
        }
        Ok(StoredTerminal::decode(&read_limited(&path, MAX_FILE)?[..]).ok())
    }

    /// Stores an invitation of a further terminal.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn put_terminal(&self, id: Id, stored: &StoredTerminal) -> Result<(), DiskError> {
        write_atomic(&self.terminal_path(id), &stored.encode_to_vec())
    }

    /// Every invitation of a further terminal.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn terminals(&self) -> Result<Vec<(Id, StoredTerminal)>, DiskError> {
        let mut all = Vec::new();
        for id in names(&self.dir.join(TERMINALS)).iter().filter_map(|name| Id::decode(name)) {
            all.extend(self.terminal(id)?.map(|stored| (id, stored)));
        }
        Ok(all)
    }

    /// Removes what is over. A crash in between leaves the rest to the next time.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn sweep_terminals(&self, now: Time) -> Result<(), DiskError> {
        for (id, _) in self.terminals()?.into_iter().filter(|(_, stored)| stored.is_over(now)) {
            remove_durable(&self.terminal_path(id))?;
        }
        Ok(())
    }

    fn terminal_path(&self, id: Id) -> PathBuf {
        self.dir.join(TERMINALS).join(id.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(expires_ms: u64, admitted_ms: u64) -> StoredTerminal {
        StoredTerminal { expires_ms, admitted_ms, ..StoredTerminal::default() }
    }

    #[test]
    fn a_keyring_is_kept_for_a_day_after_the_admission_and_an_unused_invitation_a_day_longer() {
        let over = |one: StoredTerminal, now| one.is_over(Time(now));
        assert!(!over(stored(1_000, 0), 1_000 + TERMINAL_DAY_MS - 1));
        assert!(over(stored(1_000, 0), 1_000 + TERMINAL_DAY_MS));
        assert!(!over(stored(1_000, 500), 500 + TERMINAL_DAY_MS - 1));
        assert!(over(stored(1_000, 500), 500 + TERMINAL_DAY_MS));
    }

    #[test]
    fn what_is_over_is_swept_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let pending = Pending::open(folder.path()).unwrap();
        let (old, new) = (Id([1; 16]), Id([2; 16]));
        pending.put_terminal(old, &stored(1_000, 0)).unwrap();
        pending.put_terminal(new, &stored(2_000, 0)).unwrap();
        pending.sweep_terminals(Time(1_000 + TERMINAL_DAY_MS)).unwrap();
        assert_eq!(pending.terminal(old).unwrap(), None);
        assert_eq!(pending.terminals().unwrap(), [(new, stored(2_000, 0))]);
    }
}
