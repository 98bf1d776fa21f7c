//! Cases as they go, and that the order of events does not matter.

use jiff::civil::{DateTime, Weekday, date};
use proptest::prelude::*;

use super::*;
use crate::calendar::{HolidayHabit, Span};
use crate::deadline::Standing;
use crate::national_holiday;

const CARE: &[&str] = &["care-manager"];
const HOSPITAL: &[&str] = &["hospital-liaison", "ward-nurse", "hospital-doctor"];

fn calendar() -> OfficeCalendar {
    use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    let week = [Monday, Tuesday, Wednesday, Thursday, Friday];
    let week = week.into_iter().filter_map(|day| Span::new(day, 540, 1_080)).collect();
    OfficeCalendar::new(week, Vec::new(), HolidayHabit::Closed, national_holiday).unwrap()
}

/// Day and hour in November 2026; the 24th is a Tuesday and a business day.
fn at(day: i8, hour: i8) -> DateTime {
    let (month, day) = if day > 30 { (12, day - 30) } else { (11, day) };
    date(2026, month, day).at(hour, 0, 0, 0)
}

/// A care office; the person was admitted on the 24th at ten.
fn case<'a>(calendar: &'a OfficeCalendar, roles: &'a [&'a str], now: DateTime) -> Case<'a> {
    Case {
        roles,
        pattern: None,
        admitted: Some(When::at(at(24, 10))),
        planned: false,
        learnt: Some(When::at(at(24, 11))),
        care_level: None,
        discharge: None,
        conference: None,
        now,
        calendar,
    }
}

fn letter(key: &str, form: &str, by_care: bool, ours: bool, at: DateTime) -> Letter {
    let roles = |roles: &[&str]| roles.iter().map(|role| (*role).to_owned()).collect();
    let (from, to) = if by_care { (CARE, HOSPITAL) } else { (HOSPITAL, CARE) };
    Letter {
        at,
        key: key.to_owned(),
        form: form.to_owned(),
        from: roles(from),
        to: roles(to),
        ours,
        acknowledged: None,
        failed: false,
    }
}

fn record(step: &str, at: DateTime, what: Recorded) -> Event {
    let (key, ours) = (format!("r-{step}"), true);
    Event::Record(Record { at, key, step: step.to_owned(), ours, what })
}

fn of<'c>(case: &Case<'_>, events: &[Event]) -> Timeline<'c> {
    timeline(Catalogue::built_in(), case, events)
}

fn row<'a, 'c>(timeline: &'a Timeline<'c>, step: &str) -> &'a Row<'c> {
    timeline.rows().find(|row| row.step.id == step).unwrap()
}

fn state(timeline: &Timeline<'_>, step: &str) -> State {
    row(timeline, step).state
}

#[test]
fn a_sheet_is_next_until_the_last_day_of_the_second_class_and_then_late() {
    let calendar = calendar();
    for (now, expected, day, then) in [
        (at(24, 12), State::Next, 24, Some(26)),
        (at(25, 12), State::Next, 26, None),
        (at(26, 23), State::Next, 26, None),
        (at(27, 0), State::Late, 26, None),
    ] {
        let timeline = of(&case(&calendar, CARE, now), &[]);
        let row = row(&timeline, "adm.send-info");
        assert_eq!((row.state, row.turn), (expected, Turn::Ours), "{now}");
        let due = row.due.as_ref().unwrap();
        assert_eq!((due.day, due.then.map(|day| day.day())), (date(2026, 11, day), then), "{now}");
        assert_eq!(due.provisional, row.why.ja.contains("【暫定】"), "{}", row.why.ja);
        let info = timeline.admission_info.unwrap();
        assert_eq!(info.assessment.standing, Standing::NotSent);
        assert!(info.said.ja.contains("まだ送った記録がありません"));
    }
}

