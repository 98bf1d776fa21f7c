//! Everything that this vault knows of a case (事例): one patient and stay.
//!
//! ```text
//! letters that name the case   sent and received, with what the log says of each
//! off-system records            FAX, post, visits, calls, with who confirmed them
//! office records of the case   its label, recorded steps, facts, drafts
//! same-as                      cases that are one: the lowest id names them all
//! ```
//!
//! Read only, and made anew each time: nothing here is kept, so nothing here can disagree with the log.
//! A recipient that began no case of its own sees it from its letters.

mod facts;
mod joined;
mod letter;
mod standing;
mod step;
#[cfg(test)]
mod tests;
mod versions;

use std::collections::BTreeMap;

use tsumugu_catalogue::Value;
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use crate::failure::Failure;
use crate::letters::MAX_SHARED_STEPS;
use crate::office::{self, Kept};
use crate::paper::{Paper, gather};
use crate::post::Post;

pub(crate) use facts::Facts;
pub(crate) use joined::Joined;
pub(crate) use letter::{CaseLetter, FormName};
pub(crate) use standing::{
    HOLIDAYS, admitted, calendar, discharge, holiday_habit, learnt, planned, standing,
};
pub(crate) use step::RecordedStep;
pub(crate) use versions::DateVersion;

/// A case with everything that belongs to it.
#[derive(Debug)]
pub(crate) struct CaseFile {
    /// Its id; of joined cases the lowest one.
    pub(crate) id: Id,
    /// The other ids that it goes by.
    pub(crate) also: Vec<Id>,
    /// Whether the log has the office's own record; nothing where the office made none.
    pub(crate) logged: Option<bool>,
    /// The office's own record.
    pub(crate) record: Option<v1::Case>,
    /// Its letters, in log order.
    pub(crate) letters: Vec<CaseLetter>,
    /// What went past the exchange (FAX、郵送、訪問、電話), taken back ones too, by id.
    pub(crate) papers: Vec<Paper>,
    /// The newest revision of each recorded step, by time; those taken back too.
    pub(crate) steps: Vec<RecordedStep>,
    /// Dates and circumstances that the office entered.
    pub(crate) facts: Facts,
    /// Its drafts that are not ended.
    pub(crate) drafts: Vec<v1::Draft>,
    /// What letters said of the day of discharge (退院予定日), in log order.
    pub(crate) discharge: Vec<DateVersion>,
    /// What letters said of the conference (退院前カンファレンス), in log order.
    pub(crate) conference: Vec<DateVersion>,
}

