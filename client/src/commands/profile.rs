//! `tsumugu profile`: units, business hours and closing days, which the institution itself publishes.

use serde::Serialize;
use tsumugu_catalogue::calendar::HolidayHabit as Habit;
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::statement::{Day, Profile, sign};
use tsumugu_trust::value::{Time, Unit};

use super::directory::{ListedHours, ListedUnit};
use super::mail::exchange_mail;
use super::office::write;
use crate::args::{HolidayHabit, ProfileSetArgs};
use crate::casefile::{HOLIDAYS, holiday_habit};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::hours;
use crate::jst;
use crate::messages::Sentence;
use crate::office::{Key, get};
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

/// Closing days are kept in a profile for so long after they have passed: whether an admission on such
/// a day was on a business day is asked later.
pub const CLOSED_DAYS_KEPT: i32 = 60;

/// Outcome of the commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownProfile {
    /// Version of the profile.
    pub version: u64,
    /// Units; `main` is one of them.
    pub units: Vec<ListedUnit>,
    /// Business hours.
    pub hours: Vec<ListedHours>,
    /// Closing days (ISO 8601).
    pub closed: Vec<String>,
    /// `open` or `closed` on national holidays, as this office noted for itself; nothing where it did not.
    pub holidays: Option<&'static str>,
    /// Whether it is open now, holidays not regarded; nothing without hours.
    pub open: Option<bool>,
    /// Index in the log of what was published now; nothing where it was only shown.
    pub index: Option<u64>,
    #[serde(skip)]
    at: Option<Time>,
    #[serde(skip)]
    week: String,
}

/// Shows the newest profile that the log has.
///
/// # Errors
/// An alarm; this vault is no institution's.
pub async fn show(ctx: &Context) -> Result<ShownProfile, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    match session.sync().await {
        Ok(_) => {}
        Err(failure) if failure.exit() == Exit::Unreachable && session.chain().last().is_some() => {
            ctx.note(failure.sentence());
        }
        Err(failure) => return Err(failure),
    }
    shown(&session, newest(&session)?, ctx.now())
}

/// Publishes the next version. It counts from its leaf on: who looked before sends to a unit that is
/// gone, and is refused by the exchange.
///
/// # Errors
/// It would be what it is already; a unit to remove is not there; the rules of a profile; the exchange
/// refuses, or its receipt does not prove it.
pub async fn set(ctx: &Context, args: &ProfileSetArgs) -> Result<ShownProfile, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    if let Some(habit) = args.holidays {
        note_holidays(&mut session, habit, args.worker.as_deref()).await?;
        let nothing_else = ProfileSetArgs { holidays: None, worker: None, ..args.clone() };
        if nothing_else == ProfileSetArgs::default() {
            return shown(&session, newest(&session)?, ctx.now());
        }
    }
    let rpc = session.connect().await?;
    session.sync().await?;
    let profile = next(newest(&session)?, args, ctx.now())?;
    let key = session.identity().terminal()?.institution_key(session.origin())?;
    let mine = sign(session.origin(), &profile, &[&key])
        .map_err(|error| Failure::usage("profile set").because(error))?;
    // Known before it is sent: a crash after it does not make our own record a strange one.
    session.expect_own([mine.digest()])?;
    let request = v1::PublishStatementRequest { statement: mine.bytes().into() };
    let answer = rpc.publish_statement(request).await?;
    let verified = session.verify_answer(answer.receipt.as_ref(), Some(&mine.bytes())).await?;
    let mut outcome = shown(&session, &profile, ctx.now())?;
    (outcome.index, outcome.at) = (Some(verified.at.index), Some(verified.at.time));
    Ok(outcome)
}

/// Keeps for every PC of the office what it does on national holidays. No other office needs to know it,
/// so it is a note and no part of the profile.
async fn note_holidays(
    session: &mut Session<'_>,
    habit: HolidayHabit,
    worker: Option<&str>,
) -> Result<(), Failure> {
    let mail = exchange_mail(session).await?;
    let key = Key::Note(HOLIDAYS.to_owned());
    let revision = get(session.vault(), &key)?.map_or(1, |kept| kept.entry.revision() + 1);
    let word = match habit {
        HolidayHabit::Open => "open",
        HolidayHabit::Closed => "closed",
    };
    let value = word.as_bytes().to_vec().into();
    let note = v1::Note { name: HOLIDAYS.to_owned(), revision, value };
    write(session, &mail, worker, Said::Note(note)).await.map(|_| ())
}

fn newest<'s>(session: &'s Session<'_>) -> Result<&'s Profile, Failure> {
    let own = session.identity().terminal()?.institution;
    let profile = session.directory().member(own).and_then(|member| member.profile());
    profile.ok_or_else(Failure::enrolment_pending)
}

/// The next version of a profile.
fn next(before: &Profile, args: &ProfileSetArgs, now: Time) -> Result<Profile, Failure> {
    let mut units = before.units.clone();
    for gone in &args.remove_unit {
        if *gone == Unit::main() {
            return Err(Failure::new("profile.main-stays"));
        }
        let place = units.iter().position(|unit| unit.unit == *gone);
        let place = place.ok_or_else(|| Failure::new("profile.no-such-unit").with("unit", gone))?;
        units.remove(place);
    }
    for given in &args.unit {
        match units.iter_mut().find(|unit| unit.unit == given.unit) {
            Some(known) => known.name = given.name.clone(),
            None => units.push(given.clone()),
        }
    }
    let given = args.hours.iter().flat_map(|span| span.0.iter().cloned()).collect::<Vec<_>>();
    let hours = match (given.is_empty(), args.no_hours) {
        (false, _) => given,
        (true, true) => Vec::new(),
        (true, false) => before.hours.clone(),
    };
    let today = jst::civil(now).date();
    let is_past = |day: &Day| today.since(day.0).is_ok_and(|ago| ago.get_days() > CLOSED_DAYS_KEPT);
    let mut closed: Vec<Day> = before.closed.iter().chain(&args.closed).cloned().collect();
    closed.retain(|day| !args.not_closed.contains(day) && !is_past(day));
    closed.sort_by_key(|day| day.0);
    closed.dedup();
    let same = (&units, &hours, &closed) == (&before.units, &before.hours, &before.closed);
    if same {
        return Err(Failure::nothing_to_do("profile"));
    }
    let (institution, version) = (before.institution, before.version + 1);
    Ok(Profile { institution, version, units, hours, closed })
}

