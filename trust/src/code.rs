//! Codes on paper: a 128-bit secret that a person types or scans (`docs/FORMATS.md`, section 5).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::hash::{Hash, sha256};
use crate::value::Id;

/// No I, L, O, U: they look like 1, 1, 0, V.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS: usize = 28;
const CHECK_BITS: u32 = 12;

/// The secret of an invitation.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(Zeroizing<[u8; 16]>);

/// Why a typed code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not 28 characters of the alphabet.
    #[error("a code has 28 letters and digits")]
    Form,
    /// The check characters do not fit: a typing error.
    #[error("the code was mistyped")]
    Mistyped,
}

impl Code {
    /// From 16 random bytes.
    #[must_use]
    pub fn from_secret(secret: [u8; 16]) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// The secret bytes, to be sealed to the administrators.
    #[must_use]
    pub fn secret(&self) -> &[u8; 16] {
        &self.0
    }

    /// What the exchange knows the invitation by.
    #[must_use]
    pub fn invitation_id(&self) -> Id {
        let tag = self.hmac(b"tsumugu/v1/invitation-id\0");
        Id(tag.0[..16].try_into().expect("a SHA-256 HMAC has 32 bytes"))
    }

    /// MAC of an invitation document's content.
    #[must_use]
    pub fn document_mac(&self, content: &[u8]) -> Hash {
        mac(&self.hmac(b"tsumugu/v1/document-key\0").0, content)
    }

    /// MAC of a request's text.
    #[must_use]
    pub fn request_mac(&self, text: &[u8]) -> Hash {
        mac(&self.hmac(b"tsumugu/v1/request-key\0").0, text)
    }

    /// Whether `mac` is that of the document. In constant time.
    #[must_use]
    pub fn is_document_mac(&self, content: &[u8], mac: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.document_mac(content).0, mac)
            .is_ok()
    }

    /// Whether `mac` is that of the request. In constant time.
    #[must_use]
    pub fn is_request_mac(&self, text: &[u8], mac: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.request_mac(text).0, mac).is_ok()
    }

    fn hmac(&self, label: &[u8]) -> Hash {
        mac(&*self.0, label)
    }

    fn check(&self) -> u128 {
        let digest = sha256(&[b"tsumugu/v1/code\0", &*self.0]);
        u128::from(u16::from_be_bytes([digest.0[0], digest.0[1]]) >> (16 - CHECK_BITS))
    }
}

/// The 24 digits that two people compare over the telephone, in six groups of four.
#[must_use]
pub fn comparison_digits(request_text: &str) -> String {
    const MODULUS: u128 = 1_000_000_000_000_000_000_000_000;
    let digest = sha256(&[request_text.as_bytes()]);
    let value =
        digest.0.iter().fold(0u128, |value, byte| (value * 256 + u128::from(*byte)) % MODULUS);
    let digits = format!("{value:024}");
    let groups: Vec<&str> = (0..6).map(|i| &digits[i * 4..i * 4 + 4]).collect();
    groups.join(" ")
}

/// Never shows the secret.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({}…)", self.invitation_id())
    }
}

/// Seven groups of four, joined by hyphens. This IS the secret: for paper only.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = u128::from_be_bytes(*self.0);
        for at in 0..CHARACTERS {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            // Character `at` holds bits 140-5*at .. of secret*4096 + check, which has 140 bits.
            let shift = 5 * (CHARACTERS - 1 - at) as u32;
            let value = if shift >= CHECK_BITS {
                (secret >> (shift - CHECK_BITS)) & 31
            } else {
                (((secret & 31) << CHECK_BITS | self.check()) >> shift) & 31
            };
            write!(f, "{}", char::from(ALPHABET[value as usize]))?;
        }
        Ok(())
    }
}

impl FromStr for Code {
    type Err = CodeError;

    /// Takes lower case, spaces and hyphens anywhere, O for 0, I and L for 1, and full-width forms.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let values = typed::<CHARACTERS>(text).ok_or(CodeError::Form)?;
        // The first 25 characters are 125 bits; three more secret bits and 12 check bits follow.
        let high = values[..25].iter().fold(0u128, |all, v| all << 5 | v);
        let low = values[25..].iter().fold(0u128, |all, v| all << 5 | v);
        let secret = high << 3 | low >> CHECK_BITS;
        let code = Self::from_secret(secret.to_be_bytes());
        if code.check() == low & ((1 << CHECK_BITS) - 1) {
            Ok(code)
        } else {
            Err(CodeError::Mistyped)
        }
    }
}

/// The values of exactly `N` typed characters of the alphabet, as [`Code`] takes them.
pub(crate) fn typed<const N: usize>(text: &str) -> Option<[u128; N]> {
    let mut values = Vec::with_capacity(N);
    for c in text.chars().filter(|c| !c.is_whitespace() && !"-‐－ー−".contains(*c)) {
        let narrow = match c {
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
                char::from_u32(c as u32 - 0xFEE0).unwrap_or(c)
            }
            c => c,
        };
        let plain = match narrow.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let value = ALPHABET.iter().position(|a| char::from(*a) == plain)?;
        values.push(value as u128);
        if values.len() > N {
            return None;
        }
    }
    values.try_into().ok()
}

/// The character of a value below 32.
pub(crate) fn character(value: u128) -> char {
    char::from(ALPHABET[(value & 31) as usize])
}

fn mac(key: &[u8], message: &[u8]) -> Hash {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, message);
    Hash(tag.as_ref().try_into().expect("a SHA-256 HMAC has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_code() {
        let code = Code::from_secret(*b"0123456789abcdef");
        insta::assert_snapshot!(format!(
            "{code}\n{}\n{}\n{}",
            code.invitation_id(),
            code.document_mac(b"document"),
            code.request_mac(b"request")
        ));
    }

    #[test]
    fn a_typing_error_is_named() {
        let good = Code::from_secret([7; 16]).to_string();
        let mut refused = 0;
        for at in (0..good.len()).filter(|at| &good[*at..=*at] != "-") {
            for c in ALPHABET.iter().map(|c| char::from(*c).to_string()) {
                let mut typed = good.clone();
                typed.replace_range(at..=at, &c);
                if typed != good {
                    refused += usize::from(typed.parse::<Code>() == Err(CodeError::Mistyped));
                }
            }
        }
        // 12 check bits let one wrong code in 4,096 through; then the exchange knows no such id.
        assert!(refused >= 28 * 31 - 3, "{refused}");
        assert_eq!("".parse::<Code>(), Err(CodeError::Form));
        assert_eq!(format!("{good}0").parse::<Code>(), Err(CodeError::Form));
        assert_eq!(good.replace(&good[..1], "U").parse::<Code>(), Err(CodeError::Form));
    }

    #[test]
    fn digits_are_six_groups_of_four() {
        assert_eq!(comparison_digits("a"), comparison_digits("a"));
        assert_ne!(comparison_digits("a"), comparison_digits("b"));
        // SHA-256("a") mod 10^24, computed with another program.
        assert_eq!(comparison_digits("a").len(), 29);
        insta::assert_snapshot!(comparison_digits("a"));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(secret: [u8; 16]) {
            let code = Code::from_secret(secret);
            let printed = code.to_string();
            prop_assert_eq!(printed.len(), 34);
            prop_assert_eq!(printed.parse::<Code>(), Ok(code.clone()));
            let sloppy = printed.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            prop_assert_eq!(sloppy.parse::<Code>(), Ok(code));
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,60}") { let _ = text.parse::<Code>(); }
    }
}
