//! A case as `case show` and `case list` show it.

use std::collections::BTreeMap;

use serde::Serialize;
use tsumugu_catalogue::Catalogue;
use tsumugu_catalogue::deadline::{Said, When, show_day};
use tsumugu_catalogue::timeline::{AdmissionInfo, Due, Row, State, Timeline, Turn};
use tsumugu_proto::v1::CaseStepState;
use tsumugu_trust::value::{Id, Time};

use super::find::short;
use crate::casefile::{CaseFile, DateVersion, standing};
use crate::commands::office::worker;
use crate::commands::record::ShownPaper;
use crate::commands::shown::{ShownMessage, ShownParty, ShownWorker};
use crate::failure::Failure;
use crate::jst;
use crate::office::{FactName, ToldBy};
use crate::output::Page;
use crate::post::Post;
use crate::session::Session;

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownCase {
    /// Id.
    pub id: String,
    /// The beginning of the id that no other case has.
    pub short_id: String,
    /// Other ids that it goes by.
    pub also: Vec<String>,
    /// How the office calls it; where only letters tell of it, what their form says.
    pub label: String,
    /// The patient's reading.
    pub kana: Option<String>,
    /// Whether it is closed.
    pub closed: bool,
    /// Whether the other PCs have the office's own record; nothing where there is none.
    pub logged: Option<bool>,
    /// How many steps are late.
    pub late: usize,
    /// What to look at first.
    pub next: Option<ShownStep>,
}

/// A case with what belongs to it.
#[derive(Debug, Serialize)]
pub struct OneCase {
    /// The case.
    #[serde(flatten)]
    pub case: ShownCase,
    /// What this office has to do next, where that is another step than `next`.
    pub ours: Option<ShownStep>,
    /// What the other side has to do next, where that is another step than `next`.
    pub theirs: Option<ShownStep>,
    /// Whom it was written with.
    pub parties: Vec<ShownParty>,
    /// The dates.
    pub dates: ShownDates,
    /// The sheet at the admission and its last days.
    pub admission: Option<ShownAdmission>,
    /// The phases with their steps.
    pub phases: Vec<ShownPhase>,
    /// What this office recorded of the steps; those taken back too.
    pub steps: Vec<ShownRecord>,
    /// What the other parties say of the steps: their word.
    pub their_steps: Vec<TheirRecord>,
    /// What did not go through the exchange: FAX, post, visits, calls.
    pub off_system: Vec<ShownPaper>,
    /// Its messages, in log order.
    pub messages: Vec<ShownMessage>,
    /// Ids of its drafts.
    pub drafts: Vec<String>,
}

/// Dates of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownDates {
    /// What the office entered, by name.
    pub entered: BTreeMap<&'static str, String>,
    /// The admission, as it counts (ISO 8601): what the office entered, else what a notice says.
    pub admitted: Option<String>,
    /// From whom the office learnt of it, in Japanese.
    pub learnt_from: Option<&'static str>,
    /// The discharge, as it counts.
    pub discharge: Option<String>,
    /// What letters said of the day of discharge, in log order.
    pub discharge_versions: Vec<ShownVersion>,
    /// What letters said of the conference, in log order.
    pub conference_versions: Vec<ShownVersion>,
}

/// What a letter said of a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownVersion {
    /// 区分, such as 見込み or 決定.
    pub status: String,
    /// The date (ISO 8601).
    pub date: Option<String>,
    /// Who said so.
    pub by: ShownParty,
    /// The letter.
    pub message: String,
    /// Index of the letter's leaf (記録番号).
    pub index: u64,
    /// When the exchange logged the letter.
    pub logged: String,
    /// Whether it is the newest that counts.
    pub newest: bool,
    #[serde(skip)]
    when: Option<When>,
    #[serde(skip)]
    at: Time,
}

/// The sheet at the admission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownAdmission {
    /// `1`, `2`, `past`, …; nothing while nothing was sent.
    pub class: Option<&'static str>,
    /// Last day of (Ⅰ).
    pub class_1_last_day: String,
    /// Last day of (Ⅱ).
    pub class_2_last_day: String,
    /// The rule set.
    pub rule_set: String,
    /// Whether no official paper confirms all of it (暫定).
    pub provisional: bool,
    /// When the sheet was accepted.
    pub sent: Option<String>,
    /// When the hospital acknowledged it (受領確認); a lamp of its own.
    pub acknowledged: Option<String>,
    /// All of it in one sentence.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// A phase with its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownPhase {
    /// Id.
    pub id: String,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
    /// The steps, in the order of the flow.
    pub steps: Vec<ShownStep>,
}

