//! Proof for inspections, with the real programs: records of cases, the month's list, and counts for the
//! council.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/people.rs"]
mod people;

use serde_json::Value;

use people::{HOSPITAL, Institution, OFFICE, STATION, Town};

/// The city's own office, which reads letters, unlike the administrator.
const CITY_OFFICE: Institution = Institution {
    home: "city-office",
    number: "1200000009",
    name: "架空市介護支援課",
    kana: "かくうしかいごしえんか",
    kind: "municipality",
    telephone: "04-7000-0900",
    workers: &[("市川 一", "事務")],
};

const COMMENT: &str = "病棟へ渡します";

/// A case of the office with the hospital's notice of admission, and the sheet that answers it.
fn case_of_two_letters(town: &Town) -> (String, String) {
    let notice = town.form("notice-admission");
    let case =
        town.office().does(&["case", "new", "架空 花子さま"])["id"].as_str().unwrap().to_owned();
    let send = |form: &str, flag: &str| {
        let sent =
            town.office().does(&["send", "--to", HOSPITAL.number, flag, form, "--case", &case]);
        sent["letters"][0]["id"].as_str().unwrap().to_owned()
    };
    send(&notice, "--notice");
    let sheet = send(&town.form("admission-info"), "--sheet");
    town.hospital().does(&["inbox"]);
    town.hospital().does(&["open", &sheet]);
    town.hospital().does(&["ack", &sheet, "--comment", COMMENT]);
    (case, sheet)
}

