//! The agent (常駐): keeps a vault's inbox and outbox going, unattended, until it is told to stop.
//!
//! | file | what is in it |
//! |---|---|
//! | `place` | one agent for each vault |
//! | `state` | what it tells others of itself: a file without personal data |
//! | `duties` | what it does beside keeping the mail going |
//! | `queue` | letters and answers that something is still to be done about |
//! | `arrival`, `hook`, `save` | a command, a file for each of them |
//! | `echo` | the exchange's own institution answers test letters |
//! | `canary` | a test letter a day |
//! | `stop` | being told to stop |

mod arrival;
mod canary;
mod duties;
mod echo;
mod hook;
mod monthly;
mod place;
mod queue;
pub(crate) mod save;
pub(crate) mod state;
mod stop;

use std::path::PathBuf;

use tsumugu_trust::value::InstitutionKind;

use crate::context::Context;
use crate::failure::Failure;
use crate::live::Keeper;
use crate::messages::Sentence;
use crate::session::{Purpose, Session};
use duties::Agent;
use save::Renderer;

pub(crate) use place::{Place, is_running};
pub(crate) use stop::Stop;

/// What an agent is to do.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Run for each letter and answer.
    pub(crate) on_arrival: Option<String>,
    /// Each letter is written into this folder.
    pub(crate) save_to: Option<PathBuf>,
    /// How.
    pub(crate) renderer: Renderer,
    /// Answer test letters: the exchange's own institution only.
    pub(crate) echo: bool,
    /// Send a test letter a day.
    pub(crate) canary: bool,
}

/// Runs the agent of this home until it is told to stop.
///
/// # Errors
/// Another one runs; the vault does not open; `--echo` in a vault that is not the exchange's own
/// institution; the exchange refuses this terminal; an alarm.
pub(crate) async fn run(ctx: &Context, options: Options) -> Result<(), Failure> {
    // Listened to before anything is begun: who asks early is heard, too.
    let mut stop = Stop::listen()?;
    let mut session = Session::open(ctx, Purpose::Act)?;
    let own = session.identity().terminal()?.institution;
    if options.echo && kind_of(&session) != Some(InstitutionKind::Exchange) {
        return Err(Failure::new("agent.not-an-echo"));
    }
    let _place = Place::take(ctx.home())?;
    let mut agent = Agent::new(ctx, own, options);
    ctx.log(&Sentence::new("agent.started"));
    let ended = {
        let keeping = Keeper::new(&mut session, &mut agent).keep();
        tokio::select! {
            () = stop.asked() => None,
            Err(failure) = keeping => Some(failure),
        }
    };
    agent.ended(ended.as_ref(), ctx.now());
    match ended {
        None => {
            ctx.log(&Sentence::new("agent.stopped"));
            Ok(())
        }
        Some(failure) => Err(failure),
    }
}

fn kind_of(session: &Session<'_>) -> Option<InstitutionKind> {
    let own = session.identity().institution()?;
    Some(session.directory().member(own)?.record()?.kind)
}

#[cfg(test)]
mod tests;
