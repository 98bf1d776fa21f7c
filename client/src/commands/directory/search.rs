//! What is looked for in the directory: words as people type them, and what an institution is.

use tsumugu_trust::directory::fold_name;
use tsumugu_trust::value::InstitutionKind;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::listing::Listing;
use crate::args::DirectoryArgs;

/// Fewest digits that are looked for in numbers; one digit stands in nearly all of them.
const MIN_DIGITS: usize = 2;

/// A search; the empty one finds everybody.
#[derive(Debug, Default)]
pub(in crate::commands) struct Query {
    words: Vec<Word>,
    kinds: Vec<InstitutionKind>,
    units: Vec<Word>,
    towns: Vec<Word>,
    is_member: Option<bool>,
}

/// One word, in the spellings in which it is compared.
#[derive(Debug)]
struct Word {
    folded: String,
    plain: String,
    digits: Option<String>,
}

impl Query {
    /// As the command line says.
    pub(super) fn of(args: &DirectoryArgs) -> Self {
        let words = args.query.iter().flat_map(|typed| typed.split_whitespace());
        Self {
            words: words.map(Word::new).collect(),
            kinds: args.kind.clone(),
            units: args.unit.iter().map(|typed| Word::new(typed)).collect(),
            towns: args.town.iter().map(|typed| Word::new(typed)).collect(),
            is_member: match (args.members, args.fax_only) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
        }
    }

    /// Every word has to stand somewhere; of several kinds one suffices.
    pub(super) fn fits(&self, listing: &Listing) -> bool {
        let unit = |word: &Word| {
            listing.units.iter().any(|unit| unit.unit == word.plain || word.is_in(&unit.name))
        };
        let town = |word: &Word| listing.town.as_ref().is_some_and(|town| word.is_in(town));
        (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind.word() == listing.kind))
            && self.is_member.is_none_or(|member| member != listing.fax_only)
            && self.words.iter().all(|word| word.fits(listing))
            && self.units.iter().all(unit)
            && self.towns.iter().all(town)
    }
}

impl Word {
    fn new(typed: &str) -> Self {
        let plain = plain(typed);
        let is_number = plain.chars().all(|c| c.is_ascii_digit() || "-()+".contains(c));
        let digits = only_digits(&plain);
        let digits = (is_number && digits.len() >= MIN_DIGITS).then_some(digits);
        Self { folded: unvoiced(typed), plain, digits }
    }

    fn fits(&self, listing: &Listing) -> bool {
        let former = listing.formerly.iter().flat_map(|named| [&named.name, &named.number]);
        let texts = [&listing.name, &listing.kana].into_iter().chain(&listing.town);
        let mut texts = texts.chain(&listing.label).chain(former);
        let numbers = [&listing.number, &listing.telephone].into_iter().chain(&listing.fax);
        let number =
            |digits: &String| numbers.clone().any(|number| only_digits(number).contains(digits));
        texts.any(|text| self.is_in(text))
            || plain(&listing.number).contains(&self.plain)
            || self.digits.as_ref().is_some_and(number)
    }

    /// Names are searched as they are told apart, and voiced marks left out do not matter; a word that
    /// folding takes away, such as 一 or 医療法人, is looked for as it is.
    fn is_in(&self, text: &str) -> bool {
        unvoiced(text).contains(&self.folded) || plain(text).contains(&self.plain)
    }
}

/// Folded (`docs/FORMATS.md`, section 2.3), and without dakuten and handakuten.
fn unvoiced(text: &str) -> String {
    fold_name(text).nfd().filter(|c| !is_combining_mark(*c)).collect()
}

fn plain(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase()
}

fn only_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
