//! `DIR/settings.toml`: what the operator of an exchange may choose.
//!
//! Written once by `init`, with a comment at each field, and from then on the operator's. It is
//! read at start only. What is missing under `[limits]` has its default; what is unknown is an
//! error, since a mistyped limit that nobody enforces is worse than none.

mod address;
mod limits;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{read_limited, write_new};

pub use self::address::{AltName, HostName, NotAnAddress, PublicAddress};
use self::limits::LIMITS;
pub use self::limits::Limits;

/// The name of the file in the server's folder.
pub const FILE: &str = "settings.toml";
/// Longest file that is read, in bytes.
pub const MAX_BYTES: u64 = 65_536;
/// Most names in `extra_names`.
pub const MAX_EXTRA_NAMES: usize = 32;
/// Where the server listens unless told otherwise. Hospitals' proxies let port 443 through, and
/// often no other.
pub const DEFAULT_LISTEN: &str = "0.0.0.0:443";

/// Where `metrics_listen` points unless the operator decides otherwise: loopback, which needs no TLS.
pub const SUGGESTED_METRICS_LISTEN: &str = "127.0.0.1:9464";

/// The settings of one exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The address and port that the server listens on; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// What invitations print: where clients reach the exchange.
    pub public_address: PublicAddress,
    /// Names in the server's certificate beside the host of the origin; at most
    /// [`MAX_EXTRA_NAMES`].
    pub extra_names: Vec<AltName>,
    /// Where `/metrics`, `/healthz` and `/readyz` are answered, without TLS; none when absent.
    pub metrics_listen: Option<SocketAddr>,
    /// A revocation list by the issuing CA, PEM or DER; a relative path is in the server's folder. Most
    /// operators need none: who was removed in the log is refused without it.
    pub crl: Option<PathBuf>,
    /// Whether parties may ask for the schema by gRPC reflection.
    pub reflection: bool,
    /// Limits and intervals.
    pub limits: Limits,
}

/// The settings cannot be used: the operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file is missing or too long, or the disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A field without which nothing works.
    #[error("{FILE}: {field} がありません / {field} is missing")]
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// Not UTF-8.
    #[error("{FILE}: UTF-8 ではありません / not UTF-8")]
    NotUtf8,
    /// A number outside its range.
    #[error(
        "{FILE}: {field} = {value} は {min} から {max} までにしてください \
         / {field} = {value} is not between {min} and {max}"
    )]
    OutOfRange {
        /// Its name, with its section.
        field: String,
        /// What the file says.
        value: u32,
        /// The least allowed.
        min: u32,
        /// The most allowed.
        max: u32,
    },
    /// Not TOML, or a field of another type than it has, or one that is unknown.
    #[error("{FILE}: {line} 行目の {field} が正しくありません / {field} on line {line} is wrong")]
    Toml {
        /// The field, with its section; or the text at which reading ended.
        field: String,
        /// Counted from 1.
        line: usize,
        /// What the reader expected.
        source: toml::de::Error,
    },
    /// Text that is not of the field's sort.
    #[error("{FILE}: {field} = \"{value}\" は {japanese} ではありません / is not {english}")]
    Value {
        /// Its name.
        field: &'static str,
        /// What the file says, shortened.
        value: String,
        /// What it should be, in Japanese.
        japanese: &'static str,
        /// What it should be, in English.
        english: &'static str,
    },
}

impl Settings {
    /// The settings that `init` writes: reached under the name of the origin, default limits.
    ///
    /// # Errors
    /// [`SettingsError::Value`] when the origin does not begin with a DNS name.
    pub fn for_origin(origin: &str, listen: SocketAddr) -> Result<Self, SettingsError> {
        let host = origin.split('/').next().unwrap_or(origin);
        let name = value("origin", host, "小文字のDNS名", "a lower-case DNS name")?;
        // A port that the system chooses is not known yet: the operator writes what became of it.
        let port = if listen.port() == 0 { 443 } else { listen.port() };
        let public_address = PublicAddress::new(AltName::Dns(name), port)
            .ok_or(SettingsError::Missing { field: "public_address" })?;
        Ok(Self {
            listen,
            public_address,
            extra_names: Vec::new(),
            metrics_listen: None,
            crl: None,
            reflection: false,
            limits: Limits::default(),
        })
    }

    /// Reads `DIR/settings.toml`.
    ///
    /// # Errors
    /// [`SettingsError`], with the name of the wrong field.
    pub fn load(dir: &Path) -> Result<Self, SettingsError> {
        let bytes = read_limited(&dir.join(FILE), MAX_BYTES)?;
        Self::parse(std::str::from_utf8(&bytes).map_err(|_| SettingsError::NotUtf8)?)
    }

    /// Writes `DIR/settings.toml`, with its comments. A crash leaves the whole file or none.
    ///
    /// # Errors
    /// [`SettingsError::Disk`]; a file that is there is left alone.
    pub fn store(&self, dir: &Path) -> Result<(), SettingsError> {
        Ok(write_new(&dir.join(FILE), self.to_toml().as_bytes())?)
    }

