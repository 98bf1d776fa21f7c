//! What a fee rule (加算, 指導料) asks for, as data. These types come only out of a
//! [`Draft`](crate::Draft) that passed its check: the periods of a fee's editions follow each other
//! without gap or overlap, and whatever they name exists.

use jiff::civil::Date;

use crate::{Anchor, Number, Source, words::words};

/// A fee of care insurance or of health insurance that liaison counts for.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fee {
    /// Name of the fee, such as `care.admission-info.1`.
    pub id: String,
    /// Which insurance pays it.
    pub side: FeeSide,
    /// The official name.
    pub name_ja: String,
    /// An ASCII gloss.
    pub name_en: String,
    /// Id of the role that claims it.
    pub claimed_by: String,
    /// How sure the rule is as a whole.
    pub source: Source,
    /// Sources by id of `data/sources.toml`.
    pub cites: Vec<String>,
    /// A remark for readers of the catalogue.
    pub note: Option<String>,
    /// The rule by period, oldest first, at least one.
    pub editions: Vec<FeeEdition>,
}

impl Fee {
    /// The rule that holds on this day, none before the first edition and after the last.
    pub fn edition_on(&self, day: Date) -> Option<&FeeEdition> {
        self.editions.iter().find(|edition| edition.holds_on(day))
    }

    /// Whether no official paper confirms the rule (暫定).
    pub fn is_provisional(&self) -> bool {
        self.source != Source::Verified
    }
}

/// A fee's rule in one period.
#[derive(Debug)]
#[non_exhaustive]
pub struct FeeEdition {
    /// Name of the revision, such as `R6`.
    pub version: String,
    /// First day of the period.
    pub valid_from: Date,
    /// Last day of the period; none while it lasts.
    pub valid_to: Option<Date>,
    /// The amount as printed, for people.
    pub amount_ja: String,
    /// The amounts; empty where they are not known or differ too much.
    pub amounts: Vec<Amount>,
    /// Codes of the national tables (サービスコード, 区分番号).
    pub service_codes: Vec<String>,
    /// How often in a month for a person; none if not limited so.
    pub per_month: Option<u32>,
    /// How often in a stay for a person; none if not limited so.
    pub per_stay: Option<u32>,
    /// Fees that cannot be claimed together with it, by id.
    pub excludes: Vec<String>,
    /// Care levels (要介護状態区分) that have no such fee.
    pub excluded_care_levels: Vec<String>,
    /// Interviews that it asks for.
    pub interviews: Option<Interviews>,
    /// How many outside professions must take part, if it asks for that.
    pub professions_at_least: Option<u32>,
    /// What is counted over a year.
    pub counters: Vec<Counter>,
    /// What the rule asks, in Japanese.
    pub rule_ja: String,
    /// What the rule asks, as ASCII.
    pub rule_en: String,
    /// Limits in words: Japanese, ASCII.
    pub limits: Option<(String, String)>,
    /// Whether the log can prove it alone.
    pub proof: Proof,
    /// Which part the log proves, in Japanese.
    pub proof_ja: String,
    /// Which part the log proves, as ASCII.
    pub proof_en: String,
    /// What is to be kept, at least one.
    pub evidence: Vec<Evidence>,
    /// Until when things must be done; empty if the rule sets no day.
    pub deadlines: Vec<DeadlineRule>,
}

impl FeeEdition {
    /// Whether the day lies in the period.
    pub fn holds_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    /// The deadline for this act, if the rule sets one.
    pub fn deadline(&self, act: Act) -> Option<&DeadlineRule> {
        self.deadlines.iter().find(|rule| rule.act == act)
    }
}

/// An amount of a fee.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Amount {
    /// How much.
    pub value: Number,
    /// Of what.
    pub unit: AmountUnit,
    /// For which case, if there are several.
    pub what_ja: Option<String>,
    /// How sure the amount is.
    pub source: Source,
}

