//! Which way leads to the exchange: straight, or through the proxy of the hospital.
//!
//! | where it is said | how long it counts |
//! |---|---|
//! | `--proxy URL`, `--proxy none` | this command; once it worked, it is kept in the vault |
//! | `TSUMUGU_PROXY` | while it is set; kept when joining |
//! | the vault | until another one is given |
//! | `HTTPS_PROXY`, but not for what `NO_PROXY` names, nor for this PC itself | while it is set |

use std::net::IpAddr;

use crate::failure::Failure;
use crate::tls::{Proxy, TlsFailure, Way, host_and_port};

/// The environment variable in place of `--proxy`.
pub const PROXY_VARIABLE: &str = "TSUMUGU_PROXY";

/// The word for no proxy.
pub const NONE: &str = "none";

/// What was said of the way. By default nothing: it leads straight.
#[derive(Debug, Clone, Default)]
pub struct Network {
    option: Option<String>,
    variable: Option<String>,
    system: Option<String>,
    exceptions: Option<String>,
}

impl Network {
    /// What the command line says, and the environment.
    #[must_use]
    pub fn new(option: Option<String>, environment: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| environment(name).filter(|text| !text.trim().is_empty());
        Self {
            option,
            variable: set(PROXY_VARIABLE),
            system: set("HTTPS_PROXY").or_else(|| set("https_proxy")),
            exceptions: set("NO_PROXY").or_else(|| set("no_proxy")),
        }
    }

    /// The way to an address; `kept` is the proxy of the vault.
    ///
    /// # Errors
    /// `proxy.bad-url`: what was said is no proxy.
    pub fn way(&self, address: &str, kept: Option<&Proxy>) -> Result<Way, Failure> {
        let to = |proxy| Way { address: address.to_owned(), proxy };
        if let Some(said) = self.said()? {
            return Ok(to(said));
        }
        if let Some(kept) = kept {
            return Ok(to(Some(kept.clone())));
        }
        let system = self.system.as_deref().filter(|_| !self.is_excepted(address));
        Ok(to(system.map(parsed).transpose()?))
    }

    /// What is kept when joining: what was said for this program; nothing where nothing was said.
    ///
    /// # Errors
    /// As [`Self::way`].
    pub fn kept_when_joining(&self) -> Result<Option<Proxy>, Failure> {
        Ok(self.said()?.flatten())
    }

    /// What a person typed with this command, to be kept once it worked.
    ///
    /// # Errors
    /// As [`Self::way`].
    pub fn typed(&self) -> Result<Option<Option<Proxy>>, Failure> {
        self.option.as_deref().map(proxy_or_none).transpose()
    }

    fn said(&self) -> Result<Option<Option<Proxy>>, Failure> {
        self.option.as_deref().or(self.variable.as_deref()).map(proxy_or_none).transpose()
    }

    /// Whether the system's proxy is not for this address.
    fn is_excepted(&self, address: &str) -> bool {
        let Some((host, port)) = host_and_port(address) else { return false };
        if is_this_pc(host) {
            return true;
        }
        let exceptions = self.exceptions.as_deref().unwrap_or_default();
        exceptions.split([',', ' ']).any(|rule| is_named(rule.trim(), host, port))
    }
}

fn proxy_or_none(text: &str) -> Result<Option<Proxy>, Failure> {
    let text = text.trim();
    if text.eq_ignore_ascii_case(NONE) { Ok(None) } else { parsed(text).map(Some) }
}

fn parsed(text: &str) -> Result<Proxy, Failure> {
    Proxy::parse(text.trim()).map_err(|error: TlsFailure| error.into())
}

