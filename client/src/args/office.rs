//! The commands of an office: joining, directory, terminals, workers, forms, cases, and the demo.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use tsumugu_catalogue::calendar::Closing;
use tsumugu_catalogue::deadline::When;
use tsumugu_trust::statement::{Day, NamedUnit};
use tsumugu_trust::value::{InstitutionKind, Text, Unit};

use super::values::{self, HoursSpan};

/// `enroll`
#[derive(Debug, Clone, Default, Args)]
pub struct EnrollArgs {
    /// 紙のコード、または HOST:PORT#CODE。続きのときは省ける / the code on paper; not needed to go on
    pub code: Option<String>,
    /// 交換所のアドレス / address of the exchange
    #[arg(long, value_name = "HOST:PORT")]
    pub address: Option<String>,
    /// このPCの担当者の氏名（何人でも。2台目からは省けば全員） / a worker at this PC; may be repeated (a further PC: all)
    #[arg(long, value_name = "NAME")]
    pub worker: Vec<String>,
    /// 担当者の職種（--worker と同じ順） / the workers' roles, in the same order
    #[arg(long, value_name = "ROLE")]
    pub role: Vec<String>,
    /// 部署（例 ward-3=3階病棟） / a unit
    #[arg(long, value_name = "ID=NAME", value_parser = values::named_unit)]
    pub unit: Vec<NamedUnit>,
    /// 営業時間（例 "mon-fri 09:00-18:00"） / business hours
    #[arg(long, value_name = "DAYS HH:MM-HH:MM", value_parser = values::hours)]
    pub hours: Vec<HoursSpan>,
    /// 承認を待つ秒数 / how long to wait to be admitted
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait: u64,
}

/// `directory`
#[derive(Debug, Clone, Default, Args)]
pub struct DirectoryArgs {
    /// 名称・よみ・番号・所在地・電話の一部（いくつでも） / parts of name, reading, number, town or telephone
    pub query: Vec<String>,
    /// 種別（例 病院、care-office）。何度でも / kind, such as hospital; may be repeated
    #[arg(long, value_parser = values::kind)]
    pub kind: Vec<InstitutionKind>,
    /// 部署の名前の一部、またはID / part of a unit's name, or its id
    #[arg(long, value_name = "TEXT")]
    pub unit: Option<String>,
    /// 所在地の一部 / part of the town
    #[arg(long, value_name = "TEXT")]
    pub town: Option<String>,
    /// 未参加（FAXのみ）の施設だけ / only those that are reached by FAX only
    #[arg(long, conflicts_with = "members")]
    pub fax_only: bool,
    /// 参加している施設だけ / only members
    #[arg(long)]
    pub members: bool,
}

/// `profile …`
#[derive(Debug, Clone, Subcommand)]
pub enum ProfileCommand {
    /// 部署・営業時間・休業日を見る / show units, business hours and closing days
    Show,
    /// 部署・営業時間・休業日を改めて公開する / publish them anew
    Set(ProfileSetArgs),
}

/// `profile set`
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ProfileSetArgs {
    /// 部署を加える、または名前を改める（例 renkei=地域連携室） / add or rename a unit
    #[arg(long, value_name = "ID=NAME", value_parser = values::named_unit)]
    pub unit: Vec<NamedUnit>,
    /// 部署をなくす / remove a unit
    #[arg(long, value_name = "ID", value_parser = values::unit)]
    pub remove_unit: Vec<Unit>,
    /// 営業時間（例 "mon-fri 08:30-17:30"）。書いたものが全体になります / business hours, all of them
    #[arg(long, value_name = "DAYS HH:MM-HH:MM", value_parser = values::hours, conflicts_with = "no_hours")]
    pub hours: Vec<HoursSpan>,
    /// 営業時間を載せない / give no business hours
    #[arg(long)]
    pub no_hours: bool,
    /// 休業日を加える（例 2026-12-31） / add a closing day
    #[arg(long, value_name = "DATE", value_parser = values::day)]
    pub closed: Vec<Day>,
    /// 休業日から除く / take a closing day out
    #[arg(long, value_name = "DATE", value_parser = values::day)]
    pub not_closed: Vec<Day>,
    /// 国民の祝日の営業（期限の計算に使う事業所の控え） / whether the office is open on national holidays
    #[arg(long, value_name = "open|closed")]
    pub holidays: Option<HolidayHabit>,
    /// --holidays を控える担当者 / worker who notes --holidays
    #[arg(long = "as", value_name = "WORKER", requires = "holidays")]
    pub worker: Option<String>,
}

/// `demo`
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// 使うフォルダー / folder to use
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// 画面を開かない / do not open the pages
    #[arg(long)]
    pub headless: bool,
}

