//! An HTTP proxy on the way to the exchange (RFC 9110, section 9.3.6: CONNECT).
//!
//! The proxy sees the exchange's name and how much is said; TLS goes through it from end to end.

mod connect;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

pub(super) use connect::connect;

use super::TlsFailure;
use super::dial::parse_host_and_port;

/// The longest proxy URL, in bytes.
pub const MAX_PROXY_URL: usize = 1_024;

/// A proxy: `http://[USER[:PASSWORD]@]HOST:PORT`, the scheme may be left out. Neither `Display` nor
/// `Debug` shows user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    url: Zeroizing<String>,
    host: String,
    port: u16,
    /// The value of `Proxy-Authorization` (RFC 7617), where there is a user.
    authorization: Option<Zeroizing<String>>,
}

impl Proxy {
    /// Reads a URL. Special characters of user and password are percent-encoded (RFC 3986, section
    /// 2.1).
    ///
    /// # Errors
    /// [`TlsFailure::BadProxy`]: another scheme, no port, or not a URL.
    pub fn parse(url: &str) -> Result<Self, TlsFailure> {
        let bad = || TlsFailure::BadProxy { shown: without_user(url) };
        if url.len() > MAX_PROXY_URL {
            return Err(bad());
        }
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(bad()),
            None => url,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        let (host, port) = parse_host_and_port(place).ok_or_else(bad)?;
        let port = port.ok_or_else(bad)?;
        let authorization = user.map(|user| authorization(user).ok_or_else(bad)).transpose()?;
        let url = Zeroizing::new(url.to_owned());
        Ok(Self { url, host: host.to_owned(), port, authorization })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// As it was given, password and all: for the vault only.
impl Serialize for Proxy {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.url)
    }
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let url = Zeroizing::new(String::deserialize(from)?);
        Self::parse(&url).map_err(|_| serde::de::Error::custom("not a proxy"))
    }
}

/// What may be shown of a proxy URL that is none.
fn without_user(url: &str) -> String {
    let place = url.rsplit('@').next().unwrap_or_default();
    place.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// `Basic` with the user and password of a URL; nothing where they are not encoded as in a URL.
fn authorization(user: &str) -> Option<Zeroizing<String>> {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let (user, password) = (decoded(user)?, decoded(password)?);
    // A colon in the user's name would move into the password (RFC 7617, section 2).
    let is_clean = |text: &[u8]| !text.iter().any(u8::is_ascii_control);
    if user.is_empty() || user.contains(&b':') || !is_clean(&user) || !is_clean(&password) {
        return None;
    }
    let mut pair = Zeroizing::new(user.to_vec());
    pair.push(b':');
    pair.extend_from_slice(&password);
    Some(Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair))))
}

/// Takes percent-encoding away.
fn decoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let mut one = [0];
        hex::decode_to_slice(digits, &mut one).ok()?;
        bytes.push(one[0]);
        rest = after;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(url: &str) -> Option<String> {
        Some(Proxy::parse(url).unwrap().authorization?.to_string())
    }

    #[test]
    fn urls_are_read() {
        let shown = |url: &str| Proxy::parse(url).unwrap().to_string();
        assert_eq!(shown("http://proxy.example:8080"), "proxy.example:8080");
        assert_eq!(shown("HTTP://proxy.example:8080/"), "proxy.example:8080");
        assert_eq!(shown("proxy.example:1"), "proxy.example:1");
        assert_eq!(shown("http://[2001:db8::1]:3128"), "[2001:db8::1]:3128");
        assert_eq!(basic("proxy.example:1"), None);
        // The example of RFC 7617, section 2.
        let expected = Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned());
        assert_eq!(basic("http://Aladdin:open%20sesame@a:1"), expected);
        assert_eq!(basic("Aladdin:open sesame@a:1"), expected);
        assert_eq!(basic("u@a:1"), Some(format!("Basic {}", STANDARD.encode("u:"))));
        assert_eq!(basic("u:p%40%3a@a:1"), Some(format!("Basic {}", STANDARD.encode("u:p@:"))));
    }

    #[test]
    fn what_is_none_is_named_without_its_password() {
        for bad in [
            "",
            "proxy.example",
            "http://proxy.example",
            "https://secret:secret@proxy.example:1",
            "socks5://proxy.example:1",
            "http://:1",
            "http://a:0",
            "http://a:1/path",
            "http://@a:1",
            "http://secret:%zz@a:1",
            "http://secret:%4@a:1",
            "http://%3asecret:secret@a:1",
            "http://secret:%0d%0a@a:1",
            "http://a b:1",
        ] {
            let error = Proxy::parse(bad).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let most = "a".repeat(MAX_PROXY_URL - "http://u:@a:1".len());
        assert!(Proxy::parse(&format!("http://u:{most}@a:1")).is_ok());
        assert!(Proxy::parse(&format!("http://u:{most}a@a:1")).is_err());
        let proxy = Proxy::parse("http://user:secret@a:1").unwrap();
        assert_eq!((format!("{proxy}"), format!("{proxy:?}")), ("a:1".into(), "Proxy(a:1)".into()));
    }

    #[test]
    fn the_vault_gets_all_of_it() {
        let proxy = Proxy::parse("http://user:secret@a:1").unwrap();
        let kept = serde_json::to_string(&proxy).unwrap();
        assert_eq!(serde_json::from_str::<Proxy>(&kept).unwrap(), proxy);
        assert!(serde_json::from_str::<Proxy>("\"nonsense\"").is_err());
    }
}
