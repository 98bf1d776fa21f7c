//! One exchange with its administrators, and a clock.

use std::sync::Arc;

use prost::Message;
use tonic::Status;
use tsumugu_client::tls::ClientIdentity;
use tsumugu_durable::clock::{Clock, ManualClock, SystemClock};
use tsumugu_durable::space::FreeSpace;
use tsumugu_proto::v1;
use tsumugu_server::party::Party;
use tsumugu_trust::statement::{Purpose, Statement, sign};

use super::administrator::{Administrator, Paper, Wanted};
use super::applicant::Applicant;
use super::eye::Eye;
use super::folder::Folder;
use super::link::Link;
use super::office::Office;
use super::running::{Here, Process};

/// When tests in this process begin: 2027-01-15T08:00:00Z.
pub const NOW: u64 = 1_800_000_000_000;
pub const HOUR: u64 = 3_600_000;
pub const DAY: u64 = 24 * HOUR;

#[derive(Debug)]
pub enum Running {
    Not,
    Here(Here),
    Process(Process),
}

#[derive(Debug)]
pub struct Town {
    pub folder: Folder,
    pub address: String,
    pub running: Running,
    /// The time of server and parties; the real program has the system's.
    pub clock: Arc<dyn Clock>,
    /// The same, for moving it; not in force with the real program.
    pub time: Arc<ManualClock>,
    pub administrators: Vec<Administrator>,
    pub eye: Eye,
}

impl Town {
    /// An exchange in this process, not bootstrapped.
    pub async fn empty() -> Self {
        let time = ManualClock::at(NOW);
        let mut town = Self::new(Folder::new(NOW), time.clone(), time);
        town.start().await;
        town
    }

    /// An exchange in this process with one administrator.
    pub async fn new_here() -> Self {
        let mut town = Self::empty().await;
        town.bootstrap().await;
        town
    }

    /// An exchange in this process with several administrators, all of whom must sign.
    pub async fn with_administrators(count: usize) -> Self {
        let mut town = Self::new_here().await;
        for threshold in 2..=count {
            town.admit_administrator(threshold as u64).await;
        }
        town
    }

    /// The real program with one administrator.
    pub async fn process() -> Self {
        let clock = SystemClock::shared();
        let now = clock.now_ms();
        let mut town = Self::new(Folder::new(now), clock, ManualClock::at(now));
        town.start_process(&[]);
        town.bootstrap().await;
        town
    }

    fn new(folder: Folder, clock: Arc<dyn Clock>, time: Arc<ManualClock>) -> Self {
        let eye = Eye::new(folder.origin.clone(), folder.log_key.clone());
        let (address, administrators) = (String::new(), Vec::new());
        Self { folder, address, running: Running::Not, clock, time, administrators, eye }
    }

    pub async fn start(&mut self) {
        let here = Here::start(&self.folder.path, self.clock.clone()).await.unwrap();
        self.address = here.address.clone();
        self.running = Running::Here(here);
    }

    /// Starts under free space that the test sets; everybody connects anew.
    pub async fn start_with_space(
        &mut self,
        space: Arc<dyn FreeSpace>,
        offices: &mut [&mut Office],
    ) {
        self.stop().await;
        let here = Here::start_with(&self.folder.path, self.clock.clone(), space).await.unwrap();
        self.address = here.address.clone();
        self.running = Running::Here(here);
        self.reconnect(offices).await;
    }

    /// Starts the real program; with a crash point armed it may have died already.
    pub fn start_process(&mut self, environment: &[(&str, &str)]) {
        let process = Process::start(&self.folder.path, environment).unwrap();
        self.address = process.address.clone();
        self.running = Running::Process(process);
    }

    /// Stops in good order.
    pub async fn stop(&mut self) {
        match std::mem::replace(&mut self.running, Running::Not) {
            Running::Not => {}
            Running::Here(here) => here.stop().await,
            // Not on this thread: the connections of this process have to hear the good-bye.
            Running::Process(process) => {
                tokio::task::spawn_blocking(|| process.stop()).await.unwrap();
            }
        }
    }

    /// Stops in good order and starts again; everybody connects anew.
    pub async fn restart(&mut self, offices: &mut [&mut Office]) {
        let was_process = matches!(self.running, Running::Process(_));
        self.stop().await;
        if was_process {
            self.start_process(&[])
        } else {
            self.start().await
        }
        self.reconnect(offices).await;
    }

