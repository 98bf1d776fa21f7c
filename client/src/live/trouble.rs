//! What a failure means for a connection that is to be kept.

use crate::failure::{Exit, Failure};

/// What a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The exchange was not reached, or something else that passes: try again after a pause.
    NotReached,
    /// The institution is suspended: that ends without anybody at this PC, so it is asked now and then.
    Suspended,
    /// The exchange knows us and does not want us: a person has to act first.
    Refused,
    /// What the exchange shows contradicts what it showed: nothing goes on.
    Alarm,
}

impl Trouble {
    pub(crate) fn of(failure: &Failure) -> Self {
        match failure.key() {
            "server.suspended" => Self::Suspended,
            "server.terminal-removed"
            | "server.unknown-party"
            | "server.no-certificate"
            | "tls.own-revoked"
            | "tls.refused" => Self::Refused,
            _ if failure.exit() == Exit::Alarm => Self::Alarm,
            // Limits, full disks and faults too: an agent that gave up would not be there when they pass.
            _ => Self::NotReached,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_ends_a_refusal_and_an_alarm() {
        let of = |key: &str| Trouble::of(&Failure::new(key));
        for key in
            ["server.terminal-removed", "server.unknown-party", "tls.refused", "tls.own-revoked"]
        {
            assert_eq!(of(key), Trouble::Refused, "{key}");
        }
        assert_eq!(of("server.suspended"), Trouble::Suspended);
        for key in ["log.forked", "mailbox.gap", "session.alarm-kept"] {
            assert_eq!(of(key), Trouble::Alarm, "{key}");
        }
        for key in [
            "connection.lost",
            "server.unavailable",
            "tls.list-expired",
            "vault.disk",
            "session.stale",
        ] {
            assert_eq!(of(key), Trouble::NotReached, "{key}");
        }
    }
}
