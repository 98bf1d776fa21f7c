//! Sentences for 支援経過(第5表): one for each letter, to be pasted into the office's care software.
//!
//! The rule wants the entry there; the log alone does not make it (H30 Q&A: the receipt is confirmed and
//! recorded in 居宅サービス計画等).

use jiff::civil::DateTime;
use tsumugu_catalogue::era;

use super::record::{CaseRecord, Delivery, OffSystemItem};

/// A sentence for each letter and each off-system record, by time.
#[must_use]
pub fn sentences(record: &CaseRecord) -> Vec<String> {
    let admitted = record.admission.as_ref().map(|admission| admission.at.as_str());
    let letters = record.deliveries.iter().filter_map(|letter| {
        let at = letter.accepted()?.logged.clone();
        Some((at, sentence(letter, admitted)))
    });
    let others = record.off_system.iter().map(|item| (item.at.clone(), off_system(item)));
    let mut all: Vec<(String, String)> = letters.chain(others).collect();
    // ISO 8601 with one offset stands in the order of time.
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all.into_iter().map(|(_, text)| text).collect()
}

fn sentence(letter: &Delivery, admitted: Option<&str>) -> String {
    let sent = letter.accepted().map(|event| event.logged.as_str()).unwrap_or_default();
    let (title, whom) = (letter.titled(), letter.other_unit());
    let mut text = if letter.sent {
        format!("{} {title}を{whom}へ送付(つむぐ)。", moment(sent))
    } else {
        // The unit is that of the recipient: us.
        format!("{} {}から{title}を受信(つむぐ)。", moment(sent), letter.other.name)
    };
    match letter.validity.as_str() {
        "withdrawn" => text.push_str("のちに取消。"),
        "superseded" => text.push_str("のちに訂正版を送付。"),
        _ => {}
    }
    text.push_str(&answer(letter, sent));
    if letter.is_admission_info
        && let Some(admitted) = admitted
    {
        text.push_str(&format!("入院日{}。", day(admitted)));
    }
    text
}

/// Who confirmed receipt and when; or that nobody did.
fn answer(letter: &Delivery, sent: &str) -> String {
    let Some(answer) = &letter.answer else {
        return match (letter.sent, letter.validity.as_str()) {
            (true, "current") => "受領確認は未(この記録の作成時点)。".to_owned(),
            _ => String::new(),
        };
    };
    let when = later(&answer.logged, sent);
    let who = answer.who.as_deref().map(|who| role_first(who, letter.sent));
    let what = match answer.answer.as_str() {
        "acknowledged" => "受領確認",
        "rejected" => "受理不可と回答",
        "not-for-us" => "宛先違いと回答",
        _ => "開けないと自動回答",
    };
    match (letter.sent, who) {
        (true, Some(who)) => format!("{when} 同{who}が{what}。"),
        (true, None) => format!("{when} 先方が{what}(氏名は確認できず)。"),
        (false, Some(who)) => format!("{when} 当方{who}が{what}。"),
        (false, None) => format!("{when} 当方が{what}。"),
    }
}

fn off_system(item: &OffSystemItem) -> String {
    let OffSystemItem { what, other, means, .. } = item;
    let is_unconfirmed = item.state == "unconfirmed";
    let mut text = if is_unconfirmed && !item.received {
        // Nobody has said that it arrived, nor this program that it went.
        format!("{} {what}を{other}宛に用意({means})。", moment(&item.at))
    } else if item.received {
        format!("{} {other}から{what}を受領({means})。", moment(&item.at))
    } else {
        format!("{} {what}を{other}へ({means})。", moment(&item.at))
    };
    match (is_unconfirmed, &item.received_by, &item.confirmed) {
        (_, Some(who), Some(at)) => {
            let (when, who) = (later(at, &item.at), role_first(who, true));
            text.push_str(&format!("{when} {who}が受領と確認。"));
        }
        (true, ..) => text.push_str("受領確認は未(この記録の作成時点)。"),
        _ => {}
    }
    text
}

/// `佐藤 健（MSW）` as `MSW 佐藤 健氏`; one's own people go without 氏.
fn role_first(who: &str, is_theirs: bool) -> String {
    let polite = if is_theirs { "氏" } else { "" };
    match who.strip_suffix('）').and_then(|text| text.rsplit_once('（')) {
        Some((name, role)) => format!("{role} {name}{polite}"),
        None => format!("{who}{polite}"),
    }
}

