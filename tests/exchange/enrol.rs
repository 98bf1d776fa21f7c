//! Institutions join.

use prost::bytes::Bytes;
use tonic::Status;
use tsumugu_proto::v1::{self, EnrolmentState, ErrorReason as Reason};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::statement::{
    AnyBody, ClosedReason, Enrolment, InvitationClosed, Purpose, Statement, sign,
};
use tsumugu_trust::value::Time;

use crate::support::administrator::{Paper, Wanted};
use crate::support::applicant::Applicant;
use crate::support::link::{reason, refusal};
use crate::support::town::{DAY, HOUR, NOW, Town};

async fn hand_in(town: &Town, request: v1::RequestEnrolmentRequest) -> Result<(), Status> {
    let link = town.link(None).await;
    link.enrolment().request_enrolment(request).await.map(|_| ())
}

async fn state(town: &Town, paper: &Paper) -> EnrolmentState {
    let request = v1::GetEnrolmentRequest { invitation_id: paper.id() };
    let link = town.link(None).await;
    link.enrolment().get_enrolment(request).await.unwrap().into_inner().state()
}

async fn close(town: &Town, paper: &Paper) -> Result<v1::CloseInvitationResponse, Status> {
    let by = &town.administrators[0];
    let (invitation, reason) = (paper.invitation.invitation, ClosedReason::Withdrawn);
    let closed = InvitationClosed { invitation, reason };
    let statement = sign(&town.folder.origin, &closed, &[&by.key()]).unwrap();
    let request = v1::CloseInvitationRequest { statement: statement.bytes().into() };
    Ok(by.link.admin().close_invitation(request).await?.into_inner())
}

async fn size(town: &Town) -> u64 {
    town.eye.follow(&town.administrators[0].link).await.size()
}

#[tokio::test]
async fn one_administrator_admits_and_a_repeated_approval_gets_the_same_receipt() {
    let town = Town::new_here().await;
    let paper = town.invite(town.wanted()).await.unwrap();
    assert_eq!(state(&town, &paper).await, EnrolmentState::Invited);
    let applicant = town.applicant(&paper).await;
    town.hand_in(&applicant).await.unwrap();
    assert_eq!(state(&town, &paper).await, EnrolmentState::Pending);

    let record = town.administrators[0].review(&town, &paper).await;
    let admin = || town.administrators[0].link.admin();
    let first = admin().approve(paper.approval(&record)).await.unwrap().into_inner();
    let first = town.eye.taken(first.receipt.as_ref(), &record);
    let before = size(&town).await;
    let again = admin().approve(paper.approval(&record)).await.unwrap().into_inner();
    assert_eq!(town.eye.taken(again.receipt.as_ref(), &record).at, first.at);
    assert_eq!(size(&town).await, before);

    town.sync().await;
    let directory = town.eye.directory();
    let member = directory.member(paper.invitation.subject).unwrap();
    assert!(member.is_active() && member.key_set().is_some() && member.profile().is_some());
    assert_eq!(state(&town, &paper).await, EnrolmentState::Approved);
}

#[tokio::test]
async fn two_administrators_admit_and_the_half_signed_record_survives_a_restart() {
    let mut town = Town::with_administrators(2).await;
    let paper = town.invite(town.wanted()).await.unwrap();
    let applicant = town.applicant(&paper).await;
    town.hand_in(&applicant).await.unwrap();
    let before = size(&town).await;
    for _ in 0..2 {
        // The same signature twice is one signature.
        let one = town.approve(0, &paper).await.unwrap();
        assert_eq!((one.receipt, one.signatures, one.needed), (None, 1, 2));
    }
    assert_eq!(size(&town).await, before);
    town.restart(&mut []).await;
    let mut second = town.administrators[1].link.admin();
    let pending = second
        .list_pending(v1::ListPendingRequest::default())
        .await
        .unwrap()
        .into_inner()
        .invitations;
    assert_eq!(Statement::parse(&pending[0].draft).unwrap().signatures().len(), 1);
    let two = town.approve(1, &paper).await.unwrap();
    assert_eq!((two.signatures, two.needed), (2, 2));
    assert!(two.receipt.is_some());
    town.sync().await;
    assert!(town.eye.directory().member(paper.invitation.subject).is_some());
}

