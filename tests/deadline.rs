//! `tsumugu deadline` as people run it: the worked cases of the rules of 2024, without a vault and
//! without a network.

#![allow(missing_docs, clippy::unwrap_used)]

use std::process::{Command, Stdio};

use serde_json::Value;

/// What the program said: exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let nowhere = tempfile::tempdir().unwrap();
    let home = nowhere.path().join("home");
    let output = Command::new(env!("CARGO_BIN_EXE_tsumugu"))
        .env_clear()
        // Windows finds its own libraries by it.
        .envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)))
        .arg("--home")
        .arg(&home)
        .arg("deadline")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!home.exists(), "it needs no vault and makes none");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn document(arguments: &[&str]) -> Value {
    let (code, out, err) = run(&[arguments, &["--json"]].concat());
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out.lines().count(), 1, "{out}");
    serde_json::from_str(&out).unwrap()
}

const WEEK: [&str; 2] = ["--hours", "Mon-Fri 09:00-18:00"];

#[track_caller]
fn last_days(admitted: &str, more: &[&str], class_1: &str, class_2: &str) -> Value {
    let arguments = [&["--admitted", admitted], &WEEK[..], more].concat();
    let said = document(&arguments);
    let days = (said["class_1_last_day"].as_str(), said["class_2_last_day"].as_str());
    assert_eq!(days, (Some(class_1), Some(class_2)), "{said}");
    let reason = said["reason"].as_str().unwrap();
    assert!(reason.contains("R6の規定") && reason.contains("令和6年4月1日"), "{reason}");
    said
}

// 24 November 2026 is a Tuesday.

#[test]
fn tuesday_ten_o_clock() {
    last_days("2026-11-24T10:00", &[], "2026-11-24", "2026-11-26");
}

#[test]
fn tuesday_twenty_o_clock_after_closing() {
    let said = last_days("2026-11-24T20:00", &[], "2026-11-25", "2026-11-26");
    assert!(said["reason"].as_str().unwrap().contains("翌営業日ではありません"));
    // The fourth day only if Thursday is closed.
    last_days("2026-11-24T20:00", &["--closed", "2026-11-26"], "2026-11-25", "2026-11-27");
}

#[test]
fn friday_ten_o_clock_has_no_extension() {
    last_days("2026-11-27T10:00", &[], "2026-11-27", "2026-11-29");
}

#[test]
fn friday_twenty_o_clock_is_saturday_and_monday() {
    last_days("2026-11-27T20:00", &[], "2026-11-28", "2026-11-30");
}

#[test]
fn saturday_is_sunday_and_monday() {
    last_days("2026-11-28T11:00", &[], "2026-11-29", "2026-11-30");
}

#[test]
fn a_sheet_of_five_days_before_a_planned_admission_is_in_time() {
    for admitted in ["2026-11-24T10:00", "2026-11-28"] {
        let sent = ["--sent", "2026-11-19T09:00", "--planned", "--care-level", "要介護2"];
        let said = document(&[&["--admitted", admitted], &WEEK[..], &sent[..]].concat());
        assert_eq!(said["class"], "1", "{said}");
    }
}

#[test]
fn both_calendars_and_all_zones_give_the_same_days() {
    for same in [
        "令和8年11月24日20時00分",
        "R8.11.24 20:00",
        "2026-11-24T20:00:00+09:00",
        "2026-11-24T11:00:00Z",
    ] {
        last_days(same, &[], "2026-11-25", "2026-11-26");
    }
}

#[test]
fn national_holidays_count_where_the_office_is_closed_on_them() {
    // 3 November 2026, a Tuesday, is 文化の日.
    let closed = ["--holidays", "closed"];
    let said = last_days("2026-11-03T10:00", &closed, "2026-11-04", "2026-11-05");
    assert!(said["reason"].as_str().unwrap().contains("文化の日"));
    last_days("2026-11-03T10:00", &["--holidays", "open"], "2026-11-03", "2026-11-05");
    let unsaid = last_days("2026-11-03T10:00", &[], "2026-11-03", "2026-11-05");
    assert_eq!(unsaid["notes"][0]["key"], "holiday-open-question");
    // Golden Week of 2026: 3 to 6 May are off; admitted on the evening before a closed third day.
    last_days("2026-05-01T19:00", &closed, "2026-05-02", "2026-05-04");
    last_days("2026-05-05T10:00", &closed, "2026-05-06", "2026-05-07");
}

