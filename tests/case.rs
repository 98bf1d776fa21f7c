//! A case as both sides live it, with the real programs: letters, steps, dates that move, what each
//! side sees of the other, and what is late by the clock.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/people.rs"]
mod people;

use people::{HOSPITAL, OFFICE, Person, Town};
use serde_json::{Value, json};

/// A date in Japan so many days from now.
#[allow(clippy::disallowed_methods, reason = "the programs' clock is the system's")]
fn day(from_now: i64) -> String {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let seconds = i64::try_from(seconds.as_secs()).unwrap() + 9 * 3_600 + from_now * 86_400;
    let stamp = jiff::Timestamp::from_second(seconds).unwrap();
    stamp.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}

/// A notice as a file of the sender's.
fn notice(person: &Person, form: &str, values: &Value) -> String {
    let file = person.file(&format!("{form}.json"));
    let body = json!({ "form": form, "version": "1", "values": values });
    std::fs::write(&file, body.to_string()).unwrap();
    file
}

fn send_notice(from: &Person, to: &str, case: &str, form: &str, values: &Value) -> Value {
    let file = notice(from, form, values);
    from.does(&["send", "--to", to, "--case", case, "--notice", &file])
}

/// The row of a step in `case show`.
fn step<'a>(shown: &'a Value, id: &str) -> &'a Value {
    let phases = shown["phases"].as_array().unwrap();
    let mut steps = phases.iter().flat_map(|phase| phase["steps"].as_array().unwrap());
    steps.find(|step| step["step"] == id).unwrap_or_else(|| panic!("{id}: {shown}"))
}

fn short(begun: &Value) -> &str {
    text(&begun["short_id"])
}

#[test]
fn both_sides_see_whose_turn_it_is_and_what_was_done() {
    let town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let today = day(0);
    let begun = office.does(&[
        "case",
        "new",
        "架空 一郎さま",
        "--kana",
        "かくう いちろう",
        "--admitted",
        &today,
        "--from",
        "family",
        "--learnt",
        &today,
    ]);
    let case = text(&begun["id"]).to_owned();
    let shown = office.does(&["case", "show", short(&begun)]);
    assert_eq!(shown["dates"]["admitted"], json!(today));
    assert_eq!(shown["dates"]["entered"]["learnt-from"], "family");
    assert_eq!(step(&shown, "adm.send-info")["state"], "next");
    assert_eq!(step(&shown, "adm.send-info")["turn"], "ours");
    assert_eq!(shown["admission"]["class"], Value::Null);
    assert_eq!(shown["admission"]["class_1_last_day"], json!(today));

    // Off the system: the office telephoned the services, and leaves a step out with its reason.
    office.does(&["case", "step", &case, "adm.stop-services", "--note", "デイに電話"]);
    office
        .say(&["case", "step", &case, "adm.stop-services", "--skip", "died"])
        .failed(2, "case.unknown-reason");
    office.say(&["case", "step", &case, "adm.nothing"]).failed(2, "case.unknown-step");
    office.does(&["case", "step", &case, "in.kubun-change", "--skip", "not-needed"]);
    let shown = office.does(&["case", "show", &case]);
    assert_eq!(step(&shown, "adm.stop-services")["state"], "done");
    assert_eq!(step(&shown, "in.kubun-change")["skip_reason"], "not-needed");
    assert_eq!(shown["steps"][0]["worker"]["name"], OFFICE.workers[0].0);

    // The sheet goes out, and which last day it kept is said in one sentence.
    let form = town.form("admission-info");
    let send = ["send", "--to", HOSPITAL.number, "--case", short(&begun), "--sheet", &form];
    let sent = office.does(&send);
    assert_eq!(sent["admission"]["class"], "1");
    let said = text(&sent["admission"]["ja"]);
    assert!(said.contains("(Ⅰ)") && said.contains("受領確認がまだありません"), "{said}");
    assert!(!said.contains("算定でき"), "{said}");
    let sheet = text(&sent["letters"][0]["id"]);
    let tracked = office.does(&["track", sheet]);
    assert_eq!(tracked["admission"]["class"], "1");
    let shown = office.does(&["case", "show", &case]);
    assert_eq!(
        (&step(&shown, "adm.send-info")["state"], &step(&shown, "adm.ack")["turn"]),
        (&json!("done"), &json!("theirs"))
    );

    // The hospital began no case: it sees it by the letter, named as the form reads, and the office's
    // own records as the office's word.
    let listed = hospital.does(&["case", "list"]);
    let [seen] = listed["cases"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&seen["id"], &seen["logged"]), (&json!(case), &Value::Null));
    assert!(text(&seen["label"]).chars().count() > 2, "{seen}");
    let theirs = hospital.does(&["case", "show", &case]);
    let done: Vec<_> = theirs["their_steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(&one["step"]), text(&one["state"])))
        .collect();
    assert_eq!(done, [("adm.stop-services", "done"), ("in.kubun-change", "skipped")]);
    assert_eq!(step(&theirs, "adm.stop-services")["state"], "done");
    assert!(!theirs.to_string().contains("デイに電話"));
    assert_eq!(
        (&step(&theirs, "adm.ack")["turn"], &theirs["admission"]),
        (&json!("ours"), &Value::Null)
    );
    hospital.does(&["ack", sheet]);
    let shown = office.does(&["case", "show", &case]);
    assert_eq!(step(&shown, "adm.ack")["state"], "done");
    assert!(!shown["admission"]["acknowledged"].is_null());

    // What was taken back is told with the next letter.
    office.does(&["case", "step", &case, "in.kubun-change", "--undo"]);
    office
        .say(&["case", "step", &case, "in.kubun-change", "--undo"])
        .failed(10, "case.nothing-to-take-back");
    send_notice(&office, HOSPITAL.number, &case, "notice-careplan", &json!({}));
    let theirs = hospital.does(&["case", "show", &case]);
    assert_eq!(theirs["their_steps"].as_array().unwrap().len(), 1);
    // A person reads the same.
    let read = hospital.read(&["case", "show", &case]);
    assert!(
        read.out.contains("相手の記録") && read.out.contains("サービス事業所への休止連絡"),
        "{}",
        read.out
    );
}

