//! An administrator: keys, and what it hands in.

use prost::Message;
use prost::bytes::Bytes;
use tsumugu_client::tls::{self, CertificateRequest, ClientIdentity};
use tsumugu_proto::v1;
use tsumugu_trust::code::Code;
use tsumugu_trust::directory::{check_enrolment, institution_record};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::seal::{SealingIdentity, open_with, seal_to};
use tsumugu_trust::statement::{
    self, AnyBody, Candidacy, Invitation, LogKey, Purpose, RecipientText, Statement, TrustList,
    sign,
};
use tsumugu_trust::value::{Id, InstitutionKind, Key, Role, Time};

use super::folder::ORIGIN;
use super::link::Link;
use super::town::Town;
use super::{fresh, fresh_id};

#[derive(Debug)]
pub struct Administrator {
    pub id: Id,
    pub seed: [u8; 32],
    pub sealing_seed: [u8; 32],
    pub request: CertificateRequest,
    /// Empty before it is admitted.
    pub identity: ClientIdentity,
    /// Not to be used before it is admitted.
    pub link: Link,
}

/// What the paper of an invitation says, and what the administrator keeps of it.
#[derive(Debug, Clone)]
pub struct Paper {
    pub code: Code,
    pub invitation: Invitation,
    pub statement: Statement,
}

/// What an administrator types to invite.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub purpose: Purpose,
    pub subject: Id,
    pub number: String,
    pub name: String,
    pub label: Option<String>,
    pub expires: Time,
}

impl Wanted {
    /// A hospital with a number and name of its own.
    pub fn new(expires: u64) -> Self {
        let subject = fresh_id();
        let id = subject.to_string();
        let (number, name) = (id[..20].to_uppercase(), format!("病院 {}", &id[..16]));
        let expires = Time(expires);
        Self { purpose: Purpose::Member, subject, number, name, label: None, expires }
    }
}

impl Paper {
    pub fn id(&self) -> Bytes {
        self.invitation.invitation.0.to_vec().into()
    }

    pub fn approval(&self, statement: &Statement) -> v1::ApproveRequest {
        v1::ApproveRequest { invitation_id: self.id(), statement: statement.bytes().into() }
    }

    pub fn countersignature(&self, list: &Statement) -> v1::CountersignTrustListRequest {
        let trust_list = list.bytes().into();
        v1::CountersignTrustListRequest { invitation_id: self.id(), trust_list }
    }
}

impl Administrator {
    /// Keys of somebody who is in no list yet.
    pub fn new() -> Self {
        let request = tls::csr().unwrap();
        let identity = ClientIdentity::from_der([], &request.key);
        let link = Link::none();
        Self { id: fresh_id(), seed: fresh(), sealing_seed: fresh(), request, identity, link }
    }

    pub fn key(&self) -> SigningKey {
        let name = ORIGIN.parse::<tsumugu_trust::value::Origin>().unwrap();
        SigningKey::from_seed(&name.key_name(Role::Administrator, self.id), &self.seed).unwrap()
    }

    pub fn line(&self) -> statement::Administrator {
        let recipient = SealingIdentity::from_seed(&self.sealing_seed).to_recipient();
        let key = Key(*self.key().verifying_key().public());
        statement::Administrator { id: self.id, key, recipient: RecipientText::from(&recipient) }
    }

    /// Its certificate, with the key that it asked for it with.
    pub fn identity_from(&self, certificates: &[Bytes]) -> ClientIdentity {
        let chain = certificates.iter().map(|certificate| certificate.to_vec());
        ClientIdentity::from_der(chain, &self.request.key)
    }

    /// Trust list 1 with this administrator alone.
    pub fn first_list(&self, town: &Town) -> TrustList {
        TrustList {
            version: 1,
            previous: None,
            threshold: 1,
            administrators: vec![self.line()],
            logs: vec![LogKey(town.folder.log_key.clone())],
            ca_pins: vec![Hash(town.folder.ca_pin)],
            policy: None,
            old_log: None,
        }
    }

    /// The list in force, with this administrator added.
    pub fn next_list(&self, town: &Town, threshold: u64) -> TrustList {
        let directory = town.eye.directory();
        let newest = directory.trust_list().unwrap();
        let mut administrators = newest.body.administrators.clone();
        administrators.push(self.line());
        administrators.sort_by_key(|line| line.id);
        let (version, previous) = (newest.body.version + 1, Some(newest.digest));
        TrustList { version, previous, threshold, administrators, ..newest.body.clone() }
    }

    pub fn bootstrap_request(&self, town: &Town, code: &Code) -> v1::BootstrapRequest {
        let list = sign(&town.folder.origin, &self.first_list(town), &[&self.key()]).unwrap();
        self.bootstrap_with(code, &list)
    }

