//! Staging: leaves of a round are collected; nothing of them is visible or durable yet.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use tsumugu_durable::attachments::UploadName;
use tsumugu_durable::bodies::BodyLocation;
use tsumugu_durable::journal::Frame;
use tsumugu_trust::directory::Refusal;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::{ClearLeaf, Leaf, LogPosition, PrivateLeaf};
use tsumugu_trust::statement::{AnyBody, Statement};
use tsumugu_trust::value::{Id, Time};

use super::read::{LeafInfo, Visibility};
use super::references::upload_name;
use super::{Changes, ClearRow, Ledger, LedgerError, frames, key, table, write_lock};

/// What a leaf brings along.
#[derive(Debug, Default)]
pub struct Attached {
    /// Where the body of an envelope was written.
    pub body: Option<BodyLocation>,
    /// The sealed detail of an answer or an off-system record.
    pub detail: Vec<u8>,
}

/// The round that is being collected.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) frames: Vec<Frame>,
    pub(super) leaves: Vec<StagedLeaf>,
    pub(super) changes: Changes,
    pub(super) clear: Vec<ClearRow>,
    pub(super) infos: BTreeMap<u64, LeafInfo>,
    pub(super) bodies: bool,
    /// Attachments that its envelopes name.
    pub(super) named: Vec<UploadName>,
    /// Institutions whose open streams are woken.
    pub(super) concerns: BTreeSet<Id>,
}

/// Which of the round's frames belong to a leaf.
#[derive(Debug)]
pub(super) struct StagedLeaf {
    pub(super) index: u64,
    pub(super) readers: Vec<Id>,
    pub(super) leaf: usize,
    pub(super) record: Option<usize>,
    pub(super) detail: Option<usize>,
}

impl Ledger {
    /// Stages a clear leaf: the rules of `docs/FORMATS.md`, section 2.2, are asked first.
    ///
    /// # Errors
    /// The rule that is broken; then nothing has changed.
    pub fn stage_clear(&mut self, now: Time, statement: &Statement) -> Result<LeafInfo, Refusal> {
        let at = self.next_clear_position(now);
        let leaf = ClearLeaf {
            time: at.time,
            number: self.chain.next_number(),
            previous: self.chain.head(),
            statement: statement.bytes(),
        };
        let entry = leaf.encode();
        self.chain.push(at.index, &entry).map_err(|alarm| match alarm {
            tsumugu_trust::directory::ChainAlarm::Rule { source, .. } => source,
            _ => Refusal::WrongKind,
        })?;
        let visibility = Visibility::Clear { number: leaf.number, previous: leaf.previous };
        self.round.concerns.extend(super::bells::subject(&statement.body));
        self.round.clear.push(ClearRow { index: at.index, entry: entry.clone() });
        let frame = self.frame(frames::CLEAR_LEAF, entry);
        let info = LeafInfo { at, visibility, record: statement.bytes(), detail: Vec::new() };
        Ok(self.staged(
            &Leaf::Clear(leaf),
            info,
            statement,
            StagedLeaf {
                index: at.index,
                readers: Vec::new(),
                leaf: frame,
                record: None,
                detail: None,
            },
        ))
    }