/// Interviews (面談) and conferences that a fee asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Interviews {
    /// How often information must be received.
    pub at_least: u32,
    /// How many of these must be conferences.
    pub conferences: u32,
}

/// Something counted over a year, such as 退院・退所の連携回数.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Counter {
    /// Unique in the edition.
    pub id: String,
    /// What is counted, in Japanese.
    pub ja: String,
    /// What is counted, as ASCII.
    pub en: String,
    /// How many are needed.
    pub at_least: u32,
    /// First month of the year of counting; none if the rule names none.
    pub from_month: Option<u8>,
    /// How sure the number is.
    pub source: Source,
}

/// Something that an inspector asks to see.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Evidence {
    /// In Japanese.
    pub ja: String,
    /// As ASCII.
    pub en: String,
    /// Whether the log holds it.
    pub log: bool,
}

/// The last day for an act. Days are calendar days in Japan's time, each until 24:00.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DeadlineRule {
    /// What must be done.
    pub act: Act,
    /// From what the days are counted.
    pub anchor: Anchor,
    /// The last day, counted from the anchor's own day, which is 0; negative before it.
    pub last_day: i16,
    /// The same in chronic wards (療養病棟), where it differs.
    pub chronic_last_day: Option<i16>,
    /// Whether what was done before the anchor counts.
    pub before_counts: bool,
    /// What an admission after the office's closing time on a business day adds.
    pub after_hours: Extension,
    /// What an admission on a day the office is closed adds.
    pub non_business_day: Extension,
    /// What a last day adds on which the office is closed.
    pub rollover: Rollover,
    /// For which admissions `rollover` holds; empty if it is [`Rollover::None`].
    pub rollover_when: Vec<AdmittedWhen>,
    /// How sure the rule is.
    pub source: Source,
    /// A remark for readers of the catalogue.
    pub note: Option<String>,
}

impl DeadlineRule {
    /// Whether no official paper confirms the rule (暫定).
    pub fn is_provisional(&self) -> bool {
        self.source != Source::Verified
    }
}

words! {
    /// Which insurance pays a fee.
    FeeSide {
        /// Care insurance (介護報酬).
        Care = "care",
        /// Health insurance (診療報酬).
        Medical = "medical",
    }
}

words! {
    /// What an amount counts.
    AmountUnit {
        /// A share of the other fees, in percent.
        Percent = "percent",
        /// Points of health insurance (点).
        Points = "points",
        /// Units of care insurance (単位).
        Units = "units",
    }
}

words! {
    /// Whether the log alone proves that a fee's conditions are met.
    Proof {
        /// Nothing that it asks for.
        No = "no",
        /// Some of it.
        Partly = "partly",
        /// All but the office's own entry.
        Yes = "yes",
    }
}

words! {
    /// What a deadline is for.
    Act {
        /// A conference of several professions (多職種カンファレンス).
        Conference = "conference",
        /// The hospital's interview with patient and family (面談).
        FamilyMeeting = "family-meeting",
        /// The necessary information (必要な情報) is given.
        Information = "information",
        /// The care manager's interview with the hospital's staff (面談).
        Interview = "interview",
        /// A doctor's letter (診療情報提供書).
        Letter = "letter",
        /// Screening for what makes a discharge hard (退院困難な要因の抽出).
        Screening = "screening",
    }
}

words! {
    /// What the time of an admission adds to a deadline.
    Extension {
        /// Nothing.
        None = "none",
        /// The next calendar day, also if the office is closed on it.
        NextDay = "next-day",
    }
}

words! {
    /// What a last day on which the office is closed adds to a deadline.
    Rollover {
        /// Nothing.
        None = "none",
        /// The next calendar day, once, also if the office is closed on it.
        NextDayIfClosed = "next-day-if-closed",
    }
}

words! {
    /// When a person was admitted, seen from the care office's hours (運営規程の営業日・営業時間).
    AdmittedWhen {
        /// On a business day after closing time.
        AfterHours = "after-hours",
        /// On a day the office is closed.
        NonBusinessDay = "non-business-day",
    }
}
