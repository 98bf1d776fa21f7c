//! Records between a terminal, its outbox, the log and its mailbox.

use tsumugu_catalogue::Catalogue;
use tsumugu_catalogue::timeline::State;
use tsumugu_proto::v1;
use tsumugu_proto::v1::off_system::Said as Raw;
use tsumugu_trust::statement::{AnyBody, Statement};
use tsumugu_trust::value::Id;

use super::*;
use crate::casefile::{CaseFile, standing};
use crate::letters::Signer;
use crate::mailbox::sync_mailbox;
use crate::outbox::{entries, flush};
use crate::post::Post;
use crate::post::testing::{TestPost, Trouble, two_offices};

fn contact() -> v1::Contact {
    v1::Contact {
        means: v1::Means::Fax.into(),
        party: "かげろう薬局".to_owned(),
        at_ms: 1_795_357_080_000,
        sheet: br#"{"form":"x","version":"1","values":{}}"#.to_vec().into(),
        ..v1::Contact::default()
    }
}

fn queue(post: &TestPost, about: Option<Id>, said: Raw) -> Id {
    let worker = post.keys().unwrap().workers[0].clone();
    let key = worker.signing_key(post.origin()).unwrap();
    let shown = worker.shown().unwrap();
    let id = new_record_id(post, post.now());
    let said = Said::check(v1::OffSystem { said: Some(said) }, about).unwrap();
    queue_record(post, (id, about), &said, Signer { key: &key, shown: &shown }).unwrap();
    id
}

fn read(post: &TestPost) -> Papers {
    gather(post.vault(), post.directory(), post.keys().unwrap()).unwrap()
}

fn confirmation() -> Raw {
    Raw::Confirmation(v1::Confirmation {
        name: "山田 純".to_owned(),
        means: v1::Means::Call.into(),
        ..v1::Confirmation::default()
    })
}

#[tokio::test]
async fn a_record_is_there_at_once_and_whole_after_the_log_has_it() {
    let (_, mut care) = two_offices().await;
    let id = queue(&care, None, Raw::Contact(contact()));
    let before = read(&care);
    assert_eq!((before.papers[0].id(), before.papers[0].first().at), (id, None));
    assert_eq!(before.papers[0].contact().sheet, contact().sheet);
    care.shown().troubles.push_back(Trouble::LoseAnswer);
    assert_eq!(flush(&mut care).await.unwrap().waiting.len(), 1);
    // The mailbox brings what the lost answer was of, and the repeat adds nothing.
    sync_mailbox(&mut care).await.unwrap();
    assert_eq!(flush(&mut care).await.unwrap().done.len(), 1);
    assert!(entries(care.vault()).unwrap().is_empty() && care.notes.borrow().is_empty());
    let after = read(&care);
    assert_eq!(after.papers.len(), 1);
    assert!(after.papers[0].first().at.is_some() && after.papers[0].is_unconfirmed());
    assert_eq!(after.papers[0].contact(), &contact());
}

#[tokio::test]
async fn later_records_join_the_first_and_nothing_is_overwritten() {
    let (_, mut care) = two_offices().await;
    let first = queue(&care, None, Raw::Contact(contact()));
    let corrected = v1::Contact { party: "陽炎薬局".to_owned(), ..contact() };
    queue(&care, Some(first), Raw::Correction(corrected.clone()));
    queue(&care, Some(first), confirmation());
    flush(&mut care).await.unwrap();
    let paper = read(&care).papers.remove(0);
    assert_eq!((paper.contact(), paper.state()), (&corrected, PaperState::Confirmed));
    assert_eq!(paper.first().said.contact(), Some(&contact()));
    assert_eq!(paper.confirmed().unwrap().1.name, "山田 純");
    // The confirmation was of what went there; a note more changes nothing of it.
    let noted = v1::Contact { note: "再送".to_owned(), ..corrected.clone() };
    queue(&care, Some(first), Raw::Correction(noted));
    assert_eq!(read(&care).papers[0].state(), PaperState::Confirmed);
    let elsewhere = v1::Contact { party: "別の薬局".to_owned(), ..corrected.clone() };
    queue(&care, Some(first), Raw::Correction(elsewhere));
    assert_eq!(read(&care).papers[0].state(), PaperState::Unconfirmed);
    queue(&care, Some(first), Raw::Withdrawal("取り違え".to_owned()));
    assert_eq!(read(&care).papers[0].state(), PaperState::Withdrawn);
    assert_eq!(read(&care).papers[0].records().count(), 6);
}

#[tokio::test]
async fn only_what_was_sent_otherwise_than_in_person_is_unconfirmed() {
    let (_, care) = two_offices().await;
    for (means, received, state) in [
        (v1::Means::Fax, false, PaperState::Unconfirmed),
        (v1::Means::Post, false, PaperState::Unconfirmed),
        (v1::Means::Mail, false, PaperState::Unconfirmed),
        (v1::Means::Fax, true, PaperState::Recorded),
        (v1::Means::Visit, false, PaperState::Recorded),
        (v1::Means::Hand, false, PaperState::Recorded),
        (v1::Means::Call, false, PaperState::CallOnly),
    ] {
        let id = queue(
            &care,
            None,
            Raw::Contact(v1::Contact { means: means.into(), received, ..contact() }),
        );
        let papers = read(&care);
        let paper = papers.papers.iter().find(|paper| paper.id() == id).unwrap();
        assert_eq!(paper.state(), state, "{means:?}");
    }
    assert_eq!(read(&care).unconfirmed().count(), 3);
}

