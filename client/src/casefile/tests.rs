//! A case as both sides see it: letters, steps, facts, and dates that move.

use jiff::civil::date;
use serde_json::json;
use tsumugu_catalogue::deadline::When;
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::state::Validity;
use tsumugu_trust::statement::{Answer, Destination, Urgency};
use tsumugu_trust::value::{Id, Unit};

use super::*;
use crate::letters::{Content, Header, Signer, compose, seal};
use crate::mailbox::sync_mailbox;
use crate::mailbox::tests::queue_answer_with;
use crate::outbox::{flush, previous_message, queue_send, sealing};
use crate::post::testing::{TestPost, two_offices};

const CASE: Id = Id([0x33; 16]);
const OTHER: Id = Id([0x44; 16]);

/// Sends a notice of a case; gives its id.
async fn send(
    post: &mut TestPost,
    to: Id,
    case: Id,
    form: &str,
    values: serde_json::Value,
    replaces: Option<Id>,
) -> Id {
    let body = json!({ "form": form, "values": values, "version": "1" }).to_string();
    let keys = post.keys().unwrap();
    let mut random = [0; 10];
    post.with_random(|rng| rng.fill_bytes(&mut random));
    let header = Header {
        id: Id::for_message(post.now(), &random),
        from: keys.institution,
        to: Destination { institution: to, unit: Unit::main() },
        attachments: Vec::new(),
        urgency: Urgency::Normal,
        ack_by: None,
        replaces,
        composed: post.now(),
    };
    let id = header.id;
    let kind = v1::LetterKind::Notice;
    let body = body.into_bytes().into();
    let content = Content {
        kind,
        about: None,
        passed_on: None,
        case_id: Some(case),
        attachments: Vec::new(),
        body,
    };
    let worker = keys.worker(None).unwrap();
    let (key, shown) = (worker.signing_key(post.origin()).unwrap(), worker.shown().unwrap());
    let signer = Signer { key: &key, shown: &shown };
    let terminal = keys.terminal_key(post.origin()).unwrap();
    let previous = previous_message(post.vault(), to).unwrap();
    let with = sealing(post, &terminal, previous).unwrap();
    let sealed = post.with_random(|rng| {
        let composed = compose(post.origin(), header, &content, signer, rng).unwrap();
        seal(&composed, with, rng).unwrap()
    });
    queue_send(post, &[sealed]).unwrap();
    assert_eq!(flush(post).await.unwrap().done.len(), 1);
    id
}

fn discharge(status: &str, day: &str) -> serde_json::Value {
    json!({ "status": status, "date_out": day })
}

fn write(post: &TestPost, said: Said) {
    let worker = post.keys().unwrap().workers[0].clone();
    crate::office::write(post, &worker, said).unwrap();
}

fn fact(case: Id, name: &str, value: &str, revision: u64) -> Said {
    Said::CaseFact(v1::CaseFact {
        case_id: case.to_string(),
        name: name.to_owned(),
        value: value.to_owned(),
        revision,
        worker_id: CASE.to_string(),
    })
}

fn step(case: Id, id: u8, revision: u64, state: v1::CaseStepState) -> Said {
    let mut step = v1::CaseStep {
        id: Id([id; 16]).to_string(),
        revision,
        case_id: case.to_string(),
        step: "adm.stop-services".to_owned(),
        at_ms: 1_000 + u64::from(id),
        worker_id: CASE.to_string(),
        ..v1::CaseStep::default()
    };
    step.set_state(state);
    Said::CaseStep(step)
}

