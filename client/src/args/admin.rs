//! `tsumugu admin …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tsumugu_trust::value::{Id, InstitutionKind, InstitutionNumber, Telephone, Text};

use super::values;

/// What administrators do.
#[derive(Debug, Clone, Subcommand)]
pub enum AdminCommand {
    /// 最初の管理者になる、または招待を受けて管理者になる / become the first or a further administrator
    Init(AdminInitArgs),
    /// 施設や管理者を招待する / invite an institution or an administrator
    Invite(InviteArgs),
    /// 承認待ちの一覧 / list what waits for approval
    Pending,
    /// 申請を承認する / approve a request
    Approve(ApproveArgs),
    /// 招待を取り消す、申請を断る / reject a request or withdraw an invitation
    Reject(RejectArgs),
    /// 施設と管理者の一覧 / list institutions and administrators
    List,
    /// 施設の登録（名称・よみ・電話など）を改める / change what is registered of an institution
    Update(UpdateArgs),
    /// 施設の利用を停止する / suspend an institution
    Suspend(StandingArgs),
    /// 停止した施設を再開する / reinstate an institution
    Reinstate(StandingArgs),
    /// 交換所の控えを復元する人に、控えの鍵を渡す（交換所につながなくてよい） / hand the key of a backup to who restores the exchange
    OpenBackup(OpenBackupArgs),
    /// 交換所にある文書の写しを、期限を過ぎても消させない（2人の管理者） / keep the exchange's copy of a letter
    Hold(HoldArgs),
    /// 消させない指定を解く（2人の管理者） / end a hold
    Release(HoldArgs),
    /// 復元した交換所を再開する / let a restored exchange go on
    Resume,
    /// 様式集の新しい版を公開する / publish a release of the form catalogue
    PublishCatalogue(PublishCatalogueArgs),
    /// 協議会への集計（集計を受け取る施設で report council を使います） / made by the office that takes the counts
    #[command(hide = true)]
    Report,
}

/// `admin init`
#[derive(Debug, Clone, Args)]
pub struct AdminInitArgs {
    /// 紙のコード、または HOST:PORT#CODE。続きのときは省ける / the code on paper; not needed to go on
    pub code: Option<String>,
    /// 交換所のアドレス / address of the exchange
    #[arg(long, value_name = "HOST:PORT")]
    pub address: Option<String>,
    /// 承認を待つ秒数 / how long to wait for the approval
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait: u64,
}

/// `admin invite`
#[derive(Debug, Clone, Args)]
pub struct InviteArgs {
    /// 管理者を招待する / invite an administrator
    #[arg(long, conflicts_with_all = ["fax_only", "number", "name", "kana", "town", "kind", "telephone", "fax", "label"])]
    pub administrator: bool,
    /// 参加しない施設をFAXの宛先として載せる / list an institution that is reached by FAX only
    #[arg(long, requires = "fax")]
    pub fax_only: bool,
    /// 医療機関コード・介護事業所番号 / institution number
    #[arg(long, value_parser = values::number, required_unless_present = "administrator")]
    pub number: Option<InstitutionNumber>,
    /// 名称 / name
    #[arg(long, value_parser = values::text, required_unless_present = "administrator")]
    pub name: Option<Text>,
    /// よみがな（ひらがな・カタカナ） / reading of the name, in kana
    #[arg(long, value_parser = values::kana, required_unless_present = "administrator")]
    pub kana: Option<Text>,
    /// 所在地（市区町村、または町名まで。例 流山市平和台） / city or town, such as 流山市平和台
    #[arg(long, value_parser = values::text)]
    pub town: Option<Text>,
    /// 種別：hospital, clinic, care-office, community-support, visiting-nurse, pharmacy, facility, fire-service, municipality, association, exchange / kind
    #[arg(long, value_parser = values::kind, required_unless_present = "administrator")]
    pub kind: Option<InstitutionKind>,
    /// 登録の電話番号（本人確認に使います） / telephone of the register
    #[arg(long, value_parser = values::telephone, required_unless_present = "administrator")]
    pub telephone: Option<Telephone>,
    /// FAX番号 / FAX number
    #[arg(long, value_parser = values::telephone)]
    pub fax: Option<Telephone>,
    /// 似た名前の施設と区別する表示 / label that tells it from a similar name
    #[arg(long, value_parser = values::text)]
    pub label: Option<Text>,
    /// 番号が10桁でなくても載せる / list it though its number has not ten digits
    #[arg(long)]
    pub force: bool,
    /// 招待の有効日数 / days until the invitation expires
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=90))]
    pub expires_days: u16,
    /// 紙に印刷するアドレス（今の接続先と違うとき） / address to print, if not the one in use
    #[arg(long, value_name = "HOST:PORT")]
    pub address: Option<String>,
}

