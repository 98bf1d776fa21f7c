//! Letters and answers: written, sealed, opened and checked (`docs/FORMATS.md`, section 4).
//!
//! Pure: the directory, the keys, the time and the randomness come as arguments, bytes come out. What
//! was read is an [`OpenedLetter`] or [`OpenedDetail`], which only the checks make.
//!
//! ```text
//! compose (worker signs) ── seal (terminal signs) ──> envelope + body   kept by the outbox
//!        └── the same, sealed anew after STALE_KEY_SET
//! envelope + body ── open ──> OpenedLetter, or Unreadable with its reason
//! OpenedLetter ── answer ──> disposition + sealed detail ── read_detail ──> OpenedDetail
//! ```

mod about;
mod answer;
mod compose;
mod detail;
mod failure;
mod off_system;
mod passed_on;
mod read;
mod seal;
mod steps;
mod unreadable;
mod worker;

use rand::{CryptoRng, RngCore};
use tsumugu_proto::v1;
use tsumugu_trust::note::SigningKey;

pub use about::About;
pub use answer::{MAX_COMMENT, Reply, SealedAnswer, answer, opened, unreadable};
pub use compose::{ComposedLetter, Content, Header, compose, compose_with_steps};
pub use detail::{OpenedDetail, read_detail};
pub use off_system::{OffSystemLines, OpenedRecord, read_record, record_off_system};
pub use passed_on::{MAX_PASSED_ON_COMMENT, PassedOn, passed_on};
pub use read::{Incoming, OpenedLetter, check_letter, open};
pub use seal::{NotSealed, SealedLetter, Sealing, seal};
pub use steps::MAX_SHARED_STEPS;
pub use unreadable::Unreadable;
pub use worker::NamedWorker;

pub(crate) use worker::all_log_keys;

/// The media type of a filled form.
pub const FORM_TYPE: &str = "application/json";

/// Where salts and keys come from: the operating system, and a seeded generator in tests.
pub trait Randomness: RngCore + CryptoRng {}

impl<R: RngCore + CryptoRng + ?Sized> Randomness for R {}

/// A worker who signs at this terminal (職員).
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The worker's key at this terminal.
    pub key: &'a SigningKey,
    /// How the worker is shown to others.
    pub shown: &'a v1::ShownWorker,
}

/// 32 random bytes: a salt or a key.
fn random_32(rng: &mut (impl Randomness + ?Sized)) -> [u8; 32] {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
