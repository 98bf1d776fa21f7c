//! The worked cases: who was admitted when, and what the last days are.

use jiff::civil::date;

use super::{compute, weekdays};
use crate::calendar::{Closing, HolidayHabit};
use crate::deadline::{AdmissionRules, Circumstance, When, deadlines, differences, tests};

/// The last days as ISO dates, (Ⅰ) and (Ⅱ).
fn days(admitted: &str, holidays: HolidayHabit, closings: &[&str]) -> (String, String) {
    let day = |text: &&str| Closing::day(text.parse().unwrap());
    let computed = compute(admitted, &weekdays(holidays, closings.iter().map(day).collect()));
    (computed.class_1.day.to_string(), computed.class_2.day.to_string())
}

#[track_caller]
fn is(admitted: &str, closings: &[&str], class_1: &str, class_2: &str) {
    let expected = (class_1.to_owned(), class_2.to_owned());
    assert_eq!(days(admitted, HolidayHabit::Closed, closings), expected, "{admitted}");
}

// 2026-11-24 is a Tuesday; 2026-11-23 a national holiday.

#[test]
fn tuesday_ten_o_clock_ends_on_tuesday_and_thursday() {
    is("2026-11-24T10:00", &[], "2026-11-24", "2026-11-26");
}

#[test]
fn tuesday_after_closing_ends_on_wednesday_and_thursday() {
    is("2026-11-24T20:00", &[], "2026-11-25", "2026-11-26");
}

#[test]
fn tuesday_after_closing_has_a_fourth_day_only_if_thursday_is_closed() {
    is("2026-11-24T20:00", &["2026-11-26"], "2026-11-25", "2026-11-27");
}

#[test]
fn friday_ten_o_clock_ends_on_friday_and_sunday_without_extension() {
    is("2026-11-27T10:00", &[], "2026-11-27", "2026-11-29");
}

#[test]
fn friday_after_closing_ends_on_saturday_not_the_next_business_day_and_on_monday() {
    is("2026-11-27T20:00", &[], "2026-11-28", "2026-11-30");
}

#[test]
fn saturday_ends_on_sunday_and_monday() {
    is("2026-11-28T11:00", &[], "2026-11-29", "2026-11-30");
    is("2026-11-28", &[], "2026-11-29", "2026-11-30");
}

#[test]
fn the_minute_decides_at_closing_time_and_at_midnight() {
    is("2026-11-24T17:59", &[], "2026-11-24", "2026-11-26");
    is("2026-11-24T18:00", &[], "2026-11-25", "2026-11-26");
    is("2026-11-24T23:59", &[], "2026-11-25", "2026-11-26");
    // Past midnight it is the next day's morning, before closing time.
    is("2026-11-25T00:00", &[], "2026-11-25", "2026-11-27");
    is("2026-11-24T15:00:00Z", &[], "2026-11-25", "2026-11-27");
    is("2026-11-24T07:00", &[], "2026-11-24", "2026-11-26");
}

#[test]
fn the_extension_is_one_calendar_day_also_when_that_is_closed() {
    is("2026-11-27T20:00", &["2026-11-30"], "2026-11-28", "2026-11-30");
    let open = HolidayHabit::Open;
    let expected = ("2026-11-21".to_owned(), "2026-11-23".to_owned());
    assert_eq!(days("2026-11-20T20:00", open, &[]), expected);
    assert_eq!(days("2026-11-20T20:00", HolidayHabit::Closed, &[]), expected);
}

#[test]
fn a_national_holiday_is_a_closed_day_where_the_office_says_so() {
    is("2026-11-23T10:00", &[], "2026-11-24", "2026-11-25");
    let open = ("2026-11-23".to_owned(), "2026-11-25".to_owned());
    assert_eq!(days("2026-11-23T10:00", HolidayHabit::Open, &[]), open);
    assert_eq!(days("2026-11-23T10:00", HolidayHabit::NotTold, &[]), open);
    let asked = compute("2026-11-23T10:00", &weekdays(HolidayHabit::NotTold, vec![]));
    assert_eq!(asked.notes[0].key(), "holiday-open-question");
}

#[test]
fn months_and_years_end_as_any_other_day() {
    is("2026-11-30T20:00", &[], "2026-12-01", "2026-12-02");
    is("2027-02-26T10:00", &[], "2027-02-26", "2027-02-28");
    // A leap year, and the made-up rules, by which (Ⅰ) has a day more.
    is("2028-02-28T10:00", &[], "2028-02-29", "2028-03-01");
}

