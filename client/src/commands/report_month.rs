//! `tsumugu report month`: who was admitted, what the times show, and what is missing.

use serde::Serialize;
use tsumugu_catalogue::deadline::When;
use tsumugu_catalogue::era;
use tsumugu_trust::value::InstitutionKind;

use super::case_file::write_file;
use super::mail::exchange_mail;
use crate::args::ReportMonthArgs;
use crate::casefile::{CaseFile, admitted};
use crate::context::Context;
use crate::csv::csv;
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::print::{PrintedReport, ReportPart, class_word, report_pdf};
use crate::proof::{CaseRecord, Copied, Delivery, account};
use crate::session::{Purpose, Session};
use crate::statistic::Month;

const HEADS: [&str; 9] =
    ["利用者", "入院日", "提供先", "送付", "区分", "暫定", "受領確認", "支援経過", "足りないもの"];

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthReport {
    /// The month.
    pub month: String,
    /// One for each case with an admission in the month, or with a letter of it and no admission
    /// recorded.
    pub cases: Vec<MonthCase>,
    /// The files that were written.
    pub files: Vec<String>,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthCase {
    /// Id.
    pub case: String,
    /// How the office calls it.
    pub label: String,
    /// The admission (ISO 8601); nothing where it is not recorded.
    pub admitted: Option<String>,
    /// To whom the information went.
    pub to: Option<String>,
    /// When the exchange logged it (ISO 8601).
    pub sent: Option<String>,
    /// `1`, `2`, `past`, `month-used`, `not-covered`; nothing while nothing was sent, or without an
    /// admission.
    pub class: Option<String>,
    /// Whether no official paper confirms the class (暫定).
    pub provisional: bool,
    /// Whether a person of the other side confirmed receipt; nothing where nothing was sent.
    pub acknowledged: Option<bool>,
    /// Whether all of it was copied into 支援経過.
    pub copied: bool,
    /// What is missing, in Japanese.
    pub missing: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// A file is there already; an alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, args: &ReportMonthArgs) -> Result<MonthReport, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let month = args.month.unwrap_or_else(|| Month::of(jst::civil(ctx.now()).date()));
    let own = session.identity().terminal()?.institution;
    let kind = session.directory().member(own).and_then(|member| member.record());
    // 支援経過 and the add-on at admission are care offices' alone.
    let is_care = kind.is_none_or(|record| {
        !matches!(record.kind, InstitutionKind::Hospital | InstitutionKind::Clinic)
    });
    let mut cases = Vec::new();
    for case in CaseFile::gather_all(&session)? {
        if !is_of(&case, month) {
            continue;
        }
        let copied = Copied::of(session.vault(), case.id)?;
        cases.push(MonthCase::of(&account(&session, &case)?, copied, is_care));
    }
    cases.sort_by(|one, other| (&one.admitted, &one.case).cmp(&(&other.admitted, &other.case)));
    let mut report = MonthReport { month: month.to_string(), cases, files: Vec::new() };
    if let Some(file) = &args.csv {
        report.files.push(write_file(file, &csv(&HEADS, &report.rows()))?);
    }
    if let Some(file) = &args.out {
        let office = super::shown::ShownParty::of(session.directory(), own);
        report.files.push(write_file(file, &report_pdf(&report.printed(ctx, &office.name))?)?);
    }
    Ok(report)
}

/// Whether a case belongs on the list: admitted in the month; where nobody recorded the admission, by its
/// letters, so that it is not overlooked.
fn is_of(case: &CaseFile, month: Month) -> bool {
    match admitted(case) {
        Some(at) => month.has(at.day),
        None => case.letters.iter().any(|letter| month.has(jst::civil(letter.accepted).date())),
    }
}

impl MonthCase {
    fn of(record: &CaseRecord, copied: Copied, is_care: bool) -> Self {
        let is_info = |one: &&Delivery| one.is_admission_info;
        let first = record.deliveries.iter().find(is_info);
        // The receipt of any edition is one.
        let mut infos = record.deliveries.iter().filter(is_info);
        let acknowledged = first.map(|_| infos.any(Delivery::is_acknowledged));
        let class = record.class.as_ref();
        let mut missing = record.missing.clone();
        if is_care && record.admission.is_none() {
            missing.insert(0, "入院日の記録がありません。".to_owned());
        }
        let is_copied = copied.covers(record);
        if is_care && !is_copied {
            missing.push("支援経過に写していません。".to_owned());
        }
        Self {
            case: record.case.id.clone(),
            label: record.case.label.clone(),
            admitted: record.admission.as_ref().map(|admission| admission.at.clone()),
            to: first.map(Delivery::other_unit),
            sent: first.and_then(|one| one.accepted()).map(|event| event.logged.clone()),
            class: class.and_then(|class| class.class.clone()),
            provisional: class.is_some_and(|class| class.provisional),
            acknowledged,
            copied: is_copied,
            missing,
        }
    }

    fn cells(&self) -> Vec<String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let class = match (&self.admitted, &self.class) {
            (None, _) => "不明",
            (_, class) => class_word(class.as_deref()),
        };
        let acknowledged = match self.acknowledged {
            None => "-",
            Some(true) => "あり",
            Some(false) => "なし",
        };
        vec![
            self.label.clone(),
            self.admitted.as_deref().map_or_else(|| "記録なし".to_owned(), when),
            text(&self.to),
            self.sent.as_deref().map_or_else(|| "-".to_owned(), when),
            class.to_owned(),
            if self.provisional { "暫定" } else { "" }.to_owned(),
            acknowledged.to_owned(),
            if self.copied { "済" } else { "未" }.to_owned(),
            self.missing.join("\n"),
        ]
    }
}

