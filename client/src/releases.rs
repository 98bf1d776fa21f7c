//! The region's catalogue (様式集) as this PC knows it: the releases that the administrators signed, and
//! the one that the program carries.
//!
//! ```text
//! HOME/catalogue/<sha256>    a file of a release
//! HOME/catalogue/releases    which files each release has, for commands that open no vault
//! ```
//!
//! What a release is stands in the clear chain, which is verified; a file counts only with the digest
//! that is named there, each time that it is read. Nothing here is secret, and nothing is removed: a
//! sheet is read with the version it was written with for ever (`docs/FORMATS.md`, section 8.2).

mod carry;
pub(crate) mod fetch;
mod known;
mod name;
mod review;
mod store;

pub use carry::{Carried, Lost, carry};
pub use known::{Catalogues, Edition};
pub use name::{MAX_NAME, flat_name, path_of};
pub use review::{ChangedFile, ChangedForm, ReleaseChanges, review};
pub use store::Store;
