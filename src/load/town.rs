//! One exchange with one administrator, and institutions admitted through the real enrolment.

use std::path::Path;
use std::sync::{Arc, RwLock};

use prost::Message;
use rand::RngCore;
use rand::rngs::OsRng;
use tsumugu_client::rpc::Rpc;
use tsumugu_client::tls::{self, ClientIdentity, ServerTrust};
use tsumugu_durable::clock::Clock;
use tsumugu_proto::v1;
use tsumugu_proto::v1::sync_directory_response::Part;
use tsumugu_server::ca::IssuingCa;
use tsumugu_server::init::init;
use tsumugu_server::settings::Settings;
use tsumugu_trust::checkpoint::CheckpointMemory;
use tsumugu_trust::code::Code;
use tsumugu_trust::directory::{ClearChain, Directory, check_enrolment, institution_record};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::letter::card_commitment;
use tsumugu_trust::note::{SigningKey, VerifyingKey};
use tsumugu_trust::seal::{SealingIdentity, seal_to};
use tsumugu_trust::statement::{
    Administrator, Body, Enrolment, Invitation, KeySet, LogKey, NamedUnit, Profile, Purpose,
    RecipientText, Statement, Terminal, TrustList, Worker, sign,
};
use tsumugu_trust::value::{Id, InstitutionKind, Key, Origin, Role, Time, Unit};

use super::Outcome;
use super::exchange::Exchange;
use super::office::Office;

/// The log's origin; the exchange is on loopback.
const ORIGIN: &str = "load.test";
/// How long an invitation is good, in milliseconds.
const INVITED_FOR: u64 = 3_600_000;

/// The clear chain that all offices of the load share: it is the same for each.
pub(super) type Chain = Arc<RwLock<ClearChain>>;

/// An exchange and its administrator.
pub(super) struct Town {
    pub(super) exchange: Exchange,
    pub(super) origin: Origin,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) log_key: VerifyingKey,
    trust: ServerTrust,
    administrator: SigningKey,
    recipient: RecipientText,
    trust_lists: Vec<Vec<u8>>,
    ca_pin: [u8; 32],
    admin: Rpc,
    strangers: Rpc,
    chain: Chain,
}

impl Town {
    /// Makes the folder, starts the server, and hands in trust list 1.
    pub(super) async fn found(dir: &Path, clock: Arc<dyn Clock>) -> Outcome<Self> {
        let folder = dir.join("exchange");
        let origin: Origin = ORIGIN.parse()?;
        let made = init(&folder, &origin, "127.0.0.1:0".parse()?, None, clock.now_ms())?;
        unlimited(&folder)?;
        let ca_pin = IssuingCa::load(&folder, ORIGIN)?.pin();
        let exchange = Exchange::start(&folder)?;
        let trust = ServerTrust::Pinned { ca_pins: vec![ca_pin] };
        let strangers = connect(&exchange, &trust, None, &clock).await?;
        let log_key: VerifyingKey = made.vkey.parse()?;
        let (id, sealing) = (Id(random()), SealingIdentity::from_seed(&random()));
        let key = SigningKey::from_seed(&origin.key_name(Role::Administrator, id), &random())?;
        let recipient = RecipientText::from(&sealing.to_recipient());
        let list = TrustList {
            version: 1,
            previous: None,
            threshold: 1,
            administrators: vec![Administrator {
                id,
                key: public(&key),
                recipient: recipient.clone(),
            }],
            logs: vec![LogKey(log_key.clone())],
            ca_pins: vec![Hash(ca_pin)],
            policy: None,
            old_log: None,
        };
        let list = sign(&origin, &list, &[&key])?;
        let tls = tls::csr()?;
        let answer = strangers
            .bootstrap(v1::BootstrapRequest {
                invitation_id: made.code.invitation_id().0.to_vec().into(),
                trust_list: list.bytes().into(),
                mac: made.code.request_mac(list.text().as_bytes()).0.to_vec().into(),
                csr: tls.csr.into(),
            })
            .await?;
        let identity = identity(&answer.certificates, &tls.key);
        let admin = connect(&exchange, &trust, Some(identity), &clock).await?;
        let chain = Arc::new(RwLock::new(ClearChain::new(origin.clone())));
        let trust_lists = vec![list.bytes()];
        let administrator = key;
        Ok(Self {
            exchange,
            origin,
            clock,
            log_key,
            trust,
            administrator,
            recipient,
            trust_lists,
            ca_pin,
            admin,
            strangers,
            chain,
        })
    }

