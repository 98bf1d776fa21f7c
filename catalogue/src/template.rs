//! An empty form as commented TOML, to be filled in with an editor.

use std::fmt::Write as _;

use crate::{Field, FieldType, Form, Provisional, Required};

/// A TOML file with a line for every field of the form, all commented out; as it stands it reads as
/// an empty form, and so it does with every line uncommented (except yes and no, which become no).
pub fn template(form: &Form) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = write_template(&mut text, form);
    text
}

fn write_template(text: &mut String, form: &Form) -> std::fmt::Result {
    writeln!(text, "# {}{} ({})", form.title_ja, provisional(form.provisional()), form.title_en)?;
    writeln!(
        text,
        "# 記入する項目の行頭の「# 」を消し、値を書いてください。空欄のままの項目は送られません。"
    )?;
    writeln!(
        text,
        "# Remove the `# ` before a field and fill in its value; blank fields are not sent."
    )?;
    writeln!(
        text,
        "# 日付は \"2026-11-22\"、\"令和8年11月22日\"、\"R8.11.22\" のどれでも書けます。"
    )?;
    writeln!(text)?;
    writeln!(text, "form = {}", toml::Value::from(form.id.as_str()))?;
    writeln!(text, "version = {}", toml::Value::from(form.version.as_str()))?;
    writeln!(text)?;
    writeln!(text, "[values]")?;
    for section in &form.sections {
        writeln!(text, "\n# ==== {} ({}) ====", section.title_ja, section.title_en)?;
        for field in &section.fields {
            write_field(text, form, field)?;
        }
    }
    Ok(())
}

fn write_field(text: &mut String, form: &Form, field: &Field) -> std::fmt::Result {
    let unit = field.unit.as_deref().map(|unit| format!(" [{unit}]")).unwrap_or_default();
    writeln!(text, "\n# {}{unit} / {}{}", field.label_ja, field.label_en, marks(field))?;
    if let Some(condition) = &field.when {
        let label = form.field(&condition.field).map_or("", |field| field.label_ja.as_str());
        writeln!(text, "#   「{label}」が {} のとき", condition.any_of.join("・"))?;
    }
    if !field.ty.options().is_empty() {
        writeln!(text, "#   選択肢: {}", field.ty.options().join(" | "))?;
    }
    if let FieldType::Table { columns } = &field.ty {
        writeln!(text, "#   列: {} (1行は [\"…\", \"…\"])", columns.join(" | "))?;
    }
    if field.ty == FieldType::Static {
        return writeln!(text, "#   (印刷用の定型文。値は書きません)");
    }
    writeln!(text, "# {} = {}", field.id, blank(&field.ty))
}

/// The blank that reads as no value.
fn blank(ty: &FieldType) -> String {
    match ty {
        FieldType::Attachment | FieldType::Checklist { .. } => "[]".to_owned(),
        FieldType::Boolean => "false".to_owned(),
        FieldType::DateRange => "{ from = \"\", to = \"\" }".to_owned(),
        FieldType::Grid { rows, .. } => {
            let row = |row: &String| format!("{} = \"\"", toml::Value::from(row.as_str()));
            format!("{{ {} }}", rows.iter().map(row).collect::<Vec<_>>().join(", "))
        }
        FieldType::Org => "{ number = \"\", name = \"\" }".to_owned(),
        FieldType::Table { columns } => format!("[[{}]]", vec!["\"\""; columns.len()].join(", ")),
        _ => "\"\"".to_owned(),
    }
}

fn marks(field: &Field) -> String {
    let mut marks = String::new();
    marks.push_str(match field.required {
        Required::System => "【必須】",
        Required::Fee => "【必要な情報】",
        Required::Region => "【地域の必須項目】",
        Required::Optional => "",
    });
    for (mark, set) in [
        ("【送信時に自動】", field.filled_by_send),
        ("【職員限り】", field.staff_only),
        ("★", field.star),
        ("【暫定】", field.is_provisional()),
    ] {
        if set {
            marks.push_str(mark);
        }
    }
    if marks.is_empty() { marks } else { format!(" {marks}") }
}

fn provisional(provisional: Provisional) -> &'static str {
    match provisional {
        Provisional::All => "【暫定】",
        Provisional::Some => "【一部暫定】",
        Provisional::None => "",
    }
}
