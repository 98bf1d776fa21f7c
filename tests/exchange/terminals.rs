//! Further terminals, as the exchange sees them: it knows no secret, and keeps nothing longer than a day.

use prost::Message;
use tonic::Status;
use tsumugu_client::tls::{self, CertificateRequest, ClientIdentity};
use tsumugu_proto::v1::{self, EnrolmentState as State, ErrorReason as Reason};
use tsumugu_server::services::terminal::MAX_OPEN_INVITATIONS;
use tsumugu_trust::code::Code;
use tsumugu_trust::hash::sha256;
use tsumugu_trust::keyring::MAX_SEALED_KEYRING;
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::seal::SealingIdentity;
use tsumugu_trust::statement::{
    RecipientText, RemovalReason, StandingState, Statement, Terminal, TerminalRemoved,
    TerminalRequest, sign,
};
use tsumugu_trust::value::{Id, Role};

use crate::support::applicant::public;
use crate::support::link::{limit, reason};
use crate::support::office::Office;
use crate::support::town::{DAY, HOUR, Town};
use crate::support::{fresh, fresh_id};

/// A PC to be.
struct NewPc {
    code: Code,
    terminal: Id,
    key: SigningKey,
    tls: CertificateRequest,
}

impl NewPc {
    fn new(office: &Office) -> Self {
        let terminal = fresh_id();
        let name = office.origin.key_name(Role::Terminal, terminal);
        let key = SigningKey::from_seed(&name, &fresh()).unwrap();
        Self { code: Code::from_secret(fresh()), terminal, key, tls: tls::csr().unwrap() }
    }

    fn id(&self) -> prost::bytes::Bytes {
        self.code.invitation_id().0.to_vec().into()
    }

    fn invitation(&self, town: &Town, of: &Office) -> v1::InviteTerminalRequest {
        let content = v1::InvitationContent {
            origin: of.origin.to_string(),
            terminal_of: of.id.to_string(),
            ..v1::InvitationContent::default()
        };
        self.invitation_with(town.clock.now_ms() + DAY, content)
    }

    fn invitation_with(
        &self,
        expires_ms: u64,
        content: v1::InvitationContent,
    ) -> v1::InviteTerminalRequest {
        let content = content.encode_to_vec();
        let mac = self.code.document_mac(&content).0.to_vec().into();
        let document = Some(v1::InvitationDocument { content: content.into(), mac });
        v1::InviteTerminalRequest { invitation_id: self.id(), document, expires_ms }
    }

    fn lines(&self, town: &Town, of: &Office) -> TerminalRequest {
        let recipient = SealingIdentity::from_seed(&fresh()).to_recipient();
        TerminalRequest {
            invitation: self.code.invitation_id(),
            trust_list: town.eye.directory().trust_list().unwrap().digest,
            institution: of.id,
            terminal: self.terminal,
            key: public(&self.key),
            recipient: RecipientText::from(&recipient),
            csr: sha256(&[&self.tls.csr]),
        }
    }

    fn request(&self, of: &Office, lines: &TerminalRequest) -> v1::RequestTerminalRequest {
        let signed = sign(&of.origin, lines, &[&self.key]).unwrap();
        v1::RequestTerminalRequest {
            mac: self.code.request_mac(signed.text().as_bytes()).0.to_vec().into(),
            request: signed.bytes().into(),
            csr: self.tls.csr.clone().into(),
        }
    }

    fn admission(&self, of: &Office) -> Statement {
        let key = public(&self.key);
        of.by_institution(&Terminal { institution: of.id, terminal: self.terminal, key })
    }

    fn admit(&self, of: &Office) -> v1::AdmitTerminalRequest {
        let statement = self.admission(of).bytes().into();
        let keyring = b"keyring".as_slice().into();
        v1::AdmitTerminalRequest { invitation_id: self.id(), statement, keyring }
    }

