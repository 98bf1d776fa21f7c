//! `tsumugu demo`: the main job on a fresh machine.
//!
//! The server library runs in this process, on the embedded store, over real TCP and mutual TLS. The
//! people are this same program, started again for each command as a person would: what is printed
//! can be typed.

mod form;
mod letter;
mod papers;
mod people;
mod report;
mod stage;
mod step;
mod story;

use std::path::PathBuf;

use tsumugu_client::args::DemoArgs;
use tsumugu_client::context::Context;
use tsumugu_client::failure::{Exit, Failure};

use report::Report;
use stage::Stage;

/// Where the demo lies unless told otherwise.
const DEFAULT_DIR: &str = "tsumugu-demo";

/// Plays the demo and prints what happened.
///
/// # Errors
/// The folder is not empty; a command of the story failed; the log does not verify.
pub fn demo(ctx: &Context, args: &DemoArgs) -> Result<Exit, Failure> {
    let dir = args.dir.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_DIR));
    let stage = Stage::set(&dir, ctx.clock())?;
    let told = story::play(&stage, ctx.now())?;
    let stopped = stage.close()?;
    let report: Report = story::verify(stopped, told)?;
    ctx.outcome(&report)?;
    Ok(Exit::Ok)
}
