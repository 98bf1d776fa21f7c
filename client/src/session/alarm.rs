//! The alarm that stays: an exchange that was caught once is not trusted by the next command.

use serde::{Deserialize, Serialize};
use tsumugu_trust::value::Value;

use super::Session;
use crate::failure::{Exit, Failure};
use crate::jst;
use crate::messages::Sentence;
use crate::vault::Vault;

/// The record of a kept alarm.
pub const RECORD: &str = "alarm";

/// An alarm as it is kept in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredAlarm {
    /// Key of the message, such as `log.forked`.
    pub key: String,
    /// What was said then, in English: for the administrator.
    pub said: String,
    /// When, by this PC's clock (RFC 3339).
    pub at: String,
}

impl StoredAlarm {
    /// The alarm of a vault, if one is kept.
    ///
    /// # Errors
    /// As [`Vault::read_json`].
    pub fn load(vault: &Vault) -> Result<Option<Self>, Failure> {
        Ok(vault.read_json(RECORD)?)
    }

    /// As the failure of a command that will not act.
    #[must_use]
    pub fn failure(&self) -> Failure {
        Failure::new("session.alarm-kept")
            .with("reason", &self.key)
            .with("time", jst::show_stored(&self.at))
    }

    /// As a warning of a command that only looks.
    #[must_use]
    pub fn sentence(&self) -> Sentence {
        Sentence::new("session.alarm-noted")
            .with("reason", &self.key)
            .with("time", jst::show_stored(&self.at))
    }
}

impl Session<'_> {
    /// Keeps the alarm that a result carries, if it carries one, and passes the result on.
    ///
    /// Where the vault cannot be written either, the alarm is what is reported.
    ///
    /// # Errors
    /// The one it was given.
    pub fn keep_alarm<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &result
            && failure.exit() == Exit::Alarm
        {
            let alarm = StoredAlarm {
                key: failure.key().to_owned(),
                said: failure.sentence().en(),
                at: self.ctx.now().encode(),
            };
            let _ = self.vault.write_json(RECORD, &alarm);
        }
        result
    }

    /// Forgets the kept alarm, on an administrator's word and after the whole log was verified.
    ///
    /// # Errors
    /// As [`Vault::remove`].
    pub fn settle_alarm(&self) -> Result<(), Failure> {
        Ok(self.vault.remove(RECORD)?)
    }
}
