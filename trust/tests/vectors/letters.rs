//! A letter and a detail with all that the log commits to, and what the evidence proves.

use prost::Message;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tsumugu_proto::v1;
use tsumugu_trust::evidence::{Evidence, Outcome, verify};
use tsumugu_trust::hash::sha256;
use tsumugu_trust::letter::{
    MAX_SEALED_BODY, author_digest, card_commitment, disposition_header, envelope_header, padme,
};
use tsumugu_trust::seal::open_with;
use tsumugu_trust::statement::AnyBody;

use super::scene::Scene;

/// The letter in `letter.age`.
pub(crate) fn letter(scene: &Scene) -> Value {
    let TestBytes { letter, author } = TestBytes::of(scene);
    let maker = letter.maker.unwrap();
    let shown = author.worker.unwrap();
    let identities = [&scene.hospital, &scene.office].map(|institution| {
        json!({
            "seed": hex::encode(institution.sealing_seeds[0]),
            "identity": institution.identity().secret_string().expose_secret(),
            "recipient": institution.identity().to_recipient().to_string(),
        })
    });
    let plain = open_with(&[&scene.office.identity()], &scene.letter.sealed, MAX_SEALED_BODY);
    let plain = plain.unwrap();
    assert_eq!(plain.len(), padme(plain.len()));
    let card_salt: [u8; 32] = shown.card_salt.as_ref().try_into().unwrap();
    json!({
        "letter": hex::encode(&scene.letter.letter),
        "packed": hex::encode(&*plain),
        "sealed_digest": sha256(&[&scene.letter.sealed]).to_string(),
        "sealed_to": identities,
        "envelope": String::from_utf8(scene.letter.envelope.bytes()).unwrap(),
        "header": envelope_header(&scene.world.origin, &scene.letter.lines).to_string(),
        "author": author_digest(&letter.author).to_string(),
        "salt": hex::encode(&maker.salt),
        "content": scene.letter.lines.content.to_string(),
        "card": hex::encode(&shown.card),
        "card_salt": hex::encode(card_salt),
        "card_commitment": card_commitment(&card_salt, &shown.card).to_string(),
        "letter_key": hex::encode(scene.letter.letter_key),
    })
}

/// The detail in `detail.age`.
pub(crate) fn detail(scene: &Scene) -> Value {
    let AnyBody::Disposition(lines) = &scene.answer.statement.body else { panic!("an answer") };
    let detail = scene.detail();
    let open = v1::Detail::decode(detail.bytes.as_slice()).unwrap();
    json!({
        "detail": hex::encode(&detail.bytes),
        "salt": hex::encode(detail.salt),
        "commitment": lines.detail.unwrap().commitment.to_string(),
        "sealed_digest": sha256(&[&detail.sealed]).to_string(),
        "sealed_under": hex::encode(scene.letter.letter_key),
        "statement": String::from_utf8(scene.answer.statement.bytes()).unwrap(),
        "header": disposition_header(&scene.world.origin, lines).to_string(),
        "author": author_digest(&open.author).to_string(),
    })
}

/// What `exchange.evidence` proves.
pub(crate) fn evidence(scene: &Scene) -> Value {
    let evidence = Evidence::parse(&scene.evidence).unwrap();
    let root = scene.world.fingerprint();
    let report = verify(&evidence, Some(root), Some(scene.world.directory())).unwrap();
    assert_eq!((report.outcome, report.removals_checked), (Outcome::Anchored, true));
    let moments: Vec<Value> = report
        .moments
        .iter()
        .map(|moment| {
            json!({
                "happening": moment.happening.to_string(),
                "time": moment.time.to_string(),
                "word": moment.word.to_string(),
                "index": moment.index,
                "terminal": moment.terminal.map(|terminal| terminal.to_string()),
            })
        })
        .collect();
    let letter = report.letter.unwrap();
    let answer = &report.answers[0];
    json!({
        "root_fingerprint": report.root_fingerprint.to_string(),
        "checkpoint_size": report.checkpoint_size,
        "checkpoint_root": report.checkpoint_root.to_string(),
        "from": report.envelope.from.to_string(),
        "id": report.envelope.id.to_string(),
        "sender": report.sender.name.as_str(),
        "recipient": report.recipient.name.as_str(),
        "author": letter.author.name.as_str(),
        "form": letter.form,
        "answer": answer.answer.to_string(),
        "answered_by": answer.worker.as_ref().unwrap().name.as_str(),
        "comment": answer.comment,
        "moments": moments,
    })
}

/// The letter's parts, decoded.
struct TestBytes {
    letter: v1::Letter,
    author: v1::Author,
}

impl TestBytes {
    fn of(scene: &Scene) -> Self {
        let letter = v1::Letter::decode(scene.letter.letter.as_slice()).unwrap();
        let author = v1::Author::decode(letter.author.as_ref()).unwrap();
        Self { letter, author }
    }
}
