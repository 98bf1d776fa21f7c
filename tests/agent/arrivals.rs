//! What a command is told of an arrival, and what it is not.

use crate::people::{HOSPITAL, OFFICE, Town};
use crate::running::{Agent, folder, names, until};

/// Writes the environment and the shell's own arguments, under the message's id and the event.
const COMMAND: &str = r#"n="$HEARD/$TSUMUGU_MESSAGE_ID.$TSUMUGU_EVENT"
{ env; tr '\0' '\n' < /proc/$$/cmdline; test -z "$TSUMUGU_FILE" || test -s "$TSUMUGU_FILE" && echo FILE_OK
} > "$n.part" && mv "$n.part" "$n""#;

#[test]
fn a_command_is_told_id_and_kind_and_nothing_personal() {
    let town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let (heard, heard_text) = folder(&town, "heard");
    let (letters, to) = folder(&town, "letters");
    let arguments = ["--on-arrival", COMMAND, "--save-to", to.as_str()];
    let listen = [("HEARD", heard_text.as_str())];
    let at_hospital = Agent::start_with(&hospital, &listen, &arguments);
    let at_office = Agent::start_with(&office, &listen, &arguments);
    let id = town.sheet();
    let letter = heard.join(format!("{id}.letter"));
    until("the hospital's command ran", || letter.exists());
    hospital.does(&["ack", &id, "--comment", "病棟へ共有します"]);
    let answer = heard.join(format!("{id}.answer"));
    until("the office's command ran", || answer.exists());
    at_hospital.stop();
    at_office.stop();
    let said = std::fs::read_to_string(&letter).unwrap();
    for line in [
        format!("TSUMUGU_MESSAGE_ID={id}"),
        "TSUMUGU_EVENT=letter".to_owned(),
        "TSUMUGU_KIND=sheet".to_owned(),
        format!("TSUMUGU_FROM={}", OFFICE.number),
        "TSUMUGU_URGENCY=normal".to_owned(),
        "FILE_OK".to_owned(),
    ] {
        assert!(said.lines().any(|one| one == line), "{line} is not in:\n{said}");
    }
    let answered = std::fs::read_to_string(&answer).unwrap();
    for line in ["TSUMUGU_EVENT=answer", "TSUMUGU_ANSWER=acknowledged"] {
        assert!(answered.lines().any(|one| one == line), "{line} is not in:\n{answered}");
    }
    assert!(answered.contains(&format!("TSUMUGU_FROM={}", HOSPITAL.number)), "{answered}");
    // Persons, what they said, and whatever stands in the sheet: not there, and not in file names.
    let shown = hospital.does(&["open", &id]);
    let mut personal = vec!["病棟へ共有します".to_owned()];
    texts(&shown["values"], &mut personal);
    for (name, _) in OFFICE.workers.iter().chain(HOSPITAL.workers) {
        personal.push((*name).to_owned());
    }
    assert!(personal.len() > 20);
    let files = names(&letters).join("\n");
    for text in personal.iter().filter(|text| text.chars().count() > 2 && !text.is_ascii()) {
        for told in [&said, &answered, &files] {
            assert!(!told.contains(text.as_str()), "{text} in:\n{told}");
        }
    }
    assert_eq!(names(&letters).len(), 1, "an answer is no letter");
}

#[test]
fn a_command_that_fails_holds_up_nothing_and_is_told_in_the_log() {
    let town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let (letters, to) = folder(&town, "letters");
    let agent = Agent::start(&hospital, &["--on-arrival", "exit 7", "--save-to", &to]);
    for _ in 0..3 {
        crate::running::notice(&town, &office, HOSPITAL.number);
    }
    until("three failures", || agent.log().matches("agent.hook-failed").count() == 3);
    assert_eq!(names(&letters).len(), 3);
    assert!(!agent.log().contains(OFFICE.name), "{}", agent.log());
    agent.stop();
}

fn texts(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => into.push(text.clone()),
        serde_json::Value::Array(all) => all.iter().for_each(|one| texts(one, into)),
        serde_json::Value::Object(all) => all.values().for_each(|one| texts(one, into)),
        _ => {}
    }
}