    /// Reads the text of a settings file.
    ///
    /// # Errors
    /// [`SettingsError`], with the name of the wrong field.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let written: Written = toml::from_str(text).map_err(|error| locate(text, error))?;
        let listen = written.listen.ok_or(SettingsError::Missing { field: "listen" })?;
        let public_address =
            written.public_address.ok_or(SettingsError::Missing { field: "public_address" })?;
        let count = u32::try_from(written.extra_names.len()).unwrap_or(u32::MAX);
        if written.extra_names.len() > MAX_EXTRA_NAMES {
            return Err(SettingsError::OutOfRange {
                field: "extra_names".to_owned(),
                value: count,
                min: 0,
                max: MAX_EXTRA_NAMES as u32,
            });
        }
        let extra_names = written
            .extra_names
            .iter()
            .map(|name| {
                value("extra_names", name, "DNS名またはIPアドレス", "a DNS name or an IP address")
            })
            .collect::<Result<_, _>>()?;
        written.limits.check()?;
        let metrics_listen = written
            .metrics_listen
            .map(|text| {
                value("metrics_listen", &text, "IPアドレス:ポート", "an IP address and a port")
            })
            .transpose()?;
        Ok(Self {
            listen: value("listen", &listen, "IPアドレス:ポート", "an IP address and a port")?,
            public_address: value(
                "public_address",
                &public_address,
                "ホスト:ポート",
                "a host and a port",
            )?,
            extra_names,
            metrics_listen,
            crl: written.crl,
            reflection: written.reflection,
            limits: written.limits,
        })
    }

    /// The text of a settings file, each field with its meaning, unit and default.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let names: Vec<_> = self.extra_names.iter().map(|name| format!("\"{name}\"")).collect();
        let metrics_listen = match self.metrics_listen {
            Some(address) => format!("metrics_listen = \"{address}\""),
            None => format!("# metrics_listen = \"{SUGGESTED_METRICS_LISTEN}\""),
        };
        let crl = match &self.crl {
            Some(path) => format!("crl = {}", toml::Value::from(path.to_string_lossy().as_ref())),
            None => "# crl = \"crl.pem\"".to_owned(),
        };
        let mut text = format!(
            "# つむぐ交換所の設定 / Settings of this Tsumugu exchange\n\
             # 起動時に読みます / Read at start only\n\n\
             # 待ち受けるIPアドレスとポート(既定 {DEFAULT_LISTEN})\n\
             # The address and port that the server listens on (default {DEFAULT_LISTEN})\n\
             listen = \"{}\"\n\n\
             # 招待状に印刷する接続先(ホスト:ポート。既定は交換所名とlistenのポート)\n\
             # Where clients reach the exchange, printed on invitations\n\
             # (default: the host of the origin and the port of listen)\n\
             public_address = \"{}\"\n\n\
             # サーバー証明書に加える名前(DNS名・IPアドレス。{MAX_EXTRA_NAMES}件まで。既定 [])\n\
             # Further names in the server's certificate: DNS names, IP addresses\n\
             # (at most {MAX_EXTRA_NAMES}; default [])\n\
             extra_names = [{}]\n\n\
             # 監視用のアドレスとポート(TLSなし。/metrics /healthz /readyz。既定 なし)\n\
             # Where /metrics, /healthz and /readyz are answered, without TLS (default: nowhere)\n\
             {metrics_listen}\n\n\
             # 失効リスト(PEMかDER。発行局を自分で持つときだけ。既定 なし)。変わるか SIGHUP で読み直します\n\
             # Revocation list of an issuing CA of your own (PEM, DER; default: none).\n\
             # Read again when it changes, and on SIGHUP\n\
             {crl}\n\n\
             # gRPCリフレクションに答える(参加者だけに。既定 false)\n\
             # Answer gRPC reflection, to parties only (default false)\n\
             reflection = {}\n\n\
             [limits]\n",
            self.listen,
            self.public_address,
            names.join(", "),
            self.reflection,
        );
        for limit in LIMITS {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "# {}(既定 {}、{}~{})\n# {} (default {}, {} to {})\n{} = {}\n",
                limit.japanese,
                limit.default,
                limit.min,
                limit.max,
                limit.english,
                limit.default,
                limit.min,
                limit.max,
                limit.name,
                (limit.of)(&self.limits),
            );
        }
        text
    }
}

/// The file as TOML has it, before its values are checked.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    listen: Option<String>,
    public_address: Option<String>,
    #[serde(default)]
    extra_names: Vec<String>,
    metrics_listen: Option<String>,
    crl: Option<PathBuf>,
    #[serde(default)]
    reflection: bool,
    #[serde(default)]
    limits: Limits,
}

fn value<T: std::str::FromStr>(
    field: &'static str,
    text: &str,
    japanese: &'static str,
    english: &'static str,
) -> Result<T, SettingsError> {
    text.parse().map_err(|_| SettingsError::Value {
        field,
        value: text.chars().take(80).collect(),
        japanese,
        english,
    })
}

/// Finds the field in which TOML's reader stopped: it tells the place, not the name.
fn locate(text: &str, error: toml::de::Error) -> SettingsError {
    let at = error.span().map_or(text.len(), |span| span.start);
    let line_start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let before = text.get(..line_start).unwrap_or_default();
    let line_text = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let key = line_text.split('=').next().unwrap_or_default().trim();
    let section = before
        .lines()
        .rev()
        .find_map(|line| line.trim().strip_prefix('[')?.split(']').next())
        .filter(|_| !key.starts_with('['));
    let field = match section {
        Some(section) => format!("{section}.{key}"),
        None => key.to_owned(),
    };
    SettingsError::Toml {
        field: field.chars().take(80).collect(),
        line: before.lines().count() + 1,
        source: error,
    }
}

#[cfg(test)]
mod tests;
