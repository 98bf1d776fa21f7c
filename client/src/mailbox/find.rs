//! Which message somebody means by an id or its beginning.

use std::collections::BTreeMap;

use tsumugu_trust::value::Id;

use super::message::RECORDS;
use crate::failure::Failure;
use crate::vault::Vault;

/// Characters of an id that are shown at least: the whole time in it, to the millisecond. What is shown
/// today still names one message tomorrow, and both sides read the same to each other on the telephone.
pub const SHORT_ID: usize = 12;

/// Hexadecimal digits of an id.
const DIGITS: usize = 32;

/// Sender and id of every message in the vault, in the order of their ids, which is that of their
/// making.
///
/// # Errors
/// As [`Vault::list`].
pub fn all(vault: &Vault) -> Result<Vec<(Id, Id)>, Failure> {
    let paths = vault.list(RECORDS)?;
    let mut found: Vec<_> = paths.iter().filter_map(|path| parse_path(path)).collect();
    found.sort_unstable_by_key(|(from, id)| (*id, *from));
    Ok(found)
}

/// The one message whose id begins with `text`. Capitals and hyphens do not matter.
///
/// # Errors
/// `message.bad-id`, `message.unknown-id`, `message.ambiguous-id`.
pub fn find(vault: &Vault, text: &str) -> Result<(Id, Id), Failure> {
    one_of(&all(vault)?, text)
}

/// For each id the shortest beginning that no other one has, of at least [`SHORT_ID`] characters.
///
/// Ids begin with their time, so those of one millisecond share their first twelve.
#[must_use]
pub fn short_ids(all: &[(Id, Id)]) -> BTreeMap<Id, String> {
    let mut ids: Vec<String> = all.iter().map(|(_, id)| id.to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut short = BTreeMap::new();
    for (place, id) in ids.iter().enumerate() {
        let neighbours = [place.checked_sub(1), Some(place + 1)];
        let neighbours = neighbours.into_iter().flatten().filter_map(|other| ids.get(other));
        let shared = neighbours.map(|other| shared(id, other)).max().unwrap_or(0);
        let length = (shared + 1).clamp(SHORT_ID, DIGITS);
        if let Ok(parsed) = id.parse() {
            short.insert(parsed, id[..length].to_owned());
        }
    }
    short
}

pub(crate) fn one_of(all: &[(Id, Id)], text: &str) -> Result<(Id, Id), Failure> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    let digits = digits.to_ascii_lowercase();
    let hexadecimal = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if digits.is_empty() || digits.len() > DIGITS || !hexadecimal {
        return Err(Failure::bad_message_id(text));
    }
    let mut found = all.iter().filter(|(_, id)| id.to_string().starts_with(&digits));
    match (found.next(), found.count()) {
        (None, _) => Err(Failure::unknown_message(text)),
        (Some(only), 0) => Ok(*only),
        (Some(_), more) => Err(Failure::ambiguous_message(text, more + 1)),
    }
}

fn parse_path(path: &str) -> Option<(Id, Id)> {
    let mut segments = path.split('/').skip(1);
    Some((segments.next()?.parse().ok()?, segments.next()?.parse().ok()?))
}

fn shared(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(texts: &[&str]) -> Vec<(Id, Id)> {
        let id = |text: &&str| format!("{text:0<32}").parse().unwrap();
        texts.iter().map(|text| (Id([1; 16]), id(text))).collect()
    }

    #[test]
    fn one_is_found_by_its_beginning() {
        let all = ids(&["0190aaaa11", "0190aaaa12", "0190b"]);
        let key = |text: &str| one_of(&all, text).map(|(_, id)| id).map_err(|e| e.key());
        assert_eq!(key("0190b"), Ok(all[2].1));
        assert_eq!(key(" 0190-AAAA12 "), Ok(all[1].1));
        assert_eq!(key("0190aaaa"), Err("message.ambiguous-id"));
        assert_eq!(key("02"), Err("message.unknown-id"));
        for bad in ["", "-", "xyz", &"0".repeat(33), "あ"] {
            assert_eq!(key(bad), Err("message.bad-id"), "{bad}");
        }
    }

    #[test]
    fn short_ids_are_unique_and_find_their_message() {
        let all = ids(&["0190aaaa11", "0190aaaa12", "0190b"]);
        let short = short_ids(&all);
        assert_eq!(short[&all[0].1], "0190aaaa1100");
        assert_eq!(short[&all[2].1], "0190b0000000");
        for (_, id) in &all {
            assert_eq!(one_of(&all, &short[id]).unwrap().1, *id);
        }
    }
}
