use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::merkle::leaf_hash;

fn hashes(level: u8, index: u64, width: u16) -> Tile {
    Tile::new(TileKind::Hashes { level }, index, width).unwrap()
}

fn entries(index: u64, width: u16) -> Tile {
    Tile::new(TileKind::Entries, index, width).unwrap()
}

fn tree(size: u32) -> Tree {
    let mut tree = Tree::new();
    tree.extend((0..size).map(|n| leaf_hash(&n.to_be_bytes())));
    tree
}

#[test]
fn paths_both_ways() {
    let cases = [
        (hashes(0, 0, 256), "tile/0/000"),
        (hashes(2, 0, 1), "tile/2/000.p/1"),
        (hashes(0, 999, 255), "tile/0/999.p/255"),
        (hashes(0, 1000, 256), "tile/0/x001/000"),
        (hashes(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (hashes(1, 1_000_000, 8), "tile/1/x001/x000/000.p/8"),
        (hashes(7, 0, 255), "tile/7/000.p/255"),
        (entries(0, 1), "tile/entries/000.p/1"),
        (entries(12_345, 256), "tile/entries/x012/345"),
    ];
    for (tile, path) in cases {
        assert_eq!(tile.to_string(), path);
        assert_eq!(path.parse::<Tile>().unwrap(), tile);
    }
}

#[test]
fn other_spellings() {
    let malformed = [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile//0/000",
        "tile/00/000",
        "tile/+1/000",
        "tile/-1/000",
        "tile/256/000",
        "tile/Entries/000",
        "tile/data/000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/X001/000",
        "tile/0/xx01/000",
        "tile/0/+01",
        "tile/0/../0/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/+1",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
        "tile/0/000 ",
        "tile/0/００0",
        "tile/0/000.p/65536",
    ];
    for path in malformed {
        assert_eq!(path.parse::<Tile>(), Err(TileError::Path), "{path}");
    }
    assert_eq!("tile/0/000.p/0".parse::<Tile>(), Err(TileError::Width));
    assert_eq!("tile/0/000.p/257".parse::<Tile>(), Err(TileError::Width));
}

#[test]
fn edges() {
    assert_eq!("tile/8/000.p/1".parse::<Tile>(), Err(TileError::Level));
    // A log that fills this tile would have 2^64 leaves.
    assert_eq!("tile/7/000".parse::<Tile>(), Err(TileError::Index));
    let last = (1 << 56) - 1;
    assert_eq!(hashes(0, last, 255).least_size(), u64::MAX);
    assert_eq!(Tile::new(TileKind::Entries, last, 256), Err(TileError::Index));
    assert_eq!(Tile::new(TileKind::Entries, last + 1, 1), Err(TileError::Index));
    assert_eq!(Tile::new(TileKind::Entries, u64::MAX, 1), Err(TileError::Index));
    for (level, width) in [(7, 256), (7, 1), (3, 256)] {
        let tile = Tile::new(TileKind::Hashes { level }, u64::MAX, width);
        assert_eq!(tile, Err(TileError::Index));
    }
    let path = entries(last, 255).to_string();
    assert_eq!(path.parse::<Tile>().unwrap(), entries(last, 255));
    assert_eq!(path.len(), 47);
    let long = format!("tile/0/{}000", "x000/".repeat(12));
    assert!(long.len() > MAX_PATH);
    assert_eq!(long.parse::<Tile>(), Err(TileError::Path));
    assert_eq!("tile/0/x999/x999/x999/x999/x999/x999/999".parse::<Tile>(), Err(TileError::Index));
}

#[test]
fn every_tile_of_70_000_leaves() {
    let tiles: Vec<_> = tiles_for(70_000).collect();
    let mut expected: Vec<_> = (0..273).map(|n| hashes(0, n, 256)).collect();
    expected.extend([hashes(0, 273, 112), hashes(1, 0, 256), hashes(1, 1, 17), hashes(2, 0, 1)]);
    assert_eq!(tiles, expected);
    let bundles: Vec<_> = new_bundles(0, 70_000).collect();
    assert_eq!((bundles.len(), bundles[273]), (274, entries(273, 112)));
}

#[test]
fn contents_lead_to_the_root() {
    let tree = tree(70_000);
    let read = |tile: Tile| decode_tile(&tile, &tile_content(&tree, &tile).unwrap()).unwrap();
    assert_eq!(read(hashes(0, 0, 256))[1], leaf_hash(&1_u32.to_be_bytes()));
    // Each hash above level 0 is the root over a full tile below it.
    for (above, n) in [(hashes(1, 0, 256), 7), (hashes(1, 1, 17), 3), (hashes(2, 0, 1), 0)] {
        let TileKind::Hashes { level } = above.kind() else { unreachable!() };
        let mut below = Tree::new();
        below.extend(read(hashes(level - 1, above.first() + n, 256)));
        assert_eq!(read(above)[n as usize], below.root());
    }
    assert_eq!(tile_content(&tree, &hashes(0, 273, 113)), None);
    assert_eq!(tile_content(&tree, &hashes(2, 0, 2)), None);
    assert_eq!(tile_content(&tree, &entries(0, 1)), None);
}

#[test]
fn content_has_one_length() {
    let tile = hashes(0, 0, 2);
    assert_eq!(decode_tile(&tile, &[0; 64]).unwrap().len(), 2);
    for length in [0, 32, 63, 65, 96] {
        assert_eq!(decode_tile(&tile, &vec![0; length]), Err(TileError::Content));
    }
}

#[test]
fn bundles_both_ways() {
    let entries: [&[u8]; 3] = [b"a", b"", b"bcd"];
    let bundle = encode_bundle(&entries).unwrap();
    assert_eq!(bundle, b"\x00\x01a\x00\x00\x00\x03bcd");
    assert_eq!(decode_bundle(&bundle, 3).unwrap(), entries);
    assert_eq!(decode_bundle(&bundle, 2), Err(BundleError::Trailing));
    assert_eq!(decode_bundle(&bundle, 4), Err(BundleError::Truncated));
    for cut in 0..bundle.len() {
        assert_eq!(decode_bundle(&bundle[..cut], 3), Err(BundleError::Truncated));
    }
    assert_eq!(decode_bundle(&bundle, 0), Err(BundleError::Count));
    assert_eq!(decode_bundle(&bundle, 257), Err(BundleError::Count));
}

#[test]
fn bundle_limits() {
    let longest = vec![7; MAX_ENTRY];
    let bundle = encode_bundle(&[&longest]).unwrap();
    assert_eq!(decode_bundle(&bundle, 1).unwrap(), [&longest]);
    assert_eq!(encode_bundle(&[vec![7; MAX_ENTRY + 1]]), Err(BundleError::EntryTooLong));
    assert_eq!(encode_bundle::<&[u8]>(&[]), Err(BundleError::Count));
    assert_eq!(encode_bundle(&[b""; 256]).unwrap(), [0; 512]);
    assert_eq!(encode_bundle(&[b""; 257]), Err(BundleError::Count));
}

proptest! {
    #[test]
    fn growing_in_steps_writes_the_same_tiles(sizes in prop::collection::vec(0_u64..200_000, 1..5)) {
        let mut sizes = sizes;
        sizes.sort_unstable();
        let last = *sizes.last().unwrap();
        let mut written = BTreeSet::new();
        let mut old = 0;
        for new in sizes {
            written.extend(new_tiles(old, new));
            prop_assert!(new_tiles(old, new).all(|t| t.least_size() > old && t.least_size() <= new));
            old = new;
        }
        prop_assert!(tiles_for(last).all(|tile| written.contains(&tile)));
        prop_assert_eq!(new_tiles(last, last).count() + new_tiles(last, 0).count(), 0);
    }

    #[test]
    fn every_tile_s_path_is_read_back(level in 0_u8..=7, index: u64, width in 1_u16..=256) {
        let index = index >> (8 * (level + 1)).min(63);
        if let Ok(tile) = Tile::new(TileKind::Hashes { level }, index, width) {
            prop_assert_eq!(tile.to_string().parse::<Tile>().unwrap(), tile);
            prop_assert!(tile.to_string().len() <= MAX_PATH);
        }
    }
}
