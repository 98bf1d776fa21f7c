//! Who is the care manager: asked of the city, passed on to a care office, answered to the hospital.
//! With the real programs.
#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test are tests, which the lint cannot see"
)]

#[path = "support/people.rs"]
mod people;

use people::{HOSPITAL, Institution, OFFICE, Person, STATION, Town};
use serde_json::{Value, json};

/// The city's own office for care insurance, which is no administrator.
const WARD_OFFICE: Institution = Institution {
    home: "ward-office",
    number: "1222000004",
    name: "つむぐ市介護支援課",
    kana: "つむぐしかいごしえんか",
    kind: "municipality",
    telephone: "04-7000-0400",
    workers: &[("山本 光", "介護支援課")],
};

/// A care office that is not in charge.
const OTHER: Institution = Institution {
    home: "other",
    number: "1277000005",
    name: "居宅あやおり",
    kana: "きょたくあやおり",
    kind: "care-office",
    telephone: "04-7000-0500",
    workers: &[("中村 綾", "介護支援専門員")],
};

/// Two more institutions than usual.
fn town() -> Town {
    let town = Town::new();
    for institution in [&WARD_OFFICE, &OTHER] {
        town.join(institution);
    }
    town
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn inquiry(town: &Town, name: &str, basis: &str) -> String {
    let file = town.dir.join(format!("{name}.toml"));
    let form = format!(
        "form = \"notice-cm-inquiry\"\n[values]\nkana = \"ナガレヤマ ハナコ\"\ndob = \"1942-03-03\"\n\
         town = \"つむぐ市架空町\"\n{basis}\n"
    );
    std::fs::write(&file, form).unwrap();
    file.to_str().unwrap().to_owned()
}

/// The hospital asks the city; gives the message and its case.
fn asked(town: &Town) -> (String, String) {
    let form = inquiry(town, "inquiry", "basis = \"本人同意あり\"");
    let sent = town.hospital().does(&["send", "--to", WARD_OFFICE.number, "--notice", &form]);
    (text(&sent["letters"][0]["id"]).to_owned(), text(&sent["case"]).to_owned())
}

fn proves(town: &Town, person: &Person, id: &str) {
    let fingerprint = town.city().does(&["log", "verify"])["fingerprint"].clone();
    let home = person.home.file_name().unwrap().to_str().unwrap();
    let file = person.file(&format!("{home}-{id}.evidence"));
    person.does(&["evidence", id, "--out", &file]);
    let nobody = town.person("nobody");
    let proved = match fingerprint.as_str() {
        Some(fingerprint) => nobody.does(&["verify", &file, "--fingerprint", fingerprint]),
        None => nobody.say(&["verify", &file]).ended(4),
    };
    assert_ne!(proved["outcome"], "refused", "{proved}");
}

#[test]
fn an_inquiry_is_passed_on_given_back_passed_on_again_and_answered_to_the_hospital() {
    let town = town();
    let (hospital, office) = (town.hospital(), town.office());
    let (ward_office, other) = (town.person(WARD_OFFICE.home), town.person(OTHER.home));
    let (id, case) = asked(&town);
    let tracked = hospital.does(&["track", &id]);
    assert!(
        tracked["ack_by"].is_string(),
        "an answer is wanted by the next business day: {tracked}"
    );

    // First to the wrong one. The hospital hears that it was passed on, and not to whom.
    let passed =
        ward_office.does(&["forward", &id, "--to", OTHER.number, "--comment", "電話で確認済み"]);
    assert_eq!((&passed["sent"], &passed["acknowledged"]), (&json!(true), &json!("logged")));
    assert_eq!(passed["case"], json!(case));
    let first = text(&passed["letters"][0]["id"]).to_owned();
    let listed = hospital.does(&["inquiry", "list"]);
    let one = &listed["inquiries"][0];
    assert_eq!(
        (&one["said"], &one["answer"]),
        (&json!("取次済 passed on"), &json!("acknowledged"))
    );
    assert_eq!((&one["case"], &one["answers"]), (&json!(case), &json!([])));
    assert!(!hospital.does(&["track", &id]).to_string().contains(OTHER.number));

    // The care office sees who asks, and that it is really the hospital.
    let opened = other.does(&["open", &first]);
    assert_eq!(opened["form"], "notice-cm-inquiry");
    assert_eq!(opened["values"]["basis"], "本人同意あり");
    let passed_on = &opened["passed_on"];
    assert_eq!(
        (&passed_on["refused"], &passed_on["comment"]),
        (&Value::Null, &json!("電話で確認済み"))
    );
    assert_eq!(passed_on["from"]["name"], HOSPITAL.name);
    assert_eq!(passed_on["author"]["name"], HOSPITAL.workers[0].0);
    assert_eq!((&opened["about"]["id"], &opened["case"]), (&json!(id), &json!(case)));
    assert!(other.does(&["inbox"])["messages"][0]["ack_by"].is_string());
    // Whoever got it by way of others neither passes it on nor may.
    other.say(&["forward", &first, "--to", OFFICE.number]).failed(3, "forward.not-here");

    let back =
        other.does(&["inquiry", "answer", &first, "--not-ours", "--comment", "名簿にありません"]);
    assert_eq!((&back["answer"], &back["state"]), (&json!("not-for-us"), &json!("logged")));
    assert_eq!(ward_office.does(&["track", &first])["answer"], "not-for-us");

    let passed = ward_office.does(&["forward", &id, "--to", OFFICE.number]);
    assert_eq!((&passed["sent"], &passed["acknowledged"]), (&json!(true), &json!("before")));
    let second = text(&passed["letters"][0]["id"]).to_owned();
    let said = office.does(&["inquiry", "answer", &second, "--comment", "明日伺います"]);
    assert_eq!((&said["sent"], &said["acknowledged"]), (&json!(true), &json!("logged")));
    assert_eq!(said["letters"][0]["to"]["name"], HOSPITAL.name);
    let answer = text(&said["letters"][0]["id"]).to_owned();

    let listed = hospital.does(&["inquiry", "list"]);
    let answers = listed["inquiries"][0]["answers"].as_array().unwrap().clone();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0]["from"]["name"], OFFICE.name);
    assert_eq!(answers[0]["worker"]["name"], OFFICE.workers[0].0);
    let opened = hospital.does(&["open", &answer]);
    assert_eq!((&opened["form"], &opened["case"]), (&json!("notice-admission"), &json!(case)));
    let ward = text(&opened["values"]["ward"]);
    assert!(ward.contains(OFFICE.telephone) && ward.contains("明日伺います"), "{ward}");

    // The one between has the acknowledgement of its own letter, and nothing of the answer.
    let tracked = ward_office.does(&["track", &second]);
    assert_eq!(tracked["answer"], "acknowledged");
    assert!(!tracked.to_string().contains("明日伺います"));
    ward_office.say(&["open", &answer]).failed(10, "message.unknown-id");
    ward_office.does(&["inbox", "--all"]);
    let own = ward_office.does(&["inbox", "--all"]);
    assert_eq!(own["messages"].as_array().unwrap().len(), 1, "the inquiry alone: {own}");

    // Each hop is proved by those who have it.
    proves(&town, &hospital, &id);
    proves(&town, &ward_office, &first);
    proves(&town, &other, &first);
    proves(&town, &office, &second);
    proves(&town, &office, &answer);
    proves(&town, &hospital, &answer);
}

