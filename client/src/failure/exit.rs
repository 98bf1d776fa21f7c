//! The exit codes, which scripts may rely on.

use serde::{Deserialize, Serialize};

/// How a command ended, as the process' exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Exit {
    /// It was done.
    Ok = 0,
    /// It failed for a reason that no other code names.
    General = 1,
    /// The command line is wrong (also clap's code).
    Usage = 2,
    /// The exchange refused; trying again unchanged does not help.
    Refused = 3,
    /// The evidence is consistent, but its root was not checked (`docs/FORMATS.md`, section 7).
    RootNotChecked = 4,
    /// The evidence is refused (`docs/FORMATS.md`, section 7).
    EvidenceRefused = 5,
    /// The exchange was not reached, gave no answer or asked to wait; what was to be sent is kept in
    /// the outbox.
    Unreachable = 6,
    /// Alarm: the log forks or was rolled back, or a document is not the exchange's.
    Alarm = 7,
    /// The vault cannot be opened, read or written, or there is no passphrase for it.
    Vault = 8,
    /// A form file is wrong.
    Form = 9,
    /// What was named is not there, or there is nothing to do.
    Nothing = 10,
}

impl Exit {
    /// All of them, by number.
    pub const ALL: [Self; 11] = [
        Self::Ok,
        Self::General,
        Self::Usage,
        Self::Refused,
        Self::RootNotChecked,
        Self::EvidenceRefused,
        Self::Unreachable,
        Self::Alarm,
        Self::Vault,
        Self::Form,
        Self::Nothing,
    ];

    /// The key of the sentence that says what it means, for the manual.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "manual.exit-ok",
            Self::General => "manual.exit-general",
            Self::Usage => "manual.exit-usage",
            Self::Refused => "manual.exit-refused",
            Self::RootNotChecked => "manual.exit-root-not-checked",
            Self::EvidenceRefused => "manual.exit-evidence-refused",
            Self::Unreachable => "manual.exit-unreachable",
            Self::Alarm => "manual.exit-alarm",
            Self::Vault => "manual.exit-vault",
            Self::Form => "manual.exit-form",
            Self::Nothing => "manual.exit-nothing",
        }
    }

    /// The number that the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_manual() {
        let numbers = Exit::ALL.map(Exit::code);
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
}
