//! What people read when a command fails: what is wrong, and what to do.

use std::fmt::Write as _;
use std::path::Path;

use crate::people::{HOSPITAL, Institution, OFFICE, PASSPHRASE, Person, Town, write_private};

/// An address at which nobody listens (port 1, TCPMUX, RFC 1078).
const NOBODY: &str = "127.0.0.1:1";

/// Failures, as they are read.
struct Read<'t> {
    town: &'t Town,
    text: String,
}

impl<'t> Read<'t> {
    fn of(town: &'t Town) -> Self {
        Self { town, text: String::new() }
    }

    /// Runs a command that fails, and keeps what it said.
    #[track_caller]
    fn fails(&mut self, person: &Person, arguments: &[&str]) {
        let said = person.read(arguments);
        let code = said.code.expect("it ends by itself");
        assert_ne!(code, 0, "{arguments:?} {said:?}");
        let title = redacted(self.town, &arguments.join(" "));
        writeln!(self.text, "$ tsumugu {title}").unwrap();
        self.text.push_str(&redacted(self.town, &(said.out + &said.err)));
        writeln!(self.text, "exit code {code}\n").unwrap();
    }
}

/// Without what another run would say otherwise: folders, addresses, ids, times, codes.
fn redacted(town: &Town, text: &str) -> String {
    let text = text.replace(town.dir.to_str().unwrap(), "DIR").replace(&town.address, "HOST:PORT");
    let text = hexadecimal(&text);
    let mut shown = String::new();
    for line in text.lines() {
        shown.push_str(&time(line));
        shown.push('\n');
    }
    shown.trim_end_matches('\n').to_owned() + if text.ends_with('\n') { "\n" } else { "" }
}

/// Runs of eight and more lower-case hexadecimal digits are ids, or beginnings of them.
fn hexadecimal(text: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_digit) {
        let (before, run) = rest.split_at(start);
        let length = run.find(|c| !is_digit(c)).unwrap_or(run.len());
        shown.push_str(before);
        let run_text = &run[..length];
        // Institutions have numbers of ten digits.
        let is_number = length == 10 && run_text.bytes().all(|byte| byte.is_ascii_digit());
        let is_id = length >= 8 && !is_number;
        shown.push_str(if is_id { "ID" } else { run_text });
        rest = &run[length..];
    }
    shown + rest
}

/// A time such as 令和8年11月22日 23:29.
fn time(line: &str) -> String {
    match line.split_once("令和") {
        Some((before, rest)) => match rest.split_once(':') {
            Some((_, after)) => format!("{before}TIME{}", time(after.get(2..).unwrap_or_default())),
            None => line.to_owned(),
        },
        None => line.to_owned(),
    }
}

fn invite(i: &Institution) -> [&str; 12] {
    [
        "admin",
        "invite",
        "--number",
        i.number,
        "--name",
        i.name,
        "--kana",
        i.kana,
        "--kind",
        i.kind,
        "--telephone",
        i.telephone,
    ]
}

#[test]
fn what_a_sender_reads() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let mut read = Read::of(&town);
    let send = |to: &str| ["send", "--to", to, "--notice", &form].map(str::to_owned);
    let wards = format!("{}/ward-9", HOSPITAL.number);
    let twice = format!("{0},{0}", HOSPITAL.number);
    for to in ["9999999999", &wards, &twice, "あいう"] {
        let arguments = send(to);
        read.fails(&office, &arguments.each_ref().map(String::as_str));
    }
    let to = HOSPITAL.number;
    read.fails(&office, &["send", "--to", to]);
    read.fails(&office, &["send", "--to", to, "--notice", &form, "--ack-by", "tomorrow"]);
    read.fails(&office, &["send", "--to", to, "--notice", &form, "--ack-by", "2020-01-01T10:00"]);
    read.fails(&office, &["send", "--to", to, "--notice", &form, "--as", "山田"]);
    read.fails(&office, &["send", "--to", to, "--notice", &form, "--attach", &form]);
    insta::assert_snapshot!("send", read.text);
    // None of it is in the outbox, or in the log.
    assert_eq!(office.does(&["outbox"])["entries"], serde_json::json!([]));
    assert_eq!(office.does(&["track"])["messages"], serde_json::json!([]));
}

