//! Which files of an exchange's folder a backup takes, beside journal, bodies and attachments.

use std::path::Path;

use tsumugu_durable::lock::LOCK_FILE;
use tsumugu_durable::{DiskError, TEMPORARY_SUFFIX};
use tsumugu_trust::backup::{MAX_DEPTH, is_entry_name};

use super::restore::{RESERVED, RESTORED};
use crate::bounds::quota;
use crate::ledger::{ATTACHMENTS, BODIES, JOURNAL, LOG, VIEWS};

/// Longest file that is taken, in bytes: what waits, settings and keys are far below it. A longer one is
/// nothing that the exchange wrote.
pub const MAX_SMALL_FILE: u64 = 4 << 20;

/// Taken in their own way, made anew, of one day, or of the process.
const LEFT_OUT: [&str; 8] =
    [JOURNAL, BODIES, ATTACHMENTS, VIEWS, LOG, quota::FOLDER, LOCK_FILE, RESTORED];

/// Whether a backup may hold a file of this name: what is made anew comes from nobody else.
pub(super) fn is_taken(name: &str) -> bool {
    let top = name.split('/').next().unwrap_or_default();
    let is_log = [JOURNAL, BODIES, ATTACHMENTS].contains(&top);
    is_log || !(LEFT_OUT.contains(&top) || RESERVED.contains(&top))
}

/// The small files of a folder.
#[derive(Debug, Default)]
pub(super) struct Small {
    /// Names below the folder, in order.
    pub(super) taken: Vec<String>,
    /// Names of what the exchange did not write: too long, or not a name that a backup holds.
    pub(super) left_out: Vec<String>,
}

impl Small {
    /// Everything that is there, whatever later versions of the exchange keep beside the journal.
    pub(super) fn of(dir: &Path) -> Result<Self, DiskError> {
        let mut small = Self::default();
        small.walk(dir, "", 1)?;
        small.taken.sort();
        small.left_out.sort();
        Ok(small)
    }

    fn walk(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), DiskError> {
        for path in tsumugu_durable::atomic::list(folder)? {
            let own = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = format!("{prefix}{own}");
            let is_ours = depth == 1 && (LEFT_OUT.contains(&&*own) || RESERVED.contains(&&*own));
            if is_ours || own.ends_with(TEMPORARY_SUFFIX) {
                continue;
            }
            // What vanishes meanwhile was not to be kept.
            let Ok(metadata) = path.metadata() else { continue };
            if metadata.is_dir() && is_entry_name(&name) && depth < MAX_DEPTH {
                self.walk(&path, &format!("{name}/"), depth + 1)?;
            } else if metadata.is_file() && is_entry_name(&name) && metadata.len() <= MAX_SMALL_FILE
            {
                self.taken.push(name);
            } else {
                self.left_out.push(name);
            }
        }
        Ok(())
    }
}
