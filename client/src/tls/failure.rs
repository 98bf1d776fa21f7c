//! Why there is no connection, and who can help.

use std::error::Error;
use std::io;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use rustls::{AlertDescription, CertificateError};
use rustls_pki_types::UnixTime;

use crate::failure::Failure;

/// Why the exchange was not reached, or not recognised, or does not recognise us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsFailure {
    /// The address or origin that was given is none.
    #[error("{address} is not an address")]
    BadAddress {
        /// As given.
        address: String,
    },
    /// The name cannot be looked up: no network, no DNS, or misspelt.
    #[error("{address}: the name cannot be looked up ({detail})")]
    NameNotFound {
        /// As given.
        address: String,
        /// The system's words.
        detail: String,
    },
    /// The computer is there; no program listens.
    #[error("{address}: connection refused")]
    ConnectionRefused {
        /// As given.
        address: String,
    },
    /// No answer within [`super::CONNECT_TIMEOUT`].
    #[error("{address}: no answer in time")]
    TimedOut {
        /// As given.
        address: String,
    },
    /// Anything else between here and there.
    #[error("{address}: {detail}")]
    Network {
        /// As given.
        address: String,
        /// The system's words.
        detail: String,
    },
    /// No certificate of the other end is a pin: TLS inspection, or another server.
    #[error("no certificate sent for {host} is pinned; the issuer is {issuer}")]
    NotPinned {
        /// Host part of the origin.
        host: String,
        /// Issuer of the certificate that was shown, as the other end claims.
        issuer: String,
    },
    /// The exchange's certificate has expired, by this PC's clock.
    #[error("the certificate of the exchange expired at {limit_s} s, and it is {now_s} s")]
    Expired {
        /// Seconds since 1970: notAfter.
        limit_s: u64,
        /// Seconds since 1970: this PC's clock.
        now_s: u64,
    },
    /// The exchange's certificate is not valid yet, by this PC's clock.
    #[error("the certificate of the exchange is valid from {limit_s} s, and it is {now_s} s")]
    NotYetValid {
        /// Seconds since 1970: notBefore.
        limit_s: u64,
        /// Seconds since 1970: this PC's clock.
        now_s: u64,
    },
    /// The certificate is by the pinned CA, for another name.
    #[error("the certificate is not for {host}")]
    WrongName {
        /// Host part of the origin.
        host: String,
    },
    /// The certificate does not verify under the pinned CA.
    #[error("the certificate of the exchange does not verify: {detail}")]
    BadCertificate {
        /// The check that failed.
        detail: String,
    },
    /// The other end speaks TLS, but not ours: an old or inspecting device.
    #[error("{address}: no common TLS ({detail})")]
    Incompatible {
        /// As given.
        address: String,
        /// rustls' words.
        detail: String,
    },
    /// The other end does not speak TLS.
    #[error("{address}: the answer is not TLS")]
    NotTls {
        /// As given.
        address: String,
    },
    /// The exchange refused our certificate by a TLS alert.
    #[error("the exchange refused the connection: {alert}")]
    RefusedByServer {
        /// The alert's name (RFC 8446, section 6.2).
        alert: String,
    },
    /// What was given as a proxy is none; its user and password are not shown.
    #[error("{shown} is not a proxy")]
    BadProxy {
        /// The place of it, as given.
        shown: String,
    },
    /// The proxy does not answer, or breaks off.
    #[error("the proxy {proxy} was not reached: {detail}")]
    ProxyNotReached {
        /// `HOST:PORT`.
        proxy: String,
        /// The system's words.
        detail: String,
    },
    /// The proxy does not lead to the exchange.
    #[error("the proxy {proxy} refused: {status}")]
    ProxyRefused {
        /// `HOST:PORT`.
        proxy: String,
        /// Its status and reason (RFC 9110, section 15).
        status: String,
    },
    /// The proxy wants a user and a password, and none were given.
    #[error("the proxy {proxy} wants a password")]
    ProxyNeedsPassword {
        /// `HOST:PORT`.
        proxy: String,
    },
    /// The proxy does not take the user and password.
    #[error("the proxy {proxy} does not take the password")]
    ProxyWrongPassword {
        /// `HOST:PORT`.
        proxy: String,
    },
    /// The proxy wants a log-in that this program does not know, such as that of Windows.
    #[error("the proxy {proxy} wants the log-in {scheme}")]
    ProxyOtherLogin {
        /// `HOST:PORT`.
        proxy: String,
        /// What it asks for (RFC 9110, section 11.7.1).
        scheme: String,
    },
    /// What answers there is no HTTP proxy.
    #[error("{proxy} is not an HTTP proxy")]
    NotAProxy {
        /// `HOST:PORT`.
        proxy: String,
    },
    /// Our own certificate or key is not usable.
    #[error("the own certificate or key cannot be used: {detail}")]
    OwnCertificate {
        /// rustls' words.
        detail: String,
    },
}

