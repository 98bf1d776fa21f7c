//! What a letter says of its attachments, checked against its envelope.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tsumugu_proto::v1;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::letter::sealed_lengths;
use tsumugu_trust::statement::{BytesRef, Envelope};
use zeroize::Zeroizing;

use super::{FileKind, FileName, Store};
use crate::failure::Failure;
use crate::letters::OpenedLetter;
use crate::vault::Vault;

/// The folder of notes on attachments that were set aside.
const SET_ASIDE: &str = "attachment-set-aside";

/// An attachment as its letter and envelope name it. Only [`attachments`] makes it.
#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    /// Its place in the letter, from 1.
    pub(crate) number: usize,
    pub(crate) name: FileName,
    pub(crate) kind: FileKind,
    /// The file's bytes.
    pub(crate) plain: BytesRef,
    /// The sealed file's.
    pub(crate) sealed: BytesRef,
    pub(super) key: Zeroizing<[u8; 32]>,
}

/// An attachment that is not written out, ever (隔離).
#[derive(Debug, Clone)]
pub(crate) struct SetAside {
    /// Its place in the letter, from 1.
    pub(crate) number: usize,
    /// Its name, where it is a safe one.
    pub(crate) name: Option<FileName>,
    /// Key of the failure that says why.
    pub(crate) why: String,
}

/// Where an attachment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// In this vault, as it was sealed.
    Kept,
    /// Still at the exchange, but for so many bytes.
    Waiting(u64),
    /// Not to be written out; the key of the failure that says why.
    SetAside(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    why: String,
}

/// The attachments of a letter, in its order. One that breaks a rule is set aside alone.
pub(crate) fn attachments(
    letter: &OpenedLetter,
    envelope: &Envelope,
) -> Vec<Result<Attachment, SetAside>> {
    let mut names = BTreeSet::new();
    let both = letter.attachments().iter().zip(&envelope.attachments);
    let one = |(number, (secret, sealed)): (usize, (&v1::AttachmentSecret, &BytesRef))| {
        let name = FileName::parse(&secret.name);
        let is_new = name.as_ref().is_some_and(|name| names.insert(name.folded()));
        let found = is_new.then(|| attachment(number, secret, *sealed)).flatten();
        let malformed = || SetAside { number, name, why: "attachment.malformed".to_owned() };
        found.ok_or_else(malformed)
    };
    (1..).zip(both).map(one).collect()
}

fn attachment(
    number: usize,
    secret: &v1::AttachmentSecret,
    sealed: BytesRef,
) -> Option<Attachment> {
    let name = FileName::parse(&secret.name)?;
    let kind = FileKind::of_media_type(&secret.media_type)?;
    let digest = Hash(secret.digest[..].try_into().ok()?);
    let key = Zeroizing::new(secret.key[..].try_into().ok()?);
    let plain = BytesRef { digest, length: secret.length };
    let fits = sealed_lengths(plain.length).is_ok_and(|lengths| lengths.contains(&sealed.length));
    let is_named_so = kind.extensions().contains(&name.extension().as_str());
    (fits && is_named_so).then_some(Attachment { number, name, kind, plain, sealed, key })
}

impl Attachment {
    /// Where it is.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn whereabouts(&self, vault: &Vault) -> Result<Whereabouts, Failure> {
        if let Some(note) = vault.read_json::<Note>(&self.note_path())? {
            return Ok(Whereabouts::SetAside(note.why));
        }
        let store = Store::of(vault);
        Ok(match store.has(&self.sealed) {
            true => Whereabouts::Kept,
            false => Whereabouts::Waiting(store.received(&self.sealed)),
        })
    }

    /// Sets it aside, for what was found in it.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn set_aside(&self, vault: &Vault, why: &Failure) -> Result<(), Failure> {
        Ok(vault.write_json(&self.note_path(), &Note { why: why.key().to_owned() })?)
    }

    /// How it is called in failures, which hold no name.
    pub(crate) fn called(&self) -> String {
        called(self.number)
    }

    fn note_path(&self) -> String {
        format!("{SET_ASIDE}/{}", self.sealed.digest)
    }
}

/// How an attachment is called in failures.
pub(crate) fn called(number: usize) -> String {
    format!("#{number}")
}
