//! Verification codes on paper (確認コード): 16 characters that stand for a digest
//! (`docs/FORMATS.md`, section 7.1).
//!
//! They keep paper and file from being mixed up, and find typing errors. Whoever makes both could,
//! with 2^35 tries, make two files of one code: against that stands the whole digest beside it.

use std::fmt;
use std::str::FromStr;

use crate::code::{CodeError, character, typed};
use crate::hash::{Hash, sha256};

const CHARACTERS: usize = 16;

/// The largest prime below 2^10. It divides neither 31 nor a power of 32: so one wrong character, and
/// two neighbours that changed places, are always found.
const CHECK_MODULUS: u128 = 1_021;

/// 70 bits of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetCode(u128);

impl SheetCode {
    /// The code of a digest: of an envelope's statement, or of a record file.
    #[must_use]
    pub fn of(digest: Hash) -> Self {
        let hash = sha256(&[b"tsumugu/v1/sheet-code\0", &digest.0]);
        let first: [u8; 16] = hash.0[..16].try_into().expect("a SHA-256 digest has 32 bytes");
        Self(u128::from_be_bytes(first) >> (128 - 70))
    }
}

/// Four groups of four, joined by hyphens.
impl fmt::Display for SheetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = (self.0 << 10) | (self.0 % CHECK_MODULUS);
        for at in 0..CHARACTERS {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", character(all >> (5 * (CHARACTERS - 1 - at))))?;
        }
        Ok(())
    }
}

impl FromStr for SheetCode {
    type Err = CodeError;

    /// Takes what [`Code`](crate::code::Code) takes: lower case, spaces, hyphens, full-width forms, O
    /// for 0, I and L for 1.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let values = typed::<CHARACTERS>(text).ok_or(CodeError::Form)?;
        let all = values.iter().fold(0_u128, |all, value| (all << 5) | value);
        let code = Self(all >> 10);
        if code.0 % CHECK_MODULUS == all & 1_023 { Ok(code) } else { Err(CodeError::Mistyped) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_known_code() {
        // Computed with another program: see docs/FORMATS.md, section 7.1.
        assert_eq!(SheetCode::of(Hash([0; 32])).to_string(), "3JEM-94NX-A4ND-EDSP");
    }

    #[test]
    fn every_wrong_character_and_every_swap_is_found() {
        let good = SheetCode::of(sha256(&[b"a sheet"])).to_string();
        let places: Vec<usize> = (0..good.len()).filter(|at| &good[*at..=*at] != "-").collect();
        for at in &places {
            for value in 0..32 {
                let mut typed = good.clone();
                typed.replace_range(at..=at, &character(value).to_string());
                let is_good = typed == good;
                assert_eq!(typed.parse::<SheetCode>().is_ok(), is_good, "{typed}");
            }
        }
        for pair in places.windows(2) {
            let mut typed: Vec<u8> = good.clone().into();
            typed.swap(pair[0], pair[1]);
            let typed = String::from_utf8(typed).unwrap();
            // The check characters are no number of their own: a swap into them may fit by chance.
            if typed != good && pair[1] < places[14] {
                assert_eq!(typed.parse::<SheetCode>(), Err(CodeError::Mistyped), "{typed}");
            }
        }
        assert_eq!("".parse::<SheetCode>(), Err(CodeError::Form));
        assert_eq!(format!("{good}0").parse::<SheetCode>(), Err(CodeError::Form));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(digest: [u8; 32]) {
            let code = SheetCode::of(Hash(digest));
            let printed = code.to_string();
            prop_assert_eq!(printed.len(), 19);
            prop_assert_eq!(printed.parse::<SheetCode>(), Ok(code));
            let sloppy = printed.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            prop_assert_eq!(sloppy.parse::<SheetCode>(), Ok(code));
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,40}") {
            if let Ok(code) = text.parse::<SheetCode>() {
                prop_assert_eq!(code.to_string().parse::<SheetCode>(), Ok(code));
            }
        }
    }
}
