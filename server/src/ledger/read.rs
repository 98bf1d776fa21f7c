//! Reading the ledger: cheap, shared, and never beyond the last committed round.

use std::sync::{Arc, RwLock};

use arc_swap::ArcSwap;
use prost::Message;
use tsumugu_durable::attachments::AttachmentStore;
use tsumugu_durable::bodies::{BodyLocation, BodyPieces, BodyReader};
use tsumugu_durable::journal::JournalReader;
use tsumugu_proto::v1;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::{ChainHead, Leaf, LogPosition};
use tsumugu_trust::merkle::Tree;
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::value::{Id, Origin, Time};

use super::destruction::hold_key;
use super::frames::{self, split_record};
use super::{
    AttachmentRow, ClearRow, HoldRow, InvitationRow, LeafRow, LedgerError, MessageRow, Published,
    Views, key, read_lock, table,
};

/// What a leaf shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Anyone may read the statement.
    Clear {
        /// Number in the clear chain.
        number: u64,
        /// SHA-256 of the clear leaf entry before it.
        previous: Hash,
    },
    /// Only those who have the salt can tell what it is.
    Private {
        /// Blinds the record's digest.
        salt: [u8; 32],
        /// The clear leaf before it.
        after: ChainHead,
    },
}

/// A leaf with the record behind it.
#[derive(Debug, Clone)]
pub struct LeafInfo {
    /// Its place.
    pub at: LogPosition,
    /// What it shows.
    pub visibility: Visibility,
    /// The statement; empty once it is erased.
    pub record: Vec<u8>,
    /// The sealed detail; empty where there is none.
    pub detail: Vec<u8>,
}

/// Reads the ledger.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(super) origin: Origin,
    pub(super) log_key: VerifyingKey,
    pub(super) published: Arc<ArcSwap<Published>>,
    pub(super) bells: super::Bells,
    pub(super) tree: Arc<RwLock<Tree>>,
    pub(super) clear: Arc<RwLock<Vec<ClearRow>>>,
    pub(super) journal: JournalReader,
    pub(super) bodies: BodyReader,
    pub(super) attachments: AttachmentStore,
    pub(super) views: Views,
    pub(super) recent: super::recent::Recent,
}

impl Reader {
    /// The log's origin.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The key that signs this log's checkpoints.
    #[must_use]
    pub fn log_key(&self) -> &VerifyingKey {
        &self.log_key
    }

    /// The state after the last committed round.
    #[must_use]
    pub fn published(&self) -> Arc<Published> {
        self.published.load_full()
    }

    /// Who is woken by a committed round.
    #[must_use]
    pub fn bells(&self) -> &super::Bells {
        &self.bells
    }

    /// A receipt against what is published.
    ///
    /// # Errors
    /// [`LedgerError::Contradiction`] where the leaf is not yet published.
    pub fn receipt(
        &self,
        info: &LeafInfo,
        published: &Published,
        with_record: bool,
    ) -> Result<v1::Receipt, LedgerError> {
        use v1::receipt::Visibility as Wire;
        let proof = self.inclusion_proof(info.at.index, published.size)?;
        let visibility = match &info.visibility {
            Visibility::Clear { number, previous } => {
                Wire::Clear(v1::ClearPart { number: *number, previous: previous.0.to_vec().into() })
            }
            Visibility::Private { salt, after } => Wire::Private(v1::PrivatePart {
                salt: salt.to_vec().into(),
                clear_number: after.number,
                clear_head: after.hash.0.to_vec().into(),
            }),
        };
        Ok(v1::Receipt {
            index: info.at.index,
            time_ms: info.at.time.0,
            visibility: Some(visibility),
            proof: wire_hashes(&proof),
            checkpoint: published.checkpoint.clone().into(),
            record: if with_record { info.record.clone().into() } else { Default::default() },
        })
    }