#[test]
fn what_is_wrong_with_a_form_file() {
    let town = Town::new();
    let (office, mut read) = (town.office(), Read::of(&town));
    let long = "#".repeat(2 << 20);
    for (name, text) in [
        ("not-toml.toml", "form = "),
        ("no-form.toml", "[values]\nward = \"3\""),
        ("unknown-form.toml", "form = \"admission\"\n[values]"),
        ("unknown-field.toml", "form = \"notice-admission\"\n[values]\nwards = \"3\""),
        ("unknown-table.toml", "form = \"notice-admission\"\n[value]\nward = \"3\""),
        ("not-a-date.toml", "form = \"notice-admission\"\n[values]\ndate_admitted = \"昨日\""),
        ("not-a-number.toml", "form = \"mhlw-admission-info-r6\"\n[values]\nage = \"八十四\""),
        ("not-a-choice.toml", "form = \"mhlw-admission-info-r6\"\n[values]\nsex = \"秘密\""),
        ("not-json.json", "{\"form\": \"notice-admission\","),
        ("too-long.toml", &long),
    ] {
        let file = town.dir.join(name);
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        read.fails(&office, &["send", "--to", HOSPITAL.number, "--notice", file]);
    }
    let absent = town.dir.join("absent.toml");
    read.fails(&office, &["forms", "check", absent.to_str().unwrap()]);
    read.fails(&office, &["forms", "show", "admission"]);
    read.fails(&office, &["forms", "template", "admission"]);
    // No value of a form is repeated: others may see the screen.
    assert!(
        !read.text.contains("昨日") && !read.text.contains("秘密") && !read.text.contains("八十四")
    );
    insta::assert_snapshot!("forms", read.text);
}

#[test]
fn what_a_recipient_reads() {
    let mut town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let ids = [town.sheet(), town.sheet()];
    hospital.does(&["inbox"]);
    hospital.does(&["ack", &ids[0]]);
    let out = town.form("notice-admission");
    let file = office.file("a.evidence");
    office.does(&["evidence", &ids[0], "--out", &file]);
    let text = {
        let mut read = Read::of(&town);
        read.fails(&hospital, &["open", "0000"]);
        read.fails(&hospital, &["open", "xyz"]);
        read.fails(&hospital, &["open", "01"]);
        read.fails(&hospital, &["open", &ids[1], "--out", &out]);
        read.fails(&hospital, &["ack", &ids[0]]);
        read.fails(&hospital, &["ack", &ids[1], "--disposition", "rejected"]);
        read.fails(&hospital, &["ack", &ids[1], "--disposition", "perhaps"]);
        read.fails(&hospital, &["ack", &ids[1], "--as", "山田"]);
        read.fails(&office, &["ack", &ids[1]]);
        read.fails(&office, &["track", "0000"]);
        read.fails(&office, &["outbox", "--drop", "0000"]);
        read.fails(&office, &["evidence", "0000", "--out", &file]);
        read.fails(&office, &["evidence", &ids[0], "--out", &file]);
        read.fails(&office, &["verify", &out]);
        read.fails(&office, &["verify", &file, "--fingerprint", "1234"]);
        read.fails(&office, &["ui"]);
        read.text
    };
    insta::assert_snapshot!("messages", text);
    town.stop();
    let mut read = Read::of(&town);
    let absent = office.file("absent.evidence");
    read.fails(&office, &["send", "--to", HOSPITAL.number, "--notice", &out]);
    read.fails(&office, &["evidence", &ids[0], "--out", &absent]);
    read.fails(&hospital, &["ack", &ids[1]]);
    read.fails(&town.city(), &["admin", "list"]);
    insta::assert_snapshot!("unreachable", read.text);
    assert!(!Path::new(&absent).exists());
}