impl CaseFile {
    /// Gathers a case by any of its ids. An id that nobody used gives an empty one.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn gather(post: &impl Post, case_id: Id) -> Result<Self, Failure> {
        let joined = Joined::read(post.vault())?;
        let id = joined.lowest(case_id);
        let mut letters = CaseLetter::all(post)?;
        letters.retain(|(case, _)| joined.lowest(*case) == id);
        let letters = letters.into_iter().map(|(_, letter)| letter).collect();
        Self::of(post, &joined, id, letters, papers(post)?)
    }

    /// Every case: those that the office began, and those that only letters tell of; by id. Each letter
    /// is read once.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn gather_all(post: &impl Post) -> Result<Vec<Self>, Failure> {
        let joined = Joined::read(post.vault())?;
        let mut cases: BTreeMap<Id, Vec<CaseLetter>> = BTreeMap::new();
        for kept in office::all(post.vault(), "case")? {
            if let office::Key::Case(id) = kept.entry.key() {
                cases.entry(joined.lowest(*id)).or_default();
            }
        }
        for (case, letter) in CaseLetter::all(post)? {
            cases.entry(joined.lowest(case)).or_default().push(letter);
        }
        let mut of_case: BTreeMap<Id, Vec<Paper>> = BTreeMap::new();
        for paper in papers(post)? {
            if let Some(case) = paper.case_id() {
                let case = joined.lowest(case);
                cases.entry(case).or_default();
                of_case.entry(case).or_default().push(paper);
            }
        }
        let file = |(id, letters)| {
            let papers = of_case.remove(&id).unwrap_or_default();
            Self::of(post, &joined, id, letters, papers)
        };
        cases.into_iter().map(file).collect()
    }

    /// Every id that names a case here, with those of joined ones.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn ids(post: &impl Post) -> Result<Vec<Id>, Failure> {
        let mut ids = Vec::new();
        for case in Self::gather_all(post)? {
            ids.push(case.id);
            ids.extend(case.also);
        }
        Ok(ids)
    }

    fn of(
        post: &impl Post,
        joined: &Joined,
        id: Id,
        mut letters: Vec<CaseLetter>,
        mut papers: Vec<Paper>,
    ) -> Result<Self, Failure> {
        letters.sort_by_key(|letter| letter.index);
        papers.retain(|paper| paper.case_id().is_some_and(|case| joined.lowest(case) == id));
        let members = joined.members(id);
        let record = record(post, &members)?;
        let (logged, record) = match record {
            Some((case, logged)) => (Some(logged), Some(case)),
            None => (None, None),
        };
        let is_of_it = |case: &str| case.parse().is_ok_and(|case| members.contains(&case));
        let drafts = office::all(post.vault(), "draft")?.into_iter().filter_map(|kept| match kept
            .entry
            .said()
        {
            Said::Draft(draft) if !draft.ended && is_of_it(&draft.case_id) => Some(draft.clone()),
            _ => None,
        });
        Ok(Self {
            id,
            logged,
            record,
            papers,
            steps: RecordedStep::all(post.vault(), &members)?,
            facts: Facts::read(post.vault(), &members)?,
            drafts: drafts.collect(),
            discharge: versions::discharge(&letters),
            conference: versions::conference(&letters),
            also: members.into_iter().filter(|member| *member != id).collect(),
            letters,
        })
    }

    /// Whether the office closed it.
    pub(crate) fn is_closed(&self) -> bool {
        self.record.as_ref().is_some_and(|case| case.closed)
    }

    /// How the office calls it; where it made no record, the reading or name on its newest form.
    pub(crate) fn label(&self) -> Option<String> {
        self.record
            .as_ref()
            .map(|case| case.label.clone())
            .or_else(|| self.on_a_form("kana").or_else(|| self.on_a_form("name")))
    }

    /// The patient's reading (よみ), by the office or the newest form.
    pub(crate) fn kana(&self) -> Option<String> {
        let own = self.record.as_ref().map(|case| case.kana.clone());
        own.filter(|kana| !kana.is_empty()).or_else(|| self.on_a_form("kana"))
    }

    /// The other institutions that it was written with, in the order of the first letter.
    pub(crate) fn parties(&self) -> Vec<Id> {
        let mut parties = Vec::new();
        for letter in &self.letters {
            if !parties.contains(&letter.other) {
                parties.push(letter.other);
            }
        }
        parties
    }

    /// What this office recorded of the steps, as other parties learn it: the newest ones, as many as a
    /// letter may tell of.
    pub(crate) fn own_steps(&self) -> Vec<v1::SharedStep> {
        let steps: Vec<_> = self.steps.iter().filter_map(RecordedStep::shared).collect();
        steps.into_iter().rev().take(MAX_SHARED_STEPS).rev().collect()
    }

    /// What the other parties recorded of the steps, by party: what the newest letter of each says.
    pub(crate) fn their_steps(&self) -> Vec<(Id, &v1::SharedStep)> {
        let mut newest: BTreeMap<Id, &CaseLetter> = BTreeMap::new();
        for letter in self.letters.iter().filter(|letter| !letter.outgoing) {
            newest.insert(letter.from, letter);
        }
        let steps = newest.into_iter();
        steps.flat_map(|(from, letter)| letter.steps.iter().map(move |step| (from, step))).collect()
    }

    fn on_a_form(&self, field: &str) -> Option<String> {
        let forms = self.letters.iter().rev().filter_map(|letter| letter.form.as_ref());
        forms.filter_map(|form| form.value(field)).find_map(|value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    }
}

/// What went past the exchange and can be read here.
fn papers(post: &impl Post) -> Result<Vec<Paper>, Failure> {
    Ok(gather(post.vault(), post.directory(), post.keys()?)?.papers)
}

/// The office's record of the first member that has one, and whether the log has it.
fn record(post: &impl Post, members: &[Id]) -> Result<Option<(v1::Case, bool)>, Failure> {
    for member in members {
        let kept = office::get(post.vault(), &office::Key::Case(*member))?;
        if let Some(Kept { entry, index }) = &kept
            && let Said::Case(case) = entry.said()
        {
            return Ok(Some((case.clone(), index.is_some())));
        }
    }
    Ok(None)
}
