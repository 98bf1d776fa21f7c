//! The command line of `tsumugu-server`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use tsumugu_durable::clock::{Clock, SystemClock};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::value::Origin;

use crate::backup::Wanted;
use crate::backup::command::{run_backup, run_restore};
use crate::ca::IssuingCa;
use crate::check::check;
use crate::init::{InitError, init, init_with_ca};
use crate::keys;
use crate::operations::logs::{self, LogFormat};
use crate::operations::probe::{self, ProbeError};
use crate::run::Server;
use crate::settings::{PublicAddress, Settings};
use crate::told::told;

/// つむぐ交換所: 病院と居宅介護支援事業所のあいだで、封をした連携シートを受け渡し、受領を記録します。
/// The Tsumugu exchange: passes sealed liaison sheets between institutions and keeps the log.
#[derive(Debug, Parser)]
#[command(name = "tsumugu-server", version)]
struct Arguments {
    /// 動作ログの形式 / Form of the log on standard error
    #[arg(long, global = true, value_enum, default_value_t, env = logs::FORMAT)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 新しい交換所をつくり、最初の管理者のコードを表示します / Make a new exchange
    Init {
        /// 交換所のフォルダー / Folder of the exchange
        #[arg(long)]
        dir: PathBuf,
        /// 交換所の名前(小文字のDNS名。あとから変えられません) / Lower-case DNS name, for ever
        #[arg(long)]
        origin: Origin,
        /// 待ち受けるアドレス / Address to listen on
        #[arg(long, default_value = crate::settings::DEFAULT_LISTEN)]
        listen: SocketAddr,
        /// 招待状に印刷する接続先 / Address printed on invitations
        #[arg(long)]
        public_address: Option<PublicAddress>,
        /// 自分でつくった発行局の証明書(PEM) / Certificate of an issuing CA of your own, PEM
        #[arg(long, requires = "ca_key")]
        ca_cert: Option<PathBuf>,
        /// その秘密鍵(PKCS #8のPEM) / Its private key, PKCS #8 in PEM
        #[arg(long, requires = "ca_cert")]
        ca_key: Option<PathBuf>,
    },
    /// 交換所を動かします / Run the exchange
    Run {
        /// 交換所のフォルダー / Folder of the exchange
        #[arg(long)]
        dir: PathBuf,
        /// 待ち受けたアドレスをこのファイルに書きます(ポート0のとき) / Write the address listened on to a file
        #[arg(long)]
        address_file: Option<PathBuf>,
    },
    /// 記録をすべて読み、確かめます / Read and check everything
    Check {
        /// 交換所のフォルダー / Folder of the exchange
        #[arg(long)]
        dir: PathBuf,
        /// 索引をつくりなおします / Make the views anew
        #[arg(long)]
        rebuild: bool,
        /// JSONで答えます / Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// 控えを作ります(動かしたままで。開けるのは管理者だけ) / Make a backup, also while it runs
    Backup {
        /// 交換所のフォルダー / Folder of the exchange
        #[arg(long)]
        dir: PathBuf,
        /// 控えのファイル(すでにある名前には書きません) / File of the backup, which must not be there yet
        #[arg(long)]
        out: PathBuf,
        /// JSONで答えます / Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// 控えから復元します(管理者の鍵が要ります) / Restore a backup, with an administrator's help
    Restore {
        /// 控えのファイル / File of the backup
        #[arg(long = "in", value_name = "FILE")]
        file: PathBuf,
        /// 復元先の空のフォルダー / Empty folder to restore to
        #[arg(long)]
        dir: PathBuf,
        /// 管理者から届いた鍵ファイル(なければ依頼を作ります) / The administrator's answer; without it a request is made
        #[arg(long, value_name = "KEYFILE")]
        key: Option<PathBuf>,
        /// この交換所の控えでなければ断ります / Refuse a backup of another exchange
        #[arg(long)]
        origin: Option<Origin>,
        /// 紙に印刷された根の指紋。合わない控えは断ります / Root fingerprint from the paper; another one is refused
        #[arg(long, value_name = "ROOT", value_parser = fingerprint)]
        fingerprint: Option<Hash>,
        /// 古すぎた控えを前に復元したフォルダーの ahead / The file ahead of a folder restored before that was too old
        #[arg(long, value_name = "FILE")]
        ahead: Option<PathBuf>,
        /// JSONで答えます / Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// 動いている交換所に様子を聞きます(metrics_listen) / Ask a running exchange how it is
    Probe {
        /// 交換所のフォルダー / Folder of the exchange
        #[arg(long)]
        dir: PathBuf,
        /// 受け付けているかではなく、動いているかだけを聞きます / Ask whether it is alive, not whether it serves
        #[arg(long)]
        alive: bool,
    },
    /// 説明書(man)を書き出します / Write the manual pages
    Man {
        /// 書き出すフォルダー / Folder to write to
        dir: PathBuf,
    },
    /// 記録簿の公開鍵を表示します / Print the log's verifier key
    Vkey {
        /// 交換所のフォルダー / Folder of the exchange
        #[arg(long)]
        dir: PathBuf,
    },
}

/// Runs the program with the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logs::start(arguments.log_format);
    let done = match arguments.command {
        Command::Init { dir, origin, listen, public_address, ca_cert, ca_key } => {
            let own = ca_cert.zip(ca_key);
            run_init(&dir, &origin, listen, public_address, own)
        }
        Command::Run { dir, address_file } => run_run(dir, address_file),
        Command::Check { dir, rebuild, json } => run_check(&dir, rebuild, json),
        Command::Backup { dir, out, json } => run_backup(&dir, &out, json).map_err(Into::into),
        Command::Restore { file, dir, key, origin, fingerprint, ahead, json } => {
            let wanted = Wanted { origin, root: fingerprint, ahead };
            run_restore(&file, &dir, key, &wanted, json).map_err(Into::into)
        }
        Command::Probe { dir, alive } => run_probe(&dir, alive),
        Command::Man { dir } => run_man(&dir),
        Command::Vkey { dir } => run_vkey(&dir),
    };
    let code = done.unwrap_or_else(|error| {
        report(&told(error.as_ref()));
        ExitCode::FAILURE
    });
    logs::finish();
    code
}

type Done = Result<ExitCode, Box<dyn std::error::Error>>;

#[allow(clippy::print_stdout)]
fn run_init(
    dir: &std::path::Path,
    origin: &Origin,
    listen: SocketAddr,
    public: Option<PublicAddress>,
    own_ca: Option<(PathBuf, PathBuf)>,
) -> Done {
    let now = SystemClock::new().now_ms();
    let made = match own_ca {
        None => init(dir, origin, listen, public, now)?,
        Some((certificate, key)) => {
            let ca = IssuingCa::adopt_files(origin.as_str(), &certificate, &key, now);
            let ca = ca.map_err(InitError::Ca)?;
            init_with_ca(dir, origin, listen, public, &ca)?
        }
    };
    println!("交換所をつくりました / The exchange is made: {origin}");
    println!("最初の管理者のコード(一度だけ使えます。紙に書いて渡してください)");
    println!("Code of the first administrator (works once; hand it over on paper):");
    println!();
    println!("    {}#{}", made.address, made.code);
    println!();
    println!("つぎに / Next: tsumugu-server run --dir {}", dir.display());
    println!("管理者は / The administrator: tsumugu admin init {}#…", made.address);
    println!("記録簿の公開鍵 / The log's verifier key: {}", made.vkey);
    Ok(ExitCode::SUCCESS)
}

fn run_run(dir: PathBuf, address_file: Option<PathBuf>) -> Done {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        // Before anything can be seen of us: who stops us then shall not cut a round off.
        let stop = stop_signal()?;
        let server = Server::open(&dir, SystemClock::shared()).await?;
        let address = server.address()?;
        tracing::info!(%address, metrics = server.metrics_address().map(tracing::field::display), "listening");
        if let Some(file) = address_file {
            tsumugu_durable::write_atomic(&file, address.to_string().as_bytes())?;
        }
        server.serve(stop).await?;
        tracing::info!("stopped");
        Ok::<_, Box<dyn std::error::Error>>(ExitCode::SUCCESS)
    });
    // What still hangs shall not hold the end up.
    runtime.shutdown_background();
    done
}

