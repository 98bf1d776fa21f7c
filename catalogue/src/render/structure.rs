//! A filled form as headings, labels and values: what a screen and a sheet of paper show alike.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};

use super::RenderOptions;
use crate::dates::{Moment, format_time};
use crate::{Field, FieldType, FilledForm, FormKind, Provisional, Required, Value, era};

/// A filled form, ready to be laid out. All texts are in Japanese.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RenderedForm {
    /// The form's title.
    pub title: String,
    /// The form's version (様式の版).
    pub version: String,
    /// How much of the form no official paper confirms (暫定).
    pub provisional: Provisional,
    /// How many A4 pages the official form has; 0 for a notice.
    pub pages: u32,
    /// What stands below the title: the issuer's line first, then hints.
    pub notes: Vec<String>,
    /// The sections that have something to show.
    pub sections: Vec<RenderedSection>,
}

/// A section with its lines.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RenderedSection {
    /// Its heading.
    pub title: String,
    /// At least one.
    pub lines: Vec<RenderedLine>,
}

/// A field as it is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RenderedLine {
    /// A sentence that is printed on the form.
    Static(String),
    /// A label and what was filled in.
    Value {
        /// The label, with its marks.
        label: String,
        /// At least one line; more where several were typed.
        lines: Vec<String>,
    },
    /// A field that somebody had to fill in and nobody did.
    Missing {
        /// The label, with its marks.
        label: String,
    },
    /// A label and a table.
    Table {
        /// The label, with its marks.
        label: String,
        /// Headings.
        columns: Vec<String>,
        /// Rows of as many cells, in the order of the columns; empty where nothing was filled in.
        rows: Vec<Vec<String>>,
    },
}

/// What a form shows.
///
/// Dates are shown in their era. Empty fields are left out, except required ones that apply and that
/// somebody has to type. A field whose condition does not hold is left out when empty; when filled it
/// is shown with a mark, since what a sender wrote must not vanish.
pub fn render(filled: &FilledForm, options: RenderOptions) -> RenderedForm {
    render_with(filled, options, |_, line| Some(line))
}

/// As [`render`]; `change` may change or leave out what is shown of a field.
pub(super) fn render_with(
    filled: &FilledForm,
    options: RenderOptions,
    change: impl Fn(&Field, RenderedLine) -> Option<RenderedLine>,
) -> RenderedForm {
    let form = filled.form();
    let mut notes = Vec::new();
    if options.family_copy {
        notes.push("ご家族用の写し".to_owned());
    }
    notes.push(format!("発行: {} 版: {} {}", form.issuer, form.version, form.edition));
    match form.provisional() {
        Provisional::All => notes.push("【暫定】公に確認されていない案です。".to_owned()),
        Provisional::Some => {
            notes.push(match options.short_marks {
                true => "◇の項目は公式の様式で未確認です（暫定）。".to_owned(),
                false => "【暫定】の項目は公式の様式で未確認です。".to_owned(),
            });
        }
        Provisional::None => {}
    }
    // Where the whole form is provisional its title says so, once.
    let marks = Marks {
        provisional: (form.provisional() == Provisional::Some).then(|| provisional_mark(options)),
        star: !options.family_copy,
    };
    if marks.star && filled.values().any(|(field, _)| field.star) {
        notes.push("★は退院困難な要因に関わる項目です。".to_owned());
    }
    let section = |section: &crate::Section| {
        let shown = section.fields.iter().filter(|f| !(options.family_copy && f.staff_only));
        let mut shown_lines = Vec::new();
        for field in shown {
            for line in lines(filled, field, (marks, options)) {
                shown_lines.extend(change(field, line));
            }
        }
        let lines = shown_lines;
        let title = section.title_ja.clone();
        (!lines.is_empty()).then_some(RenderedSection { title, lines })
    };
    RenderedForm {
        title: filled.summary_ja(),
        version: form.version.clone(),
        provisional: form.provisional(),
        pages: form.pages,
        notes,
        sections: form.sections.iter().filter_map(section).collect(),
    }
}

#[derive(Clone, Copy)]
struct Marks {
    provisional: Option<&'static str>,
    star: bool,
}

fn provisional_mark(options: RenderOptions) -> &'static str {
    if options.short_marks { "◇" } else { "【暫定】" }
}

fn lines(
    filled: &FilledForm,
    field: &Field,
    (marks, options): (Marks, RenderOptions),
) -> Vec<RenderedLine> {
    if field.ty == FieldType::Static {
        return vec![RenderedLine::Static(field.label_ja.clone())];
    }
    let mut label = field.label_ja.clone();
    if marks.star && field.star {
        label.push('★');
    }
    if field.is_provisional() {
        label.push_str(marks.provisional.unwrap_or_default());
    }
    let applies = filled.applies(field);
    let Some(value) = filled.value(&field.id) else {
        let missed = field.required != Required::Optional && applies && !field.filled_by_send;
        return missed.then_some(RenderedLine::Missing { label }).into_iter().collect();
    };
    if !applies {
        label.push_str("〔前の項目の選択と合わない記入〕");
    }
    let weekday = filled.form().kind == FormKind::Notice;
    let unit = field.unit.as_deref().unwrap_or_default();
    if options.boxes
        && let Some(lines) = boxes(&label, field, value)
    {
        return lines;
    }
    vec![match (value, &field.ty) {
        (Value::Table(rows), FieldType::Table { columns }) => {
            RenderedLine::Table { label, columns: columns.clone(), rows: cells(columns, rows) }
        }
        (Value::Text(text), _) if text.contains('\n') => {
            RenderedLine::Value { label, lines: text.lines().map(str::to_owned).collect() }
        }
        (value, _) => {
            let text = format!("{}{unit}", one_line(field, value, weekday));
            RenderedLine::Value { label, lines: vec![text] }
        }
    }]
}