#[test]
fn a_letter_does_its_step_and_its_receipt_is_the_other_sides_turn() {
    let calendar = calendar();
    let mut sheet = letter("a", "nagareyama-renkei", true, true, at(24, 15));
    let now = at(25, 9);
    let timeline = of(&case(&calendar, CARE, now), &[Event::Letter(sheet.clone())]);
    let sent = row(&timeline, "adm.send-info");
    assert_eq!((sent.state, sent.turn, sent.done_late), (State::Done, Turn::Nobody, false));
    assert!(sent.why.ja.contains("送った記録があります"));
    let receipt = row(&timeline, "adm.ack");
    assert_eq!((receipt.state, receipt.turn), (State::Late, Turn::Theirs));
    assert_eq!(receipt.due.as_ref().unwrap().day, date(2026, 11, 24));
    let info = timeline.admission_info.as_ref().unwrap();
    assert_eq!(info.assessment.standing, Standing::Class1);
    assert!(info.said.ja.contains("受領確認がまだありません"), "{}", info.said.ja);
    // The hospital sees the same letter, and that it is its own turn.
    let theirs = Letter { ours: false, ..sheet.clone() };
    let timeline = of(&case(&calendar, HOSPITAL, now), &[Event::Letter(theirs)]);
    assert_eq!(state(&timeline, "adm.send-info"), State::Done);
    assert_eq!(row(&timeline, "adm.ack").turn, Turn::Ours);
    assert!(timeline.admission_info.is_none());

    sheet.acknowledged = Some(at(24, 16));
    let timeline = of(&case(&calendar, CARE, now), &[Event::Letter(sheet.clone())]);
    assert_eq!(state(&timeline, "adm.ack"), State::Done);
    assert!(timeline.admission_info.unwrap().said.ja.contains("受領確認は"));
    // What did not reach the hospital did nothing.
    sheet.failed = true;
    let timeline = of(&case(&calendar, CARE, now), &[Event::Letter(sheet)]);
    assert_eq!(state(&timeline, "adm.send-info"), State::Next);
    assert_eq!(state(&timeline, "adm.ack"), State::Later);
}

#[test]
fn a_late_sheet_is_done_and_said_to_be_late() {
    let calendar = calendar();
    let sheet = letter("a", "mhlw-admission-info-r6", true, true, at(27, 9));
    let timeline = of(&case(&calendar, CARE, at(27, 10)), &[Event::Letter(sheet)]);
    let sent = row(&timeline, "adm.send-info");
    assert!(sent.state == State::Done && sent.done_late && sent.why.ja.contains("期限"));
    let info = timeline.admission_info.unwrap();
    assert_eq!(info.assessment.standing, Standing::Past);
    assert!(info.said.ja.contains("期限超過"));
}

#[test]
fn no_sentence_says_that_a_fee_is_earned() {
    let calendar = calendar();
    for now in [at(24, 12), at(30, 12)] {
        for events in
            [vec![], vec![Event::Letter(letter("a", "nagareyama-renkei", true, true, at(24, 12)))]]
        {
            let timeline = of(&case(&calendar, CARE, now), &events);
            let all = timeline.rows().map(|row| row.why.ja.clone());
            for said in all.chain(timeline.admission_info.iter().map(|info| info.said.ja.clone())) {
                assert!(!said.contains("算定"), "{said}");
            }
        }
    }
}

#[test]
fn either_sides_word_makes_the_others_needless() {
    let calendar = calendar();
    let now = at(24, 13);
    let empty = of(&case(&calendar, CARE, now), &[]);
    assert_eq!(state(&empty, "adm.notice"), State::Waiting);
    assert_eq!(state(&empty, "adm.cm-notice"), State::Next);
    assert_eq!(state(&empty, "adm.cm-identify"), State::Waiting);
    let ours = letter("a", "notice-admission", true, true, at(24, 12));
    let timeline = of(&case(&calendar, CARE, now), &[Event::Letter(ours)]);
    assert_eq!(state(&timeline, "adm.cm-notice"), State::Done);
    assert_eq!(state(&timeline, "adm.notice"), State::NotApplicable);
    assert_eq!(state(&timeline, "adm.cm-identify"), State::NotApplicable);
    // The sheet is wanted all the same.
    assert_eq!(state(&timeline, "adm.send-info"), State::Next);
}

