//! One office record, checked before anything of it is kept or shown.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::{Id, Text, Value};

use super::fact::FactName;
use super::limits::{
    MAX_CARD, MAX_CASE_TEXT, MAX_DRAFT_FORM, MAX_DRAFT_RECIPIENTS, MAX_FACT, MAX_NOTE,
    MAX_NOTE_NAME, MAX_STEP_NAME, MAX_STEP_NOTE, MAX_STEP_TIME,
};
use crate::args::RecipientArg;

/// What a record is about: records of one key replace each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A draft (下書き).
    Draft(Id),
    /// A case (ケース).
    Case(Id),
    /// A worker (職員).
    Worker(Id),
    /// Who has taken a message on (担当): sender and message.
    Claim(Id, Id),
    /// Something kept under a name.
    Note(String),
    /// A recorded step (手順の記録): its case and its own id.
    CaseStep(Id, Id),
    /// A fact of a case (事例の事実).
    CaseFact(Id, FactName),
}

/// A record that follows the rules. Only [`Entry::check`] and [`Entry::decode`] make it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    key: Key,
    revision: u64,
    said: Said,
}

/// A record that breaks a rule. The letter is kept, and nothing is shown of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the office record is malformed: {0}")]
pub struct BadRecord(&'static str);

impl Key {
    /// Where it lies below a folder of the vault.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Draft(id) => format!("draft/{id}"),
            Self::Case(id) => format!("case/{id}"),
            Self::Worker(id) => format!("worker/{id}"),
            Self::Claim(from, id) => format!("claim/{from}/{id}"),
            // The prefix keeps a name from being one of Windows' devices.
            Self::Note(name) => format!("note/n-{name}"),
            Self::CaseStep(case, id) => format!("case-step/{case}/{id}"),
            Self::CaseFact(case, name) => format!("case-fact/{case}/{}", name.word()),
        }
    }
}

impl Entry {
    /// What it is about.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Its revision, counted from 1.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What it says.
    #[must_use]
    pub fn said(&self) -> &Said {
        &self.said
    }

    /// As it travels.
    #[must_use]
    pub fn record(&self) -> v1::OfficeRecord {
        v1::OfficeRecord { entry: Some(self.said.clone()) }
    }

    /// Reads what [`Self::record`] gave, encoded.
    ///
    /// # Errors
    /// [`BadRecord`]
    pub fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        let record = v1::OfficeRecord::decode(bytes).map_err(|_| BadRecord("not a record"))?;
        Self::check(record.entry.ok_or(BadRecord("an unknown entry"))?)
    }

    /// Checks a record that is no snapshot.
    ///
    /// # Errors
    /// [`BadRecord`]
    pub fn check(said: Said) -> Result<Self, BadRecord> {
        let (key, revision) = match &said {
            Said::Draft(draft) => (Key::Draft(check_draft(draft)?), draft.revision),
            Said::Case(case) => (Key::Case(check_case(case)?), case.revision),
            Said::Worker(worker) => (Key::Worker(check_worker(worker)?), worker.revision),
            Said::Claim(claim) => {
                optional_id(&claim.worker_id)?;
                (Key::Claim(id(&claim.from)?, id(&claim.id)?), claim.revision)
            }
            Said::Note(note) => (Key::Note(check_note(note)?), note.revision),
            Said::CaseStep(step) => (check_step(step)?, step.revision),
            Said::CaseFact(fact) => (check_fact(fact)?, fact.revision),
            Said::Snapshot(_) => return Err(BadRecord("a snapshot inside a record")),
        };
        need(revision > 0, "revisions are counted from 1")?;
        Ok(Self { key, revision, said })
    }
}

fn check_draft(draft: &v1::Draft) -> Result<Id, BadRecord> {
    let v1::Draft { to, form, case_id, worker_id, .. } = draft;
    if draft.ended {
        let empty = to.is_empty() && form.is_empty() && case_id.is_empty() && worker_id.is_empty();
        need(empty && draft.left_ms == 0, "an ended draft says nothing else")?;
        return id(&draft.id);
    }
    need(to.len() <= MAX_DRAFT_RECIPIENTS, "too many recipients")?;
    need(to.iter().all(|to| to.parse::<RecipientArg>().is_ok()), "a recipient")?;
    need(!form.is_empty() && form.len() <= MAX_DRAFT_FORM, "the form")?;
    optional_id(case_id)?;
    id(worker_id)?;
    id(&draft.id)
}

