//! A script in the Startup folder of Windows: it shows no window, needs no rights, and starts the agent
//! again after a crash.

use std::path::PathBuf;

use super::{AGAIN_SECONDS, FINAL, Installed, Plan, Uninstalled, remove, variable, write};
use crate::failure::Failure;
use crate::passphrase::FILE_VARIABLE;

pub(super) fn install(plan: &Plan) -> Result<Installed, Failure> {
    let file = file(&plan.name)?;
    write(&file, &encoded(&script(plan)))?;
    // It counts from the next log-on; now it is started by hand.
    let to_run = vec![format!("wscript.exe \"{}\"", file.display())];
    Ok(Installed { file, ran: Vec::new(), to_run, started: false })
}

pub(super) fn uninstall(name: &str) -> Result<Uninstalled, Failure> {
    let file = file(name)?;
    remove(&file)?;
    Ok(Uninstalled { file, ran: Vec::new(), to_run: Vec::new() })
}

/// The script's text. `Run` with window style 0 shows nothing; the last argument waits for the end.
fn script(plan: &Plan) -> String {
    let words = std::iter::once(&plan.program).chain(&plan.arguments);
    let command = words.map(|word| argument(word)).collect::<Vec<_>>().join(" ");
    let ended = std::iter::once("code = 0".to_owned())
        .chain(FINAL.map(|exit| format!("code = {}", exit.code())));
    let lines = [
        "Option Explicit".to_owned(),
        "Dim shell, code".to_owned(),
        "Set shell = CreateObject(\"WScript.Shell\")".to_owned(),
        format!(
            "shell.Environment(\"PROCESS\").Item({}) = {}",
            literal(FILE_VARIABLE),
            literal(&plan.passphrase_file)
        ),
        "Do".to_owned(),
        format!("  code = shell.Run({}, 0, True)", literal(&command)),
        format!("  If {} Then Exit Do", ended.collect::<Vec<_>>().join(" Or ")),
        format!("  WScript.Sleep {}", AGAIN_SECONDS * 1_000),
        "Loop".to_owned(),
    ];
    lines.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect()
}

/// A string of VBScript.
fn literal(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// An argument as Windows programs read it back (CommandLineToArgvW): backslashes count before quotes
/// only. `Run` expands `%NAME%`; a lone `%` stays.
fn argument(word: &str) -> String {
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for character in word.chars() {
        match character {
            '\\' => backslashes += 1,
            '"' => {
                quoted.push_str(&"\\".repeat(backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        quoted.push(character);
    }
    quoted.push_str(&"\\".repeat(backslashes));
    quoted.push('"');
    quoted
}

/// UTF-16 with a byte order mark: what Windows' script host reads beside its code page.
fn encoded(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn file(name: &str) -> Result<PathBuf, Failure> {
    let folder = variable("APPDATA").ok_or_else(|| Failure::new("agent.no-folder"))?;
    let startup = ["Microsoft", "Windows", "Start Menu", "Programs", "Startup"];
    Ok(startup.iter().fold(folder, |folder, part| folder.join(part)).join(format!("{name}.vbs")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autostart::tests::plan;

    #[test]
    fn a_script_says_what_was_given_and_no_more() {
        insta::assert_snapshot!("script", script(&plan()));
    }

    #[test]
    fn arguments_are_read_back_as_they_were() {
        // The documented examples of CommandLineToArgvW.
        assert_eq!(argument(r"C:\a b\"), r#""C:\a b\\""#);
        assert_eq!(argument(r#"a\"b"#), r#""a\\\"b""#);
        assert_eq!(argument(r"a\b"), r#""a\b""#);
    }

    #[test]
    fn japanese_paths_survive_the_script_host() {
        assert_eq!(encoded("つ\""), [0xff, 0xfe, 0x64, 0x30, 0x22, 0x00]);
    }
}
