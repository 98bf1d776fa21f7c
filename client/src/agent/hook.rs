//! Running somebody's command, with facts in the environment and a limit of time.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout_at};

/// How long a command may run; then it is ended.
pub(crate) const HOOK_LIMIT: Duration = Duration::from_secs(60);

/// What a command is told, by variable. No payload, no patient: others may see the environment.
pub(crate) type Facts = Vec<(&'static str, String)>;

/// A command that runs.
#[derive(Debug)]
pub(crate) struct Hook {
    child: Child,
    end: Instant,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With success.
    Well,
    /// With this code; nothing where a signal ended it.
    Badly(Option<i32>),
    /// It was ended after [`HOOK_LIMIT`].
    TooLate,
}

impl Hook {
    /// Starts a line of the system's shell. The facts stand in the environment, where nothing in them
    /// can be taken for a part of the command. What it prints is not kept.
    ///
    /// # Errors
    /// The shell does not start.
    pub(crate) fn start(line: &str, home: &Path, facts: &Facts) -> io::Result<Self> {
        let mut command = shell(line);
        command
            .env(crate::args::HOME_VARIABLE, home)
            .envs(facts.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        Ok(Self { child: command.spawn()?, end: Instant::now() + HOOK_LIMIT })
    }

    /// Waits for its end. A call that is given up loses nothing.
    pub(crate) async fn ended(&mut self) -> Ended {
        match timeout_at(self.end, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ended::Well,
            Ok(Ok(status)) => Ended::Badly(status.code()),
            Ok(Err(_)) => Ended::Badly(None),
            Err(_) => {
                // It may have ended just now; then there is nothing to end.
                let _ = self.child.start_kill();
                Ended::TooLate
            }
        }
    }
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> Command {
    /// CREATE_NO_WINDOW of the Windows API: nobody shall see a window flash up at each letter.
    const NO_WINDOW: u32 = 0x0800_0000;
    let mut command = Command::new("cmd.exe");
    // cmd reads its line by its own rules, not by those of arguments.
    command.arg("/D").arg("/C").raw_arg(line).creation_flags(NO_WINDOW);
    command
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn facts() -> Facts {
        vec![("TSUMUGU_MESSAGE_ID", "01; exit 3".to_owned())]
    }

    #[tokio::test]
    async fn facts_are_data_and_the_code_comes_back() {
        let home = tempfile::tempdir().unwrap();
        let line = r#"test "$TSUMUGU_MESSAGE_ID" = "01; exit 3" && touch "$TSUMUGU_HOME/ran""#;
        let mut hook = Hook::start(line, home.path(), &facts()).unwrap();
        assert_eq!(hook.ended().await, Ended::Well);
        assert!(home.path().join("ran").exists());
        let mut hook = Hook::start("exit 7", home.path(), &facts()).unwrap();
        assert_eq!(hook.ended().await, Ended::Badly(Some(7)));
        let mut hook = Hook::start("no-such-command-here", home.path(), &facts()).unwrap();
        assert_eq!(hook.ended().await, Ended::Badly(Some(127)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_without_end_is_ended() {
        let home = tempfile::tempdir().unwrap();
        let mut hook = Hook::start("exec sleep 1000", home.path(), &facts()).unwrap();
        assert_eq!(hook.ended().await, Ended::TooLate);
        assert_ne!(hook.child.wait().await.unwrap().code(), Some(0));
    }
}