#[tokio::test]
async fn a_request_that_is_not_what_was_signed_is_refused() {
    let town = Town::new_here().await;
    let paper = town.invite(town.wanted()).await.unwrap();
    let applicant = town.applicant(&paper).await;
    let stranger = town.applicant(&paper).await;
    let good = applicant.request();
    let other_csr = stranger.tls.csr.clone();
    let wrong = |change: &dyn Fn(&mut v1::RequestEnrolmentRequest)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let swap = wrong(&|request| request.statements.swap(0, 1));
    let exchanged = wrong(&|request| request.statements[3] = stranger.statements[3].bytes().into());
    let fewer = wrong(&|request| drop(request.statements.pop()));
    let csr = wrong(&|request| request.csr = other_csr.clone().into());
    let long_mac = wrong(&|request| request.mac = Bytes::from(vec![0; 33]));
    let no_mac = wrong(&|request| request.mac = Bytes::new());
    let garbage = Enrolment { csr: sha256(&[b"garbage"]), ..applicant.enrolment() };
    let garbage =
        v1::RequestEnrolmentRequest { csr: "garbage".into(), ..applicant.request_with(&garbage) };
    let list = Enrolment { trust_list: Hash([3; 32]), ..applicant.enrolment() };
    let list = applicant.request_with(&list);
    let foreign = Enrolment { institution: stranger.secrets.terminal, ..applicant.enrolment() };
    let one_key = sign(
        &applicant.origin,
        &applicant.enrolment(),
        &[&applicant.secrets.terminal_key(&applicant.origin)],
    );
    let one_key = wrong(&|request| request.enrolment = one_key.as_ref().unwrap().bytes().into());
    for (request, expected) in [
        (swap, Reason::Rule),
        (exchanged, Reason::Rule),
        (fewer, Reason::Rule),
        (csr, Reason::Malformed),
        (long_mac, Reason::Malformed),
        (no_mac, Reason::Malformed),
        (garbage, Reason::Malformed),
        (list, Reason::Rule),
        (applicant.request_with(&foreign), Reason::Rule),
        (one_key, Reason::BadSignature),
    ] {
        assert_eq!(reason(hand_in(&town, request).await), expected);
    }
    assert_eq!(state(&town, &paper).await, EnrolmentState::Invited);

    hand_in(&town, good.clone()).await.unwrap();
    // The first one counts; the same one again is a lost answer.
    assert_eq!(reason(town.hand_in(&stranger).await), Reason::InvitationClosed);
    hand_in(&town, good).await.unwrap();
}

#[tokio::test]
async fn a_worker_stands_once_in_a_request() {
    let town = Town::new_here().await;
    let paper = town.invite(town.wanted()).await.unwrap();
    let mut applicant = town.applicant(&paper).await;
    let by = applicant.secrets.institution_key(&applicant.origin);
    let mut twice = applicant.secrets.worker(&applicant.origin);
    twice.card = Hash([1; 32]);
    applicant.statements.push(sign(&applicant.origin, &twice, &[&by]).unwrap());
    let before = size(&town).await;
    assert_eq!(reason(town.admit(applicant).await), Reason::Rule);
    assert_eq!(size(&town).await, before);
}

#[tokio::test]
async fn an_invitation_ends_when_it_expires() {
    let town = Town::new_here().await;
    let expires = |at| Wanted { expires: Time(at), ..town.wanted() };
    assert_eq!(reason(town.invite(expires(NOW)).await), Reason::InvitationClosed);
    let paper = town.invite(expires(NOW + HOUR)).await.unwrap();
    let late = town.invite(expires(NOW + HOUR)).await.unwrap();
    let applicant = town.applicant(&paper).await;
    let too_late = town.applicant(&late).await;

    town.time.set(NOW + HOUR - 1);
    town.hand_in(&applicant).await.unwrap();
    town.time.set(NOW + HOUR);
    assert_eq!(reason(town.hand_in(&too_late).await), Reason::InvitationClosed);
    assert_eq!(state(&town, &late).await, EnrolmentState::Closed);
    assert_eq!(state(&town, &paper).await, EnrolmentState::Closed);
    let record = {
        let request = Statement::parse(&applicant.request().enrolment).unwrap();
        let AnyBody::Enrolment(lines) = request.body else { unreachable!() };
        tsumugu_trust::directory::institution_record(&paper.invitation, &lines, 1).unwrap()
    };
    let by = &town.administrators[0];
    let record = sign(&town.folder.origin, &record, &[&by.key()]).unwrap();
    let answer = by.link.admin().approve(paper.approval(&record)).await;
    assert_eq!(reason(answer), Reason::InvitationClosed);
}

