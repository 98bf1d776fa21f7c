//! The exchange as its parties see it: raw gRPC over mutual TLS, against a server in this process.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "exchange/administrate.rs"]
mod administrate;
#[path = "exchange/bootstrap.rs"]
mod bootstrap;
#[path = "exchange/enrol.rs"]
mod enrol;
#[path = "exchange/log.rs"]
mod log;
#[path = "exchange/off_system.rs"]
mod off_system;
#[path = "exchange/publish.rs"]
mod publish;
#[path = "exchange/receive.rs"]
mod receive;
#[path = "exchange/renew.rs"]
mod renew;
#[path = "exchange/send.rs"]
mod send;
mod support;
#[path = "exchange/terminals.rs"]
mod terminals;