fn check_case(case: &v1::Case) -> Result<Id, BadRecord> {
    let is_text = |text: &str| text.len() <= MAX_CASE_TEXT && Text::decode(text).is_some();
    need(is_text(&case.label), "the label")?;
    need(case.kana.is_empty() || is_text(&case.kana), "the reading")?;
    id(&case.id)
}

fn check_worker(worker: &v1::OfficeWorker) -> Result<Id, BadRecord> {
    if worker.removed {
        let empty = worker.card.is_empty() && worker.card_salt.is_empty();
        need(empty, "a worker who left has no card")?;
    } else {
        need(worker.card.len() <= MAX_CARD, "the card is too long")?;
        let card = v1::WorkerCard::decode(&worker.card[..]).map_err(|_| BadRecord("the card"))?;
        let is_role = card.role.is_empty() || Text::decode(&card.role).is_some();
        need(Text::decode(&card.name).is_some() && is_role, "the card")?;
        need(worker.card_salt.len() == 32, "the card's salt")?;
    }
    id(&worker.worker_id)
}

fn check_note(note: &v1::Note) -> Result<String, BadRecord> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let length = (1..=MAX_NOTE_NAME).contains(&note.name.len());
    need(length && note.name.bytes().all(plain), "the name")?;
    need(note.value.len() <= MAX_NOTE, "the value is too long")?;
    Ok(note.name.clone())
}

/// Whether a text is the id of a step.
pub(crate) fn is_step_name(text: &str) -> bool {
    is_name(text, true)
}

/// Whether a text is the id of a reason to leave a step out.
pub(crate) fn is_reason_name(text: &str) -> bool {
    is_name(text, false)
}

fn is_name(text: &str, dots: bool) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || dots && byte == b'.'
    };
    (1..=MAX_STEP_NAME).contains(&text.len()) && text.bytes().all(plain)
}

fn check_step(step: &v1::CaseStep) -> Result<Key, BadRecord> {
    need(is_step_name(&step.step), "the step")?;
    let by_letter = !step.from.is_empty() || !step.message.is_empty();
    if by_letter {
        id(&step.from)?;
        id(&step.message)?;
    }
    optional_id(&step.off_system)?;
    let (skipped, nothing_did_it) =
        (!step.skip_reason.is_empty(), !by_letter && step.off_system.is_empty());
    match step.state() {
        v1::CaseStepState::Done => need(!skipped, "a step that was done has no such reason")?,
        v1::CaseStepState::Skipped => {
            need(is_reason_name(&step.skip_reason), "the reason")?;
            need(nothing_did_it, "nothing did a step that was left out")?;
        }
        v1::CaseStepState::TakenBack => {
            need(!skipped && nothing_did_it, "a step taken back says nothing else")?;
        }
        v1::CaseStepState::Unspecified => return Err(BadRecord("the state of a step")),
    }
    need(step.at_ms > 0 && step.at_ms <= MAX_STEP_TIME, "the time of a step")?;
    need(is_remark(&step.note), "the note")?;
    id(&step.worker_id)?;
    Ok(Key::CaseStep(id(&step.case_id)?, id(&step.id)?))
}

fn check_fact(fact: &v1::CaseFact) -> Result<Key, BadRecord> {
    let name = FactName::parse(&fact.name).ok_or(BadRecord("an unknown fact"))?;
    let is_good = fact.value.is_empty() || name.read(&fact.value).is_some();
    need(fact.value.len() <= MAX_FACT && is_good, "the value of a fact")?;
    id(&fact.worker_id)?;
    Ok(Key::CaseFact(id(&fact.case_id)?, name))
}

/// Free text of several lines, without what only a terminal would see.
fn is_remark(text: &str) -> bool {
    let shown = |c: char| c == '\n' || !c.is_control() && !is_hidden(c);
    text.len() <= MAX_STEP_NOTE && text.chars().all(shown)
}

/// What changes the direction or hides in a text.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn need(good: bool, rule: &'static str) -> Result<(), BadRecord> {
    if good { Ok(()) } else { Err(BadRecord(rule)) }
}

