//! Why the exchange refuses: one type, turned into a rich gRPC error at the edge.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::directory::Refusal;
use tsumugu_trust::statement::{MAX_STATEMENT, Malformed};

/// The domain in `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "tsumugu";

/// A refusal. It holds ids and rule names only: no payload, no person's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: ErrorReason,
    /// One English sentence for the operator; clients show their own text for the reason.
    pub message: String,
    /// Safe details: ids, names of limits.
    pub metadata: Vec<(&'static str, String)>,
}

impl Refused {
    /// A refusal without details.
    #[must_use]
    pub fn new(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), metadata: Vec::new() }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata.push((key, value.into()));
        self
    }

    /// Not yours, or not there.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(ErrorReason::NotFound, "there is nothing of that id that this party may see")
    }

    /// Over a named limit.
    #[must_use]
    pub fn limit(name: &'static str, value: impl ToString) -> Self {
        Self::new(ErrorReason::Limit, format!("over the limit {name}"))
            .with("limit", name)
            .with("value", value.to_string())
    }

    fn code(&self) -> Code {
        match self.reason {
            ErrorReason::NoCertificate
            | ErrorReason::UnknownParty
            | ErrorReason::TerminalRemoved => Code::Unauthenticated,
            ErrorReason::Suspended | ErrorReason::NotAdministrator | ErrorReason::BadSignature => {
                Code::PermissionDenied
            }
            ErrorReason::NotFound | ErrorReason::BodyGone => Code::NotFound,
            ErrorReason::Malformed => Code::InvalidArgument,
            ErrorReason::Limit => Code::ResourceExhausted,
            ErrorReason::Unavailable => Code::Unavailable,
            ErrorReason::DuplicateKey
            | ErrorReason::DuplicateNumber
            | ErrorReason::ConfusableName
            | ErrorReason::IdReused
            | ErrorReason::AlreadyBootstrapped => Code::AlreadyExists,
            _ => Code::FailedPrecondition,
        }
    }
}

impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        let metadata = refused.metadata.iter().map(|(k, v)| ((*k).to_owned(), v.clone()));
        let details = ErrorDetails::with_error_info(
            refused.reason.text(),
            ERROR_DOMAIN,
            metadata.collect::<std::collections::HashMap<_, _>>(),
        );
        Self::with_error_details(refused.code(), refused.message, details)
    }
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::TooLong => Self::limit("statement_bytes", MAX_STATEMENT),
            other => Self::new(ErrorReason::Malformed, other.to_string()),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        let reason = match &refusal {
            Refusal::Malformed(_) | Refusal::OtherOrigin | Refusal::WrongKind => {
                ErrorReason::Malformed
            }
            Refusal::Signature => ErrorReason::BadSignature,
            Refusal::Continuity(_) | Refusal::Mismatch => ErrorReason::Rule,
            Refusal::DuplicateKey => ErrorReason::DuplicateKey,
            Refusal::DuplicateNumber => ErrorReason::DuplicateNumber,
            Refusal::ConfusableName { .. } => ErrorReason::ConfusableName,
            // Nobody that the statement names; the caller itself was known at the gate.
            Refusal::UnknownParty => ErrorReason::NotFound,
            Refusal::NotAdmitted => ErrorReason::TerminalRemoved,
            Refusal::Suspended => ErrorReason::Suspended,
            Refusal::RecipientInactive => ErrorReason::RecipientInactive,
            Refusal::UnknownUnit => ErrorReason::UnknownUnit,
            Refusal::StaleKeySet { .. } => ErrorReason::StaleKeySet,
            Refusal::Clock => ErrorReason::Clock,
        };
        let refused = Self::new(reason, message);
        match refusal {
            Refusal::StaleKeySet { of } | Refusal::ConfusableName { with: of } => {
                refused.with("institution", of.to_string())
            }
            Refusal::Continuity(rule) => refused.with("rule", rule),
            _ => refused,
        }
    }
}
