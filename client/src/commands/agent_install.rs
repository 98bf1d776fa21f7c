//! `tsumugu agent install`: the agent starts by itself, without administrator rights.

use serde::Serialize;

use crate::args::AgentRunArgs;
use crate::autostart::{self, Installed, Plan};
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::passphrase;

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct AgentInstalled {
    /// The file that starts it.
    pub file: String,
    /// The file with the passphrase, which it reads.
    pub passphrase_file: String,
    /// Commands that were run, and went well.
    pub ran: Vec<String>,
    /// Commands that the user has to run.
    pub to_run: Vec<String>,
    /// Whether it runs now.
    pub started: bool,
}

/// Runs the command.
///
/// # Errors
/// No passphrase file is named, others can read it, or it does not open the vault; the file cannot be
/// written.
pub fn run(ctx: &Context, args: &AgentRunArgs) -> Result<AgentInstalled, Failure> {
    let file = passphrase::named_file().ok_or_else(|| Failure::new("agent.no-passphrase-file"))?;
    let file =
        std::path::absolute(&file).map_err(|error| Failure::file_unreadable(&file, error))?;
    if passphrase::others_can_read(&file) {
        return Err(Failure::new("agent.passphrase-readable").with("file", file.display()));
    }
    // At log-on nobody would see that it is the wrong one.
    drop(ctx.open_vault()?);
    let plan = Plan::new(ctx.home(), &file, args)?;
    let Installed { file: written, ran, to_run, started } = autostart::install(&plan)?;
    Ok(AgentInstalled {
        file: written.display().to_string(),
        passphrase_file: file.display().to_string(),
        ran,
        to_run,
        started,
    })
}

impl Outcome for AgentInstalled {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("agent.installed").with("file", &self.file));
        self.ran.iter().for_each(|command| page.row(&format!("    ✓ {command}")));
        if !self.to_run.is_empty() {
            page.say(&Sentence::new("agent.run-these"));
            self.to_run.iter().for_each(|command| page.row(&format!("    {command}")));
        }
    }
}
