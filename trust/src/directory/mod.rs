//! The directory: who is a member, with which keys, from when to when.
//!
//! It is a replay of the clear chain by the rules of `docs/FORMATS.md`, section 2.2. The exchange
//! asks it before it appends; every client asks the same code about every clear leaf it is shown, so
//! an exchange that breaks a rule is found by each of them.

mod apply;
mod chain;
mod change;
mod enrolment;
mod memory;
mod model;
mod names;
mod private;
mod refusal;
mod terminal;

#[cfg(test)]
pub(crate) mod tests;

pub use chain::{ChainAlarm, ClearChain};
pub use change::is_attribute_change;
pub use enrolment::{
    CheckedEnrolment, check_candidacy, check_enrolment, check_invitation, check_invitation_closed,
    institution_record, joining_version,
};
pub use model::{Directory, Entry, Holder, KeyUse, Member, TerminalEntry};
pub use names::fold_name;
pub use private::{
    CheckedAnswer, CheckedEnvelope, CheckedWorker, HOLD_SIGNATURES, check_author_note,
    check_before_signing, check_disposition, check_envelope, check_hold, check_off_system,
    check_opened, check_recall, check_worker, check_worker_removed, continues_hold,
};
pub use refusal::Refusal;
pub use terminal::{
    CheckedRenewal, CheckedTerminalRequest, RENEWAL_WINDOW_MS, RenewalHolder, check_renewal,
    check_terminal_request,
};
