//! What an institution counts in a month, out of its cases.

use jiff::civil::Date;
use tsumugu_catalogue::deadline::Standing;
use tsumugu_proto::v1::LetterKind;
use tsumugu_trust::value::{InstitutionKind, Time};

use super::body::{Figures, Month, Side};
use crate::casefile::{CaseFile, CaseLetter, admitted};
use crate::failure::Failure;
use crate::jst;
use crate::post::Post;
use crate::proof::{admission_forms, assessed, computed, confirmed};
use crate::releases::Catalogues;

const HOUR_MS: u64 = 60 * 60 * 1_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Forms that tell of a discharge before it.
const TELLS_DISCHARGE: [&str; 3] =
    ["notice-discharge-date", "notice-conference", "notice-transfer"];

/// What this institution counts in a month.
///
/// Each thing is counted by one side only, so that totals of a region count nothing twice: admissions
/// and discharges by care offices, letters by whoever sent them.
///
/// # Errors
/// The vault.
pub(crate) fn figures(post: &impl Post, month: Month) -> Result<(Side, Figures), Failure> {
    let own = post.keys()?.institution;
    let member = post.directory().member(own);
    let kind = member.and_then(|member| member.record()).map(|record| record.kind);
    let side = side(kind);
    let catalogues = Catalogues::of(post.home(), post.directory().catalogues());
    let catalogue = catalogues.newest().catalogue;
    let forms = admission_forms(catalogue);
    let mut figures = Figures::default();
    for case in CaseFile::gather_all(post)? {
        let mut is_of_it = false;
        for letter in case.letters.iter().filter(|letter| month.has(day(letter.accepted))) {
            is_of_it = true;
            if counts(letter) {
                add(&mut figures.letters, waited(letter));
            }
        }
        let admitted = admitted(&case).filter(|at| month.has(at.day));
        if side == Side::Care && admitted.is_some() {
            let standing = computed(post, catalogue, &case)?
                .map(|days| assessed(&catalogues, &case, &days, &forms).standing);
            // A care level without the add-on is no admission of the rate.
            if standing != Some(Standing::NotCovered) {
                add(&mut figures.admissions, by_class(standing));
            }
        }
        let discharged = case.facts.discharged().filter(|day| month.has(*day));
        if side == Side::Care
            && let Some(discharged) = discharged
        {
            add(&mut figures.discharges, usize::from(!was_told(&case, discharged)));
        }
        if is_of_it || admitted.is_some() || discharged.is_some() {
            figures.cases += 1;
        }
    }
    Ok((side, figures))
}

fn side(kind: Option<InstitutionKind>) -> Side {
    match kind {
        Some(InstitutionKind::CareOffice | InstitutionKind::CommunitySupport) => Side::Care,
        Some(InstitutionKind::Hospital | InstitutionKind::Clinic) => Side::Hospital,
        _ => Side::Other,
    }
}

/// Letters that ask for a receipt: sheets and notices that this institution sent and did not take back.
fn counts(letter: &CaseLetter) -> bool {
    letter.outgoing
        && letter.is_current()
        && matches!(letter.kind, LetterKind::Sheet | LetterKind::Notice)
}

/// The place among the times to a receipt.
fn waited(letter: &CaseLetter) -> usize {
    match confirmed(letter).map(|at| at.0.saturating_sub(letter.accepted.0)) {
        Some(ms) if ms <= HOUR_MS => 0,
        Some(ms) if ms <= DAY_MS => 1,
        Some(ms) if ms <= 3 * DAY_MS => 2,
        Some(_) => 3,
        None => 4,
    }
}

fn by_class(standing: Option<Standing>) -> usize {
    match standing {
        Some(Standing::Class1) => 0,
        // Given already in that month, for another admission.
        Some(Standing::Class2 | Standing::MonthUsed { .. }) => 1,
        Some(Standing::Past) => 2,
        _ => 3,
    }
}

/// Whether a letter told of the discharge before its day.
fn was_told(case: &CaseFile, discharged: Date) -> bool {
    let tells = |letter: &CaseLetter| {
        let form = letter.form_id().unwrap_or_default();
        !letter.outgoing && TELLS_DISCHARGE.contains(&form) && day(letter.accepted) < discharged
    };
    case.letters.iter().any(tells)
}

fn day(time: Time) -> Date {
    jst::civil(time).date()
}

fn add<const N: usize>(into: &mut [u32; N], place: usize) {
    if let Some(count) = into.get_mut(place) {
        *count += 1;
    }
}
