//! A case put into the flow: what the timeline engine is told of it.

use jiff::civil::Date;
use tsumugu_catalogue::calendar::{Closing, HolidayHabit, MAX_CLOSINGS, OfficeCalendar};
use tsumugu_catalogue::deadline::When;
use tsumugu_catalogue::timeline::{
    Case, Event, Expected, Letter, Record, Recorded, Timeline, timeline,
};
use tsumugu_catalogue::{Catalogue, DoneBy, Step, Value, national_holiday};
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::state::{Delivery, Validity};
use tsumugu_trust::statement::Answer;
use tsumugu_trust::value::{Id, InstitutionKind, Time};

use super::letter::CaseLetter;
use super::versions::DateVersion;
use super::{CaseFile, FormName};
use crate::failure::Failure;
use crate::jst;
use crate::office::{self, Key};
use crate::paper::{Paper, PaperState};
use crate::post::Post;
use crate::vault::Vault;

/// The note of what this office does on national holidays: `open` or `closed`.
pub(crate) const HOLIDAYS: &str = "national-holidays";

/// Where a case stands for this office at a time, by the newest catalogue.
///
/// # Errors
/// The vault.
pub(crate) fn standing<'c>(
    post: &impl Post,
    case: &CaseFile,
    catalogue: &'c Catalogue,
    now: Time,
) -> Result<Timeline<'c>, Failure> {
    let directory = post.directory();
    let own = post.keys()?.institution;
    let civil = jst::civil(now);
    let admitted = admitted(case);
    let calendar = calendar(post, admitted.map_or(civil.date(), |when| when.day))?;
    let setting = Case {
        roles: roles(directory, own),
        pattern: case.facts.pattern(),
        admitted,
        planned: planned(case),
        learnt: learnt(case),
        care_level: case.facts.care_level(),
        discharge: discharge(case),
        conference: case.conference.iter().find_map(expected),
        now: civil,
        calendar: &calendar,
    };
    let mut events = events(case, catalogue, directory);
    let past = |paper| past_the_exchange(paper, catalogue, directory, own);
    events.extend(case.papers.iter().flat_map(past));
    Ok(timeline(catalogue, &setting, &events))
}

/// This office's business calendar as its profile stood at the end of a day.
///
/// # Errors
/// The vault.
pub(crate) fn calendar(post: &impl Post, day: Date) -> Result<OfficeCalendar, Failure> {
    let own = post.keys()?.institution;
    let profiles = post.directory().member(own).map(|member| member.profiles.as_slice());
    let profiles = profiles.unwrap_or_default();
    let before = profiles.iter().rev().find(|profile| jst::civil(profile.at.time).date() <= day);
    // An admission before the office joined is counted by its first profile.
    let profile = before.or(profiles.first()).map(|entry| &entry.body);
    let week = profile.map(|profile| crate::hours::spans(&profile.hours)).unwrap_or_default();
    let closed = profile.map(|profile| profile.closed.as_slice()).unwrap_or_default();
    let closed = closed.iter().take(MAX_CLOSINGS).map(|day| Closing::day(day.0)).collect();
    let habit = holiday_habit(post.vault())?;
    let calendar = OfficeCalendar::new(week, closed, habit, national_holiday);
    calendar.ok_or_else(|| Failure::fault("more closing days than a calendar takes"))
}

/// What this office does on national holidays, as it noted for itself.
///
/// # Errors
/// The vault.
pub(crate) fn holiday_habit(vault: &Vault) -> Result<HolidayHabit, Failure> {
    let kept = office::get(vault, &Key::Note(HOLIDAYS.to_owned()))?;
    Ok(match kept.as_ref().map(|kept| kept.entry.said()) {
        Some(Said::Note(note)) if note.value[..] == b"closed"[..] => HolidayHabit::Closed,
        Some(Said::Note(note)) if note.value[..] == b"open"[..] => HolidayHabit::Open,
        _ => HolidayHabit::NotTold,
    })
}