    /// Invites and asks, as it should be.
    async fn asked(town: &Town, of: &Office) -> Self {
        let new = Self::new(of);
        of.link.terminal().invite_terminal(new.invitation(town, of)).await.unwrap();
        let request = new.request(of, &new.lines(town, of));
        town.link(None).await.enrolment().request_terminal(request).await.unwrap();
        new
    }

    async fn admission_of(&self, town: &Town) -> Result<v1::GetTerminalAdmissionResponse, Status> {
        let request = v1::GetTerminalAdmissionRequest { invitation_id: self.id() };
        let answer = town.link(None).await.enrolment().get_terminal_admission(request).await?;
        Ok(answer.into_inner())
    }

    async fn request_at(&self, of: &Office) -> Result<v1::GetTerminalRequestResponse, Status> {
        let request = v1::GetTerminalRequestRequest { invitation_id: self.id() };
        Ok(of.link.terminal().get_terminal_request(request).await?.into_inner())
    }
}

#[tokio::test]
async fn an_invitation_leads_to_a_terminal_with_certificate_and_keyring() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let new = NewPc::new(&office);
    let invitation = new.invitation(&town, &office);
    let mut calls = office.link.terminal();
    calls.invite_terminal(invitation.clone()).await.unwrap();
    calls.invite_terminal(invitation.clone()).await.unwrap();
    let shown = v1::GetInvitationRequest { invitation_id: new.id() };
    let blind = town.link(None).await;
    let shown = blind.enrolment().get_invitation(shown).await.unwrap().into_inner();
    assert_eq!(shown.document, invitation.document);
    assert_eq!(new.admission_of(&town).await.unwrap().state(), State::Invited);
    assert_eq!(reason(calls.admit_terminal(new.admit(&office)).await), Reason::Rule);

    let request = new.request(&office, &new.lines(&town, &office));
    blind.enrolment().request_terminal(request.clone()).await.unwrap();
    blind.enrolment().request_terminal(request.clone()).await.unwrap();
    let waiting = new.request_at(&office).await.unwrap();
    assert_eq!((waiting.state(), &waiting.request), (State::Pending, &request.request));
    assert_eq!(waiting.mac, request.mac);
    let pending = new.admission_of(&town).await.unwrap();
    assert_eq!((pending.state(), pending.keyring.len()), (State::Pending, 0));
    assert!(pending.certificates.is_empty());

    // Only what was asked for is admitted, only with a keyring of a size.
    let other = NewPc::new(&office);
    let wrong = v1::AdmitTerminalRequest {
        statement: other.admission(&office).bytes().into(),
        ..new.admit(&office)
    };
    assert_eq!(reason(calls.admit_terminal(wrong).await), Reason::Rule);
    let none = v1::AdmitTerminalRequest { keyring: Default::default(), ..new.admit(&office) };
    assert_eq!(limit(calls.admit_terminal(none).await).0, "keyring bytes");
    let large = vec![0; MAX_SEALED_KEYRING + 1];
    let large = v1::AdmitTerminalRequest { keyring: large.into(), ..new.admit(&office) };
    assert_eq!(limit(calls.admit_terminal(large).await).0, "keyring bytes");

    let first = calls.admit_terminal(new.admit(&office)).await.unwrap().into_inner();
    let at = office.eye.taken(first.receipt.as_ref(), &new.admission(&office)).at;
    let again = calls.admit_terminal(new.admit(&office)).await.unwrap().into_inner();
    assert_eq!(office.eye.taken(again.receipt.as_ref(), &new.admission(&office)).at, at);
    let admitted = new.admission_of(&town).await.unwrap();
    assert_eq!((admitted.state(), &admitted.keyring[..]), (State::Approved, &b"keyring"[..]));
    let chain = admitted.certificates.iter().map(|certificate| certificate.to_vec());
    let identity = ClientIdentity::from_der(chain, &new.tls.key);
    let link = town.link(Some(identity)).await;
    // The new terminal has it: the exchange does not keep it.
    let close = v1::CloseTerminalInvitationRequest { invitation_id: new.id() };
    link.terminal().close_terminal_invitation(close).await.unwrap();
    let closed = new.admission_of(&town).await.unwrap();
    assert_eq!((closed.state(), closed.keyring.len()), (State::Approved, 0));
    town.sync().await;
}

