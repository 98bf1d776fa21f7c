//! What an administrator answers: the file key of one backup, and which log keys count.

use zeroize::Zeroizing;

use super::request::RestoreRequest;
use super::{NotOfABackup, lines_of, mark_of, value};
use crate::hash::Hash;
use crate::note::VerifyingKey;
use crate::seal::{
    OpenError, SealError, SealedFileKey, SealingIdentity, open_head, open_with, seal_to,
};
use crate::value::{Origin, Value};

/// Longest key file before it is sealed, in bytes.
pub const MAX_BACKUP_KEY: usize = 4_096;
/// Longest sealed one, in bytes: one stanza, age's stanza of random bytes, and the rest.
pub const MAX_SEALED_KEY: usize = 8_192;
/// Most log keys in one: every list names at most two.
const MAX_LOG_KEYS: usize = 16;

const HEADING: &str = "tsumugu/v1/backup-key";

/// The key of one backup (控えの鍵), with what its administrator knows of the log.
pub struct BackupKey {
    /// The log.
    pub origin: Origin,
    /// SHA-256 of the head of the backup that it opens.
    pub backup: Hash,
    /// The file key.
    pub file_key: SealedFileKey,
    /// The keys that the log has had, by the administrator's own verified chain: one of them has to
    /// vouch for what is in the backup.
    pub log_keys: Vec<VerifyingKey>,
}

impl BackupKey {
    /// Opens the head of the backup that is asked for, with the sealing identity of one administrator.
    ///
    /// # Errors
    /// [`OpenError::NotForTheseKeys`] when the backup was not sealed to it: it is another log's, or was
    /// made before this administrator was one; [`OpenError::Malformed`] when it is the head of something
    /// else that was sealed to this administrator.
    pub fn open(
        request: &RestoreRequest,
        identity: &SealingIdentity,
        origin: Origin,
        log_keys: Vec<VerifyingKey>,
    ) -> Result<Self, OpenError> {
        let file_key = open_head(identity, request.head(), mark_of(&origin))?;
        Ok(Self { origin, backup: request.backup(), file_key, log_keys })
    }

    /// The file: sealed to who asked, and to nobody else.
    ///
    /// # Errors
    /// [`SealError`]
    pub fn seal(&self, request: &RestoreRequest) -> Result<Vec<u8>, SealError> {
        seal_to(std::slice::from_ref(request.recipient()), self.text().as_bytes())
    }

    /// Opens the answer to a request.
    ///
    /// # Errors
    /// [`BadKey`]
    pub fn read(
        sealed: &[u8],
        request: &RestoreRequest,
        identity: &SealingIdentity,
    ) -> Result<Self, BadKey> {
        if sealed.len() > MAX_SEALED_KEY {
            return Err(BadKey::Text(NotOfABackup::Malformed));
        }
        let text = open_with(&[identity], sealed, MAX_BACKUP_KEY)?;
        let key = Self::parse(&text).map_err(BadKey::Text)?;
        if key.backup == request.backup() { Ok(key) } else { Err(BadKey::OtherBackup) }
    }

    fn parse(bytes: &[u8]) -> Result<Self, NotOfABackup> {
        let malformed = || NotOfABackup::Malformed;
        let text = std::str::from_utf8(bytes).map_err(|_| malformed())?;
        let mut lines = lines_of(text, HEADING)?;
        let origin = lines.next().and_then(Origin::decode).ok_or_else(malformed)?;
        let backup = Hash::decode(value(&mut lines, "backup")?).ok_or_else(malformed)?;
        let mut file_key = Zeroizing::new([0; SealedFileKey::LENGTH]);
        hex::decode_to_slice(value(&mut lines, "file-key")?, &mut *file_key)
            .map_err(|_| malformed())?;
        let mut log_keys = Vec::new();
        for line in lines {
            let key = line.strip_prefix("log ").and_then(|key| key.parse().ok());
            log_keys.push(key.ok_or_else(malformed)?);
        }
        let key = Self { origin, backup, file_key: SealedFileKey::from_bytes(&file_key), log_keys };
        let counts = (1..=MAX_LOG_KEYS).contains(&key.log_keys.len());
        if counts && key.text().as_str() == text { Ok(key) } else { Err(malformed()) }
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(MAX_BACKUP_KEY));
        let key = Zeroizing::new(hex::encode(self.file_key.bytes()));
        text.push_str(&format!("{HEADING}\n{}\nbackup {}\nfile-key ", self.origin, self.backup));
        text.push_str(&key);
        text.push('\n');
        for key in self.log_keys.iter().take(MAX_LOG_KEYS) {
            text.push_str(&format!("log {key}\n"));
        }
        text
    }
}

/// Never shows the file key.
impl std::fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BackupKey").field("backup", &self.backup).finish_non_exhaustive()
    }
}

/// Why a key file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// It is sealed to somebody else, damaged, or no sealed file.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What was sealed is no key of a backup.
    #[error(transparent)]
    Text(NotOfABackup),
    /// It opens another backup.
    #[error("the key file is of another backup")]
    OtherBackup,
}