#[test]
fn closing_over_the_turn_of_the_year() {
    for closed in ["12-29..01-03", "2026-12-29..2027-01-03", "R8.12.29..R9.1.3"] {
        let closed = ["--closed", closed];
        last_days("2026-12-28T19:00", &closed, "2026-12-29", "2026-12-31");
        last_days("2026-12-30T10:00", &closed, "2026-12-31", "2027-01-01");
    }
}

#[test]
fn the_class_of_a_time_of_sending() {
    let class = |sent: &str, more: &[&str]| {
        let given = ["--admitted", "2026-11-27T20:00", "--sent", sent, "--care-level", "要介護3"];
        document(&[&given[..], &WEEK[..], more].concat())
    };
    assert_eq!(class("2026-11-28T23:59", &[])["class"], "1");
    assert_eq!(class("2026-11-29T00:00", &[])["class"], "2");
    assert_eq!(class("2026-12-01T00:00", &[])["class"], "past");
    let used = class("2026-11-28T09:00", &["--earlier", "2026-10-30,2026-11-05"]);
    assert_eq!(used["class"], "month-used");
    assert!(used["class_reason"].as_str().unwrap().contains("転院"));
    let support = ["--care-level", "要支援1", "--sent", "2026-11-28"];
    let given = [&["--admitted", "2026-11-27T20:00"], &support[..], &WEEK[..]].concat();
    let none = document(&given);
    assert_eq!((&none["class"], &none["class_provisional"]), (&"not-covered".into(), &true.into()));
}

#[test]
fn receipt_is_shown_apart() {
    let said = |acknowledged: &[&str]| {
        let given = ["--admitted", "2026-11-24T10:00", "--sent", "2026-11-24T17:00"];
        document(&[&given[..], &WEEK[..], acknowledged].concat())
    };
    let keys = |said: &Value| -> Vec<String> {
        let notes = said["notes"].as_array().unwrap();
        notes.iter().map(|note| note["key"].as_str().unwrap().to_owned()).collect()
    };
    assert!(keys(&said(&[])).contains(&"not-acknowledged".to_owned()));
    let late = said(&["--acknowledged", "2026-11-25T08:40"]);
    assert_eq!(
        (&late["class"], &late["acknowledged"]),
        (&"1".into(), &"2026-11-25T08:40:00+09:00".into())
    );
    assert!(keys(&late).contains(&"acknowledged-late".to_owned()));
}

#[test]
fn another_rule_set_can_be_asked_for() {
    let given = ["--admitted", "2024-03-29T20:00"];
    let (code, out, _) = run(&[&given[..], &WEEK[..], &["--json"]].concat());
    let refused: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &refused["error"]["key"]), (Some(2), &"deadline.no-rules".into()));
    let said = document(&[&given[..], &WEEK[..], &["--rule-set", "R6"]].concat());
    assert_eq!((&said["rule_set"], &said["in_force"]), (&"R6".into(), &false.into()));
    assert_eq!(said["class_1_last_day"], "2024-03-30");
    let (code, out, _) = run(&[&given[..], &["--rule-set", "R1", "--json"]].concat());
    let refused: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &refused["error"]["key"]), (Some(2), &"deadline.unknown-rule-set".into()));
}

