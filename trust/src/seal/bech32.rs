//! The text of age keys: bech32 (BIP 173) without its limit of 90 characters.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Checksum, Hrp};
use zeroize::Zeroizing;

/// The longest key text that is read, in bytes. A recipient has 1,959.
const MAX_TEXT: usize = 2048;

/// The checksum of BIP 173 over codes of any length, as the age specification has it.
enum Bech32Long {}

impl Checksum for Bech32Long {
    type MidstateRepr = <Bech32 as Checksum>::MidstateRepr;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [Self::MidstateRepr; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: Self::MidstateRepr = Bech32::TARGET_RESIDUE;
}

/// Lower-case text of `data` under the prefix `hrp`.
pub(super) fn encode(hrp: Hrp, data: &[u8]) -> String {
    bech32::encode_lower::<Bech32Long>(hrp, data)
        .expect("this checksum has no length limit and a String takes every write")
}

/// Reads lower-case text in its one spelling: no mixed or upper case, no bits left over.
pub(super) fn decode(hrp: Hrp, text: &str) -> Result<Zeroizing<Vec<u8>>, KeyTextError> {
    if text.len() > MAX_TEXT {
        return Err(KeyTextError::Form);
    }
    let parsed = CheckedHrpstring::new::<Bech32Long>(text).map_err(|_| KeyTextError::Form)?;
    if parsed.hrp() != hrp {
        return Err(KeyTextError::Kind);
    }
    let mut data = Zeroizing::new(Vec::with_capacity(text.len()));
    data.extend(parsed.byte_iter());
    if Zeroizing::new(encode(hrp, &data)).as_str() != text {
        return Err(KeyTextError::Form);
    }
    Ok(data)
}

/// The text is not a usable sealing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// Not bech32 in its one spelling: most likely mistyped or cut off.
    #[error("the sealing key's text is mistyped or cut off")]
    Form,
    /// Well-formed text whose key is not a valid one: a wrong length, an ML-KEM key that is not
    /// reduced (FIPS 203, section 7.2) or an X25519 key of low order.
    #[error("the sealing key is not a valid key")]
    Key,
    /// Another kind of key, such as an age key without post-quantum protection, or a secret one
    /// where a public one belongs.
    #[error("the text is another kind of key")]
    Kind,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HRP: Hrp = Hrp::parse_unchecked("age1pq");

    #[test]
    fn any_length_both_ways() {
        for length in [0, 1, 32, 90, 1216] {
            let data: Vec<_> = (0..length).map(|n| n as u8).collect();
            assert_eq!(*decode(HRP, &encode(HRP, &data)).unwrap(), data);
        }
    }

    #[test]
    fn longest_text() {
        // 6 of the prefix, "1" and 6 of the checksum; 8 characters for 5 bytes.
        let data = vec![0; 1271];
        let text = encode(HRP, &data);
        assert_eq!(text.len(), MAX_TEXT - 1);
        assert_eq!(*decode(HRP, &text).unwrap(), data);
        assert_eq!(decode(HRP, &encode(HRP, &[0; 1272])), Err(KeyTextError::Form));
    }

    #[test]
    fn other_spellings_are_refused() {
        let text = encode(HRP, &[1, 2, 3]);
        let mut changed = text.clone().into_bytes();
        changed[9] = if changed[9] == b'q' { b'p' } else { b'q' };
        let changed = String::from_utf8(changed).unwrap();
        let other = Hrp::parse_unchecked("age");
        assert_eq!(decode(HRP, &text.to_uppercase()), Err(KeyTextError::Form));
        assert_eq!(decode(HRP, &changed), Err(KeyTextError::Form));
        assert_eq!(decode(HRP, &format!("{text} ")), Err(KeyTextError::Form));
        assert_eq!(decode(HRP, ""), Err(KeyTextError::Form));
        assert_eq!(decode(HRP, &encode(other, &[1, 2, 3])), Err(KeyTextError::Kind));
        // Five bits that are no byte.
        let odd = format!("{}", bech32::Fe32::Q);
        assert_eq!(decode(HRP, &format!("age1pq1{odd}{}", "q".repeat(6))), Err(KeyTextError::Form));
    }
}
