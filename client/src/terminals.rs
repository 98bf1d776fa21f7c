//! The institution's terminals (端末): admitting a further one, and removing one.
//!
//! ```text
//! code, document: into the vault ── InviteTerminal ── code on the screen
//!     ── the request, its MAC under the code's secret ── digits on both screens
//!     ── admission and keyring: into the vault ── AdmitTerminal ── receipt
//! ```
//!
//! Whatever was made lies in the vault before it is handed over; the same command goes on after a crash
//! or a lost answer with the same bytes.

mod admit;
mod invitation;
mod keyring;
mod label;
mod remove;
mod request;

pub use admit::admit;
pub use invitation::{CODE_HOURS, OpenInvitation, RECORD};
pub use label::{label_of, set_label};
pub use remove::remove;
pub use request::{Asked, look};
