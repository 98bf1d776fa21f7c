use super::*;
use crate::directory::{Refusal, check_envelope};
use crate::hash::Hash;
use crate::leaf::{ChainHead, Leaf, PrivateLeaf};
use crate::state::{Delivery, Validity};
use crate::statement::{Answer, StandingState};
use crate::testing::{TestAnswer, TestInstitution, TestLetter, World};
use crate::value::InstitutionKind;

mod forged;
mod form;

/// A letter from hospital to office that was fetched, opened and acknowledged.
struct Scene {
    world: World,
    hospital: TestInstitution,
    office: TestInstitution,
    letter: TestLetter,
    answer: TestAnswer,
}

impl Scene {
    fn new() -> Self {
        Self::of(1)
    }

    fn of(seed: u64) -> Self {
        let mut world = World::new(seed);
        let hospital = world.admit("流山総合病院", InstitutionKind::Hospital);
        let office = world.admit("つむぐ居宅介護支援事業所", InstitutionKind::CareOffice);
        world.tick();
        let letter = world.send(&hospital, &office);
        world.append(&world.fetched(&letter, &office));
        world.append(&world.opened(&letter, &office));
        let answer = world.answer(&letter, &office, Answer::Acknowledged, "確認しました");
        world.append(&answer.statement);
        world.tick();
        Self { world, hospital, office, letter, answer }
    }

    fn file(&self) -> Vec<u8> {
        self.world.evidence(&self.letter, &[&self.answer]).unwrap()
    }

    fn evidence(&self) -> Evidence {
        self.world.evidence_builder(&self.letter, &[&self.answer]).unchecked()
    }

    fn index(&self, of: &crate::statement::Statement) -> u64 {
        self.world.index_of(of)
    }
}

fn verify_file(file: &[u8], root: Option<Hash>) -> Result<Report, EvidenceRefused> {
    verify(&Evidence::parse(file)?, root, None)
}

fn refused(evidence: &Evidence) -> EvidenceRefused {
    verify(evidence, None, None).unwrap_err()
}

#[test]
fn anchored_consistent_or_of_another_exchange() {
    let scene = Scene::new();
    let file = scene.file();
    let fingerprint = scene.world.fingerprint();
    assert_eq!(verify_file(&file, Some(fingerprint)).unwrap().outcome, Outcome::Anchored);
    assert_eq!(verify_file(&file, None).unwrap().outcome, Outcome::ConsistentOnly);
    let foreign = Scene::of(2).world.fingerprint();
    assert_eq!(
        verify_file(&file, Some(foreign)),
        Err(EvidenceRefused::OtherRoot { shown: fingerprint })
    );
}

#[test]
fn the_report_says_who_when_and_whose_word() {
    let scene = Scene::new();
    let report = verify_file(&scene.file(), None).unwrap();
    assert_eq!(
        (report.sender.institution, report.sender.name.as_str()),
        (scene.hospital.id, "流山総合病院")
    );
    assert_eq!(
        (report.recipient.institution, report.recipient.kind),
        (scene.office.id, InstitutionKind::CareOffice)
    );
    assert_eq!(report.envelope, scene.letter.lines);
    assert_eq!(report.envelope_digest, scene.letter.envelope.digest());
    let checkpoint = scene.world.checkpoint();
    assert_eq!(
        (report.checkpoint_size, report.checkpoint_root),
        (checkpoint.size(), checkpoint.root())
    );
    assert_eq!(report.state.delivery(), Some(Delivery::Opened));
    assert!(!report.removals_checked);
    let moments: Vec<_> =
        report.moments.iter().map(|m| (m.happening, m.word, m.terminal)).collect();
    let (sender, recipient) = (Some(scene.hospital.terminal.id), Some(scene.office.terminal.id));
    assert_eq!(
        moments,
        [
            (Happening::Composed, Word::Sender, sender),
            (Happening::Accepted, Word::Exchange, sender),
            (Happening::Fetched, Word::Exchange, recipient),
            (Happening::Opened, Word::Exchange, recipient),
            (Happening::Answered, Word::Recipient, recipient),
            (Happening::AnswerLogged, Word::Exchange, recipient),
        ]
    );
    let letter = report.letter.unwrap();
    assert_eq!(letter.form.as_deref(), Some("mhlw-admission-info-r6"));
    assert_eq!(
        (letter.author.id, letter.author.name.as_str()),
        (scene.hospital.worker.id, "山田 花子")
    );
    let [answer] = report.answers.as_slice() else { panic!("one answer") };
    assert_eq!((answer.answer, answer.counts), (Answer::Acknowledged, true));
    assert_eq!(answer.comment.as_deref(), Some("確認しました"));
    assert_eq!(
        answer.worker.as_ref().unwrap().role.as_ref().unwrap().as_str(),
        "主任介護支援専門員"
    );
}

