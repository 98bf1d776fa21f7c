//! The log, for those who check it.

use tsumugu_proto::v1::{self, ErrorReason as Reason};
use tsumugu_server::ledger::LOG;
use tsumugu_trust::checkpoint::{Checkpoint, VerifiedCheckpoint};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::merkle::{Tree, verify_inclusion};
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::receipt::hashes;
use tsumugu_trust::tiles::{encode_bundle, new_bundles, tile_content, tiles_for};

use crate::support::link::{limit, reason};
use crate::support::office::Letter;
use crate::support::town::Town;

/// The log key, as a thief of the server's disk has it.
fn log_key(town: &Town) -> SigningKey {
    let text = std::fs::read_to_string(town.folder.path.join("log-key")).unwrap();
    let seed: [u8; 32] = hex::decode(text.lines().last().unwrap()).unwrap().try_into().unwrap();
    SigningKey::from_seed(town.folder.origin.as_str(), &seed).unwrap()
}

#[tokio::test]
async fn a_checkpoint_of_another_history_is_told_as_such() {
    let town = Town::new_here().await;
    let link = &town.administrators[0].link;
    town.office().await;
    let newest = town.eye.follow(link).await;
    let ask = async |known: Vec<u8>| {
        let request = v1::GetCheckpointRequest { known_checkpoint: known.into() };
        link.log().get_checkpoint(request).await
    };
    let key = log_key(&town);
    let signed = |size, root| {
        let checkpoint = Checkpoint::new(town.folder.origin.as_str(), size, root).unwrap();
        checkpoint.sign(&key).unwrap().encode().into_bytes()
    };
    // The same key has signed another root, or more than there is.
    let forks = [
        signed(newest.size(), Hash([1; 32])),
        signed(newest.size() - 1, newest.root()),
        signed(newest.size() + 1, Hash([1; 32])),
        signed(u64::MAX >> 1, Hash([1; 32])),
    ];
    for fork in forks {
        assert_eq!(reason(ask(fork).await), Reason::InconsistentCheckpoint);
    }
    let stranger = SigningKey::from_seed(town.folder.origin.as_str(), &[9; 32]).unwrap();
    let checkpoint = Checkpoint::new(town.folder.origin.as_str(), 1, Hash([1; 32])).unwrap();
    let theirs = checkpoint.sign(&stranger).unwrap().encode().into_bytes();
    for bad in [theirs, b"garbage".to_vec(), vec![0xff; 70_000]] {
        assert_eq!(reason(ask(bad).await), Reason::Malformed);
    }
    let same = ask(newest.note_bytes().to_vec()).await.unwrap().into_inner();
    assert!(same.consistency_proof.is_empty());
    let none = ask(Vec::new()).await.unwrap().into_inner();
    assert!(none.consistency_proof.is_empty() && none.time_ms == town.clock.now_ms());
}

#[tokio::test]
async fn proofs_lead_to_the_root_at_any_size() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let letter = office.letter(&office);
    let own = office.send_one(&letter).await.unwrap();
    let newest = town.eye.follow(&office.link).await;
    let leaves = town.eye.audit(&office.link).await;
    let mut tree = Tree::new();
    tree.extend(leaves.iter().map(tsumugu_trust::leaf::Leaf::hash));
    let prove = async |indexes: Vec<u64>, tree_size| {
        let request = v1::GetInclusionProofsRequest { indexes, tree_size };
        office.link.log().get_inclusion_proofs(request).await
    };
    for (size, asked) in
        [(newest.size(), 0), (newest.size(), newest.size()), (own.at.index + 1, own.at.index + 1)]
    {
        let answer = prove(vec![0, own.at.index], asked).await.unwrap().into_inner();
        for (index, proof) in [0, own.at.index].into_iter().zip(&answer.proofs) {
            let proof = hashes(&proof.hashes).unwrap();
            let leaf = leaves[index as usize].hash();
            verify_inclusion(leaf, index, size, &proof, &tree.root_at(size).unwrap()).unwrap();
        }
    }
    assert_eq!(reason(prove(vec![own.at.index], own.at.index).await), Reason::NotFound);
    assert_eq!(reason(prove(vec![0], newest.size() + 1).await), Reason::Rule);
    assert_eq!(prove(vec![0; 256], 0).await.unwrap().into_inner().proofs.len(), 256);
    assert_eq!(limit(prove(vec![0; 257], 0).await), ("indexes".into(), "256".into()));
}

