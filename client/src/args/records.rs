//! The commands about what an office keeps for itself: drafts, cases, and who has taken what on.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use tsumugu_catalogue::deadline::When;

use super::{RecipientArg, values};
use crate::office::FactName;

/// `draft …`
#[derive(Debug, Clone, Subcommand)]
pub enum DraftCommand {
    /// 書きかけを事業所の全端末に残す / leave a draft for every PC of the office
    Save(DraftSaveArgs),
    /// 下書きの一覧 / list the drafts
    List,
    /// 下書きを見る / show a draft
    Show {
        /// 下書きの番号（先頭だけでも可） / id of the draft, or its beginning
        id: String,
        /// 中身を書き出すファイル / file to write the contents to
        #[arg(long, value_name = "FILE.json")]
        out: Option<PathBuf>,
    },
    /// 下書きに足りないものを見る / show what a draft lacks
    Check {
        /// 下書きの番号（先頭だけでも可） / id of the draft, or its beginning
        id: String,
    },
    /// 下書きを捨てる（送るときは send --draft） / throw a draft away; send --draft sends it
    Drop {
        /// 下書きの番号（先頭だけでも可） / id of the draft, or its beginning
        id: String,
        /// 担当者 / worker
        #[arg(long = "as", value_name = "WORKER")]
        worker: Option<String>,
    },
}

/// `draft save`
#[derive(Debug, Clone, Args)]
pub struct DraftSaveArgs {
    /// 書きかけのファイル（TOMLかJSON） / the form so far, TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub form: PathBuf,
    /// 上書きする下書きの番号 / id of the draft that it replaces
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// 宛先の番号（コンマ区切り） / numbers of the recipients
    #[arg(long, value_delimiter = ',', value_name = "NUMBER[/UNIT]")]
    pub to: Vec<RecipientArg>,
    /// 事例の番号（先頭だけでも可） / id of the case, or its beginning
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// `case …`
#[derive(Debug, Clone, Subcommand)]
pub enum CaseCommand {
    /// 事例をつくる / begin a case
    New {
        /// 事業所での呼び名 / how the office calls it
        label: String,
        /// 利用者のよみ / the patient's reading
        #[arg(long, value_name = "KANA")]
        kana: Option<String>,
        /// わかっている日付など / dates and circumstances
        #[command(flatten)]
        facts: CaseFactArgs,
        /// 担当者 / worker
        #[arg(long = "as", value_name = "WORKER")]
        worker: Option<String>,
    },
    /// 事例の一覧 / list the cases
    List {
        /// 終えたものも出す / show closed cases too
        #[arg(long)]
        all: bool,
    },
    /// 事例と、その文書・下書きを見る / show a case with its messages and drafts
    Show {
        /// 事例の番号（先頭だけでも可） / id of the case, or its beginning
        id: String,
    },
    /// 事例を終える / close a case
    Close {
        /// 事例の番号（先頭だけでも可） / id of the case, or its beginning
        id: String,
        /// 終えた事例を再開する / open it again
        #[arg(long)]
        reopen: bool,
        /// 担当者 / worker
        #[arg(long = "as", value_name = "WORKER")]
        worker: Option<String>,
    },
    /// 支援経過(第5表)に写す文 / sentences to paste into the office's records
    Note(CaseNoteArgs),
    /// 情報提供・受領記録票（A4のPDF）と記録ファイル / the record of a case on A4, and as a file
    Record(CaseRecordArgs),
    /// 日付や事情を記録する / record dates and circumstances
    Set {
        /// 事例の番号（先頭だけでも可） / id of the case, or its beginning
        id: String,
        /// 日付など / dates and circumstances
        #[command(flatten)]
        facts: CaseFactArgs,
        /// 担当者 / worker
        #[arg(long = "as", value_name = "WORKER")]
        worker: Option<String>,
    },
    /// 手順を済・省略として記録する / record that a step was done or left out
    Step(CaseStepArgs),
    /// 双方がつくった同じ方の事例を1つにする / make two cases of the same stay one
    Join {
        /// 事例の番号（先頭だけでも可） / id of the case, or its beginning
        one: String,
        /// もう1つの事例の番号 / id of the other case
        other: String,
        /// 分ける / make them two again
        #[arg(long)]
        undo: bool,
        /// 担当者 / worker
        #[arg(long = "as", value_name = "WORKER")]
        worker: Option<String>,
    },
}

/// Dates and circumstances of a case.
#[derive(Debug, Clone, Default, Args)]
pub struct CaseFactArgs {
    /// 入院した（する）日時。時刻が分からなければ日付だけ / time of admission, or its date alone
    #[arg(long, value_name = "TIME", value_parser = values::when)]
    pub admitted: Option<When>,
    /// 入院を知った日時 / when the office learnt of it
    #[arg(long, value_name = "TIME", value_parser = values::when)]
    pub learnt: Option<When>,
    /// だれから知ったか / from whom it learnt of it
    #[arg(long, value_name = "family|hospital|office")]
    pub from: Option<ToldByArg>,
    /// 予定入院 / the admission is planned
    #[arg(long, conflicts_with = "not_planned")]
    pub planned: bool,
    /// 予定ではない / it is not planned
    #[arg(long)]
    pub not_planned: bool,
    /// A：入院前からケアマネジャーがいる、B：いない / whether there was a care manager before
    #[arg(long, value_name = "A|B")]
    pub pattern: Option<PatternArg>,
    /// 退院した日 / day on which the person left
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub discharged: Option<Date>,
    /// 要介護状態区分（例 要介護2） / care level
    #[arg(long, value_name = "LEVEL", value_parser = values::care_level)]
    pub care_level: Option<String>,
    /// 記録を消すもの（例 admitted） / a fact to take back, such as admitted
    #[arg(long, value_name = "NAME", value_parser = values::fact)]
    pub clear: Vec<FactName>,
}

/// From whom an office learnt of an admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ToldByArg {
    /// 本人・家族 / the person or family
    Family,
    /// 病院 / the hospital
    Hospital,
    /// 事業所 / another office
    Office,
}

