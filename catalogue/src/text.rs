//! Rules for text that people typed.

/// The first character that a filled form must not hold: control characters (except line feed and
/// tab), line and paragraph separators, and characters that reorder the text around them. They
/// could move a terminal's cursor or make a sheet read differently from what was signed.
///
/// Everything else stays as typed, also outside JIS X 0208 (外字, variation selectors).
pub(crate) fn forbidden(text: &str) -> Option<char> {
    text.chars().find(|c| match c {
        '\n' | '\t' => false,
        '\u{2028}' | '\u{2029}' | '\u{feff}' => true,
        '\u{200e}' | '\u{200f}' | '\u{061c}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    })
}

/// Full-width ASCII and the ideographic space to ASCII, and the dashes of Japanese keyboards to
/// `-`. Only for dates, times, numbers, telephone and institution numbers, never for names.
pub(crate) fn fold_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => {
                char::from_u32(u32::from(c) - 0xff01 + u32::from('!')).unwrap_or(c)
            }
            '\u{3000}' => ' ',
            '‐' | '‑' | '–' | '—' | '―' | '−' | 'ー' | 'ｰ' => '-',
            c => c,
        })
        .collect()
}

/// A key as it may stand in a message: short, on one line, without forbidden characters.
pub(crate) fn quotable(key: &str) -> String {
    const LONGEST: usize = 40;
    let shown = key.chars().take(LONGEST).map(|c| {
        let mut one = [0; 4];
        let spoils = c == '\n' || c == '\t' || forbidden(c.encode_utf8(&mut one)).is_some();
        if spoils { '?' } else { c }
    });
    let mut shown: String = shown.collect();
    if key.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Line and column, both from 1, of a byte of a text; the column counts characters.
pub(crate) fn position(text: &str, byte: usize) -> (usize, usize) {
    let before: String =
        text.char_indices().take_while(|(at, _)| *at < byte).map(|(_, c)| c).collect();
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    (before.matches('\n').count() + 1, column + 1)
}

/// Digits of exactly this many places as a number.
pub(crate) fn digits(text: &str, places: std::ops::RangeInclusive<usize>) -> Option<i16> {
    let fits = places.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_outside_jis_stay_and_control_characters_do_not() {
        assert_eq!(forbidden("髙﨑𠮷野 葛\u{e0100}城\n\tさま"), None);
        assert_eq!(forbidden("\u{1b}[2J"), Some('\u{1b}'));
        assert_eq!(forbidden("a\u{202e}b"), Some('\u{202e}'));
        assert_eq!(forbidden("a\rb"), Some('\r'));
        assert_eq!(forbidden("\u{85}"), Some('\u{85}'));
    }

    #[test]
    fn widths_fold() {
        assert_eq!(fold_width("０４－７０００ー１２３４　Ｒ８．１"), "04-7000-1234 R8.1");
    }

    #[test]
    fn keys_are_quoted_short_and_harmless() {
        assert_eq!(quotable("na\u{1b}m\ne"), "na?m?e");
        assert_eq!(quotable(&"あ".repeat(41)).chars().count(), 41);
        assert_eq!(quotable(&"あ".repeat(40)), "あ".repeat(40));
    }

    #[test]
    fn positions_count_characters() {
        assert_eq!(position("あ\nいう", 0), (1, 1));
        assert_eq!(position("あ\nいう", 7), (2, 2));
        assert_eq!(position("", 9), (1, 1));
    }
}
