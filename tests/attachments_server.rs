//! Attachments as the parties of the exchange see them: raw gRPC over mutual TLS.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "attachments_server/crash.rs"]
#[cfg(all(unix, debug_assertions))]
mod crash;
#[path = "attachments_server/fetch.rs"]
mod fetch;
#[path = "attachments_server/hold.rs"]
mod hold;
#[path = "attachments_server/limits.rs"]
mod limits;
#[path = "attachments_server/name.rs"]
mod name;
#[path = "attachments_server/retention.rs"]
mod retention;
mod support;
#[path = "attachments_server/upload.rs"]
mod upload;
#[path = "attachments_server/wire.rs"]
mod wire;
