//! Values of several parts: date ranges, grids, institutions.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{bad_date, line, lists::option, moment_text, wrong};
use crate::{
    Fault, FieldType, Value,
    dates::parse_date,
    limits::ORG_NUMBER_DIGITS,
    raw::Raw,
    text::{fold_width, quotable},
    value::Org,
};

/// `{ from, to }` with at least one of the two, or both dates as a text with ～ between.
pub(super) fn date_range(raw: &Raw) -> Result<Option<Value>, Fault> {
    let (from, to) = match raw {
        Raw::Map(entries) => {
            let [from, to] = known_parts(entries, ["from", "to"])?;
            (range_end(from)?, range_end(to)?)
        }
        Raw::Text(text) => {
            let (from, to) =
                text.split_once(['～', '〜', '~']).ok_or_else(|| wrong(&FieldType::DateRange))?;
            let end = |text: &str| {
                let blank = text.trim().is_empty();
                (!blank).then(|| parse_date(text)).transpose().map_err(bad_date)
            };
            (end(from)?, end(to)?)
        }
        _ => return Err(wrong(&FieldType::DateRange)),
    };
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(Fault::RangeReversed);
    }
    Ok((from.is_some() || to.is_some()).then_some(Value::DateRange { from, to }))
}

/// A map from row to option; rows may be left out.
pub(super) fn grid(
    raw: &Raw,
    rows: &[String],
    options: &[String],
    ty: &FieldType,
) -> Result<Option<Value>, Fault> {
    let Raw::Map(entries) = raw else { return Err(wrong(ty)) };
    let mut chosen = BTreeMap::new();
    for (row, value) in entries {
        if !rows.contains(row) {
            return Err(Fault::UnknownPart { key: quotable(row), known: rows.to_vec() });
        }
        if !value.is_empty() {
            chosen.insert(row.clone(), option(value, options, ty)?);
        }
    }
    Ok((!chosen.is_empty()).then_some(Value::Grid(chosen)))
}

/// `{ number, name }` with at least one of the two; a text of ten digits is a number, another one a
/// name.
pub(super) fn org(raw: &Raw) -> Result<Option<Value>, Fault> {
    let (number, name) = match raw {
        Raw::Text(text) => match org_number(text) {
            Some(number) => (Some(number), None),
            None => (None, Some(line(text)?)),
        },
        Raw::Map(entries) => {
            let [number, name] = known_parts(entries, ["number", "name"])?;
            let number = number.map(|raw| match raw {
                Raw::Text(text) => org_number(text).ok_or(Fault::BadOrg),
                _ => Err(Fault::BadOrg),
            });
            let name = name.map(|raw| match raw {
                Raw::Text(text) => line(text),
                _ => Err(Fault::BadOrg),
            });
            (number.transpose()?, name.transpose()?)
        }
        _ => return Err(wrong(&FieldType::Org)),
    };
    Ok((number.is_some() || name.is_some()).then_some(Value::Org(Org { number, name })))
}

fn org_number(text: &str) -> Option<String> {
    let text = fold_width(text);
    let text = text.trim();
    let fits = text.len() == ORG_NUMBER_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.to_owned())
}

fn range_end(raw: Option<&Raw>) -> Result<Option<Date>, Fault> {
    let Some(raw) = raw else { return Ok(None) };
    parse_date(moment_text(raw, &FieldType::DateRange)?).map(Some).map_err(bad_date)
}

/// The two parts of a map that may have no others; blank parts are none.
fn known_parts<'a>(
    entries: &'a [(String, Raw)],
    known: [&str; 2],
) -> Result<[Option<&'a Raw>; 2], Fault> {
    if let Some((key, _)) = entries.iter().find(|(key, _)| !known.contains(&key.as_str())) {
        let known = known.map(str::to_owned).to_vec();
        return Err(Fault::UnknownPart { key: quotable(key), known });
    }
    let part = |name: &str| {
        let entry = entries.iter().find(|(key, _)| key == name);
        entry.map(|(_, value)| value).filter(|value| !value.is_empty())
    };
    Ok([part(known[0]), part(known[1])])
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn text(text: &str) -> Raw {
        Raw::Text(text.to_owned())
    }

    #[test]
    fn ranges_are_read_from_both_shapes_and_may_be_open() {
        let (from, to) = (Some(date(2026, 1, 1)), Some(date(2026, 12, 31)));
        let both = Ok(Some(Value::DateRange { from, to }));
        assert_eq!(date_range(&text("R8.1.1～令和8年12月31日")), both);
        let map = |entries: &[(&str, &str)]| {
            Raw::Map(entries.iter().map(|(k, v)| ((*k).to_owned(), text(v))).collect())
        };
        assert_eq!(date_range(&map(&[("from", "2026-01-01"), ("to", "R8.12.31")])), both);
        let open = Ok(Some(Value::DateRange { from, to: None }));
        assert_eq!(date_range(&map(&[("from", "2026-01-01"), ("to", "")])), open);
        assert_eq!(date_range(&text("～")), Ok(None));
        assert_eq!(date_range(&text("2026-01-02~2026-01-01")), Err(Fault::RangeReversed));
        assert!(matches!(date_range(&map(&[("bis", "x")])), Err(Fault::UnknownPart { .. })));
    }

    #[test]
    fn ten_digits_are_a_number_and_the_rest_is_a_name() {
        let read = |raw: &Raw| match org(raw) {
            Ok(Some(Value::Org(org))) => (org.number, org.name),
            other => panic!("{other:?}"),
        };
        assert_eq!(read(&text("１２１００００００１")), (Some("1210000001".to_owned()), None));
        assert_eq!(read(&text("流山中央病院")), (None, Some("流山中央病院".to_owned())));
        let number = Raw::Map(vec![("number".to_owned(), text("123"))]);
        assert_eq!(org(&number), Err(Fault::BadOrg));
    }
}
