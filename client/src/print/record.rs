//! 情報提供・受領記録票: the record of a case on A4, for the inspection room.

use qrcode::{Color, EcLevel, QrCode};
use tsumugu_catalogue::deadline::When;
use tsumugu_catalogue::era;
use tsumugu_trust::sheet_code::SheetCode;
use tsumugu_trust::value::Time;

use super::layout::{BOTTOM, Cell, Flow, MARGIN, Mark, PAGE, Page, Style, WIDTH};
use super::typeface::{spell, width};
use crate::commands::shown::japanese;
use crate::fingerprint::grouped;
use crate::jst;
use crate::proof::{Account, CaseRecord, Class, Delivery, Event, OffSystemItem};

const TITLE: Style = Style::new(15.0).bold();
const SECTION: Style = Style::new(10.0).bold();
const LABEL: Style = Style::new(8.5);
const VALUE: Style = Style::new(9.0);
const SMALL: Style = Style::new(7.5);
const FOOT: Style = Style::new(7.0).gray(60);

const LABEL_FILL: u8 = 240;
const SECTION_FILL: u8 = 214;
const LABEL_WIDTH: f32 = 84.0;

/// Side of the QR code, in points: 26 mm, which a telephone reads from a copy of a copy.
const QR: f32 = 74.0;

/// Modules of white around it (ISO/IEC 18004, 4 of them).
const QUIET: f32 = 4.0;

/// The pages of a record.
pub(super) fn pages(record: &CaseRecord, account: &Account, made: Time) -> Vec<Page> {
    let title = format!("情報提供・受領記録票　確認コード {}（続き）", account.code);
    let mut flow = Flow::new(title);
    heading(&mut flow, record, account, made);
    admission(&mut flow, record);
    for (at, letter) in record.deliveries.iter().enumerate() {
        delivery(&mut flow, at + 1, letter);
    }
    if !record.off_system.is_empty() {
        section(&mut flow, "交換所を通らなかったもの（事業所の記録）");
        flow.text(
            "この欄は事業所の申告です。記録簿が示すのは、事業所がいつそう記録したかだけです。",
            SMALL.gray(60),
        );
        record.off_system.iter().for_each(|item| off_system(&mut flow, item));
    }
    missing(&mut flow, record);
    let mut pages = flow.into_pages();
    let count = pages.len();
    for (at, page) in pages.iter_mut().enumerate() {
        page.extend(foot(record, account, at + 1, count));
    }
    pages
}

fn heading(flow: &mut Flow, record: &CaseRecord, account: &Account, made: Time) {
    let left = WIDTH - QR - 12.0;
    flow.at(|y| {
        let mut marks = vec![right(&format!("つむぐ　作成 {}", jst::show(made)), y + 6.0, SMALL)];
        marks.extend(qr(&payload(account), PAGE.0 - MARGIN - QR, y + 14.0));
        marks
    });
    flow.space(12.0);
    flow.text("情報提供・受領記録票", TITLE);
    flow.space(2.0);
    flow.at(|y| boxed(&account.code.to_string(), y));
    flow.space(32.0);
    for line in super::wrap::wrap(
        "記録簿が示すことと、足りないことを書いています。加算が算定できるかどうかを示すものではありません。",
        left / SMALL.size,
    ) {
        flow.text(&line, SMALL.gray(60));
    }
    flow.space(16.0);
    let label = if record.case.label.is_empty() { "-" } else { &record.case.label };
    fact(flow, "事業所", &format!("{}　{}", record.office.number, record.office.name));
    fact(flow, "事例", &format!("{label}\n番号 {}", record.case.id));
    fact(flow, "記録ファイルのSHA-256", &spaced(&account.digest.to_string()));
    let root = record
        .exchange
        .root
        .parse()
        .map_or_else(|_| record.exchange.root.clone(), |root| grouped(&root));
    fact(flow, "記録簿", &format!("{}\n根の指紋 {root}", record.exchange.origin));
}

/// What the QR code holds; capitals and digits take the least room in it.
fn payload(account: &Account) -> String {
    format!("TSUMUGU/V1/RECORD:{}", account.digest.to_string().to_uppercase())
}

