//! Values that are lists: options, files, tables.

use std::collections::BTreeMap;

use super::{line, wrong};
use crate::{
    Fault, FieldType, Value,
    dates::parse_moment,
    limits::{MAX_ATTACHMENTS, MAX_FILE_NAME_BYTES, MAX_TABLE_ROWS},
    raw::Raw,
    text::{forbidden, quotable},
};

/// One of the options, spelt as in the form.
pub(super) fn option(raw: &Raw, options: &[String], ty: &FieldType) -> Result<String, Fault> {
    let Raw::Text(text) = raw else { return Err(wrong(ty)) };
    let text = text.trim();
    if !options.iter().any(|option| option == text) {
        return Err(Fault::NotAnOption { options: options.to_vec() });
    }
    Ok(text.to_owned())
}

/// Options, each once, put into the form's order.
pub(super) fn checklist(raw: &Raw, options: &[String]) -> Result<Option<Value>, Fault> {
    let ty = FieldType::Checklist { options: Vec::new() };
    let Raw::List(items) = raw else { return Err(wrong(&ty)) };
    let mut chosen: Vec<String> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let item = option(item, options, &ty)?;
        if chosen.contains(&item) {
            return Err(Fault::Duplicate { position: at + 1 });
        }
        chosen.push(item);
    }
    let ordered = options.iter().filter(|option| chosen.contains(option));
    Ok(Some(Value::Checklist(ordered.cloned().collect())))
}

/// File names, as a list or a single text.
pub(super) fn attachment(raw: &Raw) -> Result<Option<Value>, Fault> {
    let single;
    let items = match raw {
        Raw::List(items) => items,
        Raw::Text(_) => {
            single = vec![raw.clone()];
            &single
        }
        _ => return Err(wrong(&FieldType::Attachment)),
    };
    if items.len() > MAX_ATTACHMENTS {
        return Err(Fault::TooMany { limit: MAX_ATTACHMENTS, actual: items.len() });
    }
    let mut names: Vec<String> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let position = at + 1;
        let Raw::Text(name) = item else { return Err(wrong(&FieldType::Attachment)) };
        if !is_file_name(name) {
            return Err(Fault::BadFileName { position });
        }
        if names.contains(name) {
            return Err(Fault::Duplicate { position });
        }
        names.push(name.clone());
    }
    Ok(Some(Value::Attachment(names)))
}

/// Rows, each a map by column or a list in the columns' order; blank cells and rows are left out.
pub(super) fn table(raw: &Raw, columns: &[String]) -> Result<Option<Value>, Fault> {
    let ty = FieldType::Table { columns: Vec::new() };
    let Raw::List(items) = raw else { return Err(wrong(&ty)) };
    if items.len() > MAX_TABLE_ROWS {
        return Err(Fault::TooMany { limit: MAX_TABLE_ROWS, actual: items.len() });
    }
    let mut rows = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let row = match item {
            Raw::Map(entries) => row_by_column(entries, columns)?,
            Raw::List(cells) if cells.len() > columns.len() => {
                return Err(Fault::RowTooLong { row: at + 1, columns: columns.to_vec() });
            }
            Raw::List(cells) => row(columns.iter().zip(cells))?,
            _ => return Err(wrong(&ty)),
        };
        if !row.is_empty() {
            rows.push(row);
        }
    }
    Ok((!rows.is_empty()).then_some(Value::Table(rows)))
}

fn row_by_column(
    entries: &[(String, Raw)],
    columns: &[String],
) -> Result<BTreeMap<String, String>, Fault> {
    if let Some((key, _)) = entries.iter().find(|(key, _)| !columns.contains(key)) {
        return Err(Fault::UnknownPart { key: quotable(key), known: columns.to_vec() });
    }
    row(entries.iter().map(|(key, cell)| (key, cell)))
}

fn row<'a>(
    cells: impl Iterator<Item = (&'a String, &'a Raw)>,
) -> Result<BTreeMap<String, String>, Fault> {
    let mut row = BTreeMap::new();
    for (column, cell) in cells.filter(|(_, cell)| !cell.is_empty()) {
        row.insert(column.clone(), self::cell(cell)?);
    }
    Ok(row)
}

/// A cell is text; whole numbers and TOML's dates become text.
fn cell(raw: &Raw) -> Result<String, Fault> {
    match raw {
        Raw::Text(text) => line(text),
        Raw::Integer(value) => Ok(value.to_string()),
        Raw::Datetime(text) => {
            Ok(parse_moment(text).map_or_else(|_| text.clone(), |moment| moment.to_string()))
        }
        _ => Err(Fault::WrongType { expected: "text" }),
    }
}

/// A plain name: no folder, nothing that a common file system refuses or a terminal obeys.
fn is_file_name(name: &str) -> bool {
    let spoils = |c: char| "/\\:*?\"<>|\n\t".contains(c);
    !name.trim().is_empty()
        && name.trim() == name
        && name.len() <= MAX_FILE_NAME_BYTES
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains(spoils)
        && forbidden(name).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Raw {
        Raw::Text(text.to_owned())
    }

    #[test]
    fn file_names_are_plain() {
        assert!(is_file_name("居宅サービス計画書 1表.pdf"));
        assert!(is_file_name(&"a".repeat(MAX_FILE_NAME_BYTES)));
        assert!(!is_file_name(&"a".repeat(MAX_FILE_NAME_BYTES + 1)));
        for name in ["", " ", "..", ".pdf", "a/b", "a\\b", "C:a", "a\u{202e}fdp.exe", "a.", "a\n"] {
            assert!(!is_file_name(name), "{name:?}");
        }
    }

    #[test]
    fn attachments_and_rows_keep_their_limits() {
        let names = |n: usize| Raw::List((0..n).map(|i| text(&format!("{i}.pdf"))).collect());
        assert!(attachment(&names(MAX_ATTACHMENTS)).is_ok());
        let fault = Fault::TooMany { limit: MAX_ATTACHMENTS, actual: MAX_ATTACHMENTS + 1 };
        assert_eq!(attachment(&names(MAX_ATTACHMENTS + 1)), Err(fault));

        let columns = ["氏名".to_owned()];
        let rows = |n: usize| Raw::List(vec![Raw::List(vec![text("花子")]); n]);
        assert!(table(&rows(MAX_TABLE_ROWS), &columns).is_ok());
        let fault = Fault::TooMany { limit: MAX_TABLE_ROWS, actual: MAX_TABLE_ROWS + 1 };
        assert_eq!(table(&rows(MAX_TABLE_ROWS + 1), &columns), Err(fault));
    }

    #[test]
    fn blank_cells_and_rows_are_no_value() {
        let columns = ["順".to_owned(), "氏名".to_owned()];
        let blank = Raw::List(vec![Raw::List(vec![text(""), text(" ")])]);
        assert_eq!(table(&blank, &columns), Ok(None));
        let one = Raw::List(vec![Raw::List(vec![Raw::Integer(1)])]);
        let row = BTreeMap::from([("順".to_owned(), "1".to_owned())]);
        assert_eq!(table(&one, &columns), Ok(Some(Value::Table(vec![row]))));
    }

    #[test]
    fn options_come_in_the_order_of_the_form() {
        let options = ["甲".to_owned(), "乙".to_owned()];
        let given = Raw::List(vec![text("乙"), text("甲")]);
        assert_eq!(checklist(&given, &options), Ok(Some(Value::Checklist(options.to_vec()))));
        let twice = Raw::List(vec![text("甲"), text("甲")]);
        assert_eq!(checklist(&twice, &options), Err(Fault::Duplicate { position: 2 }));
    }
}
