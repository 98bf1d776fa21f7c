//! What a council learns (協議会への集計): totals of all institutions by month, as ranges where small
//! numbers were not told.

use std::collections::BTreeMap;

use serde::Serialize;
use tsumugu_trust::value::Id;

use super::body::{Month, Side, Statistic};
use super::count::{Count, SMALL};

/// Months that fewer institutions reported are not shown: of two, each could compute the other's.
pub const MIN_INSTITUTIONS: usize = 3;

/// Most months of a report: ten years.
pub const MAX_MONTHS: u32 = 120;

/// A number of which only the least, and perhaps the most, is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Range {
    /// At least.
    pub low: u32,
    /// At most; nothing where nobody can say.
    pub high: Option<u32>,
}

/// A share in percent, of which only the least and the most is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// At least.
    pub low: u32,
    /// At most.
    pub high: u32,
}

/// A month of all institutions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CouncilMonth {
    /// `2026-11`
    pub month: String,
    /// How many institutions reported.
    pub institutions: usize,
    /// Whether they are too few to be shown; then everything below is empty.
    pub withheld: bool,
    /// Admissions with the information's time: (Ⅰ), (Ⅱ), past both, without. Empty, as the discharges are,
    /// where fewer than [`MIN_INSTITUTIONS`] care offices reported: nobody else counts them.
    pub admissions: Vec<Range>,
    /// Letters by the time to their acknowledgement: an hour, a day, three days, later, not. Empty where
    /// fewer than [`MIN_INSTITUTIONS`] sent any.
    pub letters: Vec<Range>,
    /// Discharges: told before, and not.
    pub discharges: Vec<Range>,
    /// 情報提供率: admissions with information in time for (Ⅰ) or (Ⅱ).
    pub informed: Option<Rate>,
    /// 連絡漏れ率: discharges that nobody told before.
    pub untold: Option<Rate>,
    /// Letters that were acknowledged within a day.
    pub acknowledged_in_a_day: Option<Rate>,
}

/// A report for the council.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Council {
    /// The months, oldest first.
    pub months: Vec<CouncilMonth>,
}

impl Council {
    /// The report from a month to another one. Of several statistics of one institution and month the
    /// one that came last into the log counts.
    #[must_use]
    pub fn of(statistics: &[(Id, u64, Statistic)], from: Month, to: Month) -> Self {
        let mut newest: BTreeMap<(Month, Id), (u64, Statistic)> = BTreeMap::new();
        for (institution, index, statistic) in statistics {
            let place =
                newest.entry((statistic.month, *institution)).or_insert((*index, *statistic));
            if *index >= place.0 {
                *place = (*index, *statistic);
            }
        }
        let mut months = Vec::new();
        let mut month = from;
        while month <= to {
            let of_it = newest.iter().filter(|((one, _), _)| *one == month);
            months.push(CouncilMonth::of(month, &of_it.map(|(_, (_, s))| *s).collect::<Vec<_>>()));
            month = month.after();
        }
        Self { months }
    }
}

impl CouncilMonth {
    fn of(month: Month, told: &[Statistic]) -> Self {
        let mut report = Self {
            month: month.to_string(),
            institutions: told.len(),
            withheld: told.len() < MIN_INSTITUTIONS,
            admissions: Vec::new(),
            letters: Vec::new(),
            discharges: Vec::new(),
            informed: None,
            untold: None,
            acknowledged_in_a_day: None,
        };
        if report.withheld {
            return report;
        }
        // Care offices count admissions and discharges; hospitals tell none.
        if told.iter().filter(|one| one.side == Side::Care).count() >= MIN_INSTITUTIONS {
            report.admissions = sums(told.iter().map(|one| one.admissions.parts()));
            report.discharges = sums(told.iter().map(|one| one.discharges.parts()));
        }
        let wrote =
            told.iter().filter(|one| one.letters.parts().iter().any(|n| n.high() != Some(0)));
        if wrote.count() >= MIN_INSTITUTIONS {
            report.letters = sums(told.iter().map(|one| one.letters.parts()));
        }
        report.informed = rate(&report.admissions, &[0, 1]);
        report.untold = rate(&report.discharges, &[1]);
        report.acknowledged_in_a_day = rate(&report.letters, &[0, 1]);
        report
    }
}

/// The sums of parts over all institutions.
fn sums<const N: usize>(told: impl Iterator<Item = [Count; N]>) -> Vec<Range> {
    let mut sums = vec![Range { low: 0, high: Some(0) }; N];
    for parts in told {
        for (sum, part) in sums.iter_mut().zip(parts) {
            *sum = sum.plus(Range { low: part.low(), high: part.high() });
        }
    }
    sums
}

/// The share of some parts among all; nothing where there are too few to speak of one.
fn rate(parts: &[Range], wanted: &[usize]) -> Option<Rate> {
    let nothing = Range { low: 0, high: Some(0) };
    let (mut own, mut others) = (nothing, nothing);
    for (at, part) in parts.iter().enumerate() {
        let into = if wanted.contains(&at) { &mut own } else { &mut others };
        *into = into.plus(*part);
    }
    if own.low + others.low < SMALL {
        return None;
    }
    let share = |own: u32, others: u32| {
        let all = u64::from(own) + u64::from(others);
        let share = (u64::from(own) * 100 + all / 2).checked_div(all).unwrap_or(0);
        u32::try_from(share).unwrap_or(100)
    };
    let (low, high) = (share(own.low, others.high?), share(own.high?, others.low));
    Some(Rate { low, high })
}

impl Range {
    fn plus(self, other: Self) -> Self {
        let high = self.high.zip(other.high).map(|(one, other)| one.saturating_add(other));
        Self { low: self.low.saturating_add(other.low), high }
    }

