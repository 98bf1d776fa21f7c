//! What the time of a provision shows: which last day it kept.

use jiff::civil::Date;

use super::admission::{Deadlines, LastDay};
use super::note::Note;
use super::said::{Said, show_day, show_moment};
use super::when::When;

/// What is known of the person.
#[derive(Clone, Copy, Debug, Default)]
pub struct Person<'a> {
    /// Care level as the catalogue's list `care_level` names it, such as 要介護2.
    pub care_level: Option<&'a str>,
    /// Days on which information about the person was given for other admissions.
    pub earlier: &'a [Date],
}

/// The necessary information, given to the hospital.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Provision {
    /// When it was sent: what the last days are compared with.
    pub sent: When,
    /// When the hospital confirmed receipt (受領確認); shown apart.
    pub acknowledged: Option<When>,
}

/// What the times show.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Nothing was sent yet.
    NotSent,
    /// By the last day of (Ⅰ).
    Class1,
    /// By the last day of (Ⅱ).
    Class2,
    /// After both (期限超過).
    Past,
    /// In time, but the month's one was given already (月1回).
    MonthUsed {
        /// The earlier provision.
        earlier: Date,
    },
    /// The fee has nothing for this care level.
    NotCovered,
}

impl Standing {
    /// A name for programs; none while nothing was sent.
    #[must_use]
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::NotSent => None,
            Self::Class1 => Some("1"),
            Self::Class2 => Some("2"),
            Self::Past => Some("past"),
            Self::MonthUsed { .. } => Some("month-used"),
            Self::NotCovered => Some("not-covered"),
        }
    }
}

/// What the times show of one provision, and what is missing.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// Which last day was kept.
    pub standing: Standing,
    /// Why.
    pub reason: Said,
    /// Whether no official paper confirms all of it (暫定).
    pub provisional: bool,
    /// What else is to be known, and what is missing.
    pub notes: Vec<Note>,
}

/// Compares a provision, or that there is none yet, with the last days of an admission.
#[must_use]
pub fn assess(
    deadlines: &Deadlines,
    person: &Person<'_>,
    provision: Option<&Provision>,
) -> Assessment {
    let standing = standing(deadlines, person, provision);
    let provisional = match standing {
        Standing::NotSent | Standing::MonthUsed { .. } => false,
        Standing::Class1 => deadlines.class_1.provisional,
        Standing::Class2 | Standing::Past => deadlines.class_2.provisional,
        // No public page names the care levels.
        Standing::NotCovered => true,
    };
    let mut notes = Vec::new();
    if person.care_level.is_none() && !deadlines.not_for.is_empty() {
        notes.push(Note::NoCareLevel);
    }
    if let Some(provision) = provision {
        notes.extend(of_provision(deadlines, person, provision));
    }
    let reason = reason(deadlines, person, provision, standing);
    Assessment { standing, reason, provisional, notes }
}

fn standing(deadlines: &Deadlines, person: &Person<'_>, provision: Option<&Provision>) -> Standing {
    let none_for = |level: &str| deadlines.not_for.iter().any(|one| one == level);
    if person.care_level.is_some_and(none_for) {
        return Standing::NotCovered;
    }
    let by_time = match provision {
        None => Standing::NotSent,
        Some(one) if one.sent.day <= deadlines.class_1.day => Standing::Class1,
        Some(one) if one.sent.day <= deadlines.class_2.day => Standing::Class2,
        Some(_) => Standing::Past,
    };
    let admitted = deadlines.admission.at.day;
    match earlier_in(deadlines, person, admitted) {
        Some(earlier) if by_time != Standing::Past => Standing::MonthUsed { earlier },
        _ => by_time,
    }
}

/// The first earlier provision in the month of a day.
fn earlier_in(deadlines: &Deadlines, person: &Person<'_>, day: Date) -> Option<Date> {
    let same_month = |one: &&Date| (one.year(), one.month()) == (day.year(), day.month());
    let earlier = person.earlier.iter().filter(same_month).min();
    earlier.filter(|_| deadlines.once_a_month).copied()
}

