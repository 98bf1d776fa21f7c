//! Which clear leaves the proof of one message needs.

use std::collections::BTreeSet;

use crate::statement::{AnyBody, Institution, Statement};
use crate::value::{Id, Origin, Role, Value};

/// What a message's private records refer to in the clear chain.
///
/// The rule that verifier and maker share: needed are all trust lists; records, standings, profiles and
/// key sets of sender and recipient; records of their predecessors; admission and removal of each
/// terminal that signed, fetched, or holds a shown worker's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    terminal_names: String,
    parties: BTreeSet<Id>,
    predecessors: BTreeSet<Id>,
    terminals: BTreeSet<Id>,
}

impl Needed {
    /// Nothing but the trust lists of that log.
    #[must_use]
    pub fn new(origin: &Origin) -> Self {
        Self {
            terminal_names: format!("{origin}/{}/", Role::Terminal.word()),
            parties: BTreeSet::new(),
            predecessors: BTreeSet::new(),
            terminals: BTreeSet::new(),
        }
    }

    /// Takes in what a record, or a worker statement inside a letter, refers to.
    pub fn add_record(&mut self, statement: &Statement) {
        match &statement.body {
            AnyBody::Envelope(envelope) => {
                self.parties.extend([envelope.from, envelope.to.institution]);
            }
            AnyBody::Fetched(fetched) => {
                self.terminals.insert(fetched.terminal);
            }
            AnyBody::Worker(worker) => {
                self.terminals.insert(worker.terminal);
            }
            _ => {}
        }
        let prefix = &self.terminal_names;
        let signer = |name: &str| name.strip_prefix(prefix.as_str()).and_then(Id::decode);
        self.terminals.extend(statement.signatures().iter().filter_map(|line| signer(line.name())));
    }

    /// Takes in the predecessors of the parties, and theirs. Call it after the records, with every
    /// institution's record that is at hand.
    pub fn add_predecessors<'a>(&mut self, records: impl Iterator<Item = &'a Institution> + Clone) {
        loop {
            let is_known = |id: &Id| self.parties.contains(id) || self.predecessors.contains(id);
            let of_known = records.clone().filter(|record| is_known(&record.institution));
            let more: Vec<Id> = of_known
                .filter_map(|record| record.predecessor)
                .filter(|id| !is_known(id))
                .collect();
            if more.is_empty() {
                return;
            }
            self.predecessors.extend(more);
        }
    }

    /// Whether a clear leaf with these lines belongs.
    #[must_use]
    pub fn contains(&self, body: &AnyBody) -> bool {
        match body {
            AnyBody::TrustList(_) => true,
            AnyBody::Institution(record) => {
                self.parties.contains(&record.institution)
                    || self.predecessors.contains(&record.institution)
            }
            AnyBody::Standing(standing) => self.parties.contains(&standing.institution),
            AnyBody::Profile(profile) => self.parties.contains(&profile.institution),
            AnyBody::KeySet(set) => self.parties.contains(&set.institution),
            AnyBody::Terminal(terminal) => self.terminals.contains(&terminal.terminal),
            AnyBody::TerminalRemoved(removed) => self.terminals.contains(&removed.terminal),
            _ => false,
        }
    }
}
