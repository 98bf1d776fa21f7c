//! `tsumugu completions`: the script with which a shell completes our commands.

use std::io::Write;

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::failure::Exit;

/// Prints the script; with `json`, as the only field of a document.
///
/// Not an outcome as others: a script is for a shell, byte by byte, and needs no home.
pub fn run(args: &CompletionsArgs, json: bool, out: &mut dyn Write) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tsumugu", &mut script);
    let text = String::from_utf8_lossy(&script);
    let text = if json {
        format!("{}\n", serde_json::json!({ "script": text }))
    } else {
        text.into_owned()
    };
    // A reader that has gone away has what it wanted.
    let _ = out.write_all(text.as_bytes());
    Exit::Ok
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use clap_complete::Shell;

    use super::*;

    #[test]
    fn every_shell_has_a_script_that_knows_our_commands() {
        for shell in Shell::value_variants() {
            for json in [false, true] {
                let mut out = Vec::new();
                assert_eq!(run(&CompletionsArgs { shell: *shell }, json, &mut out), Exit::Ok);
                let text = String::from_utf8(out).unwrap();
                for word in ["tsumugu", "evidence", "fingerprint"] {
                    assert!(text.contains(word), "{shell}: {word}");
                }
                assert_eq!(json, serde_json::from_str::<serde_json::Value>(&text).is_ok());
            }
        }
    }
}
