//! An entry of the outbox, as it lies in the vault.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tsumugu_trust::statement::{AnyBody, BytesRef, Envelope, Statement};
use tsumugu_trust::value::{Id, Time};
use zeroize::Zeroizing;

use super::Owner;
use crate::failure::Failure;
use crate::identity::text::{self, Bytes};
use crate::vault::{Vault, VaultError, VaultLock, count_records};

/// The folder of entries in the vault.
pub(super) const RECORDS: &str = "outbox";

/// The folder of letters and bodies of the entries.
pub(super) const PARTS: &str = "outbox-part";

/// Something that waits to be said to the exchange, or was refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Id (UUIDv7): entries go out in the order of their making, those of one millisecond in any.
    #[serde(with = "text::one")]
    pub id: Id,
    /// When it was made, by this PC's clock.
    #[serde(with = "text::one")]
    pub created: Time,
    /// How often it went out.
    pub attempts: u32,
    /// The last attempt that failed.
    pub last: Option<Attempt>,
    /// Set once the exchange refused it for good: it stays visible until somebody drops it.
    pub refused: Option<RefusedEntry>,
    /// What is to be said.
    pub command: Command,
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// When.
    #[serde(with = "text::one")]
    pub at: Time,
    /// Key of the failure's message, such as `connection.lost`.
    pub failure: String,
    /// What was said, in Japanese.
    pub said_ja: String,
    /// What was said, in English.
    pub said_en: String,
    /// Before this time the exchange asked not to be asked again: ms since 1970, by this PC's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before_ms: Option<u64>,
}

/// The longest wait that is believed: a day's quota is free again within it. A clock that was put back
/// since keeps nothing any longer.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

/// A refusal for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedEntry {
    /// When.
    #[serde(with = "text::one")]
    pub at: Time,
    /// Key of the failure's message, such as `server.unknown-unit`.
    pub reason: String,
    /// Who can put it right.
    pub owner: Owner,
}

/// What an entry says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Letters, all or none.
    Send(SendGroup),
    /// A person opened a letter.
    Opened(QueuedAnswer),
    /// An answer to a letter.
    Disposition(QueuedAnswer),
    /// A record of what went past the exchange; its `message` is the record's id.
    OffSystem(QueuedAnswer),
}

/// Letters that go out together.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendGroup {
    /// Counts the sealings; the parts of an earlier one are no longer sent.
    pub(super) revision: u32,
    /// The letters.
    pub letters: Vec<QueuedLetter>,
    /// The answer to a received letter that goes out behind them: both are queued or neither is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<QueuedAnswer>,
}

/// A sealed letter; its bytes lie in parts of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueuedLetter {
    envelope: Bytes,
}

/// A statement about somebody's letter.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueuedAnswer {
    /// The sender of the letter.
    #[serde(with = "text::one")]
    pub from: Id,
    /// The message.
    #[serde(with = "text::one")]
    pub message: Id,
    pub(super) statement: Bytes,
    /// The sealed detail; empty where there is none.
    pub(super) detail: Bytes,
}

impl Entry {
    /// The entry of this id.
    ///
    /// # Errors
    /// As [`Vault::read_json`].
    pub fn load(vault: &Vault, id: Id) -> Result<Option<Self>, Failure> {
        Ok(vault.read_json(&path(id))?)
    }

    pub(super) fn save(&self, lock: &VaultLock<'_>) -> Result<(), VaultError> {
        lock.write_json(&path(self.id), self)
    }

    /// How long the exchange still asks to wait with it; nothing when it may go out.
    #[must_use]
    pub fn wait(&self, now: Time) -> Option<Duration> {
        let until = self.last.as_ref()?.not_before_ms?;
        let wait = Duration::from_millis(until.checked_sub(now.0).filter(|left| *left > 0)?);
        (wait <= LONGEST_WAIT).then_some(wait)
    }

    /// Whether it is letters.
    #[must_use]
    pub fn is_send(&self) -> bool {
        matches!(self.command, Command::Send(_))
    }

    /// The sealed attachments that have to be at the exchange before it is said, each once.
    #[must_use]
    pub fn attachments(&self) -> Vec<BytesRef> {
        let Command::Send(group) = &self.command else { return Vec::new() };
        let mut named: Vec<BytesRef> = Vec::new();
        for lines in group.letters.iter().filter_map(QueuedLetter::lines) {
            let new = lines.attachments.into_iter().filter(|one| !named.contains(one));
            let new: Vec<_> = new.collect();
            named.extend(new);
        }
        named
    }

    /// Messages that it is about: sender and id.
    #[must_use]
    pub fn messages(&self) -> Vec<(Id, Id)> {
        match &self.command {
            Command::Send(group) => {
                let lines = group.letters.iter().filter_map(QueuedLetter::lines);
                lines.map(|lines| (lines.from, lines.id)).collect()
            }
            Command::Opened(answer) | Command::Disposition(answer) | Command::OffSystem(answer) => {
                vec![(answer.from, answer.message)]
            }
        }
    }
}

impl QueuedLetter {
    pub(super) fn new(envelope: &Statement) -> Self {
        Self { envelope: Bytes::new(envelope.bytes()) }
    }

    /// The envelope, a signed note.
    #[must_use]
    pub fn envelope(&self) -> &[u8] {
        &self.envelope.0
    }

