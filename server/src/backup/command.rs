//! What `tsumugu-server backup` and `restore` say.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use tsumugu_durable::clock::{Clock, SystemClock};
use tsumugu_trust::value::Time;

use super::{BackupError, REQUEST, RestoreError, Wanted, backup, request, restore};
use crate::restraint::{AHEAD, is_there};

/// What the bar looks like.
const TEMPLATE: &str = "{prefix} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
const MIB: f64 = 1_048_576.0;

/// `backup --dir DIR --out FILE`
///
/// # Errors
/// [`BackupError`]
#[allow(clippy::print_stdout)]
pub(crate) fn run_backup(dir: &Path, out: &Path, json: bool) -> Result<ExitCode, BackupError> {
    let bar = bar("控えを作っています / backing up");
    let made = Time(SystemClock::new().now_ms());
    let done = backup(dir, out, made, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let made = done?;
    let administrators: Vec<String> = made.administrators.iter().map(ToString::to_string).collect();
    if json {
        println!(
            "{}",
            serde_json::json!({
                "file": out.display().to_string(), "bytes": made.bytes, "origin": made.origin.to_string(),
                "leaves": made.leaves, "root": made.root.to_string(),
                "checkpoint": String::from_utf8_lossy(&made.checkpoint),
                "files": made.files, "administrators": administrators,
                "gone": made.gone, "left_out": made.left_out,
            })
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("控えを作りました / The backup is made: {}", out.display());
    println!("大きさ / size: {} bytes ({:.1} MiB)", made.bytes, made.bytes as f64 / MIB);
    println!("記録 / leaves: {}", made.leaves);
    println!("根 / root: {}", made.root);
    println!("開けるのは次の管理者です(だれか一人) / Any one of these administrators can open it:");
    administrators.iter().for_each(|id| println!("    {id}"));
    if made.gone > 0 {
        println!(
            "無かった、または途中までしか無かった本文・添付のファイル / files of bodies and attachments that were not there, or cut off: {} \
             (作成中に破棄されたものです。続くなら tsumugu-server check で確かめてください / \
             destroyed meanwhile; if it happens again, run tsumugu-server check)",
            made.gone
        );
    }
    for name in &made.left_out {
        println!("控えに入れなかったファイル / not in the backup: {name}");
    }
    Ok(ExitCode::SUCCESS)
}

/// `restore --in FILE --dir DIR [--key KEYFILE] [--origin NAME] [--fingerprint ROOT] [--ahead OLD/ahead]`
///
/// # Errors
/// [`RestoreError`]
pub(crate) fn run_restore(
    file: &Path,
    dir: &Path,
    key: Option<PathBuf>,
    wanted: &Wanted,
    json: bool,
) -> Result<ExitCode, RestoreError> {
    match key {
        None => ask(file, dir, json),
        Some(key) => take(file, dir, &key, wanted, json),
    }
}

#[allow(clippy::print_stdout)]
fn ask(file: &Path, dir: &Path, json: bool) -> Result<ExitCode, RestoreError> {
    let digits = request(file, dir)?.digits;
    let path = dir.join(REQUEST);
    if json {
        let path = path.display().to_string();
        println!("{}", serde_json::json!({"restored": false, "request": path, "digits": digits}));
        return Ok(ExitCode::SUCCESS);
    }
    println!("まだ復元していません。管理者の鍵が要ります。");
    println!("Nothing is restored yet: an administrator's key is needed.");
    println!();
    println!("1. このファイルを管理者に渡してください(秘密は入っていません)");
    println!("   Hand this file to an administrator; nothing in it is secret:");
    println!("       {}", path.display());
    println!(
        "2. 電話でこの24桁を読み上げてください / Read these 24 digits out over the telephone:"
    );
    println!("       {digits}");
    println!("3. 管理者が行うこと / The administrator runs:");
    println!("       tsumugu admin open-backup restore.request --out restore.key --digits \"…\"");
    println!("4. 届いた restore.key で / With the file that comes back:");
    let (file, dir) = (file.display(), dir.display());
    println!(
        "       tsumugu-server restore --in {file} --dir {dir} --key restore.key --fingerprint \"…\""
    );
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::print_stdout)]
fn take(
    file: &Path,
    dir: &Path,
    key: &Path,
    wanted: &Wanted,
    json: bool,
) -> Result<ExitCode, RestoreError> {
    let bar = bar("復元しています / restoring");
    let done = restore(file, dir, key, wanted, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let restored = done?;
    let is_ahead = is_there(dir, AHEAD)?;
    if json {
        println!(
            "{}",
            serde_json::json!({
                "restored": true, "origin": restored.origin, "leaves": restored.leaves,
                "root": restored.root, "made": restored.made, "ahead": is_ahead,
            })
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("復元しました / Restored: {}", restored.origin);
    println!("控えを作った時刻 / The backup was made at: {}", restored.made);
    println!("記録 / leaves: {}", restored.leaves);
    println!("根 / root: {}", restored.root);
    if wanted.root.is_none() {
        println!(
            "根の指紋とは照合していません(--fingerprint) / Not held against the root fingerprint"
        );
    }
    println!();
    if is_ahead {
        println!(
            "この控えも古すぎます: これより多くの記録を見た端末があります。再開はできません。"
        );
        println!("さらに新しい控えを、--ahead を付けて、別の空のフォルダーに復元してください。");
        println!(
            "This backup is too old as well: a terminal has seen more, and it cannot be resumed."
        );
        println!("Restore a newer one, with --ahead, into another empty folder.");
        return Ok(ExitCode::SUCCESS);
    }
    println!("つぎに / Next: tsumugu-server run --dir {}", dir.display());
    println!(
        "交換所は読み取り専用で始まります。端末がつながるのを待ってから、管理者が再開します。"
    );
    println!(
        "It starts read-only. Wait until the terminals have connected; then an administrator runs:"
    );
    println!("    tsumugu admin resume");
    Ok(ExitCode::SUCCESS)
}

/// Where standard error is no terminal, nothing is drawn.
fn bar(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(what);
    bar
}
