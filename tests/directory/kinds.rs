//! Every kind of institution joins, is found, receives and answers.

use serde_json::json;

use crate::people::{Institution, Town};

const fn institution(
    home: &'static str,
    kind: &'static str,
    number: &'static str,
    name: &'static str,
    kana: &'static str,
) -> Institution {
    const WORKERS: &[(&str, &str)] = &[("山田 一郎", "担当")];
    Institution { home, number, name, kana, kind, telephone: "04-7000-0500", workers: WORKERS }
}

/// All kinds but those that the town has already: hospital, care office and visiting nurse.
const OTHERS: [Institution; 7] = [
    institution("clinic", "clinic", "1217000011", "架空内科クリニック", "かくうないかくりにっく"),
    institution(
        "hokatsu",
        "community-support",
        "1207000012",
        "架空地域包括支援センター",
        "かくうちいきほうかつしえんせんたー",
    ),
    institution("pharmacy", "pharmacy", "1247000013", "架空薬局", "かくうやっきょく"),
    institution(
        "facility",
        "facility",
        "1257000014",
        "特別養護老人ホーム架空苑",
        "とくべつようごろうじんほーむかくうえん",
    ),
    institution("fire", "fire-service", "FIRE-119", "架空市消防本部", "かくうししょうぼうほんぶ"),
    institution(
        "shi",
        "municipality",
        "122203",
        "架空市役所介護支援課",
        "かくうしやくしょかいごしえんか",
    ),
    institution("ishikai", "association", "MED-1", "架空市医師会", "かくうしいしかい"),
];

#[test]
fn every_kind_joins_receives_and_answers() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    for one in &OTHERS {
        town.join(one);
    }
    let numbers = OTHERS.map(|one| one.number).join(",");
    let sent = office.does(&["send", "--to", &numbers, "--notice", &form]);
    let letters = sent["letters"].as_array().unwrap();
    assert_eq!(letters.len(), OTHERS.len());
    for (one, letter) in OTHERS.iter().zip(letters) {
        assert_eq!(
            (&letter["to"]["number"], &letter["state"]),
            (&json!(one.number), &json!("accepted"))
        );
        let (person, id) = (town.person(one.home), letter["id"].as_str().unwrap());
        assert_eq!(person.does(&["open", id])["form"], "notice-admission");
        let answered = person.does(&["ack", id, "--comment", "承知しました"]);
        assert_eq!(answered["state"], "logged", "{answered}");
    }
    let tracked = office.does(&["track"]);
    for message in tracked["messages"].as_array().unwrap() {
        assert_eq!(message["answer"], "acknowledged", "{message}");
    }
    // Each is found by its kind, in both languages, and by nothing else of the list.
    for one in &OTHERS {
        let listed = office.does(&["directory", "--kind", one.kind]);
        let found = listed["institutions"].as_array().unwrap();
        assert_eq!((found.len(), &found[0]["number"]), (1, &json!(one.number)));
        assert_eq!(
            (&found[0]["kind"], &found[0]["standing"]),
            (&json!(one.kind), &json!("active"))
        );
    }
    for (japanese, kind) in
        [("病院", "hospital"), ("訪問看護", "visiting-nurse"), ("消防", "fire-service")]
    {
        let listed = office.does(&["directory", "--kind", japanese]);
        assert_eq!(listed["institutions"][0]["kind"], kind);
        assert!(office.read(&["directory", "--kind", kind]).out.contains(japanese));
    }
}

#[test]
fn a_number_that_is_not_ten_digits_is_asked_about() {
    let town = Town::new();
    let invite = |number, kind, more: &[&str]| {
        let mut arguments = vec!["admin", "invite", "--number", number, "--kind", kind];
        arguments.extend([
            "--name",
            "新しい病院",
            "--kana",
            "あたらしい",
            "--telephone",
            "04-7000-0501",
        ]);
        arguments.extend(more);
        town.city().say(&arguments)
    };
    for wrong in ["121700099", "12170000999", "1217ABC009"] {
        invite(wrong, "hospital", &[]).failed(2, "admin.odd-number");
    }
    assert_eq!(invite("121700099", "hospital", &["--force"]).ended(0)["purpose"], "member");
    let kanji = ["admin", "invite", "--kana", "新病院"];
    let said = town.city().read(&kanji);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("ひらがなかカタカナ"), "{said:?}");
}
