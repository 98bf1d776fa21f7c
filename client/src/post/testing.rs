//! An exchange in memory, and terminals that speak to it.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use prost::Message as _;
use tsumugu_proto::v1;
use tsumugu_trust::checkpoint::VerifiedCheckpoint;
use tsumugu_trust::directory::{
    ClearChain, Refusal, check_disposition, check_envelope, check_off_system, check_opened,
};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::leaf::Leaf;
use tsumugu_trust::receipt::{self, VerifiedReceipt};
use tsumugu_trust::state::Event;
use tsumugu_trust::statement::{AnyBody, BytesRef, Envelope, Fetched, Statement};
use tsumugu_trust::testing::{TestInstitution, World};
use tsumugu_trust::value::{Id, InstitutionKind, Time};

use super::{Carrier, FetchedBody, Post, UploadState, Watching};
use crate::failure::{Exit, Failure};
use crate::identity::text::Bytes;
use crate::identity::{KeySetSecret, Seed, TerminalKeys, WorkerSecret};
use crate::letters::Randomness;
use crate::mailbox::message::Message;
use crate::messages::Sentence;
use crate::progress::Progress;
use crate::testing::Home;
use crate::vault::Vault;

/// How the next call goes wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    /// Nothing is done, and this is answered.
    Refuse(&'static str),
    /// Nothing is done, and this is answered with a time to wait, in seconds.
    Limit(&'static str, u64),
    /// It is done, and the answer is lost.
    LoseAnswer,
}

/// What the exchange holds.
pub(crate) struct TestExchange {
    pub(crate) world: World,
    /// Troubles of the coming calls that change something.
    pub(crate) troubles: VecDeque<Trouble>,
    /// Envelopes and bodies of every call of `Send`.
    pub(crate) sent: Vec<v1::SendRequest>,
    /// Sealed bodies, which a test may damage.
    pub(crate) bodies: BTreeMap<(Id, Id), Vec<u8>>,
    /// Numbers of events that mailboxes leave out.
    pub(crate) hidden_events: Vec<u64>,
    /// Answers are receipted with this leaf in place of their own.
    pub(crate) instead: Option<u64>,
    /// Nobody reaches it.
    pub(crate) is_down: bool,
    /// Sealed attachments, as far as they came; a test may damage them.
    pub(crate) uploads: BTreeMap<Hash, Vec<u8>>,
    /// The line is cut after so many bytes of an attachment.
    pub(crate) cut_after: Option<usize>,
    /// How long each upload takes.
    pub(crate) upload_takes: Duration,
    /// Bytes of attachments that went over the line, both ways.
    pub(crate) travelled: usize,
    /// Its open watches say nothing, as of a connection that died unnoticed.
    pub(crate) is_silent: bool,
    /// What the coming refreshes of terminals fail with.
    pub(crate) refreshes: VecDeque<&'static str>,
    mailboxes: BTreeMap<Id, Vec<(u64, Vec<u8>)>>,
}

/// A terminal.
pub(crate) struct TestPost {
    pub(crate) home: Home,
    pub(crate) institution: TestInstitution,
    pub(crate) exchange: Rc<RefCell<TestExchange>>,
    /// What was said on the way: keys of the messages.
    pub(crate) notes: RefCell<Vec<String>>,
    /// Waits that the exchange asked for and that were waited.
    pub(crate) pauses: RefCell<Vec<Duration>>,
    /// Alarms that were kept: their messages in English.
    pub(crate) alarms: RefCell<Vec<String>>,
    /// Whether a watch was opened and the connection not let go since.
    pub(crate) connected: bool,
    vault: Vault,
    keys: TerminalKeys,
    chain: ClearChain,
    checkpoint: Vec<u8>,
}

/// A hospital and a care office at one exchange.
pub(crate) async fn two_offices() -> (TestPost, TestPost) {
    offices(InstitutionKind::Hospital).await
}

/// The exchange's own institution and a care office.
pub(crate) async fn echo_and_office() -> (TestPost, TestPost) {
    offices(InstitutionKind::Exchange).await
}

async fn offices(kind: InstitutionKind) -> (TestPost, TestPost) {
    let mut world = World::new(7);
    let hospital = world.admit("架空中央病院", kind);
    let care = world.admit("ケアプラン架空", InstitutionKind::CareOffice);
    world.tick();
    let exchange = Rc::new(RefCell::new(TestExchange {
        world,
        troubles: VecDeque::new(),
        sent: Vec::new(),
        bodies: BTreeMap::new(),
        hidden_events: Vec::new(),
        instead: None,
        is_down: false,
        uploads: BTreeMap::new(),
        cut_after: None,
        upload_takes: Duration::ZERO,
        travelled: 0,
        is_silent: false,
        refreshes: VecDeque::new(),
        mailboxes: BTreeMap::new(),
    }));
    let mut offices = [hospital, care].map(|of| TestPost::new(Rc::clone(&exchange), of));
    for office in &mut offices {
        office.sync().await.unwrap();
    }
    offices.into()
}

impl TestPost {
    fn new(exchange: Rc<RefCell<TestExchange>>, institution: TestInstitution) -> Self {
        let world = &exchange.borrow().world;
        let home = Home::at(world.now.0);
        let vault = home.ctx.open_or_create_vault().unwrap();
        let (keys, chain) = (keys(world, &institution), ClearChain::new(world.origin.clone()));
        let exchange = Rc::clone(&exchange);
        let (notes, alarms) = (RefCell::default(), RefCell::default());
        let pauses = RefCell::default();
        let checkpoint = Vec::new();
        let connected = false;
        Self {
            home,
            institution,
            exchange,
            notes,
            pauses,
            alarms,
            connected,
            vault,
            keys,
            chain,
            checkpoint,
        }
    }

    /// Another PC of the same office, which has seen nothing yet. It has the same keys.
    pub(crate) fn second_vault(&self) -> Self {
        Self::new(Rc::clone(&self.exchange), self.institution.clone())
    }

    pub(crate) fn shown(&self) -> RefMut<'_, TestExchange> {
        self.exchange.borrow_mut()
    }

    /// Publishes the next key set; the terminal holds both secrets afterwards.
    pub(crate) fn rotate(&mut self) {
        let shown = Rc::clone(&self.exchange);
        let world = &mut shown.borrow_mut().world;
        let statement = world.rotate_key_set(&mut self.institution);
        world.append(&statement);
        self.keys.key_sets = keys(world, &self.institution).key_sets;
    }

    /// Forgets the secrets of all key sets but the first.
    pub(crate) fn forget_newer_keys(&mut self) {
        self.keys.key_sets.truncate(1);
    }

    pub(crate) fn message(&self, from: Id, id: Id) -> Message {
        Message::load(&self.vault, from, id).unwrap().unwrap()
    }
}

