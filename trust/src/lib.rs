//! What both ends of Tsumugu must agree on, byte for byte.
//!
//! Pure: no I/O, no clock, no async. The bytes are written down in `docs/FORMATS.md`.

pub mod backup;
pub mod checkpoint;
pub mod code;
pub mod directory;
pub mod evidence;
mod fill;
pub mod hash;
pub mod keyring;
pub mod leaf;
pub mod letter;
pub mod merkle;
pub mod note;
pub mod receipt;
pub mod seal;
pub mod sheet_code;
pub mod state;
pub mod statement;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tiles;
pub mod value;
