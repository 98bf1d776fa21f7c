//! What administrators decide together.

use tonic::Status;
use tsumugu_proto::v1::{self, EnrolmentState, ErrorReason as Reason};
use tsumugu_server::releases::MAX_CATALOGUE_FILE;
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::statement::{
    Body, BytesRef, CatalogueFile, CatalogueRelease, LogKey, Purpose, Standing, StandingState,
    Statement, TrustList, sign,
};

use crate::support::administrator::{Administrator, Paper, Wanted};
use crate::support::fresh_id;
use crate::support::link::{Link, reason};
use crate::support::town::Town;

async fn propose(town: &Town, by: usize, body: &impl Body) -> Result<v1::ProposeResponse, Status> {
    let by = &town.administrators[by];
    let statement = sign(&town.folder.origin, body, &[&by.key()]).unwrap();
    let request = v1::ProposeRequest { statement: statement.bytes().into() };
    Ok(by.link.admin().propose(request).await?.into_inner())
}

async fn proposals(town: &Town) -> Vec<Statement> {
    let answer =
        town.administrators[0].link.admin().list_pending(v1::ListPendingRequest::default()).await;
    let notes = answer.unwrap().into_inner().proposals;
    notes.iter().map(|note| Statement::parse(note).unwrap()).collect()
}

/// Somebody who asks to be an administrator, up to the request.
async fn candidate(town: &Town) -> (Administrator, Paper) {
    let new = Administrator::new();
    let wanted = Wanted { purpose: Purpose::Administrator, subject: new.id, ..town.wanted() };
    let paper = town.invite(wanted).await.unwrap();
    let request = new.candidacy_request(town, &paper);
    town.link(None).await.enrolment().request_candidacy(request).await.unwrap();
    (new, paper)
}

async fn approve(
    town: &Town,
    by: &Administrator,
    paper: &Paper,
    list: &TrustList,
) -> Result<v1::ApproveResponse, Status> {
    let signed = sign(&town.folder.origin, list, &[&by.key()]).unwrap();
    Ok(by.link.admin().approve(paper.approval(&signed)).await?.into_inner())
}

async fn countersign(
    town: &Town,
    by: &SigningKey,
    paper: &Paper,
    list: &TrustList,
) -> Result<Option<v1::Receipt>, Status> {
    let signed = sign(&town.folder.origin, list, &[by]).unwrap();
    let link = town.link(None).await;
    let answer = link.enrolment().countersign_trust_list(paper.countersignature(&signed)).await?;
    Ok(answer.into_inner().receipt)
}

#[tokio::test]
async fn a_half_signed_proposal_survives_a_restart_and_then_commits() {
    let mut town = Town::with_administrators(2).await;
    let mut office = town.office().await;
    let standing = Standing { institution: office.id, version: 1, state: StandingState::Suspended };
    let half = propose(&town, 0, &standing).await.unwrap();
    assert_eq!((half.receipt, half.signatures, half.needed), (None, 1, 2));
    town.restart(&mut [&mut office]).await;
    assert_eq!(proposals(&town).await.len(), 1);
    office.mailbox().await;
    let whole = propose(&town, 1, &standing).await.unwrap();
    assert_eq!((whole.receipt.is_some(), whole.signatures), (true, 2));
    assert!(proposals(&town).await.is_empty());
    // A lost answer: the same receipt.
    let again = propose(&town, 1, &standing).await.unwrap();
    assert_eq!(again.receipt.unwrap().index, whole.receipt.unwrap().index);
    assert_eq!(reason(office.subscribe(0, true).await), Reason::Suspended);
}

#[tokio::test]
async fn what_was_overtaken_is_no_longer_shown() {
    let town = Town::with_administrators(2).await;
    let office = town.office().await;
    let active = Standing { institution: office.id, version: 1, state: StandingState::Active };
    propose(&town, 0, &active).await.unwrap();
    town.standing(&office, StandingState::Suspended).await;
    assert!(proposals(&town).await.is_empty());
    assert_eq!(reason(propose(&town, 1, &active).await), Reason::Rule);
}

