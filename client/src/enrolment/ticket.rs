//! What stands on the paper: the exchange's address, and the code.

use tsumugu_trust::code::Code;

use crate::failure::Failure;

/// Address and code of an invitation.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// `HOST:PORT` of the exchange.
    pub address: String,
    /// The code.
    pub code: Code,
}

impl Ticket {
    /// Reads `CODE` with `address`, or `HOST:PORT#CODE`; an `address` given apart goes first.
    ///
    /// # Errors
    /// The code is mistyped, or there is no address.
    pub fn parse(typed: &str, address: Option<&str>) -> Result<Self, Failure> {
        let (printed, code) = match typed.rsplit_once(['#', '＃']) {
            Some((printed, code)) => (Some(printed.trim()), code),
            None => (None, typed),
        };
        let code = code.parse().map_err(|error| Failure::bad_code().because(error))?;
        let address = address.or(printed).filter(|address| !address.is_empty());
        let address = address.ok_or_else(|| Failure::new("enrolment.address-needed"))?.to_owned();
        Ok(Self { address, code })
    }

    /// As it is printed for the applicant. This is the secret.
    #[must_use]
    pub fn print(&self) -> String {
        format!("{}#{}", self.address, self.code)
    }

    /// The host part of the address, without port and brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        match self.address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, _)) => host,
            None => self.address.split(':').next().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_and_the_address_given_apart() {
        let code = Code::from_secret([7; 16]).to_string();
        let ticket = Ticket::parse(&format!("exchange.example:8443#{code}"), None).unwrap();
        assert_eq!(ticket.address, "exchange.example:8443");
        assert_eq!(ticket.host(), "exchange.example");
        assert_eq!(Ticket::parse(&ticket.print(), None).unwrap().code, ticket.code);
        let ticket = Ticket::parse(&code.to_lowercase(), Some("[::1]:9")).unwrap();
        assert_eq!((ticket.address.as_str(), ticket.host()), ("[::1]:9", "::1"));
        let apart = Ticket::parse(&format!("a:1#{code}"), Some("b:2")).unwrap();
        assert_eq!(apart.address, "b:2");
    }

    #[test]
    fn what_is_missing_or_mistyped_is_said() {
        let code = Code::from_secret([7; 16]).to_string();
        let key = |typed: &str| Ticket::parse(typed, None).unwrap_err().key();
        assert_eq!(key(&code), "enrolment.address-needed");
        assert_eq!(key(&format!("#{code}")), "enrolment.address-needed");
        assert_eq!(key("exchange.example#0000"), "enrolment.bad-code");
        let wrong = if code.ends_with('0') { "1" } else { "0" };
        assert_eq!(key(&format!("a#{}{wrong}", &code[..code.len() - 1])), "enrolment.bad-code");
    }
}
