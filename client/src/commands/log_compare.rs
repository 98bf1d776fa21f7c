//! `tsumugu log compare`: whether two copies are states of one log.

use std::path::Path;

use serde::Serialize;

use crate::args::LogCompareArgs;
use crate::failure::Failure;
use crate::log_folder::{WholeLog, first_difference};
use crate::messages::Sentence;
use crate::output::{Outcome, Page};

/// Outcome of the command: they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The log's origin.
    pub origin: String,
    /// The copies, in the order given.
    pub copies: [Copy; 2],
    /// Leaves that both have: the same ones.
    pub common: u64,
}

/// One copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copy {
    /// Its folder.
    pub folder: String,
    /// Its leaves.
    pub size: u64,
    /// Merkle root over them, 64 hexadecimal digits.
    pub root: String,
}

/// Runs the command: both copies are checked, then compared as far as the smaller one goes.
///
/// # Errors
/// As [`WholeLog::read`]; they are of two logs; an alarm with the first leaf that differs: then both
/// checkpoints, signed with one key, are the proof that the log was forked.
pub fn run(args: &LogCompareArgs) -> Result<Compared, Failure> {
    let (first, second) = (WholeLog::read(&args.first)?, WholeLog::read(&args.second)?);
    let origins = [&first, &second].map(|one| one.checkpoint.origin().to_owned());
    let [origin, other] = origins;
    if origin != other {
        let failure = Failure::new("log.other-log").with("origin", origin);
        return Err(failure.with("other", other));
    }
    let (a, b) = (first.replay.tree(), second.replay.tree());
    if let Some(index) = first_difference(a, b) {
        return Err(Failure::new("log.copies-differ").with("index", index));
    }
    let common = a.size().min(b.size());
    let copies = [copy(&args.first, &first), copy(&args.second, &second)];
    Ok(Compared { origin, copies, common })
}

fn copy(folder: &Path, whole: &WholeLog) -> Copy {
    let (size, root) = (whole.checkpoint.size(), whole.checkpoint.root().to_string());
    Copy { folder: folder.display().to_string(), size, root }
}

impl Outcome for Compared {
    fn lines(&self, page: &mut Page) {
        let said = Sentence::new("log.copies-agree").with("origin", &self.origin);
        page.say(&said.with("count", self.common));
        for copy in &self.copies {
            page.row(&format!("    {}  {} leaves  {}", copy.folder, copy.size, copy.root));
        }
    }
}