#[test]
fn records_do_skip_and_end_steps() {
    let calendar = calendar();
    let now = at(25, 13);
    let events = [
        record("adm.stop-services", at(24, 12), Recorded::Done),
        record("adm.send-info", at(24, 12), Recorded::Skipped("client-refuses".to_owned())),
    ];
    let timeline = of(&case(&calendar, CARE, now), &events);
    let row = row(&timeline, "adm.send-info");
    assert_eq!(row.state, State::Skipped);
    assert_eq!(row.skipped, Some(("client-refuses".to_owned(), true)));
    assert!(row.why.ja.contains("本人・家族が望まない"));
    assert_eq!(state(&timeline, "adm.stop-services"), State::Done);
    // After a death nothing is left that a death makes needless.
    let died = record("x.death", at(25, 9), Recorded::Done);
    let timeline = of(&case(&calendar, CARE, now), &[died]);
    assert_eq!(state(&timeline, "adm.stop-services"), State::Late);
    assert_eq!(state(&timeline, "adm.send-info"), State::NotApplicable);
    assert_eq!(state(&timeline, "x.death"), State::Done);
    assert_eq!(state(&timeline, "x.er-transfer"), State::NotApplicable);
}

#[test]
fn patterns_and_phases_decide_what_is_for_a_case() {
    let calendar = calendar();
    let now = at(24, 12);
    let known = of(&case(&calendar, CARE, now), &[]);
    assert_eq!(state(&known, "in.new-user"), State::NotApplicable);
    assert_eq!(state(&known, "plan.notice"), State::NotApplicable);
    assert_eq!(state(&known, "peace.contract-consent"), State::NotApplicable);
    assert_eq!(state(&known, "adm.add-info"), State::AsNeeded);
    assert_eq!(state(&known, "pre.date"), State::Later);
    let new = Case { pattern: Some(Pattern::New), ..case(&calendar, CARE, now) };
    let new = of(&new, &[]);
    assert_eq!(state(&new, "adm.send-info"), State::NotApplicable);
    assert_eq!(state(&new, "in.new-user"), State::AsNeeded);
    // Planned for the 27th: word goes out before, and a sheet sent before is by the last day of (I).
    let planned = Case {
        planned: true,
        admitted: Some(When::on(date(2026, 11, 27))),
        ..case(&calendar, CARE, now)
    };
    let sheet = letter("a", "nagareyama-renkei", true, true, at(24, 12));
    let timeline = of(&planned, &[Event::Letter(sheet)]);
    assert_eq!(state(&timeline, "plan.send-info"), State::Done);
    assert_eq!(row(&timeline, "plan.notice").turn, Turn::Either);
    assert_eq!(timeline.admission_info.unwrap().assessment.standing, Standing::Class1);
    assert_eq!(state(&of(&planned, &[]), "adm.stop-services"), State::Later);
}

#[test]
fn the_discharge_moves_what_is_counted_from_it() {
    let calendar = calendar();
    let expected = |day, fixed| Some(Expected { when: When::on(date(2026, 12, day)), fixed });
    let now = at(30, 12);
    let mut one = case(&calendar, HOSPITAL, now);
    one.discharge = expected(10, false);
    let due = |case: &Case<'_>| row(&of(case, &[]), "pre.date").due.clone().unwrap();
    assert_eq!((due(&one).day, due(&one).provisional), (date(2026, 12, 3), true));
    one.discharge = expected(12, true);
    assert_eq!((due(&one).day, due(&one).provisional), (date(2026, 12, 5), false));
    // The word of the day itself is no earlier letter's doing.
    let notice = letter("d", "notice-discharge-date", false, true, now);
    let timeline = of(&one, &[Event::Letter(notice)]);
    assert_eq!(state(&timeline, "pre.date"), State::Done);
    assert_eq!(state(&timeline, "out.discharge"), State::Later);
    assert_eq!(state(&timeline, "after.first-visit"), State::Later);
}

