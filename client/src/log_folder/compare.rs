//! Two states of what should be one log.

use tsumugu_trust::merkle::Tree;

/// The first leaf in which two trees differ, as far as the smaller one goes; nothing where one is the
/// other's beginning.
#[must_use]
pub fn first_difference(a: &Tree, b: &Tree) -> Option<u64> {
    let same = |size: u64| a.root_at(size).is_ok_and(|root| b.root_at(size) == Ok(root));
    let (mut agreed, mut all) = (0, a.size().min(b.size()));
    if same(all) {
        return None;
    }
    // The first `agreed` leaves are the same, the first `all` are not.
    while all - agreed > 1 {
        let middle = agreed + (all - agreed) / 2;
        if same(middle) {
            agreed = middle;
        } else {
            all = middle;
        }
    }
    Some(agreed)
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::merkle::leaf_hash;

    use super::*;

    fn tree(leaves: &[u8]) -> Tree {
        let mut tree = Tree::new();
        tree.extend(leaves.iter().map(|leaf| leaf_hash(&[*leaf])));
        tree
    }

    #[test]
    fn the_first_difference_is_found_wherever_it_is() {
        let all: Vec<u8> = (0..67).collect();
        for size in 0..=67 {
            assert_eq!(first_difference(&tree(&all), &tree(&all[..size])), None);
        }
        for at in 0..67 {
            let mut other = all[..=at].to_vec();
            other[at] = 200;
            assert_eq!(first_difference(&tree(&all), &tree(&other)), Some(at as u64));
            other.extend(1..90);
            assert_eq!(first_difference(&tree(&other), &tree(&all)), Some(at as u64));
        }
    }
}
