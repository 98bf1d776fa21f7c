//! An institution before it is admitted: its keys and its request, open to be made wrong.

use tsumugu_client::tls::{self, CertificateRequest};
use tsumugu_proto::v1;
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::letter::card_commitment;
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::seal::SealingIdentity;
use tsumugu_trust::statement::{
    Enrolment, KeySet, NamedUnit, Profile, RecipientText, Statement, Terminal, Worker, sign,
};
use tsumugu_trust::value::{Id, Key, Origin, Role, Unit};

use super::administrator::Paper;
use super::town::Town;
use super::{fresh, fresh_id};

/// What an institution keeps secret, and the ids of what it consists of.
#[derive(Debug, Clone)]
pub struct Secrets {
    pub institution: Id,
    pub terminal: Id,
    pub worker: Id,
    pub institution_seed: [u8; 32],
    pub terminal_seed: [u8; 32],
    pub worker_seed: [u8; 32],
    pub sealing_seed: [u8; 32],
}

#[derive(Debug)]
pub struct Applicant {
    pub origin: Origin,
    pub paper: Paper,
    pub secrets: Secrets,
    /// Digest of the newest trust list that it was shown.
    pub trust_list: Hash,
    pub tls: CertificateRequest,
    /// What it says of itself; the first three are profile, key set and terminal.
    pub statements: Vec<Statement>,
}

impl Secrets {
    pub fn new(institution: Id) -> Self {
        Self {
            institution,
            terminal: fresh_id(),
            worker: fresh_id(),
            institution_seed: fresh(),
            terminal_seed: fresh(),
            worker_seed: fresh(),
            sealing_seed: fresh(),
        }
    }

    pub fn institution_key(&self, origin: &Origin) -> SigningKey {
        key(origin, Role::Institution, self.institution, &self.institution_seed)
    }

    pub fn terminal_key(&self, origin: &Origin) -> SigningKey {
        key(origin, Role::Terminal, self.terminal, &self.terminal_seed)
    }

    pub fn worker_key(&self, origin: &Origin) -> SigningKey {
        key(origin, Role::Worker, self.worker, &self.worker_seed)
    }

    pub fn sealing(&self) -> SealingIdentity {
        SealingIdentity::from_seed(&self.sealing_seed)
    }

    /// Profile, key set, terminal, worker: each the first of its sort, and signed.
    pub fn statements(&self, origin: &Origin) -> Vec<Statement> {
        let (institution, by) = (self.institution, self.institution_key(origin));
        let main = NamedUnit { unit: Unit::main(), name: "地域連携室".parse().unwrap() };
        let units = vec![main];
        let profile = Profile { institution, version: 1, units, hours: vec![], closed: vec![] };
        let recipient = RecipientText::from(&self.sealing().to_recipient());
        let key_set = KeySet { institution, number: 1, previous: None, recipient };
        let public = public(&self.terminal_key(origin));
        let terminal = Terminal { institution, terminal: self.terminal, key: public };
        let worker = self.worker(origin);
        vec![
            sign(origin, &profile, &[&by]).unwrap(),
            sign(origin, &key_set, &[&by]).unwrap(),
            sign(origin, &terminal, &[&by]).unwrap(),
            sign(origin, &worker, &[&by]).unwrap(),
        ]
    }

    pub fn worker(&self, origin: &Origin) -> Worker {
        Worker {
            institution: self.institution,
            worker: self.worker,
            terminal: self.terminal,
            key: public(&self.worker_key(origin)),
            card: card_commitment(&[7; 32], b"card"),
        }
    }
}

impl Applicant {
    pub fn new(town: &Town, paper: &Paper, trust_list: Hash) -> Self {
        let secrets = Secrets::new(paper.invitation.subject);
        let origin = town.folder.origin.clone();
        let statements = secrets.statements(&origin);
        let (paper, tls) = (paper.clone(), tls::csr().unwrap());
        Self { origin, paper, secrets, trust_list, tls, statements }
    }

    /// Changes the keys before anything is handed in.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Secrets)) -> Self {
        change(&mut self.secrets);
        self.statements = self.secrets.statements(&self.origin);
        self
    }

    pub fn enrolment(&self) -> Enrolment {
        Enrolment {
            invitation: self.paper.invitation.invitation,
            trust_list: self.trust_list,
            institution: self.secrets.institution,
            key: public(&self.secrets.institution_key(&self.origin)),
            terminal: self.secrets.terminal,
            terminal_key: public(&self.secrets.terminal_key(&self.origin)),
            statements: self.statements.iter().map(Statement::digest).collect(),
            csr: sha256(&[&self.tls.csr]),
        }
    }

    pub fn request(&self) -> v1::RequestEnrolmentRequest {
        self.request_with(&self.enrolment())
    }

    /// A request with these lines, signed by institution and terminal and MACed.
    pub fn request_with(&self, lines: &Enrolment) -> v1::RequestEnrolmentRequest {
        let (institution, terminal) =
            (self.secrets.institution_key(&self.origin), self.secrets.terminal_key(&self.origin));
        let signed = sign(&self.origin, lines, &[&institution, &terminal]).unwrap();
        v1::RequestEnrolmentRequest {
            mac: self.paper.code.request_mac(signed.text().as_bytes()).0.to_vec().into(),
            enrolment: signed.bytes().into(),
            statements: self.statements.iter().map(|one| one.bytes().into()).collect(),
            csr: self.tls.csr.clone().into(),
        }
    }
}

fn key(origin: &Origin, role: Role, id: Id, seed: &[u8; 32]) -> SigningKey {
    SigningKey::from_seed(&origin.key_name(role, id), seed).unwrap()
}

pub fn public(key: &SigningKey) -> Key {
    Key(*key.verifying_key().public())
}