    /// A new institution with one terminal and one worker, from invitation to certificate.
    pub(super) async fn admit(&mut self) -> Outcome<Office> {
        let Invited { code, lines: invitation } = self.invite().await?;
        let office = Keys::new(&self.origin, invitation.subject)?;
        let statements = office.statements(&self.origin)?;
        let tls = tls::csr()?;
        let lines = Enrolment {
            invitation: invitation.invitation,
            trust_list: invitation.trust_list,
            institution: office.institution,
            key: public(&office.institution_key),
            terminal: office.terminal,
            terminal_key: public(&office.terminal_key),
            statements: statements.iter().map(Statement::digest).collect(),
            csr: sha256(&[&tls.csr]),
        };
        let signed = sign(&self.origin, &lines, &[&office.institution_key, &office.terminal_key])?;
        self.strangers
            .request_enrolment(v1::RequestEnrolmentRequest {
                mac: code.request_mac(signed.text().as_bytes()).0.to_vec().into(),
                enrolment: signed.bytes().into(),
                statements: statements.iter().map(|one| one.bytes().into()).collect(),
                csr: tls.csr.into(),
            })
            .await?;
        let checked = check_enrolment(&self.origin, &invitation, &signed, &statements)?;
        let record = institution_record(&invitation, &checked.request, 1)?;
        let record = sign(&self.origin, &record, &[&self.administrator])?;
        self.admin
            .approve(v1::ApproveRequest {
                invitation_id: invitation.invitation.0.to_vec().into(),
                statement: record.bytes().into(),
            })
            .await?;
        let answer = self.strangers.get_enrolment(invitation.invitation).await?;
        let receipt = answer.worker_receipts.first().cloned().ok_or("no receipt of the worker")?;
        let identity = identity(&answer.certificates, &tls.key);
        let rpc = connect(&self.exchange, &self.trust, Some(identity), &self.clock).await?;
        let [.., worker] = statements.as_slice() else { return Err("no worker".into()) };
        Ok(Office {
            institution: office.institution,
            origin: self.origin.clone(),
            log_key: self.log_key.clone(),
            clock: self.clock.clone(),
            chain: self.chain.clone(),
            terminal: office.terminal_key,
            worker: office.worker_key,
            shown: v1::ShownWorker {
                statement: worker.bytes().into(),
                receipt: Some(receipt),
                card: office.card.into(),
                card_salt: office.card_salt.to_vec().into(),
            },
            sealing: office.sealing,
            memory: CheckpointMemory::default(),
            rpc,
        })
    }

    /// Reads on in the clear chain, by all of its rules.
    pub(super) async fn sync(&self) -> Outcome<()> {
        sync(&self.admin, &self.chain).await
    }

    /// Ends the exchange.
    pub(super) fn close(self) -> Outcome<()> {
        drop(self.exchange);
        Ok(())
    }

