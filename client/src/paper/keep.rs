//! Keeping a record that the log has.

use prost::Message;
use serde::{Deserialize, Serialize};
use tsumugu_proto::v1;
use tsumugu_trust::directory::check_off_system;
use tsumugu_trust::hash::sha256;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::receipt::VerifiedReceipt;
use tsumugu_trust::statement::{AnyBody, Statement};
use tsumugu_trust::value::Id;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::identity::text::Bytes;
use crate::messages::Sentence;
use crate::outbox::was_made_here;
use crate::post::Post;
use crate::vault::Vault;

/// The folder of records in the vault.
pub(super) const RECORDS: &str = "paper";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Bytes of `Receipt`, with the record.
    receipt: Bytes,
    /// The sealed detail.
    detail: Bytes,
}

/// A record of the log as the vault has it.
pub(super) struct Kept {
    pub(super) at: LogPosition,
    pub(super) statement: Statement,
    pub(super) detail: Vec<u8>,
}

/// Verifies the place of a record and puts it into the vault; `false` when it was there.
///
/// Written before the outbox lets its entry go, and before the mailbox counts on: a crash in between
/// writes the same once more.
///
/// # Errors
/// An alarm: it is of others, nobody who may say it has signed it at its place, its detail is not the
/// one that it names, or its id stands for another record. The vault.
pub(crate) fn keep(
    post: &impl Post,
    verified: &VerifiedReceipt,
    receipt: v1::Receipt,
    detail: &[u8],
) -> Result<bool, Failure> {
    let statement = Statement::parse(&verified.record)
        .map_err(|error| Failure::bad_proof("the record is not a statement").because(error))?;
    let keys = post.keys()?;
    let checked = check_off_system(post.directory(), verified.at, &statement)
        .map_err(|refusal| Failure::bad_proof(&refusal.to_string()).because(refusal))?;
    let lines = checked.body();
    if lines.from != keys.institution {
        return Err(Failure::bad_proof("an off-system record of others"));
    }
    let sealed = lines.detail.sealed;
    // Of a disposition the detail may have been erased with its letter; a record has nothing else.
    if sealed.length != detail.len() as u64 || sealed.digest != sha256(&[detail]) {
        return Err(Failure::bad_proof("the detail is not the one that is named"));
    }
    let lock = post.vault().lock()?;
    if let Some(known) = load(post.vault(), lines.id)? {
        let is_same = known.statement.digest() == statement.digest() && known.at == verified.at;
        return if is_same {
            Ok(false)
        } else {
            Err(Failure::bad_proof("two records have one id"))
        };
    }
    let (own, id) = (keys.institution, lines.id);
    if checked.terminal() == keys.terminal && !was_made_here(post.vault(), own, id)? {
        post.note(&Sentence::new("record.made-by-a-copy").with("id", id));
    }
    let receipt = v1::Receipt { record: verified.record.clone().into(), ..receipt };
    let receipt = Bytes(Zeroizing::new(receipt.encode_to_vec()));
    lock.write_json(&path(id), &Stored { receipt, detail: Bytes::new(detail) })?;
    Ok(true)
}

/// Where a record stands in the log; nothing while the vault has it not from there.
///
/// # Errors
/// The vault.
pub(crate) fn place(vault: &Vault, id: Id) -> Result<Option<LogPosition>, Failure> {
    Ok(load(vault, id)?.map(|kept| kept.at))
}

/// Every record of the vault.
pub(super) fn all(vault: &Vault) -> Result<Vec<Kept>, Failure> {
    let mut found = Vec::new();
    for path in vault.list(RECORDS)? {
        let id = path.rsplit('/').next().and_then(|id| id.parse().ok());
        if let Some(kept) = id.map(|id| load(vault, id)).transpose()?.flatten() {
            found.push(kept);
        }
    }
    Ok(found)
}

fn load(vault: &Vault, id: Id) -> Result<Option<Kept>, Failure> {
    let path = path(id);
    let Some(stored) = vault.read_json::<Stored>(&path)? else { return Ok(None) };
    let kept = read(&stored).ok_or_else(|| Failure::new("vault.damaged").with("file", &path));
    kept.map(Some)
}

fn read(stored: &Stored) -> Option<Kept> {
    let receipt = v1::Receipt::decode(stored.receipt.0.as_slice()).ok()?;
    let statement = Statement::parse(&receipt.record).ok()?;
    if !matches!(statement.body, AnyBody::OffSystem(_)) {
        return None;
    }
    let (leaf, _) = tsumugu_trust::receipt::leaf_of(&receipt, &receipt.record).ok()?;
    Some(Kept { at: leaf.at(receipt.index), statement, detail: stored.detail.0.to_vec() })
}

fn path(id: Id) -> String {
    format!("{RECORDS}/{id}")
}
