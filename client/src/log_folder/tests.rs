//! Folders of a log, whole and tampered with.

use tempfile::TempDir;
use tsumugu_trust::merkle::Tree;
use tsumugu_trust::testing::World;
use tsumugu_trust::tiles::encode_bundle;
use tsumugu_trust::value::InstitutionKind;

use super::*;
use crate::commands::log_verify::verify_folder as verify;
use crate::failure::Exit;

/// More than one bundle, so that there are full and partial tiles on two levels.
fn world() -> World {
    let mut world = World::new(7);
    world.admit("架空中央病院", InstitutionKind::Hospital);
    while world.entries.len() < 300 {
        world.tick();
    }
    world
}

fn tree(world: &World) -> Tree {
    let mut tree = Tree::new();
    tree.extend(world.entries.iter().map(|entry| entry.leaf.hash()));
    tree
}

fn put(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn written(world: &World) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let tree = tree(world);
    put(dir.path(), "checkpoint", world.checkpoint().note_bytes());
    for tile in tiles_for(tree.size()) {
        put(dir.path(), &tile.to_string(), &tile_content(&tree, &tile).unwrap());
    }
    for bundle in new_bundles(0, tree.size()) {
        let first = bundle.first() as usize;
        let entries = &world.entries[first..first + usize::from(bundle.width())];
        let entries: Vec<_> = entries.iter().map(|entry| entry.leaf.encode()).collect();
        put(dir.path(), &bundle.to_string(), &encode_bundle(&entries).unwrap());
    }
    dir
}

fn key(dir: &TempDir) -> &'static str {
    verify(dir.path(), None).map_or_else(|failure| failure.key(), |_| "ok")
}

#[test]
fn a_whole_folder_verifies_and_is_anchored_by_the_fingerprint_only() {
    let world = world();
    let dir = written(&world);
    let verified = verify(dir.path(), None).unwrap();
    assert_eq!((verified.size, verified.clear_leaves), (300, 299));
    assert_eq!((verified.anchored, verified.exit()), (false, Exit::RootNotChecked));
    assert_eq!(verified.fingerprint, world.fingerprint().to_string());
    let anchored = verify(dir.path(), Some(world.fingerprint())).unwrap();
    assert_eq!((anchored.anchored, anchored.exit()), (true, Exit::Ok));
    let other = verify(dir.path(), Some(Hash([1; 32]))).unwrap_err();
    assert_eq!(other.key(), "log.other-root");
}

#[test]
fn a_full_tile_stands_in_for_the_partial_one_that_it_replaced() {
    let mut world = world();
    let checkpoint = world.checkpoint();
    while world.entries.len() < 512 {
        world.tick();
    }
    let dir = written(&world);
    put(dir.path(), "checkpoint", checkpoint.note_bytes());
    // Level 1 has no full tile yet: its partial one is kept beside the larger.
    let mut early = Tree::new();
    early.extend(world.entries[..300].iter().map(|entry| entry.leaf.hash()));
    for tile in tiles_for(300).filter(|tile| tile.to_string().starts_with("tile/1")) {
        put(dir.path(), &tile.to_string(), &tile_content(&early, &tile).unwrap());
    }
    assert_eq!(verify(dir.path(), None).unwrap().size, 300);
}

#[test]
fn a_changed_file_is_an_alarm_and_a_missing_one_is_said() {
    let world = world();
    for name in [
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ] {
        let dir = written(&world);
        let path = dir.path().join(name);
        let good = std::fs::read(&path).unwrap();
        for at in [0, good.len() / 2, good.len() - 2] {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(key(&dir), "log.bad-folder", "{name} {at}");
        }
        std::fs::write(&path, &good[..good.len() - 1]).unwrap();
        assert_eq!(key(&dir), "log.bad-folder", "{name}");
        std::fs::remove_file(&path).unwrap();
        let gone = if name == "checkpoint" { "log.no-log" } else { "log.incomplete" };
        assert_eq!(key(&dir), gone, "{name}");
    }
}

#[test]
fn another_log_s_checkpoint_or_entries_do_not_pass() {
    let world = world();
    let dir = written(&world);
    let mut longer = super::tests::world();
    longer.tick();
    put(dir.path(), "checkpoint", longer.checkpoint().note_bytes());
    assert_eq!(key(&dir), "log.incomplete");
    put(dir.path(), "checkpoint", World::new(8).checkpoint().note_bytes());
    assert_eq!(key(&dir), "log.bad-folder");
    put(dir.path(), "checkpoint", World::empty(7, 1, 1).checkpoint().note_bytes());
    assert_eq!(key(&dir), "log.bad-folder");
    put(dir.path(), "checkpoint", &vec![b'a'; MAX_CHECKPOINT as usize + 1]);
    assert_eq!(key(&dir), "file.unreadable");
}
