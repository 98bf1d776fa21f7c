use hex_literal::hex;

use super::*;

/// The leaves of the reference tree that Certificate Transparency implementations test with.
const LEAVES: [&[u8]; 8] = [
    b"",
    &hex!("00"),
    &hex!("10"),
    &hex!("2021"),
    &hex!("3031"),
    &hex!("40414243"),
    &hex!("5051525354555657"),
    &hex!("606162636465666768696a6b6c6d6e6f"),
];

/// The roots of its first 1 to 8 leaves.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaf(n: u64) -> Hash {
    leaf_hash(&n.to_be_bytes())
}

fn tree(size: u64) -> Tree {
    let mut tree = Tree::new();
    tree.extend((0..size).map(leaf));
    tree
}

/// RFC 6962, section 2.1, as it is written there.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// Section 2.1.1.
fn naive_inclusion(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, other) = if index < k {
        (naive_inclusion(index, left), naive_root(right))
    } else {
        (naive_inclusion(index - k, right), naive_root(left))
    };
    path.push(other);
    path
}

/// Section 2.1.2, `SUBPROOF(m, D[n], b)`.
fn naive_consistency(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, other) = if old <= k {
        (naive_consistency(old, left, whole), naive_root(right))
    } else {
        (naive_consistency(old - k, right, false), naive_root(left))
    };
    path.push(other);
    path
}

fn naive_split(n: usize) -> usize {
    (0..).map(|bit| 1 << bit).take_while(|k| *k < n).last().unwrap()
}

/// The proof with each single fault that a list of hashes can have.
fn spoiled(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = vec![[proof, &[Hash([7; 32])]].concat(), [&[Hash([7; 32])], proof].concat()];
    if let ([_, tail @ ..], [head @ .., _]) = (proof, proof) {
        all.extend([tail.to_vec(), head.to_vec()]);
    }
    for at in 0..proof.len() {
        let mut changed = proof.to_vec();
        changed[at].0[at % 32] ^= 1;
        all.push(changed);
    }
    all
}