#[tokio::test]
async fn a_closed_or_used_invitation_is_of_no_use() {
    let town = Town::new_here().await;
    let unused = town.invite(town.wanted()).await.unwrap();
    let pending = town.invite(town.wanted()).await.unwrap();
    let late = town.applicant(&unused).await;
    let waiting = town.applicant(&pending).await;
    town.hand_in(&waiting).await.unwrap();
    let record = town.administrators[0].review(&town, &pending).await;
    for paper in [&unused, &pending] {
        let first = close(&town, paper).await.unwrap().receipt.unwrap();
        let again = close(&town, paper).await.unwrap().receipt.unwrap();
        assert_eq!(first.index, again.index);
        assert_eq!(state(&town, paper).await, EnrolmentState::Closed);
    }
    assert_eq!(reason(town.hand_in(&late).await), Reason::InvitationClosed);
    let admin = town.administrators[0].link.admin();
    let answer = admin.clone().approve(pending.approval(&record)).await;
    assert_eq!(reason(answer), Reason::InvitationClosed);

    let used = town.invite(town.wanted()).await.unwrap();
    let again = town.applicant(&used).await;
    let first = town.applicant(&used).await;
    town.admit(first).await.unwrap();
    assert_eq!(reason(town.hand_in(&again).await), Reason::InvitationClosed);
    assert_eq!(reason(close(&town, &used).await), Reason::InvitationClosed);
    let listed =
        admin.clone().list_pending(v1::ListPendingRequest::default()).await.unwrap().into_inner();
    assert!(listed.invitations.is_empty());
}

#[tokio::test]
async fn only_open_invitations_count_against_their_limit() {
    let mut town = Town::new_here().await;
    town.stop().await;
    town.folder.limits(|limits| limits.pending_invitations = 2);
    town.start().await;
    town.reconnect(&mut []).await;
    let closed = town.invite(town.wanted()).await.unwrap();
    close(&town, &closed).await.unwrap();
    town.office().await;
    let open =
        [town.invite(town.wanted()).await.unwrap(), town.invite(town.wanted()).await.unwrap()];
    let answer = town.invite(town.wanted()).await;
    assert_eq!(crate::support::link::limit(answer), ("pending_invitations".into(), "2".into()));
    close(&town, &open[0]).await.unwrap();
    town.invite(town.wanted()).await.unwrap();
    town.time.advance(8 * DAY);
    for _ in 0..2 {
        town.invite(town.wanted()).await.unwrap();
    }
}

/// Hands in a request that breaks a rule of the directory; says why its approval was refused.
async fn refused(town: &Town, applicant: Applicant) -> Status {
    let (before, subject) = (size(town).await, applicant.secrets.institution);
    let status = town.admit(applicant).await.expect_err("a refusal");
    assert_eq!(size(town).await, before, "nothing is committed");
    town.sync().await;
    assert!(town.eye.directory().member(subject).is_none());
    status
}

#[tokio::test]
async fn a_key_of_somebody_else_is_refused_whatever_it_is_used_for() {
    let town = Town::new_here().await;
    let there = town.office().await.secrets;
    let (admin_key, admin_sealing) =
        (town.administrators[0].seed, town.administrators[0].sealing_seed);
    type Change<'a> = Box<dyn FnOnce(&mut crate::support::applicant::Secrets) + 'a>;
    let copies: Vec<Change<'_>> = vec![
        Box::new(|new| new.institution_seed = there.institution_seed),
        Box::new(|new| new.terminal_seed = there.terminal_seed),
        Box::new(|new| new.worker_seed = there.worker_seed),
        Box::new(|new| new.sealing_seed = there.sealing_seed),
        Box::new(|new| new.worker_seed = there.institution_seed),
        Box::new(|new| new.institution_seed = there.worker_seed),
        Box::new(|new| new.terminal_seed = there.worker_seed),
        Box::new(|new| new.terminal_seed = new.institution_seed),
        Box::new(|new| new.worker_seed = new.terminal_seed),
        Box::new(|new| new.institution_seed = admin_key),
        Box::new(|new| new.sealing_seed = admin_sealing),
    ];
    for (at, copy) in copies.into_iter().enumerate() {
        let paper = town.invite(town.wanted()).await.unwrap();
        let applicant = town.applicant(&paper).await.with(copy);
        let (found, _) = refusal(&refused(&town, applicant).await);
        assert_eq!(found, Reason::DuplicateKey, "copy {at}");
    }
    let paper = town.invite(town.wanted()).await.unwrap();
    let same_terminal = town.applicant(&paper).await.with(|new| new.terminal = there.terminal);
    assert_eq!(refusal(&refused(&town, same_terminal).await).0, Reason::Rule);
}

