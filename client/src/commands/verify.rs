//! `tsumugu verify`: what evidence proves. Needs no network, and uses no vault.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tsumugu_durable::{DiskError, read_limited};
use tsumugu_trust::evidence::{Evidence, EvidenceRefused, MAX_EVIDENCE, Outcome as Reach, verify};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::sheet_code::SheetCode;
use tsumugu_trust::statement::{AnyBody, MAX_STATEMENT, Statement};

use super::report::ShownReport;
use super::verify_record::{VerifiedRecord, verify_record};
use crate::args::VerifyArgs;
use crate::attachments::digest;
use crate::failure::{Exit, Failure};
use crate::log_folder::WholeLog;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::proof::MAX_RECORD;

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// What the file proves.
    #[serde(flatten)]
    pub report: ShownReport,
    /// Files that were compared: each is an attachment of the letter, byte for byte.
    pub compared: Vec<Compared>,
    /// The verification code of this letter (確認コード), as it stands on a printed record.
    pub code: String,
    /// Whether the code on paper was compared; another one is refused.
    pub code_compared: bool,
}

/// What `verify` found.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Checked {
    /// Evidence of one letter.
    Evidence(Box<Verified>),
    /// The record of a case.
    Record(Box<VerifiedRecord>),
}

impl Checked {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Evidence(verified) => verified.exit(),
            Self::Record(verified) => verified.exit(),
        }
    }
}

impl Outcome for Checked {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::Evidence(verified) => verified.lines(page),
            Self::Record(verified) => verified.lines(page),
        }
    }
}

/// A file that is an attachment of the letter.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// The file.
    pub file: String,
    /// The attachment's place in the letter, from 1.
    pub number: usize,
}

impl Verified {
    /// The exit code: [`Exit::Ok`] only where the root was compared.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.report.outcome == Reach::Anchored.word() { Exit::Ok } else { Exit::RootNotChecked }
    }
}

impl Outcome for Verified {
    fn lines(&self, page: &mut Page) {
        self.report.lines(page);
        for one in &self.compared {
            let said = Sentence::new("evidence.attachment-same").with("file", &one.file);
            page.say(&said.with("number", one.number));
        }
        if self.code_compared {
            page.say(&Sentence::new("verify.code-same").with("code", &self.code));
        }
    }
}

/// Runs the command.
///
/// # Errors
/// `evidence.attachment-other`: a file that is no attachment of the letter; `verify.other-code`;
/// `evidence.refused`, with the first check that failed; a file cannot be read; the folder is no log.
pub fn run(args: &VerifyArgs) -> Result<Checked, Failure> {
    let limit = MAX_EVIDENCE.max(MAX_RECORD) as u64;
    let bytes = read_limited(&args.file, limit).map_err(|error| match error {
        DiskError::TooLong { .. } => refused(EvidenceRefused::TooLarge),
        error => Failure::file_unreadable(&args.file, error),
    })?;
    if bytes.starts_with(b"{") {
        return verify_record(&bytes, args).map(Box::new).map(Checked::Record);
    }
    let root = match &args.trust {
        Some(file) => Some(root_of(file)?),
        None => args.fingerprint,
    };
    let evidence = Evidence::parse(&bytes).map_err(refused)?;
    let whole = args.log.as_deref().map(WholeLog::read).transpose()?;
    // Whether the folder's log is the one of the evidence is known only where it reaches as far.
    let report = verify(&evidence, root, None).map_err(refused)?;
    let log_size = whole.as_ref().map(|whole| whole.checkpoint.size());
    let report = match whole {
        Some(whole) if reaches(&whole, report.checkpoint_size, report.checkpoint_root)? => {
            verify(&evidence, root, Some(whole.replay.chain().directory())).map_err(refused)?
        }
        _ => report,
    };
    let envelope = report.envelope_digest;
    let mut report = ShownReport::from(&report);
    report.log_size = log_size;
    let compare = |file: &PathBuf| compared(file, &report);
    let compared = args.attachment.iter().map(compare).collect::<Result<_, _>>()?;
    let code = SheetCode::of(envelope).to_string();
    if args.code.is_some_and(|paper| !paper.is_of(envelope)) {
        return Err(Failure::new("verify.other-code").with("code", code));
    }
    let code_compared = args.code.is_some();
    Ok(Checked::Evidence(Box::new(Verified { report, compared, code, code_compared })))
}

/// Which attachment a file is.
fn compared(file: &Path, report: &ShownReport) -> Result<Compared, Failure> {
    let Some(letter) = &report.letter else {
        return Err(Failure::new("evidence.letter-not-shown"));
    };
    let unreadable = |error| Failure::file_unreadable(file, error);
    let mut opened = File::open(file).map_err(unreadable)?;
    let digest = digest(&mut opened).map_err(unreadable)?.finish().digest.to_string();
    let same = letter.attachments.iter().find(|one| one.digest.as_ref() == Some(&digest));
    let file = file.display().to_string();
    match same {
        Some(same) => Ok(Compared { file, number: same.number }),
        None => Err(Failure::new("evidence.attachment-other").with("file", file)),
    }
}

/// Digest of trust list 1 in a file: the statement, signed or as text.
fn root_of(file: &Path) -> Result<Hash, Failure> {
    let bytes = read_limited(file, MAX_STATEMENT as u64)
        .map_err(|error| Failure::file_unreadable(file, error))?;
    let bad = || Failure::new("evidence.bad-trust-file").with("file", file.display());
    let statement = Statement::parse(&bytes).map_err(|error| bad().because(error))?;
    match &statement.body {
        AnyBody::TrustList(list) if list.version == 1 => Ok(statement.digest()),
        _ => Err(bad()),
    }
}

/// Whether a log goes at least as far as the evidence; it must then have the same root there.
fn reaches(whole: &WholeLog, size: u64, root: Hash) -> Result<bool, Failure> {
    match whole.replay.tree().root_at(size) {
        Ok(there) if there == root => Ok(true),
        Ok(_) => Err(Failure::new("evidence.other-log")),
        Err(_) => Ok(false),
    }
}

fn refused(error: EvidenceRefused) -> Failure {
    Failure::evidence_refused(&error.to_string()).because(error)
}
