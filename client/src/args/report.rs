//! Reports: of a month, of a year, and for the council.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values;
use crate::statistic::Month;

/// `report …`
#[derive(Debug, Clone, Subcommand)]
pub enum ReportCommand {
    /// 月次一覧：入院した利用者、区分、受領確認と支援経過の漏れ / the month: admissions, receipts and records that miss
    Month(ReportMonthArgs),
    /// 年間の回数：報酬の要件になる数 / the year's counts that fee rules ask for
    Year(ReportYearArgs),
    /// 協議会へ送る集計（人を示さない数だけ） / the counts that go to the council
    Statistic(ReportStatisticArgs),
    /// 協議会への報告：届いた集計から率を出す（市・医師会） / rates for the council, from what was received
    Council(ReportCouncilArgs),
}

/// `report month`
#[derive(Debug, Clone, Default, Args)]
pub struct ReportMonthArgs {
    /// 月（例 2026-11）。省けば今月 / the month; without it the present one
    #[arg(value_name = "YYYY-MM", value_parser = values::month)]
    pub month: Option<Month>,
    /// 書き出すCSV（Excelで開けます） / CSV to write, for Excel
    #[arg(long, value_name = "FILE.csv")]
    pub csv: Option<PathBuf>,
    /// 書き出すPDF / PDF to write
    #[arg(long, value_name = "FILE.pdf")]
    pub out: Option<PathBuf>,
}

/// `report year`
#[derive(Debug, Clone, Default, Args)]
pub struct ReportYearArgs {
    /// 最後の月（この月までの12か月）。省けば今月 / the last of the twelve months; without it the present one
    #[arg(value_name = "YYYY-MM", value_parser = values::month)]
    pub until: Option<Month>,
    /// 書き出すCSV（Excelで開けます） / CSV to write, for Excel
    #[arg(long, value_name = "FILE.csv")]
    pub csv: Option<PathBuf>,
    /// 書き出すPDF / PDF to write
    #[arg(long, value_name = "FILE.pdf")]
    pub out: Option<PathBuf>,
}

/// `report statistic`
#[derive(Debug, Clone, Default, Args)]
pub struct ReportStatisticArgs {
    /// 月（例 2026-10）。省けば先月 / the month; without it the last one
    #[arg(value_name = "YYYY-MM", value_parser = values::month)]
    pub month: Option<Month>,
    /// いま送る（常駐していれば毎月ひとりでに送ります） / send it now; the agent does it each month
    #[arg(long, conflicts_with_all = ["off", "on"])]
    pub send: bool,
    /// 集計を送らないことにする / send none from now on
    #[arg(long, conflicts_with = "on")]
    pub off: bool,
    /// 集計を送ることに戻す / send them again
    #[arg(long)]
    pub on: bool,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// `report council`
#[derive(Debug, Clone, Default, Args)]
pub struct ReportCouncilArgs {
    /// 最初の月。省けば12か月前 / the first month; without it twelve months ago
    #[arg(long, value_name = "YYYY-MM", value_parser = values::month)]
    pub from: Option<Month>,
    /// 最後の月。省けば先月 / the last month; without it the last one
    #[arg(long, value_name = "YYYY-MM", value_parser = values::month)]
    pub to: Option<Month>,
    /// 書き出すCSV（Excelで開けます） / CSV to write, for Excel
    #[arg(long, value_name = "FILE.csv")]
    pub csv: Option<PathBuf>,
    /// 書き出すPDF / PDF to write
    #[arg(long, value_name = "FILE.pdf")]
    pub out: Option<PathBuf>,
}
