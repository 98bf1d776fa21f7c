//! Certificates: whose they are, and when.

use std::collections::BTreeSet;

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, SanType};
use tonic::Status;
use tsumugu_client::tls::{ClientIdentity, TlsFailure};
use tsumugu_durable::clock::ManualClock;
use tsumugu_proto::v1::{self, ErrorReason as Reason};
use tsumugu_server::ca::{IssuingCa, LEAF_DAYS, RequestedKey};
use tsumugu_server::party::Party;

use crate::support::folder::ORIGIN;
use crate::support::fresh;
use crate::support::link::{Link, reason};
use crate::support::office::{Office, fetch_request};
use crate::support::town::{DAY, NOW, Town};

const PROTOS: [&str; 5] = [
    include_str!("../../proto/tsumugu/v1/admin.proto"),
    include_str!("../../proto/tsumugu/v1/directory.proto"),
    include_str!("../../proto/tsumugu/v1/exchange.proto"),
    include_str!("../../proto/tsumugu/v1/log.proto"),
    include_str!("../../proto/tsumugu/v1/terminal.proto"),
];

/// Calls everything that is not enrolment, with empty requests; names each call and its answer.
async fn call_everything(link: &Link) -> Vec<(&'static str, Result<(), Status>)> {
    macro_rules! call {
        ($service:ident.$name:ident($request:ident)) => {
            (stringify!($request), link.$service().$name(v1::$request::default()).await.map(drop))
        };
    }
    let pieces = || tokio_stream::iter([v1::UploadAttachmentRequest::default()]);
    vec![
        call!(admin.create_invitation(CreateInvitationRequest)),
        call!(admin.list_pending(ListPendingRequest)),
        call!(admin.approve(ApproveRequest)),
        call!(admin.close_invitation(CloseInvitationRequest)),
        call!(admin.propose(ProposeRequest)),
        call!(admin.upload_catalogue_file(UploadCatalogueFileRequest)),
        call!(admin.resume(ResumeRequest)),
        call!(directory.sync_directory(SyncDirectoryRequest)),
        call!(directory.publish_statement(PublishStatementRequest)),
        call!(directory.fetch_catalogue_file(FetchCatalogueFileRequest)),
        call!(exchange.send(SendRequest)),
        call!(exchange.subscribe(SubscribeRequest)),
        call!(exchange.fetch(FetchRequest)),
        call!(exchange.opened(OpenedRequest)),
        call!(exchange.dispose(DisposeRequest)),
        call!(exchange.record_off_system(RecordOffSystemRequest)),
        call!(exchange.track(TrackRequest)),
        ("UploadAttachmentRequest", link.exchange().upload_attachment(pieces()).await.map(drop)),
        call!(exchange.get_upload(GetUploadRequest)),
        call!(exchange.fetch_attachment(FetchAttachmentRequest)),
        call!(terminal.invite_terminal(InviteTerminalRequest)),
        call!(terminal.get_terminal_request(GetTerminalRequestRequest)),
        call!(terminal.admit_terminal(AdmitTerminalRequest)),
        call!(terminal.close_terminal_invitation(CloseTerminalInvitationRequest)),
        call!(log.get_checkpoint(GetCheckpointRequest)),
        call!(log.get_inclusion_proofs(GetInclusionProofsRequest)),
        call!(log.list_leaves(ListLeavesRequest)),
    ]
}

async fn all_refused(link: &Link, expected: Reason) {
    let answers = call_everything(link).await;
    let called: BTreeSet<String> = answers.iter().map(|(name, _)| (*name).to_owned()).collect();
    let rpcs = PROTOS.iter().flat_map(|proto| proto.lines());
    let rpcs = rpcs.filter_map(|line| line.trim().strip_prefix("rpc ")?.split('(').next());
    let named: BTreeSet<String> = rpcs.map(|name| format!("{name}Request")).collect();
    assert_eq!(called, named, "the list of calls is not that of the schema");
    for (name, answer) in answers {
        assert_eq!(reason(answer), expected, "{name}");
    }
}

async fn open(town: &Town, identity: ClientIdentity) -> Result<Link, TlsFailure> {
    // A clock of its own: what is tested is the server's.
    let clock = ManualClock::at(NOW);
    Link::open(&town.address, town.folder.ca_pin, Some(identity), clock).await
}

fn terminal(office: &Office) -> Party {
    Party::Terminal { institution: office.id.0, terminal: office.secrets.terminal.0 }
}

fn minted_by(ca: &IssuingCa, party: &Party, now: u64) -> ClientIdentity {
    let request = tsumugu_client::tls::csr().unwrap();
    let key = RequestedKey::from_csr(&request.csr).unwrap();
    let chain = ca.issue_client(party, &key, now).unwrap();
    ClientIdentity::from_der(chain.iter().map(|der| der.to_vec()), &request.key)
}

#[tokio::test]
async fn without_a_certificate_only_enrolment_answers() {
    let town = Town::new_here().await;
    all_refused(&town.link(None).await, Reason::NoCertificate).await;
    let request = v1::GetInvitationRequest { invitation_id: fresh::<16>().to_vec().into() };
    let answer = town.link(None).await.enrolment().get_invitation(request).await;
    assert_eq!(reason(answer), Reason::NotFound);
}

