//! The keyring (鍵束): what one terminal of an institution hands to the next, sealed to it alone
//! (`docs/FORMATS.md`, section 5.1).
//!
//! Text with one spelling, as statements are; it is sealed whole, and never signed: that it opens with
//! the one-time identity of the request says for whom it was made, and that its keys are those of the
//! clear chain says that it is the institution's.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

use crate::hash::Hash;
use crate::leaf::ChainHead;
use crate::value::{Id, Origin, Value};

/// Longest keyring, in bytes. The most of everything below fits.
pub const MAX_KEYRING: usize = 245_760;
/// Longest sealed keyring, in bytes: what the exchange keeps.
pub const MAX_SEALED_KEYRING: usize = 262_144;
/// Most key sets: one each year, and some after losses.
pub const MAX_KEY_SETS: usize = 64;
/// Most workers.
pub const MAX_WORKERS: usize = 128;
/// Longest card of a worker, in bytes.
pub const MAX_CARD: usize = 1_024;
/// Longest checkpoint, in bytes.
pub const MAX_CHECKPOINT: usize = 4_096;

/// The first line; a later version has another number.
const HEADING: &str = "tsumugu/v1/keyring";

/// 32 secret bytes. Wiped when dropped; Debug shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<[u8; 32]>);

/// All that a terminal needs to be one of its institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyring {
    /// The log.
    pub origin: Origin,
    /// The institution.
    pub institution: Id,
    /// Seed of the institution key.
    pub seed: Secret,
    /// The clear leaf up to which the giver knows every record of the institution: made, told or
    /// confirmed by a person.
    pub known: ChainHead,
    /// The giver's last verified checkpoint, a signed note.
    pub checkpoint: Vec<u8>,
    /// The sealing identities that are still needed, by number.
    pub key_sets: Vec<KeyringSet>,
    /// The workers whom the giver knows, by id.
    pub workers: Vec<KeyringWorker>,
}

/// A sealing identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyringSet {
    /// Number of the key set.
    pub number: u64,
    /// Digest of its statement.
    pub digest: Hash,
    /// Seed of the identity.
    pub seed: Secret,
}

/// A worker (職員). The new terminal makes a key of its own for each.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyringWorker {
    /// The worker.
    pub id: Id,
    /// Blinds the commitment to the card.
    pub salt: Secret,
    /// Bytes of `WorkerCard`.
    pub card: Vec<u8>,
}

/// Why bytes are no keyring. Says nothing of their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAKeyring {
    /// Not in the one spelling.
    #[error("not a keyring")]
    Malformed,
    /// Made by a later version of the program.
    #[error("a keyring of a later version")]
    Newer,
    /// More or longer parts than a keyring holds.
    #[error("a keyring has at most {MAX_KEY_SETS} key sets and {MAX_WORKERS} workers")]
    TooMuch,
}

