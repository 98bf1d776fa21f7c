//! What a person is told when nothing was sealed.

use tsumugu_trust::directory::Refusal;
use tsumugu_trust::statement::Malformed;

use super::NotSealed;
use crate::failure::Failure;

impl From<NotSealed> for Failure {
    /// A rule that this terminal finds broken is told as the exchange would tell it.
    fn from(error: NotSealed) -> Self {
        let failure = match &error {
            NotSealed::Refused(refusal) => refused(refusal),
            NotSealed::TooLarge { limit } => Self::new("letter.too-large").with("limit", limit),
            NotSealed::CommentNeeded => Self::new("letter.comment-needed"),
            NotSealed::Sealing(_) | NotSealed::Malformed(_) => {
                Self::fault("the letter could not be sealed")
            }
        };
        failure.because(error)
    }
}

impl From<Malformed> for Failure {
    fn from(error: Malformed) -> Self {
        Self::fault("a statement of ours is malformed").because(error)
    }
}

fn refused(refusal: &Refusal) -> Failure {
    match refusal {
        Refusal::RecipientInactive => Failure::new("server.recipient-inactive"),
        Refusal::UnknownUnit => Failure::new("server.unknown-unit"),
        Refusal::Suspended => Failure::new("server.suspended"),
        Refusal::NotAdmitted => Failure::new("server.terminal-removed"),
        Refusal::Signature => Failure::new("server.bad-signature"),
        Refusal::StaleKeySet { of } => Failure::new("server.stale-key-set").with("institution", of),
        refusal => Failure::new("server.rule").with("rule", refusal),
    }
}
