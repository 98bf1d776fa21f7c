//! Where the leaves that are shown stand in the one clear chain (`docs/FORMATS.md`, section 3, "Places").
//!
//! The chain is shown with gaps, but every leaf says something of it: a clear one its number, its digest
//! and that of the leaf before it; a private one number and digest of the clear leaf that it was made
//! after. All that must be one story, which the indexes leave room for.

use std::collections::BTreeMap;

use super::{Evidence, EvidenceRefused, ShownClear, ShownPrivate};
use crate::hash::Hash;
use crate::leaf::{ChainHead, PrivateLeaf};
use crate::value::Time;

/// What the leaves say, contradicted by none of them.
pub(super) struct Places {
    /// By index.
    shown: Vec<Place>,
    /// Digest of the clear leaf of a number.
    digests: BTreeMap<u64, Hash>,
}

#[derive(Clone, Copy)]
struct Place {
    index: u64,
    time: Time,
    /// Of the newest clear leaf at this index.
    number: u64,
    clear: bool,
}

impl Places {
    /// Checks indexes, numbers, times and digests against each other, from the first leaf on.
    pub(super) fn read(evidence: &Evidence) -> Result<Self, EvidenceRefused> {
        let clear = evidence.clear.iter().map(told_by_clear);
        let private = evidence.private.iter().map(told_by_private);
        let mut leaves: Vec<_> = clear.chain(private).collect();
        leaves.sort_by_key(|(place, _)| place.index);
        let mut places = Self { shown: Vec::with_capacity(leaves.len()), digests: BTreeMap::new() };
        for (place, digests) in leaves {
            let follows = places.shown.last().is_none_or(|before| place.follows(before));
            let one_story = digests.iter().flatten().all(|told| places.takes(*told));
            if !(place.has_room() && follows && one_story) {
                return Err(EvidenceRefused::Continuity { index: place.index });
            }
            places.shown.push(place);
        }
        Ok(places)
    }

    /// Whether a private leaf that is in the log, but not shown here, contradicts what is shown.
    pub(super) fn fits(&self, index: u64, leaf: &PrivateLeaf) -> bool {
        let place = Place { index, time: leaf.time, number: leaf.after.number, clear: false };
        let next = self.shown.partition_point(|shown| shown.index < index);
        let before = next.checked_sub(1).and_then(|before| self.shown.get(before));
        // Where the leaf itself is shown, it stands in its own place.
        let after = self.shown.get(next).filter(|after| after.index != index);
        let digest = self.digests.get(&leaf.after.number);
        place.has_room()
            && before.is_none_or(|before| place.follows(before))
            && after.is_none_or(|after| after.follows(&place))
            && digest.is_none_or(|digest| *digest == leaf.after.hash)
    }

    /// Whether this is the first word about a clear leaf, or the same as before.
    fn takes(&mut self, (number, digest): (u64, Hash)) -> bool {
        *self.digests.entry(number).or_insert(digest) == digest
    }
}

/// Digests of clear leaves by their numbers.
type Digests = [Option<(u64, Hash)>; 2];

fn told_by_clear(shown: &ShownClear) -> (Place, Digests) {
    let leaf = &shown.leaf;
    let place = Place { index: shown.index, time: leaf.time, number: leaf.number, clear: true };
    let before = leaf.number.checked_sub(1).map(|before| (before, leaf.previous));
    (place, [before, Some((leaf.number, leaf.chain_hash()))])
}

fn told_by_private(shown: &ShownPrivate) -> (Place, Digests) {
    let ChainHead { number, hash } = shown.after;
    (
        Place { index: shown.index, time: shown.time, number, clear: false },
        [None, Some((number, hash))],
    )
}

impl Place {
    /// As many clear leaves stand before it as its number says.
    fn has_room(&self) -> bool {
        if self.clear { self.number <= self.index } else { self.number < self.index }
    }

    /// Whether it can stand after a leaf of a lower index: each clear leaf between them, and itself if it
    /// is clear, adds one to the number.
    fn follows(&self, before: &Self) -> bool {
        let leaves = self.index - before.index;
        let range = if self.clear { 1..=leaves } else { 0..=leaves - 1 };
        let grown = self.number.checked_sub(before.number);
        before.time <= self.time && grown.is_some_and(|grown| range.contains(&grown))
    }
}
