//! The chain in the vault, whole and damaged.

use tsumugu_trust::testing::World;

use super::*;
use crate::testing::Home;

/// A world whose clear chain has `leaves` leaves, one private leaf among them.
fn world(leaves: u64) -> World {
    let mut world = World::new(7);
    world.admit("架空中央病院", tsumugu_trust::value::InstitutionKind::Hospital);
    while world.chain.next_number() < leaves {
        world.tick();
    }
    world
}

fn clear(world: &World) -> Vec<(u64, Vec<u8>)> {
    let entries = (0..).zip(&world.entries);
    let clear = entries.filter(|(_, entry)| matches!(entry.leaf, Leaf::Clear(_)));
    clear.map(|(index, entry)| (index, entry.leaf.encode())).collect()
}

fn filled(world: &World) -> ChainStore {
    let mut store = ChainStore::new(world.origin.clone(), world.fingerprint());
    for (index, entry) in clear(world) {
        store.push(index, &entry).unwrap();
    }
    store
}

fn open(vault: &Vault, world: &World) -> Result<ChainStore, Failure> {
    ChainStore::open(vault, world.origin.clone(), world.fingerprint())
}

#[test]
fn records_are_cut_at_their_limit_and_grow_when_it_is_not_reached() {
    let home = Home::at(0);
    let vault = home.ctx.open_or_create_vault().unwrap();
    let world = world(2 * LEAVES_PER_RECORD + 3);
    let leaves = clear(&world);
    for end in
        [1, LEAVES_PER_RECORD - 1, LEAVES_PER_RECORD, LEAVES_PER_RECORD + 1, leaves.len() as u64]
    {
        let mut store = open(&vault, &world).unwrap();
        for (index, entry) in &leaves[store.chain().next_number() as usize..end as usize] {
            store.push(*index, entry).unwrap();
        }
        store.save(&vault, &vault.lock().unwrap()).unwrap();
        // Saving twice, and saving what another process has made longer, changes nothing.
        store.save(&vault, &vault.lock().unwrap()).unwrap();
        let again = open(&vault, &world).unwrap();
        assert_eq!(again.chain().next_number(), end);
        assert_eq!(again.places(), store.places());
        assert_eq!(vault.list(RECORDS).unwrap().len() as u64, end.div_ceil(LEAVES_PER_RECORD));
    }
    let store = open(&vault, &world).unwrap();
    assert_eq!(store.chain().head(), world.chain.head());
    assert_eq!(store.trust_lists(), [world.entries[0].record.clone()]);
    let mut short = ChainStore::new(world.origin.clone(), world.fingerprint());
    short.push(0, &leaves[0].1).unwrap();
    short.save(&vault, &vault.lock().unwrap()).unwrap();
    assert_eq!(open(&vault, &world).unwrap().chain().next_number(), leaves.len() as u64);
}

#[test]
fn damage_is_named_and_not_repaired() {
    let home = Home::at(0);
    let vault = home.ctx.open_or_create_vault().unwrap();
    let world = world(2 * LEAVES_PER_RECORD);
    filled(&world).save(&vault, &vault.lock().unwrap()).unwrap();
    let [first, second] = [record_path(0), record_path(LEAVES_PER_RECORD)];
    let (whole, rest) =
        (vault.read(&first).unwrap().unwrap(), vault.read(&second).unwrap().unwrap());
    let damaged = |vault: &Vault| open(vault, &world).err().map(|failure| failure.key());
    for wrong in [&whole[..whole.len() - 1], &whole[..HEAD - 1], &rest[..]] {
        vault.write(&first, wrong).unwrap();
        assert_eq!(damaged(&vault), Some("vault.damaged"));
    }
    vault.remove(&first).unwrap();
    assert_eq!(damaged(&vault), Some("vault.damaged"));
    vault.write(&first, &whole).unwrap();
    assert_eq!(damaged(&vault), None);
    vault.remove(&second).unwrap();
    assert_eq!(open(&vault, &world).unwrap().chain().next_number(), LEAVES_PER_RECORD);
}

#[test]
fn a_wrong_root_a_gap_and_an_index_that_falls_are_refused() {
    let world = world(6);
    let leaves = clear(&world);
    let mut store = ChainStore::new(world.origin.clone(), Hash([0; 32]));
    assert_eq!(store.push(0, &leaves[0].1).unwrap_err(), BadChain::OtherRoot);
    let mut store = ChainStore::new(world.origin.clone(), world.fingerprint());
    store.push(0, &leaves[0].1).unwrap();
    let broken = BadChain::Alarm(ChainAlarm::Broken { number: 1 });
    assert_eq!(store.push(2, &leaves[2].1).unwrap_err(), broken);
    assert_eq!(store.push(0, &leaves[1].1).unwrap_err(), BadChain::Index { number: 1 });
    assert_eq!(store.push(1, b"").unwrap_err(), BadChain::Alarm(ChainAlarm::NotALeaf));
    assert!(store.push(1, &leaves[1].1).is_ok());
}

#[test]
fn nothing_in_a_record_makes_it_panic() {
    for bytes in [&b""[..], b"1", &[0; HEAD], &[255; HEAD], &[255; 100]] {
        let _ = split(bytes);
    }
    assert_eq!(split(&[0; HEAD]).unwrap(), [(0, &[][..])]);
}
