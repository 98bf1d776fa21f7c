//! The client: what a PC keeps, how it reaches the exchange, and what it says.

pub mod args;
pub mod attachments;
pub mod chain_store;
pub mod commands;
pub mod context;
pub mod enrolment;
pub mod failure;
pub mod fingerprint;
pub mod hours;
pub mod identity;
pub mod jst;
pub mod letters;
pub mod log_folder;
pub mod mailbox;
pub mod messages;
pub mod network;
pub mod office;
pub mod outbox;
pub mod output;
pub mod passphrase;
mod post;
pub mod progress;
pub mod rpc;
pub mod run;
pub mod session;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod vault;