#[tokio::test]
async fn a_record_about_one_that_is_not_here_is_named_and_not_shown() {
    let (_, care) = two_offices().await;
    let id = queue(&care, Some(Id([7; 16])), confirmation());
    let papers = read(&care);
    assert!(papers.papers.is_empty());
    assert_eq!((papers.unread[0].id, papers.unread[0].why), (id, "first-missing"));
}

#[tokio::test]
async fn another_detail_or_another_record_under_the_id_is_an_alarm() {
    let (_, mut care) = two_offices().await;
    let id = queue(&care, None, Raw::Contact(contact()));
    flush(&mut care).await.unwrap();
    let index = read(&care).papers[0].first().at.unwrap().index;
    let receipt = care.shown().world.receipt(index);
    let verified = care.verify(&receipt, None).await.unwrap();
    let wrong = keep(&care, &verified, receipt.clone(), b"x").unwrap_err();
    assert_eq!(wrong.key(), "log.bad-proof");
    // The same terminal's record under the same id at another place.
    let statement = Statement::parse(&verified.record).unwrap();
    let AnyBody::OffSystem(lines) = &statement.body else { panic!("a record") };
    let terminal = care.keys().unwrap().terminal_key(care.origin()).unwrap();
    let detail = b"other".to_vec();
    let sealed = tsumugu_trust::statement::BytesRef {
        digest: tsumugu_trust::hash::sha256(&[&detail]),
        length: 5,
    };
    let mut lines = lines.clone();
    lines.detail.sealed = sealed;
    let forged = tsumugu_trust::statement::sign(care.origin(), &lines, &[&terminal]).unwrap();
    let index = care.shown().world.append(&forged);
    let receipt = care.shown().world.receipt(index);
    care.sync().await.unwrap();
    let verified = care.verify(&receipt, None).await.unwrap();
    let twice = keep(&care, &verified, receipt, &detail).unwrap_err();
    assert_eq!((twice.key(), lines.id), ("log.bad-proof", id));
}

#[tokio::test]
async fn a_record_of_ours_that_this_vault_did_not_make_is_said() {
    let (_, mut care) = two_offices().await;
    queue(&care, None, Raw::Contact(contact()));
    let entry = entries(care.vault()).unwrap().remove(0);
    // A copy of the vault says it, and this one forgets that it was to say it.
    flush(&mut care).await.unwrap();
    let id = read(&care).papers[0].id();
    care.vault().remove(&format!("paper/{id}")).unwrap();
    sync_mailbox(&mut care).await.unwrap();
    assert_eq!(*care.notes.borrow(), ["record.made-by-a-copy"], "{:?}", entry.id);
    assert_eq!(read(&care).papers.len(), 1);
}

#[tokio::test]
async fn a_case_has_its_records() {
    let (_, care) = two_offices().await;
    let case = Id([0x33; 16]);
    let id =
        queue(&care, None, Raw::Contact(v1::Contact { case_id: case.to_string(), ..contact() }));
    queue(&care, None, Raw::Contact(contact()));
    let file = CaseFile::gather(&care, case).unwrap();
    assert_eq!(file.papers.iter().map(Paper::id).collect::<Vec<_>>(), [id]);
    let all = CaseFile::gather_all(&care).unwrap();
    assert_eq!((all.len(), all[0].id, all[0].papers.len()), (1, case, 1));
    assert!(CaseFile::gather(&care, Id([0x44; 16])).unwrap().papers.is_empty());
}

#[tokio::test]
async fn a_fax_does_its_step_when_somebody_confirmed_it() {
    const STEP: &str = "adm.stop-services";
    let (_, care) = two_offices().await;
    let (case, case_id) = (Id([0x33; 16]), Id([0x33; 16]).to_string());
    let said = v1::Contact { case_id, step: STEP.to_owned(), ..contact() };
    let id = queue(&care, None, Raw::Contact(said));
    let is_done = || {
        let file = CaseFile::gather(&care, case).unwrap();
        let flow = standing(&care, &file, Catalogue::built_in(), care.now()).unwrap();
        flow.rows().any(|row| row.step.id == STEP && row.state == State::Done)
    };
    assert!(!is_done(), "nobody there has said that it arrived");
    queue(&care, Some(id), confirmation());
    assert!(is_done());
    queue(&care, Some(id), Raw::Withdrawal("別の方の用紙".to_owned()));
    assert!(!is_done(), "it never happened so");
}

#[tokio::test]
async fn nobody_else_opens_it() {
    let (hospital, mut care) = two_offices().await;
    queue(&care, None, Raw::Contact(contact()));
    flush(&mut care).await.unwrap();
    let papers = gather(care.vault(), care.directory(), hospital.keys().unwrap()).unwrap();
    assert_eq!(papers.unread[0].why, "key-not-here");
}
