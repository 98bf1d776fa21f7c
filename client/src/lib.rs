//! The client: what a PC keeps, how it reaches the exchange, and what it says.

mod agent;
pub mod args;
pub mod attachments;
mod autostart;
#[allow(
    dead_code,
    unused_imports,
    reason = "the commands about cases read more of it step by step"
)]
mod casefile;
pub mod chain_store;
pub mod commands;
pub mod context;
mod csv;
mod digits;
pub mod enrolment;
pub mod failure;
pub mod fingerprint;
pub mod flowchart;
pub mod hours;
pub mod identity;
pub mod jst;
pub mod letters;
mod live;
pub mod log_folder;
pub mod mailbox;
pub mod messages;
pub mod network;
pub mod office;
pub mod outbox;
pub mod output;
pub mod paper;
pub mod passphrase;
pub mod pin;
mod post;
pub mod print;
mod probe;
pub mod progress;
pub mod proof;
pub mod releases;
pub mod rpc;
pub mod run;
pub mod session;
pub mod statistic;
pub mod terminals;
#[cfg(test)]
mod testing;
pub mod tls;
mod turn;
pub mod vault;
pub mod workers;
