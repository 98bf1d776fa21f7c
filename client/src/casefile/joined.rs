//! Which cases are one: both sides may have begun a case of the same stay before they knew of each other.

use std::collections::BTreeMap;

use tsumugu_trust::value::Id;

use crate::failure::Failure;
use crate::office::{self, FactName, FactValue, Key};
use crate::vault::Vault;

/// Cases that the office joined (同じ事例).
#[derive(Debug, Default)]
pub(crate) struct Joined {
    /// The lowest id of each joined case, itself left out.
    lowest: BTreeMap<Id, Id>,
}

impl Joined {
    /// Reads the facts `same-as`.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn read(vault: &Vault) -> Result<Self, Failure> {
        let mut pairs = Vec::new();
        for kept in office::all(vault, "case-fact")? {
            let Key::CaseFact(case, FactName::SameAs) = kept.entry.key() else { continue };
            if let Some(FactValue::Case(other)) = super::facts::value(&kept.entry) {
                pairs.push((*case, other));
            }
        }
        Ok(Self::of(&pairs))
    }

    /// In whatever order they were joined, the same cases are one.
    fn of(pairs: &[(Id, Id)]) -> Self {
        let mut joined = Self::default();
        for (one, other) in pairs {
            let (one, other) = (joined.lowest(*one), joined.lowest(*other));
            let (low, high) = (one.min(other), one.max(other));
            if low == high {
                continue;
            }
            for lowest in joined.lowest.values_mut().filter(|lowest| **lowest == high) {
                *lowest = low;
            }
            joined.lowest.insert(high, low);
        }
        joined
    }

    /// The id that a case goes by: the lowest one, which is that of the case that was begun first.
    pub(crate) fn lowest(&self, case: Id) -> Id {
        self.lowest.get(&case).copied().unwrap_or(case)
    }

    /// All ids of a case, the lowest first.
    pub(crate) fn members(&self, lowest: Id) -> Vec<Id> {
        let others = self.lowest.iter().filter(|(_, low)| **low == lowest).map(|(id, _)| *id);
        std::iter::once(lowest).chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(number: u8) -> Id {
        Id([number; 16])
    }

    #[test]
    fn joined_cases_go_by_the_lowest_id() {
        let joined = Joined::of(&[(id(5), id(3)), (id(7), id(5)), (id(9), id(8))]);
        assert_eq!([3, 5, 7].map(|one| joined.lowest(id(one))), [id(3); 3]);
        assert_eq!([8, 9].map(|one| joined.lowest(id(one))), [id(8); 2]);
        assert_eq!(joined.lowest(id(1)), id(1));
        assert_eq!(joined.members(id(3)), [id(3), id(5), id(7)]);
        assert_eq!(joined.members(id(1)), [id(1)]);
    }

    proptest! {
        #[test]
        fn the_order_of_joining_does_not_matter(pairs in proptest::collection::vec((0u8..9, 0u8..9), 0..9)) {
            let pairs: Vec<_> = pairs.into_iter().map(|(a, b)| (id(a), id(b))).collect();
            let (joined, mut reversed) = (Joined::of(&pairs), pairs.clone());
            reversed.reverse();
            let swapped: Vec<_> = reversed.into_iter().map(|(a, b)| (b, a)).collect();
            let other = Joined::of(&swapped);
            for one in 0..9 {
                let lowest = joined.lowest(id(one));
                prop_assert_eq!(lowest, other.lowest(id(one)));
                prop_assert!(lowest <= id(one));
                prop_assert!(joined.members(lowest).contains(&id(one)));
            }
            for (a, b) in pairs {
                prop_assert_eq!(joined.lowest(a), joined.lowest(b));
            }
        }
    }
}
