//! The command line: every command, its options, and how typed values are read.
//!
//! Help is Japanese first, then English. What a value may be is said by `client/messages.toml`.

mod admin;
mod agent;
mod letters;
mod log;
mod manual;
mod meetings;
mod office;
mod paper;
mod records;
mod report;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use admin::{
    AdminCommand, AdminInitArgs, ApproveArgs, HoldArgs, InviteArgs, OpenBackupArgs,
    PublishCatalogueArgs, RejectArgs, StandingArgs, UpdateArgs,
};
pub use agent::{AgentArgs, AgentCommand, AgentRunArgs, TestArgs};
pub use letters::{
    AckArgs, Disposition, EvidenceArgs, InboxArgs, OpenArgs, OutboxArgs, RecipientArg, SaveArgs,
    SendArgs, TrackArgs, VerifyArgs,
};
pub use log::{LogCommand, LogCompareArgs, LogFolderArgs, LogMirrorArgs, LogVerifyArgs};
pub use manual::{CompletionsArgs, ManArgs};
pub use meetings::{
    AttendanceArgs, ConferenceAnswerArgs, ConferenceCommand, ForwardArgs, InquiryAnswerArgs,
    InquiryCommand,
};
pub use office::{
    DeadlineArgs, DemoArgs, DirectoryArgs, EnrollArgs, FlowCommand, FlowPrintArgs, FlowSide,
    FormsCommand, HolidayHabit, LetterArgs, PaperSize, PrintArgs, ProfileCommand, ProfileSetArgs,
    RecoveryCommand, TerminalAddArgs, TerminalCommand, TerminalRevokeArgs, UiArgs, WardArg,
    WorkerAddArgs, WorkerCommand, WorkerPinArgs, WorkerRemoveArgs,
};
pub use paper::{
    DirectionArg, FAX_FOLDER, MeansArg, RecordAddArgs, RecordCommand, RecordConfirmArgs,
    RecordCorrectArgs, RecordListArgs,
};
pub use records::{
    CaseCommand, CaseFactArgs, CaseNoteArgs, CaseRecordArgs, CaseStepArgs, ClaimArgs, DraftCommand,
    DraftSaveArgs, PatternArg, ToldByArg,
};
pub use report::{
    ReportCommand, ReportCouncilArgs, ReportMonthArgs, ReportStatisticArgs, ReportYearArgs,
};
pub use values::{HoursSpan, PaperCode};

/// The environment variable behind `--home`.
pub const HOME_VARIABLE: &str = "TSUMUGU_HOME";

