//! The findings for people: what is wrong with the data, and what to do, in both languages.

use super::Problem;
use crate::Message;

/// The types that a field may have, for the remedy of an unknown one.
const TYPES: &str = "text textarea phone number date datetime time daterange choice checklist boolean table grid attachment org static";

pub(super) fn of(problem: &Problem) -> Message {
    match problem {
        Problem::BadAmount => say(
            ("金額が0より大きい数ではありません。", "小数は2桁までの数にしてください。"),
            ("The amount is not a number above 0.", "Write one with at most two decimals."),
        ),
        Problem::BadDate(key) => say(
            (
                format!("{key} が暦にある日付ではありません。"),
                "2026-06-01 のように書いてください。",
            ),
            (format!("{key} is not a day of the calendar."), "Write it as 2026-06-01."),
        ),
        Problem::BadId => say(
            (
                "idに使えない文字があります。",
                "a-z 0-9 _ - だけにしてください(加算と手順では . で区切れます)。",
            ),
            (
                "The id holds other characters than a-z, 0-9, _ and -.",
                "Use only these (and . between the parts of a fee or step).",
            ),
        ),
        Problem::DuplicateId => say(
            ("idが重複しています。", "どちらかのidを変えてください。"),
            ("The id stands twice.", "Change one of the two."),
        ),
        Problem::DuplicateItem { what, item } => say(
            (format!("{what} の {item} が重複しています。"), "ひとつにしてください。"),
            (format!("{what} has {item} twice."), "Keep one of them."),
        ),
        Problem::MissingKey { ty, key } => say(
            (format!("{ty} には {key} が必要です。"), format!("{key} を書き足してください。")),
            (format!("A {ty} needs {key}."), format!("Add {key}.")),
        ),
        Problem::SpareKey { ty, key } => say(
            (format!("{ty} に {key} は使えません。"), format!("{key} を消してください。")),
            (format!("A {ty} has no {key}."), format!("Remove {key}.")),
        ),
        Problem::OutOfRange { key, from, to } => say(
            (
                format!("{key} が範囲の外です。"),
                format!("{from} から {to} までの数にしてください。"),
            ),
            (format!("{key} is out of range."), format!("Use a number from {from} to {to}.")),
        ),
        Problem::UnknownType(ty) => say(
            (format!("型 {ty} はありません。"), format!("次のどれかにしてください: {TYPES}")),
            (format!("The type {ty} is unknown."), format!("Use one of: {TYPES}")),
        ),
        Problem::UnknownWord { key, word, known } => {
            let known = known.join(", ");
            say(
                (
                    format!("{key} = {word} は使えません。"),
                    format!("次のどれかにしてください: {known}"),
                ),
                (format!("{key} = {word} is unknown."), format!("Use one of: {known}")),
            )
        }
        other => texts(other)
            .or_else(|| references(other))
            .or_else(|| times(other))
            .unwrap_or_else(|| periods(other)),
    }
}

/// Texts and lists.
fn texts(problem: &Problem) -> Option<Message> {
    Some(match problem {
        Problem::Empty(what) => say(
            (format!("{what} がひとつもありません。"), "ひとつ以上書いてください。"),
            (format!("There is no {what} in it."), "Add at least one."),
        ),
        Problem::EmptyItems(what) => say(
            (
                format!("{what} が空か、空の要素を含みます。"),
                "要素を書くか、空の要素を消してください。",
            ),
            (format!("{what} has no items, or an empty one."), "Fill it in or remove it."),
        ),
        Problem::EmptyText(what) => say(
            (format!("{what} が空です。"), "書き入れるか、任意の欄なら行ごと消してください。"),
            (format!("{what} is empty."), "Fill it in, or remove the key if it is optional."),
        ),
        Problem::BadSpelling(pair) => say(
            (
                format!("書き換え {pair} は使えません。"),
                "JIS X 0208 にない字と、ある字の2文字を、ひとつの字に1回だけ書いてください。",
            ),
            (
                format!("{pair} is no respelling."),
                "Write two characters, one outside of JIS X 0208 and one inside, once for each character.",
            ),
        ),
        Problem::LostCode(option) => say(
            (
                format!("コードのある {option} が選択肢にありません。"),
                "選択肢に足すか、コードを消してください。",
            ),
            (
                format!("There is a code for {option}, which is not an option of the list."),
                "Add the option or remove the code.",
            ),
        ),
        Problem::NotAscii(what) => say(
            (format!("{what} にASCII以外の文字があります。"), "英数字と記号だけで書いてください。"),
            (format!("{what} is not ASCII."), "Write it with ASCII characters only."),
        ),
        Problem::TwoOptionLists => say(
            ("options と options_from の両方があります。", "どちらか一方にしてください。"),
            ("There are both options and options_from.", "Keep one of the two."),
        ),
        _ => return None,
    })
}

