//! `tsumugu deadline`: the last days of the add-on at admission. Needs neither vault nor network.

mod shown;

use tsumugu_catalogue::calendar::{HolidayHabit as Habit, MAX_CLOSINGS, OfficeCalendar};
use tsumugu_catalogue::deadline::{
    Admission, AdmissionRules, Assessment, DayCount, Deadlines, Person, Provision, Ward, assess,
    day_counts, deadlines, differences,
};
use tsumugu_catalogue::{Anchor, Catalogue, national_holiday};

use crate::args::{DeadlineArgs, HolidayHabit, WardArg};
use crate::context::Context;
use crate::failure::Failure;
use crate::hours;

pub use shown::{ShownAssessment, ShownClass, ShownCount, ShownDeadlines, ShownNote};

/// Runs the command.
///
/// # Errors
/// `deadline.no-rules`: no rule set is in force on the day of admission; `deadline.unknown-rule-set`;
/// `deadline.acknowledged-first`; `deadline.discharged-first`; `deadline.too-many-closings`.
pub fn run(ctx: &Context, args: &DeadlineArgs) -> Result<ShownDeadlines, Failure> {
    discharged_after_admission(args)?;
    let known = ctx.catalogues();
    let catalogue = known.newest().catalogue;
    let rules = rules(catalogue, args)?;
    let calendar = calendar(args)?;
    let admission = Admission { at: args.admitted, planned: args.planned, learnt: args.learnt };
    let computed = deadlines(rules, &admission, &calendar);
    let day = args.admitted.day;
    let in_force = AdmissionRules::find(catalogue, day, None);
    let other = in_force.filter(|_| !rules.holds_on(day));
    let changes =
        other.map(|rules| differences(&deadlines(rules, &admission, &calendar), &computed));
    let assessment = assessment(args, &computed)?;
    let others = others(catalogue, args);
    let mut shown = ShownDeadlines::new(&computed, &assessment, &others);
    shown.acknowledged = args.acknowledged.map(shown::written);
    shown.in_force = rules.holds_on(day);
    shown.differences =
        changes.unwrap_or_default().into_iter().map(|one| one.said.into()).collect();
    Ok(shown)
}

/// One may leave on the day of admission, not before.
fn discharged_after_admission(args: &DeadlineArgs) -> Result<(), Failure> {
    let admitted = args.admitted.day;
    match args.discharged.filter(|discharged| *discharged < admitted) {
        None => Ok(()),
        Some(discharged) => Err(Failure::new("deadline.discharged-first")
            .with("discharged", discharged)
            .with("admitted", admitted)),
    }
}

fn rules<'a>(catalogue: &'a Catalogue, args: &DeadlineArgs) -> Result<AdmissionRules<'a>, Failure> {
    let day = args.admitted.day;
    let found = AdmissionRules::find(catalogue, day, args.rule_set.as_deref());
    found.ok_or_else(|| {
        let sets = AdmissionRules::rule_sets(catalogue).join(", ");
        match &args.rule_set {
            Some(name) => Failure::new("deadline.unknown-rule-set").with("rule_set", name),
            None => Failure::new("deadline.no-rules").with("day", day),
        }
        .with("sets", sets)
    })
}

/// The office's calendar, as it was typed.
fn calendar(args: &DeadlineArgs) -> Result<OfficeCalendar, Failure> {
    let week = args.hours.iter().flat_map(|span| hours::spans(&span.0)).collect();
    let holidays = match args.holidays {
        None => Habit::NotTold,
        Some(HolidayHabit::Open) => Habit::Open,
        Some(HolidayHabit::Closed) => Habit::Closed,
    };
    let calendar = OfficeCalendar::new(week, args.closed.clone(), holidays, national_holiday);
    calendar.ok_or_else(|| Failure::new("deadline.too-many-closings").with("limit", MAX_CLOSINGS))
}

fn assessment(args: &DeadlineArgs, computed: &Deadlines) -> Result<Assessment, Failure> {
    let provision = args.sent.map(|sent| Provision { sent, acknowledged: args.acknowledged });
    if let Some(Provision { sent, acknowledged: Some(acknowledged) }) = provision
        && acknowledged.is_before(sent)
    {
        return Err(Failure::new("deadline.acknowledged-first"));
    }
    let person = Person { care_level: args.care_level.as_deref(), earlier: &args.earlier };
    Ok(assess(computed, &person, provision.as_ref()))
}

/// The other last days: of the hospital, and from the discharge.
fn others(catalogue: &Catalogue, args: &DeadlineArgs) -> Vec<DayCount> {
    let ward = args.ward.map(|ward| match ward {
        WardArg::General => Ward::General,
        WardArg::Chronic => Ward::Chronic,
    });
    let set = args.rule_set.as_deref();
    let count = |anchor, day| day_counts(catalogue, anchor, day, ward, set);
    let mut others = count(Anchor::Admission, args.admitted.day);
    others.extend(args.discharged.iter().flat_map(|day| count(Anchor::Discharge, *day)));
    others
}