#[tokio::test]
async fn both_sides_see_the_same_letters_and_which_date_is_the_newest() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let form = "notice-discharge-date";
    let first = send(&mut hospital, to, CASE, form, discharge("見込み", "2026-12-01"), None).await;
    let second = send(&mut hospital, to, CASE, form, discharge("決定", "2026-12-03"), None).await;
    let wrong = send(&mut hospital, to, CASE, form, discharge("変更", "2026-12-30"), None).await;
    let right =
        send(&mut hospital, to, CASE, form, discharge("変更", "2026-12-05"), Some(wrong)).await;
    send(&mut hospital, to, OTHER, form, discharge("決定", "2026-11-30"), None).await;
    sync_mailbox(&mut care).await.unwrap();
    queue_answer_with(&care, from, first, Answer::Acknowledged, "承知しました。");
    flush(&mut care).await.unwrap();
    sync_mailbox(&mut hospital).await.unwrap();

    for (post, outgoing, other) in [(&hospital, true, to), (&care, false, from)] {
        let case = CaseFile::gather(post, CASE).unwrap();
        let ids: Vec<Id> = case.letters.iter().map(|letter| letter.id).collect();
        assert_eq!(ids, [first, second, wrong, right]);
        assert!(case.letters.iter().all(|one| (one.outgoing, one.other) == (outgoing, other)));
        assert!(case.letters.windows(2).all(|pair| pair[0].index < pair[1].index));
        assert_eq!(case.parties(), [other]);
        let letter = &case.letters[0];
        assert_eq!(letter.form_id(), Some(form));
        assert_eq!(letter.author.name, "山田 花子");
        let answer = letter.answer.as_ref().unwrap();
        assert_eq!(answer.answer, Answer::Acknowledged);
        assert_eq!(answer.comment.as_deref(), Some("承知しました。"));
        assert!(answer.worker.is_some() && answer.logged >= letter.accepted);
        assert_eq!(case.letters[2].validity, Validity::Superseded);

        let said: Vec<_> = case
            .discharge
            .iter()
            .map(|one| (one.status.as_str(), one.when.unwrap().day.day(), one.newest))
            .collect();
        assert_eq!(
            said,
            [("見込み", 1, false), ("決定", 3, false), ("変更", 30, false), ("変更", 5, true)]
        );
        assert!(case.conference.is_empty());
        // Neither side began a record: the letters alone make the case known.
        assert!(case.record.is_none() && !case.is_closed());
        let all = CaseFile::gather_all(post).unwrap();
        assert_eq!(all.iter().map(|case| case.letters.len()).collect::<Vec<_>>(), [4, 1]);
    }
}

#[tokio::test]
async fn an_answer_to_an_invitation_is_no_version_of_its_date() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let form = "notice-conference";
    let fixed = json!({ "status": "決定", "held_at": "2026-12-01T14:00" });
    send(&mut hospital, to, CASE, form, fixed, None).await;
    sync_mailbox(&mut care).await.unwrap();
    let reply = json!({ "status": "決定", "held_at": "2026-12-01T14:00", "reply": "出席" });
    send(&mut care, from, CASE, form, reply, None).await;
    let case = CaseFile::gather(&care, CASE).unwrap();
    assert_eq!(case.letters.len(), 2);
    let [version] = &case.conference[..] else { panic!("one version") };
    assert_eq!(version.when, Some(When::at(date(2026, 12, 1).at(14, 0, 0, 0))));
    assert!(version.newest && version.is_fixed() && !version.is_off());
    send(&mut care, from, CASE, form, json!({ "status": "中止" }), None).await;
    let case = CaseFile::gather(&care, CASE).unwrap();
    assert!(case.conference[1].newest && case.conference[1].is_off());
    assert!(!case.conference[0].newest);
}