#[tokio::test]
async fn only_some_kinds_are_proposed_and_only_by_administrators() {
    let town = Town::with_administrators(2).await;
    let office = town.office().await;
    let list = Administrator::new().next_list(&town, 2);
    // Also where one signature would not commit it: nothing is kept that can never be.
    assert_eq!(reason(propose(&town, 0, &list).await), Reason::Malformed);
    let directory = town.eye.directory();
    let record = directory.member(office.id).unwrap().record().unwrap().clone();
    let member = tsumugu_trust::statement::Institution { version: 2, ..record.clone() };
    assert_eq!(reason(propose(&town, 0, &member).await), Reason::Malformed);
    // A key never comes this way, whatever else changes with it.
    let key = directory.member(office.id).unwrap().terminals.values().next().unwrap().key;
    let name = "別の名前".parse().unwrap();
    let renamed = tsumugu_trust::statement::Institution { version: 2, name, ..record };
    let taken_over = tsumugu_trust::statement::Institution { key: Some(key), ..renamed };
    assert_eq!(reason(propose(&town, 0, &taken_over).await), Reason::Malformed);
    // Nor does a member become an entry for FAX.
    let demoted = tsumugu_trust::statement::Institution {
        key: None,
        invitation: None,
        fax: Some("04-7000-0003".parse().unwrap()),
        fax_only: Some(tsumugu_trust::statement::Yes::Yes),
        ..member
    };
    assert_eq!(reason(propose(&town, 0, &demoted).await), Reason::Malformed);
    assert!(proposals(&town).await.is_empty());

    let standing = Standing { institution: office.id, version: 1, state: StandingState::Suspended };
    let by_office = office.by_institution(&standing);
    let request = v1::ProposeRequest { statement: by_office.bytes().into() };
    let call = town.administrators[0].link.admin().propose(request.clone()).await;
    assert_eq!(reason(call), Reason::BadSignature);
    assert_eq!(reason(office.link.admin().propose(request).await), Reason::NotAdministrator);
    // Rightly signed, over somebody else's connection: the signature counts, not the bearer.
    let nobody = Standing { institution: fresh_id(), version: 1, state: StandingState::Suspended };
    propose(&town, 0, &nobody).await.unwrap();
    assert_eq!(reason(propose(&town, 1, &nobody).await), Reason::NotFound);
}

#[tokio::test]
async fn a_catalogue_is_released_by_number() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let (digest, wrong) = (sha256(&[b"[form]"]), Hash([1; 32]));
    let release = |version, digest| {
        let content = BytesRef { digest, length: 6 };
        let file = CatalogueFile { name: "sheets.admission.toml".into(), content };
        CatalogueRelease { version, files: vec![file] }
    };
    let upload = |link: &Link, digest: Hash, content: Vec<u8>| {
        let sha256 = digest.0.to_vec().into();
        let request = v1::UploadCatalogueFileRequest { sha256, content: content.into() };
        let mut admin = link.admin();
        async move { admin.upload_catalogue_file(request).await.map(drop) }
    };
    let fetch = |link: &Link| {
        let request = v1::FetchCatalogueFileRequest { sha256: digest.0.to_vec().into() };
        let mut directory = link.directory();
        async move { directory.fetch_catalogue_file(request).await }
    };
    let city = &town.administrators[0].link;
    // Not before its files are there, and by their digests.
    assert_eq!(reason(propose(&town, 0, &release(1, digest)).await), Reason::Rule);
    assert_eq!(reason(fetch(city).await), Reason::NotFound);
    assert_eq!(
        reason(upload(&office.link, digest, b"[form]".into()).await),
        Reason::NotAdministrator
    );
    assert_eq!(reason(upload(city, wrong, b"[form]".into()).await), Reason::Malformed);
    assert_eq!(reason(upload(city, sha256(&[]), Vec::new()).await), Reason::Malformed);
    upload(city, digest, b"[form]".into()).await.unwrap();
    // Who signs looks at them first; the others wait for the log.
    assert_eq!(&fetch(city).await.unwrap().into_inner().content[..], b"[form]");
    assert_eq!(reason(fetch(&office.link).await), Reason::NotFound);
    assert_eq!(reason(propose(&town, 0, &release(1, wrong)).await), Reason::Rule);
    assert_eq!(reason(propose(&town, 0, &release(2, digest)).await), Reason::Rule);
    town.propose(&release(1, digest)).await;
    town.sync().await;
    assert_eq!(town.eye.directory().catalogues().len(), 1);
    assert_eq!(&fetch(&office.link).await.unwrap().into_inner().content[..], b"[form]");
    // As long as a file may be.
    let longest = vec![b'#'; MAX_CATALOGUE_FILE];
    upload(city, sha256(&[&longest]), longest.clone()).await.unwrap();
    let longer = [longest, vec![b'#']].concat();
    assert_eq!(reason(upload(city, sha256(&[&longer]), longer).await), Reason::Limit);
}

