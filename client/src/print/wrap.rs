//! Lines of Japanese text: where one may end (行頭・行末禁則, JIS X 4051, W3C "Requirements for
//! Japanese Text Layout", section 3.1).
//!
//! A line is filled as far as it goes, then taken back to the last place where it may be broken
//! (追い出し). Latin words and numbers stay whole where they fit on a line.

use super::typeface::{char_width, is_selector, spell};

/// What does not begin a line: closing brackets, full stops and commas, small kana, marks that
/// belong to what stands before them, such as the forms' ★ and ◇ behind a label.
const NO_START: &str = "、。，．・：；？！゛゜ヽヾゝゞ々〻ー―‐–—～〜〟’”）〕］｝〉》」』】〙〗»｠°′″℃％‰…‥\
ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ\
｡｣､･ｰｧｨｩｪｫｯｬｭｮﾞﾟ,.:;?!)]}%★◇";

/// What does not end a line: opening brackets, signs before a number, and the box before an option.
const NO_END: &str = "□■‘“（〔［｛〈《「『【〘〖〝«｟￥＄＃§([{\\$#";

/// Breaks a text into lines of at most `width` ems. Line feeds of the text stay; an empty text is one
/// empty line. What has no place to be broken is broken anywhere, so that nothing leaves the page.
pub(super) fn wrap(text: &str, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        wrap_paragraph(&spell(paragraph.trim_end_matches('\r')), width, &mut lines);
    }
    lines
}

fn wrap_paragraph(text: &str, width: f32, lines: &mut Vec<String>) {
    let chars: Vec<char> = text.chars().collect();
    let mut start = 0;
    loop {
        let rest = chars.get(start..).unwrap_or_default();
        let fits = how_many_fit(rest, width);
        if fits == rest.len() {
            lines.push(rest.iter().collect());
            return;
        }
        let mut end = (1..=fits).rev().find(|at| may_break(rest, *at)).unwrap_or(fits.max(1));
        // A selector belongs to its character, wherever it is broken.
        while rest.get(end).is_some_and(|c| is_selector(*c)) {
            end += 1;
        }
        let line: String = rest.iter().take(end).collect();
        lines.push(line.trim_end_matches(' ').to_owned());
        start += end;
        // The space at a break is the break.
        while chars.get(start) == Some(&' ') {
            start += 1;
        }
        if start >= chars.len() {
            return;
        }
    }
}

/// Characters that fit; trailing spaces take no room.
fn how_many_fit(chars: &[char], width: f32) -> usize {
    // Sums of halves are exact; the margin is for fonts that are not.
    let limit = width + 1e-3;
    let mut used = 0.0;
    for (at, c) in chars.iter().enumerate() {
        used += char_width(*c);
        if used > limit && *c != ' ' {
            return at;
        }
    }
    chars.len()
}

/// Whether a line may end before the character at a place.
fn may_break(chars: &[char], at: usize) -> bool {
    let (Some(before), Some(after)) = (at.checked_sub(1).and_then(|i| chars.get(i)), chars.get(at))
    else {
        return false;
    };
    let in_a_word = is_word(*before) && is_word(*after);
    !in_a_word
        && !NO_START.contains(*after)
        && !NO_END.contains(*before)
        && !is_selector(*after)
        && *after != ' '
}

/// Letters and digits of Latin text, and what stands inside of numbers, addresses and codes.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-./:_+@'&=~".contains(c) || matches!(c, '\u{c0}'..='\u{24f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::typeface::width;
    use super::*;

    #[test]
    fn lines_keep_the_rules() {
        for (text, ems, lines) in [
            ("", 5.0, vec![""]),
            ("あいうえお", 5.0, vec!["あいうえお"]),
            ("あいうえおか", 5.0, vec!["あいうえお", "か"]),
            // A full stop, a small kana, a long vowel do not begin a line.
            ("あいうえお。", 5.0, vec!["あいうえ", "お。"]),
            ("ベッドマット", 3.0, vec!["ベッド", "マット"]),
            ("介護センター", 5.0, vec!["介護セン", "ター"]),
            ("佐々木様", 1.5, vec!["佐", "々", "木", "様"]),
            // A form's marks stay with their label; a sentence may begin with one.
            ("移動の状況★◇", 5.0, vec!["移動の状", "況★◇"]),
            ("★は要因です。", 8.0, vec!["★は要因です。"]),
            // An opening bracket does not end one.
            ("あいうえ（か）", 5.0, vec!["あいうえ", "（か）"]),
            // A box stays with its option.
            ("□なし  □点滴", 5.0, vec!["□なし", "□点滴"]),
            ("□なし  ■点滴", 5.5, vec!["□なし", "■点滴"]),
            // Words and numbers stay whole where they fit.
            ("電話 04-7000-0100 まで", 7.0, vec!["電話", "04-7000-0100", "まで"]),
            ("約12345678円", 4.0, vec!["約", "12345678", "円"]),
            ("[U+20BB7]田", 4.0, vec!["[U+20BB7", "]田"]),
            ("𠮷田", 4.5, vec!["[U+20BB7]", "田"]),
            // Line feeds stay.
            ("一\n\n二", 5.0, vec!["一", "", "二"]),
            ("一\r\n二", 5.0, vec!["一", "二"]),
            // What cannot be broken well is broken.
            ("aaaaaaaaaa", 2.0, vec!["aaaa", "aaaa", "aa"]),
            ("「「「「", 2.0, vec!["「「", "「「"]),
        ] {
            assert_eq!(wrap(text, ems), lines, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_leaves_the_line(
            text in "[ぁ-んァ-ヶ一-五、。（）「」ー々a-z0-9 \\[\\-]{0,80}",
            ems in 2_u8..30,
        ) {
            let ems = f32::from(ems);
            let lines = wrap(&text, ems);
            let kept = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(kept(&lines.concat()), kept(&spell(&text)));
            for line in &lines {
                prop_assert!(width(line.trim_end()) <= ems + 1e-3, "{}", line);
            }
        }

        #[test]
        fn any_text_wraps(text in any::<String>(), ems in 0.1_f32..20.0) {
            let _ = wrap(&text, ems);
        }
    }
}