#[tokio::test]
async fn a_certificate_of_another_ca_does_not_pass_the_handshake() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let other = IssuingCa::create(ORIGIN, NOW).unwrap();
    open(&town, minted_by(&other, &terminal(&office), NOW)).await.unwrap_err();
    // Self-signed, with the right name in it.
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::default();
    let name = terminal(&office).spiffe_id(ORIGIN);
    params.subject_alt_names = vec![SanType::URI(name.as_str().try_into().unwrap())];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let own = params.self_signed(&key).unwrap();
    let own = ClientIdentity::from_der([own.der().to_vec()], &key.serialize_der());
    open(&town, own).await.unwrap_err();
    // The right chain, without its key.
    let mut stolen = office.identity.clone();
    stolen.key = ClientIdentity::from_der([], &key.serialize_der()).key;
    open(&town, stolen).await.unwrap_err();
    // The CA of the same name for another exchange: its parties are not ours.
    let elsewhere = IssuingCa::create("other.test", NOW).unwrap();
    open(&town, minted_by(&elsewhere, &terminal(&office), NOW)).await.unwrap_err();
    open(&town, office.identity.clone()).await.unwrap();
}

#[tokio::test]
async fn a_name_that_the_log_does_not_admit_is_nobody() {
    let town = Town::new_here().await;
    let (one, two) = (town.office().await, town.office().await);
    // Minted with the CA's own key: what a thief of the server's disk could make.
    let unknown = [
        Party::Administrator { id: fresh() },
        Party::Administrator { id: one.id.0 },
        Party::Terminal { institution: one.id.0, terminal: fresh() },
        Party::Terminal { institution: fresh(), terminal: one.secrets.terminal.0 },
        Party::Terminal { institution: one.id.0, terminal: two.secrets.terminal.0 },
        Party::Terminal { institution: one.id.0, terminal: one.id.0 },
    ];
    for party in unknown {
        let link = open(&town, town.minted(&party, NOW)).await.unwrap();
        all_refused(&link, Reason::UnknownParty).await;
    }
    let server = town.folder.ca().issue_server(&[], NOW).unwrap();
    let server = ClientIdentity { chain: server.chain, key: server.key };
    open(&town, server).await.unwrap_err();
}

#[tokio::test]
async fn an_expired_certificate_is_refused_also_on_an_open_connection() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let administrator = town.administrators[0].link.clone();
    let identity = office.identity.clone();
    let last = NOW + LEAF_DAYS as u64 * DAY;
    town.time.set(last);
    office.mailbox().await;
    town.time.set(last + 1000);
    all_refused(&office.link, Reason::TerminalRemoved).await;
    all_refused(&administrator, Reason::TerminalRemoved).await;
    open(&town, identity).await.unwrap_err();
    // Enrolment asks nobody for a certificate, also over that connection.
    let request = v1::GetInvitationRequest { invitation_id: fresh::<16>().to_vec().into() };
    let answer = office.link.enrolment().get_invitation(request).await;
    assert_eq!(reason(answer), Reason::NotFound);
}

#[tokio::test]
async fn a_certificate_is_refused_before_its_time() {
    let town = Town::new_here().await;
    let office = town.office().await;
    // The server's clock is behind that of its certificates' maker.
    town.time.set(NOW - 86_400_000 - 60_000);
    all_refused(&office.link, Reason::TerminalRemoved).await;
    open(&town, office.identity.clone()).await.unwrap_err();
    town.time.set(NOW - 86_400_000);
    office.mailbox().await;
    open(&town, office.identity.clone()).await.unwrap();
}

/// The clock of the program is moved in debug builds only; it is stopped by a signal.
#[cfg(all(unix, debug_assertions))]
#[tokio::test]
async fn the_program_with_its_clock_moved_on_refuses_what_has_expired() {
    let mut town = Town::process().await;
    let mut office = town.office().await;
    town.stop().await;
    let ahead = LEAF_DAYS as u64 * DAY + DAY;
    town.start_process(&[("TSUMUGU_CLOCK_OFFSET_MS", &ahead.to_string())]);
    let then = ManualClock::at(town.clock.now_ms() + ahead);
    let identity = Some(office.identity.clone());
    let late = Link::open(&town.address, town.folder.ca_pin, identity, then.clone()).await;
    late.unwrap_err();
    let anybody = Link::open(&town.address, town.folder.ca_pin, None, then).await.unwrap();
    all_refused(&anybody, Reason::NoCertificate).await;
    town.stop().await;
    town.start_process(&[]);
    town.reconnect(&mut [&mut office]).await;
    office.mailbox().await;
}

#[tokio::test]
async fn a_terminal_is_no_administrator_and_the_other_way_round() {
    let town = Town::new_here().await;
    let office = town.office().await;
    for (name, answer) in call_everything(&office.link).await.into_iter().take(7) {
        assert_eq!(reason(answer), Reason::NotAdministrator, "{name}");
    }
    let letter = office.letter(&office);
    office.send_one(&letter).await.unwrap();
    let mut exchange = town.administrators[0].link.exchange();
    assert_eq!(reason(exchange.fetch(fetch_request(&letter)).await), Reason::UnknownParty);
    let answers = call_everything(&town.administrators[0].link).await;
    let closed = [
        "SendRequest",
        "SubscribeRequest",
        "FetchRequest",
        "OpenedRequest",
        "DisposeRequest",
        "RecordOffSystemRequest",
        "TrackRequest",
        "UploadAttachmentRequest",
        "GetUploadRequest",
        "FetchAttachmentRequest",
        "InviteTerminalRequest",
        "GetTerminalRequestRequest",
        "AdmitTerminalRequest",
        "CloseTerminalInvitationRequest",
        "PublishStatementRequest",
    ];
    for (name, answer) in answers.into_iter().filter(|(name, _)| closed.contains(name)) {
        assert_eq!(reason(answer), Reason::UnknownParty, "{name}");
    }
}
