//! The clear leaves that are shown: a clear chain with gaps, replayed by the directory's own rules.

use super::{Evidence, EvidenceRefused, ShownClear, ShownPrivate};
use crate::directory::{Directory, Entry, Member};
use crate::hash::Hash;
use crate::leaf::LogPosition;
use crate::note::VerifyingKey;
use crate::statement::{AnyBody, Statement};
use crate::value::Id;

/// The clear statements in log order, each accepted by the rules of section 2.2.
pub(super) struct Chain {
    /// What they give.
    pub(super) directory: Directory,
    /// The statements with their places.
    pub(super) statements: Vec<(LogPosition, Statement)>,
    shown: Vec<Shown>,
}

/// A clear leaf that is shown.
struct Shown {
    index: u64,
    number: u64,
    hash: Hash,
}

impl Chain {
    /// Replays what is shown. That the leaves are in the log is for the caller to check.
    pub(super) fn replay(evidence: &Evidence) -> Result<Self, EvidenceRefused> {
        let first = evidence.clear.first().ok_or(EvidenceRefused::NoTrustList)?;
        if (first.index, first.leaf.number, first.leaf.previous) != (0, 0, Hash([0; 32])) {
            return Err(EvidenceRefused::NoTrustList);
        }
        for pair in evidence.clear.windows(2) {
            check_link(&pair[0], &pair[1])?;
        }
        let mut directory = Directory::new(evidence.origin.clone());
        let mut statements = Vec::with_capacity(evidence.clear.len());
        for shown in &evidence.clear {
            let rule = |source| EvidenceRefused::rule(shown.index, source);
            let statement = shown.leaf.parse_statement().map_err(|source| rule(source.into()))?;
            let at = LogPosition::of_clear(shown.leaf.number, shown.index, shown.leaf.time);
            directory.apply(at, &statement).map_err(rule)?;
            statements.push((at, statement));
        }
        let shown = evidence.clear.iter().map(|clear| Shown {
            index: clear.index,
            number: clear.leaf.number,
            hash: clear.leaf.chain_hash(),
        });
        Ok(Self { directory, statements, shown: shown.collect() })
    }

    /// The keys of the log by every list: receipts inside letters may be older than the newest.
    pub(super) fn all_log_keys(&self) -> Vec<VerifyingKey> {
        let lists = self.directory.trust_lists().iter().flat_map(|list| &list.body.logs);
        lists.map(|log| log.0.clone()).collect()
    }

    /// Whether a private leaf fits the clear leaves that are shown: `None` where the leaf that it names
    /// is not shown, and its index and number contradict none.
    pub(super) fn holds(&self, private: &ShownPrivate) -> Option<bool> {
        let number = private.after.number;
        let order = |shown: &Shown| (shown.index < private.index) == (shown.number <= number);
        if !self.shown.iter().all(order) {
            return Some(false);
        }
        let named = self.shown.iter().find(|shown| shown.number == number)?;
        Some(named.hash == private.after.hash)
    }

    /// Checks that the whole clear chain holds every statement that is shown, where it reaches so far.
    pub(super) fn check_within(&self, whole: &Directory) -> Result<(), EvidenceRefused> {
        let foreign = |(at, statement): &&(LogPosition, Statement)| {
            let reached = whole.last().is_some_and(|last| at.index <= last.index);
            statement.origin != *whole.origin() || (reached && !holds(whole, *at, statement))
        };
        match self.statements.iter().find(foreign) {
            Some((at, _)) => Err(EvidenceRefused::OtherChain { index: at.index }),
            None => Ok(()),
        }
    }
}

/// Numbers grow no faster than indexes, and neighbours are linked.
fn check_link(before: &ShownClear, after: &ShownClear) -> Result<(), EvidenceRefused> {
    let leaves = after.index - before.index;
    let steps = after.leaf.number.saturating_sub(before.leaf.number);
    let linked = steps != 1 || after.leaf.previous == before.leaf.chain_hash();
    if (1..=leaves).contains(&steps) && linked {
        Ok(())
    } else {
        Err(EvidenceRefused::Continuity { index: after.index })
    }
}

fn holds(directory: &Directory, at: LogPosition, statement: &Statement) -> bool {
    let of = |id: Id| directory.member(id);
    let digest = statement.digest();
    match &statement.body {
        AnyBody::TrustList(_) => has(directory.trust_lists(), at, digest),
        AnyBody::Institution(lines) => {
            of(lines.institution).is_some_and(|m| has(&m.records, at, digest))
        }
        AnyBody::Standing(lines) => {
            of(lines.institution).is_some_and(|m| has(&m.standings, at, digest))
        }
        AnyBody::Profile(lines) => {
            of(lines.institution).is_some_and(|m| has(&m.profiles, at, digest))
        }
        AnyBody::KeySet(lines) => {
            of(lines.institution).is_some_and(|m| has(&m.key_sets, at, digest))
        }
        AnyBody::Terminal(lines) => {
            let terminal = of(lines.institution).and_then(|m| m.terminals.get(&lines.terminal));
            terminal.is_some_and(|t| t.admitted == at && t.key == lines.key)
        }
        AnyBody::TerminalRemoved(lines) => {
            let removed = |m: &Member| m.terminals.get(&lines.terminal).and_then(|t| t.removed);
            of(lines.institution).and_then(removed) == Some((at, lines.reason))
        }
        _ => false,
    }
}

fn has<B>(entries: &[Entry<B>], at: LogPosition, digest: Hash) -> bool {
    entries.iter().any(|entry| entry.at == at && entry.digest == digest)
}
