//! A letter on paper: an A4 page as PDF/A-2u (ISO 19005-2), with the Japanese font inside.
//!
//! ```text
//! PrintedLetter ── layout: lines, cells, pages ── draw: PDF
//! ```
//!
//! Nothing here asks a clock or touches a disk: the same letter at the same time is the same file.

mod draw;
mod layout;
mod letter;
mod sheet;
mod typeface;
mod wrap;

pub use letter::{PrintedEvent, PrintedLetter, PrintedParty};

use crate::failure::Failure;

/// The letter as a PDF file.
///
/// # Errors
/// `print.failed`: the page breaks a rule of PDF/A; a fault of this program.
pub fn pdf(letter: &PrintedLetter) -> Result<Vec<u8>, Failure> {
    draw::pdf(&sheet::pages(letter), letter)
}

#[cfg(test)]
mod tests;
