//! Names of attached files (添付の名前), as they travel and as they are written out
//! (`docs/FORMATS.md`, section 4.4).

use std::path::Path;

use tsumugu_trust::value::{Text, Value};
use unicode_normalization::UnicodeNormalization;

/// Most bytes of a name: file systems take 255, and a number may be added.
pub const MAX_NAME: usize = 200;

/// Characters that some system does not allow in a file's name.
const FORBIDDEN: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

/// Names that Windows keeps for devices, whatever ends them.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Devices that have a number.
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];

/// A name that is safe in every folder: no folder in it, nothing invisible, no device.
///
/// It may hold a person's name: it is shown to whoever reads the letter, and in no log or failure.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName(String);

impl FileName {
    /// Reads a name as it came.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let is_safe = name.len() <= MAX_NAME
            && Text::decode(name).is_some()
            && !name.contains(FORBIDDEN)
            && !name.starts_with('.')
            && !name.ends_with('.')
            && !is_device(name);
        is_safe.then(|| Self(name.to_owned()))
    }

    /// The name of a file on this PC, with whatever is not allowed replaced by `_`.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let replaced = name.nfc().map(|c| if is_allowed(c) { c } else { '_' }).collect::<String>();
        let trimmed = replaced.trim_matches(|c: char| c.is_whitespace() || c == '.');
        let trimmed = if trimmed.is_empty() { "_" } else { trimmed };
        let device = if is_device(trimmed) { "_" } else { "" };
        let (stem, end) = split(trimmed);
        // An end that leaves no room for a stem is no extension.
        let (stem, end) = if end.len() < MAX_NAME / 2 { (stem, end) } else { (trimmed, "") };
        let name = format!("{device}{}{end}", shortened(stem, MAX_NAME - end.len() - device.len()));
        Self::parse(&name).unwrap_or_else(|| Self("_".to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last full stop, in lower case; empty where there is none.
    #[must_use]
    pub fn extension(&self) -> String {
        split(&self.0).1.trim_start_matches('.').to_lowercase()
    }

    /// For comparing: systems differ in whether case matters.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// The same name with a number before its extension: `a (2).pdf`.
    #[must_use]
    pub fn numbered(&self, number: usize) -> Self {
        let (stem, end) = split(&self.0);
        let mark = format!(" ({number}){end}");
        Self(format!("{}{mark}", shortened(stem, MAX_NAME.saturating_sub(mark.len()))))
    }
}

/// Shows nobody's data.
impl std::fmt::Debug for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileName({} bytes)", self.0.len())
    }
}

fn is_allowed(character: char) -> bool {
    let alone = Text::decode(character.encode_utf8(&mut [0; 4])).is_some();
    (alone && !FORBIDDEN.contains(&character)) || character == ' ' || character == '\u{3000}'
}

/// Whether the part before the first full stop is a device's name.
fn is_device(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or(name).trim_end().to_lowercase();
    let numbered = NUMBERED_DEVICES.iter().any(|device| {
        let digit = first.strip_prefix(device).map(|rest| rest.chars().collect::<Vec<_>>());
        matches!(digit.as_deref(), Some([c]) if c.is_ascii_digit() || "¹²³".contains(*c))
    });
    numbered || DEVICES.contains(&first.as_str())
}

/// Stem, and extension with its full stop.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

/// At most so many bytes, in whole characters.
fn shortened(text: &str, most: usize) -> &str {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = ends.take_while(|end| *end <= most).last().unwrap_or(0);
    text.get(..end).unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_safe_everywhere() {
        for name in [
            "a.pdf",
            "検査結果 2026.pdf",
            "退院サマリー(1).docx",
            "コンソール.png",
            "com10.pdf",
            "a",
        ] {
            assert_eq!(FileName::parse(name).unwrap().as_str(), name);
            assert_eq!(FileName::of(Path::new(name)).as_str(), name);
        }
        let unsafe_names = [
            "",
            " ",
            " a.pdf",
            "a.pdf ",
            ".pdf",
            "..",
            "a.",
            "../a.pdf",
            "a/b.pdf",
            "a\\b.pdf",
            "C:a.pdf",
            "a\u{202e}fdp.exe",
            "a\u{200b}.pdf",
            "a\0.pdf",
            "a\n.pdf",
            "か\u{3099}.pdf",
            "CON",
            "nul.pdf",
            "Com1.pdf",
            "LPT9",
            "aux .pdf",
            "com¹.pdf",
            "\u{3000}a.pdf",
            "a?.pdf",
            "a\u{ad}.pdf",
            "😀.pdf",
        ];
        for name in unsafe_names {
            assert_eq!(FileName::parse(name), None, "{name:?}");
            let made = FileName::of(&Path::new("folder").join(name));
            assert_eq!(FileName::parse(made.as_str()).as_ref(), Some(&made), "{name:?}");
        }
    }

    #[test]
    fn what_is_made_safe_keeps_what_it_can() {
        let of = |name: &str| FileName::of(Path::new(name)).as_str().to_owned();
        assert_eq!(of("folder/か\u{3099}く.pdf"), "がく.pdf");
        assert_eq!(of("a:b*c?.pdf"), "a_b_c_.pdf");
        assert_eq!(of("nul.pdf"), "_nul.pdf");
        assert_eq!(of(".hidden"), "hidden");
        assert_eq!(of("a\u{202e}b.pdf"), "a_b.pdf");
        let long = of(&format!("{}.pdf", "あ".repeat(100)));
        assert_eq!(long, format!("{}.pdf", "あ".repeat(65)));
    }

    #[test]
    fn the_longest_name() {
        let name = format!("{}.pdf", "a".repeat(MAX_NAME - 4));
        assert!(FileName::parse(&name).is_some() && FileName::parse(&format!("a{name}")).is_none());
        let numbered = FileName::parse(&name).unwrap().numbered(2);
        assert!(numbered.as_str().len() == MAX_NAME && numbered.as_str().ends_with(" (2).pdf"));
    }

    #[test]
    fn extensions_and_numbers() {
        let name = FileName::parse("報告.検査.PDF").unwrap();
        assert_eq!(
            (name.extension(), name.numbered(3).as_str()),
            ("pdf".to_owned(), "報告.検査 (3).PDF")
        );
        assert_eq!(FileName::parse("a").unwrap().extension(), "");
        assert_eq!(format!("{name:?}"), "FileName(17 bytes)");
    }
}