fn texts(said: &Value, field: &str) -> Vec<String> {
    said[field].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_case_is_noted_recorded_and_verified_offline() {
    let mut town = Town::new();
    let (case, sheet) = case_of_two_letters(&town);
    let office = town.office();

    let noted = office.does(&["case", "note", &case]);
    let sentences = texts(&noted, "sentences");
    assert_eq!(sentences.len(), 2, "{sentences:?}");
    assert!(sentences[0].contains("受領確認は未"), "{sentences:?}");
    let (name, role) = HOSPITAL.workers[0];
    let receipt = format!("同{role} {name}氏が受領確認。");
    assert!(
        sentences[1].contains("入院時情報提供書") && sentences[1].contains(&receipt),
        "{sentences:?}"
    );
    assert!(sentences[1].contains(HOSPITAL.name), "{sentences:?}");
    assert_eq!(noted["copied"], false);
    assert_eq!(office.does(&["case", "note", &case, "--copied"])["noted"], true);
    assert_eq!(office.does(&["case", "note", &case])["copied"], true);

    let paper = office.file("case.pdf");
    let recorded = office.does(&["case", "record", &case, "--out", &paper]);
    let file = recorded["record"].as_str().unwrap().to_owned();
    let code = recorded["code"].as_str().unwrap().to_owned();
    let digest = recorded["digest"].as_str().unwrap().to_owned();
    assert!(std::fs::read(&paper).unwrap().starts_with(b"%PDF-1.7"));
    assert!(texts(&recorded, "missing").iter().any(|line| line.contains("受領確認がありません")));
    office.say(&["case", "record", &case, "--out", &paper]).failed(1, "file.exists");
    let evidence = office.file("sheet.evidence");
    office.does(&["evidence", &sheet, "--out", &evidence]);
    town.stop();

    let inspector = town.person("inspector");
    let verified = inspector.does(&["verify", &file, "--code", &code]);
    assert_eq!((&verified["kind"], &verified["code_compared"]), (&"record".into(), &true.into()));
    let letter = &verified["record"]["deliveries"][1];
    assert_eq!(letter["message"], sheet.as_str());
    assert_eq!(letter["answer"]["comment"], COMMENT);
    inspector.does(&["verify", &file, "--code", &digest]);
    inspector.does(&[
        "verify",
        &file,
        "--code",
        &format!("TSUMUGU/V1/RECORD:{}", digest.to_uppercase()),
    ]);
    assert_eq!(inspector.say(&["verify", &file]).ended(4)["code_compared"], false);

    // The sheet's own evidence has a code of its own, which the record shows too.
    let own = inspector.say(&["verify", &evidence]).ended(4)["code"].as_str().unwrap().to_owned();
    assert_eq!(
        inspector.say(&["verify", &evidence, "--code", &own]).ended(4)["code_compared"],
        true
    );
    for file in [&file, &evidence] {
        let other = if *file == evidence { &code } else { &own };
        inspector.say(&["verify", file, "--code", other]).failed(5, "verify.other-code");
    }
    inspector
        .say(&["verify", &file, "--fingerprint", &digest])
        .failed(2, "verify.record-is-no-evidence");

    // Spoilt: another time of the receipt is another record, and what is no record is refused.
    let text = std::fs::read_to_string(&file).unwrap();
    let spoilt = office.file("spoilt.record");
    std::fs::write(&spoilt, text.replace(COMMENT, "病棟へ渡しました")).unwrap();
    inspector.say(&["verify", &spoilt, "--code", &code]).failed(5, "verify.other-code");
    std::fs::write(&spoilt, text.replacen("  ", " ", 1)).unwrap();
    let said = inspector.say(&["verify", &spoilt, "--code", &code]);
    said.failed(5, "verify.record-refused");
    assert!(!said.err.contains("花子"), "{said:?}");
    assert_eq!(inspector.say(&["verify", &file, "--code", "AAAA"]).code, Some(2));
    assert!(!inspector.home.exists(), "it needs no vault");
}

#[test]
fn the_month_lists_what_is_missing_as_table_csv_and_pdf() {
    let town = Town::new();
    let (case, _) = case_of_two_letters(&town);
    let office = town.office();
    let (csv, pdf) = (office.file("month.csv"), office.file("month.pdf"));
    let report = office.does(&["report", "month", "--csv", &csv, "--out", &pdf]);
    let listed = report["cases"].as_array().unwrap();
    assert_eq!(listed.len(), 1, "{report}");
    assert_eq!(
        (&listed[0]["case"], &listed[0]["label"]),
        (&case.as_str().into(), &"架空 花子さま".into())
    );
    assert_eq!((&listed[0]["acknowledged"], &listed[0]["copied"]), (&true.into(), &false.into()));
    assert!(texts(&listed[0], "missing").iter().any(|line| line.contains("支援経過")));
    let table = std::fs::read(&csv).unwrap();
    assert!(table.starts_with("\u{feff}利用者,入院日,".as_bytes()));
    assert!(String::from_utf8(table).unwrap().contains("架空 花子さま"));
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF-1.7"));
    office.does(&["case", "note", &case, "--copied"]);
    assert_eq!(office.does(&["report", "month"])["cases"][0]["copied"], true);
    let before = office.does(&["report", "month", "2020-01"]);
    assert_eq!(before["cases"].as_array().unwrap().len(), 0);

    let year = office.does(&["report", "year"]);
    let counters = year["counters"].as_array().unwrap();
    assert!(
        counters.iter().any(|one| one["counter"] == "discharge-liaisons" && one["at_least"] == 35)
    );
    assert_eq!(year["partners"][0]["number"], HOSPITAL.number);
    assert_eq!(year["partners"][0]["letters"], 2);
    for person in [office, town.hospital()] {
        let said = person.read(&["report", "year"]);
        assert!(!said.out.contains("算定できます"), "{said:?}");
    }
}

#[test]
fn counts_go_to_the_city_and_nobody_is_named() {
    let town = Town::new();
    town.join(&CITY_OFFICE);
    let city = town.person(CITY_OFFICE.home);
    let office = town.office();
    let now = office.does(&["report", "month"])["month"].as_str().unwrap().to_owned();
    case_of_two_letters(&town);

    // Nobody takes them before the city says that it does.
    assert_eq!(office.does(&["report", "statistic"])["council"], Value::Null);
    office.say(&["report", "statistic", "--send"]).failed(10, "statistic.no-council");
    city.does(&["profile", "set", "--unit", "council=協議会事務局"]);
    let shown = office.does(&["report", "statistic", &now]);
    assert_eq!(shown["council"]["number"], CITY_OFFICE.number);
    // Two letters are too few to be told.
    assert_eq!(shown["statistic"]["cases"], "below-5");
    assert_eq!(shown["statistic"]["letters"]["total"], "withheld");
    office.say(&["report", "statistic", &now, "--send"]).failed(2, "statistic.not-over");

    // An office may keep its counts.
    assert_eq!(office.does(&["report", "statistic", "--off"])["on"], false);
    office.say(&["report", "statistic", "--send"]).failed(2, "statistic.is-off");
    assert_eq!(office.does(&["report", "statistic", "--on"])["on"], true);

    // Of the month that is over.
    for (sent, person) in
        [office.clone(), town.hospital(), town.person(STATION.home)].iter().enumerate()
    {
        let report = city.does(&["report", "council"]);
        let months = report["months"].as_array().unwrap();
        assert_eq!(months.last().unwrap()["institutions"], sent);
        let first = person.does(&["report", "statistic", "--send"]);
        assert_eq!(first["sent"], true);
        // Twice is once.
        person.does(&["report", "statistic", "--send"]);
    }
    let (csv, pdf) = (city.file("council.csv"), city.file("council.pdf"));
    let report = city.does(&["report", "council", "--csv", &csv, "--out", &pdf]);
    let month = report["months"].as_array().unwrap().last().unwrap();
    assert_eq!((&month["institutions"], &month["withheld"]), (&3.into(), &false.into()));
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF-1.7"));
    let table = String::from_utf8(std::fs::read(&csv).unwrap()).unwrap();
    for name in [OFFICE.name, HOSPITAL.name, STATION.name, "花子"] {
        assert!(!table.contains(name) && !report.to_string().contains(name), "{name}");
    }
    // They are nobody's mail.
    assert_eq!(city.does(&["inbox"])["messages"].as_array().unwrap().len(), 0);
    assert_eq!(city.does(&["inbox", "--all"])["messages"].as_array().unwrap().len(), 3);
    // Administrators read no letters: who makes the report is told.
    town.city().say(&["admin", "report"]).failed(2, "report.not-for-administrators");
}
