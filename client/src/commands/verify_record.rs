//! `tsumugu verify` of a record file: whether it is what the printed record was made from.

use serde::Serialize;

use crate::args::VerifyArgs;
use crate::failure::{Exit, Failure};
use crate::fingerprint::grouped;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::proof::{CaseRecord, sentences};

/// What a record file says, and whether paper says the same.
#[derive(Debug, Serialize)]
pub struct VerifiedRecord {
    /// Always `record`.
    pub kind: &'static str,
    /// SHA-256 of the file.
    pub digest: String,
    /// Its verification code (確認コード).
    pub code: String,
    /// Whether the code on paper was compared; another one is refused.
    pub code_compared: bool,
    /// What it says.
    pub record: CaseRecord,
}

impl VerifiedRecord {
    /// [`Exit::Ok`] only where the code on paper was compared.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.code_compared { Exit::Ok } else { Exit::RootNotChecked }
    }
}

/// Reads a record file, and compares the code on paper with it.
pub(super) fn verify_record(bytes: &[u8], args: &VerifyArgs) -> Result<VerifiedRecord, Failure> {
    let asks_for_evidence =
        args.trust.is_some() || args.fingerprint.is_some() || args.log.is_some();
    if asks_for_evidence || !args.attachment.is_empty() {
        return Err(Failure::new("verify.record-is-no-evidence"));
    }
    let record = CaseRecord::parse(bytes).map_err(|error| {
        Failure::new("verify.record-refused").with("detail", error).because(error)
    })?;
    let account = record.account();
    let (digest, code) = (account.digest, account.code.to_string());
    if args.code.is_some_and(|paper| !paper.is_of(digest)) {
        return Err(Failure::new("verify.other-code").with("code", code));
    }
    let code_compared = args.code.is_some();
    Ok(VerifiedRecord { kind: "record", digest: digest.to_string(), code, code_compared, record })
}

impl Outcome for VerifiedRecord {
    fn lines(&self, page: &mut Page) {
        if self.code_compared {
            page.say(&Sentence::new("verify.code-same").with("code", &self.code));
        } else {
            page.say(&Sentence::new("verify.code-not-compared").with("code", &self.code));
        }
        page.say(&Sentence::new("verify.record-is-a-word"));
        let record = &self.record;
        page.row(&format!("    {}", record.exchange.origin));
        if let Ok(root) = record.exchange.root.parse() {
            page.row(&format!("    根の指紋 root: {}", grouped(&root)));
        }
        page.row(&format!("    事業所 office: {} {}", record.office.number, record.office.name));
        page.row(&format!("    事例 case: {}", record.case.id));
        sentences(record).iter().for_each(|sentence| page.row(&format!("    {sentence}")));
        record.missing.iter().for_each(|line| page.row(&format!("    □ {line}")));
        page.row(&format!("    SHA-256 {}", self.digest));
    }
}
