//! Reads one field's value. An empty value (null, a blank text, an empty list or map) is no value,
//! whatever the type: a template sent with blanks is a form with blanks.

mod lists;
mod parts;

use crate::{
    Fault, Field, FieldType, Value,
    dates::{MomentFault, parse_date, parse_moment, parse_time},
    limits::{
        MAX_NUMBER_HUNDREDTHS, MAX_PHONE_DIGITS, MAX_TEXT_CHARS, MAX_TEXTAREA_CHARS,
        MIN_PHONE_DIGITS,
    },
    raw::Raw,
    text::{fold_width, forbidden},
    value::Number,
};

/// The value of a field, or none if nothing was filled in.
pub(crate) fn read(field: &Field, raw: &Raw) -> Result<Option<Value>, Fault> {
    if raw.is_empty() {
        return Ok(None);
    }
    let value = match &field.ty {
        FieldType::Static => return Err(Fault::StaticValue),
        FieldType::Attachment => return lists::attachment(raw),
        FieldType::Boolean => boolean(raw)?,
        FieldType::Checklist { options } => return lists::checklist(raw, options),
        FieldType::Choice { options } => Value::Choice(lists::option(raw, options, &field.ty)?),
        FieldType::Date => Value::Date(parse_date(moment_text(raw, &field.ty)?).map_err(bad_date)?),
        FieldType::DateRange => return parts::date_range(raw),
        FieldType::DateTime => date_time(raw)?,
        FieldType::Grid { rows, options } => return parts::grid(raw, rows, options, &field.ty),
        FieldType::Number => number(raw)?,
        FieldType::Org => return parts::org(raw),
        FieldType::Phone => phone(raw)?,
        FieldType::Table { columns } => return lists::table(raw, columns),
        FieldType::Text => Value::Text(line(plain(raw, &field.ty)?)?),
        FieldType::Textarea => {
            // Windows editors end lines with CR LF.
            let text = plain(raw, &field.ty)?.replace("\r\n", "\n");
            checked(&text, MAX_TEXTAREA_CHARS)?;
            Value::Text(text)
        }
        FieldType::Time => {
            let text = moment_text(raw, &field.ty)?;
            Value::Time(parse_time(text).ok_or(Fault::BadTime)?)
        }
    };
    Ok(Some(value))
}

fn boolean(raw: &Raw) -> Result<Value, Fault> {
    match raw {
        Raw::Boolean(value) => Ok(Value::Boolean(*value)),
        _ => Err(wrong(&FieldType::Boolean)),
    }
}

fn date_time(raw: &Raw) -> Result<Value, Fault> {
    let text = moment_text(raw, &FieldType::DateTime)?;
    parse_moment(text).map(Value::DateTime).map_err(|fault| match fault {
        MomentFault::Date(fault) => bad_date(fault),
        MomentFault::Other => Fault::BadDateTime,
    })
}

/// A number of the format, or its digits as text.
fn number(raw: &Raw) -> Result<Value, Fault> {
    let hundredths = match raw {
        Raw::Integer(value) => value.checked_mul(100),
        Raw::Float(value) => hundredths(*value),
        Raw::Text(text) => decimal(&fold_width(text)),
        _ => return Err(wrong(&FieldType::Number)),
    };
    let number = hundredths.and_then(Number::from_hundredths).ok_or(Fault::BadNumber)?;
    Ok(Value::Number(number))
}

/// A double as hundredths, if it has at most two decimals.
pub(crate) fn hundredths(value: f64) -> Option<i64> {
    #[expect(clippy::cast_precision_loss, reason = "the limit has 27 bits")]
    let limit = MAX_NUMBER_HUNDREDTHS as f64;
    let scaled = value * 100.0;
    let rounded = scaled.round();
    // Not-a-number fails both comparisons.
    let fits = (0.0..=limit).contains(&rounded) && (scaled - rounded).abs() < 1e-6;
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and the limit")]
    fits.then_some(rounded as i64)
}

/// Digits with at most two decimals as hundredths.
fn decimal(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(rest) || whole.len() > 6 || rest.len() > 2 {
        return None;
    }
    format!("{whole}{rest:0<2}").parse().ok()
}

