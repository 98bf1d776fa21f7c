//! The client as its people use it: the real programs, a process for each command.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "client/clock.rs"]
mod clock;
#[path = "client/crash.rs"]
mod crash;
#[path = "client/errors.rs"]
mod errors;
#[path = "client/exchange_dies.rs"]
mod exchange_dies;
#[path = "support/people.rs"]
mod people;
#[path = "client/records.rs"]
mod records;
#[path = "client/story.rs"]
mod story;
#[path = "client/strangers.rs"]
mod strangers;
#[path = "client/vault.rs"]
mod vault;