fn shown(session: &Session<'_>, profile: &Profile, now: Time) -> Result<ShownProfile, Failure> {
    let holidays = match holiday_habit(session.vault())? {
        Habit::Open => Some("open"),
        Habit::Closed => Some("closed"),
        Habit::NotTold => None,
    };
    Ok(ShownProfile {
        holidays,
        version: profile.version,
        units: profile.units.iter().map(Into::into).collect(),
        hours: profile.hours.iter().map(Into::into).collect(),
        closed: profile.closed.iter().map(|day| day.0.to_string()).collect(),
        open: hours::open_state(profile, now).is_open(),
        index: None,
        at: None,
        week: hours::week(&profile.hours),
    })
}

impl Outcome for ShownProfile {
    fn lines(&self, page: &mut Page) {
        if let (Some(index), Some(at)) = (self.index, self.at) {
            let said = Sentence::new("profile.published").with("version", self.version);
            page.say(&said.with("index", index).with("time", jst::show(at)));
        }
        page.row("部署 units");
        self.units.iter().for_each(|unit| page.row(&format!("    {}  {}", unit.unit, unit.name)));
        let or_none = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        page.row(&format!("営業時間 hours: {}", or_none(&self.week)));
        let holidays = match self.holidays {
            Some("open") => "営業 open",
            Some(_) => "休業 closed",
            None => "-（profile set --holidays）",
        };
        page.row(&format!("国民の祝日 national holidays: {holidays}"));
        page.row(&format!("休業日 closed: {}", or_none(&self.closed.join(", "))));
    }
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::statement::{Hours, NamedUnit};
    use tsumugu_trust::value::{Id, Value};

    use super::*;
    use crate::args::HoursSpan;

    fn unit(text: &str) -> NamedUnit {
        NamedUnit::decode(text).unwrap()
    }

    fn day(text: &str) -> Day {
        Day::decode(text).unwrap()
    }

    fn hours(text: &str) -> Hours {
        Hours::decode(text).unwrap()
    }

    fn before() -> Profile {
        Profile {
            institution: Id([7; 16]),
            version: 4,
            units: vec![unit("main 代表"), unit("ward-3 3階病棟")],
            hours: vec![hours("mon 09:00-18:00")],
            closed: vec![day("2026-08-01"), day("2026-10-01")],
        }
    }

    fn now() -> Time {
        jst::parse("2026-11-22 10:00").unwrap()
    }

    #[test]
    fn what_is_given_changes_and_the_rest_stays() {
        let args = ProfileSetArgs {
            unit: vec![unit("renkei 地域連携室"), unit("main 受付")],
            remove_unit: vec!["ward-3".parse().unwrap()],
            closed: vec![day("2026-12-31"), day("2026-12-31")],
            not_closed: vec![day("2026-10-01")],
            ..ProfileSetArgs::default()
        };
        let next = next(&before(), &args, now()).unwrap();
        assert_eq!(next.version, 5);
        assert_eq!(next.units, [unit("main 受付"), unit("renkei 地域連携室")]);
        assert_eq!(next.hours, before().hours);
        // 2026-08-01 is long past.
        assert_eq!(next.closed, [day("2026-12-31")]);
    }

    #[test]
    fn hours_are_given_as_a_whole_or_taken_out() {
        let span = HoursSpan(vec![hours("tue 08:30-17:30")]);
        let args = ProfileSetArgs { hours: vec![span.clone()], ..ProfileSetArgs::default() };
        assert_eq!(next(&before(), &args, now()).unwrap().hours, span.0);
        let args = ProfileSetArgs { no_hours: true, ..ProfileSetArgs::default() };
        assert_eq!(next(&before(), &args, now()).unwrap().hours, []);
    }

    #[test]
    fn a_closing_day_stays_sixty_days() {
        let kept = |today: &str| {
            let args = ProfileSetArgs { no_hours: true, ..ProfileSetArgs::default() };
            let now = jst::parse(&format!("{today} 10:00")).unwrap();
            next(&before(), &args, now).unwrap().closed.contains(&day("2026-10-01"))
        };
        assert!(kept("2026-11-30"));
        assert!(!kept("2026-12-01"));
    }

    #[test]
    fn what_cannot_be() {
        let key = |args: &ProfileSetArgs| next(&before(), args, now()).unwrap_err().key();
        let remove = |unit: &str| ProfileSetArgs {
            remove_unit: vec![unit.parse().unwrap()],
            ..ProfileSetArgs::default()
        };
        assert_eq!(key(&remove("main")), "profile.main-stays");
        assert_eq!(key(&remove("ward-9")), "profile.no-such-unit");
        let recent = Profile { closed: vec![day("2026-10-01")], ..before() };
        let same = next(&recent, &ProfileSetArgs::default(), now()).unwrap_err();
        assert_eq!(same.key(), "command.nothing-to-do");
    }
}
