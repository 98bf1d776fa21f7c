//! Starting the agent by itself, as the user and without administrator rights: a systemd user unit on
//! Linux, a script in the Startup folder on Windows.
//!
//! Both start it again after a crash, and not after an end that a person has to see to.

mod startup;
mod systemd;

use std::path::{Path, PathBuf};

use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{create_dir_durable, remove_durable, write_atomic};
use tsumugu_trust::hash::sha256;

use crate::args::AgentRunArgs;
use crate::failure::{Exit, Failure};

/// Ends after which the agent is not started again by itself: a wrong command line, a refusal, an alarm,
/// another agent that runs.
pub(crate) const FINAL: [Exit; 4] = [Exit::Usage, Exit::Refused, Exit::Alarm, Exit::Nothing];

/// Seconds between the end and the new start.
pub(crate) const AGAIN_SECONDS: u32 = 30;

/// What is to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The program.
    pub(crate) program: String,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
    /// The file with the passphrase.
    pub(crate) passphrase_file: String,
    /// The unit's or script's name, without its ending.
    pub(crate) name: String,
}

/// What was installed.
pub(crate) struct Installed {
    /// The unit or script.
    pub(crate) file: PathBuf,
    /// Commands that went well.
    pub(crate) ran: Vec<String>,
    /// Commands that the user has to run.
    pub(crate) to_run: Vec<String>,
    /// Whether the agent runs now.
    pub(crate) started: bool,
}

/// What was removed.
pub(crate) struct Uninstalled {
    /// The unit or script.
    pub(crate) file: PathBuf,
    /// Commands that went well.
    pub(crate) ran: Vec<String>,
    /// Commands that the user has to run.
    pub(crate) to_run: Vec<String>,
}

impl Plan {
    /// # Errors
    /// This program's own file is not known; a path cannot be written into a text file.
    pub(crate) fn new(
        home: &Path,
        passphrase: &Path,
        args: &AgentRunArgs,
    ) -> Result<Self, Failure> {
        let own = std::env::current_exe();
        let own = own.map_err(|error| Failure::fault("the program's own file").because(error))?;
        let home = absolute(home)?;
        let mut arguments = vec!["--home".to_owned(), plain(&home)?, "agent".to_owned()];
        if let Some(command) = &args.on_arrival {
            arguments.extend(["--on-arrival".to_owned(), line(command)?]);
        }
        if let Some(folder) = &args.save_to {
            arguments.extend(["--save-to".to_owned(), plain(&absolute(folder)?)?]);
        }
        let switches = [("--no-canary", args.no_canary), ("--echo", args.echo)];
        arguments.extend(switches.iter().filter(|(_, on)| *on).map(|(name, _)| (*name).to_owned()));
        Ok(Self {
            program: plain(&own)?,
            arguments,
            passphrase_file: plain(passphrase)?,
            name: name(&home),
        })
    }
}

/// Writes the file and does what is needed for it to count.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn install(plan: &Plan) -> Result<Installed, Failure> {
    if cfg!(windows) { startup::install(plan) } else { systemd::install(plan) }
}

/// Takes back what [`install`] did.
///
/// # Errors
/// `agent.not-installed`; the file cannot be removed.
pub(crate) fn uninstall(home: &Path) -> Result<Uninstalled, Failure> {
    let name = name(&absolute(home)?);
    if cfg!(windows) { startup::uninstall(&name) } else { systemd::uninstall(&name) }
}

/// One for each home folder, so that two vaults of one user do not get in each other's way.
fn name(home: &Path) -> String {
    let digest = sha256(&[home.to_string_lossy().as_bytes()]).to_string();
    format!("tsumugu-agent-{}", &digest[..8])
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::file_unreadable(path, error))
}

fn plain(path: &Path) -> Result<String, Failure> {
    line(path.to_str().ok_or_else(|| Failure::new("agent.bad-path"))?)
}

/// A text that stays on its line in a unit or script.
fn line(text: &str) -> Result<String, Failure> {
    if text.chars().any(char::is_control) {
        return Err(Failure::new("agent.bad-path"));
    }
    Ok(text.to_owned())
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let unwritable = |error| Failure::file_unwritable(file, error);
    if let Some(folder) = file.parent() {
        create_dir_durable(folder).map_err(unwritable)?;
    }
    write_atomic(file, bytes).map_err(unwritable)
}

fn remove(file: &Path) -> Result<(), Failure> {
    if !file.exists() {
        return Err(Failure::new("agent.not-installed"));
    }
    match remove_durable(file) {
        Err(DiskError::Missing { .. }) => Err(Failure::new("agent.not-installed")),
        removed => removed.map_err(|error| Failure::file_unwritable(file, error)),
    }
}

/// A folder that a variable names.
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn plan() -> Plan {
        Plan {
            program: "/opt/つむぐ/tsumugu".to_owned(),
            arguments: ["--home", "/home/a b/100%", "agent", "--on-arrival", r#"echo "$X" \n"#]
                .map(str::to_owned)
                .to_vec(),
            passphrase_file: "/home/a b/pass \"1\"".to_owned(),
            name: "tsumugu-agent-01234567".to_owned(),
        }
    }

    #[test]
    fn a_plan_names_everything_in_full_and_on_one_line() {
        let args = AgentRunArgs {
            on_arrival: Some("beep".to_owned()),
            save_to: Some(PathBuf::from("letters")),
            no_canary: true,
            echo: false,
        };
        let plan = Plan::new(Path::new("home"), Path::new("/p"), &args).unwrap();
        assert!(Path::new(&plan.arguments[1]).is_absolute());
        assert!(Path::new(&plan.arguments[6]).is_absolute());
        assert_eq!(plan.arguments[7..], ["--no-canary"]);
        let args = AgentRunArgs { on_arrival: Some("a\nb".to_owned()), ..args };
        let refused = Plan::new(Path::new("home"), Path::new("/p"), &args).unwrap_err();
        assert_eq!(refused.key(), "agent.bad-path");
    }

    #[test]
    fn two_homes_have_two_names() {
        assert_ne!(name(Path::new("/a")), name(Path::new("/b")));
    }
}
