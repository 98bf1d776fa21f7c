//! The newest leaves, in memory: what was just committed is what readers ask for next.
//!
//! A letter's records are read four times within a second of their commit: by both mailboxes' streams,
//! and by the answers that name them. Here they need neither the views nor the journal. What is older is
//! read from the disk; nothing is here that is not there. Whoever erases a record takes it out here.

use std::collections::VecDeque;
use std::sync::{Arc, RwLock};

use super::read::LeafInfo;
use super::{read_lock, write_lock};

/// Most leaves that are kept.
pub(super) const MOST: usize = 4_096;
/// Most bytes of records and details that are kept: 8 MiB.
pub(super) const MOST_BYTES: usize = 8 << 20;

/// Leaves of the last rounds, without a gap.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent(Arc<RwLock<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    leaves: VecDeque<LeafInfo>,
    bytes: usize,
}

impl Recent {
    /// A leaf, if it is among them.
    pub(super) fn get(&self, index: u64) -> Option<LeafInfo> {
        let kept = read_lock(&self.0);
        let first = kept.leaves.front()?.at.index;
        kept.leaves.get(usize::try_from(index.checked_sub(first)?).ok()?).cloned()
    }

    /// Takes in the leaves of a committed round, in order.
    pub(super) fn extend(&self, leaves: impl Iterator<Item = LeafInfo>) {
        let mut kept = write_lock(&self.0);
        for leaf in leaves {
            // Start-up begins somewhere; from there on there is no gap.
            if kept.leaves.back().is_some_and(|last| last.at.index + 1 != leaf.at.index) {
                *kept = Kept::default();
            }
            kept.bytes += size(&leaf);
            kept.leaves.push_back(leaf);
        }
        while kept.leaves.len() > MOST || kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.leaves.pop_front() else { break };
            kept.bytes -= size(&oldest);
        }
    }
}

fn size(leaf: &LeafInfo) -> usize {
    leaf.record.len() + leaf.detail.len()
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::hash::Hash;
    use tsumugu_trust::leaf::LogPosition;
    use tsumugu_trust::value::Time;

    use super::super::read::Visibility;
    use super::*;

    fn leaf(index: u64, bytes: usize) -> LeafInfo {
        LeafInfo {
            at: LogPosition::of_private(0, index, Time(0)),
            visibility: Visibility::Clear { number: 0, previous: Hash([0; 32]) },
            record: vec![0; bytes],
            detail: Vec::new(),
        }
    }

    fn first(recent: &Recent) -> Option<u64> {
        read_lock(&recent.0).leaves.front().map(|leaf| leaf.at.index)
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let recent = Recent::default();
        recent.extend((7..7 + MOST as u64).map(|index| leaf(index, 1)));
        assert_eq!(first(&recent), Some(7));
        recent.extend(std::iter::once(leaf(7 + MOST as u64, 1)));
        assert_eq!(first(&recent), Some(8));
        assert!(recent.get(7).is_none() && recent.get(9 + MOST as u64).is_none());
        assert_eq!(recent.get(8).unwrap().at.index, 8);
    }

    #[test]
    fn the_oldest_goes_when_they_are_too_large() {
        let recent = Recent::default();
        recent.extend([leaf(1, MOST_BYTES / 2), leaf(2, MOST_BYTES / 2)].into_iter());
        assert_eq!(first(&recent), Some(1));
        recent.extend(std::iter::once(leaf(3, 1)));
        assert_eq!(first(&recent), Some(2));
        recent.extend(std::iter::once(leaf(4, MOST_BYTES + 1)));
        assert_eq!(first(&recent), None);
    }

    #[test]
    fn a_gap_begins_anew() {
        let recent = Recent::default();
        recent.extend([leaf(1, 1), leaf(2, 1), leaf(5, 1)].into_iter());
        assert!(recent.get(2).is_none());
        assert_eq!(recent.get(5).unwrap().at.index, 5);
    }
}