/// When the person was or will be admitted: what the office entered, else what the newest notice says.
pub(crate) fn admitted(case: &CaseFile) -> Option<When> {
    case.facts.admitted().or_else(|| {
        notices(case).find_map(|letter| match letter.form.as_ref()?.value("date_admitted")? {
            Value::DateTime(moment) => When::parse(&moment.to_string()).ok(),
            Value::Date(day) => Some(When::on(*day)),
            _ => None,
        })
    })
}

/// Whether the admission was planned: what the office entered, else what a notice says.
pub(crate) fn planned(case: &CaseFile) -> bool {
    case.facts.planned().unwrap_or_else(|| {
        notices(case).any(|letter| {
            let said = letter.form.as_ref().and_then(|form| form.value("emergency"));
            matches!(said, Some(Value::Choice(text)) if text == "予定")
        })
    })
}

/// Notices of the admission that count, newest first.
fn notices(case: &CaseFile) -> impl Iterator<Item = &CaseLetter> {
    let of_it = |letter: &&CaseLetter| letter.form_id() == Some("notice-admission");
    case.letters.iter().rev().filter(|letter| letter.is_current()).filter(of_it)
}

/// When this office learnt of the admission: what it entered, else when the first letter came.
pub(crate) fn learnt(case: &CaseFile) -> Option<When> {
    let first = case.letters.iter().find(|letter| !letter.outgoing);
    case.facts.learnt().or_else(|| first.map(|letter| When::at(jst::civil(letter.accepted))))
}

/// The day on which the person left, else the newest word on it.
pub(crate) fn discharge(case: &CaseFile) -> Option<Expected> {
    let left = case.facts.discharged().map(|day| Expected { when: When::on(day), fixed: true });
    left.or_else(|| case.discharge.iter().find_map(expected))
}

fn expected(version: &DateVersion) -> Option<Expected> {
    let counts = version.newest && !version.is_off();
    Some(Expected { when: version.when.filter(|_| counts)?, fixed: version.is_fixed() })
}

fn events(case: &CaseFile, catalogue: &Catalogue, directory: &Directory) -> Vec<Event> {
    let letters = case.letters.iter().filter(|one| one.validity != Validity::Withdrawn);
    let letters = letters.filter_map(|letter| {
        let FormName { id: form, .. } = letter.name.clone()?;
        let (sender, recipient) =
            (owned(directory, letter.from), owned(directory, letter.recipient()));
        let acknowledged = letter.answer.as_ref().filter(|one| one.answer == Answer::Acknowledged);
        let sent_back = letter.answer.is_some() && acknowledged.is_none();
        Some(Event::Letter(Letter {
            at: jst::civil(letter.accepted),
            key: letter.id.to_string(),
            form,
            from: sender,
            to: recipient,
            ours: letter.outgoing,
            acknowledged: acknowledged.map(|one| jst::civil(one.logged)),
            failed: sent_back || letter.delivery == Some(Delivery::Undelivered),
        }))
    });
    let own = case.steps.iter().filter_map(|step| {
        let what = recorded(step.state, step.skip_reason.as_deref())?;
        let (at, key) = (jst::civil(step.at), step.id.to_string());
        Some(Event::Record(Record { at, key, step: step.step.clone(), ours: true, what }))
    });
    // Their word does their own steps only, and none that a letter or a receipt has to show.
    let may = |from: Id, step: &str| {
        let is_theirs = |step: &Step| {
            step.from.iter().any(|role| roles(directory, from).contains(&role.as_str()))
        };
        let is_recorded = |step: &Step| step.done_by == DoneBy::Record;
        catalogue.step(step).is_some_and(|step| is_recorded(step) && is_theirs(step))
    };
    let theirs = case.their_steps().into_iter().filter(|(from, step)| may(*from, &step.step));
    let theirs = theirs.filter_map(|(from, step)| {
        let what = recorded(step.state(), Some(&step.skip_reason))?;
        let (at, key) = (jst::civil(Time(step.at_ms)), from.to_string());
        Some(Event::Record(Record { at, key, step: step.step.clone(), ours: false, what }))
    });
    letters.chain(own).chain(theirs).collect()
}

