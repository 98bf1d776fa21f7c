//! One step of a case: its state, whose turn it is, until when, and why.

use jiff::civil::{Date, DateTime, Time};

use super::apply::{self, Done};
use super::due::{self, Due};
use super::{Case, EXCEPTION, PEACE, PLANNED, words};
use crate::deadline::Said;
use crate::{Catalogue, DoneBy, Pattern, Phase, Recurs, Step};

/// What became of a step.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// The records show that it was done.
    Done,
    /// Somebody recorded that it was left out, and why.
    Skipped,
    /// This side can do it now.
    Next,
    /// Its last day has passed, and no record shows that it was done.
    Late,
    /// The other side can do it now.
    Waiting,
    /// Its time has not come.
    Later,
    /// It is done when it is needed (必要時).
    AsNeeded,
    /// It is not for this case.
    NotApplicable,
}

/// Who is to act.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Turn {
    /// This side.
    Ours,
    /// The other side.
    Theirs,
    /// Whoever knows first.
    Either,
    /// Nobody.
    Nobody,
}

/// How a step was done.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Doing {
    /// When, in Japan: as the exchange logged it, or as the record says.
    pub at: DateTime,
    /// The caller's name of the letter or record.
    pub key: String,
    /// Whether this side did it or recorded it.
    pub ours: bool,
    /// Whether a letter did it; else somebody recorded it.
    pub by_letter: bool,
}

/// A step of a case.
#[derive(Clone, Debug)]
pub struct Row<'c> {
    /// The step.
    pub step: &'c Step,
    /// What became of it.
    pub state: State,
    /// Whose turn it is.
    pub turn: Turn,
    /// How it was done, by time.
    pub done: Vec<Doing>,
    /// Why it was left out: id of the reason, and whether this side says so.
    pub skipped: Option<(String, bool)>,
    /// Until when; also of a step that was done.
    pub due: Option<Due>,
    /// Whether it was done after its last day.
    pub done_late: bool,
    /// Why it stands so.
    pub why: Said,
}

impl State {
    /// A name for programs.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Next => "next",
            Self::Late => "late",
            Self::Waiting => "waiting",
            Self::Later => "later",
            Self::AsNeeded => "as-needed",
            Self::NotApplicable => "not-applicable",
        }
    }

    /// In Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Done => "済",
            Self::Skipped => "省略",
            Self::Next => "次",
            Self::Late => "期限超過",
            Self::Waiting => "相手待ち",
            Self::Later => "これから",
            Self::AsNeeded => "必要時",
            Self::NotApplicable => "対象外",
        }
    }
}

impl Turn {
    /// A name for programs; none where it is nobody's.
    #[must_use]
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::Ours => Some("ours"),
            Self::Theirs => Some("theirs"),
            Self::Either => Some("either"),
            Self::Nobody => None,
        }
    }
}

impl Row<'_> {
    /// Whether somebody has to act.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self.state, State::Next | State::Late | State::Waiting)
    }

    /// What is late first, then what ends first, then ours.
    pub(super) fn urgency(&self) -> (bool, bool, Option<(Date, Option<Time>)>, bool) {
        let due = self.due.as_ref().map(|due| (due.day, due.time));
        (self.state != State::Late, due.is_none(), due, self.turn == Turn::Theirs)
    }
}

pub(super) fn row<'c>(
    catalogue: &'c Catalogue,
    case: &Case<'_>,
    done: &Done<'_>,
    phase: &'c Phase,
    step: &'c Step,
) -> Row<'c> {
    let doings = done.by.get(&step.id).cloned().unwrap_or_default();
    let skipped = done.skipped.get(&step.id);
    let last_done = done.last(&step.id).map(|doing| doing.at.date());
    let due = due_of(catalogue, case, done, phase, step, last_done);
    let late = due.as_ref().is_some_and(|due| due.is_past(case));
    let recurring = step.timing.as_ref().is_some_and(|timing| timing.recurs.is_some());
    let turn = turn(catalogue, case, step);
    let mut row = Row {
        step,
        state: State::NotApplicable,
        turn: Turn::Nobody,
        done_late: !recurring && is_done_late(&doings, due.as_ref()),
        done: doings,
        skipped: None,
        due,
        why: Said::new("", ""),
    };
    let due_again = recurring && late;
    if !row.done.is_empty() && !due_again {
        row.state = State::Done;
        row.why = words::done(&row);
    } else if let Some(record) = skipped {
        let reason = match &record.what {
            super::Recorded::Skipped(reason) => reason.clone(),
            super::Recorded::Done => String::new(),
        };
        row.why = words::skipped(catalogue, &reason, record.ours);
        row.skipped = Some((reason, record.ours));
        row.state = State::Skipped;
    } else if let Some(why) = not_for_it(catalogue, case, done, phase, step) {
        (row.why, row.due) = (why, None);
    } else if let Some(why) = not_yet(case, done, phase, step) {
        row.state = State::Later;
        row.why = why;
    } else if is_as_needed(step) {
        row.state = State::AsNeeded;
        row.why = words::as_needed(step);
    } else {
        row.turn = turn;
        row.state = match (late, turn) {
            (true, _) => State::Late,
            (false, Turn::Theirs) => State::Waiting,
            (false, _) => State::Next,
        };
        row.why = words::open(catalogue, &row);
    }
    row
}

