//! Leaves, a receipt, codes, folded names.

use prost::Message;
use serde_json::{Value, json};
use tsumugu_trust::code::{Code, comparison_digits};
use tsumugu_trust::directory::fold_name;
use tsumugu_trust::leaf::{Leaf, record_digest};

use super::scene::Scene;

/// The first clear leaves, and a private one with its record.
pub(crate) fn leaves(scene: &Scene) -> Value {
    let world = &scene.world;
    let clear = [0, 1, 2].map(|index| {
        let Leaf::Clear(leaf) = &world.entry(index).leaf else { panic!("a clear leaf") };
        json!({
            "index": index,
            "time_ms": leaf.time.0,
            "number": leaf.number,
            "previous": leaf.previous.to_string(),
            "statement": String::from_utf8(leaf.statement.clone()).unwrap(),
            "entry": hex::encode(leaf.encode()),
            "chain_hash": leaf.chain_hash().to_string(),
            "leaf_hash": world.entry(index).leaf.hash().to_string(),
        })
    });
    let index = world.index_of(&scene.letter.envelope);
    let entry = world.entry(index);
    let salt = entry.salt.unwrap();
    let private = json!({
        "index": index,
        "time_ms": entry.leaf.time().0,
        "salt": hex::encode(salt),
        "record": String::from_utf8(entry.record.clone()).unwrap(),
        "record_digest": record_digest(&salt, &entry.record).to_string(),
        "entry": hex::encode(entry.leaf.encode()),
        "leaf_hash": entry.leaf.hash().to_string(),
    });
    json!({ "clear": clear, "private": [private] })
}

/// The receipt of the disposition.
pub(crate) fn receipt(scene: &Scene) -> Value {
    let world = &scene.world;
    let index = world.index_of(&scene.answer.statement);
    let receipt = world.receipt(index);
    let log_key = world.log_key.signing();
    assert_eq!(world.verified(index).record, scene.answer.statement.bytes());
    json!({
        "log_vkey": log_key.verifying_key().to_string(),
        "log_key_seed": hex::encode(world.log_key.seed),
        "index": index,
        "size": world.checkpoint().size(),
        "root": world.checkpoint().root().to_string(),
        "checkpoint": String::from_utf8(world.checkpoint().note_bytes().to_vec()).unwrap(),
        "proof": world.proof(index).iter().map(ToString::to_string).collect::<Vec<_>>(),
        "receipt": hex::encode(receipt.encode_to_vec()),
    })
}

/// Codes with what is derived from them, and comparison digits.
pub(crate) fn codes() -> Value {
    let secrets = [[0; 16], [0xff; 16], *b"0123456789abcdef"];
    let codes = secrets.map(|secret| {
        let code = Code::from_secret(secret);
        assert_eq!(code.to_string().parse::<Code>().as_ref(), Ok(&code));
        json!({
            "secret": hex::encode(secret),
            "code": code.to_string(),
            "invitation_id": code.invitation_id().to_string(),
            "document": "a document",
            "document_mac": code.document_mac(b"a document").to_string(),
            "request": "a request\n",
            "request_mac": code.request_mac(b"a request\n").to_string(),
        })
    });
    let digits = ["", "a", "tsumugu/v1/enrolment\n"]
        .map(|text| json!({ "text": text, "digits": comparison_digits(text) }));
    json!({ "codes": codes, "comparison": digits })
}

/// Names as they are folded.
pub(crate) fn names() -> Value {
    let names = [
        "流山総合病院",
        "医療法人社団 つむぐ会 流山病院",
        "社会医療法人つむぐ会",
        "㈱つむぐ",
        "ＮＰＯ法人 ながれやま",
        "ｹｱｾﾝﾀｰ・ながれやま",
        "ショートステイ",
        "エ房一二三",
        "ABC Clinic (East)",
        "医療法人",
        "ー",
    ];
    names.map(|name| json!({ "name": name, "folded": fold_name(name) })).to_vec().into()
}