#[tokio::test]
async fn every_pc_of_the_office_sees_the_same_steps_and_facts() {
    let (mut care, _) = two_offices().await;
    let mut colleague = care.second_vault();
    write(&care, fact(CASE, "admitted", "2026-11-24T20:00", 1));
    write(&care, fact(CASE, "learnt-from", "family", 1));
    write(&care, fact(CASE, "pattern", "B", 1));
    write(&care, fact(CASE, "pattern", "", 2));
    write(&care, step(CASE, 2, 1, v1::CaseStepState::Done));
    write(&care, step(CASE, 1, 1, v1::CaseStepState::Done));
    write(&care, step(CASE, 1, 2, v1::CaseStepState::TakenBack));
    write(&care, step(OTHER, 3, 1, v1::CaseStepState::Done));
    flush(&mut care).await.unwrap();
    sync_mailbox(&mut colleague).await.unwrap();
    let case = CaseFile::gather(&care, CASE).unwrap();
    let same = CaseFile::gather(&colleague, CASE).unwrap();
    assert_eq!((&case.steps, &case.facts), (&same.steps, &same.facts));
    let admitted = case.facts.admitted().unwrap();
    assert_eq!(admitted, When::at(date(2026, 11, 24).at(20, 0, 0, 0)));
    assert_eq!(case.facts.learnt_from(), Some(crate::office::ToldBy::Family));
    assert_eq!(case.facts.pattern(), None);
    let steps: Vec<_> = case.steps.iter().map(|step| (step.id.0[0], step.state)).collect();
    assert_eq!(steps, [(1, v1::CaseStepState::TakenBack), (2, v1::CaseStepState::Done)]);
    let unknown = CaseFile::gather(&care, Id([9; 16])).unwrap();
    assert!(unknown.steps.is_empty() && unknown.facts == Facts::default());
}

#[tokio::test]
async fn joined_cases_are_one_under_the_lower_id() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let form = "notice-admission";
    send(&mut hospital, to, OTHER, form, json!({}), None).await;
    sync_mailbox(&mut care).await.unwrap();
    send(&mut care, from, CASE, form, json!({}), None).await;
    write(&care, fact(CASE, "admitted", "2026-11-24", 1));
    flush(&mut care).await.unwrap();
    write(&care, fact(OTHER, "admitted", "2026-11-25", 1));
    write(&care, step(OTHER, 1, 1, v1::CaseStepState::Done));
    assert_eq!(CaseFile::gather_all(&care).unwrap().len(), 2);
    write(&care, fact(OTHER, "same-as", &CASE.to_string(), 1));
    let all = CaseFile::gather_all(&care).unwrap();
    let [case] = &all[..] else { panic!("one case") };
    assert_eq!((case.id, case.also.as_slice()), (CASE, &[OTHER][..]));
    assert_eq!((case.letters.len(), case.steps.len()), (2, 1));
    flush(&mut care).await.unwrap();
    for id in [CASE, OTHER] {
        let case = CaseFile::gather(&care, id).unwrap();
        // Of two facts of one name that which came to the log last counts.
        assert_eq!(case.facts.admitted(), Some(When::on(date(2026, 11, 25))));
        assert_eq!(case.id, CASE);
    }
    write(&care, fact(OTHER, "same-as", "", 2));
    assert_eq!(CaseFile::gather_all(&care).unwrap().len(), 2);
}

#[tokio::test]
async fn a_case_without_a_record_is_called_as_the_form_reads() {
    let (mut hospital, mut care) = two_offices().await;
    let to = care.institution.id;
    let values = json!({ "kana": "カクウ イチロウ", "dob": "1940-01-01" });
    send(&mut hospital, to, CASE, "notice-cm-inquiry", values, None).await;
    sync_mailbox(&mut care).await.unwrap();
    let case = CaseFile::gather(&care, CASE).unwrap();
    assert_eq!(case.label().as_deref(), Some("カクウ イチロウ"));
    let (id, label) = (CASE.to_string(), "架空さま".to_owned());
    let closed = true;
    write(&care, Said::Case(v1::Case { id, revision: 1, label, kana: String::new(), closed }));
    let case = CaseFile::gather(&care, CASE).unwrap();
    assert_eq!(case.label().as_deref(), Some("架空さま"));
    assert_eq!(case.kana().as_deref(), Some("カクウ イチロウ"));
    assert!(case.is_closed() && case.logged == Some(false));
}