impl TlsFailure {
    /// Finds what broke a connection below the errors of tonic and hyper.
    #[must_use]
    pub fn cause_of(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(failure) = error.downcast_ref::<Self>() {
                return Some(failure.clone());
            }
            if let Some(rustls::Error::AlertReceived(alert)) = error.downcast_ref()
                && is_about_us(*alert)
            {
                return Some(Self::RefusedByServer { alert: alert_text(*alert) });
            }
            // An io::Error that wraps another names that one's source as its own, and skips it.
            next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        None
    }

    pub(super) fn from_io(error: &io::Error, address: &str, host: &str) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            return Self::from_tls(tls, address, host);
        }
        let address = address.to_owned();
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::ConnectionRefused { address },
            io::ErrorKind::TimedOut => Self::TimedOut { address },
            _ => Self::Network { address, detail: error.to_string() },
        }
    }

    fn from_tls(error: &rustls::Error, address: &str, host: &str) -> Self {
        let address = address.to_owned();
        match error {
            rustls::Error::InvalidCertificate(error) => Self::from_certificate(error, host),
            rustls::Error::AlertReceived(alert) if is_about_us(*alert) => {
                Self::RefusedByServer { alert: alert_text(*alert) }
            }
            rustls::Error::AlertReceived(alert) => {
                Self::Incompatible { address, detail: alert_text(*alert) }
            }
            rustls::Error::InvalidMessage(_) => Self::NotTls { address },
            other => Self::Incompatible { address, detail: other.to_string() },
        }
    }

    fn from_certificate(error: &CertificateError, host: &str) -> Self {
        let host = host.to_owned();
        let seconds = |time: &UnixTime| time.as_secs();
        match error {
            CertificateError::ExpiredContext { time, not_after } => {
                Self::Expired { limit_s: seconds(not_after), now_s: seconds(time) }
            }
            CertificateError::NotValidYetContext { time, not_before } => {
                Self::NotYetValid { limit_s: seconds(not_before), now_s: seconds(time) }
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName { host }
            }
            CertificateError::Other(other) => match other.0.downcast_ref::<Self>() {
                Some(failure) => failure.clone(),
                None => Self::BadCertificate { detail: error.to_string() },
            },
            other => Self::BadCertificate { detail: other.to_string() },
        }
    }
}

