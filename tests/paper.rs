//! What goes past the exchange: pages for who is reached by FAX only, and the records of it, with the
//! real programs.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/people.rs"]
mod people;

use std::path::Path;
use std::process::Command;

use people::{HOSPITAL, Institution, OFFICE, Person, Town};
use serde_json::{Value, json};

/// A pharmacy that has not joined.
const PHARMACY: Institution = Institution {
    home: "pharmacy",
    number: "1247000008",
    name: "かげろう薬局",
    kana: "かげろうやっきょく",
    kind: "pharmacy",
    telephone: "04-7000-0800",
    workers: &[("山田 純", "薬剤師")],
};

const FAX: &str = "04-7000-0801";

/// Whom the example sheet is about: nothing of it may stand on a FAX or at the exchange.
const SECRETS: [&str; 7] = [
    "流山 花子",
    "流山花子",
    "ナガレヤマ ハナコ",
    "流山 桜子",
    "架空町1-2-3",
    "04-7000-5678",
    "04-7000-5679",
];

fn with_pharmacy() -> Town {
    let town = Town::new();
    let i = PHARMACY;
    let listed = town.city().does(&[
        "admin",
        "invite",
        "--fax-only",
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
        "--fax",
        FAX,
    ]);
    assert_eq!(listed["committed"], true);
    town
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Prints for the pharmacy; gives what was said.
fn fax(town: &Town, office: &Person, to: &str) -> Value {
    let (form, out) = (town.form("admission-info"), office.file("fax"));
    office.does(&["send", "--to", to, "--sheet", &form, "--urgent", "--out", &out])
}

fn records(pc: &Person, more: &[&str]) -> Vec<Value> {
    pc.does(&[&["record", "list"], more].concat())["records"].as_array().unwrap().clone()
}

/// The pages' text, by poppler, where this machine has it.
fn pages_of(file: &str) -> Option<String> {
    let read = Command::new("pdftotext").args(["-raw", file, "-"]).output().ok()?;
    assert!(read.status.success());
    Some(String::from_utf8(read.stdout).unwrap())
}

#[test]
fn a_fax_is_printed_masked_and_is_unconfirmed_until_somebody_says_it_came() {
    let town = with_pharmacy();
    let office = town.office();
    let said = fax(&town, &office, PHARMACY.number);
    assert_eq!((&said["sent"], &said["letters"]), (&json!(false), &json!([])));
    let [one] = said["fax"].as_array().unwrap().as_slice() else { panic!("{said}") };
    assert_eq!(one["to"]["name"], PHARMACY.name);
    assert_eq!((&one["fax"], &one["state"]), (&json!(FAX), &json!("unconfirmed")));
    assert_eq!(one["logged"], true);
    assert!(one["left_out"].as_u64().unwrap() > 0, "what is for staff only");
    let (id, file) = (text(&one["id"]), text(&one["file"]));
    assert!(!file.contains("花"), "no name in a file's name");
    let bytes = std::fs::read(file).unwrap();
    let pages = one["pages"].as_u64().unwrap();
    let a4 = b"/MediaBox[0 0 595.276 841.89]";
    let drawn = bytes.windows(a4.len()).filter(|window| window == a4).count();
    assert!(pages > 1 && pages == drawn as u64, "the pages that the cover sheet names are there");
    if let Some(read) = pages_of(file) {
        let squeezed: String = read.split_whitespace().collect();
        for secret in SECRETS {
            let secret: String = secret.split_whitespace().collect();
            assert!(!squeezed.contains(&secret), "{secret} in {read}");
        }
        for part in [
            "かげろう薬局御中",
            FAX,
            "流○○子",
            &format!("この票を含めて{pages}枚"),
            &format!("{pages}/{pages}"),
            id,
            "佐藤健（介護支援専門員）",
            "誤送信の場合は",
            "受領確認",
            "至急",
        ] {
            assert!(squeezed.contains(part), "{part} in {read}");
        }
    }

    // Nobody is told that it was sent.
    let read = office.read(&["record", "list"]);
    assert!(read.out.contains("未確認") && !read.out.contains("送信しました"), "{}", read.out);
    let inbox = office.does(&["inbox"]);
    assert_eq!(inbox["unconfirmed"], json!({ "count": 1, "oldest_days": 0 }));

    let [listed] = records(&office, &["--unconfirmed"]).try_into().unwrap();
    assert_eq!((&listed["id"], &listed["means"]), (&json!(id), &json!("fax")));
    assert_eq!((&listed["pages"], &listed["masked"]), (&json!(pages), &json!(true)));
    assert_eq!(listed["form"], "mhlw-admission-info-r6");

    // A confirmation names who said so, and cannot be earlier than the FAX.
    let at = text(&listed["time"]);
    let confirm = |at: &str| {
        office.say(&[
            "record",
            "confirm",
            &id[..16],
            "--by",
            "山田 純",
            "--role",
            "薬剤師",
            "--at",
            at,
        ])
    };
    confirm("2020-01-01 10:00").failed(2, "record.before-it-went");
    confirm("2199-01-01 10:00").failed(2, "record.future");
    let confirmed = confirm(at).ended(0);
    assert_eq!((&confirmed["what"], &confirmed["about"]), (&json!("confirmation"), &json!(id)));
    let shown = office.does(&["record", "show", id]);
    assert_eq!(shown["state"], "confirmed");
    let by = &shown["confirmed"];
    assert_eq!((&by["name"], &by["role"]), (&json!("山田 純"), &json!("薬剤師")));
    assert_eq!(by["recorded_by"]["name"], OFFICE.workers[0].0);
    assert!(records(&office, &["--unconfirmed"]).is_empty());
    assert_eq!(office.does(&["inbox"])["unconfirmed"]["count"], 0);

    // The same pages can be printed again, and nothing is written over.
    let out = office.file("fax");
    office.say(&["record", "print", id, "--out", &out]).failed(1, "file.exists");
    let again = office.does(&["record", "print", id, "--out", &office.file("again")]);
    assert_eq!(again["pages"], pages);
}

#[test]
fn members_and_fax_only_share_a_command_and_one_bad_recipient_stops_all() {
    let town = with_pharmacy();
    let (office, hospital) = (town.office(), town.hospital());
    let both = format!("{},{}", HOSPITAL.number, PHARMACY.number);
    let (form, out) = (town.form("admission-info"), office.file("fax"));
    let wrong = format!("{both},9999999999");
    let refused = office.say(&["send", "--to", &wrong, "--sheet", &form, "--out", &out]);
    refused.failed(10, "recipient.unknown");
    assert!(!Path::new(&out).exists() && records(&office, &[]).is_empty());
    let said = fax(&town, &office, &both);
    assert_eq!(said["sent"], true);
    assert_eq!(
        (&said["letters"][0]["state"], &said["fax"][0]["logged"]),
        (&json!("accepted"), &json!(true))
    );
    assert_eq!(hospital.does(&["inbox"])["messages"].as_array().unwrap().len(), 1);
    assert_eq!(records(&office, &[]).len(), 1);
    assert!(records(&hospital, &[]).is_empty(), "nobody else has it");
}

#[test]
fn visits_and_calls_are_recorded_corrected_and_taken_back_and_nothing_goes() {
    let town = Town::new();
    let office = town.office();
    let case = office.does(&["case", "new", "事例一"]);
    let case = text(&case["id"]);
    let add = |means: &str, direction: &str, to: &str| {
        office.does(&[
            "record",
            "add",
            "--case",
            case,
            "--means",
            means,
            "--direction",
            direction,
            "--to",
            to,
            "--at",
            "2026-11-20 10:00",
            "--step",
            "adm.ack",
            "--note",
            "玄関で渡した",
        ])
    };
    let call = add("call", "sent", HOSPITAL.number);
    assert_eq!((&call["call_only"], &call["unconfirmed"]), (&json!(true), &json!(false)));
    let visit = add("visit", "sent", HOSPITAL.number);
    assert_eq!(visit["unconfirmed"], false);
    let post = add("post", "sent", "架空診療所");
    assert_eq!(post["unconfirmed"], true);
    let (visit, post) = (text(&visit["id"]), text(&post["id"]));
    office
        .say(&["record", "confirm", visit, "--by", "田中", "--at", "2026-11-20 10:00"])
        .failed(2, "record.nothing-to-confirm");
    let bad = office.say(&[
        "record",
        "add",
        "--case",
        case,
        "--means",
        "fax",
        "--direction",
        "sent",
        "--to",
        "架空診療所",
        "--number",
        "FAX",
        "--at",
        "2026-11-20 10:00",
    ]);
    bad.failed(2, "record.bad-value");

    office.does(&["record", "correct", post, "--at", "2026-11-21 9:00", "--means", "fax"]);
    let shown = office.does(&["record", "show", post]);
    assert_eq!(
        (&shown["means"], &shown["time"]),
        (&json!("fax"), &json!("2026-11-21T09:00:00+09:00"))
    );
    assert_eq!(shown["records"].as_array().unwrap().len(), 2);
    office.does(&["record", "withdraw", post, "--reason", "別の方の記録"]);
    let shown = office.does(&["record", "show", post]);
    assert_eq!(
        (&shown["state"], &shown["records"][2]["reason"]),
        (&json!("withdrawn"), &json!("別の方の記録"))
    );
    let states: Vec<_> =
        records(&office, &["--case", case]).iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["call-only", "recorded", "withdrawn"]);
    assert!(records(&office, &["--unconfirmed"]).is_empty());
    office.does(&["log", "verify"]);
}

