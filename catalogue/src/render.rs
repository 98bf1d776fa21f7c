//! A filled form as plain Japanese text for a terminal window.

use crate::{
    Field, FieldType, FilledForm, FormKind, Provisional, Required, Value,
    dates::{Moment, format_time},
    era,
};
use jiff::civil::{Date, Weekday};

/// How [`render_text`] shows a form.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RenderOptions {
    /// The copy for the family (ご家族用の写し): fields for staff only are left out without a trace,
    /// and so is ★, which is the hospital's screening.
    pub family_copy: bool,
}

/// The form as text, one line per field, ended by a line feed.
///
/// Dates are shown in their era. Empty fields are left out, except required ones that apply and
/// that somebody has to type. A
/// field whose condition does not hold is left out when empty; when filled it is shown with a mark,
/// since what a sender wrote must not vanish. Every line of a value of several lines is indented,
/// so that no value looks like a heading.
pub fn render_text(filled: &FilledForm, options: RenderOptions) -> String {
    let form = filled.form();
    let mut text = form.title_ja.clone();
    text.push_str(match form.provisional() {
        Provisional::All => "【暫定】",
        Provisional::Some => "【一部暫定】",
        Provisional::None => "",
    });
    text.push('\n');
    if options.family_copy {
        text.push_str("ご家族用の写し\n");
    }
    text.push_str(&format!("発行: {} 版: {} {}\n", form.issuer, form.version, form.edition));
    text.push_str(match form.provisional() {
        Provisional::All => "【暫定】公に確認されていない案です。\n",
        Provisional::Some => "【暫定】の項目は公式の様式で未確認です。\n",
        Provisional::None => "",
    });
    // Where the whole form is provisional its title says so, once.
    let marks =
        Marks { provisional: form.provisional() == Provisional::Some, star: !options.family_copy };
    if marks.star && filled.values().any(|(field, _)| field.star) {
        text.push_str("★は退院困難な要因に関わる項目です。\n");
    }
    for section in &form.sections {
        let shown = section.fields.iter().filter(|f| !(options.family_copy && f.staff_only));
        let lines: Vec<String> =
            shown.filter_map(|field| field_lines(filled, field, marks)).collect();
        if !lines.is_empty() {
            text.push_str(&format!("\n■ {}\n", section.title_ja));
            lines.iter().for_each(|line| text.push_str(line));
        }
    }
    text
}

#[derive(Clone, Copy)]
struct Marks {
    provisional: bool,
    star: bool,
}

fn field_lines(filled: &FilledForm, field: &Field, marks: Marks) -> Option<String> {
    if field.ty == FieldType::Static {
        return Some(format!("  {}\n", field.label_ja));
    }
    let mut label = format!("  {}", field.label_ja);
    if marks.star && field.star {
        label.push('★');
    }
    if marks.provisional && field.is_provisional() {
        label.push_str("【暫定】");
    }
    let applies = filled.applies(field);
    let Some(value) = filled.value(&field.id) else {
        let missed = field.required != Required::Optional && applies && !field.filled_by_send;
        return missed.then(|| format!("{label}: (未記入)\n"));
    };
    if !applies {
        label.push_str("〔前の項目の選択と合わない記入〕");
    }
    let weekday = filled.form().kind == FormKind::Notice;
    let unit = field.unit.as_deref().unwrap_or_default();
    let lines = match value {
        Value::Table(_) => table_lines(field, value),
        Value::Text(text) if text.contains('\n') => text.lines().map(str::to_owned).collect(),
        value => return Some(format!("{label}: {}{unit}\n", one_line(field, value, weekday))),
    };
    let lines = lines.iter().map(|line| format!("    {line}\n"));
    Some(format!("{label}:\n{}", lines.collect::<String>()))
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

fn table_lines(field: &Field, value: &Value) -> Vec<String> {
    let (FieldType::Table { columns }, Value::Table(rows)) = (&field.ty, value) else {
        return Vec::new();
    };
    let line = |(at, row): (usize, &std::collections::BTreeMap<String, String>)| {
        let cells = columns.iter().filter_map(|column| {
            let cell = row.get(column)?;
            Some(format!("{column}: {cell}"))
        });
        format!("{}. {}", at + 1, cells.collect::<Vec<_>>().join(" / "))
    };
    rows.iter().enumerate().map(line).collect()
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Catalogue;

    fn filled(form: &str, values: &[(&str, serde_json::Value)]) -> FilledForm {
        let mut filled = Catalogue::built_in().empty(form).unwrap();
        for (id, value) in values {
            filled.set(id, value).unwrap();
        }
        filled
    }

    #[test]
    fn the_family_copy_has_no_trace_of_staff_only_fields() {
        let form = Catalogue::built_in().form("mhlw-admission-info-r6").unwrap();
        let values = [
            ("abuse_suspicion", json!("あり")),
            ("abuse_note", json!("あざ")),
            ("pension", json!(["生活保護"])),
            ("acp_wish", json!("延命は望まない")),
            ("adl_move", json!("見守り")),
        ];
        let filled = filled(&form.id, &values);
        let staff = render_text(&filled, RenderOptions { family_copy: false });
        let family = render_text(&filled, RenderOptions { family_copy: true });
        for field in form.fields().filter(|field| field.staff_only) {
            assert!(!family.contains(&field.label_ja), "{}", field.label_ja);
        }
        for word in ["あざ", "生活保護", "延命は望まない"] {
            assert!(staff.contains(word) && !family.contains(word), "{word}");
        }
        assert!(family.contains("移動: 見守り") || family.contains("移動【暫定】: 見守り"));
        assert!(staff.contains("移動★") && !family.contains('★'));
    }

    #[test]
    fn fields_that_do_not_apply_hide_unless_somebody_wrote_into_them() {
        let shown = |values: &[(&str, serde_json::Value)]| {
            render_text(&filled("notice-discharge-date", values), RenderOptions::default())
        };
        assert!(!shown(&[("status", json!("決定"))]).contains("変更の理由"));
        let fits = shown(&[("status", json!("延期")), ("reason", json!("発熱"))]);
        assert!(fits.contains("  変更の理由: 発熱\n"));
        let unfit = shown(&[("status", json!("決定")), ("reason", json!("発熱"))]);
        assert!(unfit.contains("変更の理由〔前の項目の選択と合わない記入〕: 発熱\n"));
    }

    #[test]
    fn a_value_of_several_lines_cannot_look_like_a_heading() {
        let values = [("agenda", json!("経過\n■ 本文\n区分: 中止"))];
        let text = render_text(&filled("notice-conference", &values), RenderOptions::default());
        assert!(text.contains("  議題:\n    経過\n    ■ 本文\n    区分: 中止\n"));
    }

    #[test]
    fn dates_of_notices_have_their_weekday() {
        let values = [("date_out", json!("2026-11-22")), ("status", json!("決定"))];
        let text = render_text(&filled("notice-discharge-date", &values), RenderOptions::default());
        assert!(text.contains("退院予定日: 令和8年11月22日(日)\n"));
        let values = [("held_at", json!("2026-11-22T09:30+09:00"))];
        let text = render_text(&filled("notice-conference", &values), RenderOptions::default());
        assert!(text.contains(": 令和8年11月22日(日) 09:30\n"));
    }
}