fn keys(world: &World, of: &TestInstitution) -> TerminalKeys {
    let statements = world.entries.iter().filter_map(|e| Statement::parse(&e.record).ok());
    let digests: Vec<_> = statements
        .filter(|s| matches!(&s.body, AnyBody::KeySet(set) if set.institution == of.id))
        .map(|s| s.digest())
        .collect();
    let sets = of.sealing_seeds.iter().zip(1..).zip(digests);
    let shown = world.show(&of.worker);
    TerminalKeys {
        institution: of.id,
        terminal: of.terminal.id,
        institution_seed: Seed::new(of.key.seed),
        terminal_seed: Seed::new(of.terminal.key.seed),
        key_sets: sets
            .map(|((seed, number), digest)| KeySetSecret { number, digest, seed: Seed::new(*seed) })
            .collect(),
        workers: vec![WorkerSecret {
            id: of.worker.id,
            seed: Seed::new(of.worker.key.seed),
            card: Bytes::new(of.worker.card.as_slice()),
            card_salt: Seed::new(of.worker.card_salt),
            statement: Bytes::new(of.worker.statement.bytes()),
            receipt: Bytes::new(shown.receipt.unwrap().encode_to_vec()),
        }],
    }
}

impl TestExchange {
    /// Takes the trouble of this call; a refusal ends it.
    fn trouble(&mut self) -> Result<bool, Failure> {
        self.reached()?;
        match self.troubles.pop_front() {
            Some(Trouble::Refuse(key)) => Err(Failure::new(key)),
            Some(Trouble::Limit(key, seconds)) => {
                Err(Failure::new(key).retry_in(Duration::from_secs(seconds)))
            }
            Some(Trouble::LoseAnswer) => Ok(true),
            None => Ok(false),
        }
    }

