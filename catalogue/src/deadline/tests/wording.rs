//! What no sentence may say: that a fee is earned. And what each last day's sentence has to name.

use proptest::prelude::*;

use super::{compute, weekdays};
use crate::calendar::{ClosedFor, Closing, HolidayHabit};
use crate::deadline::{
    AdmissionRules, Note, Person, Provision, Said, Ward, When, assess, day_counts, differences,
    tests::rules,
};
use crate::{Anchor, Catalogue};

/// Words that would promise money.
const PROMISES: [&str; 16] = [
    "算定でき",
    "算定可",
    "算定しま",
    "算定され",
    "請求でき",
    "取得でき",
    "満たしてい",
    "満たしま",
    "認められ",
    " earn",
    "entitled",
    "can be claimed",
    "can claim",
    "will be paid",
    "eligible",
    "qualif",
];

#[track_caller]
fn modest(said: &Said) {
    for promise in PROMISES {
        assert!(!said.ja.contains(promise), "{}", said.ja);
        assert!(!said.en.to_lowercase().contains(promise), "{}", said.en);
    }
    assert!(said.ja.ends_with('。') && said.en.ends_with('.'), "{said:?}");
    assert!(said.en.is_ascii(), "{}", said.en);
    assert!(!said.ja.contains("。。") && !said.ja.contains("、、"), "{}", said.ja);
}

#[test]
fn the_sentences_of_the_worked_cases() {
    let office = weekdays(HolidayHabit::Closed, vec![Closing::day("2026-12-03".parse().unwrap())]);
    let mut text = String::new();
    for admitted in [
        "2026-11-24T10:00",
        "2026-11-24T20:00",
        "2026-12-01T20:00",
        "2026-11-27T10:00",
        "2026-11-27T20:00",
        "2026-11-28",
        "2026-11-23T10:00",
        "2026-11-24",
    ] {
        let computed = compute(admitted, &office);
        for said in [&computed.class_1.reason, &computed.class_2.reason] {
            modest(said);
            assert!(
                said.ja.contains("R6の規定（令和6年4月1日から") && said.ja.contains("要件となる")
            );
            text.push_str(&format!("{}\n{}\n", said.ja, said.en));
        }
    }
    insta::assert_snapshot!("worked_cases", text);
}

#[test]
fn every_note() {
    let day = "2026-11-24".parse().unwrap();
    let all = [
        Note::NoHour { closes: 1440 },
        Note::NoHours,
        Note::HolidayOpenQuestion { day, name: "勤労感謝の日" },
        Note::Planned,
        Note::LearntLate { learnt: day },
        Note::NoCareLevel,
        Note::OtherMonth { earlier: day },
        Note::NotAcknowledged,
        Note::AcknowledgedLate { acknowledged: day },
        Note::CareRecord,
    ];
    let mut text = String::new();
    for note in all {
        let said = note.said();
        modest(&said);
        let missing = if note.is_missing() { "missing" } else { "to know" };
        text.push_str(&format!("{} ({missing})\n  {}\n  {}\n", note.key(), said.ja, said.en));
    }
    insta::assert_snapshot!("notes", text);
}

#[test]
fn day_counts_name_their_rule_and_how_they_count() {
    let day = "2026-11-24".parse().unwrap();
    let count = |anchor, ward| day_counts(Catalogue::built_in(), anchor, day, ward, None);
    let mut text = String::new();
    for one in count(Anchor::Admission, None).iter().chain(&count(Anchor::Discharge, None)) {
        modest(&one.reason);
        text.push_str(&format!("{} {:?} {}\n", one.rule.id, one.ward, one.day));
        text.push_str(&format!("  {}\n  {}\n", one.reason.ja, one.reason.en));
    }
    insta::assert_snapshot!("day_counts", text);
}

