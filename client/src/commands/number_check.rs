//! Whether an institution's number looks like one.

use tsumugu_trust::value::{InstitutionKind, InstitutionNumber};

use crate::failure::Failure;

/// Digits of 医療機関コード and 介護事業所番号.
pub(super) const DIGITS: usize = 10;

/// Refuses a number that was probably mistyped: where the state gives numbers, they have ten digits.
/// A wrong one would be printed on every sheet and claim.
///
/// # Errors
/// `admin.odd-number`, unless `force`.
pub(super) fn check_number(
    kind: InstitutionKind,
    number: &InstitutionNumber,
    force: bool,
) -> Result<(), Failure> {
    let text = number.as_str();
    let is_plain = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    if force || is_plain || !has_state_number(kind) {
        return Ok(());
    }
    Err(Failure::new("admin.odd-number").with("number", text).with("count", text.chars().count()))
}

/// Fire services, municipalities and associations have no such number; the administrators give one.
fn has_state_number(kind: InstitutionKind) -> bool {
    match kind {
        InstitutionKind::Hospital
        | InstitutionKind::Clinic
        | InstitutionKind::CareOffice
        | InstitutionKind::CommunitySupport
        | InstitutionKind::VisitingNurse
        | InstitutionKind::Pharmacy
        | InstitutionKind::Facility => true,
        InstitutionKind::FireService
        | InstitutionKind::Municipality
        | InstitutionKind::Association
        | InstitutionKind::Exchange => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_digits_where_the_state_gives_them() {
        let key = |kind, number: &str, force| {
            check_number(kind, &number.parse().unwrap(), force).map_err(|failure| failure.key())
        };
        assert_eq!(key(InstitutionKind::Hospital, "1217000001", false), Ok(()));
        for wrong in ["121700000", "12170000011", "12170000A1", "1217-00001"] {
            assert_eq!(key(InstitutionKind::Pharmacy, wrong, false), Err("admin.odd-number"));
            assert_eq!(key(InstitutionKind::Pharmacy, wrong, true), Ok(()));
            assert_eq!(key(InstitutionKind::FireService, wrong, false), Ok(()));
        }
    }
}
