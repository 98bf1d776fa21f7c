//! The record, as it is written and read.

use tsumugu_trust::testing::World;

use super::*;
use crate::testing::Home;

fn identity() -> Identity {
    let world = World::new(7);
    let exchange = Exchange {
        origin: world.origin.clone(),
        address: "exchange.example:443".to_owned(),
        proxy: None,
        ca_pins: vec![Hash([1; 32])],
        log_keys: world.directory().log_keys(),
        root: world.fingerprint(),
        joined_under: world.fingerprint(),
    };
    let worker = |id: u8, name: &str| WorkerSecret {
        id: Id([id; 16]),
        seed: Seed::new([id; 32]),
        card: Bytes::new(prost::Message::encode_to_vec(&v1::WorkerCard {
            name: name.to_owned(),
            role: "看護師".to_owned(),
        })),
        card_salt: Seed::new([8; 32]),
        statement: Bytes::new(b"statement".to_vec()),
        receipt: Bytes::default(),
    };
    let set = |number| KeySetSecret {
        number,
        digest: Hash([number as u8; 32]),
        seed: Seed::new([number as u8; 32]),
    };
    let keys = TerminalKeys {
        institution: Id([1; 16]),
        terminal: Id([2; 16]),
        institution_seed: Seed::new([0xaa; 32]),
        terminal_seed: Seed::new([0xbb; 32]),
        key_sets: vec![set(1), set(2)],
        workers: vec![worker(4, "山田 花子"), worker(5, "佐藤 一郎")],
    };
    let tls = TlsCredentials::new(b"key", &[b"leaf".to_vec(), b"ca".to_vec()]);
    Identity::new(exchange, Party::Terminal(keys), tls)
}

#[test]
fn what_is_saved_is_loaded() {
    let home = Home::at(0);
    let vault = home.ctx.open_or_create_vault().unwrap();
    assert!(Identity::load(&vault).unwrap().is_none());
    let identity = identity();
    identity.save(&vault).unwrap();
    let again = Identity::load(&vault).unwrap().unwrap();
    assert_eq!(again.exchange, identity.exchange);
    assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&identity).unwrap());
    assert_eq!(again.client_identity().chain.len(), 2);
}

#[test]
fn a_record_of_a_newer_program_is_named_as_such() {
    let home = Home::at(0);
    let vault = home.ctx.open_or_create_vault().unwrap();
    let mut value = serde_json::to_value(identity()).unwrap();
    value["format"] = (FORMAT + 1).into();
    value["more"] = true.into();
    vault.write_json(RECORD, &value).unwrap();
    assert_eq!(Identity::load(&vault).unwrap_err().key(), "vault.newer");
    value["format"] = FORMAT.into();
    vault.write_json(RECORD, &value).unwrap();
    assert_eq!(Identity::load(&vault).unwrap_err().key(), "vault.damaged");
}

#[test]
fn no_secret_is_shown_by_accident() {
    let shown = format!("{:?}", identity());
    let secrets = ["aaaaaaaa", "bbbbbbbb", "170, 170", "187, 187", &hex::encode("key"), "山田"];
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[test]
fn roles_and_workers_are_told_apart() {
    let identity = identity();
    assert_eq!(identity.administrator().unwrap_err().key(), "identity.not-administrator");
    let keys = identity.terminal().unwrap();
    assert_eq!(keys.sealing_identities()[0].0, Hash([2; 32]), "the newest comes first");
    let first = Id([4; 16]).to_string();
    let worker = |name| keys.worker(name).map(|worker| worker.id).map_err(|f| f.key());
    assert_eq!(worker(Some("佐藤 一郎")), Ok(Id([5; 16])));
    assert_eq!(worker(Some(&first)), Ok(Id([4; 16])));
    assert_eq!(worker(Some("佐藤")), Err("worker.unknown"));
    assert_eq!(worker(None), Err("worker.needed"));
    let origin = &identity.exchange.origin;
    let key = keys.terminal_key(origin).unwrap();
    assert_eq!(key.name(), origin.key_name(Role::Terminal, keys.terminal));
}
