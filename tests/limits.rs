//! What one party may take of the exchange: over real connections, with a server whose clock and disk
//! the test sets.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

#[path = "limits/connections.rs"]
mod connections;
#[path = "limits/disk.rs"]
mod disk;
#[path = "limits/fairness.rs"]
mod fairness;
#[path = "limits/quota.rs"]
mod quota;
#[path = "support/relay.rs"]
mod relay;
#[path = "limits/requests.rs"]
mod requests;
#[path = "limits/slow.rs"]
mod slow;
