//! The program's own log, at the most talkative level, through a whole exchange: nothing of a person,
//! of a sheet or of a code is in it; every refusal is, with its reason and a number.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/people.rs"]
mod people;

use std::collections::BTreeSet;

use people::{HOSPITAL, Institution, OFFICE, Town};
use serde_json::Value;
use tsumugu_catalogue::examples::example;
use tsumugu_trust::code::Code;

/// Texts of the sheet that nobody else would write, and long numbers in it.
fn of_sheet() -> BTreeSet<String> {
    fn collect(value: &toml::Value, into: &mut BTreeSet<String>) {
        match value {
            toml::Value::String(text) => {
                let telling = text.chars().count() >= 3 && !text.is_ascii();
                let number = text.chars().filter(char::is_ascii_digit).count() >= 8;
                // Dates stand in the log's own lines.
                if telling || (number && !text.starts_with("20")) {
                    into.insert(text.clone());
                }
            }
            toml::Value::Array(all) => all.iter().for_each(|one| collect(one, into)),
            toml::Value::Table(all) => all.values().for_each(|one| collect(one, into)),
            _ => {}
        }
    }
    let mut texts = BTreeSet::new();
    collect(&example("admission-info").unwrap().parse::<toml::Table>().unwrap().into(), &mut texts);
    assert!(texts.len() > 10, "{texts:?}");
    texts
}

/// What is registered of an institution, and who works there.
fn of_institution(institution: &Institution) -> Vec<String> {
    let mut texts =
        vec![institution.number, institution.name, institution.kana, institution.telephone];
    for (name, role) in institution.workers {
        texts.extend([*name, *role]);
    }
    texts.into_iter().map(str::to_owned).collect()
}

#[test]
fn a_whole_exchange_at_the_most_talkative_level_names_nobody() {
    let (mut town, code) = Town::empty();
    town.stop();
    town.start_with(&[("TSUMUGU_LOG", "trace"), ("TSUMUGU_LOG_FORMAT", "json")]);
    let mut secrets = of_sheet();
    town.city().does(&["admin", "init", &code]);
    let mut codes = vec![code];
    for institution in [&HOSPITAL, &OFFICE] {
        let code = town.invite(institution);
        let asked = town.ask_to_join(institution, &code);
        codes.push(code);
        let digits = asked["digits"].as_str().unwrap();
        secrets.insert(digits.to_owned());
        secrets.insert(digits.replace(' ', ""));
        town.city().does(&["admin", "approve", institution.number, "--digits", digits]);
        town.person(institution.home).does(&["enroll"]);
        secrets.extend(of_institution(institution));
    }
    let id = town.sheet();
    town.hospital().does(&["inbox"]);
    town.hospital().does(&["open", &id]);
    town.hospital().does(&["ack", &id, "--comment", "拝受しました。カンファレンスへ伺います"]);
    secrets.insert("拝受しました。カンファレンスへ伺います".to_owned());
    town.office().does(&["track", &id]);
    // A code that nobody printed is refused.
    codes.push(format!("{}#{}", town.address, Code::from_secret([7; 16])));
    let asked = ["enroll", codes.last().unwrap(), "--worker", "鈴木 花子", "--role", "看護師"];
    assert_ne!(town.station().say(&asked).code, Some(0));
    secrets.insert("鈴木 花子".to_owned());
    for code in &codes {
        let code = code.split('#').nth(1).unwrap();
        secrets.insert(code.to_owned());
        secrets.insert(code.replace('-', ""));
    }
    town.stop();

    let log = std::fs::read_to_string(town.server_dir().join("errors.txt")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let debug = lines.iter().filter(|line| line["level"] == "DEBUG").count();
    assert!(debug > 10, "the level was in force: {debug} lines");
    let escaped = |text: &str| serde_json::to_string(text).unwrap().trim_matches('"').to_owned();
    for secret in &secrets {
        for spelling in [secret.clone(), escaped(secret), secret.escape_unicode().to_string()] {
            assert!(!log.contains(&spelling), "{spelling} stands in the log");
        }
    }
    // Libraries below us say nothing but warnings.
    for line in &lines {
        let (level, target) = (line["level"].as_str().unwrap(), line["target"].as_str().unwrap());
        assert!(target.starts_with("tsumugu") || matches!(level, "WARN" | "ERROR"), "{line}");
    }

    let refused: Vec<&Value> =
        lines.iter().map(|line| &line["fields"]).filter(|f| f["message"] == "refused").collect();
    assert!(!refused.is_empty(), "{log}");
    let mut numbers = BTreeSet::new();
    for line in refused {
        assert!(line["reason"].is_string() && line["code"].is_string(), "{line}");
        assert!(line["method"].as_str().unwrap().contains("Service/"), "{line}");
        assert!(numbers.insert(line["request"].as_str().unwrap().to_owned()), "one line each");
    }
}

#[test]
fn text_is_for_people_and_a_wrong_form_is_refused() {
    let (mut town, _) = Town::empty();
    town.stop();
    let log = std::fs::read_to_string(town.server_dir().join("errors.txt")).unwrap();
    assert!(log.contains("INFO") && !log.contains('{'), "{log}");
    let (status, _, err) = people::running::output(&["--log-format", "xml", "vkey", "--dir", "x"]);
    assert_eq!(status.code(), Some(2));
    assert!(err.contains("xml"), "{err}");
}
