//! What stands at the end of an archive: how much there is, of which log, signed with its key.

use super::{NotOfABackup, lines_of, value};
use crate::hash::Hash;
use crate::note::{Note, SigningKey, VerifyingKey};
use crate::value::{Origin, Time, Value};

/// Longest summary, in bytes, signatures included.
pub const MAX_SUMMARY: usize = 4_096;

/// No origin begins with `tsumugu/`, so this text is no checkpoint; and it is no kind of statement.
const HEADING: &str = "tsumugu/v1/backup";

/// What a backup holds (控えの要約).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSummary {
    /// The log.
    pub origin: Origin,
    /// When the backup was made, by the clock of the exchange's machine.
    pub made: Time,
    /// Leaves in the log.
    pub leaves: u64,
    /// Root of the tree over them.
    pub root: Hash,
    /// Files in the archive.
    pub files: u64,
    /// Bytes of the archive before its end.
    pub bytes: u64,
    /// SHA-256 of them.
    pub digest: Hash,
}

impl BackupSummary {
    /// The signed note. `log_key` is named by the origin.
    #[must_use]
    pub fn sign(&self, log_key: &SigningKey) -> Vec<u8> {
        let Self { origin, made, leaves, root, files, bytes, digest } = self;
        let made = made.encode();
        let text = format!(
            "{HEADING}\n{origin}\nmade {made}\nleaves {leaves}\nroot {root}\nfiles {files}\nbytes {bytes}\ndigest {digest}\n"
        );
        let mut note = Note::new(text).expect("a text of our own lines is a note's");
        note.sign(log_key).expect("one signature is not too many");
        note.encode().into_bytes()
    }

    /// Reads one that a log key signed whose name is the origin.
    ///
    /// # Errors
    /// [`NotOfABackup`]
    pub fn verify(note: &[u8], log_keys: &[VerifyingKey]) -> Result<Self, NotOfABackup> {
        if note.len() > MAX_SUMMARY {
            return Err(NotOfABackup::Malformed);
        }
        let note = Note::parse(note).map_err(|_| NotOfABackup::Malformed)?;
        let summary = Self::parse(note.text())?;
        let signed = log_keys
            .iter()
            .filter(|key| key.name() == summary.origin.as_str())
            .any(|key| note.verify(key).is_ok());
        // One signature: it has one spelling.
        if signed && note.signatures().len() == 1 {
            Ok(summary)
        } else {
            Err(NotOfABackup::NotSigned)
        }
    }

    fn parse(text: &str) -> Result<Self, NotOfABackup> {
        fn of<V: Value>(text: &str) -> Result<V, NotOfABackup> {
            V::decode(text).ok_or(NotOfABackup::Malformed)
        }
        let mut lines = lines_of(text, HEADING)?;
        let lines = &mut lines;
        let summary = Self {
            origin: of(lines.next().unwrap_or_default())?,
            made: of(value(lines, "made")?)?,
            leaves: of(value(lines, "leaves")?)?,
            root: of(value(lines, "root")?)?,
            files: of(value(lines, "files")?)?,
            bytes: of(value(lines, "bytes")?)?,
            digest: of(value(lines, "digest")?)?,
        };
        if lines.next().is_some() || !text.ends_with('\n') || text.contains('\r') {
            return Err(NotOfABackup::Malformed);
        }
        Ok(summary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "exchange.test/east";

    fn key(name: &str, seed: u8) -> SigningKey {
        SigningKey::from_seed(name, &[seed; 32]).unwrap()
    }

    fn summary() -> BackupSummary {
        BackupSummary {
            origin: ORIGIN.parse().unwrap(),
            made: Time(1_800_000_000_000),
            leaves: 7,
            root: Hash([1; 32]),
            files: 3,
            bytes: 1_000,
            digest: Hash([2; 32]),
        }
    }

    #[test]
    fn it_is_read_under_the_log_key_only() {
        let log = key(ORIGIN, 1);
        let note = summary().sign(&log);
        let keys = [key(ORIGIN, 9).verifying_key().clone(), log.verifying_key().clone()];
        assert_eq!(BackupSummary::verify(&note, &keys), Ok(summary()));
        assert_eq!(BackupSummary::verify(&note, &keys[..1]), Err(NotOfABackup::NotSigned));
        assert_eq!(BackupSummary::verify(&note, &[]), Err(NotOfABackup::NotSigned));
        // A key of another log that it was made to look like.
        let other = summary().sign(&key("exchange.test/west", 1));
        assert_eq!(BackupSummary::verify(&other, &keys), Err(NotOfABackup::NotSigned));
        let west = [key("exchange.test/west", 1).verifying_key().clone()];
        assert_eq!(BackupSummary::verify(&other, &west), Err(NotOfABackup::NotSigned));
    }

    #[test]
    fn it_has_one_spelling() {
        let log = key(ORIGIN, 1);
        let keys = [log.verifying_key().clone()];
        let text = String::from_utf8(summary().sign(&log)).unwrap();
        let text = text.split("\n\n").next().unwrap().to_owned() + "\n";
        let verify = |text: &str| {
            let mut note = Note::new(text).unwrap();
            note.sign(&log).unwrap();
            BackupSummary::verify(note.encode().as_bytes(), &keys)
        };
        assert_eq!(verify(&text), Ok(summary()));
        for (from, to) in [
            ("leaves 7", "leaves 07"),
            ("leaves 7", "leaves  7"),
            ("leaves 7\n", ""),
            ("files 3\n", "files 3\nfiles 3\n"),
            ("digest ", "digest\u{3000}"),
            ("root 01", "root 0A"),
        ] {
            assert_eq!(verify(&text.replacen(from, to, 1)), Err(NotOfABackup::Malformed), "{to}");
        }
        assert_eq!(verify(&format!("{text}more 1\n")), Err(NotOfABackup::Malformed));
        assert_eq!(verify(&text.replacen("v1", "v2", 1)), Err(NotOfABackup::Newer));
        let mut twice = Note::new(text).unwrap();
        twice.sign(&log).unwrap();
        twice.sign(&key("witness.example", 3)).unwrap();
        let twice = BackupSummary::verify(twice.encode().as_bytes(), &keys);
        assert_eq!(twice, Err(NotOfABackup::NotSigned));
    }
}
