//! The clear leaves that are shown: a clear chain with gaps, replayed by the directory's own rules.

use super::{Evidence, EvidenceRefused};
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
}

impl Chain {
    /// Replays what is shown. That the leaves are in the log is for the caller to check.
    pub(super) fn replay(evidence: &Evidence) -> Result<Self, EvidenceRefused> {
        let first = evidence.clear.first().ok_or(EvidenceRefused::NoTrustList)?;
        if (first.index, first.leaf.number, first.leaf.previous) != (0, 0, Hash([0; 32])) {
            return Err(EvidenceRefused::NoTrustList);
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
        Ok(Self { directory, statements })
    }

    /// The keys of the log by every list: receipts inside letters may be older than the newest.
    pub(super) fn all_log_keys(&self) -> Vec<VerifyingKey> {
        let lists = self.directory.trust_lists().iter().flat_map(|list| &list.body.logs);
        lists.map(|log| log.0.clone()).collect()
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
