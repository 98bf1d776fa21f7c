//! Receipts and checkpoints against what this vault remembers.

use tsumugu_proto::v1;
use tsumugu_trust::checkpoint::{CheckpointError, VerifiedCheckpoint};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::{Leaf, PrivateLeaf};
use tsumugu_trust::merkle::verify_consistency;
use tsumugu_trust::receipt::{self, VerifiedReceipt, hashes};
use tsumugu_trust::statement::Statement;

use super::Session;
use super::sync::CLOCK_TOLERANCE_MS;
use crate::failure::Failure;
use crate::messages::Sentence;

/// The log may grow between two questions, and a third is then needed; more often than this it is
/// not the log that keeps us from an answer.
const MAX_ROUNDS: usize = 16;

/// How many states of the log are remembered as proved: a session of an agent lives for months.
const MAX_PROVED: usize = 4_096;

impl Session<'_> {
    /// Verifies a receipt, and that its checkpoint is a state of the log that this vault knows.
    ///
    /// `known` is the record where the receipt leaves it out. The leaf has to be of the sort that the
    /// statement's kind demands: a clear statement behind a private leaf would be hidden.
    ///
    /// # Errors
    /// An alarm, which is kept; or the exchange was not reached for a consistency proof.
    pub async fn verify_receipt(
        &mut self,
        receipt: &v1::Receipt,
        known: Option<&[u8]>,
    ) -> Result<VerifiedReceipt, Failure> {
        let before = self.known.as_ref().map(|known| known.size());
        let verified = self.receipt_verified(receipt, known).await;
        let verified = self.keep_alarm(verified)?;
        // Kept before anything is called done: an exchange that is put back to an older state afterwards
        // is noticed also by a program that had no time to ask again.
        if self.known.as_ref().map(|known| known.size()) != before {
            self.keep_checkpoint(&self.vault.lock()?)?;
        }
        Ok(verified)
    }

    /// Verifies the receipt of something just done, and warns where its time is far from this PC's.
    ///
    /// # Errors
    /// As [`Self::verify_receipt`]; the answer has no receipt.
    pub async fn verify_answer(
        &mut self,
        receipt: Option<&v1::Receipt>,
        known: Option<&[u8]>,
    ) -> Result<VerifiedReceipt, Failure> {
        let receipt = receipt.ok_or_else(|| crate::rpc::incomplete("receipt"))?;
        let verified = self.verify_receipt(receipt, known).await?;
        let apart = verified.at.time.0.abs_diff(self.ctx.now().0);
        if apart > CLOCK_TOLERANCE_MS {
            self.ctx.note(&Sentence::clock_differs(apart / 60_000));
        }
        Ok(verified)
    }

    async fn receipt_verified(
        &mut self,
        receipt: &v1::Receipt,
        known: Option<&[u8]>,
    ) -> Result<VerifiedReceipt, Failure> {
        let (keys, memory) = (self.log_keys(), self.directory().checkpoints());
        let verified = receipt::verify_remembering(receipt, known, self.origin(), &keys, memory)
            .map_err(|error| Failure::bad_proof(&error.to_string()).because(error))?;
        let statement = Statement::parse(&verified.record)
            .map_err(|error| Failure::bad_proof("the record is not a statement").because(error))?;
        let is_clear = matches!(verified.leaf, Leaf::Clear(_));
        if !statement.body.is_leaf() || statement.body.is_clear() != is_clear {
            return Err(Failure::bad_proof("the leaf is not of the statement's sort"));
        }
        self.accept(verified.checkpoint.clone()).await?;
        if let Leaf::Private(leaf) = &verified.leaf {
            self.stands_in_our_chain(leaf).await?;
        }
        Ok(verified)
    }

    /// A private leaf names the clear leaf that it was made after. If it is not in the clear chain
    /// that this vault holds, somebody else is shown other members and keys than we are.
    async fn stands_in_our_chain(&mut self, leaf: &PrivateLeaf) -> Result<(), Failure> {
        if self.directory().holds(leaf).is_none() {
            // Made after the newest clear leaf that we know: the chain has grown meanwhile.
            Box::pin(self.sync()).await?;
        }
        match self.directory().holds(leaf) {
            Some(true) => Ok(()),
            _ => Err(Failure::bad_proof("the record stands in another clear chain")),
        }
    }

    /// Remembers a checkpoint that another terminal of ours has verified, where this vault knows none yet:
    /// the log has to continue it.
    ///
    /// # Errors
    /// [`CheckpointError`]: no key of the log has signed it.
    pub(crate) fn begin_from(&mut self, note: &[u8]) -> Result<(), CheckpointError> {
        let (origin, keys) = (self.origin().as_str(), self.log_keys());
        let verified = VerifiedCheckpoint::verify(note, origin, &keys)?;
        self.known.get_or_insert(verified);
        Ok(())
    }

    /// Proves that a checkpoint and the one that is remembered are states of one log; the larger one
    /// is remembered.
    pub(crate) async fn accept(&mut self, checkpoint: VerifiedCheckpoint) -> Result<(), Failure> {
        let mut asked = checkpoint;
        for _ in 0..MAX_ROUNDS {
            let Some(known) = self.known.clone() else {
                self.remember(asked);
                return Ok(());
            };
            if let Some(root) = self.proved.get(&asked.size()) {
                return same(*root == asked.root(), asked.size());
            }
            if asked.size() == known.size() {
                return same(known.root() == asked.root(), known.size());
            }
            if asked.size() > known.size() {
                // The newest state has to continue what is remembered, and to include what is asked.
                let newest = self.continued(&known).await?;
                if newest.size() < asked.size() {
                    return Err(Failure::log_rolled_back(asked.size(), newest.size()));
                }
                self.remember(newest);
            } else {
                // An earlier state: the newest continues it, and is asked about in its place.
                let newest = self.continued(&asked).await?;
                if newest.size() < known.size() {
                    return Err(Failure::log_rolled_back(known.size(), newest.size()));
                }
                if newest.size() == known.size() {
                    same(newest.root() == known.root(), known.size())?;
                    self.note_proved(asked.size(), asked.root());
                    return Ok(());
                }
                asked = newest;
            }
        }
        Err(Failure::new("connection.no-answer"))
    }

    /// The newest checkpoint of the exchange, proved to continue `earlier`.
    async fn continued(
        &mut self,
        earlier: &VerifiedCheckpoint,
    ) -> Result<VerifiedCheckpoint, Failure> {
        let answer = self.newest_checkpoint(Some(earlier)).await?;
        self.continues(earlier, &answer)
    }

    /// Asks for the newest checkpoint. Nothing is checked yet.
    pub(super) async fn newest_checkpoint(
        &mut self,
        earlier: Option<&VerifiedCheckpoint>,
    ) -> Result<v1::GetCheckpointResponse, Failure> {
        let known = earlier.map_or_else(Vec::new, |earlier| earlier.note_bytes().to_vec());
        let request = v1::GetCheckpointRequest { known_checkpoint: known.into() };
        self.connect().await?.get_checkpoint(request).await
    }

    /// The newest checkpoint of the exchange, which continues what this vault remembers and `earlier`.
    ///
    /// # Errors
    /// An alarm, which is kept; or the exchange was not reached.
    pub(crate) async fn newest_after(
        &mut self,
        earlier: Option<&VerifiedCheckpoint>,
    ) -> Result<VerifiedCheckpoint, Failure> {
        let newest = self.newest_that_continues(earlier).await;
        self.keep_alarm(newest)
    }

    async fn newest_that_continues(
        &mut self,
        earlier: Option<&VerifiedCheckpoint>,
    ) -> Result<VerifiedCheckpoint, Failure> {
        let answer = self.newest_checkpoint(earlier).await?;
        let newest = match earlier {
            Some(earlier) => self.continues(earlier, &answer)?,
            None => self.signed(&answer)?,
        };
        self.accept(newest.clone()).await?;
        Ok(newest)
    }

    /// A checkpoint that the log has signed at any time, under any of its keys.
    ///
    /// # Errors
    /// An alarm; it is not kept, since a file may be anybody's.
    pub(crate) fn signed_before(&self, note: &[u8]) -> Result<VerifiedCheckpoint, Failure> {
        let lists = self.directory().trust_lists().iter();
        let keys: Vec<_> = lists.flat_map(|l| l.body.logs.iter().map(|k| k.0.clone())).collect();
        VerifiedCheckpoint::verify(note, self.origin().as_str(), &keys).map_err(|error| {
            Failure::new("log.bad-folder").with("part", "checkpoint").because(error)
        })
    }

    /// Checks the signature of an answer's checkpoint.
    pub(super) fn signed(
        &self,
        answer: &v1::GetCheckpointResponse,
    ) -> Result<VerifiedCheckpoint, Failure> {
        let origin = self.origin().as_str();
        VerifiedCheckpoint::verify(&answer.checkpoint, origin, &self.log_keys())
            .map_err(|error: CheckpointError| Failure::bad_proof("checkpoint").because(error))
    }

    /// Checks that an answer's checkpoint is signed and continues `earlier`.
    pub(super) fn continues(
        &self,
        earlier: &VerifiedCheckpoint,
        answer: &v1::GetCheckpointResponse,
    ) -> Result<VerifiedCheckpoint, Failure> {
        let newest = self.signed(answer)?;
        if newest.size() < earlier.size() {
            return Err(Failure::log_rolled_back(earlier.size(), newest.size()));
        }
        let proof =
            hashes(&answer.consistency_proof).ok_or_else(|| Failure::bad_proof("consistency"))?;
        let (old, new) = (earlier, &newest);
        verify_consistency(old.size(), &old.root(), new.size(), &new.root(), &proof)
            .map_err(|error| Failure::log_forked(earlier.size()).because(error))?;
        Ok(newest)
    }

    /// Remembers a checkpoint that is proved to continue the one before.
    pub(super) fn remember(&mut self, checkpoint: VerifiedCheckpoint) {
        if let Some(before) = self.known.replace(checkpoint) {
            self.note_proved(before.size(), before.root());
        }
    }

    /// The oldest are forgotten first: they may be proved again.
    fn note_proved(&mut self, size: u64, root: Hash) {
        self.proved.insert(size, root);
        while self.proved.len() > MAX_PROVED {
            self.proved.pop_first();
        }
    }
}

fn same(same: bool, size: u64) -> Result<(), Failure> {
    if same { Ok(()) } else { Err(Failure::log_forked(size)) }
}