    /// Everybody connects anew: the port is another one.
    pub async fn reconnect(&mut self, offices: &mut [&mut Office]) {
        for at in 0..self.administrators.len() {
            let identity = self.administrators[at].identity.clone();
            self.administrators[at].link = self.link(Some(identity)).await;
        }
        for office in offices {
            office.link = self.link(Some(office.identity.clone())).await;
        }
    }

    /// A connection as somebody, or without a certificate.
    pub async fn link(&self, identity: Option<ClientIdentity>) -> Link {
        let clock = self.clock.clone();
        Link::open(&self.address, self.folder.ca_pin, identity, clock).await.unwrap()
    }

    /// A certificate that no rpc gave: minted with the CA's key, as a thief of the disk could.
    pub fn minted(&self, party: &Party, now_ms: u64) -> ClientIdentity {
        let request = tsumugu_client::tls::csr().unwrap();
        let key = tsumugu_server::ca::RequestedKey::from_csr(&request.csr).unwrap();
        let chain = self.folder.ca().issue_client(party, &key, now_ms).unwrap();
        ClientIdentity::from_der(chain.iter().map(|der| der.to_vec()), &request.key)
    }

    /// The first administrator, with the code that `init` printed.
    pub async fn bootstrap(&mut self) {
        let mut first = Administrator::new();
        let request = first.bootstrap_request(self, &self.folder.code.clone());
        let link = Link::blind(&self.address, self.clock.clone()).await;
        let answer = link.enrolment().bootstrap(request.clone()).await.unwrap().into_inner();
        let list = Statement::parse(&request.trust_list).unwrap();
        self.eye.taken(answer.receipt.as_ref(), &list);
        first.identity = first.identity_from(&answer.certificates);
        first.link = self.link(Some(first.identity.clone())).await;
        self.administrators.push(first);
        self.sync().await;
    }

    /// A further administrator, with a list of that threshold.
    pub async fn admit_administrator(&mut self, threshold: u64) {
        let mut new = Administrator::new();
        let wanted = Wanted { purpose: Purpose::Administrator, subject: new.id, ..self.wanted() };
        let paper = self.invite(wanted).await.unwrap();
        let request = new.candidacy_request(self, &paper);
        let link = self.link(None).await;
        link.enrolment().request_candidacy(request).await.unwrap();
        let list = new.next_list(self, threshold);
        let in_office = self.eye.directory().trust_list().unwrap().body.threshold as usize;
        let mut taken = None;
        let mut merged: Option<Statement> = None;
        for administrator in &self.administrators[..in_office] {
            let signed = sign(&self.folder.origin, &list, &[&administrator.key()]).unwrap();
            let request = paper.approval(&signed);
            let answer = administrator.link.admin().approve(request).await.unwrap().into_inner();
            merged = Some(merged.map_or(signed.clone(), |all| all.merge(&signed).unwrap()));
            taken = answer.receipt;
        }
        let mut merged = merged.unwrap();
        let asked = v1::GetEnrolmentRequest { invitation_id: paper.id() };
        // Where those in office reach the new threshold by themselves, they are enough.
        if taken.is_none() {
            let waiting = link.enrolment().get_enrolment(asked.clone()).await.unwrap().into_inner();
            assert_eq!(waiting.state(), v1::EnrolmentState::Countersign);
            assert_eq!(waiting.trust_list, merged.bytes());
            let signed = sign(&self.folder.origin, &list, &[&new.key()]).unwrap();
            merged = merged.merge(&signed).unwrap();
            let request = paper.countersignature(&signed);
            let answer = link.enrolment().countersign_trust_list(request).await.unwrap();
            taken = answer.into_inner().receipt;
        }
        self.eye.taken(taken.as_ref(), &merged);
        let done = link.enrolment().get_enrolment(asked).await.unwrap().into_inner();
        new.identity = new.identity_from(&done.certificates);
        new.link = self.link(Some(new.identity.clone())).await;
        self.administrators.push(new);
        self.sync().await;
    }

    /// Reads on in the clear chain.
    pub async fn sync(&self) {
        self.eye.sync(&self.administrators[0].link).await;
    }

