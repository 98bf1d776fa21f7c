//! Why a statement is not accepted.

use crate::statement::Malformed;
use crate::value::Id;

/// A rule of `docs/FORMATS.md`, section 2.2, is broken; the number is the rule's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a statement, or for another log.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Made for another log.
    #[error("the statement names another log")]
    OtherOrigin,
    /// A kind of statement that has no place here.
    #[error("this kind of statement does not belong here")]
    WrongKind,
    /// A signature is missing, wrong, or by a key that does not count (rules 1, 2, 5, 6).
    #[error("a signature is missing, wrong, or by a key that does not count here")]
    Signature,
    /// Numbers, versions or digests do not continue what is in the log (rules 1, 3, 5).
    #[error("{0}")]
    Continuity(&'static str),
    /// A key is bound to another holder (rule 3).
    #[error("a key is bound to another holder already")]
    DuplicateKey,
    /// The number is another institution's (rule 3).
    #[error("the institution number is registered already")]
    DuplicateNumber,
    /// The name can be confused with another's (rule 4).
    #[error("the name can be confused with that of institution {with}")]
    ConfusableName {
        /// The other institution.
        with: Id,
    },
    /// Nobody of that id.
    #[error("unknown party")]
    UnknownParty,
    /// The terminal or worker was removed before, or admitted after (rule 6).
    #[error("the signer was not admitted at that place in the log, or removed before it")]
    NotAdmitted,
    /// The signer's institution is suspended (rule 6).
    #[error("the institution is suspended")]
    Suspended,
    /// The recipient is not a member, or suspended (rule 7).
    #[error("the recipient cannot receive now")]
    RecipientInactive,
    /// The unit is not in the recipient's profile (rule 7).
    #[error("the recipient has no such unit")]
    UnknownUnit,
    /// A newer key set exists (rule 7).
    #[error("a newer key set of institution {of} exists")]
    StaleKeySet {
        /// Whose.
        of: Id,
    },
    /// The message's time is too old or ahead (rule 7).
    #[error("the message's time is too far from the exchange's clock")]
    Clock,
    /// It names another message, content or party than it must (rules 7, 8).
    #[error("it does not fit the message that it names")]
    Mismatch,
}
