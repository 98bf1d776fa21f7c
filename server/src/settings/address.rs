//! Names and addresses in the settings: read once, right from then on.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use rustls::pki_types::DnsName;

/// A lower-case DNS name of at most 253 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

/// A name of the exchange in its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AltName {
    /// A DNS name.
    Dns(HostName),
    /// An IP address, for a trial without DNS.
    Ip(IpAddr),
}

/// Where clients find the exchange: `HOST:PORT`, an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicAddress {
    host: AltName,
    port: u16,
}

/// Text that is no name or address of the wanted sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a name or address")]
pub struct NotAnAddress;

impl HostName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let known = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
        // A name with a last dot is the same name written otherwise, and stands in no certificate.
        if !known || text.ends_with('.') || DnsName::try_from(text).is_err() {
            return Err(NotAnAddress);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for AltName {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        match text.parse() {
            Ok(address) => Ok(Self::Ip(address)),
            Err(_) => text.parse().map(Self::Dns),
        }
    }
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name.as_str()),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl PublicAddress {
    /// An address from its parts; `None` for port 0, which nobody can call.
    #[must_use]
    pub fn new(host: AltName, port: u16) -> Option<Self> {
        (port != 0).then_some(Self { host, port })
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &AltName {
        &self.host
    }

    /// The port, never 0.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for PublicAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (host, port) = text.rsplit_once(':').ok_or(NotAnAddress)?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match bracketed {
            Some(host) => {
                AltName::Ip(IpAddr::V6(host.parse::<Ipv6Addr>().map_err(|_| NotAnAddress)?))
            }
            None if host.contains(':') => return Err(NotAnAddress),
            None => host.parse()?,
        };
        let digits = port.bytes().all(|b| b.is_ascii_digit()) && !port.starts_with('0');
        let port = port.parse().map_err(|_| NotAnAddress)?;
        if !digits {
            return Err(NotAnAddress);
        }
        Self::new(host, port).ok_or(NotAnAddress)
    }
}

impl fmt::Display for PublicAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            AltName::Ip(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            _ => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_written_as_read() {
        for text in ["exchange.example:443", "192.0.2.1:8443", "[2001:db8::1]:65535", "localhost:1"]
        {
            assert_eq!(text.parse::<PublicAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_public_address_is_refused() {
        for text in [
            "",
            ":",
            "exchange.example",
            "exchange.example:",
            ":443",
            "exchange.example:0",
            "exchange.example:0443",
            "exchange.example:+443",
            "exchange.example:65536",
            "Exchange.example:443",
            "a b:443",
            "a\":443",
            "2001:db8::1:443",
            "[192.0.2.1]:443",
            "192.0.2.256:443",
            "1:443",
            "https://exchange.example:443",
            "exchange.example.:443",
            "つむぐ.example:443",
        ] {
            assert_eq!(text.parse::<PublicAddress>(), Err(NotAnAddress), "{text}");
        }
        let long = format!("{}:443", ["a"; 127].join("."));
        assert!(long.parse::<PublicAddress>().is_ok());
        let too_long = format!("{}bc:443", ["a"; 127].join("."));
        assert_eq!(too_long.parse::<PublicAddress>(), Err(NotAnAddress));
    }
}