#[test]
fn hospitals_have_three_and_seven_days_and_chronic_wards_fourteen() {
    let day = "2026-11-24".parse().unwrap();
    let days = |id: &str, act: crate::Act, ward, rule_set| -> Vec<String> {
        let all = day_counts(Catalogue::built_in(), Anchor::Admission, day, ward, rule_set);
        let here = all.iter().filter(|one| one.rule.id == id && one.act == act);
        here.map(|one| one.day.to_string()).collect()
    };
    use crate::Act::{Conference, FamilyMeeting, Screening};
    let (general, chronic) = (Some(Ward::General), Some(Ward::Chronic));
    assert_eq!(days("med.support.1", Screening, None, None), ["2026-11-26"]);
    assert_eq!(days("med.support.2", Screening, None, None), ["2026-11-30"]);
    assert_eq!(days("med.support.1", Conference, chronic, None), ["2026-11-30"]);
    assert_eq!(days("med.support.1", FamilyMeeting, general, None), ["2026-11-30"]);
    assert_eq!(days("med.support.1", FamilyMeeting, chronic, None), ["2026-12-07"]);
    assert_eq!(days("med.support.1", FamilyMeeting, None, None), ["2026-11-30", "2026-12-07"]);
    assert_eq!(days("med.support.1", Screening, None, Some("R6")), ["2026-11-26"]);
    assert_eq!(days("med.support.1", Screening, None, Some("R3")), Vec::<String>::new());
    let discharge = day_counts(Catalogue::built_in(), Anchor::Discharge, day, None, None);
    let letter = discharge.iter().find(|one| one.rule.id == "med.letter-cm").unwrap();
    assert_eq!(letter.day.to_string(), "2026-12-07");
    let interview = discharge.iter().find(|one| one.rule.id == "care.discharge.1i").unwrap();
    assert_eq!((interview.day.to_string().as_str(), interview.provisional), ("2026-11-30", true));
}

proptest! {
    #[test]
    fn no_sentence_of_any_case_promises(
        day in 1i8..29, month in 1i8..13, year in 2024i16..2030, hour in proptest::option::of(0i8..24),
        holidays in prop_oneof![Just(HolidayHabit::Closed), Just(HolidayHabit::Open), Just(HolidayHabit::NotTold)],
        sent in -10i32..10, acknowledged in proptest::option::of(0i32..5),
        level in prop_oneof![Just(None), Just(Some("要支援1")), Just(Some("要介護3"))],
        earlier in proptest::collection::vec(-40i32..40, 0..3),
        planned in any::<bool>(),
    ) {
        let date = jiff::civil::date(year, month, day);
        prop_assume!(date >= jiff::civil::date(2024, 4, 1));
        let after = |days: i32| date.checked_add(jiff::Span::new().days(days)).unwrap();
        let at = match hour {
            Some(hour) => When::at(date.at(hour, 30, 0, 0)),
            None => When::on(date),
        };
        let admission = crate::deadline::Admission { at, planned, learnt: Some(When::on(after(sent))) };
        let office = weekdays(holidays, vec![Closing::day(after(2))]);
        let by = |set| crate::deadline::deadlines(AdmissionRules::find(rules::with_next(), date, set).unwrap(), &admission, &office);
        let computed = by(None);
        let earlier: Vec<_> = earlier.into_iter().map(after).collect();
        let person = Person { care_level: level, earlier: &earlier };
        let acknowledged = acknowledged.map(|days| When::on(after(sent + days)));
        let provision = Provision { sent: When::on(after(sent)), acknowledged };
        for provision in [None, Some(&provision)] {
            let found = assess(&computed, &person, provision);
            modest(&found.reason);
            found.notes.iter().for_each(|note| modest(&note.said()));
        }
        computed.notes.iter().for_each(|note| modest(&note.said()));
        modest(&computed.class_1.reason);
        modest(&computed.class_2.reason);
        for one in differences(&by(Some("R6")), &by(Some("R9"))) {
            modest(&one.said);
        }
        // Why a day is closed is named in the sentence that moves for it.
        if let crate::deadline::Circumstance::ClosedDay(ClosedFor::Holiday(name)) = computed.circumstance {
            prop_assert!(computed.class_1.reason.ja.contains(name));
        }
    }
}
