//! Accepting a clear statement: every rule first, then the change.

use super::model::{
    Directory, Entry, Holder, KeyUse, Member, TerminalEntry, material, sealing_material,
    signing_administrators,
};
use super::names::folded;
use super::refusal::Refusal;
use crate::hash::Hash;
use crate::leaf::LogPosition;
use crate::statement::{
    AnyBody, CatalogueRelease, Institution, KeySet, Profile, RemovalReason, Standing,
    StandingState, Statement, Terminal, TerminalRemoved, TrustList,
};
use crate::value::{Id, Key, Role};

type Bindings = Vec<(Hash, Holder)>;

impl Directory {
    /// Takes in the statement of a clear leaf. On a refusal nothing has changed.
    ///
    /// # Errors
    /// [`Refusal`] names the rule.
    pub fn apply(&mut self, at: LogPosition, statement: &Statement) -> Result<(), Refusal> {
        if statement.origin != self.origin {
            return Err(Refusal::OtherOrigin);
        }
        if self.last.is_some_and(|last| at.time < last.time) {
            return Err(Refusal::Continuity("the log's time went back"));
        }
        if self.last.is_some_and(|last| at.index <= last.index) {
            return Err(Refusal::Continuity("the log's index went back"));
        }
        let is_first = at.index == 0 && matches!(statement.body, AnyBody::TrustList(_));
        if self.trust.is_empty() && !is_first {
            return Err(Refusal::Continuity("entry 0 is trust list 1"));
        }
        match &statement.body {
            AnyBody::TrustList(list) => self.trust_list_leaf(at, statement, list)?,
            AnyBody::Institution(record) => self.institution_leaf(at, statement, record)?,
            AnyBody::Standing(standing) => self.standing_leaf(at, statement, standing)?,
            AnyBody::CatalogueRelease(release) => self.catalogue_leaf(at, statement, release)?,
            AnyBody::Profile(profile) => self.profile_leaf(at, statement, profile)?,
            AnyBody::KeySet(set) => self.key_set_leaf(at, statement, set)?,
            AnyBody::Terminal(terminal) => self.terminal_leaf(at, statement, terminal)?,
            AnyBody::TerminalRemoved(removed) => {
                self.terminal_removed_leaf(at, statement, removed)?
            }
            AnyBody::Tick(_) => {}
            _ => return Err(Refusal::WrongKind),
        }
        self.last = Some(at);
        Ok(())
    }

    fn trust_list_leaf(
        &mut self,
        at: LogPosition,
        statement: &Statement,
        list: &TrustList,
    ) -> Result<(), Refusal> {
        let count = |of: &TrustList| signing_administrators(&self.origin, of, statement);
        if list.logs.iter().any(|log| log.0.name() != self.origin.as_str()) {
            return Err(Refusal::Continuity("a log key bears the origin's name"));
        }
        let known = match self.trust.last() {
            None => {
                if list.version != 1 {
                    return Err(Refusal::Continuity("entry 0 is trust list 1"));
                }
                0
            }
            Some(before) => {
                if list.version != before.body.version + 1 || list.previous != Some(before.digest) {
                    return Err(Refusal::Continuity("a trust list continues the one before"));
                }
                if count(&before.body) < before.body.threshold {
                    return Err(Refusal::Signature);
                }
                let gone = before.body.administrators.iter().filter(|a| {
                    !list.administrators.iter().any(|b| (b.id, b.key) == (a.id, a.key))
                });
                let gone =
                    TrustList { administrators: gone.cloned().collect(), ..before.body.clone() };
                count(&gone)
            }
        };
        if count(list) < list.threshold
            || count(list) + known != statement.signatures().len() as u64
        {
            return Err(Refusal::Signature);
        }
        let mut bindings = Bindings::new();
        for a in &list.administrators {
            let holder = |key_use| Holder { role: Role::Administrator, id: a.id, key_use };
            bindings.push((material(&a.key), holder(KeyUse::Signature)));
            bindings.push((sealing_material(a.recipient.as_str()), holder(KeyUse::Sealing)));
        }
        self.bind(bindings)?;
        self.trust.push(Entry { at, digest: statement.digest(), body: list.clone() });
        Ok(())
    }

    fn institution_leaf(
        &mut self,
        at: LogPosition,
        statement: &Statement,
        record: &Institution,
    ) -> Result<(), Refusal> {
        if !self.has_threshold(statement, at) {
            return Err(Refusal::Signature);
        }
        let id = record.institution;
        let version = self.member(id).map_or(0, |member| member.records.len() as u64);
        if record.version != version + 1 {
            return Err(Refusal::Continuity("an institution's records are numbered without gaps"));
        }
        if record.predecessor.is_some_and(|before| before == id || self.member(before).is_none()) {
            return Err(Refusal::Continuity("the predecessor is not in the directory"));
        }
        if self.numbers.get(&record.number).is_some_and(|other| *other != id) {
            return Err(Refusal::DuplicateNumber);
        }
        let name = folded(record);
        if let Some(with) = self.names.get(&name).copied().filter(|other| *other != id) {
            return Err(Refusal::ConfusableName { with });
        }
        let binding = record.key.map(|key| signature_binding(&key, Role::Institution, id));
        self.bind(binding.into_iter().collect())?;
        if let Some(old) = self.members.get(&id).and_then(Member::record) {
            let (old_number, old_name) = (old.number.clone(), folded(old));
            self.numbers.remove(&old_number);
            self.names.remove(&old_name);
        }
        self.numbers.insert(record.number.clone(), id);
        self.names.insert(name, id);
        let replaced_key =
            self.member(id).and_then(Member::record).is_some_and(|old| old.key != record.key);
        let member = self.members.entry(id).or_default();
        if replaced_key {
            // A new institution key means that the old keys are lost: every earlier terminal ends here.
            for terminal in member.terminals.values_mut().filter(|t| t.removed.is_none()) {
                terminal.removed = Some((at, RemovalReason::Lost));
            }
        }
        member.records.push(Entry { at, digest: statement.digest(), body: record.clone() });
        Ok(())
    }