#[test]
fn a_second_pc_has_the_records_and_confirms_them() {
    let town = with_pharmacy();
    let first = town.office();
    let said = fax(&town, &first, PHARMACY.number);
    let id = text(&said["fax"][0]["id"]);
    let second = further(&town, &first, "office-2");
    let [seen] = records(&second, &[]).try_into().unwrap();
    assert_eq!((&seen["id"], &seen["state"]), (&json!(id), &json!("unconfirmed")));
    let mine = first.does(&["record", "show", id]);
    assert_eq!((&seen["sheet"], &seen["records"]), (&mine["sheet"], &mine["records"]));
    // It prints the same pages, since it has the whole sheet.
    let pages = second.does(&["record", "print", id, "--out", &second.file("two")]);
    assert_eq!(pages["pages"], said["fax"][0]["pages"]);
    let at = text(&seen["time"]);
    second.does(&["record", "confirm", id, "--by", "山田 純", "--at", at, "--as", "佐藤 健"]);
    assert_eq!(first.does(&["record", "show", id])["state"], "confirmed");
    for pc in [&first, &second] {
        assert_eq!(pc.say(&["inbox"]).err, "");
    }
}

#[test]
fn the_exchange_has_nothing_in_clear_and_is_killed_without_losing_or_doubling_a_record() {
    let mut town = with_pharmacy();
    let office = town.office();
    for (round, point) in ["journal.half-written", "journal.synced", "server.commit.published"]
        .into_iter()
        .enumerate()
    {
        // The tick of the start passes the point first.
        town.stop();
        town.start_with(&[("TSUMUGU_CRASH_AT", &format!("{point}:2"))]);
        let (form, out) = (town.form("admission-info"), office.file(&format!("fax-{round}")));
        let said = office.say(&["send", "--to", PHARMACY.number, "--sheet", &form, "--out", &out]);
        let printed = said.ended(0)["fax"][0].clone();
        assert!(Path::new(text(&printed["file"])).exists(), "the pages are there all the same");
        town.await_crash();
        town.start();
        let id = text(&printed["id"]);
        assert_eq!(records(&office, &[]).len(), round + 1);
        assert_eq!(office.does(&["outbox"])["entries"], json!([]));
        let shown = office.does(&["record", "show", id]);
        assert!(shown["records"][0]["index"].is_u64(), "{shown}");
    }
    town.stop();
    let mut files = Vec::new();
    files_in(&town.server_dir(), &mut files);
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for secret in SECRETS.iter().chain(&["花子", "mhlw-admission-info", "佐藤 健"]) {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {}", file.display());
        }
    }
}

