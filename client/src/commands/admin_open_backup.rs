//! `tsumugu admin open-backup`: the answer to whoever restores the exchange from a backup.
//!
//! It needs neither the backup nor the exchange, only the request and this vault. What is handed over is
//! the key of this one backup, sealed to who asked; the digits that are read out over the telephone say
//! who that is.

use serde::Serialize;
use tsumugu_durable::{DiskError, read_limited, write_new};
use tsumugu_trust::backup::{BackupKey, MAX_REQUEST, NotOfABackup, RestoreRequest};
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::seal::OpenError;

use crate::args::OpenBackupArgs;
use crate::context::Context;
use crate::digits;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct Opened {
    /// The key file.
    pub file: String,
    /// The exchange that can be restored with it.
    pub origin: String,
    /// SHA-256 of the head of the backup.
    pub backup: String,
}

impl Outcome for Opened {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("backup.opened").with("file", &self.file));
        page.say(&Sentence::new("backup.opened-next").with("origin", &self.origin));
    }
}

/// Runs the command.
///
/// # Errors
/// This vault is no administrator's; the file is no request, or of a backup that was not sealed to this
/// administrator; the digits do not match or were not given.
pub fn run(ctx: &Context, args: &OpenBackupArgs) -> Result<Opened, Failure> {
    // What the vault knows is enough: the exchange is not there.
    let session = Session::open(ctx, Purpose::Look)?;
    let administrator = session.identity().administrator()?;
    let request = read_limited(&args.request, MAX_REQUEST as u64)
        .map_err(|error| Failure::file_unreadable(&args.request, error))?;
    let request = RestoreRequest::parse(&request).map_err(|error| match error {
        NotOfABackup::Newer => Failure::new("backup.newer").because(error),
        _ => Failure::new("backup.not-a-request").because(error),
    })?;
    compare(ctx, args, &request)?;
    let origin = session.origin().clone();
    let identity = administrator.sealing_identity();
    let key = BackupKey::open(&request, &identity, origin, log_keys(&session));
    let key = key.map_err(|error| match error {
        OpenError::NotForTheseKeys => Failure::new("backup.not-for-you").because(error),
        error => Failure::new("backup.not-a-request").because(error),
    })?;
    let sealed = key.seal(&request).map_err(|error| Failure::fault("backup").because(error))?;
    write_new(&args.out, &sealed).map_err(|error| match error {
        DiskError::Exists { .. } => Failure::file_exists(&args.out),
        error => Failure::file_unwritable(&args.out, error),
    })?;
    Ok(Opened {
        file: args.out.display().to_string(),
        origin: key.origin.to_string(),
        backup: key.backup.to_string(),
    })
}

/// The digits come from the mouth of whoever restores, so they are typed and not shown before.
fn compare(ctx: &Context, args: &OpenBackupArgs, request: &RestoreRequest) -> Result<(), Failure> {
    if args.without_comparison {
        ctx.note(&Sentence::new("backup.without-comparison"));
        return Ok(());
    }
    let heard = match &args.digits {
        Some(digits) => Some(digits.clone()),
        None => ctx.ask(&Sentence::new("backup.ask-digits"))?,
    };
    let heard = heard.ok_or_else(|| Failure::new("backup.digits-needed"))?;
    if digits::are_same(&heard, &request.digits()) {
        Ok(())
    } else {
        Err(Failure::new("backup.digits-differ"))
    }
}

/// Every key that the log has had: the backup may be older than the newest list.
fn log_keys(session: &Session<'_>) -> Vec<VerifyingKey> {
    let mut keys = session.log_keys();
    let lists = session.directory().trust_lists().iter().rev();
    for key in lists.flat_map(|list| list.body.logs.iter().map(|log| &log.0)) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}
