//! `tsumugu report council`: what the council learns, from the counts that institutions sent to this
//! office (市・医師会).

use serde::Serialize;

use super::case_file::write_file;
use super::mail::exchange_mail;
use super::shown::ShownParty;
use crate::args::ReportCouncilArgs;
use crate::context::Context;
use crate::csv::csv;
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::print::{Bar, PrintedReport, ReportPart, report_pdf};
use crate::session::{Purpose, Session};
use crate::statistic::{
    Council, CouncilMonth, MAX_MONTHS, MIN_INSTITUTIONS, Month, Range, Rate, SMALL, received,
};

const HEADS: [&str; 18] = [
    "月",
    "報告した施設",
    "入院",
    "(Ⅰ)の期限内",
    "(Ⅱ)の期限内",
    "期限超過",
    "未提供・不明",
    "情報提供率",
    "退院",
    "事前に連絡",
    "連絡漏れ",
    "連絡漏れ率",
    "手紙",
    "1時間以内",
    "1日以内",
    "3日以内",
    "それより後",
    "受領確認なし",
];

/// Blocks of a bar on the terminal that stand for 100 percent.
const BLOCKS: u32 = 20;

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CouncilReport {
    /// First month.
    pub from: String,
    /// Last month.
    pub to: String,
    /// The months.
    #[serde(flatten)]
    pub council: Council,
    /// The files that were written.
    pub files: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// `report.bad-months`; a file is there already; an alarm; the vault.
pub async fn run(ctx: &Context, args: &ReportCouncilArgs) -> Result<CouncilReport, Failure> {
    let present = Month::of(jst::civil(ctx.now()).date());
    let to = args.to.unwrap_or_else(|| present.before());
    let from = args.from.unwrap_or_else(|| (1..12).fold(to, |month, _| month.before()));
    if from > to || from.until(to) > MAX_MONTHS {
        return Err(Failure::new("report.bad-months").with("limit", MAX_MONTHS));
    }
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let council = Council::of(&received(&session)?, from, to);
    let mut report =
        CouncilReport { from: from.to_string(), to: to.to_string(), council, files: Vec::new() };
    if let Some(file) = &args.csv {
        report.files.push(write_file(file, &csv(&HEADS, &report.rows()))?);
    }
    if let Some(file) = &args.out {
        let own = session.identity().terminal()?.institution;
        let office = ShownParty::of(session.directory(), own);
        report.files.push(write_file(file, &report_pdf(&report.printed(ctx, &office.name))?)?);
    }
    Ok(report)
}

impl CouncilReport {
    fn rows(&self) -> Vec<Vec<String>> {
        self.council.months.iter().map(row).collect()
    }

    fn printed(&self, ctx: &Context, office: &str) -> PrintedReport {
        let pick = |columns: &[usize]| {
            let rows = self.rows().into_iter();
            let pick =
                |row: Vec<String>| columns.iter().filter_map(|at| row.get(*at).cloned()).collect();
            rows.map(pick).collect::<Vec<Vec<String>>>()
        };
        let table = |title: &str, columns: &[usize]| ReportPart::Table {
            title: title.to_owned(),
            columns: columns
                .iter()
                .filter_map(|at| HEADS.get(*at))
                .map(|head| ((*head).to_owned(), 1))
                .collect(),
            rows: pick(columns),
        };
        let bars = |title: &str, of: fn(&CouncilMonth) -> Option<Rate>| ReportPart::Bars {
            title: title.to_owned(),
            bars: self.council.months.iter().map(|month| bar(month, of(month))).collect(),
        };
        PrintedReport {
            title: "入退院連携の集計（協議会用）".to_owned(),
            subtitle: format!("{office}　{} から {} まで", self.from, self.to),
            notes: vec![
                format!("{SMALL}未満の数は各施設が送らず、足し算は幅（例 12〜18）になります。引き算で分かる合計も示しません。"),
                format!("報告した施設が{MIN_INSTITUTIONS}に満たない月は示しません。施設ごとの数は示しません。"),
                "灰色は、秘匿した数の分の幅です。入院・退院は居宅介護支援事業所などが記録したものです。".to_owned(),
            ],
            parts: vec![
                bars("情報提供率（入院のうち、(Ⅰ)か(Ⅱ)の期限内に情報を送ったもの）", |month| month.informed),
                bars("連絡漏れ率（退院のうち、事前の連絡がなかったもの）", |month| month.untold),
                bars("1日以内の受領確認（送った手紙のうち）", |month| month.acknowledged_in_a_day),
                table("入院と情報提供", &[0, 1, 2, 3, 4, 5, 6, 7]),
                table("退院と事前の連絡", &[0, 8, 9, 10, 11]),
                table("受領確認までの時間", &[0, 12, 13, 14, 15, 16, 17]),
            ],
            personal: false,
            made: ctx.now(),
        }
    }
}

fn row(month: &CouncilMonth) -> Vec<String> {
    let mut cells = vec![month.month.clone(), month.institutions.to_string()];
    if month.withheld {
        cells[1] = format!("{MIN_INSTITUTIONS}未満");
        cells.resize(HEADS.len(), "非公表".to_owned());
        return cells;
    }
    let rate = |rate: Option<Rate>| rate.map_or_else(|| "-".to_owned(), Rate::shown);
    cells.extend(counts(&month.admissions, 4));
    cells.push(rate(month.informed));
    cells.extend(counts(&month.discharges, 2));
    cells.push(rate(month.untold));
    cells.extend(counts(&month.letters, 5));
    cells
}

/// A total and its parts; where too few institutions tell such, none of them.
fn counts(parts: &[Range], columns: usize) -> Vec<String> {
    if parts.is_empty() {
        return vec!["非公表".to_owned(); columns + 1];
    }
    std::iter::once(Range::total(parts)).chain(parts.iter().map(|part| part.shown())).collect()
}

fn bar(month: &CouncilMonth, rate: Option<Rate>) -> Bar {
    let written = match rate {
        Some(rate) => rate.shown(),
        None if month.withheld => "非公表".to_owned(),
        None => "-".to_owned(),
    };
    Bar { label: month.month.clone(), share: rate.map(|rate| (rate.low, rate.high)), written }
}

impl Outcome for CouncilReport {
    fn lines(&self, page: &mut Page) {
        for (title, of) in [
            (
                "情報提供率 informed in time",
                (|month| month.informed) as fn(&CouncilMonth) -> Option<Rate>,
            ),
            ("連絡漏れ率 discharges not told before", |month| month.untold),
            ("1日以内の受領確認 acknowledged within a day", |month| {
                month.acknowledged_in_a_day
            }),
        ] {
            page.row(title);
            for month in &self.council.months {
                let Bar { label, share, written } = bar(month, of(month));
                let (low, high) = share.unwrap_or_default();
                let blocks = |percent: u32| percent.min(100) * BLOCKS / 100;
                let solid = "█".repeat(blocks(low) as usize);
                let maybe = "░".repeat((blocks(high) - blocks(low)) as usize);
                page.row(&format!("    {label} {solid}{maybe} {written}"));
            }
        }
        page.gap();
        for cells in self.rows() {
            let pairs =
                cells.iter().zip(HEADS).skip(1).map(|(cell, head)| format!("{head} {cell}"));
            let month = cells.first().map(String::as_str).unwrap_or_default();
            page.row(&format!("    {month}  {}", pairs.collect::<Vec<_>>().join("  ")));
        }
        for file in &self.files {
            page.say(&Sentence::new("report.written").with("file", file));
        }
        page.say(&Sentence::new("report.small-numbers"));
    }
}