    fn reached(&self) -> Result<(), Failure> {
        if self.is_down { Err(Failure::new("connection.lost")) } else { Ok(()) }
    }

    fn envelope(&self, from: Id, id: Id) -> Option<(u64, Statement, Envelope)> {
        (0..).zip(&self.world.entries).find_map(|(index, entry)| {
            let statement = Statement::parse(&entry.record).ok()?;
            match &statement.body {
                AnyBody::Envelope(lines) if (lines.from, lines.id) == (from, id) => {
                    let lines = lines.clone();
                    Some((index, statement, lines))
                }
                _ => None,
            }
        })
    }

    /// The index of a statement, appended and told to both sides unless it is there already.
    pub(crate) fn log(&mut self, statement: &Statement, parties: [Id; 2], detail: &[u8]) -> u64 {
        let bytes = statement.bytes();
        if let Some(known) = self.world.entries.iter().position(|entry| entry.record == bytes) {
            return known as u64;
        }
        let index = self.world.append(statement);
        for party in parties {
            self.mailboxes.entry(party).or_default().push((index, detail.to_vec()));
        }
        index
    }

    fn is_whole(&self, named: &BytesRef) -> bool {
        let there = self.uploads.get(&named.digest);
        there.is_some_and(|bytes| {
            BytesRef { digest: sha256(&[bytes]), length: bytes.len() as u64 } == *named
        })
    }

    /// Takes an upload as far as it comes; whether that is all.
    fn take_upload(&mut self, digest: Hash, offset: u64, bytes: &[u8]) -> Result<bool, Failure> {
        self.reached()?;
        let there = self.uploads.get(&digest).map_or(0, Vec::len);
        assert_eq!(offset, there as u64, "goes on where the exchange is");
        let (came, is_all) = self.over_the_line(&bytes[there..]);
        self.uploads.entry(digest).or_default().extend(came);
        Ok(is_all)
    }

