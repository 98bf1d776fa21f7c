use std::path::{Path, PathBuf};

use clap::Parser;
use tsumugu_trust::letter::MAX_ATTACHMENT;

use super::Outcome;

/// Most senders: each pair has two connections, and the exchange takes 1,024.
pub(super) const MAX_SENDERS: usize = 256;
/// Largest body: a letter has at most 1 MiB, and what signs it needs room.
pub(super) const MAX_SIZE: usize = 1_000_000;

/// つむぐ交換所の負荷を測ります / Measures how many letters an exchange carries
#[derive(Debug, Parser)]
#[command(name = "tsumugu-load", version)]
pub(super) struct Args {
    /// 送り手の数(それぞれに受け手が一つ) / Senders, each with a mailbox of its own
    #[arg(long, default_value_t = 16, value_parser = parse_senders)]
    pub(super) senders: usize,
    /// 送り続ける秒数 / Seconds of sending
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(super) seconds: u64,
    /// 本文のバイト数(乱数) / Bytes of a body, random
    #[arg(long, default_value_t = 8_192, value_parser = parse_size)]
    pub(super) size: usize,
    /// 添付を一つ運んで測る(バイト数、200 MiBまで) / Also carries one attachment of so many bytes
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..=MAX_ATTACHMENT))]
    pub(super) attachment: Option<u64>,
    /// 作業フォルダー(ないとき一時フォルダー、終わりに消します) / Folder to work in; else a temporary one
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// JSONで一行 / One line of JSON
    #[arg(long)]
    pub(super) json: bool,
    /// The server's process: this program, started by itself.
    #[arg(long, hide = true, value_name = "DIR")]
    pub(super) serve: Option<PathBuf>,
}

/// Where the exchange lies while it is measured; a temporary folder goes when this is dropped.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) path: PathBuf,
    is_temporary: bool,
}

impl Args {
    /// Makes the folder to work in.
    pub(super) fn scratch(&self) -> Outcome<Scratch> {
        let (path, is_temporary) = match &self.dir {
            Some(dir) => (dir.clone(), false),
            None => (temporary()?, true),
        };
        if path.exists() && std::fs::read_dir(&path)?.next().is_some() {
            return Err("フォルダーが空ではありません / the folder is not empty".into());
        }
        std::fs::create_dir_all(&path)?;
        Ok(Scratch { path, is_temporary })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.is_temporary {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Beside other programs' temporary files: the same disk as theirs, so that figures compare.
fn temporary() -> Outcome<PathBuf> {
    let name = format!("tsumugu-load-{}", std::process::id());
    Ok(Path::new(&std::env::temp_dir()).join(name))
}

fn parse_senders(text: &str) -> Result<usize, String> {
    in_range(text, 1, MAX_SENDERS)
}

fn parse_size(text: &str) -> Result<usize, String> {
    in_range(text, 0, MAX_SIZE)
}

fn in_range(text: &str, least: usize, most: usize) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("{least} から {most} まで / between {least} and {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_the_arguments() {
        assert_eq!(parse_senders("256"), Ok(256));
        assert_eq!(parse_size("1000000"), Ok(1_000_000));
        for wrong in ["0", "257", "-1", "x"] {
            assert!(parse_senders(wrong).is_err(), "{wrong}");
        }
        assert!(parse_size("1000001").is_err());
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("theirs"), b"x").unwrap();
        let dir = dir.path().to_str().unwrap();
        let args = Args::parse_from(["tsumugu-load", "--dir", dir]);
        assert!(args.scratch().is_err());
    }
}