/// A step of the flow, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownStep {
    /// Id.
    pub step: String,
    /// Its name.
    pub name: String,
    /// Its name in English.
    pub name_en: String,
    /// `done`, `skipped`, `next`, `late`, `waiting`, `later`, `as-needed` or `not-applicable`.
    pub state: &'static str,
    /// `ours`, `theirs` or `either`, where somebody has to act.
    pub turn: Option<&'static str>,
    /// The last day, or day and time (ISO 8601).
    pub until: Option<String>,
    /// A second last day that is open after that one.
    pub then_until: Option<String>,
    /// Whether the day is not sure (暫定).
    pub provisional: bool,
    /// When it was first done (ISO 8601).
    pub done: Option<String>,
    /// The letter that did it.
    pub message: Option<String>,
    /// Whether it was done after its last day.
    pub done_late: bool,
    /// Id of the reason for which it was left out.
    pub skip_reason: Option<String>,
    /// Why it stands so.
    pub why: String,
    /// The same in English.
    pub why_en: String,
    /// What the other side does after it.
    pub then: String,
    /// What newcomers should know.
    pub teach: String,
    /// Ids of the fees that it counts for. The log shows what was done; it earns nothing by itself.
    pub fees: Vec<String>,
    #[serde(skip)]
    what: State,
    #[serde(skip)]
    due: Option<Due>,
}

/// A step that somebody of this office recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownRecord {
    /// Id of the record.
    pub id: String,
    /// Id of the step.
    pub step: String,
    /// `done`, `skipped` or `taken-back`.
    pub state: &'static str,
    /// When, as the one who recorded it says (ISO 8601).
    pub at: String,
    /// Why it was left out.
    pub skip_reason: Option<String>,
    /// Who recorded it.
    pub worker: Option<ShownWorker>,
    /// The letter that did it.
    pub message: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// Whether the other PCs have it.
    pub logged: bool,
}

/// A step that another party recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TheirRecord {
    /// Who says so.
    pub by: ShownParty,
    /// Id of the step.
    pub step: String,
    /// `done` or `skipped`.
    pub state: &'static str,
    /// When, as they say (ISO 8601).
    pub at: String,
    /// Why it was left out.
    pub skip_reason: Option<String>,
}

impl ShownCase {
    pub(super) fn of(
        file: &CaseFile,
        short_ids: &BTreeMap<Id, String>,
        timeline: &Timeline<'_>,
    ) -> Self {
        Self {
            id: file.id.to_string(),
            short_id: short_ids.get(&file.id).cloned().unwrap_or_else(|| short(file.id)),
            also: file.also.iter().map(Id::to_string).collect(),
            label: file.label().unwrap_or_else(|| "（呼び名なし no label）".to_owned()),
            kana: file.kana(),
            closed: file.is_closed(),
            logged: file.logged,
            late: if file.is_closed() { 0 } else { timeline.late() },
            next: timeline.next().filter(|_| !file.is_closed()).map(ShownStep::of),
        }
    }

    /// What is late first, then what ends first.
    pub(super) fn urgency(&self) -> (bool, bool, Option<String>) {
        let until = self.next.as_ref().and_then(|next| next.until.clone());
        (self.late == 0, until.is_none(), until)
    }

    pub(super) fn rows(&self, page: &mut Page) {
        page.row(&format!("    {}", self.head()));
        if let Some(next) = &self.next {
            page.row(&format!("        {}", next.turn_row()));
        }
    }

    fn head(&self) -> String {
        let kana = self.kana.as_deref().filter(|kana| *kana != self.label);
        let kana = kana.map(|kana| format!("（{kana}）")).unwrap_or_default();
        let closed = if self.closed { "  終了 closed" } else { "" };
        let late = match self.late {
            0 => String::new(),
            late => format!("  【期限超過 late {late}】"),
        };
        format!("{}  {}{kana}{closed}{late}", self.short_id, self.label)
    }
}