/// つむぐ：施設どうしの連携シートを封をして送り、受領を記録簿に残します。 /
/// Tsumugu: sends liaison sheets sealed between institutions, and logs their receipt.
#[derive(Debug, Parser)]
#[command(
    name = "tsumugu",
    version,
    subcommand_help_heading = "コマンド / Commands",
    next_help_heading = "選択 / Options",
    disable_help_subcommand = true
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// 金庫のあるフォルダー / folder that holds the vault
    #[arg(long, global = true, env = HOME_VARIABLE, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// 院内のプロキシ（なしは none）。一度つながると金庫に残る / HTTP proxy, or none; kept once it worked
    #[arg(long, global = true, value_name = "http://[USER:PASSWORD@]HOST:PORT")]
    pub proxy: Option<String>,
    /// 結果をJSONで標準出力の最後の行に出す / print one JSON document as the last line
    #[arg(long, global = true)]
    pub json: bool,
    /// 失敗の詳しい理由も出す / print the causes of a failure too
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// 管理者：施設の招待・承認・停止 / administrators: invite, approve, suspend
    #[command(subcommand)]
    Admin(AdminCommand),
    /// このPCを登録する（招待コードが要ります） / enrol this PC, with an invitation code
    Enroll(EnrollArgs),
    /// 施設を探す / find an institution
    Directory(DirectoryArgs),
    /// 自施設の部署・営業時間・休業日 / units, hours and closing days of the own institution
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// 連携シートや連絡を送る / send a sheet or a notice
    Send(SendArgs),
    /// 届いた文書の一覧 / list what has arrived
    Inbox(InboxArgs),
    /// 文書を開く / open a message
    Open(OpenArgs),
    /// 添付を保存する / save the attachments of a message
    Save(SaveArgs),
    /// 受領・差し戻しなどを返す / answer a message
    Ack(AckArgs),
    /// 送った文書の状況 / show how far a message has come
    Track(TrackArgs),
    /// まだ送れていないもの / what is not sent yet
    Outbox(OutboxArgs),
    /// 受け渡しの証拠をファイルにする / write the evidence of a message
    Evidence(EvidenceArgs),
    /// 証拠ファイルを確かめる（通信も金庫も不要） / verify evidence; needs no network and no vault
    Verify(VerifyArgs),
    /// 記録簿を確かめる / check the log
    #[command(subcommand)]
    Log(LogCommand),
    /// 試しに動かす：病院と居宅のやり取りをこのPCだけで / play an admission on this PC alone
    Demo(DemoArgs),
    /// シェルの補完スクリプトを出す / print the completion script of a shell
    Completions(CompletionsArgs),
    /// 説明書（man）を書き出す / write the manual pages
    Man(ManArgs),
    /// 下書き / drafts
    #[command(subcommand)]
    Draft(DraftCommand),
    /// 退院前カンファレンス：一覧・出欠・カレンダー / discharge conferences: list, answer, calendar
    #[command(subcommand)]
    Conference(ConferenceCommand),
    /// 担当ケアマネジャー照会の一覧と回答 / inquiries for the care manager: list, answer
    #[command(subcommand)]
    Inquiry(InquiryCommand),
    /// 照会を居宅へ取り次ぐ（市・地域包括） / pass an inquiry on to a care office
    Forward(ForwardArgs),
    /// 届いた文書を担当する / take a message on
    Claim(ClaimArgs),
    /// FAX・郵送・訪問・電話の記録 / records of FAX, post, visits and calls
    #[command(subcommand)]
    Record(RecordCommand),
    /// 取り消す / take a message back
    #[command(hide = true)]
    Recall(LetterArgs),
    /// 訂正して送り直す / send a correction
    #[command(hide = true)]
    Correct(LetterArgs),
    /// 届くのを待って知らせる / wait for messages
    Watch,
    /// 裏で送受信を続ける / send and receive in the background
    Agent(AgentArgs),
    /// テスト送信で、交換所までの道を確かめる / test the way to the exchange and back
    Test(TestArgs),
    /// この施設のPC（端末）を増やす・見る・外す / the PCs of the office
    #[command(subcommand)]
    Terminal(TerminalCommand),
    /// 担当者を増やす・見る・外す / the workers of the office
    #[command(subcommand)]
    Worker(WorkerCommand),
    /// 復旧用紙 / recovery sheet
    #[command(subcommand, hide = true)]
    Recovery(RecoveryCommand),
    /// 様式集 / form catalogue
    #[command(subcommand)]
    Forms(FormsCommand),
    /// 入院時情報連携加算の期限を計算する（通信も金庫も不要） / last days of the add-on at admission
    Deadline(DeadlineArgs),
    /// 事例 / cases
    #[command(subcommand)]
    Case(CaseCommand),
    /// 入退院の流れ図 / flow chart of admission and discharge
    #[command(subcommand)]
    Flow(FlowCommand),
    /// 月次・年次の一覧と、協議会への集計 / reports of a month and a year, and counts for the council
    #[command(subcommand)]
    Report(ReportCommand),
    /// 文書をA4のPDFにする / write a message as an A4 page
    Print(PrintArgs),
    /// 画面を開く / open the page
    #[command(hide = true)]
    Ui(UiArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_is_japanese_first() {
        fn check(command: &clap::Command) {
            for sub in command.get_subcommands() {
                let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
                assert!(about.contains(" / ") && !about.is_ascii(), "{}: {about}", sub.get_name());
                for argument in sub.get_arguments() {
                    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                    let id = argument.get_id().as_str();
                    let own = matches!(id, "help" | "version");
                    assert!(own || help.contains(" / "), "{} {id}: {help}", sub.get_name());
                }
                check(sub);
            }
        }
        check(&Cli::command());
    }
}
