//! Records as commands show them.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_trust::hash::sha256;
use tsumugu_trust::value::Time;

use crate::commands::shown::ShownWorker;
use crate::jst;
use crate::output::Page;
use crate::paper::{Paper, PaperRecord, PaperState, means_japanese, means_word, sheet_of};
use crate::releases::Catalogues;

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

/// What went past the exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownPaper {
    /// Id of the first record.
    pub id: String,
    /// Its beginning that no other record has.
    pub short_id: String,
    /// `unconfirmed`, `confirmed`, `recorded`, `call-only` or `withdrawn`.
    pub state: &'static str,
    /// `sent` or `received`.
    pub direction: &'static str,
    /// `fax`, `post`, `hand`, `visit`, `call`, `mail` or `other`.
    pub means: &'static str,
    /// The other party's name.
    pub party: String,
    /// The other party's id in the directory.
    pub institution: Option<String>,
    /// The number that was called or sent to.
    pub number: Option<String>,
    /// The other party's unit.
    pub unit: Option<String>,
    /// When it went, the recorder's word (ISO 8601).
    pub time: String,
    /// Whole days since then.
    pub age_days: u64,
    /// The case.
    pub case_id: Option<String>,
    /// The step of the flow that it did.
    pub step: Option<String>,
    /// Pages on paper.
    pub pages: Option<u32>,
    /// Title of the sheet's form.
    pub title: Option<String>,
    /// Id of the sheet's form.
    pub form: Option<String>,
    /// Version of the sheet's form.
    pub version: Option<String>,
    /// SHA-256 of the sheet as it is kept.
    pub sheet: Option<String>,
    /// Whether names were masked on the paper that went.
    pub masked: bool,
    /// The note.
    pub note: Option<String>,
    /// The confirmation that counts: the first.
    pub confirmed: Option<ShownConfirmation>,
    /// Everything that was recorded, in log order.
    pub records: Vec<ShownRecord>,
    #[serde(skip)]
    pub(super) at: Time,
    #[serde(skip)]
    state_japanese: &'static str,
    #[serde(skip)]
    means_japanese: &'static str,
}

/// Who confirmed that it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownConfirmation {
    /// Name, as typed.
    pub name: String,
    /// Role, as typed.
    pub role: String,
    /// When, the recorder's word (ISO 8601).
    pub time: String,
    /// How.
    pub means: &'static str,
    /// The note.
    pub note: Option<String>,
    /// The worker who recorded it.
    pub recorded_by: ShownWorker,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownRecord {
    /// Its id.
    pub id: String,
    /// `contact`, `correction`, `confirmation` or `withdrawal`.
    pub what: &'static str,
    /// When it was recorded, the recorder's word (ISO 8601).
    pub recorded: String,
    /// Who recorded it.
    pub worker: ShownWorker,
    /// Index of its leaf (記録番号); nothing while it waits in the outbox.
    pub index: Option<u64>,
    /// When the exchange logged it (ISO 8601).
    pub logged: Option<String>,
    /// Why it was taken back.
    pub reason: Option<String>,
    #[serde(skip)]
    recorded_at: Time,
}

impl ShownPaper {
    /// A record with its later ones, by this PC's time.
    pub(in crate::commands) fn of(
        catalogues: &Catalogues,
        paper: &Paper,
        short_id: String,
        now: Time,
    ) -> Self {
        let (contact, state) = (paper.contact(), paper.state());
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let form = sheet_of(catalogues, contact);
        let has_sheet = !contact.sheet.is_empty();
        Self {
            id: paper.id().to_string(),
            short_id,
            state: state.word(),
            direction: if contact.received { "received" } else { "sent" },
            means: means_word(contact.means()),
            party: contact.party.clone(),
            institution: some(&contact.institution),
            number: some(&contact.number),
            unit: some(&contact.unit),
            time: jst::iso(paper.time()),
            age_days: now.0.saturating_sub(paper.time().0) / DAY,
            case_id: some(&contact.case_id),
            step: some(&contact.step),
            pages: Some(contact.pages).filter(|pages| *pages > 0),
            title: form.as_ref().map(|form| form.form().title_ja.clone()),
            form: form.as_ref().map(|form| form.form().id.clone()),
            version: form.as_ref().map(|form| form.form().version.clone()),
            sheet: has_sheet.then(|| sha256(&[&contact.sheet]).to_string()),
            masked: contact.masked,
            note: some(&contact.note),
            confirmed: paper.confirmed().map(|(record, said)| confirmation(record, said)),
            records: paper.records().map(ShownRecord::of).collect(),
            at: paper.time(),
            state_japanese: state.japanese(),
            means_japanese: means_japanese(contact.means()),
        }
    }