#[tokio::test]
async fn signatures_come_in_any_order() {
    let mut town = Town::new_here().await;
    town.admit_administrator(1).await;
    let (new, paper) = candidate(&town).await;
    // From 1 of 2 to 3 of 3: two in office and the new one sign.
    let list = new.next_list(&town, 3);
    let [one, two] = &town.administrators[..] else { panic!("two in office") };
    assert!(approve(&town, one, &paper, &list).await.unwrap().receipt.is_none());
    assert!(countersign(&town, &new.key(), &paper, &list).await.unwrap().is_none());
    let done = approve(&town, two, &paper, &list).await.unwrap();
    assert!(done.receipt.is_some());
    town.sync().await;
    assert_eq!(town.eye.directory().trust_list().unwrap().body.threshold, 3);
}

#[tokio::test]
async fn nobody_else_countersigns() {
    let town = Town::with_administrators(2).await;
    let (new, paper) = candidate(&town).await;
    let list = new.next_list(&town, 3);
    // Before anybody approved there is nothing to sign.
    assert_eq!(reason(countersign(&town, &new.key(), &paper, &list).await), Reason::Rule);
    for by in &town.administrators {
        assert!(approve(&town, by, &paper, &list).await.unwrap().receipt.is_none());
    }
    let stranger = Administrator::new();
    assert_eq!(
        reason(countersign(&town, &stranger.key(), &paper, &list).await),
        Reason::BadSignature
    );
    let other = TrustList { threshold: 2, ..list.clone() };
    assert_eq!(reason(countersign(&town, &new.key(), &paper, &other).await), Reason::Malformed);
    let asked = v1::GetEnrolmentRequest { invitation_id: paper.id() };
    let state = town.link(None).await.enrolment().get_enrolment(asked).await.unwrap().into_inner();
    assert_eq!(state.state(), EnrolmentState::Countersign);
    assert!(state.certificates.is_empty());
    countersign(&town, &new.key(), &paper, &list).await.unwrap().unwrap();
}

#[tokio::test]
async fn no_list_leaves_this_log_or_its_ca_out() {
    let town = Town::new_here().await;
    let (new, paper) = candidate(&town).await;
    let good = new.next_list(&town, 1);
    let other = SigningKey::from_seed(town.folder.origin.as_str(), &[1; 32]).unwrap();
    let logs = vec![LogKey(other.verifying_key().clone())];
    let by = &town.administrators[0];
    for wrong in [
        TrustList { logs, ..good.clone() },
        TrustList { ca_pins: vec![Hash([2; 32])], ..good.clone() },
        TrustList { version: 3, ..good.clone() },
        TrustList { previous: Some(Hash([2; 32])), ..good.clone() },
        // A list without who asked.
        TrustList { administrators: vec![by.line()], ..good.clone() },
    ] {
        assert_eq!(reason(approve(&town, by, &paper, &wrong).await), Reason::Rule);
    }
    approve(&town, by, &paper, &good).await.unwrap().receipt.unwrap();
}

#[tokio::test]
async fn who_left_the_list_is_out_at_the_next_request() {
    let mut town = Town::with_administrators(2).await;
    let (new, paper) = candidate(&town).await;
    let mut list = new.next_list(&town, 2);
    let leaving = town.administrators[0].id;
    list.administrators.retain(|one| one.id != leaving);
    for by in &town.administrators {
        approve(&town, by, &paper, &list).await.unwrap();
    }
    let signed = countersign(&town, &new.key(), &paper, &list).await.unwrap();
    assert!(signed.is_some());
    let left = town.administrators.remove(0);
    let call = left.link.admin().list_pending(v1::ListPendingRequest::default()).await;
    assert_eq!(reason(call), Reason::UnknownParty);
    let standing = Standing { institution: fresh_id(), version: 1, state: StandingState::Active };
    let signed = sign(&town.folder.origin, &standing, &[&left.key()]).unwrap();
    let request = v1::ProposeRequest { statement: signed.bytes().into() };
    let call = town.administrators[0].link.admin().propose(request).await;
    assert_eq!(reason(call), Reason::BadSignature);
}