/// The verification code, large enough to be read out.
fn boxed(code: &str, y: f32) -> Vec<Mark> {
    let style = Style::new(14.0).bold();
    let text = spell(&format!("確認コード {code}"));
    let wide = width(&text) * style.size + 16.0;
    vec![
        Mark::Frame { x: MARGIN, y, width: wide, height: 24.0, line: 1.2, gray: 0 },
        Mark::Text { x: MARGIN + 8.0, y: y + 17.0, style, text },
    ]
}

/// A QR code as rectangles, one for each run of dark modules; nothing where the text does not fit.
fn qr(text: &str, x: f32, y: f32) -> Vec<Mark> {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return Vec::new() };
    let modules = code.width();
    let size = QR / (modules as f32 + 2.0 * QUIET);
    let mut marks = Vec::new();
    for row in 0..modules {
        let mut at = 0;
        while at < modules {
            let run =
                (at..modules).take_while(|column| code[(*column, row)] == Color::Dark).count();
            if run > 0 {
                marks.push(Mark::Fill {
                    x: x + (QUIET + at as f32) * size,
                    y: y + (QUIET + row as f32) * size,
                    width: run as f32 * size,
                    height: size,
                    gray: 0,
                });
            }
            at += run.max(1);
        }
    }
    marks
}

fn admission(flow: &mut Flow, record: &CaseRecord) {
    section(flow, "入院と期限");
    let Some(admission) = &record.admission else {
        flow.row(&[Cell::new(
            WIDTH,
            "入院日の記録がありません。期限と区分は計算していません。",
            VALUE,
        )]);
        return;
    };
    let word =
        if admission.word == "office" { "事業所の申告" } else { "入院連絡の記載" };
    let planned = match admission.planned {
        Some(true) => "　予定入院",
        Some(false) => "　予定外の入院",
        None => "",
    };
    fact(flow, "入院日", &format!("{}{planned}（{word}）", when(&admission.at)));
    let learnt = admission.learnt.as_deref();
    let from = admission.learnt_from.as_deref().map(|from| format!("　{from}から"));
    let learnt = learnt.map_or_else(
        || "記録なし".to_owned(),
        |at| format!("{}{}（事業所の申告）", when(at), from.unwrap_or_default()),
    );
    fact(flow, "知った日時", &learnt);
    let hours =
        if admission.hours.is_empty() { "公開されていません" } else { &admission.hours };
    fact(flow, "営業時間", hours);
    if let Some(class) = &record.class {
        fact(flow, "入院時情報連携加算", &standing(class));
    }
}

fn standing(class: &Class) -> String {
    let mark = if class.provisional { "【暫定】" } else { "" };
    let word = class_word(class.class.as_deref());
    let (one, two) = (day(&class.class_1_last_day), day(&class.class_2_last_day));
    format!(
        "送った日時から：{word}{mark}\n{}\n(Ⅰ)は{one}まで、(Ⅱ)は{two}まで（{}）",
        class.reason, class.rule_set
    )
}

/// A class in Japanese.
pub(crate) fn class_word(class: Option<&str>) -> &'static str {
    match class {
        Some("1") => "(Ⅰ)の期限内",
        Some("2") => "(Ⅱ)の期限内",
        Some("past") => "期限超過",
        Some("month-used") => "同じ月に提供済み",
        Some("not-covered") => "対象外の区分",
        Some(_) => "不明",
        None => "未提供",
    }
}