    /// As much of `bytes` as goes over the line, and whether that is all.
    fn over_the_line<'a>(&mut self, bytes: &'a [u8]) -> (&'a [u8], bool) {
        let most = self.cut_after.take().unwrap_or(usize::MAX).min(bytes.len());
        self.travelled += most;
        (&bytes[..most], most == bytes.len())
    }

    fn events(&self, of: Id, start: u64) -> Vec<v1::MailboxEvent> {
        let mailbox = self.mailboxes.get(&of).cloned().unwrap_or_default();
        let event = |(number, (index, detail)): (u64, (u64, Vec<u8>))| v1::MailboxEvent {
            number,
            receipt: Some(self.world.receipt(index)),
            detail: detail.into(),
        };
        let is_shown =
            |e: &v1::MailboxEvent| e.number >= start && !self.hidden_events.contains(&e.number);
        (0..).zip(mailbox).map(event).filter(is_shown).collect()
    }

    fn receipt(&self, index: u64) -> v1::Receipt {
        v1::Receipt { record: Default::default(), ..self.world.receipt(index) }
    }

    fn accept(&mut self, letter: &v1::OutgoingLetter) -> Result<u64, Failure> {
        let statement = Statement::parse(&letter.envelope).unwrap();
        let AnyBody::Envelope(lines) = statement.body.clone() else { panic!("not an envelope") };
        let known = self.envelope(lines.from, lines.id);
        if let Some((index, known, _)) = known {
            let same = known == statement;
            return if same { Ok(index) } else { Err(Failure::new("server.id-reused")) };
        }
        let at = self.world.next_position();
        check_envelope(self.world.directory(), at, &statement).map_err(|refusal| {
            Failure::new(match refusal {
                Refusal::StaleKeySet { .. } => "server.stale-key-set",
                Refusal::UnknownUnit => "server.unknown-unit",
                _ => "server.rule",
            })
        })?;
        for named in &lines.attachments {
            assert!(self.is_whole(named), "sent before its attachments were there");
        }
        self.bodies.insert((lines.from, lines.id), letter.body.to_vec());
        Ok(self.log(&statement, [lines.from, lines.to.institution], &[]))
    }

    /// A disposition names the newest one before it; a repeat changes nothing.
    fn continues(&self, statement: &Statement, envelope: Hash) -> Result<(), Failure> {
        let AnyBody::Disposition(said) = &statement.body else { return Ok(()) };
        if self.world.find(statement).is_some() {
            return Ok(());
        }
        let records = self.world.entries.iter().filter_map(|e| Statement::parse(&e.record).ok());
        let mut earlier = records
            .filter(|s| matches!(&s.body, AnyBody::Disposition(said) if said.envelope == envelope));
        if said.previous == earlier.next_back().map(|statement| statement.digest()) {
            return Ok(());
        }
        Err(Failure::new("server.rule").with("rule", "previous"))
    }

    fn record(&mut self, statement: &[u8], detail: &[u8]) -> Result<v1::Receipt, Failure> {
        let lost = self.trouble()?;
        let statement = Statement::parse(statement).unwrap();
        let at = self.world.next_position();
        check_off_system(self.world.directory(), at, &statement).unwrap();
        let AnyBody::OffSystem(lines) = &statement.body else { panic!("not a record") };
        let bytes = statement.bytes();
        let known = self.world.entries.iter().position(|entry| entry.record == bytes);
        let index = match known {
            Some(known) => known as u64,
            None => {
                let index = self.world.append(&statement);
                self.mailboxes.entry(lines.from).or_default().push((index, detail.to_vec()));
                index
            }
        };
        if lost { Err(Failure::new("connection.lost")) } else { Ok(self.receipt(index)) }
    }

    fn answer(&mut self, statement: &[u8], detail: &[u8]) -> Result<v1::Receipt, Failure> {
        let lost = self.trouble()?;
        let statement = Statement::parse(statement).unwrap();
        let (from, id) = match &statement.body {
            AnyBody::Opened(lines) => (lines.from, lines.id),
            AnyBody::Disposition(lines) => (lines.from, lines.id),
            _ => panic!("not an answer"),
        };
        let (_, envelope, lines) = self.envelope(from, id).unwrap();
        let (at, digest) = (self.world.next_position(), envelope.digest());
        let directory = self.world.directory();
        match &statement.body {
            AnyBody::Opened(_) => {
                check_opened(directory, at, &statement, &lines, digest).unwrap();
            }
            _ => {
                check_disposition(directory, at, &statement, &lines, digest).unwrap();
            }
        }
        if let Some(index) = self.instead {
            return Ok(self.world.receipt(index));
        }
        self.continues(&statement, digest)?;
        let index = self.log(&statement, [lines.from, lines.to.institution], detail);
        if lost { Err(Failure::new("connection.lost")) } else { Ok(self.receipt(index)) }
    }
}

/// A watch of a mailbox: events at once, and a heartbeat every thirty seconds.
pub(crate) struct TestWatching {
    exchange: Rc<RefCell<TestExchange>>,
    of: Id,
    next: u64,
    begun: bool,
    quiet_until: tokio::time::Instant,
}

/// As the exchange's.
const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(30);

