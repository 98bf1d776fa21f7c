//! The sentences of the rows. None of them says that a fee is earned.

use jiff::civil::Date;

use super::row::{Row, State, Turn};
use crate::deadline::{Said, show_day};
use crate::{Anchor, Catalogue, Pattern, Step};

pub(super) fn done(row: &Row<'_>) -> Said {
    let Some(first) = row.done.first() else { return Said::new("", "") };
    let day = show_day(first.at.date());
    let said = match (first.by_letter, first.ours) {
        (true, true) => Said::new(
            format!("{}に送った記録があります。", day.ja),
            format!("The log shows that it was sent on {}.", day.en),
        ),
        (true, false) => Said::new(
            format!("{}に相手から届いた記録があります。", day.ja),
            format!("The log shows that it came from the other side on {}.", day.en),
        ),
        (false, true) => Said::new(
            format!("{}に行ったと、この事業所が記録しました。", day.ja),
            format!("This office recorded that it was done on {}.", day.en),
        ),
        (false, false) => Said::new(
            format!("{}に行ったと、相手が記録しました。", day.ja),
            format!("The other side recorded that it was done on {}.", day.en),
        ),
    };
    match row.due.as_ref().filter(|_| row.done_late) {
        None => said,
        Some(due) => {
            let last = show_day(due.then.map_or(due.day, |then| then.max(due.day)));
            said.then(&Said::new(
                format!("期限（{}）の後です。", last.ja),
                format!("That is after its last day, {}.", last.en),
            ))
        }
    }
}

pub(super) fn skipped(catalogue: &Catalogue, reason: &str, ours: bool) -> Said {
    let (ja, en) = reason_of(catalogue, reason);
    let (who_ja, who_en) =
        if ours { ("この事業所", "This office") } else { ("相手", "The other side") };
    Said::new(
        format!("省いたと、{who_ja}が記録しました（{ja}）。"),
        format!("{who_en} recorded that it was left out: {en}."),
    )
}

pub(super) fn because(catalogue: &Catalogue, reason: &str) -> Said {
    let (ja, en) = reason_of(catalogue, reason);
    Said::new(format!("要りません（{ja}）。"), format!("Not needed: {en}."))
}

pub(super) fn as_needed(step: &Step) -> Said {
    Said::new(
        format!("必要なときに行う手順です（{}）。", step.timing_ja),
        "Done when it is needed.",
    )
}

/// Of a step that somebody is to do now, or should have done.
pub(super) fn open(catalogue: &Catalogue, row: &Row<'_>) -> Said {
    let roles: Vec<&str> = row
        .step
        .from
        .iter()
        .filter_map(|role| catalogue.role(role))
        .map(|role| &*role.ja)
        .collect();
    let who_ja = match row.turn {
        Turn::Theirs => format!("{}の番です", roles.join("・")),
        Turn::Either => "先に知った側が行います".to_owned(),
        _ => "この事業所の番です".to_owned(),
    };
    let who_en = match row.turn {
        Turn::Theirs => "It is the other side's turn",
        Turn::Either => "Whoever knows first does it",
        _ => "It is this office's turn",
    };
    let Some(due) = &row.due else {
        return Said::new(
            format!("{who_ja}（{}）。行った記録がまだありません。", row.step.timing_ja),
            format!("{who_en}; no record shows yet that it was done."),
        );
    };
    let last = due.then.filter(|_| row.state == State::Late).unwrap_or(due.day);
    let mut day = show_day(last);
    if let Some(time) = due.time {
        let clock = format!("{:02}:{:02}", time.hour(), time.minute());
        day = Said::new(format!("{}{clock}", day.ja), format!("{} {clock}", day.en));
    }
    let (mark_ja, mark_en) =
        if due.provisional { ("【暫定】", " [provisional]") } else { ("", "") };
    if row.state == State::Late {
        return Said::new(
            format!(
                "期限（{}）{mark_ja}を過ぎていますが、行った記録がありません。{who_ja}。",
                day.ja
            ),
            format!(
                "Its last day, {}{mark_en}, has passed and no record shows that it was done. {who_en}.",
                day.en
            ),
        );
    }
    let then = due.then.map(show_day);
    let (then_ja, then_en) = match &then {
        Some(then) => (format!("、遅くとも{}", then.ja), format!(", {} at the latest", then.en)),
        None => (String::new(), String::new()),
    };
    Said::new(
        format!("{who_ja}。期限は{}{then_ja}{mark_ja}です（{}）。", day.ja, row.step.timing_ja),
        format!("{who_en}. Its last day is {}{then_en}{mark_en}.", day.en),
    )
}

pub(super) fn peace() -> Said {
    Said::new(
        "平時の手順です。事例ごとには数えません。",
        "A step of normal times; not counted for a case.",
    )
}

pub(super) fn not_planned() -> Said {
    Said::new("予定入院のときの手順です。", "A step for planned admissions.")
}

pub(super) fn exception() -> Said {
    Said::new("起きたときだけの手順です。", "Only where it happens.")
}

pub(super) fn other_pattern(pattern: Pattern) -> Said {
    match pattern {
        Pattern::New => Said::new(
            "入院前からケアマネジャーがいる方（パターンA）の手順です。",
            "A step for persons who had a care manager before (pattern A).",
        ),
        _ => Said::new(
            "入院前にケアマネジャーがいない方（パターンB）の手順です。",
            "A step for persons who had no care manager before (pattern B).",
        ),
    }
}

pub(super) fn after(before: &Step) -> Said {
    Said::new(
        format!("「{}」の後です。", before.name_ja),
        format!("It comes after: {}.", before.name_en),
    )
}

pub(super) fn no_date(anchor: Anchor) -> Said {
    let (ja, en) = match anchor {
        Anchor::Admission => ("入院してから数えます。", "It counts from the admission."),
        Anchor::Conference => (
            "カンファレンスの日が決まってから数えます。",
            "It counts once the conference has a date.",
        ),
        Anchor::Discharge => (
            "退院日の見込みが分かってから数えます。",
            "It counts once a day of discharge is expected.",
        ),
        Anchor::Contract => ("契約の日から数えます。", "It counts from the contract."),
        Anchor::Decision => ("決まってから数えます。", "It counts from the decision."),
        Anchor::Learnt => {
            ("入院を知った日から数えます。", "It counts from when the admission was learnt of.")
        }
    };
    Said::new(ja, en)
}

pub(super) fn from(day: Date) -> Said {
    let day = show_day(day);
    Said::new(format!("{}からの手順です。", day.ja), format!("A step from {} on.", day.en))
}

fn reason_of(catalogue: &Catalogue, reason: &str) -> (String, String) {
    let known = catalogue.skip_reasons().iter().find(|one| one.id == reason);
    known.map_or_else(
        || (reason.to_owned(), reason.to_owned()),
        |known| (known.ja.clone(), known.en.clone()),
    )
}
