//! Whom a certificate names: one SPIFFE ID of this exchange.
//!
//! The name is the certificate's only URI in the subject alternative name (SPIFFE X509-SVID,
//! section 2). An origin may hold slashes, so the two sorts of name are found by the words
//! `administrator` and `institution`, which no segment of an origin may be (FORMATS, section 1).

use std::fmt;

const SCHEME: &str = "spiffe://";

/// A party of the exchange, by its ids. That somebody *is* this party is another matter: see
/// [`AuthenticatedParty`](crate::gate::AuthenticatedParty).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// An administrator (管理者) of the trust list.
    Administrator {
        /// Its id in the trust list.
        id: [u8; 16],
    },
    /// One PC (端末) of an institution.
    Terminal {
        /// The institution that admitted it (機関).
        institution: [u8; 16],
        /// Its id in the admission.
        terminal: [u8; 16],
    },
}

/// A URI that names no party of this exchange.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartyError {
    /// A well-formed name of another exchange.
    #[error("a name of another exchange: {origin}")]
    ForeignOrigin {
        /// The other exchange's origin.
        origin: String,
    },
    /// Neither of the two forms, or not written canonically.
    #[error("not a SPIFFE name of an administrator or a terminal")]
    Malformed,
}

impl Party {
    /// Reads `spiffe://ORIGIN/administrator/ID` or `spiffe://ORIGIN/institution/ID/terminal/ID`.
    ///
    /// # Errors
    /// [`PartyError`]: another form, another case of letters, or another origin than `origin`.
    pub fn from_spiffe_id(uri: &str, origin: &str) -> Result<Self, PartyError> {
        let (found, party) = split(uri).ok_or(PartyError::Malformed)?;
        // Hexadecimal has two cases and one of them is ours: what we would not write is not read.
        if party.spiffe_id(found) != uri {
            return Err(PartyError::Malformed);
        }
        if found != origin {
            return Err(PartyError::ForeignOrigin { origin: found.to_owned() });
        }
        Ok(party)
    }

    /// The name in this party's certificate.
    #[must_use]
    pub fn spiffe_id(&self, origin: &str) -> String {
        match self {
            Self::Administrator { id } => {
                format!("{SCHEME}{origin}/administrator/{}", hex::encode(id))
            }
            Self::Terminal { institution, terminal } => format!(
                "{SCHEME}{origin}/institution/{}/terminal/{}",
                hex::encode(institution),
                hex::encode(terminal)
            ),
        }
    }
}

/// As in a key name, without the origin: `administrator/ID` or `institution/ID/terminal/ID`.
impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Administrator { id } => write!(f, "administrator/{}", hex::encode(id)),
            Self::Terminal { institution, terminal } => write!(
                f,
                "institution/{}/terminal/{}",
                hex::encode(institution),
                hex::encode(terminal)
            ),
        }
    }
}

fn split(uri: &str) -> Option<(&str, Party)> {
    let path = uri.strip_prefix(SCHEME)?;
    let (origin, words) =
        path.match_indices('/').map(|(slash, _)| (&path[..slash], &path[slash + 1..])).find(
            |(_, rest)| matches!(rest.split('/').next(), Some("administrator" | "institution")),
        )?;
    if origin.is_empty() {
        return None;
    }
    let words: Vec<&str> = words.split('/').collect();
    let party = match words.as_slice() {
        ["administrator", id] => Party::Administrator { id: id_of(id)? },
        ["institution", institution, "terminal", terminal] => {
            Party::Terminal { institution: id_of(institution)?, terminal: id_of(terminal)? }
        }
        _ => return None,
    };
    Some((origin, party))
}

fn id_of(text: &str) -> Option<[u8; 16]> {
    let mut id = [0; 16];
    hex::decode_to_slice(text, &mut id).ok()?;
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "exchange.example/tokyo/east";
    const A: &str = "0123456789abcdef0123456789abcdef";
    const B: &str = "ffffffffffffffffffffffffffffffff";

    #[test]
    fn both_forms_are_read_and_written_back() {
        for (uri, shown) in [
            (format!("spiffe://{ORIGIN}/administrator/{A}"), format!("administrator/{A}")),
            (
                format!("spiffe://{ORIGIN}/institution/{A}/terminal/{B}"),
                format!("institution/{A}/terminal/{B}"),
            ),
        ] {
            let party = Party::from_spiffe_id(&uri, ORIGIN).unwrap();
            assert_eq!(party.spiffe_id(ORIGIN), uri);
            assert_eq!(party.to_string(), shown);
        }
    }

    #[test]
    fn another_origin_is_named() {
        for origin in
            ["exchange.example", "exchange.example/tokyo", "exchange.example/tokyo/east/x"]
        {
            let uri = format!("spiffe://{origin}/administrator/{A}");
            assert_eq!(
                Party::from_spiffe_id(&uri, ORIGIN),
                Err(PartyError::ForeignOrigin { origin: origin.to_owned() })
            );
        }
    }

    #[test]
    fn every_other_spelling_is_malformed() {
        let upper = A.to_uppercase();
        for uri in [
            String::new(),
            "spiffe://".to_owned(),
            format!("spiffe:///administrator/{A}"),
            format!("SPIFFE://{ORIGIN}/administrator/{A}"),
            format!("https://{ORIGIN}/administrator/{A}"),
            format!("spiffe://{ORIGIN}"),
            format!("spiffe://{ORIGIN}/administrator"),
            format!("spiffe://{ORIGIN}/administrator/"),
            format!("spiffe://{ORIGIN}/administrator/{upper}"),
            format!("spiffe://{ORIGIN}/administrator/{A}/"),
            format!("spiffe://{ORIGIN}/administrator/{A}?x"),
            format!("spiffe://{ORIGIN}/administrator/{A}00"),
            format!("spiffe://{ORIGIN}/administrator/{}", &A[1..]),
            format!("spiffe://{ORIGIN}/administrator/{A}/terminal/{B}"),
            format!("spiffe://{ORIGIN}/institution/{A}"),
            format!("spiffe://{ORIGIN}/institution/{A}/terminal"),
            format!("spiffe://{ORIGIN}/institution/{A}/terminal/{upper}"),
            format!("spiffe://{ORIGIN}/institution/{A}/worker/{B}"),
            format!("spiffe://{ORIGIN}/institution/{A}/terminal/{B}/administrator/{A}"),
            format!("spiffe://{ORIGIN}/worker/{A}"),
            format!("spiffe://{ORIGIN}/administrator/あ{A}"),
        ] {
            assert_eq!(Party::from_spiffe_id(&uri, ORIGIN), Err(PartyError::Malformed), "{uri}");
        }
    }
}