#[test]
fn a_step_that_comes_again_is_due_again() {
    let calendar = calendar();
    let notice = Event::Letter(letter("d", "notice-discharge-date", false, false, at(25, 9)));
    let on = |now| {
        let timeline = of(&case(&calendar, CARE, now), std::slice::from_ref(&notice));
        (state(&timeline, "in.progress"), row(&timeline, "in.progress").due.clone().unwrap().day)
    };
    assert_eq!(on(at(39, 23)), (State::Done, date(2026, 12, 9)));
    assert_eq!(on(at(40, 0)), (State::Late, date(2026, 12, 9)));
}

#[test]
fn what_is_late_comes_first() {
    let calendar = calendar();
    let timeline = of(&case(&calendar, CARE, at(25, 9)), &[]);
    let pending = timeline.pending();
    let late = pending.iter().take_while(|row| row.state == State::Late).count();
    assert!(late > 0 && pending[late..].iter().all(|row| row.state != State::Late));
    assert_eq!(timeline.late(), late);
    assert_eq!(timeline.next().unwrap().step.id, "adm.stop-services");
    assert!(pending[late..].windows(2).all(|pair| {
        let day = |row: &Row<'_>| row.due.as_ref().map_or(date(9999, 1, 1), |due| due.day);
        day(pair[0]) <= day(pair[1])
    }));
}

fn any_event() -> impl Strategy<Value = Event> {
    let forms = [
        "nagareyama-renkei",
        "notice-admission",
        "notice-discharge-date",
        "notice-conference",
        "notice-death",
        "chiba-renkei-b",
        "?",
    ];
    let steps =
        ["adm.send-info", "adm.stop-services", "pre.conf", "x.death", "in.transfer", "no.such"];
    let letters = (0..3u8, 0..forms.len(), any::<bool>(), 20..40i8, any::<bool>(), any::<bool>())
        .prop_map(move |(key, form, by_care, day, acknowledged, failed)| {
            let mut letter = letter(&key.to_string(), forms[form], by_care, by_care, at(day, 9));
            letter.acknowledged = acknowledged.then(|| at(day, 10));
            letter.failed = failed;
            Event::Letter(letter)
        });
    let records = (0..steps.len(), 20..40i8, any::<bool>()).prop_map(move |(step, day, done)| {
        let what = if done { Recorded::Done } else { Recorded::Skipped("died".to_owned()) };
        record(steps[step], at(day, 9), what)
    });
    prop_oneof![letters, records]
}

proptest! {
    #[test]
    fn the_order_of_events_and_repeats_change_nothing(
        events in proptest::collection::vec(any_event(), 0..12),
        seed in any::<u64>(),
        now in 20..40i8,
        leaves in proptest::option::of(25..40i8),
        hospital in any::<bool>(),
    ) {
        let calendar = calendar();
        let roles = if hospital { HOSPITAL } else { CARE };
        let mut case = case(&calendar, roles, at(now, 12));
        case.discharge = leaves.map(|day| Expected { when: When::on(at(day, 0).date()), fixed: false });
        let mut other = events.clone();
        other.extend(events.first().cloned());
        let count = other.len().max(1);
        // A shuffle by a linear congruence: enough to move every event.
        for place in 0..other.len() {
            let to = (seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(place as u64) >> 33) as usize % count;
            other.swap(place, to);
        }
        let (one, two) = (of(&case, &events), of(&case, &other));
        let shown = |timeline: &Timeline<'_>| {
            let rows: Vec<String> = timeline.rows().map(|row| format!("{row:?}")).collect();
            (rows, timeline.admission_info.as_ref().map(|info| info.said.clone()))
        };
        prop_assert_eq!(shown(&one), shown(&two));
        for row in one.rows() {
            let turn = row.turn != Turn::Nobody;
            prop_assert_eq!(row.is_pending(), turn, "{}", row.step.id);
            prop_assert!(!row.why.ja.is_empty() && row.why.en.is_ascii(), "{}", row.step.id);
            prop_assert_eq!(row.state == State::Skipped, row.skipped.is_some());
        }
    }
}