/// `recall`, `correct`
#[derive(Debug, Clone, Args)]
pub struct LetterArgs {
    /// 文書の番号（先頭だけでも可） / id of the message, or its beginning
    pub id: Option<String>,
    /// 連携シートのファイル（TOMLかJSON） / a sheet, TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub sheet: Option<PathBuf>,
    /// 理由 / reason
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// `terminal …`
#[derive(Debug, Clone, Subcommand)]
pub enum TerminalCommand {
    /// PCを増やす / add a PC
    Add(TerminalAddArgs),
    /// PCの一覧 / list the PCs
    List,
    /// 使わなくなったPCを外す / take a PC out of use
    Revoke(TerminalRevokeArgs),
}

/// `terminal add`
#[derive(Debug, Clone, Default, Args)]
pub struct TerminalAddArgs {
    /// 新しいPCの呼び名（このPCの中だけで使う） / what this PC calls the new one
    #[arg(long, value_name = "TEXT", value_parser = values::text)]
    pub label: Option<Text>,
    /// 新しいPCを待つ秒数 / how long to wait for the new PC
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub wait: u64,
    /// コードだけを出して終わる。続きは同じコマンドで / only print the code; the same command goes on
    #[arg(long, conflicts_with = "wait")]
    pub code_only: bool,
    /// 新しいPCの画面の24桁 / the 24 digits on the new PC's screen
    #[arg(long, value_name = "DIGITS")]
    pub digits: Option<String>,
    /// 数字を照合せずに認める（無人の設定用） / admit without comparing the digits, for unattended use
    #[arg(long, conflicts_with = "digits")]
    pub yes: bool,
    /// 出したコードを取り下げる / withdraw the code
    #[arg(long, conflicts_with_all = ["label", "wait", "code_only", "digits", "yes"])]
    pub withdraw: bool,
}

/// `terminal revoke`
#[derive(Debug, Clone, Args)]
pub struct TerminalRevokeArgs {
    /// 端末の番号（先頭4文字以上） / the terminal's id, or its beginning
    pub id: String,
    /// 使わなくなった（手元にある） / it is put out of use, and you have it
    #[arg(long)]
    pub retired: bool,
    /// なくした・盗まれた / it was lost or stolen
    #[arg(long, conflicts_with = "retired")]
    pub lost: bool,
}

/// `worker …`
#[derive(Debug, Clone, Subcommand)]
pub enum WorkerCommand {
    /// 担当者を増やす / add a worker
    Add(WorkerAddArgs),
    /// 担当者の一覧 / list the workers
    List,
    /// このPCで使う暗証番号を決める・変える / set or change a worker's PIN at this PC
    Pin(WorkerPinArgs),
    /// 担当者を外す / remove a worker
    Remove(WorkerRemoveArgs),
}

/// `worker add`
#[derive(Debug, Clone, Args)]
pub struct WorkerAddArgs {
    /// 氏名 / name
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// 職種 / role
    #[arg(long, value_name = "ROLE")]
    pub role: String,
}

/// `worker pin`
#[derive(Debug, Clone, Args)]
pub struct WorkerPinArgs {
    /// 氏名か番号 / name or id
    pub worker: String,
    /// 新しい暗証番号を1行目に書いたファイル（省けば画面で入力） / file whose first line is the new PIN
    #[arg(long, value_name = "FILE")]
    pub new_pin_file: Option<PathBuf>,
}

/// `worker remove`
#[derive(Debug, Clone, Args)]
pub struct WorkerRemoveArgs {
    /// 氏名か番号 / name or id
    pub worker: String,
}

/// `recovery …`
#[derive(Debug, Clone, Subcommand)]
pub enum RecoveryCommand {
    /// 復旧用紙を印刷する / print the recovery sheet
    Print,
    /// 復旧の練習 / rehearse the recovery
    Rehearse,
    /// 復旧用紙から戻す / restore from the sheet
    Restore,
}

/// `forms …`
#[derive(Debug, Clone, Subcommand)]
pub enum FormsCommand {
    /// 様式の一覧 / list the forms
    List,
    /// 様式の項目 / show a form
    Show {
        /// 様式の名前 / name of the form
        form: String,
    },
    /// 記入用のひな形 / print a blank
    Template {
        /// 様式の名前 / name of the form
        form: String,
    },
    /// 記入、または様式集を確かめる / check a filled form, or the catalogue
    #[command(visible_alias = "missing")]
    Check {
        /// 記入したファイル、または様式集のフォルダー(省略すると内蔵の様式集) / the filled file, or the catalogue's folder (without it the built-in catalogue)
        file: Option<PathBuf>,
    },
}

/// `deadline`
#[derive(Debug, Clone, Args)]
pub struct DeadlineArgs {
    /// 入院した（する）日時。時刻が分からなければ日付だけ / time of admission, or its date alone
    #[arg(long, value_name = "TIME", value_parser = values::when)]
    pub admitted: When,
    /// 事業所の営業時間（例 "Mon-Fri 09:00-18:00"）。何度でも / the office's business hours; may be repeated
    #[arg(long, value_name = "DAYS HH:MM-HH:MM", value_parser = values::hours)]
    pub hours: Vec<HoursSpan>,
    /// 休業日（DATE、DATE..DATE、毎年なら 12-29..01-03） / closing days, periods, or the same every year
    #[arg(long, value_name = "DATE,...", value_delimiter = ',', value_parser = values::closing)]
    pub closed: Vec<Closing>,
    /// 国民の祝日の営業 / whether the office is open on national holidays
    #[arg(long, value_name = "open|closed")]
    pub holidays: Option<HolidayHabit>,
    /// 要介護状態区分（例 要介護2） / care level
    #[arg(long, value_name = "LEVEL", value_parser = values::care_level)]
    pub care_level: Option<String>,
    /// 情報を送った日時 / when the information was sent
    #[arg(long, value_name = "TIME", value_parser = values::when)]
    pub sent: Option<When>,
    /// 病院が受領を確認した日時 / when the hospital confirmed receipt
    #[arg(long, value_name = "TIME", value_parser = values::when, requires = "sent")]
    pub acknowledged: Option<When>,
    /// 入院を知った日時 / when the office learnt of the admission
    #[arg(long, value_name = "TIME", value_parser = values::when)]
    pub learnt: Option<When>,
    /// 同じ方の、これまでの情報提供の日 / earlier provisions for the same person
    #[arg(long, value_name = "DATE,...", value_delimiter = ',', value_parser = values::date)]
    pub earlier: Vec<Date>,
    /// 入院はまだ予定 / the admission is still planned
    #[arg(long)]
    pub planned: bool,
    /// 退院した日。退院から数える期限も出す / day of discharge; adds what counts from it
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub discharged: Option<Date>,
    /// 病棟の種類（一般・療養） / kind of ward
    #[arg(long, value_name = "general|chronic")]
    pub ward: Option<WardArg>,
    /// 使う規定（省けば入院日に有効なもの） / rule set, such as R6; without it, the one in force
    #[arg(long, value_name = "NAME")]
    pub rule_set: Option<String>,
}

/// What an office does on national holidays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HolidayHabit {
    /// 営業 / open
    Open,
    /// 休業 / closed
    Closed,
}