impl MonthReport {
    fn rows(&self) -> Vec<Vec<String>> {
        self.cases.iter().map(MonthCase::cells).collect()
    }

    fn printed(&self, ctx: &Context, office: &str) -> PrintedReport {
        let shares = [10, 9, 12, 9, 10, 6, 9, 9, 28];
        let columns = HEADS.iter().zip(shares).map(|(head, share)| ((*head).to_owned(), share));
        PrintedReport {
            title: "入院時の情報提供 月次一覧".to_owned(),
            subtitle: format!("{office}　{}", self.month),
            notes: vec![
                "送った日時から見た区分です。加算が算定できるかどうかを示すものではありません。"
                    .to_owned(),
                "請求の前に、入院の事実・受領確認・支援経過（第5表）の記載を確かめてください。"
                    .to_owned(),
            ],
            parts: vec![ReportPart::Table {
                title: "入院した利用者".to_owned(),
                columns: columns.collect(),
                rows: self.rows(),
            }],
            personal: true,
            made: ctx.now(),
        }
    }
}

/// Such as `R8.1.30 14:05`.
fn when(iso: &str) -> String {
    match When::parse(iso.get(..16).unwrap_or(iso)) {
        Ok(When { day, time: Some(time), .. }) => {
            format!("{} {:02}:{:02}", era::format_short(day), time.hour(), time.minute())
        }
        Ok(When { day, .. }) => era::format_short(day),
        Err(_) => iso.to_owned(),
    }
}

impl Outcome for MonthReport {
    fn lines(&self, page: &mut Page) {
        if self.cases.is_empty() {
            page.say(&Sentence::new("report.month-empty").with("month", &self.month));
        }
        for case in &self.cases {
            let cells = case.cells();
            let [label, admitted, to, sent, class, mark, acknowledged, copied, _] =
                cells.as_slice()
            else {
                continue;
            };
            let mark = if mark.is_empty() { String::new() } else { format!("【{mark}】") };
            page.row(&format!("    {label}  入院 {admitted}  {class}{mark}"));
            page.row(&format!(
                "        {to}  送付 {sent}  受領確認 {acknowledged}  支援経過 {copied}"
            ));
            case.missing.iter().for_each(|line| page.row(&format!("        □ {line}")));
        }
        for file in &self.files {
            page.say(&Sentence::new("report.written").with("file", file));
        }
        page.say(&Sentence::new("proof.no-fee-is-said"));
    }
}
