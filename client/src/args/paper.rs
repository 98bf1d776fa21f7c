//! The commands about what went past the exchange: FAX, post, visits, telephone.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use tsumugu_proto::v1;

/// `record …`
#[derive(Debug, Clone, Subcommand)]
pub enum RecordCommand {
    /// FAX・郵送・訪問・電話などを記録する / record a FAX, post, a visit, a call
    Add(RecordAddArgs),
    /// 記録の一覧 / list the records
    List(RecordListArgs),
    /// 記録を見る / show a record
    Show {
        /// 記録の番号（先頭だけでも可） / id of the record, or its beginning
        id: String,
    },
    /// 届いたことを誰が確認したかを書き足す / add who confirmed that it arrived
    Confirm(RecordConfirmArgs),
    /// 記録を訂正する（前の記録も残る） / correct a record; what it said stays in the log
    Correct(RecordCorrectArgs),
    /// 誤った記録を取り消す（記録は残る） / take a record back; it stays in the log
    Withdraw {
        /// 記録の番号（先頭だけでも可） / id of the record, or its beginning
        id: String,
        /// 理由 / why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// 担当者 / worker
        #[arg(long = "as", value_name = "WORKER")]
        worker: Option<String>,
    },
    /// 送付票と用紙をもう一度PDFにする / write cover sheet and sheet as a PDF once more
    Print {
        /// 記録の番号（先頭だけでも可） / id of the record, or its beginning
        id: String,
        /// 書き出すフォルダー / folder to write to
        #[arg(long, value_name = "DIR", default_value = FAX_FOLDER)]
        out: PathBuf,
    },
}

/// Where FAX pages are written without `--out`: a folder where the command runs.
pub const FAX_FOLDER: &str = "tsumugu-fax";

/// How something went past the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MeansArg {
    /// FAX
    Fax,
    /// 郵送
    Post,
    /// 手渡し
    Hand,
    /// 訪問・面談
    Visit,
    /// 電話
    Call,
    /// 電子メール
    Mail,
    /// その他
    Other,
}

/// Which way it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DirectionArg {
    /// 送った
    Sent,
    /// 受けた
    Received,
}

/// `record add`
#[derive(Debug, Clone, Args)]
pub struct RecordAddArgs {
    /// 事例の番号（先頭だけでも可） / id of the case, or its beginning
    #[arg(long, value_name = "ID")]
    pub case: String,
    /// 手段 / how
    #[arg(long, value_enum)]
    pub means: MeansArg,
    /// 送ったか受けたか / which way
    #[arg(long, value_enum)]
    pub direction: DirectionArg,
    /// 相手：名簿の番号か、名前 / the other party: its number in the directory, or its name
    #[arg(long, value_name = "NUMBER|NAME")]
    pub to: String,
    /// 相手の部署 / the other party's unit
    #[arg(long, value_name = "TEXT")]
    pub unit: Option<String>,
    /// FAXや電話の番号（名簿にあれば不要） / number that was called; not needed when the directory has it
    #[arg(long, value_name = "TELEPHONE")]
    pub number: Option<String>,
    /// いつ / when
    #[arg(long, value_name = "TIME")]
    pub at: String,
    /// 手順の番号 / id of the step of the flow
    #[arg(long, value_name = "STEP")]
    pub step: Option<String>,
    /// 渡したシートのファイル（TOMLかJSON） / the sheet that went, TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub sheet: Option<PathBuf>,
    /// 紙の枚数 / pages on paper
    #[arg(long, value_name = "N")]
    pub pages: Option<u32>,
    /// 一言 / note
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// `record list`
#[derive(Debug, Clone, Args)]
pub struct RecordListArgs {
    /// まだ確認されていないものだけ / only what nobody has confirmed
    #[arg(long)]
    pub unconfirmed: bool,
    /// この事例のものだけ（番号、先頭だけでも可） / only of this case
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
}

/// `record confirm`
#[derive(Debug, Clone, Args)]
pub struct RecordConfirmArgs {
    /// 記録の番号（先頭だけでも可） / id of the record, or its beginning
    pub id: String,
    /// 確認した相手の氏名 / name of who confirmed it
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// その職種 / their role
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// いつ / when
    #[arg(long, value_name = "TIME")]
    pub at: String,
    /// 何で確認したか / how they said it
    #[arg(long, value_enum, default_value = "call")]
    pub means: MeansArg,
    /// 一言 / note
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// `record correct`
#[derive(Debug, Clone, Args)]
pub struct RecordCorrectArgs {
    /// 記録の番号（先頭だけでも可） / id of the record, or its beginning
    pub id: String,
    /// 手段 / how
    #[arg(long, value_enum)]
    pub means: Option<MeansArg>,
    /// 相手：名簿の番号か、名前 / the other party: its number in the directory, or its name
    #[arg(long, value_name = "NUMBER|NAME")]
    pub to: Option<String>,
    /// FAXや電話の番号 / number that was called
    #[arg(long, value_name = "TELEPHONE")]
    pub number: Option<String>,
    /// いつ / when
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// 手順の番号 / id of the step of the flow
    #[arg(long, value_name = "STEP")]
    pub step: Option<String>,
    /// 紙の枚数 / pages on paper
    #[arg(long, value_name = "N")]
    pub pages: Option<u32>,
    /// 一言 / note
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

impl From<MeansArg> for v1::Means {
    fn from(means: MeansArg) -> Self {
        match means {
            MeansArg::Fax => Self::Fax,
            MeansArg::Post => Self::Post,
            MeansArg::Hand => Self::Hand,
            MeansArg::Visit => Self::Visit,
            MeansArg::Call => Self::Call,
            MeansArg::Mail => Self::Mail,
            MeansArg::Other => Self::Other,
        }
    }
}