    /// An inclusion proof.
    ///
    /// # Errors
    /// [`LedgerError::Contradiction`] beyond the tree.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
        read_lock(&self.tree)
            .inclusion_proof(index, size)
            .map_err(|_| LedgerError::Contradiction("a proof beyond the tree"))
    }

    /// A consistency proof.
    ///
    /// # Errors
    /// [`LedgerError::Contradiction`] beyond the tree.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, LedgerError> {
        read_lock(&self.tree)
            .consistency_proof(old, new)
            .map_err(|_| LedgerError::Contradiction("a proof beyond the tree"))
    }

    /// The root at an earlier size.
    #[must_use]
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        read_lock(&self.tree).root_at(size).ok()
    }

    /// Runs something over the tree.
    pub fn with_tree<T>(&self, f: impl FnOnce(&Tree) -> T) -> T {
        f(&read_lock(&self.tree))
    }

    /// Clear leaves from a number on, at most `most`, within what is published.
    #[must_use]
    pub fn clear_leaves(&self, start: u64, published: &Published, most: usize) -> Vec<ClearRow> {
        let clear = read_lock(&self.clear);
        let end = usize::try_from(published.clear).unwrap_or(usize::MAX).min(clear.len());
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(end);
        clear[start..end.min(start.saturating_add(most))].to_vec()
    }

    /// The row of a leaf.
    ///
    /// # Errors
    /// [`LedgerError::Views`]
    pub fn leaf_row(&self, index: u64) -> Result<Option<LeafRow>, LedgerError> {
        Ok(self.views.row(&key(table::LEAF, &[&index.to_be_bytes()]))?)
    }

    /// A leaf entry's bytes.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        let Some(row) = self.leaf_row(index)? else { return Ok(None) };
        Ok(Some(self.frame(&row.leaf)?.1))
    }

    /// A leaf with the record behind it; `None` when there is no such leaf.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn leaf_info(&self, index: u64) -> Result<Option<LeafInfo>, LedgerError> {
        if let Some(recent) = self.recent.get(index) {
            return Ok(Some(recent));
        }
        let Some(row) = self.leaf_row(index)? else { return Ok(None) };
        let (_, entry) = self.frame(&row.leaf)?;
        let leaf =
            Leaf::parse(&entry).ok_or(LedgerError::Contradiction("a leaf frame does not parse"))?;
        let at = leaf.at(index);
        let (visibility, record) = match leaf {
            Leaf::Clear(leaf) => {
                (Visibility::Clear { number: leaf.number, previous: leaf.previous }, leaf.statement)
            }
            Leaf::Private(leaf) => match self.frame(&row.record)? {
                (frames::RECORD, payload) => {
                    let (salt, record) = split_record(&payload)
                        .ok_or(LedgerError::Contradiction("a record frame is too short"))?;
                    (Visibility::Private { salt, after: leaf.after }, record.to_vec())
                }
                _ => (Visibility::Private { salt: [0; 32], after: leaf.after }, Vec::new()),
            },
        };
        let detail = if row.detail.is_empty() {
            Vec::new()
        } else {
            match self.frame(&row.detail)? {
                (frames::DETAIL, payload) => payload,
                _ => Vec::new(),
            }
        };
        Ok(Some(LeafInfo { at, visibility, record, detail }))
    }

    /// Events of a mailbox from a number on: number and leaf index.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn mailbox(
        &self,
        institution: Id,
        start: u64,
        most: usize,
    ) -> Result<Vec<(u64, u64)>, LedgerError> {
        let prefix = key(table::MAIL, &[&institution.0]);
        let from = key(table::MAIL, &[&institution.0, &start.to_be_bytes()]);
        let mut events = Vec::new();
        for pair in self.views.scan(&prefix, &from).take(most) {
            let (event_key, value) = pair?;
            let number = event_key[prefix.len()..].try_into().map(u64::from_be_bytes);
            let index = value.try_into().map(u64::from_be_bytes);
            match (number, index) {
                (Ok(number), Ok(index)) => events.push((number, index)),
                _ => return Err(LedgerError::Contradiction("a mailbox row does not decode")),
            }
        }
        Ok(events)
    }

    /// The number of the next event of a mailbox.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn mailbox_length(&self, institution: Id) -> Result<u64, LedgerError> {
        mailbox_length(&self.views, institution)
    }

    /// A message.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn message(&self, from: Id, id: Id) -> Result<Option<MessageRow>, LedgerError> {
        Ok(self.views.row(&key(table::MESSAGE, &[&from.0, &id.0]))?)
    }

    /// The newest hold of a message.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn hold(&self, from: Id, id: Id) -> Result<Option<HoldRow>, LedgerError> {
        Ok(self.views.row(&hold_key(from, id))?)
    }

    /// An invitation.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn invitation(&self, id: Id) -> Result<Option<InvitationRow>, LedgerError> {
        Ok(self.views.row(&key(table::INVITATION, &[&id.0]))?)
    }

    /// How many invitations are neither used, closed nor expired.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn open_invitations(&self, now: Time) -> Result<usize, LedgerError> {
        let prefix = key(table::INVITATION, &[]);
        let mut open = 0;
        for pair in self.views.scan(&prefix, &prefix) {
            let row = InvitationRow::decode(&pair?.1[..])
                .map_err(|_| LedgerError::Contradiction("a row does not decode"))?;
            open += usize::from(row.end == 0 && row.expires > now.0);
        }
        Ok(open)
    }

    /// The leaf that a statement made.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn leaf_of_command(&self, digest: Hash) -> Result<Option<LeafInfo>, LedgerError> {
        match self.views.number(&key(table::COMMAND, &[&digest.0]))? {
            None => Ok(None),
            Some(index) => self.leaf_info(index),
        }
    }

    /// Whether a statement made a leaf.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn is_known(&self, digest: Hash) -> Result<bool, LedgerError> {
        Ok(self.views.number(&key(table::COMMAND, &[&digest.0]))?.is_some())
    }

    /// A sealed body, piece by piece.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn body_pieces(&self, location: &[u8]) -> Result<BodyPieces, LedgerError> {
        let location = BodyLocation::from_bytes(location)
            .ok_or(LedgerError::Contradiction("a body location does not decode"))?;
        Ok(self.bodies.pieces(location))
    }

    /// The store of attachments. Uploads are not history: they need no command.
    #[must_use]
    pub fn attachments(&self) -> &AttachmentStore {
        &self.attachments
    }

    /// An attachment that an institution's committed letters name and that is not destroyed.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn attachment(
        &self,
        owner: Id,
        digest: Hash,
    ) -> Result<Option<AttachmentRow>, LedgerError> {
        Ok(self.views.row(&super::references::attachment_key(owner, digest))?)
    }

    /// A sealed body.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn body(&self, location: &[u8]) -> Result<Vec<u8>, LedgerError> {
        let location = BodyLocation::from_bytes(location)
            .ok_or(LedgerError::Contradiction("a body location does not decode"))?;
        Ok(self.bodies.read(&location)?)
    }

    /// The views, for comparing and flushing.
    #[must_use]
    pub fn views(&self) -> &Views {
        &self.views
    }

    fn frame(&self, position: &[u8]) -> Result<(u8, Vec<u8>), LedgerError> {
        let position = super::rows::position(position)
            .ok_or(LedgerError::Contradiction("a position does not decode"))?;
        let frame = self.journal.read(position)?;
        Ok((frame.frame_type, frame.payload))
    }
}

/// Hashes as they travel.
#[must_use]
pub(crate) fn wire_hashes<B: From<Vec<u8>>>(hashes: &[Hash]) -> Vec<B> {
    hashes.iter().map(|hash| B::from(hash.0.to_vec())).collect()
}

pub(super) fn mailbox_length(views: &Views, institution: Id) -> Result<u64, LedgerError> {
    let prefix = key(table::MAIL, &[&institution.0]);
    match views.last_key(&prefix)? {
        None => Ok(0),
        Some(last) => last[prefix.len()..]
            .try_into()
            .map(|bytes| u64::from_be_bytes(bytes) + 1)
            .map_err(|_| LedgerError::Contradiction("a mailbox row does not decode")),
    }
}
