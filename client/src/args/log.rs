//! `tsumugu log …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tsumugu_trust::hash::Hash;

use super::values;

/// What is done with the log.
#[derive(Debug, Clone, Subcommand)]
pub enum LogCommand {
    /// 記録簿を確かめる / verify the log
    Verify(LogVerifyArgs),
    /// 記録簿の写しを作る、続きを足す / copy the log into a folder, or continue the copy
    Mirror(LogMirrorArgs),
    /// 二つの写しが同じ記録簿か確かめる / check that two copies are of one log
    Compare(LogCompareArgs),
    /// 証人として署名する / cosign as a witness
    #[command(hide = true)]
    Witness(LogFolderArgs),
}

/// `log verify`
#[derive(Debug, Clone, Args)]
pub struct LogVerifyArgs {
    /// 写しのフォルダー。省くと交換所の記録簿 / folder of a copy; without it, the exchange's log
    pub dir: Option<PathBuf>,
    /// 紙に印刷された根の指紋 / root fingerprint from the paper
    #[arg(long, value_parser = values::fingerprint, requires = "dir")]
    pub fingerprint: Option<Hash>,
    /// 管理者に確かめたので、全体が正しければ警報を解く / settle the alarm, on the administrator's word
    #[arg(long, conflicts_with = "dir")]
    pub settled: bool,
}

/// `log mirror`
#[derive(Debug, Clone, Args)]
pub struct LogMirrorArgs {
    /// 写しのフォルダー / folder of the copy
    pub dir: PathBuf,
    /// 交換所でなく、この写しから（通信も金庫も不要） / from this copy, not from the exchange
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// 紙に印刷された根の指紋 / root fingerprint from the paper
    #[arg(long, value_parser = values::fingerprint, requires = "from")]
    pub fingerprint: Option<Hash>,
}

/// `log compare`
#[derive(Debug, Clone, Args)]
pub struct LogCompareArgs {
    /// 一つ目の写しのフォルダー / folder of one copy
    pub first: PathBuf,
    /// 二つ目の写しのフォルダー / folder of the other
    pub second: PathBuf,
}

/// A folder of tiles.
#[derive(Debug, Clone, Args)]
pub struct LogFolderArgs {
    /// 写しのフォルダー / folder of the copy
    pub dir: PathBuf,
}