#[test]
fn reference_roots() {
    let mut tree = Tree::new();
    assert_eq!(
        tree.root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    for (index, (entry, root)) in LEAVES.iter().zip(ROOTS).enumerate() {
        assert_eq!(tree.append(leaf_hash(entry)), index as u64);
        assert_eq!(tree.root().to_string(), root);
    }
    for (earlier, root) in (1..).zip(ROOTS) {
        assert_eq!(tree.root_at(earlier).unwrap().to_string(), root);
    }
}

#[test]
fn reference_proofs() {
    let mut tree = Tree::new();
    tree.extend(LEAVES.iter().map(|l| leaf_hash(l)));
    let text = |proof: Vec<Hash>| proof.iter().map(Hash::to_string).collect::<Vec<_>>();
    assert_eq!(
        text(tree.inclusion_proof(5, 8).unwrap()),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        text(tree.consistency_proof(6, 8).unwrap()),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

#[test]
fn inclusion_at_every_size_to_300() {
    let tree = tree(300);
    let leaves: Vec<_> = (0..300).map(leaf).collect();
    for size in 1..=300 {
        let held = &leaves[..size as usize];
        let root = naive_root(held);
        assert_eq!(tree.root_at(size).unwrap(), root);
        for index in 0..size {
            let proof = tree.inclusion_proof(index, size).unwrap();
            verify_inclusion(leaf(index), index, size, &proof, &root).unwrap();
            if size <= 70 {
                assert_eq!(proof, naive_inclusion(index as usize, held));
            }
        }
    }
}

#[test]
fn consistency_of_every_pair_to_130() {
    let tree = tree(130);
    let leaves: Vec<_> = (0..130).map(leaf).collect();
    for new in 0..=130 {
        let held = &leaves[..new as usize];
        let new_root = tree.root_at(new).unwrap();
        for old in 0..=new {
            let proof = tree.consistency_proof(old, new).unwrap();
            let old_root = tree.root_at(old).unwrap();
            verify_consistency(old, &old_root, new, &new_root, &proof).unwrap();
            if old > 0 {
                assert_eq!(proof, naive_consistency(old as usize, held, true), "{old} {new}");
            }
        }
    }
}

#[test]
fn wrong_inclusion_is_refused() {
    let tree = tree(40);
    for size in 1..=40 {
        let root = tree.root_at(size).unwrap();
        for index in 0..size {
            let proof = tree.inclusion_proof(index, size).unwrap();
            let check = |leaf, index, size, proof: &[Hash], root| {
                verify_inclusion(leaf, index, size, proof, root).is_ok()
            };
            assert!(!check(leaf(index + 1), index, size, &proof, &root));
            assert!(!check(leaf(index), index, size, &proof, &Hash([0; 32])));
            // Other sizes may pass, where the path turns alike: it is the checkpoint that binds
            // the size to the root.
            for other in (0..size + 3).filter(|other| *other != index) {
                assert!(!check(leaf(index), other, size, &proof, &root), "{index} {other} {size}");
            }
            for bad in spoiled(&proof) {
                assert!(!check(leaf(index), index, size, &bad, &root), "{index} {size}");
            }
        }
    }
    assert_eq!(verify_inclusion(leaf(0), 0, 0, &[], &empty_root()), Err(ProofError::OutOfRange));
}

#[test]
fn wrong_consistency_is_refused() {
    let tree = tree(40);
    for new in 0..=40 {
        let new_root = tree.root_at(new).unwrap();
        for old in 0..=new {
            let proof = tree.consistency_proof(old, new).unwrap();
            let old_root = tree.root_at(old).unwrap();
            let check = |old, old_root, new, new_root, proof: &[Hash]| {
                verify_consistency(old, old_root, new, new_root, proof).is_ok()
            };
            assert!(!check(old, &Hash([0; 32]), new, &new_root, &proof));
            if old > 0 {
                assert!(!check(old, &old_root, new, &Hash([0; 32]), &proof));
            }
            for bad in spoiled(&proof) {
                assert!(!check(old, &old_root, new, &new_root, &bad), "{old} {new}");
            }
            if old < new {
                assert!(!check(new, &new_root, old, &old_root, &proof));
                assert!(!check(new, &old_root, new, &new_root, &[]));
            }
        }
    }
}

#[test]
fn proofs_have_a_longest_length() {
    let hashes = [Hash([1; 32]); MAX_PROOF + 1];
    let zero = Hash([0; 32]);
    let inclusion = |n: usize, size| verify_inclusion(zero, 0, size, &hashes[..n], &zero);
    assert_eq!(inclusion(MAX_PROOF, u64::MAX), Err(ProofError::RootMismatch));
    assert_eq!(inclusion(MAX_PROOF + 1, u64::MAX), Err(ProofError::TooLong));
    let consistency = |n: usize| verify_consistency(1, &zero, u64::MAX, &zero, &hashes[..n]);
    assert_eq!(consistency(MAX_PROOF), Err(ProofError::RootMismatch));
    assert_eq!(consistency(MAX_PROOF + 1), Err(ProofError::TooLong));
}

#[test]
fn nothing_beyond_the_tree() {
    let tree = tree(5);
    assert_eq!(tree.root_at(6), Err(BeyondTree { asked: 6, size: 5 }));
    assert_eq!(tree.inclusion_proof(0, 6), Err(BeyondTree { asked: 6, size: 5 }));
    assert_eq!(tree.inclusion_proof(3, 3), Err(BeyondTree { asked: 3, size: 3 }));
    assert_eq!(tree.inclusion_proof(0, 0), Err(BeyondTree { asked: 0, size: 0 }));
    assert_eq!(tree.consistency_proof(1, 6), Err(BeyondTree { asked: 6, size: 5 }));
    assert_eq!(tree.consistency_proof(4, 3), Err(BeyondTree { asked: 4, size: 3 }));
    assert_eq!(tree.level_hash(0, 4), Some(leaf(4)));
    assert_eq!(tree.level_hash(2, 0), Some(tree.root_at(4).unwrap()));
    assert_eq!(tree.level_hash(2, 1), None);
    assert_eq!(tree.level_hash(64, 0), None);
    assert_eq!(tree.level_hash(0, u64::MAX), None);
}
