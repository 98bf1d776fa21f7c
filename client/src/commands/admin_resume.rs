//! `tsumugu admin resume`: lets a restored exchange go on.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_trust::note::Note;

use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session, StoredAlarm};

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct Resumed {
    /// The exchange.
    pub origin: String,
    /// Leaves of the log at which it goes on.
    pub leaves: u64,
    /// Root of the tree over them.
    pub root: String,
    /// Time of the last leaf that everybody sees (ISO 8601): what came after is what was lost.
    pub until: String,
}

impl Outcome for Resumed {
    fn lines(&self, page: &mut Page) {
        let said = Sentence::new("backup.resumed").with("leaves", self.leaves);
        page.say(&said.with("until", &self.until));
    }
}

/// Runs the command: the checkpoint that the exchange shows has to continue what this vault knows, and is
/// what is signed.
///
/// # Errors
/// This vault is no administrator's, or keeps an alarm; the exchange is not reached; an alarm; somebody
/// holds more of the log than the exchange has.
pub async fn run(ctx: &Context) -> Result<Resumed, Failure> {
    // The clear chain of a restored exchange ends when its backup was made: that stops nobody here.
    let mut session = Session::open(ctx, Purpose::Look)?;
    if let Some(alarm) = StoredAlarm::load(session.vault())? {
        return Err(alarm.failure());
    }
    let key = session.identity().administrator()?.signing_key(session.origin())?;
    let rpc = session.connect().await?;
    let log = session.sync().await?;
    let fault = |error| Failure::fault("checkpoint").because(error);
    let known = session.checkpoint().ok_or_else(|| Failure::fault("checkpoint"))?;
    let mut signed = Note::new(known.checkpoint().text()).map_err(fault)?;
    signed.sign(&key).map_err(fault)?;
    let request = v1::ResumeRequest { checkpoint: signed.encode().into_bytes().into() };
    rpc.resume(request).await.map_err(|refused| match refused.key() {
        "server.rule" => Failure::new("backup.resume-refused").because(refused),
        _ => refused,
    })?;
    Ok(Resumed {
        origin: session.origin().to_string(),
        leaves: known.size(),
        root: known.root().to_string(),
        until: log.until,
    })
}
