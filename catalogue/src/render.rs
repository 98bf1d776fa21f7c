//! A filled form as plain Japanese text for a terminal window.

mod fax;
mod mask;
mod structure;

pub use fax::{FaxForm, render_for_fax};
pub(crate) use structure::plain;
pub use structure::{RenderedForm, RenderedLine, RenderedSection, render};

use crate::{FilledForm, Provisional};

/// How [`render`] and [`render_text`] show a form.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RenderOptions {
    /// The copy for the family (ご家族用の写し): fields for staff only are left out without a trace,
    /// and so is ★, which is the hospital's screening.
    pub family_copy: bool,
    /// Marks a field that no official paper confirms by ◇ instead of 【暫定】, and says so below the
    /// title: for narrow columns.
    pub short_marks: bool,
    /// Shows the options with a box each, ticked (■) or not (□), and a grid row by row, as a printed
    /// form does. Without it, and where a choice has more options than fit on a line, only what was
    /// chosen is shown.
    pub boxes: bool,
}

/// The form as text, one line per field, ended by a line feed; what is shown is what [`render`] says.
///
/// Every line of a value of several lines is indented, so that no value looks like a heading.
pub fn render_text(filled: &FilledForm, options: RenderOptions) -> String {
    let rendered = render(filled, options);
    let mut text = rendered.title;
    text.push_str(match rendered.provisional {
        Provisional::All => "【暫定】",
        Provisional::Some => "【一部暫定】",
        Provisional::None => "",
    });
    text.push('\n');
    for note in &rendered.notes {
        text.push_str(&format!("{note}\n"));
    }
    for section in &rendered.sections {
        text.push_str(&format!("\n■ {}\n", section.title));
        section.lines.iter().for_each(|line| text.push_str(&line_text(line)));
    }
    text
}

fn line_text(line: &RenderedLine) -> String {
    match line {
        RenderedLine::Static(sentence) => format!("  {sentence}\n"),
        RenderedLine::Missing { label } => format!("  {label}: (未記入)\n"),
        RenderedLine::Value { label, lines } => match lines.as_slice() {
            [only] => format!("  {label}: {only}\n"),
            lines => indented(label, lines),
        },
        RenderedLine::Table { label, columns, rows } => {
            let line = |(at, row): (usize, &Vec<String>)| {
                let filled = columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
                let cells = filled.map(|(column, cell)| format!("{column}: {cell}"));
                format!("{}. {}", at + 1, cells.collect::<Vec<_>>().join(" / "))
            };
            indented(label, &rows.iter().enumerate().map(line).collect::<Vec<_>>())
        }
    }
}

fn indented(label: &str, lines: &[String]) -> String {
    let lines = lines.iter().map(|line| format!("    {line}\n"));
    format!("  {label}:\n{}", lines.collect::<String>())
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
        let staff = render_text(&filled, RenderOptions::default());
        let family =
            render_text(&filled, RenderOptions { family_copy: true, ..RenderOptions::default() });
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