impl Secret {
    /// From secret bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Keyring {
    /// The bytes, to be sealed.
    ///
    /// # Errors
    /// [`NotAKeyring::TooMuch`]; [`NotAKeyring::Malformed`] where parts are missing or out of order.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, NotAKeyring> {
        self.check()?;
        // Never reallocated, so that no copy of a secret is left behind.
        let mut out = Zeroizing::new(Vec::with_capacity(MAX_KEYRING));
        let mut line = |name: &str, parts: &[&dyn fmt::Display]| {
            out.extend(name.as_bytes());
            for part in parts {
                out.push(b' ');
                out.extend(Zeroizing::new(part.to_string()).as_bytes());
            }
            out.push(b'\n');
        };
        line(HEADING, &[]);
        line(self.origin.as_str(), &[]);
        line("institution", &[&self.institution]);
        line("seed", &[&Hex(&self.seed)]);
        line("known", &[&self.known.number, &self.known.hash]);
        line("checkpoint", &[&BASE64_STANDARD.encode(&self.checkpoint)]);
        for set in &self.key_sets {
            line("key-set", &[&set.number, &set.digest, &Hex(&set.seed)]);
        }
        for worker in &self.workers {
            let card = BASE64_STANDARD.encode(&worker.card);
            line("worker", &[&worker.id, &Hex(&worker.salt), &card]);
        }
        Ok(out)
    }

    /// Reads exactly what [`Self::encode`] writes.
    ///
    /// # Errors
    /// [`NotAKeyring`]
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAKeyring> {
        if bytes.len() > MAX_KEYRING {
            return Err(NotAKeyring::TooMuch);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NotAKeyring::Malformed)?;
        let heading = text.lines().next().unwrap_or_default();
        if heading != HEADING {
            return Err(if is_later(heading) {
                NotAKeyring::Newer
            } else {
                NotAKeyring::Malformed
            });
        }
        let keyring = read(text).ok_or(NotAKeyring::Malformed)?;
        let again = keyring.encode()?;
        if *again == bytes { Ok(keyring) } else { Err(NotAKeyring::Malformed) }
    }

    fn check(&self) -> Result<(), NotAKeyring> {
        let fits = self.key_sets.len() <= MAX_KEY_SETS
            && self.workers.len() <= MAX_WORKERS
            && self.checkpoint.len() <= MAX_CHECKPOINT
            && self.workers.iter().all(|worker| worker.card.len() <= MAX_CARD);
        if !fits {
            return Err(NotAKeyring::TooMuch);
        }
        let whole = !self.key_sets.is_empty()
            && !self.checkpoint.is_empty()
            && self.workers.iter().all(|worker| !worker.card.is_empty())
            && self.key_sets.windows(2).all(|w| w[0].number < w[1].number)
            && self.workers.windows(2).all(|w| w[0].id < w[1].id);
        if whole { Ok(()) } else { Err(NotAKeyring::Malformed) }
    }
}

/// Whether a heading is that of a later version of this form.
fn is_later(heading: &str) -> bool {
    let version = heading.strip_prefix("tsumugu/v").and_then(|rest| rest.strip_suffix("/keyring"));
    version.and_then(u64::decode).is_some_and(|version| version > 1)
}

fn read(text: &str) -> Option<Keyring> {
    let mut lines = text.lines().skip(1).peekable();
    let origin = Origin::decode(lines.next()?)?;
    let [institution] = named(lines.next()?, "institution")?;
    let [seed] = named(lines.next()?, "seed")?;
    let [number, hash] = named(lines.next()?, "known")?;
    let [checkpoint] = named(lines.next()?, "checkpoint")?;
    let mut keyring = Keyring {
        origin,
        institution: Id::decode(institution)?,
        seed: secret(seed)?,
        known: ChainHead { number: u64::decode(number)?, hash: Hash::decode(hash)? },
        checkpoint: BASE64_STANDARD.decode(checkpoint).ok()?,
        key_sets: Vec::new(),
        workers: Vec::new(),
    };
    while let Some([number, digest, seed]) =
        lines.peek().and_then(|line| named::<3>(line, "key-set"))
    {
        lines.next();
        let (number, digest) = (u64::decode(number)?, Hash::decode(digest)?);
        keyring.key_sets.push(KeyringSet { number, digest, seed: secret(seed)? });
    }
    for line in lines {
        let [id, salt, card] = named(line, "worker")?;
        let card = BASE64_STANDARD.decode(card).ok()?;
        keyring.workers.push(KeyringWorker { id: Id::decode(id)?, salt: secret(salt)?, card });
    }
    Some(keyring)
}

/// The parts of a line of that name.
fn named<'t, const N: usize>(line: &'t str, name: &str) -> Option<[&'t str; N]> {
    let mut parts = line.strip_prefix(name)?.strip_prefix(' ')?.split(' ');
    let mut out = [""; N];
    for part in &mut out {
        *part = parts.next()?;
    }
    parts.next().is_none().then_some(out)
}

fn secret(text: &str) -> Option<Secret> {
    let mut bytes = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text, &mut *bytes).ok()?;
    Some(Secret(bytes))
}

/// A secret as hexadecimal digits.
struct Hex<'a>(&'a Secret);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Shows nobody's name.
impl fmt::Debug for KeyringWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyringWorker").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