#[test]
fn letter_and_details_may_stay_hidden() {
    let scene = Scene::new();
    let mut evidence = scene.evidence();
    evidence.letter = None;
    evidence.details.clear();
    let idle = scene.index(&scene.hospital.worker.statement);
    assert_eq!(refused(&evidence), EvidenceRefused::Unrelated { index: idle });
    let workers = [&scene.hospital.worker, &scene.office.worker].map(|w| scene.index(&w.statement));
    evidence.private.retain(|shown| !workers.contains(&shown.index));
    let report = verify(&evidence, None, None).unwrap();
    assert_eq!(report.letter, None);
    assert_eq!((report.answers[0].worker.clone(), report.answers[0].comment.clone()), (None, None));
    assert_eq!(report.answers[0].answer, Answer::Acknowledged);
}

#[test]
fn a_worker_s_receipt_in_the_letter_is_enough() {
    let scene = Scene::new();
    let mut evidence = scene.evidence();
    let workers = [&scene.hospital.worker, &scene.office.worker].map(|w| scene.index(&w.statement));
    evidence.private.retain(|shown| !workers.contains(&shown.index));
    let report = verify(&evidence, None, None).unwrap();
    assert_eq!(report.letter.unwrap().author.id, scene.hospital.worker.id);
}

#[test]
fn the_first_disposition_counts_and_later_ones_are_shown() {
    let mut scene = Scene::new();
    let later =
        scene.world.answer(&scene.letter, &scene.office, Answer::NotForUs, "宛先違いでした");
    scene.world.append(&later.statement);
    let file = scene.world.evidence(&scene.letter, &[&scene.answer, &later]).unwrap();
    let report = verify_file(&file, None).unwrap();
    let answers: Vec<_> = report.answers.iter().map(|a| (a.answer, a.counts)).collect();
    assert_eq!(answers, [(Answer::Acknowledged, true), (Answer::NotForUs, false)]);
    assert_eq!(report.state.answer().unwrap().1, Answer::Acknowledged);
}

#[test]
fn an_automatic_unreadable_does_not_imply_opened() {
    let mut scene = Scene::new();
    let letter = scene.world.send(&scene.hospital, &scene.office);
    scene.world.append(&scene.world.fetched(&letter, &scene.office));
    let answer = scene.world.answer(&letter, &scene.office, Answer::Unreadable, "");
    scene.world.append(&answer.statement);
    let report = verify_file(&scene.world.evidence(&letter, &[&answer]).unwrap(), None).unwrap();
    assert_eq!(report.state.delivery(), Some(Delivery::Fetched));
    assert_eq!(report.answers[0].answer, Answer::Unreadable);
}