/// Such as `R8.1.30 14:05`.
fn moment(iso: &str) -> String {
    match civil(iso) {
        Some(at) => format!("{} {:02}:{:02}", era::format_short(at.date()), at.hour(), at.minute()),
        None => day(iso),
    }
}

/// The time alone on the same day; else day and time.
fn later(iso: &str, before: &str) -> String {
    match (civil(iso), civil(before)) {
        (Some(at), Some(before)) if at.date() == before.date() => {
            format!("{:02}:{:02}", at.hour(), at.minute())
        }
        _ => moment(iso),
    }
}

/// Such as `R8.1.30`; a text that is no date stays as it is.
fn day(iso: &str) -> String {
    let date = iso.get(..10).and_then(|day| day.parse().ok());
    date.map_or_else(|| iso.to_owned(), era::format_short)
}

/// Date and time of a text in Japan's offset.
fn civil(iso: &str) -> Option<DateTime> {
    iso.get(..16).filter(|text| text.contains('T'))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::example;
    use super::*;

    #[test]
    fn a_sentence_says_what_went_where_and_who_confirmed() {
        assert_eq!(
            sentences(&example()),
            [
                "R8.1.30 11:00 入院時情報提供書を流山つむぐ病院地域連携室へ送付(つむぐ)。\
                 のちに訂正版を送付。入院日R8.1.30。",
                "R8.1.30 14:05 入院時情報提供書(第2版)を流山つむぐ病院地域連携室へ送付(つむぐ)。\
                 14:22 同MSW 田中 由美氏が受領確認。入院日R8.1.30。",
                "R8.1.30 15:00 入院の連絡をはた訪問看護ステーション宛に用意(FAX)。\
                 受領確認は未(この記録の作成時点)。",
            ]
        );
    }

    #[test]
    fn what_is_not_acknowledged_says_so() {
        let mut record = example();
        record.admission = None;
        record.off_system.clear();
        record.deliveries.remove(0);
        record.deliveries[0].answer = None;
        let said = sentences(&record).concat();
        assert!(said.ends_with("受領確認は未(この記録の作成時点)。"), "{said}");

        record.deliveries[0].validity = "withdrawn".into();
        let said = sentences(&record).concat();
        assert!(said.ends_with("のちに取消。") && !said.contains("受領"), "{said}");
    }

    #[test]
    fn an_answer_of_another_day_has_its_date() {
        let mut record = example();
        let answer = record.deliveries[1].answer.as_mut().unwrap();
        answer.logged = "2026-01-31T08:15:00+09:00".into();
        answer.who = None;
        let said = sentences(&record).concat();
        assert!(said.contains("R8.1.31 08:15 先方が受領確認(氏名は確認できず)。"), "{said}");
        let answer = record.deliveries[1].answer.as_mut().unwrap();
        answer.answer = "rejected".into();
        assert!(sentences(&record).concat().contains("先方が受理不可と回答"));
    }

    #[test]
    fn what_went_past_the_exchange_says_how_and_who_confirmed() {
        let mut record = example();
        record.deliveries.clear();
        let item = &mut record.off_system[0];
        item.state = "confirmed".into();
        item.received_by = Some("鈴木 花子（看護師）".into());
        item.confirmed = Some("2026-01-30T15:20:00+09:00".into());
        let said = sentences(&record).concat();
        assert!(said.ends_with("へ(FAX)。15:20 看護師 鈴木 花子氏が受領と確認。"), "{said}");
        let item = &mut record.off_system[0];
        (item.received, item.state) = (true, "recorded".into());
        (item.received_by, item.confirmed) = (None, None);
        let said = sentences(&record).concat();
        assert_eq!(said, "R8.1.30 15:00 はた訪問看護ステーションから入院の連絡を受領(FAX)。");
    }

    #[test]
    fn a_received_letter_is_ours_to_confirm() {
        let mut record = example();
        record.deliveries[1].sent = false;
        record.deliveries[1].is_admission_info = false;
        let said = sentences(&record).concat();
        assert!(said.contains("流山つむぐ病院から入院時情報提供書(第2版)を受信(つむぐ)。14:22 当方MSW 田中 由美が受領確認。"), "{said}");
    }
}
