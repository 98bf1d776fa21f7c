//! `tsumugu log verify`: the whole log, from the exchange or from a folder.

mod folder;
mod online;

use serde::Serialize;

use crate::args::LogVerifyArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::fingerprint::grouped;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};

pub use folder::{MAX_BUNDLE, MAX_CHECKPOINT, verify as verify_folder};
pub use folder::{WholeLog, read_folder};
use tsumugu_trust::hash::Hash;

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The log's origin.
    pub origin: String,
    /// Leaves of the log.
    pub size: u64,
    /// Merkle root over them, 64 hexadecimal digits.
    pub root: String,
    /// Clear leaves among them.
    pub clear_leaves: u64,
    /// Root fingerprint, 64 hexadecimal digits.
    pub fingerprint: String,
    /// Whether that fingerprint is the one given, or the vault's.
    pub anchored: bool,
    /// Own receipts that were checked.
    pub receipts: u64,
    /// Whether a kept alarm was settled.
    pub settled: bool,
    #[serde(skip)]
    trust_root: Hash,
}

impl Verified {
    /// The exit code: a log whose root nobody compared is consistent, and no more.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.anchored { Exit::Ok } else { Exit::RootNotChecked }
    }
}

impl Outcome for Verified {
    fn lines(&self, page: &mut Page) {
        let said = Sentence::new("log.verified").with("origin", &self.origin);
        page.say(&said.with("size", self.size).with("clear", self.clear_leaves));
        if self.receipts > 0 {
            page.say(&Sentence::new("log.receipts-verified").with("count", self.receipts));
        }
        if !self.anchored {
            page.say(&Sentence::new("log.root-not-checked"));
        }
        page.row(&format!("    {}", grouped(&self.trust_root)));
        if self.settled {
            page.say(&Sentence::new("session.settled"));
        }
    }
}

/// Runs the command.
///
/// # Errors
/// An alarm where anything does not hold; a file cannot be read; the exchange is not reached.
pub async fn run(ctx: &Context, args: &LogVerifyArgs) -> Result<Verified, Failure> {
    match &args.dir {
        Some(dir) => folder::verify(dir, args.fingerprint),
        None => online::verify(ctx, args.settled).await,
    }
}
