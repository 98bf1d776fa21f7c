//! The sentences of the computed last days. None of them says that a fee is earned.

use jiff::civil::Date;

use super::admission::{Admission, LastDay};
use super::circumstance::Circumstance;
use super::rule::{Moved, Rule};
use super::said::{Said, show_day, show_minutes, show_moment};
use crate::calendar::ClosedFor;
use crate::{Act, Anchor, era};

/// What a sentence about a last day has to explain.
pub(super) struct Reasoned<'a> {
    pub(super) rule: Rule<'a>,
    pub(super) admission: &'a Admission,
    pub(super) circumstance: Circumstance,
    /// The last day before it moves for being no business day.
    pub(super) last: Date,
    /// Why that day is no business day.
    pub(super) closed: Option<ClosedFor>,
    /// The exceptions that hold.
    pub(super) moved: Moved,
    pub(super) day: Date,
}

/// The rule, its validity, the last day, and why it is this one.
pub(super) fn reason(of: &Reasoned<'_>) -> Said {
    let why = why(of);
    sentence(of.rule, of.day, &Said::new(format!("、{}", why.ja), format!("; {}", why.en)))
}

/// The same of a rule without exceptions, counted from a day.
pub(super) fn counted(rule: Rule<'_>, day: Date) -> Said {
    sentence(rule, day, &Said::new("", ""))
}

/// What has to be done, as it stands in a sentence.
pub(super) fn act(act: Act) -> Said {
    let (ja, en) = match act {
        Act::Conference => ("多職種カンファレンス", "the conference"),
        Act::FamilyMeeting => ("患者・家族との面談", "the meeting with patient and family"),
        Act::Information => ("情報提供", "giving the information"),
        Act::Interview => ("病院等の職員との面談", "the interview with the hospital's staff"),
        Act::Letter => ("診療情報提供書の提供", "the doctor's letter"),
        Act::Screening => ("退院困難な要因の抽出", "the screening"),
    };
    Said::new(ja, en)
}

fn sentence(rule: Rule<'_>, day: Date, why: &Said) -> Said {
    let (named, shown, count) = (rule_and_validity(rule), show_day(day), day_count(rule));
    let (title, act) = (Said::new(&rule.fee.name_ja, &rule.fee.name_en), act(rule.deadline.act));
    let said = Said::new(
        format!(
            "{}では、{}の要件となる{}の期限は{}です：{}{}。",
            named.ja, title.ja, act.ja, shown.ja, count.ja, why.ja
        ),
        format!(
            "{}: by {}, the last day for {} is {}: {}{}.",
            title.en, named.en, act.en, shown.en, count.en, why.en
        ),
    );
    if rule.deadline.is_provisional() { said.then(&unconfirmed()) } else { said }
}

/// What a second computation says otherwise.
pub(super) fn difference(before: &LastDay, after: &LastDay) -> Said {
    let days = (show_day(before.day), show_day(after.day));
    let (id, old, new) = (&after.rule.id, &before.rule.version, &after.rule.version);
    Said::new(
        format!("{id}の期限は、{old}の規定では{}、{new}の規定では{}です。", days.0.ja, days.1.ja),
        format!("The last day of {id} is {} by {old} and {} by {new}.", days.0.en, days.1.en),
    )
}

/// 暫定: what no official paper confirms.
fn unconfirmed() -> Said {
    Said::new(
        "【暫定】公的な資料で確かめられていない点を含みます。",
        "[provisional] Part of this is not confirmed by an official paper.",
    )
}

fn rule_and_validity(rule: Rule<'_>) -> Said {
    let (version, from) = (&rule.edition.version, rule.edition.valid_from);
    let from_ja = era::format(from);
    match rule.edition.valid_to {
        None => Said::new(
            format!("{version}の規定（{from_ja}から）"),
            format!("rule set {version} (in force from {from})"),
        ),
        Some(until) => Said::new(
            format!("{version}の規定（{from_ja}から{}まで）", era::format(until)),
            format!("rule set {version} (in force {from} to {until})"),
        ),
    }
}

/// How the days are counted.
fn day_count(rule: Rule<'_>) -> Said {
    let (base_ja, base_en) = match rule.deadline.anchor {
        Anchor::Admission => ("入院した日", "the day of admission"),
        Anchor::Conference => ("カンファレンスの日", "the day of the conference"),
        Anchor::Contract => ("契約の日", "the day of the contract"),
        Anchor::Decision => ("決定の日", "the day of the decision"),
        Anchor::Discharge => ("退院した日", "the day of discharge"),
        Anchor::Learnt => ("知った日", "the day it was learnt"),
    };
    let days = i32::from(rule.last_day());
    let mut said = match days {
        0 => Said::new(format!("{base_ja}のうち"), base_en),
        ..0 => {
            let days = -days;
            let unit = if days == 1 { "day" } else { "days" };
            Said::new(
                format!("{base_ja}の{days}日前まで"),
                format!("{days} {unit} before {base_en}"),
            )
        }
        _ => {
            let number = days + 1;
            Said::new(
                format!("{base_ja}を1日目として{number}日目まで"),
                format!("day {number}, where {base_en} is day 1"),
            )
        }
    };
    if rule.deadline.before_counts && days >= 0 {
        said.ja.push_str("（それより前でもよい）");
        said.en.push_str(" (or before)");
    }
    said
}

