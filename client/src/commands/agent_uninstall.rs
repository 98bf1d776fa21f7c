//! `tsumugu agent uninstall`: the agent does not start by itself any more.

use serde::Serialize;

use crate::autostart::{self, Uninstalled};
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct AgentUninstalled {
    /// The file that was removed.
    pub file: String,
    /// Commands that were run, and went well.
    pub ran: Vec<String>,
    /// Commands that the user has to run.
    pub to_run: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// It was not installed; the file cannot be removed.
pub fn run(ctx: &Context) -> Result<AgentUninstalled, Failure> {
    let Uninstalled { file, ran, to_run } = autostart::uninstall(ctx.home())?;
    Ok(AgentUninstalled { file: file.display().to_string(), ran, to_run })
}

impl Outcome for AgentUninstalled {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("agent.uninstalled").with("file", &self.file));
        self.ran.iter().for_each(|command| page.row(&format!("    ✓ {command}")));
        if !self.to_run.is_empty() {
            page.say(&Sentence::new("agent.run-these"));
            self.to_run.iter().for_each(|command| page.row(&format!("    {command}")));
        }
    }
}
