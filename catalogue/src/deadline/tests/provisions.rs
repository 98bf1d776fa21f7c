//! What the time of a provision shows.

use jiff::civil::{Date, date};

use super::{compute, weekdays};
use crate::calendar::HolidayHabit;
use crate::deadline::{Person, Provision, Standing, When, assess};

fn sent(text: &str) -> Provision {
    Provision { sent: When::parse(text).unwrap(), acknowledged: None }
}

#[track_caller]
fn standing(admitted: &str, sent_at: &str, level: &str, earlier: &[Date]) -> Standing {
    let computed = compute(admitted, &weekdays(HolidayHabit::Closed, vec![]));
    let person = Person { care_level: Some(level), earlier };
    assess(&computed, &person, Some(&sent(sent_at))).standing
}

#[test]
fn the_day_of_sending_decides_the_class() {
    let by = |sent| standing("2026-11-27T20:00", sent, "要介護2", &[]);
    for (sent, class) in [
        ("2026-11-22T09:00", Standing::Class1),
        ("2026-11-27T23:59", Standing::Class1),
        ("2026-11-28T23:59:59+09:00", Standing::Class1),
        ("2026-11-29T00:00", Standing::Class2),
        ("2026-11-28T15:00:00Z", Standing::Class2),
        ("2026-11-30T23:59", Standing::Class2),
        ("2026-12-01T00:00", Standing::Past),
        ("2026-11-30", Standing::Class2),
    ] {
        assert_eq!(by(sent), class, "{sent}");
    }
}

#[test]
fn a_planned_admission_is_kept_by_a_sheet_of_five_days_before() {
    for admitted in ["2026-11-24T10:00", "2026-11-28", "2026-11-23T23:00"] {
        assert_eq!(standing(admitted, "2026-11-18T10:00", "要介護1", &[]), Standing::Class1);
    }
}

#[test]
fn support_levels_and_programme_users_have_no_such_add_on() {
    for level in ["要支援1", "要支援2", "事業対象者"] {
        let found = standing("2026-11-24T10:00", "2026-11-24T11:00", level, &[]);
        assert_eq!(found, Standing::NotCovered, "{level}");
    }
    for level in ["要介護1", "要介護5", "申請中"] {
        let found = standing("2026-11-24T10:00", "2026-11-24T11:00", level, &[]);
        assert_eq!(found, Standing::Class1, "{level}");
    }
}

#[test]
fn once_a_month_also_after_a_transfer() {
    // Admitted on 3 November, transferred on the 10th: the next hospital gets the sheet, too.
    let first = date(2026, 11, 3);
    let computed = compute("2026-11-10T10:00", &weekdays(HolidayHabit::Closed, vec![]));
    let person = Person { care_level: Some("要介護2"), earlier: &[first] };
    let found = assess(&computed, &person, Some(&sent("2026-11-10T11:00")));
    assert_eq!(found.standing, Standing::MonthUsed { earlier: first });
    assert!(found.reason.ja.contains("転院") && found.reason.en.contains("transfer"));
    assert_eq!(assess(&computed, &person, None).standing, Standing::MonthUsed { earlier: first });
    // In the next month it is free again; late stays late.
    let december = standing("2026-12-01T10:00", "2026-12-01T11:00", "要介護2", &[first]);
    assert_eq!(december, Standing::Class1);
    let late = standing("2026-11-10T10:00", "2026-11-20T10:00", "要介護2", &[first]);
    assert_eq!(late, Standing::Past);
    let a_year_ago = date(2025, 11, 10);
    let free = standing("2026-11-10T10:00", "2026-11-10T11:00", "要介護2", &[a_year_ago]);
    assert_eq!(free, Standing::Class1);
}

#[test]
fn another_month_of_the_provision_is_said() {
    let computed = compute("2026-11-30T20:00", &weekdays(HolidayHabit::Closed, vec![]));
    let earlier = [date(2026, 12, 1)];
    let person = Person { care_level: Some("要介護2"), earlier: &earlier };
    let found = assess(&computed, &person, Some(&sent("2026-12-01T11:00")));
    assert_eq!(found.standing, Standing::Class1);
    assert!(found.notes.iter().any(|note| note.key() == "other-month"));
}

#[test]
fn acknowledgement_is_shown_apart_and_moves_nothing() {
    let computed = compute("2026-11-24T10:00", &weekdays(HolidayHabit::Closed, vec![]));
    let person = Person { care_level: Some("要介護2"), earlier: &[] };
    let keys = |acknowledged: Option<&str>| {
        let acknowledged = acknowledged.map(|text| When::parse(text).unwrap());
        let provision = Provision { acknowledged, ..sent("2026-11-24T17:00") };
        let found = assess(&computed, &person, Some(&provision));
        assert_eq!(found.standing, Standing::Class1);
        found.notes.iter().map(|note| note.key()).collect::<Vec<_>>()
    };
    assert_eq!(keys(None), ["not-acknowledged", "care-record"]);
    assert_eq!(keys(Some("2026-11-24T17:20")), ["care-record"]);
    assert_eq!(keys(Some("2026-11-25T08:40")), ["acknowledged-late", "care-record"]);
    let unsaid = assess(&computed, &Person::default(), None);
    assert_eq!((unsaid.standing, unsaid.notes.len()), (Standing::NotSent, 1));
    assert_eq!(unsaid.notes[0].key(), "no-care-level");
}
