//! The commands about conferences, and about who a client's care manager is.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{RecipientArg, values};

/// `conference …`
#[derive(Debug, Clone, Subcommand)]
pub enum ConferenceCommand {
    /// 退院前カンファレンスの一覧 / list the conferences
    List,
    /// 案内の版と、だれが何に答えたか / versions of an invitation, and who answered what
    Show {
        /// 事例か文書の番号（先頭だけでも可） / id of the case or of a message, or its beginning
        id: String,
    },
    /// 出欠を返し、案内を受領する / answer an invitation, and acknowledge it
    Answer(ConferenceAnswerArgs),
    /// カレンダーに取り込むファイルを書く / write a file for calendars
    Ics {
        /// 事例か文書の番号（先頭だけでも可） / id of the case or of a message, or its beginning
        id: String,
        /// 書き出すファイル / file to write
        #[arg(long, value_name = "FILE.ics")]
        out: PathBuf,
        /// 事例の呼び名も入れる（カレンダーは他の人も見ます） / put in the case's label; others see calendars
        #[arg(long)]
        with_name: bool,
    },
}

/// `conference answer`
#[derive(Debug, Clone, Args)]
pub struct ConferenceAnswerArgs {
    /// 案内の番号（先頭だけでも可） / id of the invitation, or its beginning
    pub id: String,
    /// 出欠 / whether somebody comes
    #[command(flatten)]
    pub attendance: AttendanceArgs,
    /// 都合のよい候補の番号（「,」で並べられる） / numbers of the candidates that suit
    #[arg(long, value_delimiter = ',', value_name = "N")]
    pub candidate: Vec<usize>,
    /// 連絡事項 / what to add
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// Whether somebody comes.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct AttendanceArgs {
    /// 出席 / somebody comes
    #[arg(long)]
    pub attend: bool,
    /// オンライン出席 / by video
    #[arg(long)]
    pub online: bool,
    /// 欠席 / nobody comes
    #[arg(long)]
    pub absent: bool,
    /// 代理の人の名前 / name of the one who comes instead
    #[arg(long, value_name = "NAME")]
    pub substitute: Option<String>,
}

/// `inquiry …`
#[derive(Debug, Clone, Subcommand)]
pub enum InquiryCommand {
    /// この施設が出した照会と、その回答 / what this institution asked, and the answers
    List,
    /// 担当であることを照会元へ知らせる / tell the one who asked that this office is in charge
    Answer(InquiryAnswerArgs),
}

/// `inquiry answer`
#[derive(Debug, Clone, Args)]
pub struct InquiryAnswerArgs {
    /// 届いた照会の番号（先頭だけでも可） / id of the inquiry, or its beginning
    pub id: String,
    /// 担当していない（取り次いだ所へ返す） / not in charge: give it back to the one who passed it on
    #[arg(long)]
    pub not_ours: bool,
    /// 連絡先（省くと登録の名前と電話、担当者） / whom to call; by default the register's name and telephone, and the worker
    #[arg(long, value_name = "TEXT", conflicts_with = "not_ours")]
    pub contact: Option<String>,
    /// 一言 / comment
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}

/// `forward`
#[derive(Debug, Clone, Args)]
pub struct ForwardArgs {
    /// 届いた照会の番号（先頭だけでも可） / id of the inquiry, or its beginning
    pub id: String,
    /// 取り次ぐ居宅の番号、部署は「/」の後 / number of the care office, its unit behind a slash
    #[arg(long, required_unless_present = "not_found", value_parser = values::recipient, value_name = "NUMBER[/UNIT]")]
    pub to: Option<RecipientArg>,
    /// 見つからなかったと答える / answer that nobody was found
    #[arg(long, conflicts_with = "to")]
    pub not_found: bool,
    /// 取次先の名前を照会元にも知らせる / tell the one who asked to whom it was passed on
    #[arg(long, requires = "to")]
    pub tell: bool,
    /// 一言 / comment
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}