/// A kind of ward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WardArg {
    /// 一般病棟など / general
    General,
    /// 療養病棟など / chronic
    Chronic,
}

/// `flow …`
#[derive(Debug, Clone, Subcommand)]
pub enum FlowCommand {
    /// 流れ図を画面で見る / show the flow chart
    Show {
        /// 片方の側の手順だけ / only the steps of one side
        #[arg(long, value_name = "hospital|care")]
        side: Option<FlowSide>,
    },
    /// 流れ図をポスターにする（PDF） / write the flow chart as a poster
    Print(FlowPrintArgs),
}

/// `flow print`
#[derive(Debug, Clone, Args)]
pub struct FlowPrintArgs {
    /// 書き出すPDF / PDF to write
    #[arg(long, value_name = "FILE.pdf")]
    pub out: PathBuf,
    /// 用紙：a3は2枚まで、a4は数枚 / paper: at most two pages of A3, or several of A4
    #[arg(long, value_name = "a3|a4", default_value = "a3")]
    pub size: PaperSize,
    /// 片方の側の手順だけ / only the steps of one side
    #[arg(long, value_name = "hospital|care")]
    pub side: Option<FlowSide>,
}

/// Whose steps are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FlowSide {
    /// 病院 / hospital
    Hospital,
    /// ケアマネジャー・在宅 / care and home medicine
    Care,
}

/// A paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PaperSize {
    /// A3（2枚まで） / at most two pages
    A3,
    /// A4（数枚） / several pages
    A4,
}

/// `print`
#[derive(Debug, Clone, Args)]
pub struct PrintArgs {
    /// 文書の番号（先頭だけでも可） / id of the message, or its beginning
    pub id: String,
    /// 書き出すPDF / PDF to write
    #[arg(long, value_name = "FILE.pdf")]
    pub out: PathBuf,
    /// ご家族用の写し（職員だけの項目を除く） / the copy for the family, without what is for staff only
    #[arg(long)]
    pub family: bool,
}

/// `ui`
#[derive(Debug, Clone, Args)]
pub struct UiArgs {
    /// ポート番号 / port
    #[arg(long)]
    pub port: Option<u16>,
}
