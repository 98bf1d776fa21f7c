//! The exchange (取引所): keeps the log, takes in sealed letters, hands them out, and can read none.
//!
//! `ledger` is the log and what it means, `sequencer` the one writer, `services` one file per gRPC
//! service, `gate` who may call, `run` the whole.
pub mod ca;
pub mod gate;
pub mod party;
pub mod settings;
pub mod tls;
pub mod ledger;
pub mod refused;
pub mod sequencer;
mod tiles;
pub mod exchange;
pub mod pending;
pub mod services;
pub mod check;
mod clockwork;
pub mod init;
pub mod keys;
pub mod run;
pub mod command_line;
