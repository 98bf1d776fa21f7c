//! The commands that send, receive and prove letters.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::value::{InstitutionNumber, NotAValue, Unit};

use super::values::{self, PaperCode};

/// `send`
#[derive(Debug, Clone, Args)]
pub struct SendArgs {
    /// 宛先の施設の番号、部署は「/」の後（「,」で並べられる） / the recipients, separated by commas
    #[arg(long, required_unless_present = "draft", value_delimiter = ',', value_parser = values::recipient, value_name = "NUMBER[/UNIT]")]
    pub to: Vec<RecipientArg>,
    /// 宛先の部署（--to に部署のない宛先すべて） / unit of those recipients that name none
    #[arg(long, value_name = "UNIT", value_parser = values::unit)]
    pub unit: Option<Unit>,
    /// 連携シートのファイル（TOMLかJSON） / a sheet, TOML or JSON
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present_any = ["notice", "draft"],
        conflicts_with = "notice"
    )]
    pub sheet: Option<PathBuf>,
    /// 連絡のファイル（TOMLかJSON） / a notice, TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub notice: Option<PathBuf>,
    /// 下書きの番号（宛先と事例も下書きから） / id of a draft, with its recipients and case
    #[arg(long, value_name = "ID", conflicts_with_all = ["sheet", "notice"])]
    pub draft: Option<String>,
    /// 添付するファイル：PDF、画像、マクロのない xlsx・docx（繰り返せる） / a file to attach; repeatable
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// 情報提供の同意の根拠（例 本人同意、家族同意） / ground of the consent, written into the form
    #[arg(long, value_name = "GROUND")]
    pub consent: Option<String>,
    /// 回答の期限 / answer wanted by
    #[arg(long, value_name = "TIME")]
    pub ack_by: Option<String>,
    /// FAXのみの宛先の用紙を書き出すフォルダー / folder for the pages of those reached by FAX only
    #[arg(long, value_name = "DIR", default_value = super::FAX_FOLDER)]
    pub out: PathBuf,
    /// 至急 / urgent
    #[arg(long)]
    pub urgent: bool,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
    /// 事例の番号（先頭だけでも可） / id of the case, or its beginning
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
}

/// Whom a letter goes to, as typed: `NUMBER` or `NUMBER/UNIT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientArg {
    /// The institution's number.
    pub number: InstitutionNumber,
    /// Its unit, if one is named with it.
    pub unit: Option<Unit>,
}

impl fmt::Display for RecipientArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Some(unit) => write!(f, "{}/{unit}", self.number),
            None => write!(f, "{}", self.number),
        }
    }
}

impl FromStr for RecipientArg {
    type Err = NotAValue;

    fn from_str(typed: &str) -> Result<Self, NotAValue> {
        let (number, unit) = match typed.split_once('/') {
            Some((number, unit)) => (number, Some(unit.trim().parse()?)),
            None => (typed, None),
        };
        Ok(Self { number: number.trim().parse()?, unit })
    }
}

/// `outbox`
#[derive(Debug, Clone, Default, Args)]
pub struct OutboxArgs {
    /// 送るのをやめるものの番号（先頭だけでも可） / id of an entry to drop, or its beginning
    #[arg(long, value_name = "ID")]
    pub drop: Option<String>,
}

/// `inbox`
#[derive(Debug, Clone, Args)]
pub struct InboxArgs {
    /// 回答済みのものも出す / show answered messages too
    #[arg(long)]
    pub all: bool,
    /// この部署に届いたものだけ / only what came for this unit
    #[arg(long, value_name = "UNIT", value_parser = values::unit)]
    pub unit: Option<Unit>,
}

/// `open`
#[derive(Debug, Clone, Args)]
pub struct OpenArgs {
    /// 文書の番号（先頭だけでも可） / id of the message, or its beginning
    pub id: String,
    /// 中身を書き出すファイル / file to write the contents to
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// 添付を取り寄せない / fetch no attachments
    #[arg(long)]
    pub no_attachments: bool,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// `save`
#[derive(Debug, Clone, Args)]
pub struct SaveArgs {
    /// 文書の番号（先頭だけでも可） / id of the message, or its beginning
    pub id: String,
    /// 保存先のフォルダー / folder to write to
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// この名前か番号の添付だけ（繰り返せる） / only the attachment of this name or number; repeatable
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
}

/// The answers that a person gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Disposition {
    /// 受領
    Acknowledged,
    /// 受理できない
    Rejected,
    /// 宛先違い
    NotForUs,
}

/// `ack`
#[derive(Debug, Clone, Args)]
pub struct AckArgs {
    /// 文書の番号（先頭だけでも可） / id of the message, or its beginning
    pub id: String,
    /// 回答 / the answer
    #[arg(long, value_enum, default_value = "acknowledged", hide_possible_values = false)]
    pub disposition: Disposition,
    /// 一言、または理由 / comment or reason
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// `track`
#[derive(Debug, Clone, Args)]
pub struct TrackArgs {
    /// 文書の番号（先頭だけでも可）。省くと一覧 / id of the message; without it, all of them
    pub id: Option<String>,
    /// テスト送信も一覧に出す / list test letters, too
    #[arg(long)]
    pub all: bool,
}

/// `evidence`
#[derive(Debug, Clone, Args)]
pub struct EvidenceArgs {
    /// 文書の番号（先頭だけでも可） / id of the message, or its beginning
    pub id: String,
    /// 書き出すファイル / file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// 中身も、書いた人・答えた人の名前も見せない / reveal neither the letter nor who wrote and answered
    #[arg(long)]
    pub without_letter: bool,
}

/// `verify`
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// 証拠ファイル、または事例の記録ファイル（.record） / evidence file, or record of a case
    pub file: PathBuf,
    /// 紙の確認コード（16文字）、またはSHA-256（64桁） / code on paper, or the whole digest
    #[arg(long, value_parser = values::paper_code)]
    pub code: Option<PaperCode>,
    /// 根となる信頼リストのファイル / file of trust list 1
    #[arg(long, value_name = "FILE", conflicts_with = "fingerprint")]
    pub trust: Option<PathBuf>,
    /// 紙に印刷された根の指紋 / root fingerprint from the paper
    #[arg(long, value_parser = values::fingerprint)]
    pub fingerprint: Option<Hash>,
    /// 送られた添付かを確かめるファイル（繰り返せる） / a file to compare with the attachments; repeatable
    #[arg(long, value_name = "FILE")]
    pub attachment: Vec<PathBuf>,
    /// 記録簿のフォルダー（取り消しも確かめる） / folder of the log, to check removals too
    #[arg(long, value_name = "DIR")]
    pub log: Option<PathBuf>,
}