    /// Stages a private leaf. Its rules were asked by the caller, who has what they need.
    ///
    /// # Errors
    /// [`LedgerError`]: no randomness, or views that cannot be read. The process must stop.
    pub fn stage_private(
        &mut self,
        now: Time,
        statement: &Statement,
        attached: Attached,
    ) -> Result<LeafInfo, LedgerError> {
        if statement.body.is_clear() || !statement.body.is_leaf() {
            return Err(LedgerError::Contradiction("a statement that is no private leaf"));
        }
        let at = self.next_position(now);
        let mut salt = [0; 32];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| LedgerError::Signing)?;
        let record = statement.bytes();
        let after = self.chain.chain_head();
        let after = after.ok_or(LedgerError::Contradiction("a private leaf before entry 0"))?;
        let leaf = PrivateLeaf::of(at.time, after, &salt, &record);
        let leaf_frame = self.frame(frames::PRIVATE_LEAF, leaf.encode());
        let record_frame = self.frame(frames::RECORD, [&salt[..], &record].concat());
        let detail_frame = (!attached.detail.is_empty())
            .then(|| self.frame(frames::DETAIL, attached.detail.clone()));
        if let Some(body) = &attached.body {
            self.frame(frames::BODY, body.to_bytes());
            self.round.bodies = true;
        }
        if let AnyBody::Envelope(envelope) = &statement.body {
            let names = envelope.attachments.iter().map(|one| upload_name(envelope.from, one));
            self.round.named.extend(names);
        }
        let readers = self.mean(at, statement, attached.body.as_ref())?;
        let info = LeafInfo {
            at,
            visibility: Visibility::Private { salt, after },
            record,
            detail: attached.detail,
        };
        let row = StagedLeaf {
            index: at.index,
            readers,
            leaf: leaf_frame,
            record: Some(record_frame),
            detail: detail_frame,
        };
        Ok(self.staged(&Leaf::Private(leaf), info, statement, row))
    }

    /// Writes a body; it is synced before the journal of this round is.
    ///
    /// # Errors
    /// [`LedgerError::Bodies`]: the process must stop.
    pub fn put_body(&mut self, bytes: &[u8], digest: Hash) -> Result<BodyLocation, LedgerError> {
        Ok(self.bodies.put(bytes, digest.0)?)
    }

    /// The leaf that a statement made, in this round or before; `None` when it made none.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn leaf_of_command(&self, digest: Hash) -> Result<Option<LeafInfo>, LedgerError> {
        match self.lookup_number(&key(table::COMMAND, &[&digest.0]))? {
            None => Ok(None),
            Some(index) => self.leaf_info(index).map(Some),
        }
    }

    /// A leaf of this round or before.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn leaf_info(&self, index: u64) -> Result<LeafInfo, LedgerError> {
        if let Some(info) = self.round.infos.get(&index) {
            return Ok(info.clone());
        }
        if let Some(recent) = self.recent.get(index) {
            return Ok(recent);
        }
        self.reader()
            .leaf_info(index)?
            .ok_or(LedgerError::Contradiction("a view names a leaf that has no row"))
    }

    /// A row as this round has it.
    ///
    /// # Errors
    /// [`LedgerError::Views`]
    pub fn lookup<R: Message + Default>(&self, key: &[u8]) -> Result<Option<R>, LedgerError> {
        match self.round.changes.get(key) {
            Some(bytes) if bytes.is_empty() => Ok(None),
            Some(bytes) => R::decode(&bytes[..])
                .map(Some)
                .map_err(|_| LedgerError::Contradiction("a staged row does not decode")),
            None => Ok(self.views.row(key)?),
        }
    }

    /// A number as this round has it.
    ///
    /// # Errors
    /// [`LedgerError::Views`]
    pub fn lookup_number(&self, key: &[u8]) -> Result<Option<u64>, LedgerError> {
        match self.round.changes.get(key) {
            Some(bytes) if bytes.is_empty() => Ok(None),
            Some(bytes) => bytes
                .as_slice()
                .try_into()
                .map(|b| Some(u64::from_be_bytes(b)))
                .map_err(|_| LedgerError::Contradiction("a staged number does not decode")),
            None => Ok(self.views.number(key)?),
        }
    }

    pub(super) fn change(&mut self, key: Vec<u8>, row: &impl Message) {
        self.round.changes.insert(key, row.encode_to_vec());
    }

    /// Takes a row away.
    pub(super) fn remove(&mut self, key: Vec<u8>) {
        self.round.changes.insert(key, Vec::new());
    }

    pub(super) fn change_number(&mut self, key: Vec<u8>, number: u64) {
        self.round.changes.insert(key, number.to_be_bytes().to_vec());
    }

    /// Adds an event to a mailbox.
    pub(super) fn deliver(&mut self, institution: Id, index: u64) -> Result<(), LedgerError> {
        let number = match self.mail.get(&institution) {
            Some(number) => *number,
            None => super::read::mailbox_length(&self.views, institution)?,
        };
        self.change_number(key(table::MAIL, &[&institution.0, &number.to_be_bytes()]), index);
        self.mail.insert(institution, number + 1);
        self.round.concerns.insert(institution);
        Ok(())
    }

    pub(super) fn remember_command(&mut self, statement: &Statement, at: LogPosition) {
        self.change_number(key(table::COMMAND, &[&statement.digest().0]), at.index);
    }

    fn frame(&mut self, frame_type: u8, payload: Vec<u8>) -> usize {
        self.round.frames.push(Frame::new(frame_type, payload));
        self.round.frames.len() - 1
    }

    fn staged(
        &mut self,
        leaf: &Leaf,
        info: LeafInfo,
        statement: &Statement,
        row: StagedLeaf,
    ) -> LeafInfo {
        write_lock(&self.tree).append(leaf.hash());
        self.last_time = info.at.time;
        if !statement.body.is_unsigned() {
            self.remember_command(statement, info.at);
        }
        self.round.infos.insert(row.index, info.clone());
        self.round.leaves.push(row);
        info
    }
}