impl OneCase {
    pub(super) fn of(
        session: &Session<'_>,
        file: &CaseFile,
        timeline: &Timeline<'_>,
        messages: Vec<ShownMessage>,
    ) -> Result<Self, Failure> {
        let directory = session.directory();
        let short = super::find::short_id(session, file.id)?;
        let case = ShownCase::of(file, &BTreeMap::from([(file.id, short)]), timeline);
        let first = timeline.next().map(|row| &row.step.id);
        let pending = timeline.pending();
        let turn = |turns: &[Turn]| {
            let mut rows = pending.iter().filter(|row| turns.contains(&row.turn));
            let row = rows.next().filter(|row| Some(&row.step.id) != first);
            row.filter(|_| !file.is_closed()).map(|row| ShownStep::of(row))
        };
        let their_steps = file.their_steps().into_iter().map(|(from, step)| TheirRecord {
            by: ShownParty::of(directory, from),
            step: step.step.clone(),
            state: state_word(step.state()),
            at: jst::iso(Time(step.at_ms)),
            skip_reason: Some(step.skip_reason.clone()).filter(|reason| !reason.is_empty()),
        });
        let phases = timeline.phases.iter().map(|(phase, rows)| ShownPhase {
            id: phase.id.clone(),
            ja: phase.ja.clone(),
            en: phase.en.clone(),
            steps: rows.iter().map(ShownStep::of).collect(),
        });
        Ok(Self {
            case,
            ours: turn(&[Turn::Ours, Turn::Either]),
            theirs: turn(&[Turn::Theirs]),
            parties: file.parties().into_iter().map(|id| ShownParty::of(directory, id)).collect(),
            dates: dates(session, file),
            admission: timeline.admission_info.as_ref().map(ShownAdmission::of),
            phases: phases.collect(),
            steps: records(session, file)?,
            their_steps: their_steps.collect(),
            off_system: file
                .papers
                .iter()
                .map(|paper| {
                    ShownPaper::of(
                        &session.ctx().catalogues(),
                        paper,
                        super::find::short(paper.id()),
                        session.ctx().now(),
                    )
                })
                .collect(),
            messages,
            drafts: file.drafts.iter().map(|draft| draft.id.clone()).collect(),
        })
    }

    pub(super) fn lines(&self, page: &mut Page) {
        page.row(&self.case.head());
        for step in [&self.case.next, &self.ours, &self.theirs].into_iter().flatten() {
            page.row(&format!("  ▶ {}", step.turn_row()));
            page.row(&format!("      {}", step.why));
            page.row(&format!("      次に then: {}", step.then));
        }
        if let Some(admission) = &self.admission {
            page.row(&format!("  {}", admission.ja));
            page.row(&format!("  {}", admission.en));
        }
        self.dates.rows(page);
        for phase in &self.phases {
            let shown = phase.steps.iter().filter(|step| step.what != State::NotApplicable);
            let shown: Vec<_> = shown.collect();
            if !shown.is_empty() {
                page.row(&format!("  ■ {} {}", phase.ja, phase.en));
                shown.iter().for_each(|step| page.row(&format!("    {}", step.row())));
            }
        }
        if !self.messages.is_empty() {
            page.row("  ■ 文書 letters");
            self.messages.iter().for_each(|message| {
                page.row(&format!("    {}", message.row(&message.from)));
            });
        }
        if !self.off_system.is_empty() {
            page.row("  ■ 交換を通らないもの off the system");
            self.off_system.iter().for_each(|paper| paper.row(page));
        }
        if !self.steps.is_empty() {
            page.row("  ■ この事業所の記録 recorded here");
            self.steps.iter().for_each(|record| record.rows(page));
        }
        if !self.their_steps.is_empty() {
            page.row("  ■ 相手の記録（相手の言葉） recorded by others, their word");
            for one in &self.their_steps {
                let (state, step) = (state_ja(one.state), step_name(&one.step));
                page.row(&format!("    {state} {}  {step}  {}", one.state, one.by.row()));
            }
        }
        self.drafts.iter().for_each(|id| page.row(&format!("    下書き draft {id}")));
    }
}