fn of_provision(deadlines: &Deadlines, person: &Person<'_>, provision: &Provision) -> Vec<Note> {
    let mut notes = Vec::new();
    let (admitted, sent) = (deadlines.admission.at.day, provision.sent.day);
    if earlier_in(deadlines, person, admitted).is_none()
        && let Some(earlier) = earlier_in(deadlines, person, sent)
    {
        notes.push(Note::OtherMonth { earlier });
    }
    let last = deadlines.class_1.day.max(deadlines.class_2.day);
    let kept = if sent <= deadlines.class_1.day { deadlines.class_1.day } else { last };
    match provision.acknowledged {
        None => notes.push(Note::NotAcknowledged),
        Some(when) if sent <= kept && when.day > kept => {
            notes.push(Note::AcknowledgedLate { acknowledged: when.day });
        }
        Some(_) => {}
    }
    notes.push(Note::CareRecord);
    notes
}

fn reason(
    deadlines: &Deadlines,
    person: &Person<'_>,
    provision: Option<&Provision>,
    standing: Standing,
) -> Said {
    let Deadlines { class_1, class_2, admission, .. } = deadlines;
    let sent = provision.map(|one| show_moment(one.sent.day, one.sent.time));
    let sent = sent.unwrap_or_else(|| Said::new("", ""));
    match standing {
        Standing::NotSent => Said::new("まだ提供していません。", "Nothing was given yet."),
        Standing::Class1 if provision.is_some_and(|one| one.sent.day < admission.at.day) => {
            Said::new(
                format!("提供（{}）は入院した日より前で、(Ⅰ)の要件となる期限の内です。", sent.ja),
                format!(
                    "It was given ({}) before the day of admission, which is by the last day of (I).",
                    sent.en
                ),
            )
        }
        Standing::Class1 => by(&sent, class_1, ("(Ⅰ)", "(I)")),
        Standing::Class2 => {
            by(&sent, class_2, ("(Ⅰ)の期限の後ですが、(Ⅱ)", "(II), though after that of (I)"))
        }
        Standing::Past => {
            let last = show_day(class_2.day.max(class_1.day));
            Said::new(
                format!(
                    "提供（{}）は、(Ⅱ)の要件となる期限（{}）を過ぎています（期限超過）。情報そのものは、病院での支援に役立ちます。",
                    sent.ja, last.ja
                ),
                format!(
                    "It was given ({}) after the last day of (II), {}. To the hospital the information is of use all the same.",
                    sent.en, last.en
                ),
            )
        }
        Standing::MonthUsed { earlier } => {
            let earlier = show_day(earlier);
            Said::new(
                format!(
                    "入院の月に、すでに{}の提供があります。この加算は利用者1人につき月1回です。転院などで別の病院に入ったときも、情報そのものは改めて提供してください。",
                    earlier.ja
                ),
                format!(
                    "There is a provision of {} in the month of the admission already, and the add-on is once a month and person. After a transfer the next hospital needs the information all the same.",
                    earlier.en
                ),
            )
        }
        Standing::NotCovered => {
            let level = person.care_level.unwrap_or("-");
            Said::new(
                format!(
                    "{level}の方には、この加算がありません【暫定】。情報そのものは、病院での支援に役立ちます。"
                ),
                "There is no such add-on for this care level [provisional]. To the hospital the information is of use all the same.",
            )
        }
    }
}

fn by(sent: &Said, last: &LastDay, (class_ja, class_en): (&str, &str)) -> Said {
    let day = show_day(last.day);
    Said::new(
        format!("提供（{}）は、{class_ja}の要件となる期限（{}）の内です。", sent.ja, day.ja),
        format!("It was given ({}) by {}, the last day of {class_en}.", sent.en, day.en),
    )
}