    pub fn bootstrap_with(&self, code: &Code, list: &Statement) -> v1::BootstrapRequest {
        v1::BootstrapRequest {
            invitation_id: code.invitation_id().0.to_vec().into(),
            trust_list: list.bytes().into(),
            mac: code.request_mac(list.text().as_bytes()).0.to_vec().into(),
            csr: self.request.csr.clone().into(),
        }
    }

    pub fn candidacy_request(&self, town: &Town, paper: &Paper) -> v1::RequestCandidacyRequest {
        let directory = town.eye.directory();
        let candidacy = Candidacy {
            invitation: paper.invitation.invitation,
            trust_list: directory.trust_list().unwrap().digest,
            administrator: self.line(),
            csr: sha256(&[&self.request.csr]),
        };
        let signed = sign(&town.folder.origin, &candidacy, &[&self.key()]).unwrap();
        v1::RequestCandidacyRequest {
            candidacy: signed.bytes().into(),
            mac: paper.code.request_mac(signed.text().as_bytes()).0.to_vec().into(),
            csr: self.request.csr.clone().into(),
        }
    }

    /// An invitation with a new code, its secret sealed to every administrator.
    pub fn invitation(&self, town: &Town, wanted: Wanted) -> (Paper, v1::CreateInvitationRequest) {
        let directory = town.eye.directory();
        let newest = directory.trust_list().unwrap();
        let code = Code::from_secret(fresh());
        let all = newest.body.administrators.iter().map(|one| one.recipient.recipient());
        let sealed_secret = seal_to(&all.collect::<Vec<_>>(), code.secret()).unwrap();
        let member = wanted.purpose != Purpose::Administrator;
        let invitation = Invitation {
            invitation: code.invitation_id(),
            purpose: wanted.purpose,
            subject: wanted.subject,
            number: member.then(|| wanted.number.parse().unwrap()),
            name: member.then(|| wanted.name.parse().unwrap()),
            kana: member.then(|| "びょういん".parse().unwrap()),
            town: None,
            kind: member.then_some(InstitutionKind::Hospital),
            telephone: member.then(|| "04-7000-0001".parse().unwrap()),
            fax: None,
            label: wanted.label.map(|label| label.parse().unwrap()),
            expires: wanted.expires,
            secret: sha256(&[&sealed_secret]),
            trust_list: newest.digest,
        };
        let statement = sign(&town.folder.origin, &invitation, &[&self.key()]).unwrap();
        let content = v1::InvitationContent {
            origin: town.folder.origin.to_string(),
            log_vkeys: vec![town.folder.log_key.to_string()],
            ca_pins: vec![town.folder.ca_pin.to_vec().into()],
            trust_lists: town.eye.lists().into_iter().map(Bytes::from).collect(),
            invitation: statement.bytes().into(),
            terminal_of: String::new(),
        }
        .encode_to_vec();
        let mac = code.document_mac(&content).0.to_vec().into();
        let document = v1::InvitationDocument { content: content.into(), mac };
        let request = v1::CreateInvitationRequest {
            document: Some(document),
            sealed_secret: sealed_secret.into(),
        };
        (Paper { code, invitation, statement }, request)
    }

    /// Looks at a request that waits, as the administrator's tool does, and signs the record.
    pub async fn review(&self, town: &Town, paper: &Paper) -> Statement {
        let answer =
            self.link.admin().list_pending(v1::ListPendingRequest::default()).await.unwrap();
        let statement = Bytes::from(paper.statement.bytes());
        let waiting = answer.into_inner().invitations;
        let waiting = waiting.into_iter().find(|one| one.invitation == statement).expect("waits");
        assert_eq!(waiting.state(), v1::EnrolmentState::Pending);
        let identity = SealingIdentity::from_seed(&self.sealing_seed);
        let secret = open_with(&[&identity], &waiting.sealed_secret, 16).unwrap();
        let code = Code::from_secret(secret.as_slice().try_into().unwrap());
        let request = Statement::parse(&waiting.request).unwrap();
        assert!(code.is_request_mac(request.text().as_bytes(), &waiting.mac));
        let parsed = waiting.statements.iter().map(|bytes| Statement::parse(bytes).unwrap());
        let finished: Vec<_> = parsed.collect();
        let origin = &town.folder.origin;
        let checked = check_enrolment(origin, &paper.invitation, &request, &finished).unwrap();
        assert!(matches!(request.body, AnyBody::Enrolment(_)));
        let directory = town.eye.directory();
        let known = directory.member(paper.invitation.subject).map_or(0, |m| m.records.len());
        let version = known as u64 + 1;
        let record = institution_record(&paper.invitation, &checked.request, version).unwrap();
        sign(origin, &record, &[&self.key()]).unwrap()
    }
}
