//! The commands about what an office keeps for itself: drafts, cases, and who has taken what on.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::RecipientArg;

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
    /// 次の段階へ進める / take the next step
    #[command(hide = true)]
    Step {
        /// 事例の番号 / id of the case
        id: String,
    },
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
