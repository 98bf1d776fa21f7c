//! The other rules that count days: of hospitals from the admission, and from the discharge.

use jiff::civil::Date;

use super::admission::add;
use super::rule::{ADMISSION_INFO_1, ADMISSION_INFO_2, Rule, RuleRef};
use super::said::Said;
use super::words;
use crate::{Act, Anchor, Catalogue};

/// The kind of ward that a last day is for, where the wards differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ward {
    /// General wards (一般病棟等).
    General,
    /// Chronic wards (療養病棟等).
    Chronic,
}

/// The last day of a rule that only counts days.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DayCount {
    /// The rule that says so.
    pub rule: RuleRef,
    /// The fee's name.
    pub title: Said,
    /// For what it is the last day.
    pub act: Act,
    /// The same in words.
    pub act_said: Said,
    /// For which wards; none: for all.
    pub ward: Option<Ward>,
    /// The last day, inclusive.
    pub day: Date,
    /// Whether no official paper confirms the count (暫定).
    pub provisional: bool,
    /// The rule, its validity, how the days are counted, and what is provisional.
    pub reason: Said,
}

/// The last days of the rules that count from the day of a discharge or an admission, in the order
/// of the catalogue; without those of 入院時情報連携加算, which [`deadlines`](super::deadlines) gives.
///
/// The rules are those in force on the day, or those of a rule set by name. Of last days that differ
/// by ward, those of `ward`, or both if nobody said.
#[must_use]
pub fn day_counts(
    catalogue: &Catalogue,
    anchor: Anchor,
    day: Date,
    ward: Option<Ward>,
    rule_set: Option<&str>,
) -> Vec<DayCount> {
    let other = |rule: &Rule<'_>| ![ADMISSION_INFO_1, ADMISSION_INFO_2].contains(&&*rule.fee.id);
    let due = Rule::all(catalogue, day, rule_set)
        .filter(|rule| rule.deadline.anchor == anchor)
        .filter(other)
        .flat_map(|rule| by_ward(rule, ward));
    let count = due.map(|(rule, ward)| {
        let last = add(day, rule.last_day());
        DayCount {
            rule: rule.reference(),
            title: Said::new(&rule.fee.name_ja, &rule.fee.name_en),
            act: rule.deadline.act,
            act_said: words::act(rule.deadline.act),
            ward,
            day: last,
            provisional: rule.deadline.is_provisional(),
            reason: words::counted(rule, last),
        }
    });
    count.collect()
}

/// The rule as it is read for each ward that is asked for.
fn by_ward(rule: Rule<'_>, asked: Option<Ward>) -> Vec<(Rule<'_>, Option<Ward>)> {
    if rule.deadline.chronic_last_day.is_none() {
        return vec![(rule, None)];
    }
    let wards = [Ward::General, Ward::Chronic].into_iter();
    let wanted = wards.filter(|ward| asked.is_none_or(|asked| asked == *ward));
    let read = |ward| (Rule { chronic: ward == Ward::Chronic, ..rule }, Some(ward));
    wanted.map(read).collect()
}