    /// Whether somebody still has to confirm it.
    pub(super) fn is_unconfirmed(&self) -> bool {
        self.state == PaperState::Unconfirmed.word()
    }

    /// One line.
    pub(in crate::commands) fn row(&self, page: &mut Page) {
        let arrow = if self.direction == "sent" { "→" } else { "←" };
        let age = if self.is_unconfirmed() { self.age() } else { String::new() };
        let title = self.title.as_deref().map(|title| format!("  {title}")).unwrap_or_default();
        let head = format!("    {}  【{}】", self.short_id, self.state_japanese);
        let what = format!("{} {arrow} {}", self.means_japanese, self.party);
        page.row(&format!("{head}{age}  {what}  {}{title}", jst::show(self.at)));
    }

    /// Everything of it.
    pub(super) fn lines(&self, page: &mut Page) {
        self.row(page);
        let fact = |page: &mut Page, label: &str, value: &Option<String>| {
            if let Some(value) = value {
                page.row(&format!("        {label}: {value}"));
            }
        };
        fact(page, "番号 number", &self.number);
        fact(page, "部署 unit", &self.unit);
        fact(page, "事例 case", &self.case_id);
        fact(page, "手順 step", &self.step);
        fact(page, "枚数 pages", &self.pages.map(|pages| pages.to_string()));
        fact(page, "版 version", &self.version);
        fact(page, "内容の指紋 digest", &self.sheet);
        fact(page, "一言 note", &self.note);
        if let Some(one) = &self.confirmed {
            let role =
                if one.role.is_empty() { String::new() } else { format!("（{}）", one.role) };
            let time = jst::show_stored(&one.time);
            page.row(&format!("        確認 confirmed: {}{role}  {time}  {}", one.name, one.means));
        }
        self.records.iter().for_each(|record| record.row(page));
    }

    fn age(&self) -> String {
        match self.age_days {
            0 => String::new(),
            days => format!("{days}日 {days}d"),
        }
    }
}

impl ShownRecord {
    fn of(record: &PaperRecord) -> Self {
        Self {
            id: record.id.to_string(),
            what: record.said.word(),
            recorded: jst::iso(record.recorded),
            worker: ShownWorker::from(&record.worker),
            index: record.at.map(|at| at.index),
            logged: record.at.map(|at| jst::iso(at.time)),
            reason: record.said.withdrawal().map(str::to_owned),
            recorded_at: record.recorded,
        }
    }

    fn row(&self, page: &mut Page) {
        let what = match self.what {
            "confirmation" => "確認 confirmed",
            "correction" => "訂正 corrected",
            "withdrawal" => "取消 withdrawn",
            _ => "記録 recorded",
        };
        let place = match self.index {
            Some(index) => format!("記録番号 log {index}"),
            None => "未送信 not sent".to_owned(),
        };
        let reason = self.reason.as_deref().map(|why| format!("  「{why}」")).unwrap_or_default();
        let (who, when) = (self.worker.row(), jst::show(self.recorded_at));
        page.row(&format!("        {what}  {when}  {who}  {place}{reason}"));
    }
}

fn confirmation(record: &PaperRecord, said: &v1::Confirmation) -> ShownConfirmation {
    ShownConfirmation {
        name: said.name.clone(),
        role: said.role.clone(),
        time: jst::iso(Time(said.at_ms)),
        means: means_word(said.means()),
        note: Some(said.note.clone()).filter(|note| !note.is_empty()),
        recorded_by: ShownWorker::from(&record.worker),
    }
}