impl Watching for TestWatching {
    async fn next(&mut self) -> Result<Option<v1::SubscribeResponse>, Failure> {
        use v1::subscribe_response::Part;
        loop {
            if self.exchange.borrow().is_silent {
                std::future::pending::<()>().await;
            }
            {
                let shown = self.exchange.borrow();
                shown.reached()?;
                if !self.begun {
                    self.begun = true;
                    let length = shown.mailboxes.get(&self.of).map_or(0, Vec::len) as u64;
                    return Ok(Some(v1::SubscribeResponse { part: Some(Part::Heartbeat(length)) }));
                }
                let events = shown.events(self.of, self.next);
                if let Some(last) = events.last() {
                    self.next = last.number + 1;
                    let part = Some(Part::Events(v1::MailboxEvents { events }));
                    return Ok(Some(v1::SubscribeResponse { part }));
                }
                if tokio::time::Instant::now() >= self.quiet_until {
                    self.quiet_until += HEARTBEAT;
                    let part = Some(Part::Heartbeat(self.next));
                    return Ok(Some(v1::SubscribeResponse { part }));
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
}

/// Carries to the exchange in memory.
pub(crate) struct TestCarrier(Rc<RefCell<TestExchange>>);

impl Carrier for TestCarrier {
    async fn upload_state(&mut self, sealed: BytesRef) -> Result<UploadState, Failure> {
        let shown = self.0.borrow();
        shown.reached()?;
        let received = shown.uploads.get(&sealed.digest).map_or(0, |bytes| bytes.len() as u64);
        Ok(UploadState { received, complete: shown.is_whole(&sealed) })
    }

    async fn upload(
        &mut self,
        sealed: BytesRef,
        offset: u64,
        file: &Path,
        _: &Progress,
    ) -> Result<UploadState, Failure> {
        let takes = self.0.borrow().upload_takes;
        tokio::time::sleep(takes).await;
        let bytes = std::fs::read(file).unwrap();
        let is_all = self.0.borrow_mut().take_upload(sealed.digest, offset, &bytes)?;
        if is_all { self.upload_state(sealed).await } else { Err(Failure::new("connection.lost")) }
    }

    async fn pause(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

impl Post for TestPost {
    type Watching = TestWatching;
    type Carrier = TestCarrier;

    fn home(&self) -> &Path {
        self.home.ctx.home()
    }

    fn vault(&self) -> &Vault {
        &self.vault
    }

    fn keys(&self) -> Result<&TerminalKeys, Failure> {
        Ok(&self.keys)
    }

    fn chain(&self) -> &ClearChain {
        &self.chain
    }

    fn checkpoint(&self) -> Option<&[u8]> {
        Some(&self.checkpoint)
    }

    fn now(&self) -> Time {
        self.home.ctx.now()
    }

    fn with_random<R>(&self, use_it: impl FnOnce(&mut dyn Randomness) -> R) -> R {
        self.home.ctx.with_random(use_it)
    }

    fn note(&self, sentence: &Sentence) {
        self.notes.borrow_mut().push(sentence.message().key().to_owned());
    }

    fn progress(&self, _: &Sentence, _: u64) -> Progress {
        Progress::default()
    }

    fn forget_worker(&mut self, worker: Id, _: u64) -> Result<(), Failure> {
        self.keys.workers.retain(|one| one.id != worker);
        Ok(())
    }

    fn keep_alarm(&self, failure: Failure) -> Failure {
        if failure.exit() == Exit::Alarm {
            self.alarms.borrow_mut().push(failure.sentence().en());
        }
        failure
    }

    async fn pause(&self, wait: Duration) {
        self.pauses.borrow_mut().push(wait);
    }

    async fn sync(&mut self) -> Result<(), Failure> {
        let shown = self.exchange.borrow();
        for (index, entry) in (0..).zip(&shown.world.entries) {
            match &entry.leaf {
                Leaf::Clear(leaf) if leaf.number >= self.chain.next_number() => {
                    self.chain.push(index, &leaf.encode()).unwrap();
                }
                _ => {}
            }
        }
        self.checkpoint = shown.world.checkpoint().note_bytes().to_vec();
        Ok(())
    }

    async fn verify(
        &mut self,
        receipt: &v1::Receipt,
        known: Option<&[u8]>,
    ) -> Result<VerifiedReceipt, Failure> {
        let directory = self.chain.directory();
        receipt::verify(receipt, known, directory.origin(), &directory.log_keys())
            .map_err(|error| Failure::bad_proof(&error.to_string()))
    }

    async fn compare(&mut self, _: VerifiedCheckpoint) -> Result<(), Failure> {
        Ok(())
    }

    async fn send(&mut self, request: v1::SendRequest) -> Result<v1::SendResponse, Failure> {
        let mut shown = self.exchange.borrow_mut();
        shown.sent.push(request.clone());
        let lost = shown.trouble()?;
        let indexes: Result<Vec<_>, _> = request.letters.iter().map(|l| shown.accept(l)).collect();
        let receipts = indexes?.into_iter().map(|index| shown.receipt(index)).collect();
        if lost {
            return Err(Failure::new("connection.lost"));
        }
        Ok(v1::SendResponse { receipts })
    }

    async fn opened(&mut self, request: v1::OpenedRequest) -> Result<v1::OpenedResponse, Failure> {
        let receipt = self.exchange.borrow_mut().answer(&request.statement, &[])?;
        Ok(v1::OpenedResponse { receipt: Some(receipt) })
    }

    async fn dispose(
        &mut self,
        request: v1::DisposeRequest,
    ) -> Result<v1::DisposeResponse, Failure> {
        let receipt = self.exchange.borrow_mut().answer(&request.statement, &request.detail)?;
        Ok(v1::DisposeResponse { receipt: Some(receipt) })
    }

    async fn record_off_system(
        &mut self,
        request: v1::RecordOffSystemRequest,
    ) -> Result<v1::RecordOffSystemResponse, Failure> {
        let receipt = self.exchange.borrow_mut().record(&request.statement, &request.detail)?;
        Ok(v1::RecordOffSystemResponse { receipt: Some(receipt) })
    }

    async fn events(&mut self, start: u64) -> Result<Vec<v1::MailboxEvent>, Failure> {
        let shown = self.exchange.borrow();
        shown.reached()?;
        Ok(shown.events(self.institution.id, start))
    }

    async fn watch(&mut self, start: u64) -> Result<TestWatching, Failure> {
        self.exchange.borrow().reached()?;
        self.connected = true;
        let exchange = Rc::clone(&self.exchange);
        let (of, quiet_until) = (self.institution.id, tokio::time::Instant::now() + HEARTBEAT);
        Ok(TestWatching { exchange, of, next: start, begun: false, quiet_until })
    }

    fn disconnect(&mut self) {
        self.connected = false;
    }

    fn refresh(&mut self) -> Result<(), Failure> {
        self.exchange
            .borrow_mut()
            .refreshes
            .pop_front()
            .map_or(Ok(()), |key| Err(Failure::new(key)))
    }

    async fn fetch(&mut self, from: Id, id: Id, _: usize) -> Result<FetchedBody, Failure> {
        let mut shown = self.exchange.borrow_mut();
        shown.trouble()?;
        let body = shown.bodies.get(&(from, id)).cloned();
        let body = body.ok_or_else(|| Failure::new("server.body-gone"))?;
        let (_, envelope, _) = shown.envelope(from, id).unwrap();
        let (by, terminal) = (self.institution.id, self.institution.terminal.id);
        if by == from {
            return Ok(FetchedBody { receipt: None, body });
        }
        let lines = Fetched { from, id, envelope: envelope.digest(), by, terminal };
        let statement = shown.world.unsigned(&lines);
        let index = shown.log(&statement, [from, by], &[]);
        Ok(FetchedBody { receipt: Some(shown.world.receipt(index)), body })
    }

    async fn carrier(&mut self) -> Result<TestCarrier, Failure> {
        self.exchange.borrow().reached()?;
        Ok(TestCarrier(Rc::clone(&self.exchange)))
    }

    async fn fetch_attachment(
        &mut self,
        (from, id): (Id, Id),
        digest: Hash,
        offset: u64,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut shown = self.exchange.borrow_mut();
        shown.trouble()?;
        let (_, _, lines) = shown.envelope(from, id).unwrap();
        assert!(lines.attachments.iter().any(|named| named.digest == digest));
        let gone = || Failure::new("server.body-gone");
        let bytes = shown.uploads.get(&digest).cloned().ok_or_else(gone)?;
        let (came, is_all) = shown.over_the_line(&bytes[offset as usize..]);
        came.chunks(1_000).try_for_each(take)?;
        if is_all { Ok(()) } else { Err(Failure::new("connection.lost")) }
    }

    async fn track(&mut self, _: Id, _: Id) -> Result<v1::TrackResponse, Failure> {
        Err(Failure::new("connection.lost"))
    }
}

/// What became of a message, in order.
pub(crate) fn happened(message: &Message) -> Vec<&'static str> {
    message.leaves().iter().map(|leaf| leaf.statement.body.kind()).collect()
}

/// Whether the state has an event.
pub(crate) fn has(message: &Message, event: Event) -> bool {
    message.state().adds_nothing(event)
}
