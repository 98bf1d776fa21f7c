//! Says what this library makes of files of evidence, statements and names, for
//! `tests/interop/run`, which asks a second reader the same.
//!
//! Reads lines `WHAT BASE64` from standard input and answers each with a line:
//!
//! ```text
//! evidence BASE64     consistent DIGEST   (of trust list 1)    or   refused: REASON
//! statement BASE64    KIND DIGEST                              or   refused: REASON
//! fold BASE64         BASE64                                        of the folded name
//! ```

use std::error::Error;
use std::io::{BufRead, Write};

use base64::{Engine, prelude::BASE64_STANDARD};
use tsumugu_trust::directory::fold_name;
use tsumugu_trust::evidence::{Evidence, verify};
use tsumugu_trust::statement::Statement;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (what, encoded) = line.split_once(' ').ok_or("not WHAT BASE64")?;
        let bytes = BASE64_STANDARD.decode(encoded)?;
        let answer = match what {
            "evidence" => evidence(&bytes),
            "statement" => statement(&bytes),
            "fold" => Ok(BASE64_STANDARD.encode(fold_name(std::str::from_utf8(&bytes)?))),
            _ => return Err("no such question".into()),
        };
        writeln!(out, "{}", answer.unwrap_or_else(|reason| format!("refused: {reason}")))?;
    }
    Ok(())
}

fn evidence(bytes: &[u8]) -> Result<String, String> {
    let evidence = Evidence::parse(bytes).map_err(said)?;
    let report = verify(&evidence, None, None).map_err(said)?;
    Ok(format!("consistent {}", report.root_fingerprint))
}

fn statement(bytes: &[u8]) -> Result<String, String> {
    let statement = Statement::parse(bytes).map_err(said)?;
    if statement.bytes() != bytes {
        return Err("it is written in another way than it was read".to_owned());
    }
    Ok(format!("{} {}", statement.body.kind(), statement.digest()))
}

/// The reason, and the reasons behind it.
fn said(error: impl Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
