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
    /// Connections of members open at once. Administrators have places of their own.
    connections = 1_024, 1..=65_536,
        "会員の接続の数", "connections of members open at once";
    /// Of these, connections of one institution: two for each of its terminals, and some that
    /// linger. As many has each administrator.
    connections_per_institution = 32, 1..=65_536,
        "1機関(または管理者1人)あたりの接続の数", "connections of one institution or administrator";
    /// Connections without a certificate: for those who are about to enrol. Their places are their
    /// own, so that a flood of them takes none of a member's.
    connections_without_certificate = 64, 1..=4_096,
        "証明書のない接続の数", "connections without a certificate";
    /// Of these, connections of one address (IPv6: one /64), such as that of a hospital's router.
    connections_per_address = 16, 1..=4_096,
        "証明書のない接続の数(1アドレスあたり)",
        "connections without a certificate from one address";
    /// Seconds until a connection without a certificate is closed: an enrolment takes two.
    without_certificate_seconds = 120, 10..=3_600,
        "証明書のない接続を切るまでの時間(秒)",
        "seconds until a connection without a certificate is closed";
    /// Seconds without a request until a connection without a certificate is closed.
    without_certificate_idle_seconds = 30, 5..=600,
        "証明書のない接続を、要求がないとき切るまでの時間(秒)",
        "seconds without a request until a connection without a certificate is closed";
    /// Connections in their handshake: who they are is not known yet.
    arrivals = 256, 1..=16_384,
        "ハンドシェイク中の接続の数", "connections in their handshake";
    /// Of these, connections of one address (IPv6: one /64); further ones are closed.
    arrivals_per_address = 64, 1..=16_384,
        "ハンドシェイク中の接続の数(1アドレスあたり)",
        "connections in their handshake from one address";
    /// Handshakes computed at once.
    handshakes = 64, 1..=4_096,
        "同時に行うTLSハンドシェイクの数", "TLS handshakes at once";
    /// Minutes until a connection is asked to end and be made anew, so that none lives for ever.
    connection_age_minutes = 720, 10..=10_080,
        "接続をつくりなおすまでの時間(分)", "minutes until a connection is made anew";
    /// Seconds that what is under way on such a connection has left.
    connection_grace_seconds = 60, 1..=3_600,
        "つくりなおす接続に残す時間(秒)", "seconds left on such a connection";
    /// Requests at once on one connection (HTTP/2 streams).
    streams_per_connection = 64, 1..=1_024,
        "1接続あたりの同時要求数", "requests at once on one connection";
    /// Requests under way of one institution or administrator; of all without a certificate from
    /// one address, too.
    requests_per_institution = 64, 1..=4_096,
        "1機関あたりの同時要求数", "requests under way of one institution";
    /// Answers in pieces (mailboxes, bodies, the log) that one institution has open.
    streams_per_institution = 64, 1..=4_096,
        "1機関あたりの続きもの応答の数", "streams open of one institution";
    /// Bytes of requests under way of one institution. At least one send of the largest size.
    request_bytes_per_institution = 67_108_864, 25_165_824..=1_073_741_824,
        "1機関あたりの処理中の要求の大きさ(バイト)",
        "bytes of requests under way of one institution";
    /// Bytes of requests under way of everybody: memory that requests can take.
    request_bytes = 536_870_912, 25_165_824..=2_147_483_648,
        "処理中の要求全体の大きさ(バイト)", "bytes of all requests under way";
    /// Seconds without a byte until a request is given up. As long as bytes come, it may take as
    /// long as its line needs.
    request_timeout_seconds = 30, 1..=600,
        "要求が途絶えてから打ち切るまでの時間(秒)",
        "seconds without progress until a request is given up";
    /// Seconds of silence after which a connection is asked for a sign of life (HTTP/2 PING).
    keepalive_seconds = 20, 5..=600,
        "無通信の接続に応答を求めるまでの時間(秒)", "seconds of silence before a ping";
    /// Seconds until that sign of life must have come. On a line of 64 kbit/s it waits behind what
    /// is on the way.
    keepalive_timeout_seconds = 90, 5..=600,
        "応答を待つ時間(秒)", "seconds until a ping must be answered";
    /// Envelopes committed by one send, all or none (design: at most 16).
    letters_per_send = 16, 1..=16,
        "1回の送信で扱う宛先の数", "envelopes in one send";
    /// Letters of one institution in a day of Japan. A large hospital's liaison office sends a few
    /// hundred.
    letters_per_day = 10_000, 1..=10_000_000,
        "1機関が1日に送れる文書の数", "letters of one institution in a day";
    /// MiB of letters and attachments of one institution in a day of Japan.
    megabytes_per_day = 4_096, 1..=1_048_576,
        "1機関が1日に送れる量(MiB)", "MiB of one institution in a day";
    /// Bytes of one sealed body (FORMATS, section 2.2, rule 7).
    letter_body_bytes = 1_310_720, 1_024..=1_310_720,
        "封をした本文の大きさ(バイト)", "bytes of one sealed body";
    /// Bytes of one sealed attachment: a file of 200 MiB with its seal (FORMATS, section 4.4).
    attachment_bytes = 210_763_776, 1_024..=1_073_741_824,
        "封をした添付の大きさ(バイト)", "bytes of one sealed attachment";
    /// Uploads of one institution that no letter names yet, complete or not. Three letters' worth.
    uploads_per_institution = 64, 20..=10_000,
        "1機関の、まだ手紙に付いていない添付の数", "attachments of one institution that no letter names yet";
    /// Megabytes (MiB) of these uploads together, as announced: 20 of the largest.
    upload_megabytes_per_institution = 4_096, 1..=1_048_576,
        "1機関の、まだ手紙に付いていない添付の合計(MiB)", "megabytes (MiB) of these attachments together";
    /// Days until an upload that no letter names is given up.
    upload_days = 14, 1..=90,
        "手紙に付かない添付を消すまでの日数", "days until an attachment that no letter names is given up";
    /// Days from the recipient's answer until the exchange destroys its copy of the sealed body and
    /// attachments. What was not fetched and answered is kept.
    body_retention_days = 90, 1..=3_650,
        "受領などの回答から、交換所の控え(封をした本文と添付)を消すまでの日数",
        "days from the answer until the exchange destroys its sealed copy";
    /// Open watches of one institution: one for each of its terminals, and some that linger.
    subscribers_per_institution = 16, 1..=1_024,
        "1機関あたりの受信待ちの数", "open watches of one institution";
    /// Invitations neither used, closed nor expired.
    pending_invitations = 1_000, 1..=100_000,
        "未使用の招待の数", "invitations waiting to be used";
    /// Calls in a minute for one invitation: an applicant asks every few seconds.
    calls_per_invitation = 60, 1..=10_000,
        "1つの招待への1分あたりの要求数", "calls in a minute for one invitation";
    /// Calls in a minute without a certificate from one address (IPv6: one /64).
    calls_per_address = 300, 1..=100_000,
        "証明書のない要求の数(1アドレス・1分あたり)",
        "calls in a minute without a certificate from one address";
    /// Bytes of one statement with its signatures (FORMATS, section 2).
    statement_bytes = 16_384, 4_096..=16_384,
        "署名付き記載の大きさ(バイト)", "bytes of one statement";
    /// Minutes from one tick to the next. Clients count a chain only when its last tick is less
    /// than two hours old, so it must be there at least hourly.
    tick_minutes = 15, 1..=60,
        "時刻記録(tick)の間隔(分)", "minutes between ticks of the log";
    /// Seconds from the signal to stop until the process ends, also when connections or the disk hang.
    stop_seconds = 20, 2..=600,
        "停止の合図から終了までの制限時間(秒)", "seconds a stop may take";
    /// Commands that share one commit. More means fewer syncs, and a longer wait for the first.
    commands_per_round = 256, 1..=4_096,
        "1回の確定にまとめる命令の数", "commands that share one commit";
    /// Bytes of commands that share one commit: what one fsync may have to write.
    bytes_per_round = 16_777_216, 1_048_576..=33_554_432,
        "1回の確定にまとめる大きさ(バイト)", "bytes that share one commit";
    /// Commands of one institution that wait for a commit.
    commands_per_institution = 64, 1..=4_096,
        "1機関あたりの確定を待つ命令の数", "commands of one institution that wait for a commit";
    /// Reads of the disk at once for those who fetch and look.
    disk_reads = 16, 1..=256,
        "同時に行うディスク読み込みの数", "reads of the disk at once";
    /// MiB of free disk below which no letters are taken: what answers, ticks and removals still
    /// need until somebody has made room.
    disk_reserve_megabytes = 1_024, 1..=1_048_576,
        "文書の受付を止めるディスクの空き(MiB)",
        "MiB of free disk below which letters are refused";
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

    /// [`Self::keepalive_timeout_seconds`] as a duration.
    #[must_use]
    pub fn keepalive_timeout(&self) -> Duration {
        Duration::from_secs(self.keepalive_timeout_seconds.into())
    }

    /// [`Self::connection_age_minutes`] as a duration.
    #[must_use]
    pub fn connection_age(&self) -> Duration {
        Duration::from_secs(u64::from(self.connection_age_minutes) * 60)
    }

    /// [`Self::connection_grace_seconds`] as a duration.
    #[must_use]
    pub fn connection_grace(&self) -> Duration {
        Duration::from_secs(self.connection_grace_seconds.into())
    }

    /// [`Self::without_certificate_seconds`] as a duration.
    #[must_use]
    pub fn without_certificate(&self) -> Duration {
        Duration::from_secs(self.without_certificate_seconds.into())
    }

    /// [`Self::without_certificate_idle_seconds`] as a duration.
    #[must_use]
    pub fn without_certificate_idle(&self) -> Duration {
        Duration::from_secs(self.without_certificate_idle_seconds.into())
    }

    /// [`Self::tick_minutes`] as a duration.
    #[must_use]
    pub fn tick_interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.tick_minutes) * 60)
    }

    /// [`Self::stop_seconds`] as a duration.
    #[must_use]
    pub fn stop_patience(&self) -> Duration {
        Duration::from_secs(self.stop_seconds.into())
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
