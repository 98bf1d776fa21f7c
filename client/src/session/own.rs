//! Clear records about the own institution that this vault did not make.
//!
//! Administrators cannot put a key of their own in an institution's place unseen: each terminal
//! compares every logged record of its institution with those that it made or was told of.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::{AnyBody, Institution, Statement, digest, encode_text};
use tsumugu_trust::value::{Id, Origin, Time, Value};

use super::Session;
use crate::failure::Failure;
use crate::identity::text;
use crate::jst;
use crate::messages::Sentence;
use crate::vault::Vault;

/// The record of what is known.
pub const RECORD: &str = "own-records";

/// The clear records about the own institution: those that are known, and those that are not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnRecords {
    #[serde(with = "text::many")]
    known: Vec<Hash>,
    strange: Vec<StrangeRecord>,
    /// Digest of the record that makes the institution a member, with its version counted as 1: whoever
    /// asks to join does not know whether it was listed for FAX before.
    #[serde(skip)]
    joining: Option<Hash>,
    /// Up to this number of the clear chain another terminal of ours vouches for every record.
    #[serde(skip)]
    vouched_until: Option<u64>,
}

/// A record about the own institution that nobody here made or confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrangeRecord {
    /// Kind of the statement.
    pub kind: String,
    /// Number in the clear chain.
    pub number: u64,
    /// The leaf's time (RFC 3339).
    pub time: String,
    /// Digest of the statement.
    #[serde(with = "text::one")]
    pub digest: Hash,
}

impl StrangeRecord {
    /// As it is said: loudly, at every command, until somebody confirms it.
    #[must_use]
    pub fn sentence(&self) -> Sentence {
        Sentence::new("session.strange-record")
            .with("kind", &self.kind)
            .with("number", self.number)
            .with("time", jst::show_stored(&self.time))
    }
}

impl OwnRecords {
    /// What a vault knows.
    ///
    /// # Errors
    /// As [`Vault::read_json`].
    pub fn load(vault: &Vault) -> Result<Self, Failure> {
        Ok(vault.read_json(RECORD)?.unwrap_or_default())
    }

    /// Those that nobody here made or confirmed.
    #[must_use]
    pub fn strange(&self) -> &[StrangeRecord] {
        &self.strange
    }

    /// Marks records as made here. Do it before they are sent.
    pub fn expect(&mut self, digests: impl IntoIterator<Item = Hash>) {
        let known: BTreeSet<Hash> = self.known.drain(..).chain(digests).collect();
        self.strange.retain(|strange| !known.contains(&strange.digest));
        self.known = known.into_iter().collect();
    }

    /// Takes in a clear record of the log.
    pub(super) fn observe(&mut self, own: Id, number: u64, time: Time, statement: &Statement) {
        let digest = statement.digest();
        if subject(&statement.body) == Some(own) && self.vouched_until.is_some_and(|n| number <= n)
        {
            self.expect([digest]);
            return;
        }
        if subject(&statement.body) == Some(own) && self.is_joining(statement) {
            self.expect([digest]);
            return;
        }
        let seen = self.known.contains(&digest) || self.strange.iter().any(|s| s.digest == digest);
        if subject(&statement.body) == Some(own) && !seen {
            let kind = statement.body.kind().to_owned();
            self.strange.push(StrangeRecord { kind, number, time: time.encode(), digest });
        }
    }

    /// Whether it is the record that this vault asked for, or an entry for FAX before it, which binds no
    /// key. After the record such an entry is strange.
    fn is_joining(&mut self, statement: &Statement) -> bool {
        let (AnyBody::Institution(record), Some(joining)) = (&statement.body, self.joining) else {
            return false;
        };
        if record.key.is_none() {
            return true;
        }
        let asked = as_first(&statement.origin, record) == joining;
        if asked {
            self.joining = None;
        }
        asked
    }

    /// Takes in what another process has written meanwhile.
    pub(super) fn absorb(&mut self, other: Self) {
        let Self { known, strange, .. } = other;
        let seen: BTreeSet<Hash> = self.known.iter().copied().collect();
        let unseen = |s: &StrangeRecord| !seen.contains(&s.digest) && !self.strange.contains(s);
        let strange: Vec<_> = strange.into_iter().filter(unseen).collect();
        self.strange.extend(strange);
        self.expect(known);
    }

    /// Marks those as known that a person confirmed.
    fn confirm(&mut self) {
        let digests: Vec<Hash> = self.strange.iter().map(|strange| strange.digest).collect();
        self.expect(digests);
    }
}

impl Session<'_> {
    /// What is known of the own institution's records.
    #[must_use]
    pub fn own_records(&self) -> &OwnRecords {
        &self.own
    }

    /// Marks statements as made here, lastingly, before they are sent.
    ///
    /// # Errors
    /// As [`Vault::write_json`].
    pub fn expect_own(&mut self, digests: impl IntoIterator<Item = Hash>) -> Result<(), Failure> {
        self.own.expect(digests);
        Ok(self.vault.write_json(RECORD, &self.own)?)
    }

    /// Expects, in the synchronisations of this session, the record that makes the institution a member:
    /// its digest with version 1.
    pub(crate) fn expect_joining(&mut self, record: Hash) {
        self.own.joining = Some(record);
    }

    /// Takes every record of the own institution up to a number of the clear chain as known, in the
    /// synchronisations of this session: the terminal that admits this one knows them.
    pub(crate) fn vouch_own(&mut self, until: u64) {
        self.own.vouched_until = Some(until);
    }

    /// Marks the strange records as known, on a person's word.
    ///
    /// # Errors
    /// As [`Vault::write_json`].
    pub fn confirm_own(&mut self) -> Result<(), Failure> {
        self.own.confirm();
        Ok(self.vault.write_json(RECORD, &self.own)?)
    }
}

/// Digest of an institution's record as if it were its first one.
pub(crate) fn as_first(origin: &Origin, record: &Institution) -> Hash {
    digest(&encode_text(origin, &Institution { version: 1, ..record.clone() }))
}

/// The institution that a clear record is about.
fn subject(body: &AnyBody) -> Option<Id> {
    match body {
        AnyBody::Institution(record) => Some(record.institution),
        AnyBody::Standing(standing) => Some(standing.institution),
        AnyBody::Profile(profile) => Some(profile.institution),
        AnyBody::KeySet(set) => Some(set.institution),
        AnyBody::Terminal(terminal) => Some(terminal.institution),
        AnyBody::TerminalRemoved(removed) => Some(removed.institution),
        _ => None,
    }
}
