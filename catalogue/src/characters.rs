//! Spellings for systems that know only JIS X 0208: names keep the characters that people have, and
//! beside them stands what such a system takes.

use std::collections::BTreeMap;

use encoding_rs::SHIFT_JIS;
use unicode_normalization::UnicodeNormalization as _;

use crate::Catalogue;

/// What stands for a character that has no other spelling (下駄記号).
const GETA: char = '〓';

/// A text in the characters of JIS X 0208.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Respelled {
    /// The text; a character without another spelling is 〓 with its code, such as `〓(U+2A6D6)`.
    pub text: String,
    /// Each character that is outside of JIS X 0208, once, in the order of the text.
    pub odd: Vec<OddCharacter>,
}

/// A character outside of JIS X 0208 (外字 in the everyday sense).
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct OddCharacter {
    /// The character, with its variation selector if it has one.
    pub character: String,
    /// Its code, such as `U+9AD9`; with a selector `U+845B U+E0100`.
    pub code: String,
    /// What stands in for it, if anything does.
    pub instead: Option<String>,
}

impl Catalogue {
    /// The text for a system that knows only JIS X 0208. What is in it stays as it is; the rest is
    /// respelled by the catalogue's pairs, by dropping a variation selector, or by NFKC.
    pub fn respell(&self, text: &str) -> Respelled {
        let pairs = self.characters();
        let mut respelled = Respelled { text: String::with_capacity(text.len()), odd: Vec::new() };
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            let selector = rest.next_if(|next| is_selector(*next));
            if selector.is_none() && is_jis(character) {
                respelled.text.push(character);
                continue;
            }
            let mut spelled = character.to_string();
            spelled.extend(selector);
            let instead = instead(pairs, character);
            let code = spelled.chars().map(code).collect::<Vec<_>>().join(" ");
            match &instead {
                Some(instead) => respelled.text.push_str(instead),
                None => respelled.text.push_str(&format!("{GETA}({code})")),
            }
            let odd = OddCharacter { character: spelled, code, instead };
            if !respelled.odd.contains(&odd) {
                respelled.odd.push(odd);
            }
        }
        respelled
    }
}

fn instead(pairs: &BTreeMap<char, char>, character: char) -> Option<String> {
    if is_jis(character) {
        return Some(character.to_string());
    }
    if let Some(instead) = pairs.get(&character) {
        return Some(instead.to_string());
    }
    // A compatibility ideograph is the character that it stands beside; ㈱ is (株).
    let simple: String = character.nfkc().collect();
    (!simple.is_empty() && simple.chars().all(is_jis)).then_some(simple)
}

/// Whether a system that knows JIS X 0208, and the half-width letters of JIS X 0201, has the character.
pub(crate) fn is_jis(character: char) -> bool {
    // Signs of JIS X 0208 that Microsoft's table, which the encoder follows, puts at other codes.
    if matches!(character, '\n' | '\t' | ' '..='~' | '｡'..='ﾟ' | '〜' | '‖' | '−' | '¢' | '£' | '¬' | '—')
    {
        return true;
    }
    let mut one = [0; 4];
    let (bytes, _, has_none) = SHIFT_JIS.encode(character.encode_utf8(&mut one));
    // Rows 1 to 8 and 16 to 84. Row 13 and the rows behind 84 are the makers' (NEC, IBM).
    let rows = |lead: &u8| matches!(lead, 0x81..=0x84 | 0x88..=0x9f | 0xe0..=0xea);
    !has_none && matches!(&*bytes, [lead, _] if rows(lead))
}

fn is_selector(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn code(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_respelled_and_the_rest_stays() {
        let catalogue = Catalogue::built_in();
        for (text, respelled) in [
            ("髙﨑 𠮷男", "高崎 吉男"),
            ("流山 花子〜～−ｱ", "流山 花子〜～−ｱ"),
            ("葛\u{e0100}城", "葛城"),
            ("神\u{fe00}", "神"),
            ("\u{fa19}①㈱㍻", "神1(株)平成"),
            ("\u{2a6d6}", "〓(U+2A6D6)"),
            ("\u{2a6d6}\u{e0101}", "〓(U+2A6D6 U+E0101)"),
            ("😀", "〓(U+1F600)"),
        ] {
            assert_eq!(catalogue.respell(text).text, respelled, "{text}");
        }
        let odd = catalogue.respell("髙橋髙").odd;
        let expected = OddCharacter {
            character: "髙".to_owned(),
            code: "U+9AD9".to_owned(),
            instead: Some("高".to_owned()),
        };
        assert_eq!(odd, [expected]);
    }

    #[test]
    fn the_rows_of_the_makers_are_outside() {
        for outside in ['髙', '﨑', '①', '㈱', '纊', '德', 'é', '𠮷', '\u{e000}'] {
            assert!(!is_jis(outside), "{outside}");
        }
        for inside in ['亜', '熙', '弌', '堯', 'Ａ', 'あ', 'ア', '㍉'] {
            assert_eq!(is_jis(inside), inside != '㍉', "{inside}");
        }
    }

    proptest! {
        #[test]
        fn what_is_respelled_is_jis_and_nothing_is_lost(text in any::<String>()) {
            let respelled = Catalogue::built_in().respell(&text);
            prop_assert!(respelled.text.chars().all(is_jis), "{}", respelled.text);
            let again = Catalogue::built_in().respell(&respelled.text);
            prop_assert_eq!(&again.text, &respelled.text);
            prop_assert!(again.odd.is_empty());
            let outside = text.chars().filter(|c| !is_jis(*c) && !is_selector(*c));
            for character in outside {
                let told = |odd: &OddCharacter| odd.character.starts_with(character);
                prop_assert!(respelled.odd.iter().any(told));
            }
        }
    }
}
