//! Seals and opens for `tests/interop/run`, so that another age implementation can do the other half.
//!
//! ```text
//! sealing pack                          a letter becomes the plaintext of a body
//! sealing unpack                        and back
//! sealing seal-to RECIPIENT...          seals to key sets
//! sealing open-with IDENTITY            opens with the identity of one of them
//! sealing seal-under KEY                seals under a letter's or attachment's key, 64 hex digits
//! sealing open-under KEY                opens under it
//! ```
//!
//! Reads standard input to its end, writes standard output. Ends with status 1 and one line of
//! reason where it refuses. Keys stand in the arguments: for keys of tests only.

use std::error::Error;
use std::io::{Read, Write};
use std::process::ExitCode;

use tsumugu_trust::letter::{MAX_SEALED_BODY, pack, unpack};
use tsumugu_trust::seal::{
    SealingIdentity, SealingRecipient, open_with, open_with_key, seal_to, seal_with_key,
};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell where standard error is closed.
            let _ = writeln!(std::io::stderr(), "sealing: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (verb, keys) = arguments.split_first().ok_or("no verb")?;
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let output = match (verb.as_str(), keys) {
        ("pack", []) => pack(&input)?.to_vec(),
        ("unpack", []) => unpack(&input)?.to_vec(),
        ("seal-to", keys) => {
            let recipients: Vec<SealingRecipient> =
                keys.iter().map(|key| key.parse()).collect::<Result<_, _>>()?;
            seal_to(&recipients, &input)?
        }
        ("open-with", [identity]) => {
            let identity: SealingIdentity = identity.parse()?;
            open_with(&[&identity], &input, MAX_SEALED_BODY)?.to_vec()
        }
        ("seal-under", [key]) => seal_with_key(&shared(key)?, &input)?,
        ("open-under", [key]) => open_with_key(&shared(key)?, &input, MAX_SEALED_BODY)?.to_vec(),
        _ => return Err("not a verb with its keys".into()),
    };
    std::io::stdout().write_all(&output)?;
    Ok(())
}

fn shared(key: &str) -> Result<[u8; 32], Box<dyn Error>> {
    hex::decode(key)?.try_into().map_err(|_| "a key has 32 bytes".into())
}