    /// The envelope's lines; nothing where the record holds no envelope.
    #[must_use]
    pub fn lines(&self) -> Option<Envelope> {
        match Statement::parse(self.envelope()).ok()?.body {
            AnyBody::Envelope(lines) => Some(lines),
            _ => None,
        }
    }
}

impl QueuedAnswer {
    pub(super) fn new(from: Id, message: Id, statement: &Statement, detail: &[u8]) -> Self {
        let statement = Bytes::new(statement.bytes());
        Self { from, message, statement, detail: Bytes::new(detail) }
    }

    /// The statement, a signed note.
    #[must_use]
    pub fn statement(&self) -> &[u8] {
        &self.statement.0
    }

    /// The sealed detail; empty where there is none.
    #[must_use]
    pub fn detail(&self) -> &[u8] {
        &self.detail.0
    }
}

/// How many entries lie in the outbox of a home folder, refused and damaged ones too: what was not sent
/// can be counted without the passphrase.
///
/// # Errors
/// [`VaultError::Disk`]
pub(crate) fn unsent(home: &Path) -> Result<usize, VaultError> {
    count_records(home, RECORDS)
}

/// All entries that can be read, in the order in which they go out; the others are
/// [`damaged_entries`], and keep nothing from going out.
///
/// # Errors
/// As [`Vault::read_json`], but not for damage.
pub fn entries(vault: &Vault) -> Result<Vec<Entry>, Failure> {
    read_all(vault).map(|(entries, _)| entries)
}

/// The entries that the exchange has not refused, without reading more than it takes: asked
/// every few seconds.
///
/// # Errors
/// As [`entries`].
pub(crate) fn sayable(vault: &Vault) -> Result<Vec<Id>, Failure> {
    if vault.list(RECORDS)?.is_empty() {
        return Ok(Vec::new());
    }
    let waiting = entries(vault)?.into_iter().filter(|entry| entry.refused.is_none());
    Ok(waiting.map(|entry| entry.id).collect())
}

/// Ids of the entries whose record is damaged: they cannot be said, and stay until somebody drops them.
///
/// # Errors
/// As [`entries`].
pub fn damaged_entries(vault: &Vault) -> Result<Vec<Id>, Failure> {
    read_all(vault).map(|(_, damaged)| damaged)
}

fn read_all(vault: &Vault) -> Result<(Vec<Entry>, Vec<Id>), Failure> {
    let (mut found, mut damaged) = (Vec::new(), Vec::new());
    for path in vault.list(RECORDS)? {
        match vault.read_json::<Entry>(&path) {
            // One that another process just finished is not there any more.
            Ok(entry) => found.extend(entry),
            Err(VaultError::Damaged { .. }) => {
                damaged.extend(path.rsplit('/').next().and_then(|id| id.parse::<Id>().ok()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    found.sort_unstable_by_key(|entry| entry.id);
    damaged.sort_unstable();
    Ok((found, damaged))
}

/// The record of an entry.
pub(super) fn path(id: Id) -> String {
    format!("{RECORDS}/{id}")
}

/// A letter or a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The plain letter.
    Letter,
    /// The sealed body.
    Body,
}

/// The record of a part: entry, sealing, place in the group.
pub(super) fn part_path(entry: Id, revision: u32, place: usize, part: Part) -> String {
    let part = match part {
        Part::Letter => "letter",
        Part::Body => "body",
    };
    // One segment: folders would stay behind when the parts go.
    format!("{PARTS}/{entry}-{revision}-{place}-{part}")
}

/// A part of an entry.
///
/// # Errors
/// `outbox.damaged`; the vault.
pub(super) fn read_part(
    vault: &Vault,
    entry: Id,
    revision: u32,
    place: usize,
    part: Part,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let path = part_path(entry, revision, place, part);
    match vault.read(&path) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) | Err(VaultError::Damaged { .. }) => Err(damaged(entry)),
        Err(error) => Err(error.into()),
    }
}

/// What cannot be said any more: it is no fault of the exchange's, and not to be tried again.
pub(super) fn damaged(entry: Id) -> Failure {
    Failure::new("outbox.damaged").with("id", entry)
}

/// Removes parts that no entry names: those of a finished entry, of an earlier sealing, and what a
/// crash before the entry left behind. The vault's lock keeps out those who queue.
pub(super) fn sweep_parts(vault: &Vault, lock: &VaultLock<'_>) -> Result<(), Failure> {
    let parts = vault.list(PARTS)?;
    if parts.is_empty() {
        return Ok(());
    }
    let mut named = Vec::new();
    let (entries, damaged) = read_all(vault)?;
    for entry in entries {
        if let Command::Send(group) = &entry.command {
            for place in 0..group.letters.len() {
                let path = |part| part_path(entry.id, group.revision, place, part);
                named.extend([path(Part::Letter), path(Part::Body)]);
            }
        }
    }
    // A damaged entry's parts may be all that is left of it.
    let kept: Vec<String> = damaged.iter().map(|id| format!("{PARTS}/{id}-")).collect();
    let is_kept = |path: &String| kept.iter().any(|beginning| path.starts_with(beginning));
    for path in parts.iter().filter(|path| !named.contains(path) && !is_kept(path)) {
        lock.remove(path)?;
    }
    Ok(())
}
