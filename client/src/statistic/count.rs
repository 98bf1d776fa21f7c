//! Small numbers and what would give them away (小さい数の秘匿).

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Numbers from 1 up to below this one are not told: so do the statistics of health in Japan and
/// elsewhere.
pub const SMALL: u32 = 5;

/// A number as it may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// As it is: nothing, or [`SMALL`] and more.
    Exact(u32),
    /// From 1 to 4 (5未満).
    Below,
    /// A total, not told since a small part could be computed from it (非公表).
    Withheld,
}

impl Count {
    /// The smallest number that it can be.
    #[must_use]
    pub fn low(self) -> u32 {
        match self {
            Self::Exact(number) => number,
            Self::Below => 1,
            Self::Withheld => 2,
        }
    }

    /// The largest number that it can be, where it says so.
    #[must_use]
    pub fn high(self) -> Option<u32> {
        match self {
            Self::Exact(number) => Some(number),
            Self::Below => Some(SMALL - 1),
            Self::Withheld => None,
        }
    }

    /// A number that stands for itself, without a total beside it.
    #[must_use]
    pub fn alone(number: u32) -> Self {
        if (1..SMALL).contains(&number) { Self::Below } else { Self::Exact(number) }
    }
}

/// 5未満, 非公表, or the number.
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(number) => write!(f, "{number}"),
            Self::Below => write!(f, "{SMALL}未満"),
            Self::Withheld => f.write_str("非公表"),
        }
    }
}

/// Parts of a whole and their total, so that nobody can compute a small one.
///
/// What is hidden depends on nothing but which parts are small, never on how small: else somebody who
/// knows this rule could read it backwards.
#[must_use]
pub(super) fn guard<const N: usize>(parts: [u32; N]) -> (Count, [Count; N]) {
    let told = parts.map(Count::alone);
    (total(&told), told)
}

/// What may be told of the total of some parts: itself where all of them are; that it is small where one
/// small part is all there is; else nothing.
#[must_use]
pub(super) fn total(parts: &[Count]) -> Count {
    let something = || parts.iter().filter(|part| **part != Count::Exact(0));
    if parts.iter().all(|part| matches!(part, Count::Exact(_))) {
        return Count::Exact(parts.iter().fold(0, |sum, part| sum.saturating_add(part.low())));
    }
    if something().count() == 1 { Count::Below } else { Count::Withheld }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exact(number) => serializer.serialize_u32(*number),
            Self::Below => serializer.serialize_str("below-5"),
            Self::Withheld => serializer.serialize_str("withheld"),
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number that is not small, below-5 or withheld")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Count, E> {
                let number = u32::try_from(number).map_err(E::custom)?;
                match Count::alone(number) {
                    Count::Below => Err(E::custom("a small number")),
                    told => Ok(told),
                }
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Count, E> {
                match text {
                    "below-5" => Ok(Count::Below),
                    "withheld" => Ok(Count::Withheld),
                    _ => Err(E::custom("no count")),
                }
            }
        }
        deserializer.deserialize_any(Read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn five_is_told_and_four_is_not() {
        assert_eq!(Count::alone(0), Count::Exact(0));
        assert_eq!(Count::alone(1), Count::Below);
        assert_eq!(Count::alone(SMALL - 1), Count::Below);
        assert_eq!(Count::alone(SMALL), Count::Exact(5));
    }

    #[test]
    fn a_total_that_gives_a_small_part_away_is_hidden() {
        use Count::{Below, Exact, Withheld};
        // 12 - 9 would be 3.
        assert_eq!(guard([9, 3]), (Withheld, [Exact(9), Below]));
        assert_eq!(guard([3, 2, 0]), (Withheld, [Below, Below, Exact(0)]));
        assert_eq!(guard([0, 3, 0]), (Below, [Exact(0), Below, Exact(0)]));
        assert_eq!(guard([7, 0]), (Exact(7), [Exact(7), Exact(0)]));
        assert_eq!(guard([0, 0]), (Exact(0), [Exact(0), Exact(0)]));
        assert_eq!(guard([5, 5]), (Exact(10), [Exact(5), Exact(5)]));
    }

    proptest! {
        #[test]
        fn whoever_is_small_could_be_any_small_number(parts in [0_u32..12, 0..12, 0..12, 0..12]) {
            let told = guard(parts);
            for at in 0..parts.len() {
                if (1..SMALL).contains(&parts[at]) {
                    for other in 1..SMALL {
                        let mut parts = parts;
                        parts[at] = other;
                        prop_assert_eq!(guard(parts), told, "{:?}", parts);
                    }
                }
            }
        }
    }
}
