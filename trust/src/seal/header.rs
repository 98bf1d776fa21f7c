//! The header of an age file, read strictly (C2SP age, "Header").
//!
//! The `age` crate reads headers itself; this reader goes first. It bounds the header, because the
//! crate's parser takes time quadratic in its length, and it refuses the two encodings of age's
//! beta versions, which the crate still accepts.

use age_core::format::{Stanza, is_arbitrary_string};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};

use super::OpenError;

/// The longest header, in bytes. One `mlkem768x25519` stanza has 1,557.
pub const MAX_HEADER: usize = 32 * 1024;

/// The most stanzas in a header, whatever their type.
pub const MAX_STANZAS: usize = 20;

const VERSION_LINE: &str = "age-encryption.org/v1";

/// Characters in a full line of a stanza's body.
const COLUMNS: usize = 64;

/// Base64 characters of the header's authentication code, 32 bytes.
const MAC_COLUMNS: usize = 43;

/// Bytes of the last line: `--- `, the code, LF.
pub(super) const MAC_LINE: usize = 4 + MAC_COLUMNS + 1;

/// A header that follows the format. Its authentication code is not checked yet: that takes the
/// file key.
pub(super) struct Header {
    pub(super) stanzas: Vec<Stanza>,
    /// Bytes of the header, its last LF included.
    pub(super) length: usize,
}

impl Header {
    pub(super) fn parse(file: &[u8]) -> Result<Self, OpenError> {
        let mut lines = Lines { rest: &file[..file.len().min(MAX_HEADER)], read: 0 };
        if lines.next()? != VERSION_LINE {
            return Err(OpenError::Malformed);
        }
        let mut stanzas = Vec::new();
        loop {
            let line = lines.next()?;
            if let Some(mac) = line.strip_prefix("--- ") {
                if stanzas.is_empty() || mac.len() != MAC_COLUMNS {
                    return Err(OpenError::Malformed);
                }
                decode(mac)?;
                return Ok(Self { stanzas, length: lines.read });
            }
            if stanzas.len() == MAX_STANZAS {
                return Err(OpenError::Malformed);
            }
            stanzas.push(stanza(line, &mut lines)?);
        }
    }
}

/// Base64 without padding, in its one spelling.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, OpenError> {
    BASE64_STANDARD_NO_PAD.decode(text).map_err(|_| OpenError::Malformed)
}

/// `-> type argument...`, then the body in lines of [`COLUMNS`], ended by a shorter one.
fn stanza(first: &str, lines: &mut Lines<'_>) -> Result<Stanza, OpenError> {
    let words = first.strip_prefix("-> ").ok_or(OpenError::Malformed)?;
    let mut words = words.split(' ').map(str::to_owned);
    let tag = words.next().ok_or(OpenError::Malformed)?;
    let args: Vec<_> = words.collect();
    if !is_arbitrary_string(&tag) || !args.iter().all(is_arbitrary_string) {
        return Err(OpenError::Malformed);
    }
    let mut body = String::new();
    loop {
        let line = lines.next()?;
        body.push_str(line);
        match line.len() {
            COLUMNS => {}
            0..COLUMNS => return Ok(Stanza { tag, args, body: decode(&body)? }),
            _ => return Err(OpenError::Malformed),
        }
    }
}

struct Lines<'a> {
    rest: &'a [u8],
    read: usize,
}

impl<'a> Lines<'a> {
    /// The next line without its LF. A line that does not end is malformed: headers are whole.
    fn next(&mut self) -> Result<&'a str, OpenError> {
        let end = self.rest.iter().position(|b| *b == b'\n').ok_or(OpenError::Malformed)?;
        let line = std::str::from_utf8(&self.rest[..end]).map_err(|_| OpenError::Malformed)?;
        self.rest = &self.rest[end + 1..];
        self.read += end + 1;
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn parse(text: &str) -> Result<usize, OpenError> {
        Header::parse(text.as_bytes()).map(|header| header.length)
    }

    fn with_stanzas(stanzas: &str) -> String {
        format!("{VERSION_LINE}\n{stanzas}--- {MAC}\n")
    }

    #[test]
    fn stanzas_and_length() {
        let full = "A".repeat(64);
        let text = with_stanzas(&format!("-> a b c\nAAAA\n-> d\n{full}\n\n-> e\n\n"));
        let header = Header::parse(format!("{text}payload\n").as_bytes()).unwrap();
        assert_eq!(header.length, text.len());
        let [a, d, e] = &header.stanzas[..] else { panic!("three stanzas") };
        assert_eq!((a.tag.as_str(), a.args.len(), a.body.len()), ("a", 2, 3));
        assert_eq!((d.args.len(), d.body.len(), e.body.len()), (0, 48, 0));
    }

    #[test]
    fn malformed() {
        let full = "A".repeat(64);
        let bodies =
            ["A", "AAB", "AB", "AA==", "A A", "AAAA\r", &format!("{full}A"), &full, "é", "A-_A"];
        for body in bodies {
            let text = with_stanzas(&format!("-> a\n{body}\n"));
            assert_eq!(parse(&text), Err(OpenError::Malformed), "{body}");
        }
        for first in ["->", "-> ", "->a", "-> a  b", "-> a ", "->  a", "-> é", "-> a\tb", "a"] {
            let text = with_stanzas(&format!("{first}\n\n"));
            assert_eq!(parse(&text), Err(OpenError::Malformed), "{first}");
        }
        let good = with_stanzas("-> a\n\n");
        parse(&good).unwrap();
        for (from, to) in [("v1\n", "v2\n"), ("v1\n", "v1\r\n"), ("--- ", "---"), ("A\n", "\n")] {
            assert_eq!(parse(&good.replacen(from, to, 1)), Err(OpenError::Malformed), "{to}");
        }
        assert_eq!(parse(&good.replace("A\n", "B\n")), Err(OpenError::Malformed));
        assert_eq!(parse(&with_stanzas("")), Err(OpenError::Malformed));
        // The two encodings of age's beta versions.
        assert_eq!(parse(&with_stanzas("-> a\n")), Err(OpenError::Malformed));
        assert_eq!(parse(&with_stanzas(&format!("-> a\n{full}\n"))), Err(OpenError::Malformed));
        for cut in 0..good.len() {
            assert_eq!(parse(&good[..cut]), Err(OpenError::Malformed), "{cut}");
        }
    }

    #[test]
    fn most_stanzas() {
        parse(&with_stanzas(&"-> a\n\n".repeat(MAX_STANZAS))).unwrap();
        let more = with_stanzas(&"-> a\n\n".repeat(MAX_STANZAS + 1));
        assert_eq!(parse(&more), Err(OpenError::Malformed));
    }

    #[test]
    fn longest_header() {
        let rest = with_stanzas("-> \n\n").len();
        let text = with_stanzas(&format!("-> {}\n\n", "a".repeat(MAX_HEADER - rest)));
        assert_eq!(parse(&text), Ok(MAX_HEADER));
        let more = text.replacen("-> a", "-> aa", 1);
        assert_eq!(parse(&more), Err(OpenError::Malformed));
    }
}
