//! An institution on FAX becomes a member under its number.

use serde_json::json;

use crate::people::{HOSPITAL, Institution, Town};

const CLINIC: Institution = Institution {
    home: "clinic",
    number: "1217000099",
    name: "架空診療所",
    kana: "かくうしんりょうじょ",
    kind: "clinic",
    telephone: "04-7000-0990",
    workers: &[("高橋 一", "医師")],
};

/// The city lists it, as it stood on the FAX list.
fn list_for_fax(town: &Town) {
    let i = CLINIC;
    let listed = town.city().say(&[
        "admin",
        "invite",
        "--fax-only",
        "--number",
        i.number,
        "--name",
        "架空しんりょうじょ",
        "--kana",
        i.kana,
        "--kind",
        i.kind,
        "--telephone",
        i.telephone,
        "--fax",
        "04-7000-0991",
    ]);
    assert_eq!(listed.ended(0)["committed"], true);
}

#[test]
fn an_entry_for_fax_becomes_a_member_under_its_number() {
    let town = Town::new();
    let (office, clinic) = (town.office(), town.person(CLINIC.home));
    list_for_fax(&town);
    let before = office.does(&["directory", "--fax-only"]);
    let before = before["institutions"][0].clone();
    assert_eq!(before["number"], CLINIC.number);

    let code = town.invite(&CLINIC);
    let asked = town.ask_to_join(&CLINIC, &code);
    // Meanwhile the city corrects the entry: the record that admits is the next one again.
    town.city().does(&["admin", "update", CLINIC.number, "--town", "流山市平和台"]);
    let digits = asked["digits"].as_str().unwrap();
    town.city().does(&["admin", "approve", CLINIC.number, "--digits", digits]);
    let joined = clinic.say(&["enroll"]);
    assert_eq!(joined.ended(0)["strange"], 0);
    assert!(!joined.err.contains("このPCの知らない記録"), "{}", joined.err);
    assert_eq!(clinic.say(&["inbox"]).err, "");

    // The same institution, by the name of its own paper, and a member.
    assert_eq!(office.does(&["directory", "--fax-only"])["institutions"], json!([]));
    let now = office.does(&["directory", CLINIC.name]);
    let now = now["institutions"][0].clone();
    assert_eq!((&now["number"], &now["standing"]), (&json!(CLINIC.number), &json!("active")));
    assert_eq!(now["id"], before["id"]);
    assert_eq!(now["formerly"][0]["name"], "架空しんりょうじょ");
    let form = town.form("notice-admission");
    let sent = office.does(&["send", "--to", CLINIC.number, "--notice", &form]);
    let id = sent["letters"][0]["id"].as_str().unwrap();
    assert_eq!(clinic.does(&["ack", id])["state"], "logged");
    let file = office.file("joined.evidence");
    office.does(&["evidence", id, "--out", &file]);
    assert_eq!(office.say(&["verify", &file]).ended(4)["answers"][0]["answer"], "acknowledged");
    for pc in [&office, &clinic] {
        pc.does(&["log", "verify"]);
    }

    // Whoever is a member is not invited again, and no longer listed for FAX.
    let again = Institution { home: "other", ..CLINIC };
    for number in [again.number, HOSPITAL.number] {
        let said = town.city().say(&[
            "admin",
            "invite",
            "--number",
            number,
            "--name",
            "別の診療所",
            "--kana",
            "べつ",
            "--kind",
            "clinic",
            "--telephone",
            "04-7000-0990",
        ]);
        said.failed(3, "server.duplicate-number");
    }
}

#[test]
fn a_suspended_entry_is_reinstated_before_it_is_invited() {
    let town = Town::new();
    list_for_fax(&town);
    town.city().does(&["admin", "suspend", CLINIC.number]);
    let said = town.city().say(&[
        "admin",
        "invite",
        "--number",
        CLINIC.number,
        "--name",
        CLINIC.name,
        "--kana",
        CLINIC.kana,
        "--kind",
        CLINIC.kind,
        "--telephone",
        CLINIC.telephone,
    ]);
    said.failed(3, "admin.listed-suspended");
}
