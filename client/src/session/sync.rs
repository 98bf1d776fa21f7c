//! Bringing the clear chain up to date, and proving it.
//!
//! ```text
//! SyncDirectory(next number)   leaves through the rules; the receipt of the last one
//! GetCheckpoint(remembered)    signed by the newest list's key, continues what is remembered
//! the receipt's checkpoint     a state of the same log
//! vault: chain, own records, checkpoint
//! ```
//!
//! Nothing is written before the last leaf is proved. A crash between two writes leaves a checkpoint
//! or a chain that is behind, which is what the vault had before.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_proto::v1::sync_directory_response::Part;
use tsumugu_trust::leaf::Leaf;
use tsumugu_trust::receipt;
use tsumugu_trust::value::Time;

use super::{CHECKPOINT_RECORD, OWN_RECORD, OwnRecords, Purpose, Session, StrangeRecord};
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::rpc::incomplete;
use crate::vault::VaultLock;

/// How old the last leaf of the chain may be, in milliseconds (`docs/FORMATS.md`, section 3).
pub const MAX_STALENESS_MS: u64 = 2 * 60 * 60 * 1000;

/// After so long a session asks again before it acts.
const RESYNC_MS: u64 = 60 * 60 * 1_000;

/// How far the exchange's clock may be from this PC's without a warning, in milliseconds.
pub const CLOCK_TOLERANCE_MS: u64 = 5 * 60 * 1000;

/// The alarms that say that this is not the log that was remembered.
const CONTRADICTIONS: [&str; 3] =
    ["log.rolled-back", "log.forked", "server.inconsistent-checkpoint"];

/// What a synchronisation found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// Clear leaves that are known now.
    pub leaves: u64,
    /// How many of them are new.
    pub new: u64,
    /// Leaves of the whole log.
    pub log_size: u64,
    /// Time of the last clear leaf (ISO 8601).
    pub until: String,
    /// Records about the own institution that nobody here made or confirmed.
    pub strange: Vec<StrangeRecord>,
}