#[allow(clippy::print_stdout)]
fn run_probe(dir: &std::path::Path, alive: bool) -> Done {
    let address = Settings::load(dir)?.metrics_listen.ok_or(ProbeError::NotSet)?;
    let (yes, word) = probe::ask(address, if alive { "/healthz" } else { "/readyz" })?;
    println!("{word}");
    Ok(if yes { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[allow(clippy::print_stdout)]
fn run_check(dir: &std::path::Path, rebuild: bool, json: bool) -> Done {
    let found = check(dir, rebuild)?;
    let whole = found.is_whole();
    if json {
        println!(
            "{}",
            serde_json::json!({
                "leaves": found.leaves, "root": found.root, "views": found.views, "applied": found.applied,
                "wrong_tiles": found.wrong_tiles, "missing_tiles": found.missing_tiles,
                "folder_leaves": found.folder_leaves, "unreadable_bodies": found.unreadable_bodies,
                "unreadable_attachments": found.unreadable_attachments,
                "orphaned_attachments": found.orphaned_attachments,
                "wrong_catalogue_files": found.wrong_catalogue_files, "uploads": found.uploads, "whole": whole,
            })
        );
    } else {
        println!("記録 / leaves: {}", found.leaves);
        println!("根 / root: {}", found.root);
        println!("索引 / views: {} ({} 件を足しました / applied)", found.views, found.applied);
        println!("公開用フォルダー log/ の記録 / leaves in log/: {}", found.folder_leaves);
        println!("正しくないタイル / wrong tiles: {}", found.wrong_tiles.len());
        found.wrong_tiles.iter().for_each(|name| println!("    {name}"));
        println!("足りないタイル / missing tiles: {}", found.missing_tiles.len());
        found.missing_tiles.iter().for_each(|name| println!("    {name}"));
        println!("読めない本文 / unreadable bodies: {}", found.unreadable_bodies);
        println!("読めない添付 / unreadable attachments: {}", found.unreadable_attachments);
        println!(
            "どの手紙にも付いていない添付 / attachments that no letter names: {}",
            found.orphaned_attachments
        );
        println!(
            "足りない、または正しくない様式集のファイル / wrong files of the catalogue: {}",
            found.wrong_catalogue_files
        );
        println!(
            "まだ手紙に付いていない添付 / uploads that no letter names yet: {}",
            found.uploads
        );
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[allow(clippy::print_stdout)]
fn run_vkey(dir: &std::path::Path) -> Done {
    let (_, key) = keys::load(dir)?;
    println!("{}", key.verifying_key());
    Ok(ExitCode::SUCCESS)
}

/// A page for each command, and what the exit codes mean.
fn run_man(dir: &std::path::Path) -> Done {
    use tsumugu_durable::{Access, create_dir_durable_with, write_atomic_with};
    create_dir_durable_with(dir, Access::Shared)?;
    for (name, page) in pages() {
        write_atomic_with(&dir.join(name), page.as_bytes(), Access::Shared)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Name and text (roff) of each manual page.
fn pages() -> Vec<(String, String)> {
    let mut top = Arguments::command();
    top.build();
    let mut pages = Vec::new();
    for command in std::iter::once(&top).chain(top.get_subcommands()) {
        let man = clap_mangen::Man::new(command.clone());
        let mut text = Vec::new();
        // Writing to memory cannot fail.
        let _ = man.render(&mut text);
        let mut text = String::from_utf8_lossy(&text).into_owned();
        text.push_str(EXIT_STATUS);
        pages.push((man.get_filename(), text));
    }
    pages
}

/// The exit codes as a section in roff.
const EXIT_STATUS: &str = ".SH \"EXIT STATUS\"\n\
    .TP\n\\fB0\\fR\n済みました / done; the exchange was stopped in good order\n\
    .TP\n\\fB1\\fR\n失敗したか、答えが「いいえ」です。二度目の合図で終わったときも / \
    failed, or the answer is no; also after a second signal\n\
    .TP\n\\fB2\\fR\nコマンドの書き方が正しくありません / the command line is wrong\n";

/// Ctrl-C, and SIGTERM where there is one. The handlers are in place when this returns.
///
/// Whoever signals a second time wants no good order: the process ends at once, with exit code 1.
/// Nothing that was answered is lost by that.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut signals = Signals::new()?;
    Ok(async move {
        signals.next().await;
        tracing::info!("stopping; a second signal ends at once");
        tokio::spawn(async move {
            signals.next().await;
            tracing::warn!("ended at once; start-up decides what was committed");
            std::process::exit(1);
        });
    })
}

struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (terminate, interrupt) = (SignalKind::terminate(), SignalKind::interrupt());
        Ok(Self { terminate: signal(terminate)?, interrupt: signal(interrupt)? })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}

#[allow(clippy::print_stderr)]
fn report(text: &str) {
    eprint!("{text}");
}

/// As it is printed, in groups; spaces, hyphens and either case are taken.
fn fingerprint(typed: &str) -> Result<Hash, String> {
    let digits: String =
        typed.chars().filter(|c| !c.is_whitespace() && !"-:".contains(*c)).collect();
    let wrong =
        || "根の指紋は16進64桁です / a root fingerprint has 64 hexadecimal digits".to_owned();
    digits.to_ascii_lowercase().parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound_and_explained_in_both_languages() {
        let command = Arguments::command();
        command.clone().debug_assert();
        let both = |text: String| text.contains(" / ") && !text.is_ascii();
        for sub in command.get_subcommands() {
            let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(both(about), "{}", sub.get_name());
            for argument in sub.get_arguments().chain(command.get_arguments()) {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                let own = matches!(argument.get_id().as_str(), "help" | "version");
                assert!(own || both(help), "{} {}", sub.get_name(), argument.get_id());
            }
        }
    }

    #[test]
    fn every_command_has_a_page_with_the_exit_codes() {
        let pages = pages();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"tsumugu-server.1") && names.contains(&"tsumugu-server-run.1"));
        assert!(pages.iter().all(|(_, text)| text.contains("EXIT STATUS")));
    }
}
