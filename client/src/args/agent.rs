//! The commands that stay: the agent, the watch, and the test of the way to the exchange.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `agent`
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AgentArgs {
    /// How it runs.
    #[command(flatten)]
    pub run: AgentRunArgs,
    /// Something else than to run.
    #[command(subcommand)]
    pub command: Option<AgentCommand>,
}

/// How an agent runs.
#[derive(Debug, Clone, Default, Args)]
pub struct AgentRunArgs {
    /// 文書や回答が届くたびに実行するコマンド / command to run at each letter and answer
    #[arg(long, value_name = "COMMAND")]
    pub on_arrival: Option<String>,
    /// 届いた文書をA4のPDFで書き出すフォルダー / folder to write each letter into, as A4 pages (PDF)
    #[arg(long, value_name = "FOLDER")]
    pub save_to: Option<PathBuf>,
    /// 一日一回のテスト送信をしない / send no test letter a day
    #[arg(long)]
    pub no_canary: bool,
    /// 交換所自身の施設として、テスト送信に自動で答える / answer test letters, as the exchange's own institution
    #[arg(long)]
    pub echo: bool,
}

/// `agent …`
#[derive(Debug, Clone, Subcommand)]
pub enum AgentCommand {
    /// 常駐の様子 / how the agent is
    Status,
    /// PCの起動やログオンで自動で始める / start by itself at log-on
    Install(AgentRunArgs),
    /// 自動で始めるのをやめる / start by itself no more
    Uninstall,
}

/// `test`
#[derive(Debug, Clone, Args)]
pub struct TestArgs {
    /// 待つ秒数 / how long to wait
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u64,
    /// ひとこと（患者のことは書かない） / a short note, nothing about a patient
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// 担当者 / worker
    #[arg(long = "as", value_name = "WORKER")]
    pub worker: Option<String>,
}