#[test]
fn what_an_applicant_reads() {
    let (town, code) = Town::empty();
    let (city, hospital, office) = (town.city(), town.hospital(), town.office());
    let mut read = Read::of(&town);
    read.fails(&hospital, &["enroll"]);
    read.fails(&hospital, &["inbox"]);
    let secret = code.rsplit('#').next().unwrap();
    read.text.push_str(&without(
        &code,
        |read: &mut Read<'_>| {
            read.fails(&hospital, &["enroll", secret]);
            read.fails(&hospital, &["enroll", &code]);
            let mistyped = if code.ends_with('0') { "1" } else { "0" };
            let mistyped = format!("{}{mistyped}", &code[..code.len() - 1]);
            read.fails(&hospital, &["enroll", &mistyped]);
            // The right form, and of no invitation.
            let foreign = tsumugu_trust::code::Code::from_secret([7; 16]);
            read.fails(&hospital, &["enroll", &format!("{}#{foreign}", town.address)]);
            read.fails(&hospital, &["enroll", &format!("{}#{foreign}", NOBODY)]);
            read.fails(&hospital, &["enroll", &format!("no such host#{foreign}")]);
        },
        &town,
    ));
    city.does(&["admin", "init", &code]);
    read.text.push_str(&without(
        &code,
        |read: &mut Read<'_>| {
            read.fails(&city, &["admin", "init", &code]);
            read.fails(&town.person("another"), &["admin", "init", &code]);
        },
        &town,
    ));
    let invitation = town.invite(&HOSPITAL);
    read.text.push_str(&without(
        &invitation,
        |read: &mut Read<'_>| {
            read.fails(&town.person("another"), &["admin", "init", &invitation]);
            read.fails(&hospital, &["enroll", &invitation]);
            read.fails(&hospital, &["enroll", &invitation, "--worker", "田中"]);
        },
        &town,
    ));
    write_private(&town.dir.join("passphrase"), "too short");
    read.text.push_str(&without(
        &invitation,
        |read: &mut Read<'_>| {
            read.fails(&hospital, &["enroll", &invitation, "--worker", "田中", "--role", "看護師"]);
        },
        &town,
    ));
    write_private(&town.dir.join("passphrase"), PASSPHRASE);
    let asked = town.ask_to_join(&HOSPITAL, &invitation);
    read.fails(&hospital, &["inbox"]);
    let digits = asked["digits"].as_str().unwrap();
    city.does(&["admin", "approve", HOSPITAL.number, "--digits", digits]);
    hospital.does(&["enroll"]);
    read.text.push_str(&without(
        &invitation,
        |read: &mut Read<'_>| {
            read.fails(&hospital, &["enroll", &invitation, "--worker", "田中", "--role", "看護師"]);
            read.fails(&office, &["enroll", &invitation, "--worker", "田中", "--role", "看護師"]);
        },
        &town,
    ));
    insta::assert_snapshot!("enrolment", read.text);
}

/// What was read, with the code redacted.
fn without(code: &str, fails: impl FnOnce(&mut Read<'_>), town: &Town) -> String {
    let mut read = Read::of(town);
    fails(&mut read);
    let mut text = String::new();
    let secret = code.rsplit('#').next().unwrap();
    for line in read.text.lines() {
        // A command line shows the code as it was typed.
        let line = match line.strip_prefix("$ tsumugu ").and_then(|rest| rest.rsplit_once('#')) {
            Some((before, _)) => format!("$ tsumugu {before}#CODE"),
            None => line.replace(secret, "CODE"),
        };
        assert!(!line.contains(secret), "{line}");
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[test]
fn what_an_administrator_reads() {
    let (town, code) = Town::empty();
    let city = town.city();
    city.does(&["admin", "init", &code]);
    town.join(&OFFICE);
    let open = town.invite(&HOSPITAL);
    let mut read = Read::of(&town);
    read.fails(&city, &["admin", "approve", "1111"]);
    read.fails(&city, &["admin", "approve", HOSPITAL.number, "--without-comparison"]);
    read.fails(&city, &invite(&HOSPITAL));
    read.fails(&city, &invite(&OFFICE));
    let confusable =
        Institution { number: "1277000009", name: "ケアプラン いとぐるま", ..OFFICE };
    read.fails(&city, &invite(&confusable));
    let unknown = Institution { kind: "ryokan", number: "1277000009", ..OFFICE };
    read.fails(&city, &invite(&unknown));
    town.ask_to_join(&HOSPITAL, &open);
    read.fails(&city, &["admin", "approve", HOSPITAL.number]);
    read.fails(&city, &["admin", "approve", HOSPITAL.number, "--digits", "1234"]);
    read.fails(&city, &["admin", "suspend", "9999999999"]);
    read.fails(&city, &["admin", "reject", "9999999999"]);
    read.fails(&city, &["enroll"]);
    read.fails(&city, &["inbox"]);
    read.fails(&town.office(), &["admin", "list"]);
    city.does(&["admin", "reject", HOSPITAL.number]);
    read.fails(&town.hospital(), &["enroll"]);
    insta::assert_snapshot!("administrator", read.text);
}
