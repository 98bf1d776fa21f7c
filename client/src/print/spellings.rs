//! Other spellings on the paper: for a chart or a register that knows only JIS X 0208, and for
//! characters that the font lacks.

use serde::Serialize;
use tsumugu_catalogue::{Catalogue, FilledForm, OddCharacter, Value};

use super::typeface::lacks;

/// Most texts that are shown in both spellings, and most characters that are told one by one: a sheet
/// has a few names; what has more is told in number.
pub const MAX_SPELLINGS: usize = 12;
/// See [`MAX_SPELLINGS`].
pub const MAX_CHARACTERS: usize = 60;

/// Longest text that is shown whole in both spellings, in characters: a name, an address.
const MAX_SHOWN: usize = 40;

/// A text of the sheet in both spellings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelling {
    /// As it was written.
    pub written: String,
    /// In the characters of JIS X 0208.
    pub respelled: String,
}

/// A character outside of JIS X 0208 that stands on the paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrintedCharacter {
    /// The character.
    pub character: String,
    /// Its code, such as `U+9AD9`.
    pub code: String,
    /// What stands in for it in JIS X 0208, if anything does.
    pub instead: Option<String>,
    /// Whether the font has it; else its code stands in its place.
    pub has_glyph: bool,
}

/// What people wrote that JIS X 0208 or the font lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spellings {
    /// Short texts, once each, at most [`MAX_SPELLINGS`].
    pub texts: Vec<Spelling>,
    /// Every character, once, in the order of the sheet.
    pub characters: Vec<PrintedCharacter>,
}

impl Spellings {
    /// Of what stands on the paper of a form: what is for staff only is left out of the family's.
    #[must_use]
    pub fn of(catalogue: &Catalogue, form: &FilledForm, author: &str, family_copy: bool) -> Self {
        let mut spellings = Self::default();
        for (field, value) in form.values() {
            if family_copy && field.staff_only {
                continue;
            }
            written(value).into_iter().for_each(|text| spellings.add(catalogue, text));
        }
        spellings.add(catalogue, author);
        spellings
    }

    fn add(&mut self, catalogue: &Catalogue, text: &str) {
        let respelled = catalogue.respell(text);
        if respelled.odd.is_empty() {
            return;
        }
        let spelling = Spelling { written: text.to_owned(), respelled: respelled.text };
        let is_short = text.chars().nth(MAX_SHOWN).is_none() && !text.contains('\n');
        let room = self.texts.len() < MAX_SPELLINGS && !self.texts.contains(&spelling);
        if is_short && room {
            self.texts.push(spelling);
        }
        for OddCharacter { character, code, instead, .. } in respelled.odd {
            if !self.characters.iter().any(|known| known.character == character) {
                let has_glyph = !lacks(&character);
                self.characters.push(PrintedCharacter { character, code, instead, has_glyph });
            }
        }
    }
}

impl PrintedCharacter {
    /// `髙(U+9AD9)→高`; where the font lacks it, the paper has the code alone.
    pub(super) fn line(&self) -> String {
        let instead = self.instead.as_deref().unwrap_or("〓");
        match self.has_glyph {
            true => format!("{}({})→{instead}", self.character, self.code),
            false => format!("{}→{instead}", self.code),
        }
    }
}

/// What people wrote themselves; options are the catalogue's own words.
fn written(value: &Value) -> Vec<&str> {
    match value {
        Value::Text(text) => vec![text],
        Value::Org(org) => org.name.as_deref().into_iter().collect(),
        Value::Table(rows) => {
            rows.iter().flat_map(|row| row.values()).map(String::as_str).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(values: &[(&str, serde_json::Value)]) -> FilledForm {
        let mut form = Catalogue::built_in().empty("nagareyama-renkei").unwrap();
        values.iter().for_each(|(id, value)| form.set(id, value).unwrap());
        form
    }

    #[test]
    fn each_name_stands_once_in_both_spellings() {
        let contacts = json!([["1", "髙﨑 桜子", "長女", ""], ["2", "𠮷田 一", "", ""]]);
        let values = [("name", json!("髙﨑 桜子")), ("contacts", contacts), ("sex", json!("女"))];
        let spellings = Spellings::of(Catalogue::built_in(), &form(&values), "佐藤 健", false);
        let texts: Vec<_> = spellings.texts.iter().map(|one| one.respelled.as_str()).collect();
        assert_eq!(texts, ["高崎 桜子", "吉田 一"]);
        let lines: Vec<_> = spellings.characters.iter().map(PrintedCharacter::line).collect();
        assert_eq!(lines, ["髙(U+9AD9)→高", "﨑(U+FA11)→崎", "U+20BB7→吉"]);
    }

    #[test]
    fn the_familys_copy_tells_nothing_of_what_is_for_staff_only() {
        let values = [("acp_wish", json!("髙度な処置は望まない"))];
        assert_eq!(
            Spellings::of(Catalogue::built_in(), &form(&values), "", true),
            Spellings::default()
        );
        assert_eq!(
            Spellings::of(Catalogue::built_in(), &form(&values), "", false).characters.len(),
            1
        );
    }

    #[test]
    fn options_are_no_writing_and_long_texts_are_told_by_their_characters() {
        let long = "髙".repeat(MAX_SHOWN + 1);
        let values = [("dementia_independence", json!("Ⅱb")), ("disease", json!(long))];
        let spellings = Spellings::of(Catalogue::built_in(), &form(&values), "", false);
        assert_eq!((spellings.texts.len(), spellings.characters.len()), (0, 1));
        let many: Vec<_> = (0..20).map(|n| json!([format!("髙{n}"), "", "", ""])).collect();
        let spellings =
            Spellings::of(Catalogue::built_in(), &form(&[("contacts", json!(many))]), "", false);
        assert_eq!(spellings.texts.len(), MAX_SPELLINGS);
        let short = "髙".repeat(MAX_SHOWN);
        assert_eq!(
            Spellings::of(Catalogue::built_in(), &form(&[("house", json!(short))]), "", false)
                .texts
                .len(),
            1
        );
    }
}
