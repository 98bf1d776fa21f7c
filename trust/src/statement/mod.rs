//! Statements: everything that is signed, and what the exchange says by its own word.
//!
//! A statement is text with one spelling (`docs/FORMATS.md`, section 2). [`Statement::parse`] reads
//! strictly: what it accepts is byte for byte what [`Statement::encode`] writes, so a digest has one
//! meaning. Parsing proves nothing about signatures; `directory` does that.

mod kinds;
mod lines;
mod parse;
mod parts;

pub use kinds::*;
pub use lines::{Body, Malformed};
pub use parse::{
    AnyBody, MAX_SIGNATURES, MAX_STATEMENT, Statement, digest, encode_text, sign, sign_text,
    unsigned,
};
pub use parts::*;
