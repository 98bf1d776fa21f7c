//! Changes of an institution's record that need no invitation: what administrators, the exchange and
//! whoever signs too check alike.

use crate::statement::Institution;

/// Whether `after` is the next version of `before` and changes only how the institution is called,
/// found and reached: key, invitation and membership stay, so that no key can come in this way.
#[must_use]
pub fn is_attribute_change(before: &Institution, after: &Institution) -> bool {
    let held =
        |record: &Institution| (record.institution, record.key, record.fax_only, record.invitation);
    let same = Institution { version: after.version, ..before.clone() };
    held(before) == held(after) && after.version == before.version + 1 && same != *after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use crate::value::{Id, InstitutionKind};

    #[test]
    fn only_attributes_change() {
        let mut world = World::new(3);
        let office = world.admit("ケアプランつむぐ", InstitutionKind::CareOffice);
        let other = world.admit("架空中央病院", InstitutionKind::Hospital);
        let before = office.record.clone();
        let next = Institution { version: 2, ..before.clone() };
        let renamed =
            Institution { name: "ケアプランいと".parse().unwrap(), ..next.clone() };
        assert!(is_attribute_change(&before, &renamed));
        let moved = Institution { town: Some("流山市".parse().unwrap()), ..next.clone() };
        assert!(is_attribute_change(&before, &moved));
        for wrong in [
            next.clone(),
            Institution { version: 1, ..renamed.clone() },
            Institution { version: 3, ..renamed.clone() },
            Institution { key: other.record.key, ..renamed.clone() },
            Institution { invitation: Some(Id([1; 16])), ..renamed.clone() },
            Institution { institution: other.id, ..renamed },
        ] {
            assert!(!is_attribute_change(&before, &wrong), "{wrong:?}");
        }
    }
}