/// Digits with `-`, spaces, brackets and a leading `+`, and optionally 内線 with an extension.
fn phone(raw: &Raw) -> Result<Value, Fault> {
    let text = fold_width(plain(raw, &FieldType::Phone)?);
    let text = text.trim();
    let (number, extension) = match text.split_once("内線") {
        Some((number, extension)) => (number, Some(extension.trim())),
        None => (text, None),
    };
    let number_fits = number.char_indices().all(|(at, c)| match c {
        '+' => at == 0,
        c => c.is_ascii_digit() || matches!(c, '-' | ' ' | '(' | ')'),
    });
    let extension_fits =
        extension.is_none_or(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()));
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let count_fits = (MIN_PHONE_DIGITS..=MAX_PHONE_DIGITS).contains(&digits);
    // Separators have their place in a number, but not without end.
    if number_fits && extension_fits && count_fits && text.len() <= 2 * MAX_PHONE_DIGITS {
        Ok(Value::Phone(text.to_owned()))
    } else {
        Err(Fault::BadPhone)
    }
}

/// The text of a value of a text type.
fn plain<'a>(raw: &'a Raw, ty: &FieldType) -> Result<&'a str, Fault> {
    match raw {
        Raw::Text(text) => Ok(text),
        _ => Err(wrong(ty)),
    }
}

/// The text of a date or time, which TOML also has as its own type.
fn moment_text<'a>(raw: &'a Raw, ty: &FieldType) -> Result<&'a str, Fault> {
    match raw {
        Raw::Datetime(text) | Raw::Text(text) => Ok(text),
        _ => Err(wrong(ty)),
    }
}

/// One line of text, as typed.
fn line(text: &str) -> Result<String, Fault> {
    if text.contains('\n') {
        return Err(Fault::LineBreak);
    }
    checked(text, MAX_TEXT_CHARS)?;
    Ok(text.to_owned())
}

fn checked(text: &str, limit: usize) -> Result<(), Fault> {
    if let Some(c) = forbidden(text) {
        return Err(Fault::ForbiddenCharacter { character: c.into() });
    }
    let actual = text.chars().count();
    if actual > limit { Err(Fault::TooLong { limit, actual }) } else { Ok(()) }
}

fn wrong(ty: &FieldType) -> Fault {
    Fault::WrongType { expected: ty.name() }
}

fn bad_date(fault: crate::DateFault) -> Fault {
    Fault::BadDate(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_to_two_decimals() {
        let read = |raw: Raw| match number(&raw) {
            Ok(Value::Number(number)) => Some(number.hundredths()),
            _ => None,
        };
        assert_eq!(read(Raw::Integer(82)), Some(8_200));
        assert_eq!(read(Raw::Float(0.1)), Some(10));
        assert_eq!(read(Raw::Float(999_999.99)), Some(MAX_NUMBER_HUNDREDTHS));
        assert_eq!(read(Raw::Text("８２．５".to_owned())), Some(8_250));
        for raw in [
            Raw::Integer(-1),
            Raw::Integer(1_000_000),
            Raw::Integer(i64::MAX),
            Raw::Float(1.005),
            Raw::Float(-0.01),
            Raw::Float(f64::NAN),
            Raw::Float(f64::INFINITY),
            Raw::Text("1e3".to_owned()),
            Raw::Text("+1".to_owned()),
        ] {
            assert_eq!(read(raw.clone()), None, "{raw:?}");
        }
    }

    #[test]
    fn telephone_numbers_are_read_and_folded() {
        let read = |text: &str| match phone(&Raw::Text(text.to_owned())) {
            Ok(Value::Phone(text)) => Some(text),
            _ => None,
        };
        assert_eq!(read("０４－７０００－１２３４").as_deref(), Some("04-7000-1234"));
        assert_eq!(read("+81 4-7000-1234 内線 12").as_deref(), Some("+81 4-7000-1234 内線 12"));
        assert_eq!(read("(04)7000-1234").as_deref(), Some("(04)7000-1234"));
        assert_eq!(read("119").as_deref(), Some("119"));
        assert_eq!(read(&"1".repeat(MAX_PHONE_DIGITS)), Some("1".repeat(MAX_PHONE_DIGITS)));
        for text in ["11", &"1".repeat(MAX_PHONE_DIGITS + 1), "04+7000", "電話なし", "04-7000内線"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
