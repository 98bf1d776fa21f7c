//! A small exchange in memory, for tests: everything in it is real but the randomness, which grows
//! from a seed.
//!
//! [`World`] plays administrators, institutions and the log with its key. It checks nothing that the
//! exchange would check, but that clear leaves keep the rules: tests make wrong leaves with it, too.
//! What fails here is a mistake of the test, so it panics.

mod keys;
mod log;
mod mail;
mod members;

pub use keys::{Seeded, TestAdministrator, TestInstitution, TestKey, TestTerminal, TestWorker};
pub use log::{TestEntry, World};
pub use mail::{TestAnswer, TestDetail, TestLetter};