#[tokio::test]
async fn invitations_are_the_institutions_own_few_and_for_a_day() {
    let town = Town::new_here().await;
    let (office, other) = (town.office().await, town.office().await);
    let now = town.clock.now_ms();
    let invite = |request| {
        let mut calls = office.link.terminal();
        async move { calls.invite_terminal(request).await }
    };
    let content = |of: &Office| v1::InvitationContent {
        origin: of.origin.to_string(),
        terminal_of: of.id.to_string(),
        ..v1::InvitationContent::default()
    };
    let new = NewPc::new(&office);
    let wrong = [
        v1::InvitationContent { terminal_of: other.id.to_string(), ..content(&office) },
        v1::InvitationContent { terminal_of: String::new(), ..content(&office) },
        v1::InvitationContent { origin: "other.example".into(), ..content(&office) },
        v1::InvitationContent { invitation: b"invitation".as_slice().into(), ..content(&office) },
    ];
    for content in wrong {
        assert_eq!(
            reason(invite(new.invitation_with(now + HOUR, content)).await),
            Reason::Malformed
        );
    }
    let long = new.invitation_with(now + DAY + 1, content(&office));
    assert_eq!(limit(invite(long).await).0, "terminal_invitation_ms");
    let over = new.invitation_with(now, content(&office));
    assert_eq!(reason(invite(over).await), Reason::InvitationClosed);
    let mut administrator = town.administrators[0].link.terminal();
    let by_administrator = administrator.invite_terminal(new.invitation(&town, &office));
    assert_eq!(reason(by_administrator.await), Reason::UnknownParty);
    let stranger = town.link(None).await;
    let by_stranger = stranger.terminal().invite_terminal(new.invitation(&town, &office)).await;
    assert_eq!(reason(by_stranger), Reason::NoCertificate);

    for _ in 0..MAX_OPEN_INVITATIONS {
        invite(NewPc::new(&office).invitation(&town, &office)).await.unwrap();
    }
    let one_more = invite(new.invitation(&town, &office)).await;
    assert_eq!(limit(one_more).0, "open_terminal_invitations");
    // They are counted for each institution, and as long as they are open.
    other.link.terminal().invite_terminal(new.invitation(&town, &other)).await.unwrap();
    let same_id = NewPc { code: new.code.clone(), ..NewPc::new(&office) };
    assert_eq!(reason(invite(same_id.invitation(&town, &office)).await), Reason::IdReused);
    assert_eq!(reason(new.request_at(&office).await), Reason::NotFound);
    town.time.advance(DAY);
    invite(NewPc::new(&office).invitation(&town, &office)).await.unwrap();
}

