//! What became of an administrator's signature: counted, or in the log.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_trust::receipt::VerifiedReceipt;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::Time;

use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::Session;

/// Outcome of the commands that sign for the administrators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// Kind of the statement.
    pub kind: &'static str,
    /// Whether it is in the log; else signatures are missing.
    pub committed: bool,
    /// Signatures so far.
    pub signatures: u32,
    /// Signatures needed.
    pub needed: u32,
    /// Index in the log.
    pub index: Option<u64>,
    /// Time in the log (ISO 8601).
    pub time: Option<String>,
    /// A new administrator's own signature is still to come.
    pub awaits_candidate: bool,
    #[serde(skip)]
    at: Option<Time>,
}

impl Outcome for Signed {
    fn lines(&self, page: &mut Page) {
        if let (Some(index), Some(at)) = (self.index, self.at) {
            let said = Sentence::new("admin.committed").with("index", index);
            page.say(&said.with("time", jst::show(at)));
        } else if self.awaits_candidate {
            page.say(&Sentence::new("admin.awaits-candidate"));
        } else {
            let counted = Sentence::new("admin.signed").with("count", self.signatures);
            page.say(&counted.with("needed", self.needed));
        }
    }
}

/// Judges the answer to a signature: a receipt counts only for the statement that was signed.
///
/// # Errors
/// An alarm where the receipt does not prove it.
pub(super) async fn signed(
    session: &mut Session<'_>,
    mine: &Statement,
    draft: Option<&Statement>,
    receipt: Option<&v1::Receipt>,
    (signatures, needed): (u32, u32),
) -> Result<Signed, Failure> {
    let kind = mine.body.kind();
    let mut outcome = Signed {
        kind,
        committed: false,
        signatures,
        needed,
        index: None,
        time: None,
        awaits_candidate: false,
        at: None,
    };
    if let Some(receipt) = receipt {
        let verified = committed(session, mine, draft, receipt).await?;
        outcome.committed = true;
        outcome.index = Some(verified.at.index);
        outcome.time = Some(jst::iso(verified.at.time));
        outcome.at = Some(verified.at.time);
    }
    Ok(outcome)
}

/// The record in the log has the signatures of several: it comes with the receipt, or it is the draft
/// with ours added.
async fn committed(
    session: &mut Session<'_>,
    mine: &Statement,
    draft: Option<&Statement>,
    receipt: &v1::Receipt,
) -> Result<VerifiedReceipt, Failure> {
    let known = match (receipt.record.is_empty(), draft) {
        (false, _) => None,
        (true, None) => Some(mine.bytes()),
        (true, Some(draft)) => {
            let merged = draft.merge(mine).map_err(|e| Failure::fault("draft").because(e))?;
            Some(merged.bytes())
        }
    };
    let verified = session.verify_answer(Some(receipt), known.as_deref()).await?;
    let same = Statement::parse(&verified.record).is_ok_and(|there| there.text() == mine.text());
    if same {
        return Ok(verified);
    }
    session.keep_alarm(Err(Failure::bad_proof("the receipt is of another statement")))
}
