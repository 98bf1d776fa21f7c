//! Who still needs a file: counts of envelopes that name an attachment or a large body.
//!
//! Only [`Ledger::mean`] counts, so that a rebuild counts the same. A file goes with the last
//! envelope that needs it.

use tsumugu_durable::attachments::UploadName;
use tsumugu_durable::bodies::BodyLocation;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::BytesRef;
use tsumugu_trust::value::Id;

use super::rows::{AttachmentRow, DoomedRow, MessageRow};
use super::{Ledger, LedgerError, key, table};

impl Ledger {
    /// Whether an institution has a complete attachment of this digest and length: uploaded, or
    /// named by a letter whose copy is not destroyed; as this round has it.
    ///
    /// # Errors
    /// [`LedgerError::Views`]
    pub fn has_attachment(&self, owner: Id, named: &BytesRef) -> Result<bool, LedgerError> {
        match self.lookup::<AttachmentRow>(&attachment_key(owner, named.digest))? {
            Some(row) => Ok(row.length == named.length),
            None => Ok(self.attachments.is_whole(upload_name(owner, named))),
        }
    }

    /// A committed envelope needs its body and attachments.
    pub(super) fn refer(&mut self, from: Id, row: &MessageRow) -> Result<(), LedgerError> {
        if let Some(digest) = large_body(&row.body) {
            let k = body_key(digest);
            let references = self.lookup_number(&k)?.unwrap_or(0);
            self.change_number(k, references + 1);
        }
        for one in row.attachments() {
            let k = attachment_key(from, one.digest);
            let references = self.lookup::<AttachmentRow>(&k)?.map_or(0, |row| row.references);
            self.change(k, &AttachmentRow { references: references + 1, length: one.length });
        }
        Ok(())
    }

    /// It needs them no more: what nothing else needs shall be destroyed.
    pub(super) fn release(&mut self, from: Id, row: &MessageRow) -> Result<DoomedRow, LedgerError> {
        let none = || LedgerError::Contradiction("a file is needed by more than is counted");
        let mut doomed = DoomedRow { owner: from.0.to_vec(), ..DoomedRow::default() };
        match large_body(&row.body) {
            None => doomed.body = row.body.clone(),
            Some(digest) => {
                let k = body_key(digest);
                let left =
                    self.lookup_number(&k)?.and_then(|n| n.checked_sub(1)).ok_or_else(none)?;
                if left == 0 {
                    doomed.body = row.body.clone();
                    self.remove(k);
                } else {
                    self.change_number(k, left);
                }
            }
        }
        for one in row.attachments() {
            let k = attachment_key(from, one.digest);
            let mut counted = self.lookup::<AttachmentRow>(&k)?.ok_or_else(none)?;
            counted.references = counted.references.checked_sub(1).ok_or_else(none)?;
            if counted.references == 0 {
                doomed.attachments.push(one.digest.0.to_vec());
                self.remove(k);
            } else {
                self.change(k, &counted);
            }
        }
        Ok(doomed)
    }
}

/// The name under which an envelope's attachment was uploaded.
pub(crate) fn upload_name(owner: Id, named: &BytesRef) -> UploadName {
    UploadName { owner: owner.0, digest: named.digest.0, length: named.length }
}

/// The digest of a body that has a file of its own.
fn large_body(location: &[u8]) -> Option<Hash> {
    match BodyLocation::from_bytes(location)? {
        BodyLocation::File { digest, .. } => Some(Hash(digest)),
        BodyLocation::Segment { .. } => None,
    }
}

pub(super) fn attachment_key(owner: Id, digest: Hash) -> Vec<u8> {
    key(table::ATTACHMENT, &[&owner.0, &digest.0])
}

pub(super) fn body_key(digest: Hash) -> Vec<u8> {
    key(table::BODY_FILE, &[&digest.0])
}