#[tokio::test]
async fn a_request_fits_its_invitation_and_the_first_one_counts() {
    let town = Town::new_here().await;
    let (office, other) = (town.office().await, town.office().await);
    let new = NewPc::new(&office);
    let blind = town.link(None).await;
    let hand_in = |request| {
        let mut calls = blind.enrolment();
        async move { calls.request_terminal(request).await }
    };
    let good = new.lines(&town, &office);
    assert_eq!(reason(hand_in(new.request(&office, &good)).await), Reason::NotFound);
    office.link.terminal().invite_terminal(new.invitation(&town, &office)).await.unwrap();
    let elsewhere = TerminalRequest { institution: other.id, ..good.clone() };
    assert_eq!(reason(hand_in(new.request(&office, &elsewhere)).await), Reason::Rule);
    let list = TerminalRequest { trust_list: sha256(&[b"none"]), ..good.clone() };
    assert_eq!(reason(hand_in(new.request(&office, &list)).await), Reason::Rule);
    let csr = TerminalRequest { csr: sha256(&[b"none"]), ..good.clone() };
    assert_eq!(reason(hand_in(new.request(&office, &csr)).await), Reason::Malformed);
    let by_other = sign(&office.origin, &good, &[&NewPc::new(&office).key]).unwrap();
    let by_other = v1::RequestTerminalRequest {
        request: by_other.bytes().into(),
        ..new.request(&office, &good)
    };
    assert_eq!(reason(hand_in(by_other).await), Reason::BadSignature);
    let mac = vec![0; 31].into();
    let short = v1::RequestTerminalRequest { mac, ..new.request(&office, &good) };
    assert_eq!(reason(hand_in(short).await), Reason::Malformed);
    let tick = b"tsumugu/v1/tick\nexchange.test/east\n".as_slice().into();
    let tick = v1::RequestTerminalRequest { request: tick, ..new.request(&office, &good) };
    assert_eq!(reason(hand_in(tick).await), Reason::Malformed);

    hand_in(new.request(&office, &good)).await.unwrap();
    let second = NewPc { code: new.code.clone(), ..NewPc::new(&office) };
    let second = second.request(&office, &second.lines(&town, &office));
    assert_eq!(reason(hand_in(second).await), Reason::InvitationClosed);
    assert_eq!(reason(new.request_at(&other).await), Reason::NotFound);
    // The exchange logs none of it.
    let publish = sign(&office.origin, &good, &[&new.key]).unwrap();
    assert_eq!(reason(office.publish(&publish).await), Reason::Malformed);
}

#[tokio::test]
async fn what_is_closed_expired_or_of_a_removed_terminal_admits_nobody() {
    let town = Town::new_here().await;
    let mut office = town.office().await;
    let admit = |office: &Office, new: &NewPc| {
        let (mut calls, request) = (office.link.terminal(), new.admit(office));
        async move { calls.admit_terminal(request).await.map(|_| ()) }
    };
    let closed = NewPc::asked(&town, &office).await;
    let close = v1::CloseTerminalInvitationRequest { invitation_id: closed.id() };
    office.link.terminal().close_terminal_invitation(close).await.unwrap();
    assert_eq!(closed.admission_of(&town).await.unwrap().state(), State::Closed);
    assert_eq!(reason(admit(&office, &closed).await), Reason::InvitationClosed);

    let late = NewPc::asked(&town, &office).await;
    town.time.advance(DAY);
    assert_eq!(late.admission_of(&town).await.unwrap().state(), State::Closed);
    assert_eq!(reason(admit(&office, &late).await), Reason::InvitationClosed);
    town.time.advance(DAY);
    assert_eq!(reason(late.admission_of(&town).await), Reason::NotFound);

    // A suspended institution admits nobody.
    let waiting = NewPc::asked(&town, &office).await;
    town.standing(&office, StandingState::Suspended).await;
    assert_eq!(reason(admit(&office, &waiting).await), Reason::Suspended);
    town.standing(&office, StandingState::Active).await;
    admit(&office, &waiting).await.unwrap();

    // The new one invites in its turn; its codes end with it.
    let admitted = waiting.admission_of(&town).await.unwrap();
    let chain = admitted.certificates.iter().map(|certificate| certificate.to_vec());
    let identity = ClientIdentity::from_der(chain, &waiting.tls.key);
    let first = std::mem::replace(&mut office.link, town.link(Some(identity)).await);
    let third = NewPc::asked(&town, &office).await;
    office.link = first;
    assert_eq!(third.admission_of(&town).await.unwrap().state(), State::Pending);
    let removed = TerminalRemoved {
        institution: office.id,
        terminal: waiting.terminal,
        reason: RemovalReason::Retired,
    };
    office.publish(&office.by_institution(&removed)).await.unwrap();
    assert_eq!(third.admission_of(&town).await.unwrap().state(), State::Closed);
    assert_eq!(reason(admit(&office, &third).await), Reason::InvitationClosed);
    // Nor is it given keyring or certificate any more.
    let gone = waiting.admission_of(&town).await.unwrap();
    assert_eq!((gone.state(), gone.keyring.len(), gone.certificates.len()), (State::Closed, 0, 0));
    assert_eq!(reason(admit(&office, &waiting).await), Reason::InvitationClosed);
}