/// `admin update`
#[derive(Debug, Clone, Args)]
pub struct UpdateArgs {
    /// 施設の番号 / the institution's number
    #[arg(value_parser = values::number)]
    pub number: InstitutionNumber,
    /// 新しい番号 / its new number
    #[arg(long, value_parser = values::number, value_name = "NUMBER")]
    pub new_number: Option<InstitutionNumber>,
    /// 名称 / name
    #[arg(long, value_parser = values::text)]
    pub name: Option<Text>,
    /// よみがな（ひらがな・カタカナ） / reading of the name, in kana
    #[arg(long, value_parser = values::kana)]
    pub kana: Option<Text>,
    /// 所在地 / city or town
    #[arg(long, value_parser = values::text, conflicts_with = "no_town")]
    pub town: Option<Text>,
    /// 所在地を消す / without a town
    #[arg(long)]
    pub no_town: bool,
    /// 種別 / kind
    #[arg(long, value_parser = values::kind)]
    pub kind: Option<InstitutionKind>,
    /// 登録の電話番号 / telephone of the register
    #[arg(long, value_parser = values::telephone)]
    pub telephone: Option<Telephone>,
    /// FAX番号 / FAX number
    #[arg(long, value_parser = values::telephone, conflicts_with = "no_fax")]
    pub fax: Option<Telephone>,
    /// FAX番号を消す / without a FAX
    #[arg(long)]
    pub no_fax: bool,
    /// 似た名前の施設と区別する表示 / label that tells it from a similar name
    #[arg(long, value_parser = values::text, conflicts_with = "no_label")]
    pub label: Option<Text>,
    /// 区別の表示を消す / without a label
    #[arg(long)]
    pub no_label: bool,
    /// 前身の施設の番号 / number of the institution that it took over from
    #[arg(long, value_parser = values::number, value_name = "NUMBER")]
    pub predecessor: Option<InstitutionNumber>,
    /// 番号が10桁でなくても載せる / list it though its number has not ten digits
    #[arg(long)]
    pub force: bool,
}

/// `admin approve`
#[derive(Debug, Clone, Args)]
pub struct ApproveArgs {
    /// 招待の番号（先頭だけでも可）、施設の番号、または様式集の版（catalogue-…） / invitation id, its beginning, the institution's number, or a catalogue-…
    pub id: String,
    /// 様式集の版を、尋ねずに承認する / approve a release of the catalogue without being asked
    #[arg(long)]
    pub yes: bool,
    /// 電話で聞いた24桁 / the 24 digits heard on the telephone
    #[arg(long, conflicts_with = "without_comparison")]
    pub digits: Option<String>,
    /// 電話での照合をしない / approve without the comparison
    #[arg(long)]
    pub without_comparison: bool,
    /// これから必要な管理者の署名数（管理者の承認のときだけ） / threshold of the new trust list
    #[arg(long)]
    pub threshold: Option<u64>,
}

/// `admin publish-catalogue`
#[derive(Debug, Clone, Args)]
pub struct PublishCatalogueArgs {
    /// 様式集のフォルダー（codes.toml や sheets のあるところ） / the catalogue's folder, the one with codes.toml and sheets
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// 尋ねずに公開する / publish without being asked
    #[arg(long)]
    pub yes: bool,
}

/// `admin reject`
#[derive(Debug, Clone, Args)]
pub struct RejectArgs {
    /// 招待の番号（先頭だけでも可）、または施設の番号 / invitation id, its beginning, or the institution's number
    pub id: String,
    /// 申請の拒否ではなく、招待の取り消しとして記録する / record it as withdrawn, not rejected
    #[arg(long)]
    pub withdraw: bool,
}

/// `admin open-backup`
#[derive(Debug, Clone, Args)]
pub struct OpenBackupArgs {
    /// 復元する機械で作られた restore.request / the file restore.request of the machine that restores
    #[arg(value_name = "REQUEST")]
    pub request: PathBuf,
    /// 作る鍵ファイル / the key file to write
    #[arg(long, value_name = "KEYFILE")]
    pub out: PathBuf,
    /// 電話で聞いた24桁 / the 24 digits heard on the telephone
    #[arg(long, conflicts_with = "without_comparison")]
    pub digits: Option<String>,
    /// 電話での照合をしない / without the comparison
    #[arg(long)]
    pub without_comparison: bool,
}

/// `admin hold`, `admin release`
#[derive(Debug, Clone, Args)]
pub struct HoldArgs {
    /// 送った施設の番号 / the sender's number
    #[arg(value_parser = values::number)]
    pub number: InstitutionNumber,
    /// 文書の番号（全桁。tsumugu track に出る） / the message's whole id, as tsumugu track shows it
    pub id: Id,
}

/// `admin suspend`, `admin reinstate`
#[derive(Debug, Clone, Args)]
pub struct StandingArgs {
    /// 施設の番号 / the institution's number
    #[arg(value_parser = values::number)]
    pub number: InstitutionNumber,
}
