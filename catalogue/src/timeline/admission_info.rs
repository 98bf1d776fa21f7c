//! The sheet at the admission against the last days of 入院時情報連携加算.

use super::Case;
use super::apply::Done;
use super::due;
use crate::deadline::{
    ADMISSION_INFO_1, AdmissionRules, Assessment, Deadlines, Person, Provision, Said, Standing,
    When, assess, deadlines, show_day,
};
use crate::{Catalogue, DoneBy};

/// What the log shows of the sheet at the admission.
#[derive(Clone, Debug)]
pub struct AdmissionInfo {
    /// The last days.
    pub deadlines: Deadlines,
    /// Which of them was kept.
    pub assessment: Assessment,
    /// When the first sheet was accepted.
    pub sent: Option<When>,
    /// When the hospital acknowledged it (受領確認); a lamp of its own, which moves nothing.
    pub acknowledged: Option<When>,
    /// All of it in one sentence.
    pub said: Said,
}

/// Nothing for a side that does not send the sheet.
pub(super) fn of(catalogue: &Catalogue, case: &Case<'_>, done: &Done<'_>) -> Option<AdmissionInfo> {
    let admission = due::admission(case)?;
    let steps = catalogue.steps().filter(|step| {
        let counts = step
            .timing
            .as_ref()
            .is_some_and(|timing| timing.rules.iter().any(|rule| rule == ADMISSION_INFO_1));
        counts
            && step.done_by == DoneBy::Form
            && step.from.iter().any(|role| case.roles.contains(&&**role))
    });
    let mut steps = steps.peekable();
    steps.peek()?;
    let ours = steps.flat_map(|step| done.by.get(&step.id).into_iter().flatten());
    // A step that somebody ticked off gives nobody a sheet.
    let first = ours.filter(|doing| doing.ours && doing.by_letter).min();
    let sent = first.map(|doing| When::at(doing.at));
    let letter = first.and_then(|first| done.letters.iter().find(|one| one.key == first.key));
    let acknowledged = letter.and_then(|letter| letter.acknowledged).map(When::at);
    let rules = AdmissionRules::find(catalogue, admission.at.day, None)?;
    let computed = deadlines(rules, &admission, case.calendar);
    let person = Person { care_level: case.care_level, earlier: &[] };
    let provision = sent.map(|sent| Provision { sent, acknowledged });
    let assessment = assess(&computed, &person, provision.as_ref());
    let said = sentence(&computed, &assessment, acknowledged);
    Some(AdmissionInfo { deadlines: computed, assessment, sent, acknowledged, said })
}

fn sentence(computed: &Deadlines, assessment: &Assessment, acknowledged: Option<When>) -> Said {
    let rule = &computed.rule_set;
    let provisional = match assessment.standing {
        Standing::NotSent => computed.class_1.provisional || computed.class_2.provisional,
        _ => assessment.provisional,
    };
    let (mark, mark_en) = if provisional { ("【暫定】", " [provisional]") } else { ("", "") };
    let said = match assessment.standing {
        Standing::NotSent => {
            let (one, two) = (show_day(computed.class_1.day), show_day(computed.class_2.day));
            return Said::new(
                format!(
                    "入院時情報提供の期限は、(Ⅰ)が{}、(Ⅱ)が{}です（{rule}の規定）{mark}。まだ送った記録がありません。",
                    one.ja, two.ja
                ),
                format!(
                    "Last day for the sheet at admission: {} for (I), {} for (II), by rule set {rule}{mark_en}. No record shows that it was sent.",
                    one.en, two.en
                ),
            );
        }
        _ => Said::new(
            format!("{}（{rule}の規定）{mark}", assessment.reason.ja),
            format!("{} (rule set {rule}){mark_en}", assessment.reason.en),
        ),
    };
    let receipt = match acknowledged {
        Some(when) => {
            let day = show_day(when.day);
            Said::new(
                format!("受領確認は{}です。", day.ja),
                format!("Receipt was confirmed on {}.", day.en),
            )
        }
        None => Said::new(
            "受領確認がまだありません。",
            "The hospital's confirmation of receipt is missing.",
        ),
    };
    said.then(&receipt)
}
