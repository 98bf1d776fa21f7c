//! The agent with the real programs: through restarts, kills and slow lines, with files and commands for
//! what arrives.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/people.rs"]
mod people;
#[path = "support/relay.rs"]
mod relay;

#[path = "agent/arrivals.rs"]
mod arrivals;
#[path = "agent/install.rs"]
mod install;
#[path = "agent/killed.rs"]
mod killed;
#[path = "agent/restarts.rs"]
mod restarts;
#[path = "agent/running.rs"]
mod running;
#[path = "agent/testing.rs"]
mod testing;
#[path = "agent/uploads.rs"]
mod uploads;