#[tokio::test]
async fn leaves_are_listed_in_any_range() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let all = town.eye.audit(&office.link).await.len() as u64;
    for (start, end, expected) in
        [(0, 3, 3), (2, u64::MAX, all - 2), (all, all + 5, 0), (5, 2, 0), (u64::MAX, u64::MAX, 0)]
    {
        let request = v1::ListLeavesRequest { start, end };
        let mut stream = office.link.log().list_leaves(request).await.unwrap().into_inner();
        let mut count = 0;
        while let Some(piece) = stream.message().await.unwrap() {
            assert_eq!(piece.start, start + count);
            count += piece.entries.len() as u64;
        }
        assert_eq!(count, expected, "{start}..{end}");
    }
}

#[tokio::test]
async fn the_tiles_after_a_stop_are_those_of_the_tree() {
    let mut town = Town::new_here().await;
    let mut office = town.office().await;
    town.restart(&mut [&mut office]).await;
    // Beyond one full tile, with a partial one after it, in two runs.
    for _ in 0..18 {
        let letters: Vec<Letter> = (0..16).map(|_| office.note(&office, |_| {})).collect();
        office.send(&letters.iter().collect::<Vec<_>>()).await.unwrap();
    }
    let mut leaves = town.eye.audit(&office.link).await;
    let before = leaves.len();
    town.stop().await;
    let folder = town.folder.path.join(LOG);
    let note = std::fs::read(folder.join("checkpoint")).unwrap();
    let keys = [town.folder.log_key.clone()];
    let checkpoint = VerifiedCheckpoint::verify(&note, town.folder.origin.as_str(), &keys).unwrap();
    town.start().await;
    town.reconnect(&mut [&mut office]).await;
    let after = town.eye.audit(&office.link).await;
    assert_eq!(after[..before], leaves[..]);
    leaves = after;
    leaves.truncate(checkpoint.size() as usize);
    town.stop().await;

    let mut tree = Tree::new();
    tree.extend(leaves.iter().map(tsumugu_trust::leaf::Leaf::hash));
    assert_eq!(tree.root(), checkpoint.root());
    assert!(checkpoint.size() > 257);
    for tile in tiles_for(checkpoint.size()) {
        let found = std::fs::read(folder.join(tile.to_string())).unwrap();
        assert_eq!(Some(found), tile_content(&tree, &tile), "{tile}");
    }
    for bundle in new_bundles(0, checkpoint.size()) {
        let first = bundle.index() as usize * 256;
        let entries =
            leaves[first..first + usize::from(bundle.width())].iter().map(|leaf| leaf.encode());
        let expected = encode_bundle(&entries.collect::<Vec<_>>()).unwrap();
        assert_eq!(std::fs::read(folder.join(bundle.to_string())).unwrap(), expected, "{bundle}");
    }
    assert!(folder.join("tile/0/000").exists() && folder.join("tile/entries/000").exists());
    assert!(folder.join("tile/0/001.p").is_dir() && folder.join("tile/1/000.p").is_dir());
    let checked = town.folder.check(false);
    assert!(checked.wrong_tiles.is_empty());
    assert!(checked.missing_tiles.is_empty() && checked.folder_leaves == checked.leaves);
    // A changed tile or bundle is found, and one that is gone is named.
    for name in ["tile/0/000", "tile/entries/000"] {
        let path = folder.join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[40] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let found = town.folder.check(false);
        assert_eq!(
            (found.wrong_tiles.as_slice(), found.is_whole()),
            (&[name.to_owned()][..], false)
        );
        std::fs::remove_file(&path).unwrap();
        let found = town.folder.check(false);
        assert_eq!(
            (found.missing_tiles.as_slice(), found.is_whole()),
            (&[name.to_owned()][..], false)
        );
        // And mended by the next start.
        town.start().await;
        town.stop().await;
        assert!(town.folder.check(false).is_whole());
    }
    // Everybody may read what is published.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for name in ["checkpoint", "tile/0/000", "tile/entries/000"] {
            let mode = std::fs::metadata(folder.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o444, 0o444, "{name}");
        }
    }
}

#[tokio::test]
async fn a_mailbox_has_so_many_watchers_and_gives_places_back() {
    let mut town = Town::new_here().await;
    let mut office = town.office().await;
    town.stop().await;
    town.folder.limits(|limits| limits.subscribers_per_institution = 2);
    town.start().await;
    town.reconnect(&mut [&mut office]).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = office.subscribe(0, false).await.unwrap();
        stream.message().await.unwrap();
        open.push(stream);
    }
    let over = office.subscribe(0, false).await;
    assert_eq!(limit(over), ("subscribers_per_institution".into(), "2".into()));
    open.clear();
    // The exchange learns of a closed stream when the frame that says so arrives.
    while office.subscribe(0, true).await.is_err() {
        tokio::task::yield_now().await;
    }
}
