//! What the directory knows, and how it is asked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::memory::SignatureMemory;
use super::private::HOLD_SIGNATURES;
use crate::checkpoint::CheckpointMemory;
use crate::hash::{Hash, sha256};
use crate::leaf::{LogPosition, PrivateLeaf};
use crate::note::VerifyingKey;
use crate::statement::{
    AnyBody, CatalogueRelease, Institution, KeySet, Malformed, Profile, RemovalReason, Standing,
    StandingState, Statement, TrustList,
};
use crate::value::{Id, InstitutionNumber, Key, Origin, Role, Time};

/// A statement with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<B> {
    /// Where it stands.
    pub at: LogPosition,
    /// Its digest.
    pub digest: Hash,
    /// Its lines.
    pub body: B,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyUse {
    /// Signs.
    Signature,
    /// Opens what is sealed to it.
    Sealing,
}

/// Who holds a key, once and for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Holder {
    /// In which role.
    pub role: Role,
    /// Id of the holder.
    pub id: Id,
    /// For what.
    pub key_use: KeyUse,
}

/// A terminal of an institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalEntry {
    /// Its signature key.
    pub key: Key,
    /// Where it was admitted.
    pub admitted: LogPosition,
    /// Where and why it was removed.
    pub removed: Option<(LogPosition, RemovalReason)>,
}

/// An institution with its history, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Member {
    /// Records by the administrators.
    pub records: Vec<Entry<Institution>>,
    /// Standings; none means active.
    pub standings: Vec<Entry<Standing>>,
    /// Profiles.
    pub profiles: Vec<Entry<Profile>>,
    /// Key sets.
    pub key_sets: Vec<Entry<KeySet>>,
    /// Terminals, the removed ones too.
    pub terminals: BTreeMap<Id, TerminalEntry>,
    /// Where administrators removed a lost terminal: the key set before it is void from there on.
    pub voided: Vec<LogPosition>,
}

/// The directory after some clear leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    pub(super) origin: Origin,
    pub(super) trust: Vec<Entry<TrustList>>,
    pub(super) members: BTreeMap<Id, Member>,
    pub(super) keys: HashMap<Hash, Holder>,
    pub(super) numbers: BTreeMap<InstitutionNumber, Id>,
    pub(super) names: BTreeMap<String, Id>,
    /// Every terminal id that was ever admitted.
    pub(super) terminals: BTreeSet<Id>,
    pub(super) catalogues: Vec<Entry<CatalogueRelease>>,
    pub(super) last: Option<LogPosition>,
    /// Entry digest and time of each clear leaf by number, where the chain is whole.
    pub(super) heads: Vec<(Hash, Time)>,
    checkpoints: CheckpointMemory,
    signatures: SignatureMemory,
}

