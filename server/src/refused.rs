//! Why the exchange refuses: one type, turned into a rich gRPC error at the edge.

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::directory::Refusal;
use tsumugu_trust::statement::{MAX_STATEMENT, Malformed};

use crate::told;

/// The domain in `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "tsumugu";

/// How long a caller should wait for its own requests to be through.
pub const BUSY: Duration = Duration::from_secs(2);

/// A refusal. It holds ids and rule names only: no payload, no person's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: ErrorReason,
    /// One English sentence for the operator; clients show their own text for the reason.
    pub message: String,
    /// Safe details: ids, names of limits.
    pub metadata: Vec<(&'static str, String)>,
    /// After how long the same may be taken (`google.rpc.RetryInfo`); none where waiting alone does
    /// not help.
    pub retry: Option<Duration>,
}

impl Refused {
    /// A refusal without details.
    #[must_use]
    pub fn new(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), metadata: Vec::new(), retry: None }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata.push((key, value.into()));
        self
    }

    /// Says after how long the same may be taken.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry = Some(wait);
        self
    }

    /// Not yours, or not there.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(ErrorReason::NotFound, "there is nothing of that id that this party may see")
    }

    /// Over a named limit. What it means and what to do is said by [`told`](crate::told::limit).
    #[must_use]
    pub fn limit(name: &'static str, value: impl ToString) -> Self {
        Self::new(ErrorReason::Limit, format!("over the limit {name}. {}", told::limit(name).en))
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
        let limit = refused.metadata.iter().find(|(key, _)| *key == "limit");
        let mut details = ErrorDetails::with_error_info(
            refused.reason.text(),
            ERROR_DOMAIN,
            metadata.collect::<std::collections::HashMap<_, _>>(),
        );
        if let Some(wait) = refused.retry {
            details.set_retry_info(Some(wait));
        }
        if let Some((_, name)) = limit {
            details.set_localized_message("ja", told::limit(name).ja);
        }
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
