//! A filled form as it may go over FAX: nobody's name, address or number, and nothing that is for staff
//! only.

use super::structure::render_with;
use super::{RenderOptions, RenderedForm, RenderedLine, mask};
use crate::{Field, FieldType, FilledForm, Value};

/// What may go over FAX of a form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FaxForm {
    /// The form, masked.
    pub form: RenderedForm,
    /// Fields that are filled and left out, as they are for staff only: how many.
    pub left_out: usize,
}

/// What a field is to somebody who picks up the paper.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sort {
    /// A person's name.
    Name,
    /// Whole made unreadable: addresses, telephone and insurance numbers, a name with other things.
    Hidden,
    /// A date of birth.
    Birth,
    /// Anything else; names and numbers are still looked for in it.
    Text,
    /// The sender's own: who wrote it and how to call back.
    Sender,
}

/// What may go over FAX (FAX用の写し): a paper at a wrong machine must not say whom it is about, and the
/// call that follows does. Provisional (暫定): masked as regions nearby ask for it, whose rules differ.
///
/// Which fields say it is told by what the form's own labels say, so a form that is data needs no list
/// here. In every other text the names are looked for as the form has them; a person reads the page
/// before it goes.
pub fn render_for_fax(filled: &FilledForm, options: RenderOptions) -> FaxForm {
    let hidden = hidden(filled);
    let left_out = filled.values().filter(|(field, _)| field.staff_only).count();
    let mut form = render_with(filled, options, |field, line| {
        (!field.staff_only && field.ty != FieldType::Attachment)
            .then(|| masked(field, line, &hidden))
    });
    form.notes.insert(0, "FAX用の写し：氏名・住所・電話・番号を伏せています。".to_owned());
    if left_out > 0 {
        form.notes.insert(1, format!("FAXに適さない {left_out} 項目は、載せていません。"));
    }
    FaxForm { form, left_out }
}

/// Names, and other texts that are made unreadable, as they may stand in other fields.
fn hidden(filled: &FilledForm) -> Vec<String> {
    let mut found = Vec::new();
    for (field, value) in filled.values() {
        match (value, sort(field)) {
            (Value::Text(text), Sort::Name) => found.extend(mask::spellings(text)),
            (Value::Text(text), Sort::Hidden) => found.push(text.clone()),
            (Value::Table(rows), _) => {
                for (column, cell) in rows.iter().flatten() {
                    if sort_of(column) == Sort::Name {
                        found.extend(mask::spellings(cell));
                    }
                }
            }
            _ => {}
        }
    }
    // A cell of one letter is in every text.
    found.retain(|one| one.chars().count() > 1);
    found.sort_by_key(|one| std::cmp::Reverse(one.chars().count()));
    found.dedup();
    found
}

fn masked(field: &Field, line: RenderedLine, hidden: &[String]) -> RenderedLine {
    match line {
        RenderedLine::Value { label, lines } => {
            let sort = sort(field);
            let lines = lines.iter().map(|line| one(sort, line, hidden)).collect();
            RenderedLine::Value { label, lines }
        }
        RenderedLine::Table { label, columns, rows } => {
            let cell = |(column, cell): (&String, &String)| one(sort_of(column), cell, hidden);
            let row = |row: &Vec<String>| columns.iter().zip(row).map(cell).collect();
            let rows = rows.iter().map(row).collect();
            RenderedLine::Table { label, columns, rows }
        }
        other => other,
    }
}

fn one(sort: Sort, text: &str, hidden: &[String]) -> String {
    match sort {
        Sort::Name => mask::name(text),
        Sort::Hidden => mask::all(text),
        Sort::Birth => mask::year_only(text),
        Sort::Text => mask::text(text, hidden),
        Sort::Sender => text.to_owned(),
    }
}

fn sort(field: &Field) -> Sort {
    let is_senders = field.filled_by_send || field.id.starts_with("from_") || field.id == "writer";
    match field.ty {
        FieldType::Org => Sort::Sender,
        _ if is_senders => Sort::Sender,
        FieldType::Phone => Sort::Hidden,
        FieldType::Choice { .. } | FieldType::Checklist { .. } | FieldType::Boolean => Sort::Text,
        _ => sort_of(&field.label_ja),
    }
}

