//! The catalogue's fee rules, as last days are computed from them.

use jiff::civil::Date;

use super::Circumstance;
use crate::calendar::ClosedFor;
use crate::{AdmittedWhen, Anchor, Catalogue, DeadlineRule, Extension, Fee, FeeEdition, Rollover};

/// Id of 入院時情報連携加算(Ⅰ).
pub const ADMISSION_INFO_1: &str = "care.admission-info.1";
/// Id of 入院時情報連携加算(Ⅱ).
pub const ADMISSION_INFO_2: &str = "care.admission-info.2";

/// One last day of one edition of a fee; it comes only out of a checked [`Catalogue`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule<'a> {
    pub(super) fee: &'a Fee,
    pub(super) edition: &'a FeeEdition,
    pub(super) deadline: &'a DeadlineRule,
    /// Whether it is read for a chronic ward (療養病棟).
    pub(super) chronic: bool,
}

/// Which rule a result comes from; enough to compute it again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleRef {
    /// Id of the fee.
    pub id: String,
    /// The edition of the fee, which names the rule set, such as R6 (令和6年度改定).
    pub version: String,
}

/// By what the exceptions of a rule move its last day; each by one calendar day.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Moved {
    /// By the time of the admission alone.
    pub(super) by_admission: bool,
    /// Since the last day is no business day.
    pub(super) by_closed_day: bool,
}

impl<'a> Rule<'a> {
    /// The rules of the catalogue that count from the admission or the discharge: those in force on
    /// a day, or those of a rule set by name.
    pub(super) fn all(
        catalogue: &'a Catalogue,
        day: Date,
        rule_set: Option<&str>,
    ) -> impl Iterator<Item = Self> {
        let picked = move |edition: &&FeeEdition| match rule_set {
            None => edition.holds_on(day),
            Some(version) => edition.version == version,
        };
        catalogue.fees().iter().flat_map(move |fee| {
            let edition = fee.editions.iter().find(picked);
            edition.into_iter().flat_map(move |edition| {
                let rule = move |deadline| Self { fee, edition, deadline, chronic: false };
                edition.deadlines.iter().map(rule)
            })
        })
    }

    /// The last day, counted from the base's day, which is 0.
    pub(super) fn last_day(self) -> i16 {
        let chronic = self.deadline.chronic_last_day.filter(|_| self.chronic);
        chronic.unwrap_or(self.deadline.last_day)
    }

    /// What a result carries.
    pub(super) fn reference(self) -> RuleRef {
        RuleRef { id: self.fee.id.clone(), version: self.edition.version.clone() }
    }

    /// How such an admission is called in the rule's exceptions, if it is called anything.
    pub(super) fn admitted(circumstance: Circumstance) -> Option<AdmittedWhen> {
        match circumstance {
            Circumstance::AfterClosing { .. } => Some(AdmittedWhen::AfterHours),
            Circumstance::ClosedDay(_) => Some(AdmittedWhen::NonBusinessDay),
            Circumstance::BeforeClosing { .. }
            | Circumstance::HourNotTold { .. }
            | Circumstance::HoursNotTold => None,
        }
    }

    /// Whether the time of the admission alone moves the last day, to the next calendar day.
    pub(super) fn moves_for(self, circumstance: Circumstance) -> bool {
        let extension = match Self::admitted(circumstance) {
            Some(AdmittedWhen::AfterHours) => self.deadline.after_hours,
            Some(AdmittedWhen::NonBusinessDay) => self.deadline.non_business_day,
            None => Extension::None,
        };
        extension == Extension::NextDay
    }

    /// Whether after such an admission the last day moves if it is no business day.
    pub(super) fn moves_if_closed(self, circumstance: Circumstance) -> bool {
        self.deadline.rollover == Rollover::NextDayIfClosed
            && Self::admitted(circumstance)
                .is_some_and(|admitted| self.deadline.rollover_when.contains(&admitted))
    }

    /// The exceptions that hold; `closed` says why a day is no business day.
    pub(super) fn moved(
        self,
        plain: Date,
        circumstance: Circumstance,
        closed: impl Fn(Date) -> Option<ClosedFor>,
    ) -> Moved {
        let by_admission = self.moves_for(circumstance);
        let last = super::admission::add(plain, i16::from(by_admission));
        let by_closed_day = self.moves_if_closed(circumstance) && closed(last).is_some();
        Moved { by_admission, by_closed_day }
    }
}

/// The two rules of 入院時情報連携加算, (Ⅰ) and (Ⅱ).
#[derive(Clone, Copy, Debug)]
pub struct AdmissionRules<'a> {
    pub(super) class_1: Rule<'a>,
    pub(super) class_2: Rule<'a>,
}

impl<'a> AdmissionRules<'a> {
    /// Those in force on the day of admission, or those of a rule set by name; none if the catalogue
    /// has no such rules.
    #[must_use]
    pub fn find(catalogue: &'a Catalogue, day: Date, rule_set: Option<&str>) -> Option<Self> {
        let find = |id: &str| {
            let mut all = Rule::all(catalogue, day, rule_set);
            all.find(|rule| rule.fee.id == id && rule.deadline.anchor == Anchor::Admission)
        };
        Some(Self { class_1: find(ADMISSION_INFO_1)?, class_2: find(ADMISSION_INFO_2)? })
    }

    /// Names of the catalogue's rule sets for 入院時情報連携加算, oldest first.
    #[must_use]
    pub fn rule_sets(catalogue: &Catalogue) -> Vec<&str> {
        let editions = catalogue.fee(ADMISSION_INFO_1).map(|fee| fee.editions.as_slice());
        editions.unwrap_or_default().iter().map(|edition| edition.version.as_str()).collect()
    }

    /// The name of the rule set.
    #[must_use]
    pub fn rule_set(&self) -> &'a str {
        &self.class_1.edition.version
    }

    /// Whether it is the one in force on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.class_1.edition.holds_on(day) && self.class_2.edition.holds_on(day)
    }
}
