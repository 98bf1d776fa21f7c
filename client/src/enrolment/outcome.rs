//! How far a command that joins has come, as it is shown.

use serde::Serialize;
use tsumugu_trust::hash::Hash;

use super::pending::{Pending, PendingRole};
use crate::failure::Failure;
use crate::fingerprint::grouped;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};

/// Whether the vault has joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JoinState {
    /// The administrators have not decided yet: run the command again.
    Pending,
    /// It has.
    Enrolled,
}

/// Outcome of `enroll` and `admin init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Joined {
    /// Whether the vault has joined.
    pub state: JoinState,
    /// `administrator` or `terminal`.
    pub role: &'static str,
    /// The log's origin.
    pub origin: String,
    /// Id of the administrator, or of the institution.
    pub id: String,
    /// The institution's number; nothing for an administrator.
    pub number: Option<String>,
    /// The root fingerprint, 64 hexadecimal digits.
    pub fingerprint: String,
    /// The digits to compare over the telephone, while it is pending.
    pub digits: Option<String>,
    /// Clear records about the institution that were not expected.
    pub strange: usize,
    /// Whether it is a further terminal of a member.
    pub further: bool,
    /// Whether the digits were shown before a wait; then they are not shown again.
    #[serde(skip)]
    noted: bool,
    #[serde(skip)]
    root: Hash,
}

impl Joined {
    /// What a request shows.
    ///
    /// # Errors
    /// The record in the vault is damaged.
    pub fn of(pending: &Pending, state: JoinState) -> Result<Self, Failure> {
        let (role, id, number) = match &pending.role {
            PendingRole::Bootstrap(keys) => ("administrator", keys.id, None),
            PendingRole::Candidacy(candidacy) => ("administrator", candidacy.keys.id, None),
            PendingRole::Enrolment(member) => {
                ("terminal", member.keys.institution, Some(member.number.clone()))
            }
            PendingRole::Terminal(terminal) => ("terminal", terminal.institution, None),
        };
        let waiting = state == JoinState::Pending;
        Ok(Self {
            state,
            role,
            origin: pending.exchange.origin.to_string(),
            id: id.to_string(),
            number,
            fingerprint: pending.exchange.root.to_string(),
            digits: if waiting { pending.digits()? } else { None },
            strange: 0,
            further: matches!(pending.role, PendingRole::Terminal(_)),
            noted: false,
            root: pending.exchange.root,
        })
    }

    /// What a request shows that still waits; `noted`: its digits were shown before the wait.
    ///
    /// # Errors
    /// As [`Joined::of`].
    pub(crate) fn waiting(pending: &Pending, noted: bool) -> Result<Self, Failure> {
        Ok(Self { noted, ..Self::of(pending, JoinState::Pending)? })
    }
}

impl Outcome for Joined {
    fn lines(&self, page: &mut Page) {
        if let Some(digits) = self.digits.as_ref().filter(|_| !self.noted) {
            page.say(&digits_sentence(self.further));
            page.row(&format!("    {digits}"));
        }
        match self.state {
            JoinState::Pending if self.further => {
                page.say(&Sentence::new("enrolment.waiting-terminal"));
            }
            JoinState::Pending => page.say(&Sentence::new("enrolment.waiting")),
            JoinState::Enrolled => {
                page.say(&Sentence::new("enrolment.done").with("origin", &self.origin));
            }
        }
        page.say(&Sentence::new("enrolment.fingerprint"));
        page.row(&format!("    {}", grouped(&self.root)));
    }
}

/// What to do with the digits.
pub(crate) fn digits_sentence(further: bool) -> Sentence {
    Sentence::new(if further { "enrolment.digits-terminal" } else { "enrolment.digits" })
}