fn delivery(flow: &mut Flow, number: usize, letter: &Delivery) {
    let way = if letter.sent { "送付" } else { "受信" };
    let validity = match letter.validity.as_str() {
        "superseded" => "【訂正済：後の版があります】",
        "withdrawn" => "【取消】",
        _ => "",
    };
    section(flow, &format!("{number}　{way}　{}{validity}", letter.titled()));
    let whom = format!("{}　{}", letter.other.number, letter.other_unit());
    fact(flow, if letter.sent { "提供先" } else { "提供元" }, &whom);
    let version = format!("{}　様式の版 {}", letter.titled(), letter.form);
    fact(flow, "内容", &version);
    fact(flow, "手段", "つむぐ（交換所を通した封書）");
    fact(flow, if letter.sent { "提供者" } else { "書いた人" }, &letter.author);
    fact(flow, "受領確認", &receipt(letter));
    let lines: Vec<String> = letter.events.iter().map(event).collect();
    flow.row(&[
        Cell::new(LABEL_WIDTH, "経過", LABEL).filled(LABEL_FILL),
        Cell::new(WIDTH - LABEL_WIDTH, &lines.join("\n"), SMALL),
    ]);
    let code = letter.envelope.parse().map(|digest| SheetCode::of(digest).to_string());
    let proof = format!(
        "文書番号 {}\n封筒の要約値 {}\n証拠ファイルの確認コード {}",
        letter.message,
        spaced(&letter.envelope),
        code.unwrap_or_default(),
    );
    flow.row(&[
        Cell::new(LABEL_WIDTH, "証拠", LABEL).filled(LABEL_FILL),
        Cell::new(WIDTH - LABEL_WIDTH, &proof, SMALL),
    ]);
}

fn receipt(letter: &Delivery) -> String {
    let Some(answer) = &letter.answer else {
        return if letter.sent {
            "ありません（この票の作成時点）。先方に受領確認を依頼してください。".to_owned()
        } else {
            "まだ返していません（この票の作成時点）。".to_owned()
        };
    };
    let who = answer.who.as_deref().unwrap_or("氏名は確認できません");
    let word = japanese(&answer.answer);
    let comment = answer.comment.as_ref().map(|text| format!("\n「{text}」")).unwrap_or_default();
    format!("{word}　{who}　{}　記録番号 {}{comment}", when(&answer.logged), answer.index)
}

/// A line of what happened: times of the exchange, and of whose PC where it says so.
fn event(event: &Event) -> String {
    let by = match &event.by {
        Some(by) => format!("{}の端末が署名", by.name),
        None => "交換所の記録".to_owned(),
    };
    let said = event.said.as_deref().map(when).filter(|said| *said != when(&event.logged));
    let said = said.map(|said| format!("、その端末の時計では{said}")).unwrap_or_default();
    let what = japanese(&event.what);
    format!("{what}　{}（交換所の時計{said}）　記録番号 {}　{by}", when(&event.logged), event.index)
}

fn off_system(flow: &mut Flow, item: &OffSystemItem) {
    let received = match (item.state.as_str(), &item.received_by, &item.confirmed) {
        (_, Some(who), Some(at)) => format!("{who}　{}", when(at)),
        ("unconfirmed", ..) => "ありません（この票の作成時点）".to_owned(),
        ("call-only", ..) => "電話のみ（受け渡しになりません：暫定）".to_owned(),
        _ => "要りません（対面、または当方が受け取ったもの）".to_owned(),
    };
    let way = if item.received { "受領" } else { "提供" };
    let index = item.index.map_or_else(|| "-".to_owned(), |index| index.to_string());
    let text = format!(
        "{}　{way}　{}　{}\n相手 {}\n受領確認 {received}\n記録した人 {}　記録番号 {index}（日時は職員の入力）",
        when(&item.at),
        item.means,
        item.what,
        item.other,
        item.recorded_by
    );
    flow.row(&[Cell::new(WIDTH, &text, VALUE)]);
}

fn missing(flow: &mut Flow, record: &CaseRecord) {
    section(flow, "足りないもの");
    if record.missing.is_empty() {
        flow.row(&[Cell::new(WIDTH, "つむぐが数えるかぎりでは、ありません。", VALUE)]);
    }
    for line in &record.missing {
        flow.row(&[Cell::new(WIDTH, &format!("□ {line}"), VALUE)]);
    }
}

fn section(flow: &mut Flow, title: &str) {
    flow.need(64.0);
    flow.space(6.0);
    let title = format!("■ {title}");
    flow.row(&[Cell::new(WIDTH, &title, SECTION).filled(SECTION_FILL)]);
}

fn fact(flow: &mut Flow, label: &str, value: &str) {
    flow.row(&[
        Cell::new(LABEL_WIDTH, label, LABEL).filled(LABEL_FILL),
        Cell::new(WIDTH - LABEL_WIDTH, value, VALUE),
    ]);
}

