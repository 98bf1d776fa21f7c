//! Institutions of a test: how they come, change and go.

use super::keys::{TestInstitution, TestKey, TestTerminal, TestWorker};
use super::log::World;
use crate::hash::Hash;
use crate::letter::card_commitment;
use crate::seal::SealingIdentity;
use crate::statement::{
    Body, Institution, KeySet, NamedUnit, Profile, RecipientText, RemovalReason, Standing,
    StandingState, Statement, Terminal, TerminalRemoved, Worker, digest, encode_text,
};
use crate::value::{Id, InstitutionKind, Role, Text, Unit};

impl World {
    /// An institution that has keys and is in no list yet.
    pub fn new_institution(&mut self, name: &str, kind: InstitutionKind) -> TestInstitution {
        let id = self.random.id();
        let key = self.new_key(Role::Institution, id);
        let record = self.new_record(id, &key, name, kind);
        let main = NamedUnit { unit: Unit::main(), name: text("地域連携室") };
        let profile = Profile {
            institution: id,
            version: 1,
            units: vec![main],
            hours: Vec::new(),
            closed: Vec::new(),
        };
        let sealing_seed = self.random.bytes();
        let key_set = key_set(id, 1, None, &sealing_seed);
        let terminal = self.new_terminal();
        let worker = self.new_worker(id, &key, terminal.id, "山田 花子", "主任介護支援専門員");
        TestInstitution {
            id,
            key,
            record,
            profile,
            key_set_digest: digest(&encode_text(&self.origin, &key_set)),
            key_set,
            sealing_seeds: vec![sealing_seed],
            terminal,
            worker,
        }
    }

    /// Admits an institution: record, profile, key set, terminal, worker.
    pub fn admit(&mut self, name: &str, kind: InstitutionKind) -> TestInstitution {
        let new = self.new_institution(name, kind);
        self.append(&self.by_administrators(&new.record));
        self.append_all_of(&new);
        new
    }

    /// Appends what an institution signs when it joins: profile, key set, terminal, worker.
    pub fn append_all_of(&mut self, new: &TestInstitution) {
        self.append(&self.by_institution(new, &new.profile));
        self.append(&self.by_institution(new, &new.key_set));
        self.append(&self.by_institution(new, &new.terminal_lines()));
        self.append(&new.worker.statement);
    }

    /// A statement signed with the institution's key.
    #[must_use]
    pub fn by_institution(&self, institution: &TestInstitution, body: &impl Body) -> Statement {
        self.signed(body, &[&institution.key])
    }

    /// A statement signed with the key of the institution's terminal.
    #[must_use]
    pub fn by_terminal(&self, institution: &TestInstitution, body: &impl Body) -> Statement {
        self.signed(body, &[&institution.terminal.key])
    }

    /// Keys of a terminal that is not admitted yet.
    pub fn new_terminal(&mut self) -> TestTerminal {
        let id = self.random.id();
        TestTerminal { id, key: self.new_key(Role::Terminal, id) }
    }

    /// A worker at a terminal, whose statement is signed and not yet in the log.
    pub fn new_worker(
        &mut self,
        institution: Id,
        key_of_institution: &TestKey,
        terminal: Id,
        name: &str,
        role: &str,
    ) -> TestWorker {
        let id = self.random.id();
        let key = self.new_key(Role::Worker, id);
        let (card, card_salt) = (TestWorker::encode_card(name, role), self.random.bytes());
        let commitment = card_commitment(&card_salt, &card);
        let lines =
            Worker { institution, worker: id, terminal, key: key.public(), card: commitment };
        let statement = self.signed(&lines, &[key_of_institution]);
        TestWorker { id, key, card, card_salt, statement }
    }

    /// A statement of the institution that its next key set is this one; not yet in the log.
    pub fn rotate_key_set(&mut self, institution: &mut TestInstitution) -> Statement {
        let seed = self.random.bytes();
        let (number, previous) = (institution.key_set.number + 1, institution.key_set_digest);
        institution.key_set = key_set(institution.id, number, Some(previous), &seed);
        institution.key_set_digest = digest(&encode_text(&self.origin, &institution.key_set));
        institution.sealing_seeds.push(seed);
        self.by_institution(institution, &institution.key_set)
    }

    /// A statement of the institution that removes its terminal; not yet in the log.
    #[must_use]
    pub fn remove_terminal(&self, institution: &TestInstitution) -> Statement {
        let lines = TerminalRemoved {
            institution: institution.id,
            terminal: institution.terminal.id,
            reason: RemovalReason::Retired,
        };
        self.by_institution(institution, &lines)
    }

    /// A statement of the institution that admits a terminal; not yet in the log.
    #[must_use]
    pub fn admit_terminal(&self, of: &TestInstitution, terminal: &TestTerminal) -> Statement {
        let key = terminal.key.public();
        let lines = Terminal { institution: of.id, terminal: terminal.id, key };
        self.by_institution(of, &lines)
    }

    /// A statement of the administrators that the institution is active or not; not yet in the log.
    #[must_use]
    pub fn standing(&self, institution: Id, state: StandingState) -> Statement {
        let before = self.directory().member(institution).map_or(0, |m| m.standings.len() as u64);
        self.by_administrators(&Standing { institution, version: before + 1, state })
    }

    fn new_record(
        &mut self,
        institution: Id,
        key: &TestKey,
        name: &str,
        kind: InstitutionKind,
    ) -> Institution {
        self.admitted += 1;
        let number = format!("12700{:05}", self.admitted);
        Institution {
            institution,
            version: 1,
            number: number.parse().expect("ten digits"),
            name: text(name),
            kana: text("つむぐ"),
            town: None,
            kind,
            telephone: "04-7000-0001".parse().expect("a telephone number"),
            fax: None,
            key: Some(key.public()),
            fax_only: None,
            predecessor: None,
            label: None,
            invitation: Some(self.random.id()),
        }
    }
}

fn key_set(institution: Id, number: u64, previous: Option<Hash>, seed: &[u8; 32]) -> KeySet {
    let recipient = SealingIdentity::from_seed(seed).to_recipient();
    KeySet { institution, number, previous, recipient: RecipientText::from(&recipient) }
}

fn text(text: &str) -> Text {
    text.parse().expect("a text that statements take")
}