#[test]
fn new_year_and_golden_week() {
    let closed = |from, until| weekdays(HolidayHabit::Closed, vec![Closing::Days { from, until }]);
    let new_year = closed(date(2026, 12, 29), date(2027, 1, 3));
    for (admitted, class_1, class_2) in [
        ("2026-12-28T10:00", date(2026, 12, 28), date(2026, 12, 30)),
        ("2026-12-28T19:00", date(2026, 12, 29), date(2026, 12, 31)),
        ("2026-12-30T10:00", date(2026, 12, 31), date(2027, 1, 1)),
        ("2026-12-31T23:30", date(2027, 1, 1), date(2027, 1, 2)),
        ("2027-01-03T10:00", date(2027, 1, 4), date(2027, 1, 5)),
    ] {
        let computed = compute(admitted, &new_year);
        assert_eq!((computed.class_1.day, computed.class_2.day), (class_1, class_2), "{admitted}");
    }
    let golden = closed(date(2026, 5, 2), date(2026, 5, 6));
    let computed = compute("2026-05-01T19:00", &golden);
    // Day 3 is Sunday the 3rd: one day more, not the first business day (7 May).
    assert_eq!(computed.class_1.day, date(2026, 5, 2));
    assert_eq!(computed.class_2.day, date(2026, 5, 4));
}

#[test]
fn an_unknown_hour_is_taken_as_before_closing_and_said() {
    let computed = compute("2026-11-24", &weekdays(HolidayHabit::Closed, vec![]));
    assert_eq!(computed.circumstance, Circumstance::HourNotTold { closes: 18 * 60 });
    assert_eq!(computed.class_1.day, date(2026, 11, 24));
    assert_eq!(computed.class_1.if_after_closing, Some(date(2026, 11, 25)));
    assert_eq!(computed.class_2.if_after_closing, None);
    assert_eq!(computed.notes[0].key(), "no-hour");
    let friday = compute("2026-11-27", &weekdays(HolidayHabit::Closed, vec![]));
    assert_eq!(friday.class_2.if_after_closing, Some(date(2026, 11, 30)));
}

#[test]
fn without_hours_nothing_is_extended_and_it_is_said() {
    let nothing =
        crate::calendar::OfficeCalendar::new(vec![], vec![], HolidayHabit::Open, super::labour_day)
            .unwrap();
    let computed = compute("2026-11-24T20:00", &nothing);
    assert_eq!(computed.class_1.day, date(2026, 11, 24));
    assert_eq!(computed.notes[0].key(), "no-hours");
}

#[test]
fn what_is_from_knowledge_is_provisional() {
    let late = compute("2026-11-27T20:00", &weekdays(HolidayHabit::Closed, vec![]));
    assert!(late.class_1.extended && late.class_2.extended);
    assert!(!late.class_1.provisional && !late.class_1.reason.ja.contains("暫定"));
    assert!(late.class_2.provisional && late.class_2.reason.ja.contains("【暫定】"));
}

#[test]
fn a_change_of_the_rules_shows_as_a_difference() {
    let book = tests::rules::with_next();
    let admission = tests::admitted("2027-04-06T10:00");
    let office = weekdays(HolidayHabit::Closed, vec![]);
    let find = |day, set| AdmissionRules::find(book, day, set);
    let by = |set| deadlines(find(admission.at.day, set).unwrap(), &admission, &office);
    let (then, now) = (by(Some("R6")), by(None));
    assert_eq!((then.rule_set.as_str(), now.rule_set.as_str()), ("R6", "R9"));
    let found = differences(&then, &now);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].before.1, found[0].after.1), (date(2027, 4, 6), date(2027, 4, 7)));
    assert!(found[0].said.ja.contains("R6") && found[0].said.en.contains("2027-04-07"));
    assert_eq!(differences(&now, &now), []);
    let last = compute("2027-03-31T20:00", &office);
    assert_eq!((last.class_1.rule.version.as_str(), last.class_1.day), ("R6", date(2027, 4, 1)));
    assert!(find(date(2024, 3, 31), None).is_none());
    assert_eq!(find(date(2027, 3, 31), None).unwrap().rule_set(), "R6");
    assert!(!find(date(2027, 4, 1), Some("R6")).unwrap().holds_on(date(2027, 4, 1)));
    assert_eq!(AdmissionRules::rule_sets(book), ["R6", "R9"]);
    assert!(find(admission.at.day, Some("R3")).is_none());
}

#[test]
fn learning_late_moves_nothing_and_is_said() {
    let mut admission = tests::admitted("2026-11-24T10:00");
    let office = weekdays(HolidayHabit::Closed, vec![]);
    let rules = AdmissionRules::find(tests::rules::with_next(), admission.at.day, None).unwrap();
    for (learnt, said) in [("2026-11-24T19:00", false), ("2026-11-25", true)] {
        admission.learnt = Some(When::parse(learnt).unwrap());
        let computed = deadlines(rules, &admission, &office);
        assert_eq!(computed.class_1.day, date(2026, 11, 24));
        let told = computed.notes.iter().any(|note| note.key() == "learnt-late");
        assert_eq!(told, said, "{learnt}");
    }
}