fn foot(record: &CaseRecord, account: &Account, page: usize, pages: usize) -> Vec<Mark> {
    let y = BOTTOM + 16.0;
    let line = |at: f32, text: &str| Mark::Text {
        x: MARGIN,
        y: y + at * 9.5,
        style: FOOT,
        text: spell(text),
    };
    let case = format!("確認コード {}　事例 {}", account.code, record.case.id);
    vec![
        Mark::Rule { x: MARGIN, y: BOTTOM + 6.0, width: WIDTH, line: 0.4, gray: 110 },
        line(0.0, &case),
        line(
            1.0,
            "記録ファイルとの照合は tsumugu verify --code コード ファイル（通信も金庫も要りません）。",
        ),
        line(2.0, "個人情報を含みます。宛先の方以外に渡さず、廃棄のときは裁断してください。"),
        right(&format!("{page} / {pages}"), y + 2.0, Style::new(9.0)),
    ]
}

fn right(text: &str, y: f32, style: Style) -> Mark {
    let text = spell(text);
    let x = PAGE.0 - MARGIN - width(&text) * style.size;
    Mark::Text { x, y, style, text }
}

/// A digest in groups of eight.
fn spaced(hex: &str) -> String {
    let groups: Vec<_> = hex.as_bytes().chunks(8).map(String::from_utf8_lossy).collect();
    groups.join(" ")
}

/// Such as 令和8年1月30日 14:05; a day alone; a text that is neither as it is.
fn when(iso: &str) -> String {
    let typed = iso.get(..16).or(iso.get(..10)).unwrap_or(iso);
    match When::parse(typed) {
        Ok(When { day, time: Some(time), .. }) => {
            format!("{} {:02}:{:02}", era::format(day), time.hour(), time.minute())
        }
        Ok(When { day, .. }) => era::format(day),
        Err(_) => iso.to_owned(),
    }
}

fn day(iso: &str) -> String {
    iso.parse().map_or_else(|_| iso.to_owned(), era::format)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::example;

    fn texts() -> String {
        let record = example();
        let pages = pages(&record, &record.account(), Time(1_795_357_080_000));
        let text = |mark: &Mark| match mark {
            Mark::Text { text, .. } => Some(text.clone()),
            _ => None,
        };
        pages.iter().flatten().filter_map(text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn it_says_who_what_when_and_whose_word() {
        let said = texts();
        for part in [
            "入院時情報提供書(第2版)",
            "田中 由美（MSW）",
            "令和8年1月30日 14:22",
            "記録番号 24",
            "交換所の時計",
            "事業所の申告",
            "(Ⅰ)の期限内【暫定】",
            "□ FAX",
            "算定できるかどうかを示すものではありません",
            "ありません（この票の作成時点）",
        ] {
            assert!(said.contains(part), "{part}\n{said}");
        }
        let account = example().account();
        assert!(said.contains(&account.code.to_string()));
        assert!(said.replace(['\n', ' '], "").contains(&account.digest.to_string()));
    }

    #[test]
    fn it_is_a_file_of_pdf_a() {
        let record = example();
        let file = super::super::record_pdf(&record, &record.account(), Time(1_795_357_080_000));
        assert!(file.unwrap().starts_with(b"%PDF-1.7"));
    }

    #[test]
    fn the_qr_code_is_square_dark_and_within_its_room() {
        let marks = qr(&payload(&example().account()), 100.0, 200.0);
        assert!(marks.len() > 200);
        for mark in marks {
            let Mark::Fill { x, y, width, height, gray: 0 } = mark else { panic!("{mark:?}") };
            assert!(x > 100.0 && y > 200.0 && x + width < 100.0 + QR && y + height < 200.0 + QR);
        }
    }

    #[test]
    fn a_record_of_many_letters_goes_over_pages() {
        let mut record = example();
        let letter = record.deliveries[1].clone();
        record.deliveries = vec![letter; 20];
        let pages = pages(&record, &record.account(), Time(1_795_357_080_000));
        assert!(pages.len() > 4, "{}", pages.len());
    }
}