impl ShownStep {
    fn of(row: &Row<'_>) -> Self {
        let first = row.done.first();
        let message = first.filter(|doing| doing.by_letter).map(|doing| doing.key.clone());
        Self {
            step: row.step.id.clone(),
            name: row.step.name_ja.clone(),
            name_en: row.step.name_en.clone(),
            state: row.state.key(),
            turn: row.turn.key(),
            until: row.due.as_ref().map(|due| match due.time {
                Some(time) => iso(When::at(due.day.to_datetime(time))),
                None => due.day.to_string(),
            }),
            then_until: row.due.as_ref().and_then(|due| due.then).map(|day| day.to_string()),
            provisional: row.due.as_ref().is_some_and(|due| due.provisional),
            done: first.map(|doing| iso(When::at(doing.at))),
            message,
            done_late: row.done_late,
            skip_reason: row.skipped.as_ref().map(|(reason, _)| reason.clone()),
            why: row.why.ja.clone(),
            why_en: row.why.en.clone(),
            then: row.step.next_ja.clone(),
            teach: row.step.teach_ja.clone(),
            fees: row.step.fees.clone(),
            what: row.state,
            due: row.due.clone(),
        }
    }

    /// Whose turn, until when, and what.
    fn turn_row(&self) -> String {
        let who = match self.turn {
            Some("theirs") => "相手の番 theirs",
            Some("either") => "先に知った側 either",
            _ => "こちらの番 ours",
        };
        let late = if self.what == State::Late { "【期限超過 late】" } else { "" };
        format!("{late}{who}  {}{}  {}", self.name, self.until_row(), self.name_en)
    }

    fn until_row(&self) -> String {
        let Some(due) = &self.due else { return String::new() };
        let mark = if due.provisional { "【暫定】" } else { "" };
        let time = due.time.map(|time| format!("{:02}:{:02}", time.hour(), time.minute()));
        format!("  期限 by {}{}{mark}", show_day(due.day).ja, time.unwrap_or_default())
    }

    fn row(&self) -> String {
        let until = match self.what {
            State::Next | State::Waiting | State::Late => self.until_row(),
            _ => String::new(),
        };
        let late = if self.done_late { "（期限の後 late）" } else { "" };
        let done = match &self.done {
            Some(done) if self.what == State::Done => {
                format!("  {}", done.get(..16).unwrap_or(done).replace('T', " "))
            }
            _ => String::new(),
        };
        format!(
            "{} {}  {}{done}{late}{until}  [{}]",
            self.what.ja(),
            self.state,
            self.name,
            self.step
        )
    }
}

impl ShownDates {
    fn rows(&self, page: &mut Page) {
        let entered = |name: FactName| self.entered.get(name.word()).map(String::as_str);
        if let Some(admitted) = &self.admitted {
            let word = entered(FactName::Admitted)
                .map_or("連絡による by a notice", |_| "事業所の記録 entered");
            let admitted = jst::show_stored(admitted);
            page.row(&format!("  入院 admitted: {admitted}（{word}）"));
        }
        if entered(FactName::Learnt).is_some() || self.learnt_from.is_some() {
            let (at, from) =
                (entered(FactName::Learnt).unwrap_or("-"), self.learnt_from.unwrap_or("-"));
            page.row(&format!("  入院を知った日時 learnt: {at}（{from}から）"));
        }
        if let Some(left) = entered(FactName::Discharged) {
            page.row(&format!("  退院 discharged: {left}"));
        }
        for (title, versions) in [
            ("退院予定日 discharge", &self.discharge_versions),
            ("カンファレンス conference", &self.conference_versions),
        ] {
            // The newest on top: nobody must take an old date for it.
            for version in versions.iter().rev() {
                let date = version.when.map_or_else(|| "-".to_owned(), people);
                let (mark, end) = if version.newest {
                    ("★最新 newest", "")
                } else {
                    ("×旧 old", "（無効 no longer）")
                };
                page.row(&format!(
                    "  {title}: {mark} {date} {}{end}  {}  {}",
                    version.status,
                    jst::short(version.at),
                    version.by.row()
                ));
            }
        }
    }
}

impl ShownAdmission {
    fn of(info: &AdmissionInfo) -> Self {
        let (deadlines, assessment) = (&info.deadlines, &info.assessment);
        Self {
            class: assessment.standing.key(),
            class_1_last_day: deadlines.class_1.day.to_string(),
            class_2_last_day: deadlines.class_2.day.to_string(),
            rule_set: deadlines.rule_set.clone(),
            provisional: assessment.provisional
                || deadlines.class_1.provisional
                || deadlines.class_2.provisional,
            sent: info.sent.map(iso),
            acknowledged: info.acknowledged.map(iso),
            ja: info.said.ja.clone(),
            en: info.said.en.clone(),
        }
    }