    /// The total of some parts, as it is published: not where it would give a small one away.
    #[must_use]
    pub fn total(parts: &[Self]) -> String {
        let nothing = Self { low: 0, high: Some(0) };
        let sum = parts.iter().fold(nothing, |sum, part| sum.plus(*part));
        let is_small = |part: &&Self| part.high.is_some_and(|high| (1..SMALL).contains(&high));
        let is_something = |part: &&Self| part.high != Some(0);
        if parts.iter().any(|part| is_small(&part)) && parts.iter().filter(is_something).count() > 1
        {
            return "非公表".to_owned();
        }
        sum.shown()
    }

    /// As it is published: small ones are not.
    #[must_use]
    pub fn shown(self) -> String {
        match self.high {
            Some(0) => "0".to_owned(),
            Some(high) if high < SMALL => format!("{SMALL}未満"),
            Some(high) if high == self.low => high.to_string(),
            // The least of a range may be small, and says nothing about anybody.
            Some(high) => format!("{}〜{high}", self.low),
            None => format!("{}以上", self.low),
        }
    }
}

impl Rate {
    /// Such as 83% or 70〜90%.
    #[must_use]
    pub fn shown(self) -> String {
        if self.low == self.high {
            format!("{}%", self.low)
        } else {
            format!("{}〜{}%", self.low, self.high)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::body::{Figures, Side};
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn told(admissions: [u32; 4], discharges: [u32; 2]) -> Statistic {
        Figures { cases: 9, admissions, letters: [10, 5, 0, 0, 5], discharges }
            .guarded(month("2026-10"), Side::Care)
    }

    fn report(statistics: &[(Id, u64, Statistic)]) -> CouncilMonth {
        let council = Council::of(statistics, month("2026-10"), month("2026-10"));
        council.months.into_iter().next().unwrap()
    }

    fn id(number: u8) -> Id {
        Id([number; 16])
    }

    #[test]
    fn totals_are_exact_where_everything_was_told() {
        let statistics = [1, 2, 3].map(|number| (id(number), 1, told([6, 0, 0, 6], [5, 5])));
        let report = report(&statistics);
        assert_eq!(
            report.admissions.iter().map(|r| r.shown()).collect::<Vec<_>>(),
            ["18", "0", "0", "18"]
        );
        assert_eq!(report.informed, Some(Rate { low: 50, high: 50 }));
        assert_eq!(report.untold.unwrap().shown(), "50%");
        assert_eq!(report.acknowledged_in_a_day.unwrap().shown(), "75%");
    }

    #[test]
    fn small_numbers_make_ranges() {
        let mut statistics = [1, 2, 3].map(|number| (id(number), 1, told([6, 0, 0, 6], [5, 5])));
        statistics[0].2 = told([3, 0, 0, 1], [0, 2]);
        let report = report(&statistics);
        // 1 to 4 beside twelve.
        assert_eq!(report.admissions[0].shown(), "13〜16");
        assert_eq!(Range::total(&report.admissions), "26〜32");
        assert_eq!(report.discharges[1].shown(), "11〜14");
        let informed = report.informed.unwrap();
        assert!(informed.low < 50 && informed.high > 50, "{informed:?}");
    }

    #[test]
    fn a_small_total_is_not_published() {
        let small = told([0, 0, 0, 1], [0, 0]);
        let report = report(&[
            (id(1), 1, small),
            (id(2), 1, told([0; 4], [0; 2])),
            (id(3), 1, told([0; 4], [0; 2])),
        ]);
        assert_eq!(report.admissions[3].shown(), "5未満");
        assert_eq!((report.informed, report.untold), (None, None));
        // 15 - 12 would be 3.
        let exact = |number| Range { low: number, high: Some(number) };
        assert_eq!(Range::total(&[exact(12), exact(3)]), "非公表");
        assert_eq!(Range::total(&[exact(0), exact(3)]), "5未満");
        assert_eq!(Range::total(&[exact(12), exact(5)]), "17");
    }

    #[test]
    fn few_institutions_are_not_shown_and_each_counts_once() {
        let one = told([6, 0, 0, 6], [5, 5]);
        let other = told([0, 0, 0, 7], [5, 5]);
        let statistics = [(id(1), 7, one), (id(1), 9, other), (id(1), 8, one), (id(2), 1, one)];
        let few = report(&statistics);
        assert_eq!((few.institutions, few.withheld), (2, true));
        assert!(few.admissions.is_empty() && few.informed.is_none());
        let enough = [&statistics[..], &[(id(3), 1, one)]].concat();
        // The newest of institution 1 counts: nothing in time, seven without.
        let enough = report(&enough);
        assert_eq!(enough.admissions[0].shown(), "12");
        assert_eq!(enough.admissions[3].shown(), "19");
    }

    #[test]
    fn one_care_office_among_hospitals_is_not_shown() {
        let nothing = Figures { letters: [10, 5, 0, 0, 5], ..Figures::default() };
        let hospital = nothing.guarded(month("2026-10"), Side::Hospital);
        let care = told([6, 0, 0, 6], [5, 5]);
        let report = report(&[(id(1), 1, care), (id(2), 1, hospital), (id(3), 1, hospital)]);
        assert!(!report.withheld && report.admissions.is_empty() && report.discharges.is_empty());
        assert_eq!((report.informed, report.untold), (None, None));
        assert_eq!(report.letters[0].shown(), "30");
    }

    #[test]
    fn months_without_reports_are_there() {
        let council = Council::of(&[], month("2026-11"), month("2027-01"));
        let months: Vec<_> = council.months.iter().map(|month| month.month.as_str()).collect();
        assert_eq!(months, ["2026-11", "2026-12", "2027-01"]);
        assert!(Council::of(&[], month("2027-01"), month("2026-11")).months.is_empty());
    }
}