fn id(text: &str) -> Result<Id, BadRecord> {
    text.parse().map_err(|_| BadRecord("an id"))
}

fn optional_id(text: &str) -> Result<(), BadRecord> {
    if text.is_empty() { Ok(()) } else { id(text).map(|_| ()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0190f3c1000070008000000000000001";

    fn draft() -> v1::Draft {
        v1::Draft {
            id: ID.to_owned(),
            revision: 1,
            to: vec!["1312345678/ward-3".to_owned()],
            form: b"{}".to_vec().into(),
            worker_id: ID.to_owned(),
            left_ms: 7,
            ..v1::Draft::default()
        }
    }

    fn case() -> v1::Case {
        let (id, label) = (ID.to_owned(), "架空 一郎さま".to_owned());
        v1::Case { id, label, revision: 1, ..v1::Case::default() }
    }

    fn is_good(said: Said) -> bool {
        let checked = Entry::check(said.clone());
        let bytes = v1::OfficeRecord { entry: Some(said) }.encode_to_vec();
        assert_eq!(Entry::decode(&bytes), checked);
        checked.is_ok()
    }

    #[test]
    fn limits_hold_at_their_edges() {
        let with = |change: fn(&mut v1::Draft)| {
            let mut draft = draft();
            change(&mut draft);
            is_good(Said::Draft(draft))
        };
        assert!(with(|_| {}));
        assert!(with(|d| d.to = vec!["1312345678".into(); MAX_DRAFT_RECIPIENTS]));
        assert!(!with(|d| d.to = vec!["1312345678".into(); MAX_DRAFT_RECIPIENTS + 1]));
        assert!(!with(|d| d.to = vec!["病院".into()]));
        assert!(with(|d| d.form = vec![b' '; MAX_DRAFT_FORM].into()));
        assert!(!with(|d| d.form = vec![b' '; MAX_DRAFT_FORM + 1].into()));
        assert!(!with(|d| d.form = Vec::new().into()));
        assert!(!with(|d| d.revision = 0));
        assert!(!with(|d| d.worker_id.clear()));
        assert!(!with(|d| d.ended = true));
        let ended = v1::Draft { id: ID.into(), revision: 2, ended: true, ..Default::default() };
        assert!(is_good(Said::Draft(ended)));

        let text = |length: usize| v1::Case { label: "x".repeat(length), ..case() };
        assert!(is_good(Said::Case(text(MAX_CASE_TEXT))));
        assert!(!is_good(Said::Case(text(MAX_CASE_TEXT + 1))));
        assert!(!is_good(Said::Case(text(0))));
        assert!(!is_good(Said::Case(v1::Case { kana: "\u{202e}".into(), ..case() })));

        let note = |name: usize, value: usize| {
            let value = vec![0; value].into();
            is_good(Said::Note(v1::Note { name: "a".repeat(name), revision: 1, value }))
        };
        assert!(note(MAX_NOTE_NAME, MAX_NOTE) && note(1, 0));
        assert!(!note(MAX_NOTE_NAME + 1, 0) && !note(0, 0) && !note(1, MAX_NOTE + 1));

        let card = v1::WorkerCard { name: "佐藤 花".into(), role: String::new() };
        let worker = |salt: usize, name: &str| {
            let card = v1::WorkerCard { name: name.into(), ..card.clone() }.encode_to_vec();
            let card_salt = vec![1; salt].into();
            let (worker_id, card) = (ID.to_owned(), card.into());
            let removed = false;
            is_good(Said::Worker(v1::OfficeWorker {
                worker_id,
                revision: 1,
                card,
                card_salt,
                removed,
            }))
        };
        assert!(worker(32, "佐藤 花"));
        assert!(!worker(31, "佐藤 花") && !worker(32, "") && !worker(32, &"x".repeat(MAX_CARD)));
    }

    fn step() -> v1::CaseStep {
        let mut step = v1::CaseStep {
            id: ID.to_owned(),
            revision: 1,
            case_id: ID.to_owned(),
            step: "adm.stop-services".to_owned(),
            at_ms: 7,
            worker_id: ID.to_owned(),
            ..v1::CaseStep::default()
        };
        step.set_state(v1::CaseStepState::Done);
        step
    }

    fn is_good_step(change: impl FnOnce(&mut v1::CaseStep)) -> bool {
        let mut step = step();
        change(&mut step);
        is_good(Said::CaseStep(step))
    }

    #[test]
    fn a_step_says_what_became_of_it_and_no_more() {
        use v1::CaseStepState::{Done, Skipped, TakenBack, Unspecified};
        assert!(is_good_step(|_| {}));
        let by_letter = |step: &mut v1::CaseStep| {
            (step.from, step.message) = (ID.to_owned(), ID.to_owned());
        };
        assert!(is_good_step(by_letter));
        assert!(!is_good_step(|step| step.message = ID.to_owned()));
        assert!(is_good_step(|step| step.off_system = ID.to_owned()));
        assert!(!is_good_step(|step| step.off_system = "x".to_owned()));
        assert!(!is_good_step(|step| step.skip_reason = "died".to_owned()));
        let with_reason = |state, reason: &'static str| {
            move |step: &mut v1::CaseStep| {
                step.set_state(state);
                step.skip_reason = reason.to_owned();
            }
        };
        assert!(is_good_step(with_reason(Skipped, "died")));
        assert!(!is_good_step(with_reason(Skipped, "")));
        assert!(!is_good_step(with_reason(Skipped, "死亡")));
        assert!(!is_good_step(|step| {
            with_reason(Skipped, "died")(step);
            by_letter(step);
        }));
        assert!(is_good_step(with_reason(TakenBack, "")));
        assert!(!is_good_step(with_reason(TakenBack, "died")));
        assert!(!is_good_step(with_reason(Unspecified, "")));
        assert!(!is_good_step(|step| step.state = 9));
        assert!(!is_good_step(|step| step.worker_id.clear()));
        assert!(!is_good_step(|step| step.case_id.clear()));
        let said = with_reason(Done, "");
        assert!(is_good_step(said));
    }

    #[test]
    fn limits_of_a_step_hold_at_their_edges() {
        assert!(is_good_step(|step| step.step = "a".repeat(MAX_STEP_NAME)));
        assert!(!is_good_step(|step| step.step = "a".repeat(MAX_STEP_NAME + 1)));
        assert!(!is_good_step(|step| step.step.clear()));
        assert!(!is_good_step(|step| step.step = "Adm".to_owned()));
        assert!(is_good_step(|step| step.note = "x".repeat(MAX_STEP_NOTE)));
        assert!(!is_good_step(|step| step.note = "x".repeat(MAX_STEP_NOTE + 1)));
        assert!(is_good_step(|step| step.note = "電話済み。\n折り返し待ち".to_owned()));
        assert!(!is_good_step(|step| step.note = "\u{1b}[31m".to_owned()));
        assert!(!is_good_step(|step| step.note = "\u{202e}".to_owned()));
        assert!(is_good_step(|step| step.at_ms = MAX_STEP_TIME));
        assert!(!is_good_step(|step| step.at_ms = MAX_STEP_TIME + 1));
        assert!(!is_good_step(|step| step.at_ms = 0));
    }

    #[test]
    fn a_fact_has_a_known_name_and_the_value_of_its_kind() {
        let is_good = |name: &str, value: &str| {
            is_good(Said::CaseFact(v1::CaseFact {
                case_id: ID.to_owned(),
                name: name.to_owned(),
                value: value.to_owned(),
                revision: 1,
                worker_id: ID.to_owned(),
            }))
        };
        assert!(is_good("admitted", "2026-11-24T20:00") && is_good("admitted", ""));
        assert!(!is_good("admitted", "昨日") && !is_good("rumour", "2026-11-24"));
        assert!(is_good("care-level", &"x".repeat(MAX_FACT)));
        assert!(!is_good("care-level", &"x".repeat(MAX_FACT + 1)));
    }

    #[test]
    fn a_snapshot_is_no_entry() {
        assert!(!is_good(Said::Snapshot(v1::Snapshot::default())));
        assert!(Entry::decode(&[]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(entry) = Entry::decode(&bytes) {
                prop_assert!(entry.revision() > 0);
                let again = Entry::decode(&entry.record().encode_to_vec()).unwrap();
                prop_assert_eq!(again.key(), entry.key());
            }
        }
    }
}