/// What a FAX, a visit or a call did: the step that its record names, and what its sheet stands for. A FAX
/// that nobody confirmed was given to nobody yet, and a call alone delivers nothing (暫定).
fn past_the_exchange(
    paper: &Paper,
    catalogue: &Catalogue,
    directory: &Directory,
    own: Id,
) -> Vec<Event> {
    let (contact, state) = (paper.contact(), paper.state());
    let (at, key) = (jst::civil(paper.time()), paper.id().to_string());
    let mut events = Vec::new();
    let is_done = matches!(state, PaperState::Confirmed | PaperState::Recorded);
    // A step may be a call, such as asking the family; it gives no sheet and is no receipt.
    let is_recorded = catalogue.step(&contact.step).is_some_and(|s| s.done_by == DoneBy::Record);
    if !contact.step.is_empty() && (is_done || (state == PaperState::CallOnly && is_recorded)) {
        let (step, key) = (contact.step.clone(), key.clone());
        events.push(Event::Record(Record { at, key, step, ours: true, what: Recorded::Done }));
    }
    if let Some(form) = form_id(&contact.sheet).filter(|_| is_done) {
        let party = contact.institution.parse().map(|party| owned(directory, party));
        let (ours, party) = (owned(directory, own), party.unwrap_or_default());
        let (from, to) = if contact.received { (party, ours) } else { (ours, party) };
        let confirmed = paper.confirmed().map(|(_, said)| jst::civil(Time(said.at_ms)));
        let acknowledged = confirmed.or_else(|| (state == PaperState::Recorded).then_some(at));
        let (ours, failed) = (!contact.received, false);
        events.push(Event::Letter(Letter { at, key, form, from, to, ours, acknowledged, failed }));
    }
    events
}

fn form_id(sheet: &[u8]) -> Option<String> {
    let sheet: serde_json::Value = serde_json::from_slice(sheet).ok()?;
    sheet["form"].as_str().map(str::to_owned)
}

fn recorded(state: v1::CaseStepState, reason: Option<&str>) -> Option<Recorded> {
    match state {
        v1::CaseStepState::Done => Some(Recorded::Done),
        v1::CaseStepState::Skipped => {
            Some(Recorded::Skipped(reason.unwrap_or_default().to_owned()))
        }
        v1::CaseStepState::TakenBack | v1::CaseStepState::Unspecified => None,
    }
}

fn owned(directory: &Directory, institution: Id) -> Vec<String> {
    roles(directory, institution).iter().map(|role| (*role).to_owned()).collect()
}

/// The roles that an institution has in the flow, by its kind.
fn roles(directory: &Directory, institution: Id) -> &'static [&'static str] {
    let record = directory.member(institution).and_then(|member| member.record());
    match record.map(|record| record.kind) {
        Some(InstitutionKind::Hospital) => &[
            "hospital-liaison",
            "ward-nurse",
            "hospital-doctor",
            "hospital-therapist",
            "emergency-room",
        ],
        Some(InstitutionKind::Clinic) => &["doctor"],
        Some(InstitutionKind::CareOffice) => &["care-manager"],
        // It manages the care of persons with support levels (要支援) itself.
        Some(InstitutionKind::CommunitySupport) => &["support-centre", "care-manager"],
        Some(InstitutionKind::VisitingNurse) => &["visiting-nurse"],
        Some(InstitutionKind::Pharmacy) => &["pharmacy"],
        Some(InstitutionKind::Facility) => &["facility"],
        Some(InstitutionKind::FireService) => &["ambulance"],
        Some(InstitutionKind::Municipality) => &["city"],
        Some(InstitutionKind::Association | InstitutionKind::Exchange) | None => &[],
    }
}
