//! The exchange (交換所): keeps the log, takes in sealed letters, hands them out, and can read none.
//!
//! `ledger` is the log and what it means, `sequencer` the one writer, `services` one file per gRPC
//! service, `backup` makes and restores copies, `gate` who may call, `bounds` how much of it one may take, `run` the whole.
pub mod backup;
pub mod bounds;
pub mod ca;
pub mod check;
mod clockwork;
pub mod command_line;
pub mod exchange;
pub mod gate;
pub mod init;
pub mod keys;
pub mod ledger;
pub mod operations;
pub mod party;
pub mod pending;
pub mod refused;
pub mod releases;
pub mod renewals;
pub mod restraint;
pub mod run;
pub mod sequencer;
pub mod services;
pub mod settings;
mod tiles;
pub mod tls;
mod told;