    fn standing_leaf(
        &mut self,
        at: LogPosition,
        statement: &Statement,
        standing: &Standing,
    ) -> Result<(), Refusal> {
        if !self.has_threshold(statement, at) {
            return Err(Refusal::Signature);
        }
        let member = self.members.get_mut(&standing.institution).ok_or(Refusal::UnknownParty)?;
        if standing.version != member.standings.len() as u64 + 1 {
            return Err(Refusal::Continuity("standings are numbered without gaps"));
        }
        member.standings.push(Entry { at, digest: statement.digest(), body: standing.clone() });
        Ok(())
    }

    fn catalogue_leaf(
        &mut self,
        at: LogPosition,
        statement: &Statement,
        release: &CatalogueRelease,
    ) -> Result<(), Refusal> {
        if !self.has_threshold(statement, at) {
            return Err(Refusal::Signature);
        }
        if release.version != self.catalogues.len() as u64 + 1 {
            return Err(Refusal::Continuity("catalogue releases are numbered without gaps"));
        }
        self.catalogues.push(Entry { at, digest: statement.digest(), body: release.clone() });
        Ok(())
    }

    fn profile_leaf(
        &mut self,
        at: LogPosition,
        statement: &Statement,
        profile: &Profile,
    ) -> Result<(), Refusal> {
        self.check_institution_signed(at, statement, profile.institution, true)?;
        let member = self.members.get_mut(&profile.institution).ok_or(Refusal::UnknownParty)?;
        if profile.version != member.profiles.len() as u64 + 1 {
            return Err(Refusal::Continuity("profiles are numbered without gaps"));
        }
        member.profiles.push(Entry { at, digest: statement.digest(), body: profile.clone() });
        Ok(())
    }

    fn key_set_leaf(
        &mut self,
        at: LogPosition,
        statement: &Statement,
        set: &KeySet,
    ) -> Result<(), Refusal> {
        self.check_institution_signed(at, statement, set.institution, true)?;
        let before = self.member(set.institution).and_then(Member::key_set);
        let continues = (set.number, set.previous)
            == (before.map_or(0, |b| b.body.number) + 1, before.map(|b| b.digest));
        if !continues {
            return Err(Refusal::Continuity("a key set continues the one before"));
        }
        let holder =
            Holder { role: Role::Institution, id: set.institution, key_use: KeyUse::Sealing };
        self.bind(vec![(sealing_material(set.recipient.as_str()), holder)])?;
        let member = self.members.get_mut(&set.institution).ok_or(Refusal::UnknownParty)?;
        member.key_sets.push(Entry { at, digest: statement.digest(), body: set.clone() });
        Ok(())
    }

    fn terminal_leaf(
        &mut self,
        at: LogPosition,
        statement: &Statement,
        terminal: &Terminal,
    ) -> Result<(), Refusal> {
        self.check_institution_signed(at, statement, terminal.institution, true)?;
        if self.terminals.contains(&terminal.terminal) {
            return Err(Refusal::Continuity("a terminal id is admitted once"));
        }
        self.bind(vec![signature_binding(&terminal.key, Role::Terminal, terminal.terminal)])?;
        let member = self.members.get_mut(&terminal.institution).ok_or(Refusal::UnknownParty)?;
        let entry = TerminalEntry { key: terminal.key, admitted: at, removed: None };
        member.terminals.insert(terminal.terminal, entry);
        self.terminals.insert(terminal.terminal);
        Ok(())
    }

    fn terminal_removed_leaf(
        &mut self,
        at: LogPosition,
        statement: &Statement,
        removed: &TerminalRemoved,
    ) -> Result<(), Refusal> {
        let by_administrators = self.has_threshold(statement, at);
        if !by_administrators {
            // A suspended institution may still take its own terminals out.
            self.check_institution_signed(at, statement, removed.institution, false)?;
        }
        let member = self.members.get_mut(&removed.institution).ok_or(Refusal::UnknownParty)?;
        let terminal = member.terminals.get_mut(&removed.terminal).ok_or(Refusal::UnknownParty)?;
        if terminal.removed.is_some() {
            return Err(Refusal::Continuity("the terminal was removed before"));
        }
        terminal.removed = Some((at, removed.reason));
        if by_administrators && removed.reason == RemovalReason::Lost {
            member.voided.push(at);
        }
        Ok(())
    }

    pub(super) fn check_institution_signed(
        &self,
        at: LogPosition,
        statement: &Statement,
        institution: Id,
        must_be_active: bool,
    ) -> Result<(), Refusal> {
        let member = self.member(institution).ok_or(Refusal::UnknownParty)?;
        let suspended =
            member.standings.last().is_some_and(|s| s.body.state == StandingState::Suspended);
        if !self.has_institution(statement, institution, at) {
            return Err(Refusal::Signature);
        }
        if must_be_active && suspended {
            return Err(Refusal::Suspended);
        }
        Ok(())
    }

    /// Binds all or none.
    fn bind(&mut self, bindings: Bindings) -> Result<(), Refusal> {
        let taken = |(key, holder): &(Hash, Holder)| {
            self.keys.get(key).is_some_and(|other| other != holder)
        };
        if bindings.iter().any(taken) {
            return Err(Refusal::DuplicateKey);
        }
        self.keys.extend(bindings);
        Ok(())
    }
}

fn signature_binding(key: &Key, role: Role, id: Id) -> (Hash, Holder) {
    (material(key), Holder { role, id, key_use: KeyUse::Signature })
}
