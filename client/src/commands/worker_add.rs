//! `tsumugu worker add`: a worker more who signs at this PC.

use serde::Serialize;
use tsumugu_trust::value::Value;
use unicode_normalization::UnicodeNormalization;

use crate::args::WorkerAddArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use crate::workers::{new_here, settle_workers};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Added {
    /// Id of the worker.
    pub worker: String,
}

/// Runs the command; running it again after a crash goes on with the same keys.
///
/// # Errors
/// Somebody of that name signs here already; the exchange refuses or is not reached; the receipt does not
/// prove the admission.
pub async fn run(ctx: &Context, args: &WorkerAddArgs) -> Result<Added, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    let keys = session.identity().terminal()?;
    let text = |typed: &str| typed.trim().nfc().collect::<String>();
    let (name, role) = (text(&args.name), text(&args.role));
    for (typed, option) in [(&name, "--name"), (&role, "--role")] {
        tsumugu_trust::value::Text::decode(typed).ok_or_else(|| Failure::usage(option))?;
    }
    // Whoever is chosen by name would be one of two.
    if keys.workers.iter().any(|one| one.card().is_some_and(|card| card.name == name)) {
        return Err(Failure::new("worker.there-already"));
    }
    session.sync().await?;
    let id = new_here(&mut session, &name, &role).await?;
    settle_workers(&mut session).await?;
    Ok(Added { worker: id.to_string() })
}

impl Outcome for Added {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("worker.added").with("id", &self.worker));
    }
}