#[test]
fn errors_name_the_argument_in_both_languages() {
    let good = ["--admitted", "2026-11-24T10:00"];
    for (arguments, argument, japanese) in [
        (&["--admitted", "tomorrow"][..], "--admitted", "日時は"),
        (&["--admitted", "2026-11-24T24:00"], "--admitted", "23:59"),
        (&["--admitted", "2026-02-29"], "--admitted", "暦にない"),
        (&[&good[..], &["--hours", "Fri-Mon 9-18"]].concat(), "--hours", "「fri-mon」"),
        (&[&good[..], &["--closed", "12-29"]].concat(), "--closed", "日時は"),
        (&[&good[..], &["--closed", "2027-01-03..2026-12-29"]].concat(), "--closed", "休業の期間"),
        (&[&good[..], &["--sent", "x"]].concat(), "--sent", "日時は"),
        (&[&good[..], &["--earlier", "2026-11-03,x"]].concat(), "--earlier", "日時は"),
        (&[&good[..], &["--care-level", "要介護6"]].concat(), "--care-level", "要介護状態区分"),
        (
            &[&good[..], &["--sent", "2026-11-24T11:00", "--acknowledged", "2026-11-24T10:59"]]
                .concat(),
            "--acknowledged",
            "より前",
        ),
        (&[&good[..], &["--rule-set", "R1"]].concat(), "--rule-set", "という規定"),
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(argument) && err.contains(japanese), "{arguments:?}: {err}");
        assert!(err.lines().any(|line| line.len() > 20 && line.contains(' ')), "{err}");
    }
}

#[test]
fn what_a_person_reads() {
    for (name, arguments) in [
        ("friday_evening", &["--admitted", "2026-11-27T20:00", "--holidays", "closed"][..]),
        (
            "sent_and_acknowledged",
            &[
                "--admitted",
                "令和8年11月28日",
                "--sent",
                "R8.11.28 14:05",
                "--acknowledged",
                "R8.11.28 14:22",
                "--care-level",
                "要介護2",
                "--holidays",
                "open",
                "--discharged",
                "2026-12-10",
                "--ward",
                "general",
            ],
        ),
        ("hour_not_known", &["--admitted", "2026-11-27"]),
        ("not_in_force", &["--admitted", "2024-03-29T20:00", "--rule-set", "R6"]),
    ] {
        let (code, out, err) = run(&[arguments, &WEEK[..]].concat());
        assert_eq!((code, err.as_str()), (Some(0), ""));
        for promise in ["算定でき", "算定可", "請求でき", "取得でき", "earned", "can claim"]
        {
            assert!(!out.contains(promise), "{promise}: {out}");
        }
        insta::assert_snapshot!(name, out);
    }
}

#[test]
fn what_a_program_reads() {
    let given = ["--admitted", "2026-11-27T20:00", "--sent", "2026-11-29T10:00"];
    let said = document(&[&given[..], &WEEK[..], &["--ward", "chronic"]].concat());
    insta::assert_json_snapshot!("document", said);
}

#[test]
fn dates_and_hours_as_they_are_usually_written() {
    let iso = document(&["--admitted", "2026-11-27T20:00", WEEK[0], WEEK[1]]);
    for (admitted, hours) in [
        ("2026/11/27 20:00", "月-金 9:00-18:00"),
        ("2026年11月27日20時", "月〜金 9:00〜18:00"),
        ("2026年11月27日 20:00", "月曜〜金曜 9時～18時"),
        ("令8.11.27 午後8時", "月・火・水・木・金 09:00 - 18:00"),
    ] {
        assert_eq!(document(&["--admitted", admitted, "--hours", hours]), iso, "{admitted}");
    }
    for day in ["2026/11/27", "2026年11月27日", "令8.11.27", "R8.11.27"] {
        assert_eq!(
            document(&["--admitted", day]),
            document(&["--admitted", "2026-11-27"]),
            "{day}"
        );
    }
    let (code, _, err) =
        run(&["--admitted", "2026/11/27", "--hours", "月〜金 9:00-18:00、祝 9:00-12:00"]);
    assert!(code == Some(2) && err.contains("「祝」") && err.contains("\"祝\""), "{err}");
}

#[test]
fn nobody_leaves_before_the_admission() {
    let (code, _, err) = run(&["--admitted", "2026-11-27T20:00", "--discharged", "2026-11-26"]);
    assert_eq!(code, Some(2), "{err}");
    for said in ["--discharged", "2026-11-26", "--admitted", "2026-11-27"] {
        assert!(err.contains(said), "{said}: {err}");
    }
    assert_eq!(run(&["--admitted", "2026-11-27T20:00", "--discharged", "2026-11-27"]).0, Some(0));
}
