//! Starting by itself: what is written, and what is taken back. No service manager is asked.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::people::{HOSPITAL, PASSPHRASE, Person, Town, write_private};
use crate::running::{Agent, folder, names};

/// Runs a command where no service manager is found.
fn say(person: &Person, config: &str, arguments: &[&str]) -> crate::people::Said {
    person.say_with(&[("XDG_CONFIG_HOME", config), ("PATH", "")], arguments)
}

#[test]
fn a_unit_is_written_and_taken_back_and_starts_what_was_asked_for() {
    let town = Town::stopped();
    let office = town.office();
    let (config, config_text) = folder(&town, "config");
    let install = ["agent", "install", "--save-to", "letters", "--on-arrival", "beep 100%"];
    let installed = say(&office, &config_text, &install).ended(0);
    assert_eq!(installed["started"], false);
    let to_run = installed["to_run"].as_array().unwrap();
    assert!(to_run.len() >= 2 && installed["ran"] == json!([]), "{installed}");
    let unit = std::fs::read_to_string(installed["file"].as_str().unwrap()).unwrap();
    let home = office.home.to_str().unwrap();
    for part in [
        env!("CARGO_BIN_EXE_tsumugu"),
        &format!("\"--home\" \"{home}\" \"agent\""),
        "\"--on-arrival\" \"beep 100%%\"",
        "RestartPreventExitStatus=",
        "TSUMUGU_PASSPHRASE_FILE=",
    ] {
        assert!(unit.contains(part), "{part} is not in:\n{unit}");
    }
    assert!(!unit.contains(PASSPHRASE), "the file is named, its content is not");
    // Once more is the same file.
    say(&office, &config_text, &install).ended(0);
    let units = config.join("systemd/user");
    assert_eq!(names(&units).len(), 1);
    // Another vault has a unit of its own.
    say(&town.hospital(), &config_text, &["agent", "install"]).ended(0);
    assert_eq!(names(&units).len(), 2);
    let removed = say(&office, &config_text, &["agent", "uninstall"]).ended(0);
    assert_eq!((&removed["file"], names(&units).len()), (&installed["file"], 1));
    say(&office, &config_text, &["agent", "uninstall"]).failed(10, "agent.not-installed");
}

#[test]
fn a_passphrase_that_is_wrong_or_open_to_others_installs_nothing() {
    let town = Town::stopped();
    let office = town.office();
    let (config, config_text) = folder(&town, "config");
    let file = town.dir.join("other");
    write_private(&file, "four other short words");
    let with = |file: &str| {
        let environment =
            [("XDG_CONFIG_HOME", config_text.as_str()), ("TSUMUGU_PASSPHRASE_FILE", file)];
        office.say_with(&environment, &["agent", "install"])
    };
    assert_eq!(with(file.to_str().unwrap()).code, Some(8));
    std::fs::write(&file, PASSPHRASE).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = with(file.to_str().unwrap());
    assert_eq!(said.json()["error"]["key"], "agent.passphrase-readable", "{said:?}");
    assert!(names(&config).is_empty());
}

#[test]
fn status_needs_neither_passphrase_nor_network_and_the_second_agent_is_refused() {
    let mut town = Town::new();
    let office = town.office();
    let nothing = [("TSUMUGU_PASSPHRASE_FILE", "/nowhere")];
    let status = |code: i32| office.say_with(&nothing, &["agent", "status"]).ended(code);
    assert_eq!(status(10)["running"], false);
    let mut agent = Agent::start(&office, &[]);
    agent.await_connected();
    assert_eq!(status(0)["unsent"], 0);
    town.stop();
    let form = town.form("notice-admission");
    office.say(&["send", "--to", HOSPITAL.number, "--notice", &form]).ended(6);
    let running = status(0);
    assert_eq!((&running["running"], &running["unsent"]), (&json!(true), &json!(1)));
    assert!(running["started"].is_string() && running["stopped"].is_null());
    office.say(&["agent", "--no-canary"]).failed(10, "agent.already-running");
    agent.stop();
    let stopped = status(10);
    assert!(stopped["stopped"].is_string() && stopped["connected"] == false);
    // One that was killed is known not to run, too.
    Agent::start(&office, &[]).kill();
    assert_eq!(status(10)["running"], false);
}