/// By what a label or the heading of a column says.
fn sort_of(label: &str) -> Sort {
    let says = |words: &[&str]| words.iter().any(|word| label.contains(word));
    // Who is called at the other institution, and which institution it is, names no patient.
    if says(&["担当者名", "記入者", "窓口", "施設名", "機関名", "事業所名"]) {
        return Sort::Sender;
    }
    if label.contains("機関・") {
        return Sort::Text;
    }
    let names = says(&["氏名", "フリガナ", "ふりがな", "カナ", "キーパーソン", "主介護者"]);
    let numbers =
        says(&["電話", "TEL", "FAX", "住所", "〒", "被保険者", "受給者", "患者番号", "カルテ"]);
    match (names, numbers) {
        // 氏名・続柄・電話 in one field: which part is the name cannot be told.
        (true, true) => Sort::Hidden,
        (true, false) if says(&["続柄", "年齢"]) => {
            if label.contains("氏名") {
                Sort::Hidden
            } else {
                Sort::Text
            }
        }
        (true, false) => Sort::Name,
        (false, true) => Sort::Hidden,
        (false, false) if says(&["生年月日"]) => Sort::Birth,
        (false, false) => Sort::Text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Catalogue, Format, examples::example, parse_filled};

    fn text(form: &RenderedForm) -> String {
        format!("{form:?}")
    }

    #[test]
    fn no_example_names_anybody() {
        for name in [
            "admission-info",
            "nagareyama",
            "chiba-a",
            "chiba-b",
            "discharge-record",
            "notice-admission",
            "notice-cm-inquiry",
        ] {
            let filled = parse_filled(example(name).unwrap().as_bytes(), Format::Toml).unwrap();
            let fax = render_for_fax(&filled, RenderOptions::default());
            let page = text(&fax.form);
            for id in ["name", "kana", "address", "insured_no", "town"] {
                let Some(Value::Text(plain)) = filled.value(id) else { continue };
                assert!(!page.contains(plain.as_str()), "{name} {id}");
                // The family name of some is the city's, whose form it is.
                let given = plain.split_whitespace().last().unwrap();
                assert!(given.chars().count() < 2 || !page.contains(given), "{name} {id}");
                assert!(!page.contains(&plain.replace(' ', "")), "{name} {id}");
            }
            for (field, value) in filled.values() {
                let Value::Phone(number) = value else { continue };
                let is_senders = field.filled_by_send || field.id.starts_with("from_");
                assert_eq!(page.contains(number.as_str()), is_senders, "{name} {}", field.id);
            }
        }
    }

    #[test]
    fn what_is_for_staff_only_is_left_out_and_counted() {
        let mut filled = Catalogue::built_in().empty("mhlw-admission-info-r6").unwrap();
        let Some(field) = filled.form().fields().find(|f| f.staff_only && f.id == "pension") else {
            panic!("the form has a field for staff only")
        };
        let option = field.ty.options()[3].clone();
        filled.set("name", &json!("架空 一郎")).unwrap();
        filled.set("pension", &json!([option.clone()])).unwrap();
        let fax = render_for_fax(&filled, RenderOptions::default());
        assert_eq!(fax.left_out, 1);
        let page = text(&fax.form);
        assert!(!page.contains(&option) && page.contains("架○ ○郎"), "{page}");
        assert!(fax.form.notes[1].contains('1'));
    }

    #[test]
    fn a_name_in_a_free_text_goes_too() {
        let mut filled = Catalogue::built_in().empty("mhlw-admission-info-r6").unwrap();
        filled.set("name", &json!("架空 一郎")).unwrap();
        filled.set("wish_person", &json!("一郎さんは家へ帰りたい。長女 090-1234-5678")).unwrap();
        let page = text(&render_for_fax(&filled, RenderOptions::default()).form);
        assert!(page.contains("○○さんは家へ帰りたい") && !page.contains("1234"), "{page}");
    }

    #[test]
    fn labels_tell_what_a_field_is() {
        for (label, sort) in [
            ("患者氏名", Sort::Name),
            ("フリガナ", Sort::Name),
            ("キーパーソン(氏名・続柄・電話)", Sort::Hidden),
            ("主介護者氏名", Sort::Name),
            ("主介護者 年齢", Sort::Text),
            ("住所(町名まで)", Sort::Hidden),
            ("介護保険 被保険者番号", Sort::Hidden),
            ("かかりつけ医(機関・医師・電話)", Sort::Text),
            ("番号", Sort::Text),
            ("生年月日", Sort::Birth),
            ("ご担当者名", Sort::Sender),
            ("記入者(職種・氏名)", Sort::Sender),
            ("入院原因疾患", Sort::Text),
        ] {
            assert_eq!(sort_of(label), sort, "{label}");
        }
    }
}
