//! A systemd user unit (systemd.service(5), systemd.unit(5)).

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{AGAIN_SECONDS, FINAL, Installed, Plan, Uninstalled, remove, variable, write};
use crate::failure::Failure;
use crate::passphrase::FILE_VARIABLE;

pub(super) fn install(plan: &Plan) -> Result<Installed, Failure> {
    let file = file(&plan.name)?;
    write(&file, unit(plan).as_bytes())?;
    let unit = format!("{}.service", plan.name);
    let commands =
        [vec!["daemon-reload".to_owned()], vec!["enable".to_owned(), "--now".to_owned(), unit]];
    let (ran, mut to_run) = run_all(&commands);
    let started = to_run.is_empty();
    // Without it the unit ends when the user logs off; the user may not be allowed to ask.
    to_run.push("loginctl enable-linger".to_owned());
    Ok(Installed { file, ran, to_run, started })
}

pub(super) fn uninstall(name: &str) -> Result<Uninstalled, Failure> {
    let file = file(name)?;
    if !file.exists() {
        return Err(Failure::new("agent.not-installed"));
    }
    let stop = ["disable", "--now"].map(str::to_owned).to_vec();
    let (mut ran, mut to_run) = run_all(&[[stop, vec![format!("{name}.service")]].concat()]);
    remove(&file)?;
    let (ran_after, to_run_after) = run_all(&[vec!["daemon-reload".to_owned()]]);
    ran.extend(ran_after);
    to_run.extend(to_run_after);
    Ok(Uninstalled { file, ran, to_run })
}

/// The unit's text.
fn unit(plan: &Plan) -> String {
    let command = std::iter::once(&plan.program).chain(&plan.arguments).map(|word| quoted(word));
    let command = command.collect::<Vec<_>>().join(" ");
    let variable = quoted_setting(&format!("{FILE_VARIABLE}={}", plan.passphrase_file));
    let codes = FINAL.map(|exit| exit.code().to_string()).join(" ");
    format!(
        "[Unit]\n\
         Description=Tsumugu agent: sends and receives liaison sheets\n\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         ExecStart={command}\n\
         Environment={variable}\n\
         Restart=on-failure\n\
         RestartSec={AGAIN_SECONDS}\n\
         RestartPreventExitStatus={codes}\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n"
    )
}

/// A word of ExecStart: quoted, specifiers (%) and variables ($) taken as they are.
fn quoted(word: &str) -> String {
    quoted_setting(&word.replace('$', "$$"))
}

fn quoted_setting(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!("\"{escaped}\"")
}

fn file(name: &str) -> Result<PathBuf, Failure> {
    let folder = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
    let folder = folder.ok_or_else(|| Failure::new("agent.no-folder"))?;
    Ok(folder.join("systemd").join("user").join(format!("{name}.service")))
}

/// Runs `systemctl --user` with each of these, until one fails; what was not done is to be done by the
/// user. Without systemd nothing is.
fn run_all(commands: &[Vec<String>]) -> (Vec<String>, Vec<String>) {
    let (mut ran, mut to_run) = (Vec::new(), Vec::new());
    for command in commands {
        let shown = format!("systemctl --user {}", command.join(" "));
        let went_well = to_run.is_empty() && {
            let mut systemctl = Command::new("systemctl");
            systemctl.arg("--user").args(command);
            systemctl.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            systemctl.status().is_ok_and(|status| status.success())
        };
        if went_well { ran.push(shown) } else { to_run.push(shown) }
    }
    (ran, to_run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autostart::tests::plan;

    #[test]
    fn a_unit_says_what_was_given_and_no_more() {
        insta::assert_snapshot!("unit", unit(&plan()));
    }
}