    /// A hospital that nobody has registered yet; the invitation is good for a week.
    pub fn wanted(&self) -> Wanted {
        Wanted::new(self.clock.now_ms() + 7 * DAY)
    }

    /// The first administrator invites.
    pub async fn invite(&self, wanted: Wanted) -> Result<Paper, Status> {
        let by = &self.administrators[0];
        let (paper, request) = by.invitation(self, wanted);
        let answer = by.link.admin().create_invitation(request).await?.into_inner();
        self.eye.taken(answer.receipt.as_ref(), &paper.statement);
        Ok(paper)
    }

    /// An applicant with that paper, who has checked the exchange's document under its code.
    pub async fn applicant(&self, paper: &Paper) -> Applicant {
        let link = Link::blind(&self.address, self.clock.clone()).await;
        let request = v1::GetInvitationRequest { invitation_id: paper.id() };
        let answer = link.enrolment().get_invitation(request).await.unwrap().into_inner();
        let document = answer.document.unwrap();
        assert!(paper.code.is_document_mac(&document.content, &document.mac));
        let content = v1::InvitationContent::decode(document.content).unwrap();
        assert_eq!(content.ca_pins, [self.folder.ca_pin.to_vec()]);
        assert_eq!(content.invitation, paper.statement.bytes());
        let newest = Statement::parse(content.trust_lists.last().unwrap()).unwrap();
        Applicant::new(self, paper, newest.digest())
    }

    /// The applicant hands in its request.
    pub async fn hand_in(&self, applicant: &Applicant) -> Result<(), Status> {
        let link = self.link(None).await;
        link.enrolment().request_enrolment(applicant.request()).await.map(|_| ())
    }

    /// An administrator checks the waiting request, and signs the record that it gives.
    pub async fn approve(&self, by: usize, paper: &Paper) -> Result<v1::ApproveResponse, Status> {
        let by = &self.administrators[by];
        let record = by.review(self, paper).await;
        let answer = by.link.admin().approve(paper.approval(&record)).await?;
        Ok(answer.into_inner())
    }

    /// Applies, and is approved by as many administrators as it takes.
    pub async fn admit(&self, applicant: Applicant) -> Result<Office, Status> {
        self.hand_in(&applicant).await?;
        for by in 0..self.administrators.len() {
            let answer = self.approve(by, &applicant.paper).await?;
            if answer.receipt.is_some() {
                self.sync().await;
                return Ok(Office::join(self, applicant).await);
            }
        }
        panic!("all have signed, and nothing was committed")
    }

    /// A new office, from invitation to certificate.
    pub async fn office(&self) -> Office {
        let paper = self.invite(self.wanted()).await.unwrap();
        let applicant = self.applicant(&paper).await;
        self.admit(applicant).await.unwrap()
    }

    /// Everybody needed signs a statement; the last signature commits it.
    pub async fn propose(&self, body: &impl tsumugu_trust::statement::Body) -> Statement {
        let threshold = self.eye.directory().trust_list().unwrap().body.threshold as usize;
        let mut merged: Option<Statement> = None;
        for (at, by) in self.administrators[..threshold].iter().enumerate() {
            let signed = sign(&self.folder.origin, body, &[&by.key()]).unwrap();
            let request = v1::ProposeRequest { statement: signed.bytes().into() };
            let answer = by.link.admin().propose(request).await.unwrap().into_inner();
            let all = merged.map_or(signed.clone(), |before| before.merge(&signed).unwrap());
            assert_eq!(answer.receipt.is_some(), at + 1 == threshold);
            if let Some(receipt) = &answer.receipt {
                self.eye.taken(Some(receipt), &all);
            }
            merged = Some(all);
        }
        merged.unwrap()
    }

    /// Suspends an institution, or lets it take part again.
    pub async fn standing(&self, of: &Office, state: tsumugu_trust::statement::StandingState) {
        self.sync().await;
        let directory = self.eye.directory();
        let version = directory.member(of.id).unwrap().standings.len() as u64 + 1;
        let standing = tsumugu_trust::statement::Standing { institution: of.id, version, state };
        self.propose(&standing).await;
    }

    /// Ends the real program by SIGKILL.
    pub fn kill(&mut self) {
        let Running::Process(process) = std::mem::replace(&mut self.running, Running::Not) else {
            panic!("no program runs")
        };
        process.kill();
    }
}