    /// The sentence for people.
    pub(in crate::commands) fn rows(&self, page: &mut Page) {
        page.row(&self.ja);
        page.row(&self.en);
    }
}

/// What the log shows of the sheet at the admission of a case; nothing where its day is not known or
/// this office gives no such sheet.
///
/// # Errors
/// The vault.
pub(in crate::commands) fn admission_of(
    session: &Session<'_>,
    case: Id,
) -> Result<Option<ShownAdmission>, Failure> {
    let file = CaseFile::gather(session, case)?;
    let ctx = session.ctx();
    let catalogues = ctx.catalogues();
    let catalogue = catalogues.newest().catalogue;
    let timeline = standing(session, &file, catalogue, ctx.now())?;
    Ok(timeline.admission_info.as_ref().map(ShownAdmission::of))
}

impl ShownRecord {
    fn rows(&self, page: &mut Page) {
        let who = self.worker.as_ref().map_or_else(|| "-".to_owned(), ShownWorker::row);
        let (state, at) = (state_ja(self.state), jst::show_stored(&self.at));
        page.row(&format!("    {state} {}  {}  {at}  {who}", self.state, step_name(&self.step)));
        for line in self.note.iter().flat_map(|note| note.lines()) {
            page.row(&format!("        > {line}"));
        }
    }
}

fn dates(post: &impl Post, file: &CaseFile) -> ShownDates {
    let version = |version: &DateVersion| ShownVersion {
        status: version.status.clone(),
        date: version.when.map(iso),
        by: ShownParty::of(post.directory(), version.by),
        message: version.letter.1.to_string(),
        index: version.index,
        logged: jst::iso(version.logged),
        newest: version.newest,
        when: version.when,
        at: version.logged,
    };
    let entered = file.facts.all().filter(|(name, _)| *name != FactName::SameAs);
    ShownDates {
        entered: entered.map(|(name, fact)| (name.word(), fact.value.word())).collect(),
        admitted: crate::casefile::admitted(file).map(iso),
        learnt_from: file.facts.learnt_from().map(ToldBy::ja),
        discharge: crate::casefile::discharge(file).map(|expected| iso(expected.when)),
        discharge_versions: file.discharge.iter().map(version).collect(),
        conference_versions: file.conference.iter().map(version).collect(),
    }
}

fn records(session: &Session<'_>, file: &CaseFile) -> Result<Vec<ShownRecord>, Failure> {
    let record = |step: &crate::casefile::RecordedStep| {
        Ok(ShownRecord {
            id: step.id.to_string(),
            step: step.step.clone(),
            state: state_word(step.state),
            at: jst::iso(step.at),
            skip_reason: step.skip_reason.clone(),
            worker: worker(session, &step.worker_id)?,
            message: step.letter.map(|(_, message)| message.to_string()),
            note: Some(step.note.clone()).filter(|note| !note.is_empty()),
            logged: step.index.is_some(),
        })
    };
    file.steps.iter().map(record).collect()
}

fn state_word(state: CaseStepState) -> &'static str {
    match state {
        CaseStepState::Done => "done",
        CaseStepState::Skipped => "skipped",
        CaseStepState::TakenBack | CaseStepState::Unspecified => "taken-back",
    }
}

fn state_ja(word: &str) -> &'static str {
    match word {
        "done" => "済",
        "skipped" => "省略",
        _ => "取り消し",
    }
}

/// A step of a newer catalogue is shown by its id.
fn step_name(id: &str) -> String {
    Catalogue::built_in().step(id).map_or_else(|| id.to_owned(), |step| step.name_ja.clone())
}

/// ISO 8601 in Japan's time; a day alone where the hour is not known.
fn iso(when: When) -> String {
    match when.time {
        None => when.day.to_string(),
        Some(time) => format!("{}T{}+09:00", when.day, time.strftime("%H:%M:%S")),
    }
}

fn people(when: When) -> String {
    let Said { ja, .. } = show_day(when.day);
    match when.time {
        None => ja,
        Some(time) => format!("{ja}{:02}:{:02}", time.hour(), time.minute()),
    }
}
