//! The test vectors in `docs/vectors`: made anew from a seed, and compared with the files.
//!
//! `UPDATE_VECTORS=1 cargo test -p tsumugu-trust --test vectors` writes them. What is sealed is taken
//! from the files as long as it opens to what it should: sealing draws on randomness that no seed
//! reaches.
#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test are tests, which the lint cannot see"
)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

#[path = "vectors/formats.rs"]
mod formats;
#[path = "vectors/letters.rs"]
mod letters;
#[path = "vectors/scene.rs"]
mod scene;
#[path = "vectors/statements.rs"]
mod statements;

use scene::Scene;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/vectors")
}

fn updating() -> bool {
    std::env::var_os("UPDATE_VECTORS").is_some()
}

/// Compares bytes with a file, or writes it.
fn check_bytes(name: &str, bytes: &[u8]) {
    let path = folder().join(name);
    if updating() {
        fs::write(&path, bytes).unwrap();
    }
    assert!(fs::read(&path).unwrap() == bytes, "{name} differs from what the program makes");
}

/// Compares a document with a file, or writes it.
fn check_json(name: &str, value: &Value) {
    let path = folder().join(name);
    if updating() {
        fs::write(&path, format!("{value:#}\n")).unwrap();
    }
    let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(&file, value, "{name} differs from what the program makes");
}

#[test]
fn vectors_are_what_the_program_makes() {
    let scene = Scene::build();
    check_bytes("letter.age", &scene.letter.sealed);
    check_bytes("detail.age", &scene.detail().sealed);
    check_bytes("exchange.evidence", &scene.evidence);
    check_json("statements.json", &statements::examples(&scene));
    check_json("leaves.json", &formats::leaves(&scene));
    check_json("receipt.json", &formats::receipt(&scene));
    check_json("codes.json", &formats::codes());
    check_json("names.json", &formats::names());
    check_json("letter.json", &letters::letter(&scene));
    check_json("detail.json", &letters::detail(&scene));
    check_json("evidence.json", &letters::evidence(&scene));
}
