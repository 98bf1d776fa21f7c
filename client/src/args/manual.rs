//! `tsumugu completions` and `tsumugu man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `completions`
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// シェルの種類 / the shell
    pub shell: Shell,
}

/// `man`
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// 書き出すフォルダー / folder to write to
    pub dir: PathBuf,
}