/// The last day of a receipt is counted from the letter that it is for.
fn due_of(
    catalogue: &Catalogue,
    case: &Case<'_>,
    done: &Done<'_>,
    phase: &Phase,
    step: &Step,
    last_done: Option<Date>,
) -> Option<Due> {
    if step.done_by == DoneBy::Acknowledgement {
        let sent = done.first(&apply::before(phase, step)?.id)?;
        let case = Case { learnt: Some(crate::deadline::When::at(sent.at)), ..case.clone() };
        return due::due(catalogue, &case, step, last_done);
    }
    due::due(catalogue, case, step, last_done)
}

fn is_done_late(doings: &[Doing], due: Option<&Due>) -> bool {
    let (Some(first), Some(due)) = (doings.first(), due) else { return false };
    due.then.map_or(due.day, |then| then.max(due.day)) < first.at.date()
}

/// Whose turn a step is by its roles.
fn turn(catalogue: &Catalogue, case: &Case<'_>, step: &Step) -> Turn {
    let ours: Vec<String> = case.roles.iter().map(|role| (*role).to_owned()).collect();
    let may = apply::shares(catalogue, &step.from, &ours);
    let both = may
        && step.from.iter().any(|role| !ours.contains(role))
        && apply::shares(catalogue, &step.to, &ours);
    match (may, both) {
        (_, true) => Turn::Either,
        (true, false) => Turn::Ours,
        (false, false) => Turn::Theirs,
    }
}

/// Why a step is not for this case.
fn not_for_it(
    catalogue: &Catalogue,
    case: &Case<'_>,
    done: &Done<'_>,
    phase: &Phase,
    step: &Step,
) -> Option<Said> {
    let pattern = case.pattern.unwrap_or(Pattern::Known);
    if phase.id == PEACE {
        return Some(words::peace());
    }
    if phase.id == PLANNED && !case.planned {
        return Some(words::not_planned());
    }
    if phase.id == EXCEPTION {
        return Some(words::exception());
    }
    if step.pattern != Pattern::Both && step.pattern != pattern {
        return Some(words::other_pattern(pattern));
    }
    for (reason, by) in [("died", "x.death"), ("transferred", "in.transfer")] {
        let applies = step.skip_reasons.iter().any(|one| one == reason);
        if applies && done.first(by).is_some() && step.id != by {
            return Some(words::because(catalogue, reason));
        }
    }
    if step.id == "in.transfer" {
        return Some(words::exception());
    }
    if step.skip_reasons.iter().any(|reason| reason == "already-known") {
        // The two sides are in touch, so each knows who the other is.
        let met = apply::is_word(catalogue, step) && done.wrote(catalogue, &step.to, &step.from);
        let finding = !step.to.iter().any(|role| is_party(catalogue, role));
        if met || finding && in_touch(catalogue, done) {
            return Some(words::because(catalogue, "already-known"));
        }
    }
    None
}

/// Whether hospital and care have written to each other.
fn in_touch(catalogue: &Catalogue, done: &Done<'_>) -> bool {
    let side = |roles: &[String], side| {
        roles.iter().any(|role| catalogue.role(role).is_some_and(|role| role.side == side))
    };
    use crate::Side::{Care, Hospital};
    done.letters.iter().any(|letter| {
        side(&letter.from, Hospital) && side(&letter.to, Care)
            || side(&letter.from, Care) && side(&letter.to, Hospital)
    })
}

/// Whether a role is of the hospital or of care: those whom the stay is between.
fn is_party(catalogue: &Catalogue, role: &str) -> bool {
    use crate::Side::{Care, Hospital};
    catalogue.role(role).is_some_and(|role| matches!(role.side, Care | Hospital))
}

/// Why the time of a step has not come.
fn not_yet(case: &Case<'_>, done: &Done<'_>, phase: &Phase, step: &Step) -> Option<Said> {
    if step.done_by == DoneBy::Acknowledgement {
        let before = apply::before(phase, step)?;
        return done.first(&before.id).is_none().then(|| words::after(before));
    }
    let timing = step.timing.as_ref()?;
    let anchor = timing.anchor?;
    let counted = timing.until.is_some() || timing.from.is_some();
    if counted && due::anchor(case, anchor).is_none() {
        // Without its date, an admission that is under way still wants its steps.
        let under_way = matches!(
            anchor,
            crate::Anchor::Admission | crate::Anchor::Decision | crate::Anchor::Learnt
        );
        return (!under_way).then(|| words::no_date(anchor));
    }
    let admitted = case.admitted.is_some_and(|at| at.day > case.now.date());
    if admitted
        && phase.id != PLANNED
        && !timing.rules.iter().any(|rule| rule == crate::deadline::ADMISSION_INFO_1)
    {
        return Some(words::no_date(crate::Anchor::Admission));
    }
    let first = due::first_day(case, step)?;
    (case.now.date() < first).then(|| words::from(first))
}

/// Whether a step has no last day at all and does not come again.
fn is_as_needed(step: &Step) -> bool {
    step.timing.as_ref().is_none_or(|timing| {
        timing.until.is_none() && !matches!(timing.recurs, Some(Recurs::Days(_)))
    })
}
