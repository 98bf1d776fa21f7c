//! The limits of the exchange, each with its default, its range and its reason in one place.

use std::time::Duration;

use super::SettingsError;

/// One limit, as the settings file explains it.
pub(super) struct Limit {
    pub(super) name: &'static str,
    pub(super) default: u32,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) japanese: &'static str,
    pub(super) english: &'static str,
    pub(super) of: fn(&Limits) -> u32,
}

macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident = $default:literal, $min:literal..=$max:literal,
        $japanese:literal, $english:literal;)+) => {
        /// What one exchange takes at most, and its intervals: `[limits]` of the settings file.
        #[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Limits {
            $(
                $(#[doc = $doc])+
                #[doc = concat!(" Default ", stringify!($default), ", from ", stringify!($min),
                    " to ", stringify!($max), ".")]
                pub $name: u32,
            )+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        pub(super) const LIMITS: &[Limit] = &[$(Limit {
            name: stringify!($name),
            default: $default,
            min: $min,
            max: $max,
            japanese: $japanese,
            english: $english,
            of: |limits| limits.$name,
        },)+];
    };
}

limits! {
    /// Connections open at once, those in their handshake included; further ones wait.
    connections = 1_024, 1..=65_536,
        "同時に開ける接続の数", "connections open at once";
    /// Handshakes computed at once.
    handshakes = 64, 1..=4_096,
        "同時に行うTLSハンドシェイクの数", "TLS handshakes at once";
    /// Requests at once on one connection (HTTP/2 streams).
    streams_per_connection = 64, 1..=1_024,
        "1接続あたりの同時要求数", "requests at once on one connection";
    /// Seconds until a request that is not a stream is given up.
    request_timeout_seconds = 30, 1..=600,
        "1要求の制限時間(秒)", "seconds for one request";
    /// Seconds of silence after which a connection is asked for a sign of life (HTTP/2 PING).
    keepalive_seconds = 20, 5..=600,
        "無通信の接続に応答を求めるまでの時間(秒)", "seconds of silence before a ping";
    /// Envelopes committed by one send, all or none (design: at most 16).
    letters_per_send = 16, 1..=16,
        "1回の送信で扱う宛先の数", "envelopes in one send";
    /// Bytes of one sealed body (FORMATS, section 2.2, rule 7).
    letter_body_bytes = 1_310_720, 1_024..=1_310_720,
        "封をした本文の大きさ(バイト)", "bytes of one sealed body";
    /// Open watches of one institution: one for each of its terminals, and some that linger.
    subscribers_per_institution = 16, 1..=1_024,
        "1機関あたりの受信待ちの数", "open watches of one institution";
    /// Invitations neither used, closed nor expired.
    pending_invitations = 1_000, 1..=100_000,
        "未使用の招待の数", "invitations waiting to be used";
    /// Bytes of one statement with its signatures (FORMATS, section 2).
    statement_bytes = 16_384, 4_096..=16_384,
        "署名付き記載の大きさ(バイト)", "bytes of one statement";
    /// Minutes from one tick to the next. Clients count a chain only when its last tick is less
    /// than two hours old, so it must be there at least hourly.
    tick_minutes = 15, 1..=60,
        "時刻記録(tick)の間隔(分)", "minutes between ticks of the log";
    /// Commands that share one commit. More means fewer syncs, and a longer wait for the first.
    commands_per_round = 256, 1..=4_096,
        "1回の確定にまとめる命令の数", "commands that share one commit";
}

impl Limits {
    /// [`Self::request_timeout_seconds`] as a duration.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_seconds.into())
    }

    /// [`Self::keepalive_seconds`] as a duration.
    #[must_use]
    pub fn keepalive(&self) -> Duration {
        Duration::from_secs(self.keepalive_seconds.into())
    }

    /// [`Self::tick_minutes`] as a duration.
    #[must_use]
    pub fn tick_interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.tick_minutes) * 60)
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        for limit in LIMITS {
            let value = (limit.of)(self);
            if !(limit.min..=limit.max).contains(&value) {
                return Err(SettingsError::OutOfRange {
                    field: format!("limits.{}", limit.name),
                    value,
                    min: limit.min,
                    max: limit.max,
                });
            }
        }
        Ok(())
    }
}