#[tokio::test]
async fn a_number_or_name_of_another_is_refused_unless_a_label_tells_them_apart() {
    let town = Town::new_here().await;
    let wanted = Wanted { name: "つむぐ東病院".into(), ..town.wanted() };
    let paper = town.invite(wanted.clone()).await.unwrap();
    let applicant = town.applicant(&paper).await;
    let there = town.admit(applicant).await.unwrap();

    let same_number = Wanted { number: wanted.number.clone(), ..town.wanted() };
    let paper = town.invite(same_number).await.unwrap();
    let status = refused(&town, town.applicant(&paper).await).await;
    assert_eq!(refusal(&status).0, Reason::DuplicateNumber);

    for name in ["医療法人社団 つむぐ東病院", "ツムグ東病院", "つむぐー東・病院"]
    {
        let paper = town.invite(Wanted { name: name.into(), ..town.wanted() }).await.unwrap();
        let status = refused(&town, town.applicant(&paper).await).await;
        let (found, metadata) = refusal(&status);
        assert_eq!(found, Reason::ConfusableName, "{name}");
        assert_eq!(metadata["institution"], there.id.to_string());
    }
    let label = Some("柏市".to_owned());
    let labelled = Wanted { name: wanted.name, label, ..town.wanted() };
    let paper = town.invite(labelled).await.unwrap();
    let applicant = town.applicant(&paper).await;
    town.admit(applicant).await.unwrap();
}

#[tokio::test]
async fn only_the_record_that_invitation_and_request_give_is_taken() {
    let town = Town::new_here().await;
    let paper = town.invite(town.wanted()).await.unwrap();
    let applicant = town.applicant(&paper).await;
    town.hand_in(&applicant).await.unwrap();
    let by = &town.administrators[0];
    let good = by.review(&town, &paper).await;
    let AnyBody::Institution(record) = &good.body else { unreachable!() };
    let mut named = record.clone();
    named.name = "別の病院".parse().unwrap();
    // A key of the administrator's own, in place of the applicant's.
    let mut keyed = record.clone();
    keyed.key = Some(by.line().key);
    for lines in [named, keyed] {
        let signed = sign(&town.folder.origin, &lines, &[&by.key()]).unwrap();
        let answer = by.link.admin().approve(paper.approval(&signed)).await;
        assert_eq!(reason(answer), Reason::Rule);
    }
    let nobody =
        sign(&town.folder.origin, record, &[&applicant.secrets.institution_key(&applicant.origin)]);
    let answer = by.link.admin().approve(paper.approval(&nobody.unwrap())).await;
    assert_eq!(reason(answer), Reason::BadSignature);
    by.link.admin().approve(paper.approval(&good)).await.unwrap();
}

#[tokio::test]
async fn an_invitation_made_under_an_older_list_or_by_nobody_is_refused() {
    let mut town = Town::new_here().await;
    let (_, old) = town.administrators[0].invitation(&town, town.wanted());
    let outsider = crate::support::administrator::Administrator::new();
    let (_, forged) = outsider.invitation(&town, town.wanted());
    let admin = town.administrators[0].link.admin();
    assert_eq!(reason(admin.clone().create_invitation(forged).await), Reason::BadSignature);
    town.admit_administrator(1).await;
    assert_eq!(reason(admin.clone().create_invitation(old).await), Reason::Rule);
    let wanted = Wanted { purpose: Purpose::Member, ..town.wanted() };
    town.invite(wanted).await.unwrap();
}