#[test]
fn a_pc_that_dies_keeps_a_record_whole_or_not_at_all() {
    let town = with_pharmacy();
    let office = town.office();
    let mut known = 0;
    for point in ["client.outbox.saved", "client.outbox.replied", "client.outbox.recorded"] {
        let (form, out) = (town.form("admission-info"), office.file(point));
        let at = [("TSUMUGU_CRASH_AT", point)];
        office
            .say_with(&at, &["send", "--to", PHARMACY.number, "--sheet", &form, "--out", &out])
            .died();
        known += 1;
        let all = records(&office, &[]);
        assert_eq!(all.len(), known, "{point}");
        assert_eq!(office.does(&["outbox"])["entries"], json!([]));
        // What was not written before it died is printed from the record.
        let id = text(&all[known - 1]["id"]).to_owned();
        office.does(&["record", "print", &id, "--out", &office.file(&format!("{point}-again"))]);
    }
}

#[test]
fn without_the_exchange_it_is_printed_and_recorded_later() {
    let mut town = with_pharmacy();
    let office = town.office();
    office.does(&["directory", PHARMACY.number]);
    town.stop();
    let said = fax(&town, &office, PHARMACY.number);
    assert_eq!(said["fax"][0]["logged"], false);
    let [waiting] = records(&office, &[]).try_into().unwrap();
    assert_eq!(
        (&waiting["state"], &waiting["records"][0]["index"]),
        (&json!("unconfirmed"), &json!(null))
    );
    town.start();
    let [logged] = records(&office, &[]).try_into().unwrap();
    assert!(logged["records"][0]["index"].is_u64());
}

#[test]
fn an_entry_for_fax_that_joins_is_written_to_and_its_records_stay() {
    let town = with_pharmacy();
    let office = town.office();
    let said = fax(&town, &office, PHARMACY.number);
    town.join(&PHARMACY);
    let now = fax(&town, &office, PHARMACY.number);
    assert_eq!((&now["sent"], &now["fax"]), (&json!(true), &json!([])));
    let [kept] = records(&office, &[]).try_into().unwrap();
    assert_eq!((&kept["id"], &kept["state"]), (&said["fax"][0]["id"], &json!("unconfirmed")));
    assert_eq!(kept["institution"], now["letters"][0]["to"]["id"]);
    let id = text(&kept["id"]);
    let confirmed = office.does(&[
        "record",
        "confirm",
        id,
        "--by",
        "山田 純",
        "--at",
        text(&kept["time"]),
        "--means",
        "fax",
    ]);
    assert_eq!(confirmed["logged"], true);
}

/// A further PC of the office, admitted and enrolled.
fn further(town: &Town, pc: &Person, home: &str) -> Person {
    let new = town.person(home);
    let code = pc.does(&["terminal", "add", "--code-only"]);
    let asked = new.does(&["enroll", text(&code["code"])]);
    pc.does(&["terminal", "add", "--code-only", "--digits", text(&asked["digits"])]);
    new.does(&["enroll"]);
    new
}

fn files_in(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_in(&path, found) } else { found.push(path) }
    }
}
