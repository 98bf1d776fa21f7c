//! Who can put a refusal right, and whether it is one for good.

use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Failure};

/// Who has to act on a refused entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// Whoever sent it: correct it, or reach the recipient another way.
    Sender,
    /// The administrator of the exchange.
    Administrator,
    /// The recipient.
    Recipient,
}

impl Owner {
    /// In Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Sender => "送信者",
            Self::Administrator => "管理者",
            Self::Recipient => "宛先の施設",
        }
    }

    /// In English.
    #[must_use]
    pub fn en(self) -> &'static str {
        match self {
            Self::Sender => "the sender",
            Self::Administrator => "the administrator",
            Self::Recipient => "the recipient",
        }
    }
}

/// What a failed attempt means for the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be said again later, and so may the rest.
    Wait,
    /// It will not be taken, however often it is said.
    Refused(Owner),
    /// The command as a whole ends here.
    Stop,
}

pub(super) fn verdict(failure: &Failure) -> Verdict {
    match failure.key() {
        // These concern the terminal, not the entry: once it may speak again, the entry goes out.
        "server.no-certificate"
        | "server.unknown-party"
        | "server.terminal-removed"
        | "server.suspended"
        | "server.not-bootstrapped"
        | "tls.refused"
        | "tls.own-revoked"
        | "connection.unknown-call"
        | "connection.unknown-reason"
        | "connection.refused-without-reason" => Verdict::Wait,
        // Sealed anew as often as is sensible: the recipient rotates faster than we can send.
        "server.stale-key-set" => Verdict::Wait,
        "outbox.damaged" => Verdict::Refused(Owner::Sender),
        "server.recipient-inactive" => Verdict::Refused(Owner::Administrator),
        "server.body-gone" | "server.not-found" => Verdict::Refused(Owner::Recipient),
        "server.bad-signature" | "server.rule" | "server.malformed" | "server.duplicate-key" => {
            Verdict::Refused(Owner::Administrator)
        }
        _ => match failure.exit() {
            Exit::Unreachable => Verdict::Wait,
            Exit::Refused => Verdict::Refused(Owner::Sender),
            _ => Verdict::Stop,
        },
    }
}

/// Whether only letters are held up by it: answers are taken also when the day's quota is used up or
/// the exchange's disk is full.
pub(super) fn holds_letters_only(failure: &Failure) -> bool {
    matches!(failure.key(), "limit.day" | "limit.disk" | "limit.waiting")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_exchange_will_never_take_is_refused_for_good() {
        let of = |key: &str| verdict(&Failure::new(key));
        for key in
            ["connection.lost", "connection.no-answer", "server.unavailable", "tls.not-pinned"]
        {
            assert_eq!(of(key), Verdict::Wait, "{key}");
        }
        for key in ["limit.day", "limit.disk", "limit.busy", "limit.waiting"] {
            assert_eq!(of(key), Verdict::Wait, "{key}");
        }
        for key in [
            "server.suspended",
            "server.terminal-removed",
            "server.stale-key-set",
            "tls.own-revoked",
        ] {
            assert_eq!(of(key), Verdict::Wait, "{key}");
        }
        for key in ["server.unknown-unit", "server.clock", "server.limit", "outbox.damaged"] {
            assert_eq!(of(key), Verdict::Refused(Owner::Sender), "{key}");
        }
        assert_eq!(of("server.recipient-inactive"), Verdict::Refused(Owner::Administrator));
        for key in ["log.forked", "server.inconsistent-checkpoint", "vault.disk", "client.fault"] {
            assert_eq!(of(key), Verdict::Stop, "{key}");
        }
    }
}