/// Whether there was a care manager before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PatternArg {
    /// いた / there was
    #[value(name = "A", alias = "a")]
    A,
    /// いなかった / there was none
    #[value(name = "B", alias = "b")]
    B,
}

/// `case step`
#[derive(Debug, Clone, Args)]
pub struct CaseStepArgs {
    /// 事例の番号（先頭だけでも可） / id of the case, or its beginning
    pub id: String,
    /// 手順（例 adm.stop-services、または名前） / the step, by id or name
    pub step: String,
    /// 済（何も付けなければこれ） / it was done; so without other words
    #[arg(long, conflicts_with_all = ["skip", "undo"])]
    pub done: bool,
    /// 行った日時（省けば今） / when; without it, now
    #[arg(long, value_name = "TIME", conflicts_with = "undo")]
    pub at: Option<String>,
    /// 省いた理由（例 already-known） / it was left out, and why
    #[arg(long, value_name = "REASON", conflicts_with_all = ["undo", "letter"])]
    pub skip: Option<String>,
    /// 最後の記録を取り消す / take the last record of it back
    #[arg(long, conflicts_with = "letter")]
    pub undo: bool,
    /// それを行った文書の番号 / id of the message that did it
    #[arg(long, value_name = "ID")]
    pub letter: Option<String>,
    /// メモ / a note
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// `claim`
#[derive(Debug, Clone, Args)]
pub struct ClaimArgs {
    /// 文書の番号（先頭だけでも可） / id of the message, or its beginning
    pub id: String,
    /// 担当を返す / give it back
    #[arg(long)]
    pub release: bool,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// `case note`
#[derive(Debug, Clone, Args)]
pub struct CaseNoteArgs {
    /// 事例の番号（先頭だけでも可） / id of the case, or its beginning
    pub id: String,
    /// 支援経過に写したことを記録する / note that they were copied
    #[arg(long)]
    pub copied: bool,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// `case record`
#[derive(Debug, Clone, Args)]
pub struct CaseRecordArgs {
    /// 事例の番号（先頭だけでも可） / id of the case, or its beginning
    pub id: String,
    /// 書き出すPDF。隣に同じ名前の .record も書きます / PDF to write; the record file goes beside it
    #[arg(long, value_name = "FILE.pdf")]
    pub out: PathBuf,
}