#[test]
fn dates_move_and_the_newest_is_obvious() {
    let town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let admitted = day(-10);
    let begun = hospital.does(&["case", "new", "架空さま", "--admitted", &admitted]);
    let case = text(&begun["id"]).to_owned();
    let moved = |status: &str, day: &str| json!({ "status": status, "date_out": day });
    for (status, date) in [("見込み", day(9)), ("決定", day(12)), ("延期", day(15))] {
        let values = moved(status, &date);
        send_notice(&hospital, OFFICE.number, &case, "notice-discharge-date", &values);
    }
    let conference =
        json!({ "status": "決定", "held_at": format!("{}T14:00", day(5)), "members": [] });
    send_notice(&hospital, OFFICE.number, &case, "notice-conference", &conference);
    let off = json!({ "status": "中止", "held_at": format!("{}T14:00", day(5)), "members": [] });
    send_notice(&hospital, OFFICE.number, &case, "notice-conference", &off);
    for person in [&office, &hospital] {
        let shown = person.does(&["case", "show", &case]);
        let versions = shown["dates"]["discharge_versions"].as_array().unwrap();
        let seen: Vec<_> = versions
            .iter()
            .map(|one| (text(&one["status"]), text(&one["date"]).to_owned(), one["newest"] == true))
            .collect();
        assert_eq!(
            seen,
            [("見込み", day(9), false), ("決定", day(12), false), ("延期", day(15), true)]
        );
        assert_eq!(shown["dates"]["discharge"], json!(day(15)));
        assert_eq!(shown["dates"]["conference_versions"][1]["newest"], true);
        assert_eq!(step(&shown, "pre.date")["state"], "done");
        let read = person.read(&["case", "show", &case]);
        let newest = read.out.find("★最新").unwrap();
        assert!(newest < read.out.find("×旧").unwrap(), "{}", read.out);
    }
    // What the office itself knows of the discharge counts above every letter.
    office
        .say(&["case", "set", &case, "--admitted", &admitted, "--discharged", &day(-11)])
        .failed(2, "deadline.discharged-first");
    office.does(&["case", "set", &case, "--discharged", &day(0)]);
    assert_eq!(office.does(&["case", "show", &case])["dates"]["discharge"], json!(day(0)));
    office.does(&["case", "set", &case, "--clear", "discharged"]);
    assert_eq!(office.does(&["case", "show", &case])["dates"]["discharge"], json!(day(15)));
    office
        .say(&["case", "set", &case, "--clear", "discharged"])
        .failed(10, "command.nothing-to-do");
}

