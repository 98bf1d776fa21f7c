//! The live connection (常時接続): one watch of the mailbox, kept through everything that breaks it.
//!
//! ```text
//! refresh ── clear chain ── outbox ── watch from the first event that is not known ──┐
//!   ▲                                                                                │ events: taken in
//!   └── pause (backoff) ── disconnect ◄── lost: 75 s without a sign, an error, sleep ┤ beat: outbox, chain
//!                                                                                    └ refused, alarm: end
//! ```
//!
//! Events are numbered without gaps, so nothing can be lost unnoticed; what was missed comes with the
//! next watch. What is done with them besides keeping the vault up to date is [`Duties`].

mod backoff;
mod keep;
mod news;
mod stream;
mod trouble;

pub(crate) use keep::{Duties, Keeper};
pub(crate) use news::News;

#[cfg(test)]
mod tests;