    async fn invite(&self) -> Outcome<Invited> {
        let code = Code::from_secret(random());
        let sealed_secret = seal_to(&[self.recipient.recipient()], code.secret())?;
        let subject = Id(random());
        let text = subject.to_string();
        let lines = Invitation {
            invitation: code.invitation_id(),
            purpose: Purpose::Member,
            subject,
            number: Some(text[..20].to_uppercase().parse().map_err(|_| "number")?),
            name: Some(format!("機関{text}").parse().map_err(|_| "name")?),
            kana: Some("きかん".parse().map_err(|_| "kana")?),
            town: None,
            kind: Some(InstitutionKind::CareOffice),
            telephone: Some("04-7000-0001".parse().map_err(|_| "telephone")?),
            fax: None,
            label: None,
            expires: Time(self.clock.now_ms() + INVITED_FOR),
            secret: sha256(&[&sealed_secret]),
            trust_list: Statement::parse(&self.trust_lists[0])?.digest(),
        };
        let statement = sign(&self.origin, &lines, &[&self.administrator])?;
        let content = v1::InvitationContent {
            origin: self.origin.to_string(),
            log_vkeys: vec![self.log_key.to_string()],
            ca_pins: vec![self.ca_pin.to_vec().into()],
            trust_lists: self.trust_lists.iter().map(|list| list.clone().into()).collect(),
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
        self.admin.create_invitation(request).await?;
        Ok(Invited { code, lines })
    }
}

/// Reads on in the clear chain over any party's connection.
pub(super) async fn sync(rpc: &Rpc, chain: &Chain) -> Outcome<()> {
    let start_number = read(chain).next_number();
    let mut pieces = rpc.sync_directory(v1::SyncDirectoryRequest { start_number }).await?;
    while let Some(piece) = pieces.next().await? {
        let Some(Part::Leaves(leaves)) = piece.part else { continue };
        let mut chain = chain.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for leaf in &leaves.leaves {
            // Another office may have been faster.
            if leaf_number(&leaf.entry) == Some(chain.next_number()) {
                chain.push(leaf.index, &leaf.entry)?;
            }
        }
    }
    Ok(())
}

/// Uses the directory as it stands.
pub(super) fn with_directory<T>(chain: &Chain, use_it: impl FnOnce(&Directory) -> T) -> T {
    use_it(read(chain).directory())
}

fn read(chain: &Chain) -> std::sync::RwLockReadGuard<'_, ClearChain> {
    chain.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn leaf_number(entry: &[u8]) -> Option<u64> {
    match tsumugu_trust::leaf::Leaf::parse(entry) {
        Some(tsumugu_trust::leaf::Leaf::Clear(leaf)) => Some(leaf.number),
        _ => None,
    }
}

struct Invited {
    code: Code,
    lines: Invitation,
}

struct Keys {
    institution: Id,
    terminal: Id,
    worker: Id,
    institution_key: SigningKey,
    terminal_key: SigningKey,
    worker_key: SigningKey,
    sealing: SealingIdentity,
    card: Vec<u8>,
    card_salt: [u8; 32],
}

impl Keys {
    fn new(origin: &Origin, institution: Id) -> Outcome<Self> {
        let (terminal, worker) = (Id(random()), Id(random()));
        let key = |role, id| SigningKey::from_seed(&origin.key_name(role, id), &random());
        let card = v1::WorkerCard { name: "負荷 試験".to_owned(), role: "試験".to_owned() };
        Ok(Self {
            institution,
            terminal,
            worker,
            institution_key: key(Role::Institution, institution)?,
            terminal_key: key(Role::Terminal, terminal)?,
            worker_key: key(Role::Worker, worker)?,
            sealing: SealingIdentity::from_seed(&random()),
            card: card.encode_to_vec(),
            card_salt: random(),
        })
    }

    /// Profile, key set, terminal, worker.
    fn statements(&self, origin: &Origin) -> Outcome<Vec<Statement>> {
        let (institution, terminal) = (self.institution, self.terminal);
        let main = NamedUnit { unit: Unit::main(), name: "代表".parse().map_err(|_| "unit")? };
        let units = vec![main];
        let profile = Profile { institution, version: 1, units, hours: vec![], closed: vec![] };
        let recipient = RecipientText::from(&self.sealing.to_recipient());
        let key_set = KeySet { institution, number: 1, previous: None, recipient };
        let admitted = Terminal { institution, terminal, key: public(&self.terminal_key) };
        let worker = Worker {
            institution,
            worker: self.worker,
            terminal,
            key: public(&self.worker_key),
            card: card_commitment(&self.card_salt, &self.card),
        };
        let by = &self.institution_key;
        Ok(vec![
            signed(origin, &profile, by)?,
            signed(origin, &key_set, by)?,
            signed(origin, &admitted, by)?,
            signed(origin, &worker, by)?,
        ])
    }
}

fn signed(origin: &Origin, body: &impl Body, by: &SigningKey) -> Outcome<Statement> {
    Ok(sign(origin, body, &[by])?)
}

async fn connect(
    exchange: &Exchange,
    trust: &ServerTrust,
    identity: Option<ClientIdentity>,
    clock: &Arc<dyn Clock>,
) -> Outcome<Rpc> {
    Ok(Rpc::connect(&exchange.address, ORIGIN, trust, identity, clock.clone()).await?)
}

fn identity(certificates: &[prost::bytes::Bytes], key: &[u8]) -> ClientIdentity {
    ClientIdentity::from_der(certificates.iter().map(|one| one.to_vec()), key)
}

/// What is measured is the exchange, not what its operator allows.
fn unlimited(folder: &Path) -> Outcome<()> {
    let mut settings = Settings::load(folder)?;
    let limits = &mut settings.limits;
    limits.tick_minutes = 60;
    (limits.letters_per_day, limits.megabytes_per_day) = (10_000_000, 1_048_576);
    // Everybody enrols from this one address.
    (limits.connections_without_certificate, limits.connections_per_address) = (4_096, 4_096);
    limits.calls_per_address = 100_000;
    std::fs::write(folder.join(tsumugu_server::settings::FILE), settings.to_toml())?;
    Ok(())
}

fn public(key: &SigningKey) -> Key {
    Key(*key.verifying_key().public())
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}
