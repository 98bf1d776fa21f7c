//! A further terminal of a member: its request, what it is handed, and how it begins.
//!
//! ```text
//! keys, one-time sealing identity, request: into the vault ── hand in ── the other PC admits
//!     ── certificate, sealed keyring ── clear chain: are these the institution's keys? ── vault
//!     ── a key for each worker, published ── identity ── mailbox from its beginning
//! ```

mod finish;
mod keyring;
mod request;

pub use finish::finish_further;
pub use request::{new_terminal, wait_for_keyring};

use super::pending::{Pending, PendingRole};

impl Pending {
    /// Whether a further terminal's keyring is still to come.
    #[must_use]
    pub fn awaits_keyring(&self) -> bool {
        matches!(&self.role, PendingRole::Terminal(terminal) if terminal.handed.is_none())
    }

    /// Chooses who shall sign at a further terminal, as long as that is open. Nobody named changes nothing.
    pub fn choose_workers(&mut self, named: &[String]) {
        if let PendingRole::Terminal(terminal) = &mut self.role
            && !named.is_empty()
        {
            terminal.workers = named.to_vec();
        }
    }
}
