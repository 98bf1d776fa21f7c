//! The flow of admission and discharge (入退院時多職種連携フロー) as data: who does what when. These
//! types come only out of a [`Draft`](crate::Draft) that passed its check, so whatever a step names
//! exists.

use crate::{Source, words::words};

/// A phase of the flow, such as 入院時.
#[derive(Debug)]
#[non_exhaustive]
pub struct Phase {
    /// Name of the phase, such as `admission`.
    pub id: String,
    /// In Japanese.
    pub ja: String,
    /// As ASCII.
    pub en: String,
    /// Edition of the phase.
    pub version: String,
    /// The steps in their order, at least one.
    pub steps: Vec<Step>,
}

/// A step of the flow (手順).
#[derive(Debug)]
#[non_exhaustive]
pub struct Step {
    /// Name of the step, such as `adm.send-info`.
    pub id: String,
    /// Edition of the step.
    pub version: String,
    /// In Japanese.
    pub name_ja: String,
    /// As ASCII.
    pub name_en: String,
    /// For whom the step is.
    pub pattern: Pattern,
    /// Who acts: ids of roles, at least one.
    pub from: Vec<String>,
    /// Towards whom: ids of roles, at least one.
    pub to: Vec<String>,
    /// When, as printed.
    pub timing_ja: String,
    /// When, as far as it can be counted.
    pub timing: Option<Timing>,
    /// Sheets and notices that do the step, by id; any one will do.
    pub forms: Vec<String>,
    /// Fees that the step counts for, by id.
    pub fees: Vec<String>,
    /// What shows that the step is done.
    pub done_by: DoneBy,
    /// What the other side does next, in Japanese.
    pub next_ja: String,
    /// What the other side does next, as ASCII.
    pub next_en: String,
    /// What newcomers should know, in Japanese.
    pub teach_ja: String,
    /// What newcomers should know, as ASCII.
    pub teach_en: String,
    /// Ids of the reasons for which it is sensible to leave the step out.
    pub skip_reasons: Vec<String>,
    /// How sure the step is.
    pub source: Source,
    /// Sources by id of `data/sources.toml`.
    pub cites: Vec<String>,
    /// A remark for readers of the catalogue.
    pub note: Option<String>,
}

impl Step {
    /// Whether no public paper confirms the step or its timing (暫定).
    pub fn is_provisional(&self) -> bool {
        let timing = self.timing.as_ref().map_or(self.source, |timing| timing.source);
        self.source != Source::Verified || timing != Source::Verified
    }
}

/// When a step is due. At least one part is there.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Timing {
    /// From what it is counted.
    pub anchor: Option<Anchor>,
    /// Not before, counted from the anchor's own day or hour, which is 0; negative before it.
    pub from: Option<i16>,
    /// By, counted likewise. Where a text does not say whether the anchor's day counts, it does.
    pub until: Option<i16>,
    /// What `from` and `until` count.
    pub unit: TimeUnit,
    /// How often again.
    pub recurs: Option<Recurs>,
    /// Fees whose deadlines hold for the step, by id.
    pub rules: Vec<String>,
    /// How sure the timing is.
    pub source: Source,
}

/// How often a step comes again, at the latest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Recurs {
    /// After so many days.
    Days(u32),
    /// After so many months.
    Months(u32),
}

/// Somebody who takes part in the flow.
#[derive(Debug)]
#[non_exhaustive]
pub struct Role {
    /// Name of the role, such as `care-manager`.
    pub id: String,
    /// Where they work.
    pub side: Side,
    /// In Japanese.
    pub ja: String,
    /// As ASCII.
    pub en: String,
}

/// Why a step may be left out.
#[derive(Debug)]
#[non_exhaustive]
pub struct SkipReason {
    /// Name of the reason, such as `short-stay`.
    pub id: String,
    /// In Japanese.
    pub ja: String,
    /// As ASCII.
    pub en: String,
}

words! {
    /// Where a role works.
    Side {
        /// Anywhere: whoever happens to be concerned.
        Any = "any",
        /// In care (介護).
        Care = "care",
        /// In medicine outside the hospital (在宅医療).
        HomeMedicine = "home-medicine",
        /// In the hospital.
        Hospital = "hospital",
        /// The person and those around them.
        Person = "person",
        /// City, rescue, administration.
        Public = "public",
    }
}

words! {
    /// From what the days of a step or a deadline are counted.
    Anchor {
        /// The admission (入院).
        Admission = "admission",
        /// The conference before the discharge (退院前カンファレンス).
        Conference = "conference",
        /// The contract with the care office (居宅介護支援の契約).
        Contract = "contract",
        /// The decision that makes the step needed, such as a planned admission.
        Decision = "decision",
        /// The discharge (退院).
        Discharge = "discharge",
        /// When the one who acts learnt of it.
        Learnt = "learnt",
    }
}

words! {
    /// For whom a step is.
    Pattern {
        /// A: there is a care manager already.
        Known = "A",
        /// A and B.
        Both = "AB",
        /// B: there was none before the admission.
        New = "B",
    }
}

words! {
    /// What shows that a step is done.
    DoneBy {
        /// The receipt of what the step before sent.
        Acknowledgement = "acknowledgement",
        /// One of its forms was sent.
        Form = "form",
        /// Somebody recorded it.
        Record = "record",
    }
}

words! {
    /// What a timing counts.
    TimeUnit {
        /// Business days of the one who acts.
        BusinessDays = "business-days",
        /// Calendar days.
        Days = "days",
        /// Hours.
        Hours = "hours",
    }
}
