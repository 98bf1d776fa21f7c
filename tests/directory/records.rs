//! Entries for FAX, and records that change.

use serde_json::{Value, json};

use crate::people::{HOSPITAL, OFFICE, Person, STATION, Town};

const FAX_NUMBER: &str = "1217000099";

fn fax_only(town: &Town) {
    let listed = town.city().does(&[
        "admin",
        "invite",
        "--fax-only",
        "--number",
        FAX_NUMBER,
        "--name",
        "架空診療所",
        "--kana",
        "カクウシンリョウジョ",
        "--town",
        "流山市平和台",
        "--kind",
        "clinic",
        "--telephone",
        "04-7000-0990",
        "--fax",
        "04-7000-0991",
    ]);
    assert_eq!(listed["committed"], true);
}

fn found(person: &Person, query: &[&str]) -> Vec<Value> {
    let listed = person.does(&[&["directory"], query].concat());
    listed["institutions"].as_array().unwrap().clone()
}

#[test]
fn an_entry_for_fax_is_found_changed_and_suspended() {
    let town = Town::new();
    let (city, office) = (town.city(), town.office());
    fax_only(&town);
    for query in
        [&["平和台"][..], &["ｶｸｳｼﾝﾘﾖｳｼﾖ"], &["--fax-only"], &["0991"], &["かくうしんりようしよ"]]
    {
        let found = found(&office, query);
        assert_eq!((found.len(), &found[0]["number"]), (1, &json!(FAX_NUMBER)), "{query:?}");
    }
    let shown = office.read(&["directory", "--fax-only"]);
    assert!(shown.out.contains("FAXのみ") && shown.out.contains("FAX 04-7000-0991"), "{shown:?}");
    let form = town.form("notice-admission");
    let out = office.file("fax");
    let printed = office.does(&["send", "--to", FAX_NUMBER, "--notice", &form, "--out", &out]);
    assert_eq!(
        (&printed["sent"], &printed["fax"][0]["state"]),
        (&json!(false), &json!("unconfirmed"))
    );

    let changed = city.does(&[
        "admin",
        "update",
        FAX_NUMBER,
        "--new-number",
        "1217000098",
        "--name",
        "架空クリニック",
        "--fax",
        "04-7000-0992",
        "--no-town",
    ]);
    let lines: Vec<&str> = changed["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["line"].as_str().unwrap())
        .collect();
    assert_eq!(
        (changed["committed"].clone(), lines),
        (json!(true), vec!["number", "name", "town", "fax"])
    );
    let now = found(&office, &["架空クリニック"]);
    assert_eq!((&now[0]["number"], &now[0]["fax"]), (&json!("1217000098"), &json!("04-7000-0992")));
    assert_eq!(now[0]["formerly"], json!([{ "number": FAX_NUMBER, "name": "架空診療所" }]));
    // It is still found by the name on old papers, and no longer sent to by the old number.
    assert_eq!(found(&office, &["架空診療所"])[0]["number"], "1217000098");
    city.say(&["admin", "update", FAX_NUMBER, "--name", "x"]).failed(10, "recipient.unknown");
    city.say(&["admin", "update", "1217000098", "--fax", "04-7000-0992"])
        .failed(10, "command.nothing-to-do");
    city.say(&["admin", "update", "1217000098", "--no-fax"]).failed(2, "command.usage");

    city.does(&["admin", "suspend", "1217000098"]);
    let suspended = &found(&office, &["--fax-only"])[0];
    assert_eq!(
        (&suspended["standing"], &suspended["fax_only"]),
        (&json!("suspended"), &json!(true))
    );
    assert!(office.read(&["directory", "--fax-only"]).out.contains("利用停止中"));
    city.does(&["admin", "reinstate", "1217000098"]);
    assert_eq!(found(&office, &["--fax-only"])[0]["standing"], "fax-only");
}

#[test]
fn a_members_record_changes_and_its_keys_stay() {
    let town = Town::new();
    let (city, office, hospital) = (town.city(), town.office(), town.hospital());
    let before = town.sheet();
    let changed = city.does(&[
        "admin",
        "update",
        HOSPITAL.number,
        "--name",
        "流山つむぐ総合病院",
        "--kana",
        "ナガレヤマツムグソウゴウビョウイン",
        "--town",
        "流山市",
        "--telephone",
        "04-7000-0111",
        "--fax",
        "04-7000-0112",
    ]);
    assert_eq!(changed["committed"], true);
    let now = &found(&office, &["総合病院"])[0];
    assert_eq!((&now["telephone"], &now["town"]), (&json!("04-7000-0111"), &json!("流山市")));
    assert_eq!(now["formerly"][0]["name"], HOSPITAL.name);
    assert!(office.read(&["directory", "総合"]).out.contains("旧 formerly"));

    // The hospital's terminal, worker and keys go on; it is told of a record that it did not make.
    let told = hospital.say(&["ack", &before, "--comment", "受け取りました"]);
    assert_eq!(told.ended(0)["state"], "logged");
    assert!(told.err.contains("institution"), "{told:?}");
    let after = town.sheet();
    hospital.does(&["open", &after]);
    let file = hospital.file("a.evidence");
    office.does(&["evidence", &before, "--out", &file]);
    assert_eq!(office.say(&["verify", &file]).ended(4)["outcome"], "consistent-only");

    // Another's number, another's name, and a name with nothing said.
    let update =
        |arguments: &[&str]| city.say(&[&["admin", "update", HOSPITAL.number], arguments].concat());
    update(&["--new-number", OFFICE.number]).failed(3, "server.duplicate-number");
    update(&["--name", "訪問看護ステーションハタ"]).failed(3, "server.confusable-name");
    update(&[]).failed(10, "command.nothing-to-do");
    update(&["--new-number", "12"]).failed(2, "admin.odd-number");
    // A station that goes on under a new name says where it came from.
    city.does(&["admin", "update", STATION.number, "--predecessor", HOSPITAL.number]);
    assert_eq!(found(&office, &[STATION.number])[0]["predecessor"]["number"], HOSPITAL.number);
    assert_eq!(found(&office, &["総合"])[0]["successors"][0]["number"], STATION.number);
}

#[test]
fn two_administrators_sign_a_change_under_one_text() {
    let town = Town::new();
    let (city, second) = (town.city(), town.person("second"));
    let invited = city.does(&["admin", "invite", "--administrator"]);
    let asked = second.does(&["admin", "init", invited["code"].as_str().unwrap()]);
    let id = invited["invitation"].as_str().unwrap();
    city.does(&["admin", "approve", id, "--digits", asked["digits"].as_str().unwrap()]);
    second.does(&["admin", "init"]);

    let half = city.does(&["admin", "update", HOSPITAL.number, "--telephone", "04-7000-0177"]);
    assert_eq!(
        (&half["committed"], &half["signatures"], &half["needed"]),
        (&json!(false), &json!(1), &json!(2))
    );
    let waiting = second.does(&["admin", "pending"]);
    let detail = waiting["proposals"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("04-7000-0100 → 04-7000-0177"), "{detail}");
    assert_eq!(second.does(&["admin", "approve", HOSPITAL.number])["committed"], true);
    assert_eq!(found(&town.office(), &["0177"])[0]["number"], HOSPITAL.number);
    // The same command by both is the same text.
    let same = ["admin", "update", OFFICE.number, "--town", "柏市"];
    assert_eq!(second.does(&same)["committed"], false);
    assert_eq!(city.does(&same)["committed"], true);
}
