//! Names, numbers and addresses made unreadable, so that paper at a wrong machine names nobody.
//! The telephone call that follows a FAX says whom it is about.

/// What stands for a character.
const BLANK: char = '○';

/// Digits that make a number somebody can be called or found by: fewer are a date or a dose.
const NUMBER_DIGITS: usize = 9;

/// What follows a name in a text.
const HONORIFICS: [&str; 7] = ["さん", "さま", "様", "氏", "殿", "君", "ちゃん"];

/// Between the parts of a name.
fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '・'
}

/// 架空 一郎 becomes 架○ ○郎: the first character of the first part and the last one of the last, where
/// a part has more than one. A single part keeps its first one.
pub(super) fn name(name: &str) -> String {
    let parts: Vec<&str> = name.split(is_space).filter(|part| !part.is_empty()).collect();
    let last = parts.len().saturating_sub(1);
    let mask = |(at, part): (usize, &&str)| {
        let length = part.chars().count();
        let kept = match (length, at) {
            (0 | 1, _) => None,
            (_, 0) => Some(0),
            (_, at) if at == last => Some(length - 1),
            _ => None,
        };
        part.chars().enumerate().map(|(at, c)| if Some(at) == kept { c } else { BLANK }).collect()
    };
    parts.iter().enumerate().map(mask).collect::<Vec<String>>().join(" ")
}

/// As many blanks as there are characters, so that a form looks filled in.
pub(super) fn all(text: &str) -> String {
    text.chars().map(|c| if is_space(c) { c } else { BLANK }).collect()
}

/// The year of a date in its era stays, which the reader needs to tell the age: 昭和15年○月○日.
pub(super) fn year_only(date: &str) -> String {
    match date.split_once('年') {
        Some((year, _)) => format!("{year}年○月○日"),
        None => all(date),
    }
}

/// The ways in which a name stands in other texts: whole, without its spaces, and its parts. A part of
/// one character is a common word; it counts only before an honorific.
pub(super) fn spellings(name: &str) -> Vec<String> {
    let parts: Vec<&str> = name.split(is_space).filter(|part| !part.is_empty()).collect();
    let mut found = vec![name.to_owned(), parts.concat(), parts.join(" "), parts.join("　")];
    for part in parts {
        if part.chars().count() > 1 {
            found.push(part.to_owned());
        } else {
            found.extend(HONORIFICS.iter().map(|after| format!("{part}{after}")));
        }
    }
    // Longer ones first: a part must not break up the whole.
    found.retain(|one| one.chars().any(|c| !is_space(c)));
    found.sort_by_key(|one| std::cmp::Reverse(one.chars().count()));
    found.dedup();
    found
}

/// A text with every spelling and every long number made unreadable.
pub(super) fn text(text: &str, hidden: &[String]) -> String {
    let mut masked = text.to_owned();
    for one in hidden {
        masked = masked.replace(one.as_str(), &all(one));
    }
    numbers(&masked)
}

/// Telephone numbers and the like: nine digits or more in a row, hyphens and brackets between them.
fn numbers(text: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let joins = |c: char| "-‐‑–−ー－()（）".contains(c);
    let characters: Vec<char> = text.chars().collect();
    let mut masked = characters.clone();
    let mut at = 0;
    while at < characters.len() {
        if !is_digit(characters[at]) {
            at += 1;
            continue;
        }
        // A telephone number may have spaces; a date before a time of day is none.
        let is_telephone = matches!(characters[at], '0' | '０');
        let goes_on = |c: char| is_digit(c) || joins(c) || is_telephone && c.is_whitespace();
        let run = characters[at..].iter().take_while(|c| goes_on(**c)).count();
        let run = at..at + run;
        if characters[run.clone()].iter().filter(|c| is_digit(**c)).count() >= NUMBER_DIGITS {
            for place in run.clone() {
                if is_digit(characters[place]) {
                    masked[place] = BLANK;
                }
            }
        }
        at = run.end;
    }
    masked.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_keep_their_outer_characters() {
        for (plain, masked) in [
            ("架空 一郎", "架○ ○郎"),
            ("架空　一郎", "架○ ○郎"),
            ("カクウ イチロウ", "カ○○ ○○○ウ"),
            ("林 一", "○ ○"),
            ("架空一郎", "架○○○"),
            ("マリア テレサ クルス", "マ○○ ○○○ ○○ス"),
            ("", ""),
        ] {
            assert_eq!(name(plain), masked);
        }
        assert_eq!(year_only("昭和15年4月2日"), "昭和15年○月○日");
        assert_eq!(all("流山市 平和台1-1"), "○○○ ○○○○○○");
    }

    #[test]
    fn a_name_is_found_in_other_texts() {
        let hidden = spellings("架空 一郎");
        for (plain, masked) in [
            ("架空一郎さんは独居", "○○○○さんは独居"),
            ("架空さん、一郎様", "○○さん、○○様"),
            ("架空 一郎", "○○ ○○"),
            ("一人暮らし", "一人暮らし"),
        ] {
            assert_eq!(text(plain, &hidden), masked);
        }
        let short = spellings("林 誠");
        assert_eq!(text("林さんは林業に勤めた。誠様", &short), "○○○は林業に勤めた。○○");
    }

    #[test]
    fn long_numbers_go_and_short_ones_stay() {
        for (plain, masked) in [
            ("長女 090-1234-5678", "長女 ○○○-○○○○-○○○○"),
            ("（04）7000-0200 へ", "（○○）○○○○-○○○○ へ"),
            ("被保険者 0000123456", "被保険者 ○○○○○○○○○○"),
            ("090 1234 5678", "○○○ ○○○○ ○○○○"),
            ("血圧 128-70、2026-11-22 10:00", "血圧 128-70、2026-11-22 10:00"),
            ("０９０１２３４５６７８", "○○○○○○○○○○○"),
        ] {
            assert_eq!(text(plain, &[]), masked);
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_no_name_stays(family in "[\\p{Han}]{2,4}", given in "[\\p{Han}]{2,4}", rest in ".{0,40}") {
            let (plain, joined) = (format!("{family} {given}"), format!("{family}{given}"));
            let masked = text(&format!("{rest}{plain}{rest}{joined}"), &spellings(&plain));
            prop_assert!(!masked.contains(&plain) && !masked.contains(&joined));
            prop_assert_eq!(name(&plain).chars().count(), plain.chars().count());
        }
    }
}