#[test]
fn two_cases_of_one_stay_become_one() {
    let town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let admitted = json!({ "date_admitted": format!("{}T10:00", day(0)), "ward": "3階" });
    let ours = office.does(&["case", "new", "架空さま", "--from", "family"]);
    let theirs = hospital.does(&["case", "new", "架空 一郎"]);
    let (ours, theirs) = (text(&ours["id"]).to_owned(), text(&theirs["id"]).to_owned());
    send_notice(&office, HOSPITAL.number, &ours, "notice-admission", &admitted);
    send_notice(&hospital, OFFICE.number, &theirs, "notice-admission", &admitted);
    assert_eq!(office.does(&["case", "list"])["cases"].as_array().unwrap().len(), 2);
    office.say(&["case", "join", &ours, &ours]).failed(2, "case.same");
    let joined = office.does(&["case", "join", &theirs, &ours]);
    assert_eq!((&joined["id"], &joined["what"]), (&json!(ours), &json!("joined")));
    let listed = office.does(&["case", "list"]);
    let [one] = listed["cases"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&one["id"], &one["also"]), (&json!(ours), &json!([theirs])));
    let shown = office.does(&["case", "show", &theirs]);
    assert_eq!((&shown["id"], shown["messages"].as_array().unwrap().len()), (&json!(ours), 2));
    // A letter that names either carries the older id.
    send_notice(&office, HOSPITAL.number, &theirs, "notice-careplan", &json!({}));
    let theirs_seen = hospital.does(&["case", "show", &ours]);
    assert_eq!(theirs_seen["messages"].as_array().unwrap().len(), 2);
    office.does(&["case", "join", &ours, &theirs, "--undo"]);
    assert_eq!(office.does(&["case", "list"])["cases"].as_array().unwrap().len(), 2);
    office.say(&["case", "join", &ours, &theirs, "--undo"]).failed(10, "case.not-joined");
}

#[test]
fn what_is_late_by_the_clock_comes_first_at_every_pc() {
    let town = Town::new();
    let first = town.office();
    first.does(&["profile", "set", "--hours", "mon-sun 09:00-18:00", "--holidays", "closed"]);
    assert_eq!(first.does(&["profile", "show"])["holidays"], "closed");
    let calm = first.does(&["case", "new", "あとの人", "--admitted", &day(0)]);
    let late = first.does(&["case", "new", "まえの人", "--admitted", &day(-20), "--pattern", "A"]);
    first.does(&[
        "case",
        "step",
        text(&late["id"]),
        "adm.stop-services",
        "--at",
        &format!("{}T10:00", day(-20)),
    ]);
    first
        .say(&[
            "case",
            "step",
            text(&late["id"]),
            "adm.stop-services",
            "--at",
            &format!("{}T10:00", day(2)),
        ])
        .failed(2, "case.step-in-future");
    let listed = first.does(&["case", "list"]);
    let order: Vec<_> =
        listed["cases"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(order, [late["id"].clone(), calm["id"].clone()]);
    assert!(listed["cases"][0]["late"].as_u64().unwrap() > 0);
    let shown = first.does(&["case", "show", text(&late["id"])]);
    assert_eq!(step(&shown, "adm.send-info")["state"], "late");
    // The same case, days later by the clock.
    let shown = first.does(&["case", "show", text(&calm["id"])]);
    assert_eq!(step(&shown, "adm.send-info")["state"], "next");
    let ahead = (5 * 86_400_000_i64).to_string();
    let later = first
        .say_with(&[("TSUMUGU_CLOCK_OFFSET_MS", &ahead)], &["case", "show", text(&calm["id"])])
        .json();
    assert_eq!(step(&later, "adm.send-info")["state"], "late");

    let second = town.person("office-2");
    let code = first.does(&["terminal", "add", "--code-only"]);
    let asked = second.does(&["enroll", text(&code["code"])]);
    first.does(&["terminal", "add", "--code-only", "--digits", text(&asked["digits"])]);
    second.does(&["enroll"]);
    for id in [text(&late["id"]), text(&calm["id"])] {
        assert_eq!(second.does(&["case", "show", id]), first.does(&["case", "show", id]));
    }
}