impl Directory {
    /// Before entry 0.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            trust: Vec::new(),
            members: BTreeMap::new(),
            keys: HashMap::new(),
            numbers: BTreeMap::new(),
            names: BTreeMap::new(),
            terminals: BTreeSet::new(),
            catalogues: Vec::new(),
            last: None,
            heads: Vec::new(),
            checkpoints: CheckpointMemory::default(),
            signatures: SignatureMemory::default(),
        }
    }

    /// The log's origin.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Checkpoints that were verified under the keys of this directory's log.
    #[must_use]
    pub fn checkpoints(&self) -> &CheckpointMemory {
        &self.checkpoints
    }

    /// The newest trust list; `None` before entry 0.
    #[must_use]
    pub fn trust_list(&self) -> Option<&Entry<TrustList>> {
        self.trust.last()
    }

    /// Every trust list, from version 1.
    #[must_use]
    pub fn trust_lists(&self) -> &[Entry<TrustList>] {
        &self.trust
    }

    /// Digest of trust list 1 (根の指紋): what the city prints on paper.
    #[must_use]
    pub fn root_fingerprint(&self) -> Option<Hash> {
        self.trust.first().map(|list| list.digest)
    }

    /// The keys that checkpoints may be signed with.
    #[must_use]
    pub fn log_keys(&self) -> Vec<VerifyingKey> {
        self.trust_list()
            .map_or(Vec::new(), |list| list.body.logs.iter().map(|log| log.0.clone()).collect())
    }

    /// An institution.
    #[must_use]
    pub fn member(&self, id: Id) -> Option<&Member> {
        self.members.get(&id)
    }

    /// Every institution, by id.
    pub fn members(&self) -> impl Iterator<Item = (Id, &Member)> {
        self.members.iter().map(|(id, member)| (*id, member))
    }

    /// The institution with that number.
    #[must_use]
    pub fn by_number(&self, number: &InstitutionNumber) -> Option<Id> {
        self.numbers.get(number).copied()
    }

    /// The administrator of that id in the newest list.
    #[must_use]
    pub fn is_administrator(&self, id: Id) -> bool {
        self.trust_list().is_some_and(|list| list.body.administrators.iter().any(|a| a.id == id))
    }

    /// Releases of the form catalogue.
    #[must_use]
    pub fn catalogues(&self) -> &[Entry<CatalogueRelease>] {
        &self.catalogues
    }

    /// Where the last statement stands.
    #[must_use]
    pub fn last(&self) -> Option<LogPosition> {
        self.last
    }

    /// SHA-256 of the entry of the clear leaf with that number; `None` where the chain does not reach
    /// that far, or is shown with gaps.
    #[must_use]
    pub fn head_at(&self, number: u64) -> Option<Hash> {
        let number = usize::try_from(number).ok()?;
        self.heads.get(number).map(|(hash, _)| *hash)
    }

    /// Whether a private leaf stands in this clear chain: it names a clear leaf of this chain, and its
    /// time lies between that one's and the next one's.
    ///
    /// `None` where the chain does not reach that far, or is shown with gaps: then nothing is known yet.
    #[must_use]
    pub fn holds(&self, leaf: &PrivateLeaf) -> Option<bool> {
        let number = usize::try_from(leaf.after.number).ok()?;
        let (hash, time) = self.heads.get(number)?;
        let before_next = self.heads.get(number + 1).is_none_or(|(_, next)| leaf.time <= *next);
        Some(*hash == leaf.after.hash && *time <= leaf.time && before_next)
    }

    /// Who holds an Ed25519 key.
    #[must_use]
    pub fn holder_of(&self, key: &Key) -> Option<Holder> {
        self.keys.get(&material(key)).copied()
    }

    /// Binds a worker's key, which no clear leaf shows: only the exchange sees all of them.
    ///
    /// # Errors
    /// The holder it is bound to already.
    pub fn bind_worker_key(&mut self, key: &Key, worker: Id) -> Result<(), Holder> {
        let holder = Holder { role: Role::Worker, id: worker, key_use: KeyUse::Signature };
        match self.keys.insert(material(key), holder) {
            Some(other) if other != holder => {
                self.keys.insert(material(key), other);
                Err(other)
            }
            _ => Ok(()),
        }
    }

    /// How many administrators of the newest list have signed.
    #[must_use]
    pub fn administrators_signed(&self, statement: &Statement) -> u64 {
        self.trust_list()
            .map_or(0, |list| signing_administrators(&self.origin, &list.body, statement))
    }

    /// A draft with the signatures that count now: by administrators of the newest list, at most as
    /// many as its threshold. One who left since would otherwise keep it from ever being complete.
    ///
    /// # Errors
    /// [`Malformed::Signatures`] when none counts.
    pub fn with_present_signatures(&self, draft: &Statement) -> Result<Statement, Malformed> {
        let list = self.trust_list().ok_or(Malformed::Signatures)?;
        let signs = |a: &&crate::statement::Administrator| {
            signed(draft, &self.origin.key_name(Role::Administrator, a.id), &a.key)
        };
        let most = match &draft.body {
            AnyBody::Hold(_) => HOLD_SIGNATURES,
            _ => list.body.threshold,
        };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let keys = list.body.administrators.iter().filter(signs).take(most).filter_map(|a| {
            VerifyingKey::new(&self.origin.key_name(Role::Administrator, a.id), a.key.0).ok()
        });
        let keys: Vec<_> = keys.collect();
        draft.with_signatures(|line| {
            keys.iter().any(|key| key.name() == line.name() && key.key_id() == line.key_id())
        })
    }

    /// Whether an administrators' list in force at a place was signed by enough of them.
    pub(super) fn has_threshold(&self, statement: &Statement, at: LogPosition) -> bool {
        self.trust_at(at).is_some_and(|list| {
            let signers = signing_administrators(&self.origin, &list.body, statement);
            let enough = signers == list.body.threshold;
            enough && statement.signatures().len() as u64 == signers
        })
    }

    /// Whether exactly so many administrators of the list in force have signed, and nobody else.
    pub(super) fn has_administrators(
        &self,
        statement: &Statement,
        at: LogPosition,
        count: u64,
    ) -> bool {
        statement.signatures().len() as u64 == count
            && self.trust_at(at).is_some_and(|list| {
                signing_administrators(&self.origin, &list.body, statement) == count
            })
    }

    /// Whether exactly one administrator of the list in force has signed.
    pub(super) fn has_one_administrator(&self, statement: &Statement, at: LogPosition) -> bool {
        self.has_administrators(statement, at, 1)
    }

    /// Whether exactly the institution has signed, with its key at that place.
    pub(super) fn has_institution(
        &self,
        statement: &Statement,
        institution: Id,
        at: LogPosition,
    ) -> bool {
        let key = self.member(institution).and_then(|member| member.key_at(at));
        let name = self.origin.key_name(Role::Institution, institution);
        let key = key.and_then(|key| VerifyingKey::new(&name, key.0).ok());
        let is_signed = |key| self.signatures.is_signed_by(statement, &key);
        statement.signatures().len() == 1 && key.is_some_and(is_signed)
    }

    pub(super) fn trust_at(&self, at: LogPosition) -> Option<&Entry<TrustList>> {
        self.trust.iter().rev().find(|list| list.at <= at)
    }
}

