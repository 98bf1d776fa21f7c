//! Units, business hours and closing days: published by the institution, seen and used by the others.

use serde_json::json;

use crate::people::{HOSPITAL, Town};

#[test]
fn a_unit_is_published_sent_to_and_told_apart() {
    let town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let form = town.form("notice-admission");
    let shown = hospital.does(&["profile", "show"]);
    assert_eq!((&shown["version"], &shown["units"][0]["unit"]), (&json!(1), &json!("main")));
    let set = hospital.does(&[
        "profile",
        "set",
        "--unit",
        "renkei=地域連携室",
        "--unit",
        "ward-3=3階病棟",
        "--hours",
        "mon-fri 08:30-17:30",
        "--hours",
        "sat 09:00-12:30",
        "--closed",
        "2099-12-31",
    ]);
    assert_eq!((&set["version"], set["index"].is_u64()), (&json!(2), true));
    // What this PC published is not a strange record.
    let said = hospital.say(&["inbox"]);
    assert!(!said.err.contains("警告"), "{said:?}");

    let listed = office.does(&["directory", "--unit", "連携"]);
    let hours = &listed["institutions"][0]["hours"];
    assert_eq!((hours.as_array().unwrap().len(), &hours[5]["until"]), (6, &json!("12:30")));
    let text = office.read(&["directory", "--unit", "ward-3"]).out;
    for part in ["renkei  地域連携室", "月〜金 08:30〜17:30、土 09:00〜12:30", "2099-12-31"]
    {
        assert!(text.contains(part), "{text}");
    }

    let to = format!("{}/renkei", HOSPITAL.number);
    assert_eq!(
        office.does(&["send", "--to", &to, "--notice", &form])["letters"][0]["unit"],
        "renkei"
    );
    let ward = ["send", "--to", HOSPITAL.number, "--unit", "ward-3", "--notice", &form];
    assert_eq!(office.does(&ward)["letters"][0]["unit"], "ward-3");
    let wrong =
        office.say(&["send", "--to", HOSPITAL.number, "--unit", "ward-9", "--notice", &form]);
    wrong.failed(10, "recipient.unknown-unit");
    let message = &wrong.json()["error"]["ja"];
    assert!(message.as_str().unwrap().contains("renkei 地域連携室"), "{message}");

    assert_eq!(hospital.does(&["inbox"])["messages"].as_array().unwrap().len(), 2);
    let ward = hospital.does(&["inbox", "--unit", "ward-3"]);
    let ward = ward["messages"].as_array().unwrap();
    assert_eq!(
        (ward.len(), &ward[0]["unit"], &ward[0]["unit_name"]),
        (1, &json!("ward-3"), &json!("3階病棟"))
    );
    assert!(hospital.read(&["inbox", "--unit", "renkei"]).out.contains("宛 for: 地域連携室"));

    // A unit that is gone is refused from then on; what came for it stays.
    hospital.does(&["profile", "set", "--remove-unit", "ward-3", "--no-hours"]);
    let gone = ["send", "--to", HOSPITAL.number, "--unit", "ward-3", "--notice", &form];
    office.say(&gone).failed(10, "recipient.unknown-unit");
    assert_eq!(
        hospital.does(&["inbox", "--unit", "ward-3"])["messages"].as_array().unwrap().len(),
        1
    );
    let listed = office.does(&["directory", HOSPITAL.number]);
    assert_eq!(listed["institutions"][0]["open"], json!(null));
    hospital.say(&["profile", "set", "--remove-unit", "main"]).failed(2, "profile.main-stays");
    hospital.say(&["profile", "set", "--remove-unit", "x"]).failed(10, "profile.no-such-unit");
    hospital.say(&["profile", "set", "--no-hours"]).failed(10, "command.nothing-to-do");
    let many: Vec<String> = (0..40).map(|n| format!("--unit=u{n}=部署{n}")).collect();
    let many: Vec<&str> =
        ["profile", "set"].into_iter().chain(many.iter().map(String::as_str)).collect();
    hospital.say(&many).failed(2, "command.usage");
}
