//! The file, line by line.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::EvidenceRefused;
use crate::hash::{Hash, sha256};
use crate::leaf::{ChainHead, ClearLeaf, Leaf, PrivateLeaf};
use crate::receipt::MAX_PROOF;
use crate::value::{Id, Origin, Time, Value};

/// Longest file, in bytes: a letter of a mebibyte in base64, and thousands of leaves.
pub const MAX_EVIDENCE: usize = 8 << 20;

const HEADING: &str = "tsumugu/v1/evidence";
/// Stands for a proof without hashes, of the only leaf of a log.
const NO_HASHES: &str = "-";

/// A well-formed file. Nothing is proved until [`verify`](super::verify()) has said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The log.
    pub origin: Origin,
    /// Sender of the message.
    pub from: Id,
    /// The message.
    pub id: Id,
    /// The signed checkpoint that all proofs lead to.
    pub checkpoint: Vec<u8>,
    /// Clear leaves, by index.
    pub clear: Vec<ShownClear>,
    /// Private leaves with their records, by index.
    pub private: Vec<ShownPrivate>,
    /// Bytes of `Letter`, if the holder reveals it.
    pub letter: Option<Vec<u8>>,
    /// Details that the holder reveals, by index.
    pub details: Vec<ShownDetail>,
}

/// A clear leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownClear {
    /// Index in the log.
    pub index: u64,
    /// The leaf.
    pub leaf: ClearLeaf,
    /// Inclusion proof, leaf to root.
    pub proof: Vec<Hash>,
}

/// A private leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownPrivate {
    /// Index in the log.
    pub index: u64,
    /// The exchange's time.
    pub time: Time,
    /// The clear leaf before it.
    pub after: ChainHead,
    /// Blinds the record's digest.
    pub salt: [u8; 32],
    /// The statement's bytes.
    pub record: Vec<u8>,
    /// Inclusion proof, leaf to root.
    pub proof: Vec<Hash>,
}

/// The detail of a disposition or recall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownDetail {
    /// Index of the leaf that commits to it.
    pub index: u64,
    /// Blinds the commitment.
    pub salt: [u8; 32],
    /// Bytes of `Detail`.
    pub bytes: Vec<u8>,
}

impl Evidence {
    /// Reads a file, strictly: what it accepts is byte for byte what [`Evidence::encode`] writes.
    ///
    /// # Errors
    /// [`EvidenceRefused::TooLarge`], [`EvidenceRefused::Checksum`], [`EvidenceRefused::Form`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceRefused> {
        if bytes.len() > MAX_EVIDENCE {
            return Err(EvidenceRefused::TooLarge);
        }
        let lines = without_checksum(bytes).ok_or(EvidenceRefused::Checksum)?;
        let mut input = Lines { lines: lines.split_terminator('\n').collect(), next: 0 };
        let evidence = input.read().ok_or(EvidenceRefused::Form { line: input.next + 1 })?;
        // Each part is strict by itself; this holds the promise also where one of them were not.
        if evidence.text() != lines {
            return Err(EvidenceRefused::Form { line: 1 });
        }
        Ok(evidence)
    }

    /// The file.
    ///
    /// # Errors
    /// [`EvidenceRefused::TooLarge`]
    pub fn encode(&self) -> Result<Vec<u8>, EvidenceRefused> {
        let text = self.text();
        let file = format!("{text}checksum {}\n", sha256(&[text.as_bytes()])).into_bytes();
        if file.len() > MAX_EVIDENCE { Err(EvidenceRefused::TooLarge) } else { Ok(file) }
    }

    /// All lines but the last.
    fn text(&self) -> String {
        let mut out = vec![
            HEADING.to_owned(),
            format!("origin {}", self.origin),
            format!("message {} {}", self.from, self.id),
            format!("checkpoint {}", base64(&self.checkpoint)),
        ];
        out.extend(self.clear.iter().map(ShownClear::line));
        out.extend(self.private.iter().map(ShownPrivate::line));
        out.extend(self.letter.iter().map(|letter| format!("letter {}", base64(letter))));
        out.extend(self.details.iter().map(ShownDetail::line));
        out.join("\n") + "\n"
    }
}

impl ShownClear {
    fn line(&self) -> String {
        let Self { index, leaf, proof } = self;
        let ClearLeaf { time, number, previous, statement } = leaf;
        let (statement, proof) = (base64(statement), write_proof(proof));
        format!("clear {index} {} {number} {previous} {statement} {proof}", time.0)
    }

    fn read([index, time, number, previous, statement, proof]: [&str; 6]) -> Option<Self> {
        let leaf = ClearLeaf {
            time: read_time(time)?,
            number: u64::decode(number)?,
            previous: Hash::decode(previous)?,
            statement: read_base64(statement)?,
        };
        Some(Self { index: u64::decode(index)?, leaf, proof: read_proof(proof)? })
    }
}

impl ShownPrivate {
    /// The leaf that salt and record give.
    pub(super) fn leaf(&self) -> Leaf {
        Leaf::Private(self.private_leaf())
    }