impl Member {
    /// The newest record.
    #[must_use]
    pub fn record(&self) -> Option<&Institution> {
        self.records.last().map(|entry| &entry.body)
    }

    /// The newest profile.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        self.profiles.last().map(|entry| &entry.body)
    }

    /// The newest key set.
    #[must_use]
    pub fn key_set(&self) -> Option<&Entry<KeySet>> {
        self.key_sets.last()
    }

    /// The key set in force at a place: the newest, unless a lost terminal voided it.
    #[must_use]
    pub fn key_set_at(&self, at: LogPosition) -> Option<&Entry<KeySet>> {
        let set = newest(&self.key_sets, at)?;
        let is_void = self.voided.iter().any(|voided| set.at < *voided && *voided <= at);
        (!is_void).then_some(set)
    }

    /// The institution key at a place.
    #[must_use]
    pub fn key_at(&self, at: LogPosition) -> Option<Key> {
        newest(&self.records, at).and_then(|entry| entry.body.key)
    }

    /// Whether it takes part at a place: a member that is not suspended.
    #[must_use]
    pub fn is_active_at(&self, at: LogPosition) -> bool {
        let standing = newest(&self.standings, at).map_or(StandingState::Active, |s| s.body.state);
        self.key_at(at).is_some() && standing == StandingState::Active
    }

    /// Whether it takes part now.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.is_active_at(LogPosition::END)
    }
}

impl TerminalEntry {
    /// Whether signatures at that place in the log count (rule 6).
    #[must_use]
    pub fn counts_at(&self, at: LogPosition) -> bool {
        self.admitted < at && self.removed.is_none_or(|(removed, _)| at < removed)
    }
}

/// Whether the key of that name has signed.
pub(super) fn signed(statement: &Statement, name: &str, key: &Key) -> bool {
    VerifyingKey::new(name, key.0).is_ok_and(|key| statement.is_signed_by(&key))
}

/// How many administrators of a list have signed.
pub(super) fn signing_administrators(
    origin: &Origin,
    list: &TrustList,
    statement: &Statement,
) -> u64 {
    let has_signed = |a: &&crate::statement::Administrator| {
        signed(statement, &origin.key_name(Role::Administrator, a.id), &a.key)
    };
    list.administrators.iter().filter(has_signed).count() as u64
}

/// What a key is found by: Ed25519 keys and recipients in one table.
pub(super) fn material(key: &Key) -> Hash {
    sha256(&[b"ed25519\0", &key.0])
}

pub(super) fn sealing_material(recipient: &str) -> Hash {
    sha256(&[b"recipient\0", recipient.as_bytes()])
}

fn newest<B>(entries: &[Entry<B>], at: LogPosition) -> Option<&Entry<B>> {
    entries.iter().rev().find(|entry| entry.at <= at)
}
