//! Opens test vectors of other people for `tests/interop/run`: files of C2SP CCTV, `age/testdata`.
//!
//! ```text
//! open_vector FILE...
//! ```
//!
//! A vector is a head of `name: value` lines, an empty line, and an age file. For each one a line of
//! JSON tells what this library makes of the file under the vector's identities: the outcome in
//! CCTV's words, and the digest of the plaintext. Vectors have to be decompressed before.
//!
//! A vector without a post-quantum identity is opened under one that nothing is sealed to: it shows
//! what the reader thinks of the header.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use tsumugu_trust::seal::{OpenError, SealingIdentity, open_with};

/// More than any vector holds.
const LIMIT: usize = 64 << 20;

const IDENTITY: &str = "identity: ";
const POST_QUANTUM: &str = "AGE-SECRET-KEY-PQ-1";

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for argument in std::env::args_os().skip(1) {
        let path = Path::new(&argument);
        let (outcome, payload) = open(&std::fs::read(path)?)?;
        let vector = path.file_name().map(|name| name.to_string_lossy());
        let line = serde_json::json!({ "vector": vector, "outcome": outcome, "payload": payload });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn open(vector: &[u8]) -> Result<(&'static str, Option<String>), Box<dyn Error>> {
    let end = vector.windows(2).position(|two| two == b"\n\n").ok_or("a vector without a head")?;
    let (head, file) = (std::str::from_utf8(&vector[..end])?, &vector[end + 2..]);
    let mut identities = head
        .lines()
        .filter_map(|line| line.strip_prefix(IDENTITY))
        .filter(|identity| identity.starts_with(POST_QUANTUM))
        .map(str::parse)
        .collect::<Result<Vec<SealingIdentity>, _>>()?;
    if identities.is_empty() {
        identities.push(SealingIdentity::from_seed(&[7; SealingIdentity::SEED_LENGTH]));
    }
    let identities: Vec<_> = identities.iter().collect();
    Ok(match open_with(&identities, file, LIMIT) {
        Ok(plain) => ("success", Some(hex::encode(digest(&SHA256, &plain)))),
        Err(error) => (name(error), None),
    })
}

/// CCTV's word. It has two where this library has one for a file that was changed after it was
/// sealed: the first of them to be found is the header's.
fn name(error: OpenError) -> &'static str {
    match error {
        OpenError::Malformed => "header failure",
        OpenError::NotForTheseKeys => "no match",
        OpenError::Damaged => "HMAC or payload failure",
        OpenError::TooLarge { .. } | OpenError::TooMuchWork { .. } => "over a limit",
    }
}