#[test]
fn undelivered_destroyed_and_recalled_are_told() {
    use crate::statement::{Destroyed, DestroyedReason, Undelivered, UndeliveredReason};
    let Scene { mut world, hospital, office, .. } = Scene::new();
    let letter = world.send(&hospital, &office);
    let (from, id, envelope) = letter.named();
    let reason = UndeliveredReason::Expired;
    world.append(&world.unsigned(&Undelivered { from, id, envelope, reason }));
    let recall = world.recall(&letter, &hospital, "入力を誤りました");
    world.append(&recall.statement);
    let reason = DestroyedReason::Recalled;
    world.append(&world.unsigned(&Destroyed { from, id, envelope, reason }));
    let report = verify_file(&world.evidence(&letter, &[&recall]).unwrap(), None).unwrap();
    assert_eq!(report.state.delivery(), Some(Delivery::Undelivered));
    assert_eq!(report.state.validity(), Validity::Withdrawn);
    assert_eq!(report.recalls[0].comment.as_deref(), Some("入力を誤りました"));
    assert_eq!(report.moments.last().unwrap().happening, Happening::Destroyed);
}

#[test]
fn an_office_record_is_a_letter_to_oneself() {
    let Scene { mut world, office, .. } = Scene::new();
    let record = world.send(&office, &office);
    let report = verify_file(&world.evidence(&record, &[]).unwrap(), None).unwrap();
    assert_eq!(report.sender, report.recipient);
    assert_eq!(report.state.delivery(), Some(Delivery::Accepted));
}

#[test]
fn a_predecessor_is_shown_with_its_successor() {
    let mut world = World::new(3);
    let hospital = world.admit("流山総合病院", InstitutionKind::Hospital);
    let old = world.admit("旧居宅", InstitutionKind::CareOffice);
    let mut new = world.new_institution("新居宅", InstitutionKind::CareOffice);
    new.record.predecessor = Some(old.id);
    world.append(&world.by_administrators(&new.record));
    world.append_all_of(&new);
    let letter = world.send(&hospital, &new);
    let file = world.evidence(&letter, &[]).unwrap();
    let shown = Evidence::parse(&file).unwrap();
    assert!(
        shown
            .clear
            .iter()
            .any(|c| c.leaf.statement == world.by_administrators(&old.record).bytes())
    );
    assert_eq!(verify_file(&file, None).unwrap().recipient.name.as_str(), "新居宅");
}

#[test]
fn a_new_log_key_vouches_for_what_the_old_one_receipted() {
    let Scene { mut world, hospital, office, letter, .. } = Scene::new();
    world.log_key.seed = [7; 32];
    world.append(&world.by_administrators(&world.trust_list()));
    let before = world.evidence(&letter, &[]).unwrap();
    assert_eq!(verify_file(&before, None).unwrap().outcome, Outcome::ConsistentOnly);
    // The workers' receipts inside are by the old key, the checkpoint by the new one.
    let mut evidence = world.evidence_builder(&letter, &[]).unchecked();
    let worker = world.index_of(&hospital.worker.statement);
    evidence.private.retain(|shown| shown.index != worker);
    assert!(verify(&evidence, None, None).is_ok());
    let later = world.send(&hospital, &office);
    assert!(world.evidence(&later, &[]).is_ok());
}

#[test]
fn removals_are_checked_with_the_whole_chain_only() {
    let Scene { mut world, hospital, office, .. } = Scene::new();
    let before = world.directory().clone();
    let removal = world.remove_terminal(&hospital);
    let removed_at = world.append(&removal);
    let letter = world.send(&hospital, &office);
    let not_admitted = |index| EvidenceRefused::rule(index, Refusal::NotAdmitted);
    let index = world.index_of(&letter.envelope);
    assert_eq!(world.evidence(&letter, &[]), Err(not_admitted(index)));
    // An exchange, or a holder, who leaves the removal out is found out by the whole chain.
    let mut hidden = world.evidence_builder(&letter, &[]).unchecked();
    hidden.clear.retain(|shown| shown.index != removed_at);
    let report = verify(&hidden, Some(world.fingerprint()), None).unwrap();
    assert!(!report.removals_checked);
    let short = verify(&hidden, None, Some(&before)).unwrap();
    assert!(!short.removals_checked, "the chain ends before the envelope");
    assert_eq!(verify(&hidden, None, Some(world.directory())), Err(not_admitted(index)));
}