impl Session<'_> {
    /// Takes in every clear leaf that is new and proves the chain against the log.
    ///
    /// Warns of a clock that differs and of strange records about the own institution.
    ///
    /// # Errors
    /// An alarm, which is kept; the exchange was not reached; with [`Purpose::Act`], the chain ends
    /// more than [`MAX_STALENESS_MS`] before the exchange's time, or before this PC's.
    pub async fn sync(&mut self) -> Result<SyncReport, Failure> {
        let synchronised = match self.synchronise().await {
            Err(failure) if failure.key() == "log.bad-proof" => Err(self.diagnosed(failure).await),
            synchronised => synchronised,
        };
        let report = self.keep_alarm(synchronised)?;
        self.take_in_releases().await;
        Ok(report)
    }

    /// Leaves of a log that was rolled back or forked do not fit either: the cause helps more than the
    /// first thing that it broke.
    async fn diagnosed(&mut self, failure: Failure) -> Failure {
        let Some(known) = self.known.clone() else { return failure };
        let continued = match self.newest_checkpoint(Some(&known)).await {
            Ok(answer) => self.continues(&known, &answer).map(|_| ()),
            Err(refused) => Err(refused),
        };
        match continued {
            Err(cause) if CONTRADICTIONS.contains(&cause.key()) => cause,
            _ => failure,
        }
    }

    async fn synchronise(&mut self) -> Result<SyncReport, Failure> {
        self.meet_others().await?;
        let before = self.chain.chain().next_number();
        let head = self.take_in_leaves(before).await?;
        let now = self.prove(&head).await?;
        self.store()?;
        let last = self.chain.last().map_or(Time(0), |leaf| leaf.time);
        self.warn(now, last)?;
        let leaves = self.chain.chain().next_number();
        Ok(SyncReport {
            leaves,
            new: leaves - before,
            log_size: self.known.as_ref().map_or(0, |known| known.size()),
            until: jst::iso(last),
            strange: self.own.strange().to_vec(),
        })
    }

    /// Another process of this vault may have been shown a later state of the log: it and ours have to
    /// be states of one.
    async fn meet_others(&mut self) -> Result<(), Failure> {
        let Some(stored) = self.load_checkpoint()? else { return Ok(()) };
        let ours = self.known.as_ref().map(|known| known.note_bytes());
        if ours == Some(stored.note_bytes()) { Ok(()) } else { self.accept(stored).await }
    }

    /// Pushes every leaf that comes into the chain, and gives the receipt that ends them.
    async fn take_in_leaves(&mut self, start: u64) -> Result<v1::Receipt, Failure> {
        let request = v1::SyncDirectoryRequest { start_number: start };
        let mut pieces = self.connect().await?.sync_directory(request).await?;
        let mut head = None;
        while let Some(piece) = pieces.next().await? {
            match piece.part {
                Some(Part::Leaves(leaves)) if head.is_none() => {
                    leaves.leaves.iter().try_for_each(|leaf| self.take_in(leaf))?;
                }
                Some(Part::Head(receipt)) if head.is_none() => head = Some(receipt),
                _ => return Err(incomplete("directory")),
            }
        }
        head.ok_or_else(|| incomplete("head"))
    }

    fn take_in(&mut self, leaf: &v1::ClearLeaf) -> Result<(), Failure> {
        let number = self.chain.chain().next_number();
        let statement = self
            .chain
            .push(leaf.index, &leaf.entry)
            .map_err(|bad| Failure::bad_proof(&bad.to_string()).because(bad))?;
        if let (Some(own), Some(last)) = (self.identity.institution(), self.chain.last()) {
            self.own.observe(own, number, last.time, &statement);
        }
        Ok(())
    }

    /// Proves that the chain's last leaf is in the log that is remembered; gives the exchange's time.
    async fn prove(&mut self, head: &v1::Receipt) -> Result<Time, Failure> {
        let last = self.chain.last().ok_or_else(|| Failure::new("server.not-bootstrapped"))?;
        let verified =
            receipt::verify(head, Some(&last.statement), self.origin(), &self.log_keys())
                .map_err(|error| Failure::bad_proof(&error.to_string()).because(error))?;
        let place = self.chain.places().last().map(|place| place.index);
        if verified.leaf != Leaf::Clear(last.clone()) || Some(verified.at.index) != place {
            return Err(Failure::bad_proof("the proof is of another leaf"));
        }
        let joined_under = self.identity.exchange.joined_under;
        if !self.directory().trust_lists().iter().any(|list| list.digest == joined_under) {
            return Err(Failure::bad_proof("the trust list of the invitation is not in the log"));
        }
        let known = self.known.clone();
        let answer = self.newest_checkpoint(known.as_ref()).await?;
        let newest = match &known {
            Some(known) => self.continues(known, &answer)?,
            None => self.signed(&answer)?,
        };
        self.remember(newest);
        self.accept(verified.checkpoint).await?;
        Ok(Time(answer.time_ms))
    }

    fn store(&mut self) -> Result<(), Failure> {
        let lock = self.vault.lock()?;
        self.own.absorb(OwnRecords::load(&self.vault)?);
        self.chain.save(&self.vault, &lock)?;
        lock.write_json(OWN_RECORD, &self.own)?;
        self.keep_checkpoint(&lock)
    }

    /// Writes the checkpoint that is remembered. A later state that another process has written meanwhile
    /// stays.
    pub(super) fn keep_checkpoint(&self, lock: &VaultLock<'_>) -> Result<(), Failure> {
        let stored = self.load_checkpoint()?.map(|stored| stored.size());
        if let Some(known) = &self.known
            && stored.is_none_or(|stored| stored < known.size())
        {
            lock.write(CHECKPOINT_RECORD, known.note_bytes())?;
        }
        Ok(())
    }

    fn warn(&mut self, now: Time, last: Time) -> Result<(), Failure> {
        let apart = now.0.abs_diff(self.ctx.now().0);
        if apart > CLOCK_TOLERANCE_MS {
            self.warn_once("clock".to_owned(), &Sentence::clock_differs(apart / 60_000));
        }
        for strange in self.own.strange().to_vec() {
            self.warn_once(strange.digest.to_string(), &strange.sentence());
        }
        // An exchange that hides the newest leaves would state a time that fits them.
        let age = now.max(self.ctx.now()).0.saturating_sub(last.0);
        self.age = Some((age, self.ctx.now()));
        if age <= MAX_STALENESS_MS {
            return Ok(());
        }
        match self.purpose {
            Purpose::Act => Err(stale(age)),
            Purpose::Look => {
                self.warn_once("stale".to_owned(), &Sentence::stale_log(age / 60_000));
                Ok(())
            }
        }
    }

    /// Makes sure that the chain is one to act on, whatever the command is about: what waits in the
    /// outbox goes out also with a command that only looks.
    ///
    /// # Errors
    /// As [`Self::sync`] with [`Purpose::Act`].
    pub(crate) async fn fresh(&mut self) -> Result<(), Failure> {
        // What was fresh an hour ago need not be; a clock that went back tells nothing.
        let old = |at: Time| self.ctx.now().0.abs_diff(at.0) > RESYNC_MS;
        if self.age.is_none_or(|(_, at)| old(at)) {
            self.sync().await?;
        }
        match self.age {
            Some((age, _)) if age <= MAX_STALENESS_MS => Ok(()),
            age => Err(stale(age.map_or(u64::MAX, |(age, _)| age))),
        }
    }

    /// A command synchronises several times, and warns once.
    pub(crate) fn warn_once(&mut self, of: String, sentence: &Sentence) {
        if self.warned.insert(of) {
            self.ctx.note(sentence);
        }
    }
}

fn stale(age_ms: u64) -> Failure {
    Failure::new("session.stale").with("minutes", age_ms / 60_000)
}
