//! `tsumugu agent`: sends and receives until it is told to stop.

use crate::agent::{self, Options, save};
use crate::args::AgentRunArgs;
use crate::context::Context;
use crate::failure::Failure;

/// Runs the command. It prints nothing but its log.
///
/// # Errors
/// Another agent runs in this home; the vault does not open; `--echo` in a vault that is not the
/// exchange's own institution; the exchange refuses this terminal; an alarm.
pub async fn run(ctx: &Context, args: &AgentRunArgs) -> Result<(), Failure> {
    agent::run(ctx, options(args)).await
}

fn options(args: &AgentRunArgs) -> Options {
    Options {
        on_arrival: args.on_arrival.clone(),
        save_to: args.save_to.clone(),
        renderer: save::as_pdf,
        echo: args.echo,
        canary: !args.no_canary,
    }
}
