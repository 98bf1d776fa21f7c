//! The client: what a PC keeps, how it reaches the exchange, and what it says.

pub mod failure;
pub mod messages;
pub mod output;
pub mod passphrase;
pub mod tls;
pub mod vault;