/// Options as a printed form has them: all of them, the chosen ones ticked.
fn boxes(label: &str, field: &Field, value: &Value) -> Option<Vec<RenderedLine>> {
    /// Most characters of a choice's options that stand on one line beside their boxes.
    const MOST: usize = 24;
    let boxed =
        |is_chosen: bool, option: &str| format!("{}{option}", if is_chosen { '■' } else { '□' });
    let one = |text: String| RenderedLine::Value { label: label.to_owned(), lines: vec![text] };
    let line = match (value, &field.ty) {
        (Value::Boolean(value), _) => {
            one(format!("{}  {}", boxed(*value, "はい"), boxed(!value, "いいえ")))
        }
        (Value::Choice(chosen), FieldType::Choice { options }) => {
            let long = options.iter().map(|option| option.chars().count()).sum::<usize>() > MOST;
            let shown = options.iter().filter(|option| !long || *option == chosen);
            let shown = shown.map(|option| boxed(option == chosen, option));
            one(shown.collect::<Vec<_>>().join("  "))
        }
        (Value::Checklist(chosen), FieldType::Checklist { options }) => {
            let shown = options.iter().map(|option| boxed(chosen.contains(option), option));
            one(shown.collect::<Vec<_>>().join("  "))
        }
        (Value::Grid(chosen), FieldType::Grid { rows, options }) => {
            let line = |row: &String| {
                let ticked = |option: &String| chosen.get(row) == Some(option);
                let shown = options.iter().map(|option| boxed(ticked(option), option));
                RenderedLine::Value {
                    label: format!("{label} {row}"),
                    lines: vec![shown.collect::<Vec<_>>().join("  ")],
                }
            };
            return Some(rows.iter().map(line).collect());
        }
        _ => return None,
    };
    Some(vec![line])
}

fn cells(columns: &[String], rows: &[BTreeMap<String, String>]) -> Vec<Vec<String>> {
    let row = |row: &BTreeMap<String, String>| {
        columns.iter().map(|column| row.get(column).cloned().unwrap_or_default()).collect()
    };
    rows.iter().map(row).collect()
}

pub(crate) fn plain(field: &Field, value: &Value) -> String {
    let unit = field.unit.as_deref().unwrap_or_default();
    format!("{}{unit}", one_line(field, value, false))
}

fn one_line(field: &Field, value: &Value, weekday: bool) -> String {
    match value {
        Value::Attachment(items) | Value::Checklist(items) => items.join("、"),
        Value::Boolean(true) => "はい".to_owned(),
        Value::Boolean(false) => "いいえ".to_owned(),
        Value::Choice(text) | Value::Phone(text) | Value::Text(text) => text.clone(),
        Value::Date(date) if weekday => date_with_weekday(*date),
        Value::Date(date) => era::format(*date),
        Value::DateRange { from, to } => {
            let end = |date: &Option<Date>| date.map(era::format).unwrap_or_default();
            format!("{}～{}", end(from), end(to))
        }
        Value::DateTime(moment) => moment_ja(moment),
        Value::Grid(chosen) => {
            let FieldType::Grid { rows, .. } = &field.ty else { return String::new() };
            let cells = rows.iter().filter_map(|row| Some(format!("{row} {}", chosen.get(row)?)));
            cells.collect::<Vec<_>>().join("、")
        }
        Value::Number(number) => number.to_string(),
        Value::Org(org) => match (&org.name, &org.number) {
            (Some(name), Some(number)) => format!("{name} ({number})"),
            (Some(text), None) | (None, Some(text)) => text.clone(),
            (None, None) => String::new(),
        },
        Value::Table(_) => String::new(),
        Value::Time(time) => format_time(*time),
    }
}

fn moment_ja(moment: &Moment) -> String {
    let local = moment.local;
    let zone = match moment.offset_minutes {
        // Japan's own time needs no mention.
        None | Some(540) => String::new(),
        Some(_) => {
            let canonical = moment.to_string();
            // The offset follows the sixteen characters of date and time.
            format!(" ({})", canonical.get(16..).unwrap_or_default())
        }
    };
    let (date, time) = (date_with_weekday(local.date()), format_time(local.time()));
    format!("{date} {time}{zone}")
}

fn date_with_weekday(date: Date) -> String {
    let weekday = match date.weekday() {
        Weekday::Monday => "月",
        Weekday::Tuesday => "火",
        Weekday::Wednesday => "水",
        Weekday::Thursday => "木",
        Weekday::Friday => "金",
        Weekday::Saturday => "土",
        Weekday::Sunday => "日",
    };
    format!("{}({weekday})", era::format(date))
}
