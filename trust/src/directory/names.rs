//! Names that people would confuse (`docs/FORMATS.md`, section 2.3).

use unicode_normalization::UnicodeNormalization;

use crate::statement::Institution;

/// Corporate forms, longest first, after NFKC and in lower case.
const CORPORATE_FORMS: &[&str] = &[
    "独立行政法人国立病院機構",
    "国立研究開発法人",
    "特定非営利活動法人",
    "地方独立行政法人",
    "独立行政法人",
    "医療法人社団",
    "医療法人財団",
    "社会医療法人",
    "特定医療法人",
    "社会福祉法人",
    "一般社団法人",
    "公益社団法人",
    "一般財団法人",
    "公益財団法人",
    "医療法人",
    "学校法人",
    "宗教法人",
    "npo法人",
    "株式会社",
    "有限会社",
    "合同会社",
    "合資会社",
    "合名会社",
    "(特非)",
    "(一社)",
    "(株)",
    "(有)",
    "(同)",
    "(医)",
    "(福)",
    "(社)",
    "(財)",
];

/// The folded form of a name: two institutions may not share one.
#[must_use]
pub fn fold_name(name: &str) -> String {
    let mut plain: String = name.nfkc().collect::<String>().to_lowercase();
    let whole = plain.clone();
    for form in CORPORATE_FORMS {
        plain = plain.replace(form, "");
    }
    let folded: String =
        plain.chars().filter(|c| c.is_alphanumeric()).filter_map(fold_char).collect();
    if folded.is_empty() { whole } else { folded }
}

/// The folded name and label of a record.
pub(super) fn folded(record: &Institution) -> String {
    let label = record.label.as_ref().map_or(String::new(), |label| fold_name(label.as_str()));
    // NUL stands in no text, so name and label cannot run into each other.
    format!("{}\0{label}", fold_name(record.name.as_str()))
}

fn fold_char(c: char) -> Option<char> {
    let katakana = match c {
        'ー' | '一' => return None,
        // Hiragana stands 0x60 below katakana.
        'ぁ'..='ゖ' => char::from_u32(c as u32 + 0x60).unwrap_or(c),
        other => other,
    };
    Some(match katakana {
        'ァ' => 'ア',
        'ィ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' => 'エ',
        'ォ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        '力' => 'カ',
        '口' => 'ロ',
        '工' => 'エ',
        '二' => 'ニ',
        '八' => 'ハ',
        '夕' => 'タ',
        '卜' => 'ト',
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_folds_alike() {
        for (a, b) in [
            ("医療法人社団 つむぐ会 流山病院", "つむぐ会流山病院"),
            ("ケアセンター・ながれやま", "ケアセンタナガレヤマ"),
            ("ｹｱｾﾝﾀｰ", "ケアセンター"),
            ("㈱つむぐ", "株式会社つむぐ"),
            ("ＡＢＣ居宅", "abc 居宅"),
            ("エ房", "工房"),
            ("ショートステイ", "シヨトステイ"),
        ] {
            assert_eq!(fold_name(a), fold_name(b), "{a} / {b}");
        }
        assert_ne!(fold_name("流山東病院"), fold_name("流山西病院"));
        assert_eq!(fold_name("医療法人"), "医療法人");
        assert_eq!(fold_name("ー"), "ー");
    }

    #[test]
    fn forms_stand_longest_first() {
        for (i, form) in CORPORATE_FORMS.iter().enumerate() {
            assert!(CORPORATE_FORMS[..i].iter().all(|earlier| !form.contains(earlier)), "{form}");
        }
    }
}
