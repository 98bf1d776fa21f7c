//! Which events do which steps.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::event::{Event, Letter, Record, Recorded};
use super::row::Doing;
use super::{Case, EXCEPTION, PLANNED, due};
use crate::{Catalogue, DoneBy, FormKind, Pattern, Phase, Side, Step};

/// What the events did.
pub(super) struct Done<'e> {
    /// For each step that was done, how: by time.
    pub(super) by: BTreeMap<String, Vec<Doing>>,
    /// For each step that was left out, the newest record of it.
    pub(super) skipped: BTreeMap<String, &'e Record>,
    /// The letters that reached whom they were for, by time.
    pub(super) letters: Vec<&'e Letter>,
}

impl Done<'_> {
    /// The first doing of a step.
    pub(super) fn first(&self, step: &str) -> Option<&Doing> {
        self.by.get(step)?.first()
    }

    /// The last doing of a step.
    pub(super) fn last(&self, step: &str) -> Option<&Doing> {
        self.by.get(step)?.last()
    }

    /// Whether a letter went from one of these roles to one of those.
    pub(super) fn wrote(&self, catalogue: &Catalogue, from: &[String], to: &[String]) -> bool {
        self.letters.iter().any(|letter| {
            shares(catalogue, from, &letter.from) && shares(catalogue, to, &letter.to)
        })
    }
}

pub(super) fn apply<'e>(catalogue: &Catalogue, case: &Case<'_>, events: &[&'e Event]) -> Done<'e> {
    let mut done = Done { by: BTreeMap::new(), skipped: BTreeMap::new(), letters: Vec::new() };
    for event in events {
        match event {
            Event::Letter(letter) if letter.failed => {}
            Event::Letter(letter) => {
                done.letters.push(letter);
                for step in steps_of(catalogue, case, letter) {
                    let doing = Doing {
                        at: letter.at,
                        key: letter.key.clone(),
                        ours: letter.ours,
                        by_letter: true,
                    };
                    done.by.entry(step.id.clone()).or_default().push(doing);
                }
            }
            Event::Record(record) => match &record.what {
                Recorded::Done => {
                    let doing = Doing {
                        at: record.at,
                        key: record.key.clone(),
                        ours: record.ours,
                        by_letter: false,
                    };
                    done.by.entry(record.step.clone()).or_default().push(doing);
                }
                Recorded::Skipped(_) => {
                    // The events come by time: the newest stays.
                    done.skipped.insert(record.step.clone(), record);
                }
            },
        }
    }
    acknowledgements(catalogue, &mut done);
    for doings in done.by.values_mut() {
        doings.sort();
    }
    done
}

/// The steps that a letter does: those of its form and direction, except such as can only be done later,
/// and such as ended before where another one of the same form has its time now.
fn steps_of<'c>(catalogue: &'c Catalogue, case: &Case<'_>, letter: &Letter) -> Vec<&'c Step> {
    let fits = |phase: &Phase, step: &Step| {
        step.done_by == DoneBy::Form
            && step.forms.contains(&letter.form)
            && shares(catalogue, &step.from, &letter.from)
            && shares(catalogue, &step.to, &letter.to)
            && (phase.id != EXCEPTION || is_alone(catalogue, &letter.form))
            && (phase.id != PLANNED || is_before_admission(case, letter.at.date()))
            && of_the_pattern(case, step)
            && begun(case, step, letter.at.date())
    };
    let fitting: Vec<&Step> = catalogue
        .phases()
        .iter()
        .flat_map(|phase| phase.steps.iter().map(move |step| (phase, step)))
        .filter(|(phase, step)| fits(phase, step))
        .map(|(_, step)| step)
        .collect();
    let last = |step: &Step| due::plain(case, step).map(|due| due.0);
    let in_time = |step: &Step| last(step).is_none_or(|last| letter.at.date() <= last);
    let has_one = fitting.iter().any(|step| last(step).is_some() && in_time(step));
    fitting.into_iter().filter(|step| !has_one || in_time(step)).collect()
}

/// Whether a letter of a day can belong to the time before an admission: that one is planned, or the letter
/// went before it.
fn is_before_admission(case: &Case<'_>, day: Date) -> bool {
    case.planned || case.admitted.is_some_and(|admitted| day < admitted.day)
}

/// Whether a step is for a case with or without a care manager before, as this one is; a letter does not
/// tell which.
fn of_the_pattern(case: &Case<'_>, step: &Step) -> bool {
    step.pattern == Pattern::Both || step.pattern == case.pattern.unwrap_or(Pattern::Known)
}

/// Whether the time of a step has begun on a day. Where it waits for a date that nobody knows, it has not.
fn begun(case: &Case<'_>, step: &Step, day: Date) -> bool {
    let from = step.timing.as_ref().and_then(|timing| timing.from);
    from.is_none() || due::first_day(case, step).is_some_and(|first| first <= day)
}

/// Whether only exceptions use a form: then a letter with it says that the exception happened.
fn is_alone(catalogue: &Catalogue, form: &str) -> bool {
    let others = catalogue.phases().iter().filter(|phase| phase.id != EXCEPTION);
    !others.flat_map(|phase| &phase.steps).any(|step| step.forms.iter().any(|one| one == form))
}

/// A receipt is done when a letter that did the step before it was acknowledged.
fn acknowledgements(catalogue: &Catalogue, done: &mut Done<'_>) {
    for phase in catalogue.phases() {
        for step in phase.steps.iter().filter(|step| step.done_by == DoneBy::Acknowledgement) {
            let Some(before) = before(phase, step) else { continue };
            let sent: Vec<&str> =
                done.by.get(&before.id).into_iter().flatten().map(|doing| &*doing.key).collect();
            let doings = done.letters.iter().filter(|letter| sent.contains(&&*letter.key));
            let doings: Vec<Doing> = doings
                .filter_map(|letter| {
                    let at = letter.acknowledged?;
                    Some(Doing { at, key: letter.key.clone(), ours: !letter.ours, by_letter: true })
                })
                .collect();
            if !doings.is_empty() {
                done.by.entry(step.id.clone()).or_default().extend(doings);
            }
        }
    }
}

/// The step whose letter a receipt is for: the nearest before it that a form does.
pub(super) fn before<'c>(phase: &'c Phase, step: &Step) -> Option<&'c Step> {
    let place = phase.steps.iter().position(|one| one.id == step.id)?;
    phase.steps[..place].iter().rev().find(|one| one.done_by == DoneBy::Form)
}

/// Whether a step of these roles is one of those: by name, or since a role stands for whoever it is.
pub(super) fn shares(catalogue: &Catalogue, roles: &[String], held: &[String]) -> bool {
    let any = |role: &String| catalogue.role(role).is_some_and(|role| role.side == Side::Any);
    roles.iter().any(|role| held.contains(role) || any(role))
}

/// Whether every form of a step is a notice: a word that another word makes needless.
pub(super) fn is_word(catalogue: &Catalogue, step: &Step) -> bool {
    let notice = |id: &String| catalogue.form(id).is_some_and(|form| form.kind == FormKind::Notice);
    !step.forms.is_empty() && step.forms.iter().all(notice)
}
