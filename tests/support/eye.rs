//! An eye on the log: checks every receipt, and forgets nothing that it was shown.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tsumugu_proto::v1;
use tsumugu_proto::v1::sync_directory_response::Part;
use tsumugu_trust::checkpoint::VerifiedCheckpoint;
use tsumugu_trust::directory::{ClearChain, Directory};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::Leaf;
use tsumugu_trust::merkle::{Tree, leaf_hash, verify_consistency};
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::receipt::{self, VerifiedReceipt, hashes};
use tsumugu_trust::statement::AnyBody;
use tsumugu_trust::value::Origin;

use super::link::Link;

/// What several parties know together. Clones see the same.
#[derive(Debug, Clone)]
pub struct Eye {
    pub origin: Origin,
    pub log_key: VerifyingKey,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug)]
struct Seen {
    chain: ClearChain,
    /// Trust lists as they travel.
    lists: Vec<Vec<u8>>,
    /// Leaves that a receipt proved.
    leaves: BTreeMap<u64, Hash>,
    checkpoints: Vec<VerifiedCheckpoint>,
}

impl Eye {
    pub fn new(origin: Origin, log_key: VerifyingKey) -> Self {
        let chain = ClearChain::new(origin.clone());
        let seen = Seen { chain, lists: vec![], leaves: BTreeMap::new(), checkpoints: vec![] };
        Self { origin, log_key, seen: Arc::new(Mutex::new(seen)) }
    }

    /// Checks a receipt and remembers what it proves. `known` is the record where it is left out.
    #[track_caller]
    pub fn receipt(&self, receipt: &v1::Receipt, known: Option<&[u8]>) -> VerifiedReceipt {
        let keys = [self.log_key.clone()];
        let verified = receipt::verify(receipt, known, &self.origin, &keys).expect("it verifies");
        let mut seen = self.seen();
        let leaf = verified.leaf.hash();
        let before = seen.leaves.insert(verified.at.index, leaf);
        assert!(before.is_none_or(|before| before == leaf), "two leaves at one index");
        seen.checkpoints.push(verified.checkpoint.clone());
        verified
    }

    /// Checks the receipt of a statement that the caller has.
    #[track_caller]
    pub fn taken(
        &self,
        receipt: Option<&v1::Receipt>,
        statement: &tsumugu_trust::statement::Statement,
    ) -> VerifiedReceipt {
        self.receipt(receipt.expect("a receipt"), Some(&statement.bytes()))
    }

    /// Checks a checkpoint and remembers it.
    #[track_caller]
    pub fn checkpoint(&self, note: &[u8]) -> VerifiedCheckpoint {
        let keys = [self.log_key.clone()];
        let verified = VerifiedCheckpoint::verify(note, self.origin.as_str(), &keys).unwrap();
        self.seen().checkpoints.push(verified.clone());
        verified
    }

    /// The largest checkpoint so far.
    pub fn newest(&self) -> VerifiedCheckpoint {
        let seen = self.seen();
        seen.checkpoints.iter().max_by_key(|checkpoint| checkpoint.size()).unwrap().clone()
    }

    /// Reads on in the clear chain, by all of its rules.
    pub async fn sync(&self, link: &Link) {
        let start_number = self.seen().chain.next_number();
        let request = v1::SyncDirectoryRequest { start_number };
        let mut stream = link.directory().sync_directory(request).await.unwrap().into_inner();
        let mut head = None;
        while let Some(piece) = stream.message().await.unwrap() {
            assert!(head.is_none(), "the head comes last");
            match piece.part.unwrap() {
                Part::Leaves(leaves) => leaves.leaves.iter().for_each(|leaf| self.push(leaf)),
                Part::Head(receipt) => head = Some(receipt),
            }
        }
        let head = head.expect("the head comes");
        let last = self.seen().chain.head();
        let Some(v1::receipt::Visibility::Clear(part)) = &head.visibility else {
            panic!("the head is a clear leaf")
        };
        // The last entry is the one whose hash the chain ends in; its inclusion is proved.
        assert_eq!(part.number + 1, self.seen().chain.next_number());
        let proof = hashes(&head.proof).unwrap();
        let checkpoint = self.checkpoint(&head.checkpoint);
        let entry = self.seen().leaves.get(&head.index).copied();
        let entry = entry.expect("the last leaf was sent before");
        let index = head.index;
        let root = checkpoint.root();
        tsumugu_trust::merkle::verify_inclusion(entry, index, checkpoint.size(), &proof, &root)
            .unwrap();
        assert_ne!(last, Hash([0; 32]));
    }

    fn push(&self, leaf: &v1::ClearLeaf) {
        let mut seen = self.seen();
        let clear = seen.chain.push(leaf.index, &leaf.entry).expect("the chain keeps the rules");
        if let Ok(statement) = clear.parse_statement()
            && let AnyBody::TrustList(_) = statement.body
        {
            seen.lists.push(clear.statement.clone());
        }
        seen.leaves.insert(leaf.index, leaf_hash(&leaf.entry));
    }

    /// The directory that the chain gives, as far as it was read.
    pub fn directory(&self) -> Directory {
        self.seen().chain.directory().clone()
    }

    /// Trust lists as they travel, from version 1.
    pub fn lists(&self) -> Vec<Vec<u8>> {
        self.seen().lists.clone()
    }

    /// Asks for the newest checkpoint, with the proof that it continues the largest one seen.
    pub async fn follow(&self, link: &Link) -> VerifiedCheckpoint {
        let known = self.newest();
        let known_checkpoint = known.note_bytes().to_vec().into();
        let request = v1::GetCheckpointRequest { known_checkpoint };
        let answer = link.log().get_checkpoint(request).await.unwrap().into_inner();
        let newest = self.checkpoint(&answer.checkpoint);
        let proof = hashes(&answer.consistency_proof).unwrap();
        let (old, new) = (known.size(), newest.size());
        verify_consistency(old, &known.root(), new, &newest.root(), &proof).unwrap();
        newest
    }

    /// Reads the whole log and computes it anew: its checkpoint is true, every checkpoint ever seen is
    /// one of its past, every leaf that a receipt proved is where it was. Returns its entries.
    pub async fn audit(&self, link: &Link) -> Vec<Leaf> {
        let newest = self.follow(link).await;
        let request = v1::ListLeavesRequest { start: 0, end: newest.size() };
        let mut stream = link.log().list_leaves(request).await.unwrap().into_inner();
        let (mut tree, mut leaves) = (Tree::new(), Vec::new());
        while let Some(piece) = stream.message().await.unwrap() {
            assert_eq!(piece.start, leaves.len() as u64);
            for entry in &piece.entries {
                leaves.push(Leaf::parse(entry).expect("a leaf"));
                tree.append(leaf_hash(entry));
            }
        }
        assert_eq!((tree.size(), tree.root()), (newest.size(), newest.root()));
        let seen = self.seen();
        for checkpoint in &seen.checkpoints {
            assert_eq!(tree.root_at(checkpoint.size()), Ok(checkpoint.root()));
        }
        for (index, leaf) in &seen.leaves {
            assert_eq!(leaves[*index as usize].hash(), *leaf, "leaf {index} changed");
        }
        assert!(leaves.windows(2).all(|pair| pair[0].time() <= pair[1].time()));
        leaves
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}