#[test]
fn nobody_found_is_an_answer_and_the_next_office_is_told_only_on_request() {
    let town = town();
    let (hospital, ward_office) = (town.hospital(), town.person(WARD_OFFICE.home));
    let (id, _) = asked(&town);
    let said =
        ward_office.does(&["forward", &id, "--not-found", "--comment", "転入前かもしれません"]);
    assert_eq!((&said["answer"], &said["state"]), (&json!("acknowledged"), &json!("logged")));
    let one = hospital.does(&["inquiry", "list"])["inquiries"][0].clone();
    assert_eq!(one["said"], "該当なし nobody found：転入前かもしれません");
    let (id, _) = asked(&town);
    ward_office.does(&["forward", &id, "--to", OFFICE.number, "--tell"]);
    let said = hospital.does(&["inquiry", "list"])["inquiries"][1]["said"].clone();
    assert!(text(&said).contains(OFFICE.number), "{said}");
}

#[test]
fn what_is_refused_sends_nothing() {
    let town = town();
    let (hospital, office) = (town.hospital(), town.office());
    let ward_office = town.person(WARD_OFFICE.home);
    let form = inquiry(&town, "without", "");
    hospital
        .say(&["send", "--to", WARD_OFFICE.number, "--notice", &form])
        .failed(9, "inquiry.no-ground");
    let form = inquiry(&town, "with", "basis = \"家族同意あり\"");
    // Not asked of every care office in turn.
    hospital
        .say(&["send", "--to", OFFICE.number, "--notice", &form])
        .failed(2, "inquiry.wrong-recipient");
    assert_eq!(hospital.does(&["track"])["messages"], json!([]));

    let (id, _) = asked(&town);
    let to = |number| ["forward", id.as_str(), "--to", number];
    ward_office.say(&to(STATION.number)).failed(2, "forward.wrong-recipient");
    ward_office.say(&to(HOSPITAL.number)).failed(2, "forward.wrong-recipient");
    ward_office.say(&to(WARD_OFFICE.number)).failed(2, "recipient.own");
    hospital.say(&to(OFFICE.number)).failed(2, "ack.own");
    // A sheet was agreed to for the one recipient.
    let form = town.form("admission-info");
    let sent = office.does(&["send", "--to", WARD_OFFICE.number, "--sheet", &form]);
    let sheet = text(&sent["letters"][0]["id"]);
    ward_office.say(&["forward", sheet, "--to", OTHER.number]).failed(2, "forward.not-an-inquiry");
    ward_office.say(&["inquiry", "answer", sheet]).failed(2, "inquiry.no-inquiry");
    assert_eq!(ward_office.does(&["track"])["messages"], json!([]));
    // Nothing was acknowledged by what was refused.
    assert_eq!(hospital.does(&["track", &id])["answer"], Value::Null);
}