/// Why the last day was moved, or was not.
fn why(of: &Reasoned<'_>) -> Said {
    let admitted = show_moment(of.admission.at.day, of.admission.at.time);
    let planned = of.admission.planned;
    let (noun_ja, noun_en) = if planned {
        ("入院予定", "the planned admission")
    } else {
        ("入院", "the admission")
    };
    let subject =
        Said::new(format!("{noun_ja}（{}）", admitted.ja), format!("{noun_en} ({})", admitted.en));
    let circumstance = circumstance(of, &subject);
    let moved = if of.moved == Moved::default() { not_moved(of) } else { by_exception(of) };
    Said::new(
        format!("{}{}", circumstance.ja, moved.ja),
        format!("{}, {}", circumstance.en, moved.en),
    )
}

fn circumstance(of: &Reasoned<'_>, subject: &Said) -> Said {
    let Said { ja, en } = subject;
    // Whether some exception of the rule is for such an admission at all.
    let regarded = of.rule.moves_for(of.circumstance) || of.rule.moves_if_closed(of.circumstance);
    match of.circumstance {
        Circumstance::BeforeClosing { closes } => {
            let closes = show_minutes(closes);
            Said::new(
                format!("{ja}は営業終了（{closes}）より前なので"),
                format!("{en} was before closing time ({closes})"),
            )
        }
        Circumstance::AfterClosing { closes } if !regarded => {
            let closes = show_minutes(closes);
            Said::new(
                format!(
                    "{ja}は営業終了（{closes}）の後ですが、この期限を延ばす定めは見あたらないので"
                ),
                format!(
                    "{en} was after closing time ({closes}), and no exception for that is known"
                ),
            )
        }
        Circumstance::ClosedDay(why) if !regarded => {
            let why = closed_for(why);
            Said::new(
                format!(
                    "{ja}は営業日ではない日（{}）ですが、この期限を延ばす定めは見あたらないので",
                    why.ja
                ),
                format!(
                    "{en} was on a day when the office is closed ({}), and no exception for that is known",
                    why.en
                ),
            )
        }
        Circumstance::AfterClosing { closes } => {
            let closes = show_minutes(closes);
            Said::new(
                format!("{ja}が営業終了（{closes}）の後なので"),
                format!("{en} was after closing time ({closes})"),
            )
        }
        Circumstance::ClosedDay(why) => {
            let why = closed_for(why);
            Said::new(
                format!("{ja}が営業日ではない日（{}）なので", why.ja),
                format!("{en} was on a day when the office is closed ({})", why.en),
            )
        }
        Circumstance::HourNotTold { closes } => {
            let closes = show_minutes(closes);
            Said::new(
                format!("{ja}の時刻が分からず、営業終了（{closes}）より前と数えるので"),
                format!(
                    "the hour of {en} is not known and taken as before closing time ({closes})"
                ),
            )
        }
        Circumstance::HoursNotTold => Said::new(
            format!("{ja}のときの営業時間が分からず、延びる場合を数えないので"),
            format!("the office's hours at {en} are not known"),
        ),
    }
}

fn by_exception(of: &Reasoned<'_>) -> Said {
    let next = Said::new(
        "その翌日も数えます（翌営業日ではありません）",
        "so the next day counts too (the next day, not the next business day)",
    );
    let Some(closed) = of.closed.filter(|_| of.moved.by_closed_day) else { return next };
    let (last, closed) = (show_day(of.last), closed_for(closed));
    Said::new(
        format!("、期限の{}が営業日ではない（{}）ため、{}", last.ja, closed.ja, next.ja),
        format!(
            "and the last day {} is one when the office is closed ({}), {}",
            last.en, closed.en, next.en
        ),
    )
}

fn not_moved(of: &Reasoned<'_>) -> Said {
    let last = show_day(of.last);
    if of.rule.moves_if_closed(of.circumstance) {
        return Said::new(
            format!("延びることがありますが、{}が営業日なので延びません", last.ja),
            format!("so it could move, but {} is a business day and it does not", last.en),
        );
    }
    if let Some(closed) = of.closed.filter(|_| of.last != of.admission.at.day) {
        let closed = closed_for(closed);
        return Said::new(
            format!("、{}が営業日でなくても（{}）延びません", last.ja, closed.ja),
            format!(
                "so it does not move although {} is a day when the office is closed ({})",
                last.en, closed.en
            ),
        );
    }
    Said::new("延びません", "so it does not move")
}

/// Why a day is no business day.
fn closed_for(why: ClosedFor) -> Said {
    match why {
        ClosedFor::Weekday => Said::new("営業しない曜日", "a weekday without hours"),
        ClosedFor::Holiday(name) => Said::new(format!("祝日：{name}"), "a national holiday"),
        ClosedFor::OwnClosing => Said::new("事業所の休業日", "a closing day of the office"),
    }
}