fn is_this_pc(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a rule of `NO_PROXY` names a host: all, the host, a domain above it; perhaps with a port.
fn is_named(rule: &str, host: &str, port: u16) -> bool {
    if rule == "*" {
        return true;
    }
    let (name, only) = match rule.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
            match digits.parse::<u16>() {
                Ok(only) => (name, Some(only)),
                Err(_) => return false,
            }
        }
        _ => (rule, None),
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let name = name.strip_prefix("*.").or_else(|| name.strip_prefix('.')).unwrap_or(name);
    if name.is_empty() || only.is_some_and(|only| only != port) {
        return false;
    }
    let (name, host) = (name.to_ascii_lowercase(), host.to_ascii_lowercase());
    match (name.parse::<IpAddr>(), host.parse::<IpAddr>()) {
        (Ok(one), Ok(other)) => one == other,
        _ => host == name || host.strip_suffix(&name).is_some_and(|rest| rest.ends_with('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(option: Option<&str>, variables: &[(&str, &str)]) -> Network {
        let of = |name: &str| {
            variables.iter().find(|(one, _)| *one == name).map(|(_, text)| (*text).to_owned())
        };
        Network::new(option.map(str::to_owned), of)
    }

    fn shown(network: &Network, address: &str, kept: Option<&str>) -> Option<String> {
        let kept = kept.map(|url| Proxy::parse(url).unwrap());
        let way = network.way(address, kept.as_ref()).unwrap();
        assert_eq!(way.address, address);
        way.proxy.map(|proxy| proxy.to_string())
    }

    #[test]
    fn the_nearest_word_counts() {
        let all = [("TSUMUGU_PROXY", "b:2"), ("HTTPS_PROXY", "d:4")];
        let at = |network: &Network, kept| shown(network, "exchange.example", kept);
        assert_eq!(at(&Network::default(), None), None);
        assert_eq!(at(&network(Some("a:1"), &all), Some("c:3")).as_deref(), Some("a:1"));
        assert_eq!(at(&network(None, &all), Some("c:3")).as_deref(), Some("b:2"));
        assert_eq!(at(&network(None, &all[1..]), Some("c:3")).as_deref(), Some("c:3"));
        assert_eq!(at(&network(None, &all[1..]), None).as_deref(), Some("d:4"));
        assert_eq!(at(&network(Some("none"), &all), Some("c:3")), None);
        assert_eq!(at(&network(None, &[("TSUMUGU_PROXY", "NONE")]), Some("c:3")), None);
        assert_eq!(at(&network(None, &[("https_proxy", "e:5")]), None).as_deref(), Some("e:5"));
        assert_eq!(at(&network(None, &[("HTTPS_PROXY", " ")]), None), None);
    }

    #[test]
    fn what_is_kept_was_said_for_us() {
        let kept = |network: &Network| network.kept_when_joining().unwrap().map(|p| p.to_string());
        assert_eq!(kept(&network(Some("a:1"), &[])).as_deref(), Some("a:1"));
        assert_eq!(kept(&network(None, &[("TSUMUGU_PROXY", "b:2")])).as_deref(), Some("b:2"));
        assert_eq!(kept(&network(None, &[("HTTPS_PROXY", "d:4")])), None);
        assert_eq!(network(None, &[("TSUMUGU_PROXY", "b:2")]).typed().unwrap(), None);
        assert_eq!(network(Some("none"), &[]).typed().unwrap(), Some(None));
    }

    #[test]
    fn exceptions_are_hosts_domains_and_this_pc() {
        let with = |rules: &str, address: &str| {
            let variables = [("HTTPS_PROXY", "d:4"), ("NO_PROXY", rules)];
            shown(&network(None, &variables), address, None).is_none()
        };
        for (rules, address) in [
            ("exchange.example", "exchange.example"),
            ("a, Exchange.Example ,b", "exchange.example:8443"),
            (".example", "exchange.example"),
            ("*.example", "exchange.example"),
            ("example", "exchange.example"),
            ("*", "192.0.2.1:443"),
            ("192.0.2.1", "192.0.2.1:443"),
            ("exchange.example:443", "exchange.example"),
            ("2001:db8::1", "[2001:DB8::1]:443"),
            ("[2001:db8::1]:443", "[2001:db8::1]"),
            ("", "localhost:1"),
            ("", "127.0.0.1:1"),
            ("", "[::1]:1"),
        ] {
            assert!(with(rules, address), "{rules} {address}");
        }
        for (rules, address) in [
            ("", "exchange.example"),
            ("change.example", "exchange.example"),
            ("exchange.example:444", "exchange.example"),
            ("exchange.example:x", "exchange.example"),
            ("192.0.2.1", "192.0.2.10"),
            (".", "exchange.example"),
            (":443", "exchange.example"),
        ] {
            assert!(!with(rules, address), "{rules} {address}");
        }
        // A proxy that was said for us goes for everything.
        assert!(shown(&network(Some("a:1"), &[]), "localhost:1", None).is_some());
    }

    #[test]
    fn what_is_no_proxy_is_refused_by_name() {
        let key = |network: Network| network.way("a", None).unwrap_err().key();
        assert_eq!(key(network(Some("socks5://a:1"), &[])), "proxy.bad-url");
        assert_eq!(key(network(None, &[("HTTPS_PROXY", "a")])), "proxy.bad-url");
    }
}
