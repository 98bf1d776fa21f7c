//! What the tests of the whole exchange share: a folder with a running server (in this process, with
//! a clock that the test moves, or the real program, which it kills), administrators, offices with
//! all their keys, and an eye that checks every receipt.
//!
//! Parties speak raw gRPC over mutual TLS: nothing of the client's judgement stands between a test
//! and the exchange, so that they can also be hostile.
//!
//! | file | what is in it |
//! |---|---|
//! | `folder` | the server's folder on disk |
//! | `running` | a server in this process, and the real program |
//! | `link` | a connection, and what a refusal says |
//! | `eye` | receipts, checkpoints and the clear chain, checked and remembered |
//! | `town` | one exchange with its administrators and clock |
//! | `administrator` | an administrator's keys and calls |
//! | `applicant` | an institution before it is admitted |
//! | `office` | an institution, and everything it sends |

// Each test program uses a part of it.
#![allow(dead_code, unreachable_pub, missing_docs)]
#![allow(clippy::unwrap_used, reason = "clippy sees no tests in the helpers of a test program")]

pub mod administrator;
pub mod applicant;
pub mod eye;
pub mod folder;
pub mod link;
pub mod office;
pub mod running;
pub mod town;

use std::sync::atomic::{AtomicU64, Ordering};

use tsumugu_trust::hash::sha256;
use tsumugu_trust::value::Id;

/// Bytes that nobody else in this program has: keys, ids, salts.
pub fn fresh<const N: usize>() -> [u8; N] {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let drawn = DRAWN.fetch_add(1, Ordering::Relaxed);
    *sha256(&[b"tests of the exchange", &drawn.to_be_bytes()]).0.first_chunk().unwrap()
}

/// An id that nobody else has.
pub fn fresh_id() -> Id {
    Id(fresh())
}