/// Names of other entries, and conditions.
fn references(problem: &Problem) -> Option<Message> {
    Some(match problem {
        Problem::Dangling { key, target, where_to } => say(
            (
                format!("{key} の {target} が {where_to} にありません。"),
                "つづりを確かめるか、先にそちらへ書き足してください。",
            ),
            (
                format!("{key} names {target}, which {where_to} does not have."),
                "Look at the spelling, or add it there first.",
            ),
        ),
        Problem::DanglingCite(id) => say(
            (
                format!("出典 {id} が sources.toml にありません。"),
                "つづりを確かめるか、sources.toml に書き足してください。",
            ),
            (
                format!("The source {id} is cited but not listed."),
                "Look at the spelling, or add it to sources.toml.",
            ),
        ),
        Problem::DanglingCondition(id) => say(
            (
                format!("条件の項目 {id} がこの様式にありません。"),
                "この様式の項目のidにしてください。",
            ),
            (
                format!("The condition names the field {id}, which the form does not have."),
                "Name a field of the same form.",
            ),
        ),
        Problem::DanglingList(id) => say(
            (
                format!("選択肢の一覧 {id} が codes.toml にありません。"),
                "つづりを確かめるか、codes.toml に書き足してください。",
            ),
            (
                format!("options_from names the list {id}, which codes.toml does not have."),
                "Look at the spelling, or add the list to codes.toml.",
            ),
        ),
        Problem::ForwardCondition(id) => say(
            (
                format!("条件の項目 {id} がこの項目より前にありません。"),
                "条件の項目を前に移すか、前の項目を条件にしてください。",
            ),
            (
                format!("The condition names the field {id}, which does not come before."),
                "Move that field forward, or name one that comes before.",
            ),
        ),
        Problem::OneSided(id) => say(
            (
                format!("{id} の excludes に、この加算がありません。"),
                "互いに書くか、どちらからも消してください。",
            ),
            (
                format!("{id} does not exclude this fee in turn."),
                "Let both exclude each other, or neither.",
            ),
        ),
        Problem::StaffOnlyLeak(id) => say(
            (
                format!("職員限りの項目 {id} の内容が、条件から分かってしまいます。"),
                "この項目も staff_only = true にしてください。",
            ),
            (
                format!("The condition would show what is in {id}, which is for staff only."),
                "Make this field staff_only = true as well.",
            ),
        ),
        Problem::UnfitCondition(id) => say(
            (
                format!("条件の項目 {id} は choice でも checklist でもありません。"),
                "選択肢のある項目を条件にしてください。",
            ),
            (
                format!(
                    "The condition names the field {id}, which is neither a choice nor a checklist."
                ),
                "Name a field with options.",
            ),
        ),
        Problem::UnknownConditionOption { field, option } => say(
            (
                format!("条件の {option} は項目 {field} の選択肢にありません。"),
                "選択肢と同じ書き方にしてください。",
            ),
            (
                format!("The condition waits for {option}, which is not an option of {field}."),
                "Spell it as the option is spelt.",
            ),
        ),
        _ => return None,
    })
}

/// Timings and holidays.
fn times(problem: &Problem) -> Option<Message> {
    Some(match problem {
        Problem::BadEquinox(year) => say(
            (
                format!("{year}年の春分か秋分が21日前後になりません。"),
                "略算式の数と、使える年の範囲を確かめてください。",
            ),
            (
                format!("The equinox of {year} is not near the 21st."),
                "Look at the numbers of the formula and the years it is good for.",
            ),
        ),
        Problem::HolidayClash(year) => say(
            (
                format!("{year}年に、ほかの祝日と同じ日になります。"),
                "from_year と to_year で年を分けてください。",
            ),
            (
                format!("In {year} it falls on the day of another holiday."),
                "Part them with from_year and to_year.",
            ),
        ),
        Problem::HolidayYears => say(
            (
                "祝日の年の指定が合いません。",
                "first_year から last_year までにし、from_year が to_year を越えず、moved が年に1日になるようにしてください。",
            ),
            (
                "The years of the holiday do not fit.",
                "Keep them between first_year and last_year, from_year not after to_year, and one moved day a year.",
            ),
        ),
        Problem::NoDeadline(id) => say(
            (
                format!("{id} には期限の規則がありません。"),
                "rules から消すか、加算に deadline を書き足してください。",
            ),
            (format!("{id} has no deadline."), "Remove it from rules, or give the fee a deadline."),
        ),
        Problem::SecondCalendar => say(
            ("holidays.toml がふたつあります。", "ひとつにしてください。"),
            ("There are two holidays.toml.", "Keep one of them."),
        ),
        Problem::StepWithoutForm => say(
            (
                "様式で行う手順に、様式がありません。",
                "forms に様式のidを書くか、done_by を record にしてください。",
            ),
            (
                "The step is done by a form and names none.",
                "Name one in forms, or let done_by be record.",
            ),
        ),
        Problem::TimingReversed => say(
            ("時期の終わりが始まりより前です。", "from と until を確かめてください。"),
            ("The timing ends before it begins.", "Look at from and until."),
        ),
        _ => return None,
    })
}

/// Periods of editions; all that is left.
fn periods(problem: &Problem) -> Message {
    match problem {
        Problem::PeriodGap { other } => say(
            (
                format!("{other} の終わりからこの版の始まりまでに、規則のない日があります。"),
                "valid_from を前の版の valid_to の翌日にしてください。",
            ),
            (
                format!("Between the end of {other} and this edition are days without a rule."),
                "Let valid_from be the day after the other's valid_to.",
            ),
        ),
        Problem::PeriodOverlap { other } => say(
            (
                format!("{other} が終わる前にこの版が始まっています。"),
                "前の版の valid_to を、この版の valid_from の前日にしてください。",
            ),
            (
                format!("This edition begins before {other} ends."),
                "Let the other's valid_to be the day before this valid_from.",
            ),
        ),
        _ => say(
            ("期間の終わりが始まりより前です。", "valid_from と valid_to を確かめてください。"),
            ("The period ends before it begins.", "Look at valid_from and valid_to."),
        ),
    }
}

fn say(
    ja: (impl Into<String>, impl Into<String>),
    en: (impl Into<String>, impl Into<String>),
) -> Message {
    Message::new(ja, en)
}