/// An exchange that lies about a leaf's time cannot move it before a removal: the leaf itself says which
/// clear leaf it was made after.
#[test]
fn a_backdated_leaf_stands_where_its_chain_head_says() {
    let Scene { mut world, hospital, office, .. } = Scene::new();
    let admitted = world.now;
    world.append(&world.remove_terminal(&hospital));
    let letter = world.compose(&hospital, &office, |_| {});
    let record = letter.envelope.bytes();
    let place = |after| Leaf::Private(PrivateLeaf::of(admitted, after, &[5; 32], &record)).at(99);
    let told = |after| check_envelope(world.directory(), place(after), &letter.envelope);
    let now = world.chain.chain_head().unwrap();
    assert_eq!(told(now).unwrap_err(), Refusal::NotAdmitted, "whatever its time");
    // An older head makes another leaf: then its time must lie before the next clear leaf's.
    let old = PrivateLeaf::of(world.now, ChainHead { number: 0, ..now }, &[5; 32], &record);
    assert_eq!(world.directory().holds(&old), Some(false));
}

/// Two clear chains in one tree: who holds one of them refuses the leaves that were made after the other.
#[test]
fn a_leaf_of_another_clear_chain_is_refused() {
    let Scene { world, .. } = Scene::new();
    let now = world.chain.chain_head().unwrap();
    let leaf = |after| PrivateLeaf::of(world.now, after, &[5; 32], b"record");
    assert_eq!(world.directory().holds(&leaf(now)), Some(true));
    let other = ChainHead { hash: Hash([9; 32]), ..now };
    assert_eq!(world.directory().holds(&leaf(other)), Some(false));
    let later = ChainHead { number: now.number + 1, ..now };
    assert_eq!(world.directory().holds(&leaf(later)), None);
}

#[test]
fn the_first_answer_cannot_be_left_out() {
    let Scene { mut world, office, letter, .. } = Scene::new();
    let before = world.entries.len() as u64;
    let second = world.answer(&letter, &office, Answer::Acknowledged, "二度目");
    world.append(&second.statement);
    let mut hidden = world.evidence_builder(&letter, &[]).unchecked();
    assert!(verify(&hidden, None, None).is_ok());
    let first = hidden.private.iter().rposition(|shown| {
        shown.index < before
            && String::from_utf8_lossy(&shown.record).starts_with("tsumugu/v1/disposition")
    });
    let first = hidden.private.remove(first.unwrap());
    hidden.details.retain(|detail| detail.index != first.index);
    assert!(matches!(
        verify(&hidden, None, None),
        Err(EvidenceRefused::Rule { source: Refusal::Mismatch, .. })
    ));
}

#[test]
fn suspensions_are_checked_with_the_whole_chain() {
    let Scene { mut world, hospital, office, .. } = Scene::new();
    let at = world.append(&world.standing(office.id, StandingState::Suspended));
    let letter = world.send(&hospital, &office);
    world.tick();
    let mut hidden = world.evidence_builder(&letter, &[]).unchecked();
    hidden.clear.retain(|shown| shown.index != at);
    assert!(verify(&hidden, None, None).is_ok());
    let index = world.index_of(&letter.envelope);
    let inactive = EvidenceRefused::rule(index, Refusal::RecipientInactive);
    assert_eq!(verify(&hidden, None, Some(world.directory())), Err(inactive));
}

#[test]
fn the_whole_chain_vouches() {
    let scene = Scene::new();
    let whole = scene.world.directory();
    let report = verify(&scene.evidence(), Some(scene.world.fingerprint()), Some(whole)).unwrap();
    assert!(report.removals_checked);
    let foreign = Scene::of(2);
    assert_eq!(
        verify(&scene.evidence(), None, Some(foreign.world.directory())),
        Err(EvidenceRefused::OtherChain { index: 0 })
    );
}
