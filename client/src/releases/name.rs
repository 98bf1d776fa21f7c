//! A catalogue's files stand in folders; a release names them without. `sheets/x.toml` is
//! `sheets.x.toml`, `flow.toml` stays.
//!
//! The first dot of a released name ends the folder, if a whole file name follows it. So a folder's
//! name has no dot, and a file outside a folder has one dot.

/// How a catalogue's files end.
const ENDING: &str = ".toml";

/// Longest name in a release, bytes (`docs/FORMATS.md`, section 2.1).
pub const MAX_NAME: usize = 64;

/// The name in a release of a file in the catalogue's folder, given with `/`; nothing for one that a
/// release cannot name.
#[must_use]
pub fn flat_name(path: &str) -> Option<String> {
    let flat = path.replace('/', ".");
    let good = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase() || b"._-".contains(&b);
    let fits = flat.len() <= MAX_NAME && flat.bytes().all(good);
    (fits && path_of(&flat).as_deref() == Some(path)).then_some(flat)
}

/// The file in the catalogue's folder, with `/`, that a name in a release means.
#[must_use]
pub fn path_of(flat: &str) -> Option<String> {
    let stem = flat.strip_suffix(ENDING).filter(|stem| !stem.is_empty())?;
    match stem.split_once('.') {
        None => Some(flat.to_owned()),
        Some((folder, file)) if !folder.is_empty() && !file.is_empty() => {
            Some(format!("{folder}/{file}{ENDING}"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_has_one_meaning(text in "[a-z0-9./-]{0,70}|.{0,70}") {
            if let Some(flat) = flat_name(&text) {
                prop_assert_eq!(path_of(&flat), Some(text.clone()));
            }
            if let Some(path) = path_of(&text)
                && let Some(flat) = flat_name(&path)
            {
                prop_assert_eq!(flat, text);
            }
        }
    }

    #[test]
    fn names_go_there_and_back() {
        for (path, flat) in [
            ("flow.toml", "flow.toml"),
            ("sheets/nagareyama-renkei.toml", "sheets.nagareyama-renkei.toml"),
            ("flow/1-peace.toml", "flow.1-peace.toml"),
            ("sheets/x.r8.toml", "sheets.x.r8.toml"),
        ] {
            assert_eq!(flat_name(path).as_deref(), Some(flat));
            assert_eq!(path_of(flat).as_deref(), Some(path));
        }
    }

    #[test]
    fn what_would_come_back_as_another_is_refused() {
        let refused = [
            "a.b.toml",
            "a/b/c.toml",
            "a.b/c.toml",
            "/a.toml",
            "a/.toml",
            "シート.toml",
            "A.toml",
            "x",
        ];
        for path in refused {
            assert_eq!(flat_name(path), None, "{path}");
        }
        let longest = format!("sheets/{}.toml", "a".repeat(MAX_NAME - "sheets/.toml".len()));
        assert_eq!(flat_name(&longest).unwrap().len(), MAX_NAME);
        assert_eq!(flat_name(&longest.replace("sheets/", "sheets/a")), None);
        for flat in [".toml", "toml", ".a.toml", "a..toml", "a.json"] {
            assert_eq!(path_of(flat), None, "{flat}");
        }
    }
}
