//! The log of a test, and who signs what in it.

use std::collections::VecDeque;

use tsumugu_proto::v1;

use super::keys::{Seeded, TestAdministrator, TestKey};
use crate::checkpoint::{Checkpoint, VerifiedCheckpoint};
use crate::directory::{ChainAlarm, ClearChain, Directory};
use crate::hash::{Hash, sha256};
use crate::leaf::{ClearLeaf, Leaf, LogPosition, PrivateLeaf};
use crate::merkle::Tree;
use crate::receipt::{self, VerifiedReceipt};
use crate::statement::{Body, LogKey, Statement, Tick, TrustList, sign, unsigned};
use crate::value::{Id, Origin, Role, Time};

/// 2026-04-01T00:00:00Z, when every test begins.
const BEGIN: Time = Time(1_775_001_600_000);

/// An exchange in memory.
#[derive(Debug)]
pub struct World {
    /// Its origin.
    pub origin: Origin,
    /// Its log key.
    pub log_key: TestKey,
    /// Its administrators, by id.
    pub administrators: Vec<TestAdministrator>,
    /// How many of them must sign; the first ones do.
    pub threshold: usize,
    /// The clear chain so far.
    pub chain: ClearChain,
    /// Every leaf.
    pub entries: Vec<TestEntry>,
    /// The time of the next leaf. Each leaf moves it on by a second.
    pub now: Time,
    /// Where ids, keys and salts come from.
    pub random: Seeded,
    /// Every sealed file that was made, in order.
    pub sealed: Vec<Vec<u8>>,
    pub(super) recorded: VecDeque<Vec<u8>>,
    pub(super) admitted: u64,
    tree: Tree,
}

/// A leaf with the record behind it.
#[derive(Debug, Clone)]
pub struct TestEntry {
    /// The leaf.
    pub leaf: Leaf,
    /// Salt of a private leaf.
    pub salt: Option<[u8; 32]>,
    /// The statement's bytes.
    pub record: Vec<u8>,
}