impl From<TlsFailure> for Failure {
    fn from(error: TlsFailure) -> Self {
        let failure = match &error {
            TlsFailure::BadAddress { address } => {
                Self::new("connection.bad-address").with("address", address)
            }
            TlsFailure::NameNotFound { address, .. } => {
                Self::new("connection.name-not-found").with("address", address)
            }
            TlsFailure::ConnectionRefused { address } => {
                Self::new("connection.refused").with("address", address)
            }
            TlsFailure::TimedOut { address } => {
                Self::new("connection.timed-out").with("address", address)
            }
            TlsFailure::Network { address, detail } => {
                Self::new("connection.failed").with("address", address).with("detail", detail)
            }
            TlsFailure::NotPinned { host, issuer } => {
                Self::new("tls.not-pinned").with("host", host).with("issuer", issuer)
            }
            TlsFailure::Expired { limit_s, now_s } => {
                Self::new("tls.expired").with("limit", shown(*limit_s)).with("now", shown(*now_s))
            }
            TlsFailure::NotYetValid { limit_s, now_s } => Self::new("tls.not-yet-valid")
                .with("limit", shown(*limit_s))
                .with("now", shown(*now_s)),
            TlsFailure::WrongName { host } => Self::new("tls.wrong-name").with("host", host),
            TlsFailure::BadCertificate { detail } => {
                Self::new("tls.bad-certificate").with("detail", detail)
            }
            TlsFailure::Incompatible { address, detail } => {
                Self::new("tls.incompatible").with("address", address).with("detail", detail)
            }
            TlsFailure::NotTls { address } => Self::new("tls.not-tls").with("address", address),
            TlsFailure::BadProxy { shown } => Self::new("proxy.bad-url").with("proxy", shown),
            TlsFailure::ProxyNotReached { proxy, detail } => {
                Self::new("proxy.not-reached").with("proxy", proxy).with("detail", detail)
            }
            TlsFailure::ProxyRefused { proxy, status } => {
                Self::new("proxy.refused").with("proxy", proxy).with("status", status)
            }
            TlsFailure::ProxyNeedsPassword { proxy } => {
                Self::new("proxy.needs-password").with("proxy", proxy)
            }
            TlsFailure::ProxyWrongPassword { proxy } => {
                Self::new("proxy.wrong-password").with("proxy", proxy)
            }
            TlsFailure::ProxyOtherLogin { proxy, scheme } => {
                Self::new("proxy.other-login").with("proxy", proxy).with("scheme", scheme)
            }
            TlsFailure::NotAProxy { proxy } => Self::new("proxy.not-a-proxy").with("proxy", proxy),
            // Ours has ended, or the exchange's clock says so.
            TlsFailure::RefusedByServer { alert } if alert == EXPIRED => {
                Self::new("tls.own-expired")
            }
            TlsFailure::RefusedByServer { alert } if alert == REVOKED => {
                Self::new("tls.own-revoked")
            }
            // It says nothing of us.
            TlsFailure::RefusedByServer { alert } if alert == DENIED => {
                Self::new("tls.list-expired")
            }
            TlsFailure::RefusedByServer { alert } => Self::new("tls.refused").with("alert", alert),
            TlsFailure::OwnCertificate { detail } => {
                Self::new("tls.own-certificate").with("detail", detail)
            }
        };
        failure.because(error)
    }
}

/// The alert for a certificate that has ended, or whose time has not come (RFC 8446, section 6.2).
const EXPIRED: &str = "certificate expired";

/// The alert for a certificate that is on the exchange's revocation list.
const REVOKED: &str = "certificate revoked";
/// The alert of an exchange whose revocation list has expired: it can judge nobody.
const DENIED: &str = "access denied";

/// Alerts that speak of the client's certificate (RFC 8446, section 6.2).
fn is_about_us(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
            | AlertDescription::CertificateRequired
    )
}

/// `CertificateRevoked` as `certificate revoked`.
fn alert_text(alert: AlertDescription) -> String {
    let mut text = String::new();
    for character in format!("{alert:?}").chars() {
        if character.is_ascii_uppercase() && !text.is_empty() && !text.ends_with('C') {
            text.push(' ');
        }
        text.push(character);
    }
    text.to_lowercase()
}

/// In Japan's time, as the clock on the PC shows it.
fn shown(seconds: u64) -> String {
    let japan = TimeZone::fixed(Offset::constant(9));
    match i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok()) {
        Some(time) => time.to_zoned(japan).strftime("%Y-%m-%d %H:%M").to_string(),
        None => seconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_read_as_words() {
        assert_eq!(alert_text(AlertDescription::CertificateRevoked), "certificate revoked");
        assert_eq!(alert_text(AlertDescription::UnknownCA), "unknown ca");
    }

    #[test]
    fn times_are_japans() {
        assert_eq!(shown(0), "1970-01-01 09:00");
        assert_eq!(shown(u64::MAX), u64::MAX.to_string());
    }

    #[test]
    fn an_alert_is_found_below_other_errors() {
        let alert = rustls::Error::AlertReceived(AlertDescription::BadCertificate);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, alert));
        let status = tonic::Status::from_error(Box::new(wrapped));
        assert_eq!(Failure::from(status).key(), "tls.refused");
        let alert = rustls::Error::AlertReceived(AlertDescription::InternalError);
        assert_eq!(TlsFailure::cause_of(&io::Error::other(alert)), None);
        assert_eq!(TlsFailure::cause_of(&io::Error::other("x")), None);
    }
}