    pub(super) fn private_leaf(&self) -> PrivateLeaf {
        PrivateLeaf::of(self.time, self.after, &self.salt, &self.record)
    }

    fn line(&self) -> String {
        let Self { index, time, after, salt, record, proof } = self;
        let ChainHead { number, hash } = after;
        let (salt, record, proof) = (Hash(*salt), base64(record), write_proof(proof));
        format!("private {index} {} {number} {hash} {salt} {record} {proof}", time.0)
    }

    fn read([index, time, number, hash, salt, record, proof]: [&str; 7]) -> Option<Self> {
        Some(Self {
            index: u64::decode(index)?,
            time: read_time(time)?,
            after: ChainHead { number: u64::decode(number)?, hash: Hash::decode(hash)? },
            salt: Hash::decode(salt)?.0,
            record: read_base64(record)?,
            proof: read_proof(proof)?,
        })
    }
}

impl ShownDetail {
    fn line(&self) -> String {
        format!("detail {} {} {}", self.index, Hash(self.salt), base64(&self.bytes))
    }

    fn read([index, salt, bytes]: [&str; 3]) -> Option<Self> {
        let (index, salt) = (u64::decode(index)?, Hash::decode(salt)?.0);
        Some(Self { index, salt, bytes: read_base64(bytes)? })
    }
}

/// Reads lines in order; `next` stays at the line that is at fault.
struct Lines<'a> {
    lines: Vec<&'a str>,
    next: usize,
}

impl<'a> Lines<'a> {
    fn read(&mut self) -> Option<Evidence> {
        if self.lines.first() != Some(&HEADING) {
            return None;
        }
        self.next = 1;
        let origin = self.one("origin", |[origin]| Origin::decode(origin))?;
        let (from, id) =
            self.one("message", |[from, id]| Some((Id::decode(from)?, Id::decode(id)?)))?;
        let checkpoint = self.one("checkpoint", |[note]| read_base64(note))?;
        let clear = self.many("clear", ShownClear::read, |shown| shown.index)?;
        let private = self.many("private", ShownPrivate::read, |shown| shown.index)?;
        let shown_clear = |index: u64| clear.binary_search_by_key(&index, |c| c.index).is_ok();
        if private.iter().any(|shown| shown_clear(shown.index)) {
            return None;
        }
        let letter = match self.values("letter") {
            Some(_) => Some(self.one("letter", |[letter]| read_base64(letter))?),
            None => None,
        };
        let details = self.many("detail", ShownDetail::read, |shown| shown.index)?;
        let at_end = self.next == self.lines.len();
        at_end.then_some(Evidence { origin, from, id, checkpoint, clear, private, letter, details })
    }

    /// What stands behind the name of the next line, if it has this name.
    fn values(&self, name: &str) -> Option<&'a str> {
        self.lines.get(self.next)?.strip_prefix(name)?.strip_prefix(' ')
    }

    fn one<T, const N: usize>(
        &mut self,
        name: &str,
        read: impl FnOnce([&'a str; N]) -> Option<T>,
    ) -> Option<T> {
        let values: Vec<&str> = self.values(name)?.split(' ').collect();
        let value = read(values.try_into().ok()?)?;
        self.next += 1;
        Some(value)
    }

    /// Lines of one name, by strictly growing index.
    fn many<T, const N: usize>(
        &mut self,
        name: &str,
        read: impl Fn([&'a str; N]) -> Option<T>,
        index: impl Fn(&T) -> u64,
    ) -> Option<Vec<T>> {
        let mut all: Vec<T> = Vec::new();
        while self.values(name).is_some() {
            let line = self.next;
            let one = self.one(name, &read)?;
            if all.last().is_some_and(|before| index(before) >= index(&one)) {
                self.next = line;
                return None;
            }
            all.push(one);
        }
        Some(all)
    }
}

/// The lines before the checksum, where it fits.
fn without_checksum(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let cut = text.strip_suffix('\n')?.rfind('\n')? + 1;
    let (lines, last) = text.split_at(cut);
    let checksum = last.strip_prefix("checksum ")?.strip_suffix('\n')?;
    (Hash::decode(checksum)? == sha256(&[lines.as_bytes()])).then_some(lines)
}

fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// The decoder demands padding and zero bits at the end: one spelling.
fn read_base64(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}

fn read_time(text: &str) -> Option<Time> {
    let time = Time(u64::decode(text)?);
    // Refuses what no statement can write: times after the year 9999.
    (Time::decode(&time.encode()) == Some(time)).then_some(time)
}

fn write_proof(proof: &[Hash]) -> String {
    if proof.is_empty() {
        NO_HASHES.to_owned()
    } else {
        base64(&proof.iter().flat_map(|h| h.0).collect::<Vec<_>>())
    }
}

fn read_proof(text: &str) -> Option<Vec<Hash>> {
    if text == NO_HASHES {
        return Some(Vec::new());
    }
    let bytes = read_base64(text)?;
    let (hashes, rest) = bytes.as_chunks::<{ Hash::LENGTH }>();
    let fits = rest.is_empty() && (1..=MAX_PROOF).contains(&hashes.len());
    fits.then(|| hashes.iter().copied().map(Hash).collect())
}