impl World {
    /// An exchange with one administrator; its trust list 1 is entry 0.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with_administrators(seed, 1, 1)
    }

    /// An exchange with several administrators, whose trust list 1 is entry 0.
    #[must_use]
    pub fn with_administrators(seed: u64, administrators: usize, threshold: usize) -> Self {
        let mut world = Self::empty(seed, administrators, threshold);
        let list = world.by_administrators(&world.trust_list());
        world.append(&list);
        world
    }

    /// An exchange whose log has no entry yet.
    #[must_use]
    pub fn empty(seed: u64, administrators: usize, threshold: usize) -> Self {
        let origin: Origin = "exchange.example/log".parse().expect("a well-formed origin");
        let mut random = Seeded::new(seed);
        let log_key = TestKey { name: origin.to_string(), seed: random.bytes() };
        let mut world = Self {
            chain: ClearChain::new(origin.clone()),
            origin,
            log_key,
            administrators: Vec::new(),
            threshold,
            entries: Vec::new(),
            now: BEGIN,
            random,
            sealed: Vec::new(),
            recorded: VecDeque::new(),
            admitted: 0,
            tree: Tree::new(),
        };
        world.administrators = (0..administrators).map(|_| world.new_administrator()).collect();
        world.administrators.sort_by_key(|administrator| administrator.id);
        world
    }

    /// A further administrator, who is in no list yet.
    pub fn new_administrator(&mut self) -> TestAdministrator {
        let id = self.random.id();
        let key = self.new_key(Role::Administrator, id);
        TestAdministrator { id, key, sealing_seed: self.random.bytes() }
    }

    /// A new key for a holder.
    pub fn new_key(&mut self, role: Role, id: Id) -> TestKey {
        TestKey { name: self.origin.key_name(role, id), seed: self.random.bytes() }
    }

    /// The trust list of the present administrators and threshold, after the newest in the log.
    #[must_use]
    pub fn trust_list(&self) -> TrustList {
        let newest = self.directory().trust_list();
        TrustList {
            version: newest.map_or(0, |list| list.body.version) + 1,
            previous: newest.map(|list| list.digest),
            threshold: self.threshold as u64,
            administrators: self.administrators.iter().map(TestAdministrator::line).collect(),
            logs: vec![LogKey(self.log_key.signing().verifying_key().clone())],
            ca_pins: vec![sha256(&[b"the CA of the test"])],
            policy: None,
            old_log: None,
        }
    }

    /// A statement signed by as many administrators as the threshold says.
    #[must_use]
    pub fn by_administrators(&self, body: &impl Body) -> Statement {
        let keys = self.administrators.iter().take(self.threshold).map(|a| &a.key);
        self.signed(body, &keys.collect::<Vec<_>>())
    }

    /// A statement signed by these keys, whether or not that is right.
    #[must_use]
    pub fn signed(&self, body: &impl Body, keys: &[&TestKey]) -> Statement {
        let keys: Vec<_> = keys.iter().map(|key| key.signing()).collect();
        let keys: Vec<_> = keys.iter().collect();
        sign(&self.origin, body, &keys).expect("tests make well-formed statements")
    }

    /// A statement of the exchange itself.
    #[must_use]
    pub fn unsigned(&self, body: &impl Body) -> Statement {
        unsigned(&self.origin, body).expect("tests make well-formed statements")
    }

    /// Appends a statement and returns its index. A clear one must keep the rules.
    pub fn append(&mut self, statement: &Statement) -> u64 {
        self.try_append(statement).expect("the clear leaf keeps the rules")
    }

    /// As [`World::append`], for clear leaves that may break a rule.
    ///
    /// # Errors
    /// What a client would say; then nothing was appended.
    pub fn try_append(&mut self, statement: &Statement) -> Result<u64, ChainAlarm> {
        let index = self.tree.size();
        let record = statement.bytes();
        let (leaf, salt) = if statement.body.is_clear() {
            let (number, previous) = (self.chain.next_number(), self.chain.head());
            let leaf = ClearLeaf { time: self.now, number, previous, statement: record.clone() };
            self.chain.push(index, &leaf.encode())?;
            (Leaf::Clear(leaf), None)
        } else {
            let salt = self.random.bytes();
            let after = self.chain.chain_head().expect("entry 0 is there");
            (Leaf::Private(PrivateLeaf::of(self.now, after, &salt, &record)), Some(salt))
        };
        Ok(self.append_unchecked(TestEntry { leaf, salt, record }))
    }

    /// Appends a leaf as it is, as only an exchange that breaks its rules would. The clear chain and
    /// its directory do not learn of it.
    pub fn append_unchecked(&mut self, entry: TestEntry) -> u64 {
        let index = self.tree.append(entry.leaf.hash());
        self.entries.push(entry);
        self.now = Time(self.now.0 + 1000);
        index
    }

    /// Appends a tick.
    pub fn tick(&mut self) -> u64 {
        self.append(&self.unsigned(&Tick {}))
    }

    /// What the clear chain gives.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        self.chain.directory()
    }

    /// The fingerprint that the city prints on paper.
    #[must_use]
    pub fn fingerprint(&self) -> Hash {
        self.directory().root_fingerprint().expect("entry 0 is there")
    }

    /// Where the next leaf will stand.
    #[must_use]
    pub fn next_position(&self) -> LogPosition {
        LogPosition::of_private(
            self.chain.next_number().saturating_sub(1),
            self.tree.size(),
            self.now,
        )
    }

    /// Where a leaf stands.
    #[must_use]
    pub fn position(&self, index: u64) -> LogPosition {
        self.entry(index).leaf.at(index)
    }

    /// A leaf.
    #[must_use]
    pub fn entry(&self, index: u64) -> &TestEntry {
        let index = usize::try_from(index).expect("a test's log is small");
        self.entries.get(index).expect("the leaf was appended")
    }

    /// The index of a statement, if it was appended.
    #[must_use]
    pub fn find(&self, statement: &Statement) -> Option<u64> {
        let bytes = statement.bytes();
        let at = self.entries.iter().position(|entry| entry.record == bytes);
        at.map(|at| at as u64)
    }

    /// The index of a statement that was appended.
    #[must_use]
    pub fn index_of(&self, statement: &Statement) -> u64 {
        self.find(statement).expect("the statement was appended")
    }

    /// The checkpoint over all leaves, signed.
    #[must_use]
    pub fn checkpoint(&self) -> VerifiedCheckpoint {
        let checkpoint = Checkpoint::new(self.origin.as_str(), self.tree.size(), self.tree.root());
        let key = self.log_key.signing();
        let note = checkpoint.and_then(|checkpoint| checkpoint.sign(&key)).map(|n| n.encode());
        let keys = [key.verifying_key().clone()];
        note.and_then(|note| VerifiedCheckpoint::verify(note, self.origin.as_str(), &keys))
            .expect("the log signs its own checkpoint")
    }

    /// The path of a leaf to the present checkpoint.
    #[must_use]
    pub fn proof(&self, index: u64) -> Vec<Hash> {
        self.tree.inclusion_proof(index, self.tree.size()).expect("the leaf was appended")
    }

    /// The receipt of a leaf against the present checkpoint, with its record.
    #[must_use]
    pub fn receipt(&self, index: u64) -> v1::Receipt {
        use v1::receipt::Visibility;
        let entry = self.entry(index);
        let visibility = match &entry.leaf {
            Leaf::Clear(leaf) => Visibility::Clear(v1::ClearPart {
                number: leaf.number,
                previous: leaf.previous.0.to_vec().into(),
            }),
            Leaf::Private(leaf) => Visibility::Private(v1::PrivatePart {
                clear_number: leaf.after.number,
                clear_head: leaf.after.hash.0.to_vec().into(),
                salt: entry.salt.expect("a private leaf has a salt").to_vec().into(),
            }),
        };
        v1::Receipt {
            index,
            time_ms: entry.leaf.time().0,
            visibility: Some(visibility),
            proof: self.proof(index).iter().map(|hash| hash.0.to_vec().into()).collect(),
            checkpoint: self.checkpoint().note_bytes().to_vec().into(),
            record: entry.record.clone().into(),
        }
    }

    /// The receipt, verified.
    #[must_use]
    pub fn verified(&self, index: u64) -> VerifiedReceipt {
        let keys = [self.log_key.signing().verifying_key().clone()];
        receipt::verify(&self.receipt(index), None, &self.origin, &keys)
            .expect("the log's own receipts verify")
    }
}
