//! Taking in an office record that the log has.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use super::BODY_TYPE;
use super::entry::Entry;
use super::state::{forget_unsent, join};
use crate::failure::Failure;
use crate::vault::{Vault, VaultLock};

/// A letter to the own institution that passed every check.
pub(crate) struct OwnLetter<'a> {
    /// The message.
    pub(crate) id: Id,
    /// Index of its leaf.
    pub(crate) index: u64,
    /// What its worker wrote.
    pub(crate) author: &'a v1::Author,
}

/// Takes in what a letter to the own institution says.
///
/// What is malformed, or of a newer program, changes nothing: the letter stays in the vault, and a
/// program that knows it can make `office/` anew. Repeating it changes nothing either, so a crash in
/// between leaves what the next synchronisation completes.
///
/// # Errors
/// The vault.
pub(crate) fn take_in(
    vault: &Vault,
    lock: &VaultLock<'_>,
    letter: &OwnLetter<'_>,
) -> Result<(), Failure> {
    if letter.author.kind() != v1::LetterKind::OfficeRecord || letter.author.body_type != BODY_TYPE
    {
        return Ok(());
    }
    let record = v1::OfficeRecord::decode(&letter.author.body[..]).ok();
    match record.and_then(|record| record.entry) {
        Some(Said::Snapshot(snapshot)) => {
            for one in snapshot.entries {
                let said = one.record.and_then(|record| record.entry);
                // A snapshot cannot speak of what came after it.
                let Some(said) = said.filter(|_| one.index < letter.index) else { continue };
                if let Ok(entry) = Entry::check(said) {
                    join(vault, lock, &entry, one.index)?;
                }
            }
            Ok(())
        }
        Some(said) => {
            let Ok(entry) = Entry::check(said) else { return Ok(()) };
            join(vault, lock, &entry, letter.index)?;
            forget_unsent(vault, lock, entry.key(), letter.id)
        }
        None => Ok(()),
    }
}
