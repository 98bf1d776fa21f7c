//! Whole letters: what stands on the pages, and that they are pages.

use serde_json::json;
use tsumugu_catalogue::examples::example;
use tsumugu_catalogue::{
    Catalogue, FilledForm, Format, RenderOptions, RenderedLine, RenderedSection, parse_filled,
    render,
};
use tsumugu_trust::state::Validity;
use tsumugu_trust::value::Time;

use super::layout::{BOTTOM, CUT, Cell, Flow, MARGIN, MAX_PAGES, Mark, PAGE, Page, Style, WIDTH};
use super::typeface::width;
use super::*;

const EXAMPLES: [&str; 5] = [
    "admission-info",
    "nagareyama",
    "notice-admission",
    "notice-conference",
    "notice-discharge-date",
];

/// 22 November 2026, 23:18 in Japan.
const ACCEPTED: Time = Time(1_795_357_080_000);

fn event(what: &'static str, index: u64, who: Option<&str>, comment: Option<&str>) -> PrintedEvent {
    PrintedEvent {
        what,
        time: Time(ACCEPTED.0 + (index - 18) * 60_000),
        index,
        who: who.map(str::to_owned),
        comment: comment.map(str::to_owned),
        is_answer: what == "受領",
    }
}

fn letter(form: &FilledForm) -> PrintedLetter {
    let options = RenderOptions { short_marks: true, boxes: true, ..RenderOptions::default() };
    let rendered = render(form, options);
    let party = |number: &str, name: &str| PrintedParty {
        number: number.to_owned(),
        name: name.to_owned(),
        telephone: Some("04-7000-0200".to_owned()),
    };
    PrintedLetter {
        id: "01a2039f404b705291345e4337dd4283".to_owned(),
        title: rendered.title.clone(),
        form: rendered,
        spellings: Spellings::of(Catalogue::built_in(), form, "佐藤 健（介護支援専門員）", false),
        sender: party("1277000002", "ケアプランいとぐるま"),
        author: "佐藤 健（介護支援専門員）".to_owned(),
        recipient: party("1217000001", "流山つむぐ病院"),
        unit: Some("地域連携室".to_owned()),
        urgent: true,
        ack_by: Some(Time(ACCEPTED.0 + 86_400_000)),
        attachments: 2,
        files: vec!["1　検査結果.pdf（1.2 MiB）".to_owned(), "2　写真.jpg（310 KiB）".to_owned()],
        validity: Validity::Current,
        events: vec![
            event("受付済", 18, Some("ケアプランいとぐるま"), None),
            event("配達済", 19, None, None),
            event("開封済", 20, Some("流山つむぐ病院"), None),
            event("受領", 21, Some("田中 由美（退院支援看護師）"), Some("病棟へ共有します")),
        ],
        origin: "exchange.nagareyama.example".to_owned(),
        fingerprint:
            "f321 9b8e bf1c 1d6b 32b3 fd71 f384 3949 1231 dcf5 ca33 7742 0ca0 d848 6f9f 6c96"
                .to_owned(),
        printed: Time(ACCEPTED.0 + 3_600_000),
    }
}

fn filled(name: &str) -> FilledForm {
    parse_filled(example(name).unwrap().as_bytes(), Format::Toml).unwrap()
}

fn texts(page: &Page) -> Vec<&str> {
    page.iter().filter_map(text_of).collect()
}

fn text_of(mark: &Mark) -> Option<&str> {
    match mark {
        Mark::Text { text, .. } => Some(text),
        _ => None,
    }
}

fn all_texts(pages: &[Page]) -> String {
    pages.iter().flat_map(texts).collect()
}

#[test]
fn a_page_says_who_sent_what_to_whom_and_what_became_of_it() {
    let pages = sheet::pages(&letter(&filled("admission-info")));
    let text = all_texts(&pages);
    for part in [
        "ケアプランいとぐるま",
        "佐藤 健（介護支援専門員）",
        "地域連携室 御中",
        "令和8年11月22日 23:18（2026-11-22T23:18:00+09:00）",
        "記録番号 18",
        "受領　田中 由美（退院支援看護師）　令和8年11月22日 23:21　記録番号 21",
        "「病棟へ共有します」",
        "配達済　交換所の記録",
        "2 件（この用紙には印刷されません）",
        "1　検査結果.pdf（1.2 MiB）",
        "01a2039f404b705291345e4337dd4283",
        "f321 9b8e bf1c 1d6b",
        "至急",
        "暫定",
        &format!("1 / {}", pages.len()),
    ] {
        assert!(text.contains(part), "{part}");
    }
    for (at, page) in pages.iter().enumerate() {
        let page: String = texts(page).concat();
        for part in [
            format!("{} / {}", at + 1, pages.len()),
            "文書番号 01a2039f404b705291345e4337dd4283　記録番号 18".to_owned(),
            "様式 入院時情報提供書　版 R6【一部暫定】".to_owned(),
        ] {
            assert!(page.contains(&part), "{part} on page {at}");
        }
    }
    // The answer stands before what came before it.
    assert!(text.find("受領　") < text.find("開封済　"));
    assert!(pages.len() > 1 && pages[1..].iter().all(|page| texts(page)[0].ends_with("（続き）")));
}

#[test]
fn every_example_stays_inside_the_margins_and_is_a_pdf() {
    for name in EXAMPLES {
        let letter = letter(&filled(name));
        for mark in sheet::pages(&letter).iter().flatten() {
            let (left, right, lowest) = extent(mark);
            assert!(left >= MARGIN - 0.1 && right <= PAGE.0 - MARGIN + 0.1, "{mark:?}");
            assert!(lowest <= PAGE.1 - 30.0, "{mark:?}");
        }
        let file = pdf(&letter).unwrap();
        assert!(file.starts_with(b"%PDF-1.7"), "{name}");
        assert!(file.len() < 400_000, "only the glyphs that are shown are inside: {}", file.len());
        assert_eq!(file, pdf(&letter).unwrap(), "the same letter is the same file");
    }
}

fn extent(mark: &Mark) -> (f32, f32, f32) {
    match mark {
        Mark::Text { x, y, style, text } => (*x, x + width(text) * style.size, *y),
        Mark::Fill { x, y, width, height, .. } | Mark::Frame { x, y, width, height, .. } => {
            (*x, x + width, y + height)
        }
        Mark::Rule { x, y, width, .. } => (*x, x + width, *y),
        Mark::Line { points, .. } => {
            let of = |pick: fn(&(f32, f32)) -> f32| points.iter().map(pick);
            let (left, right) =
                (of(|p| p.0).fold(f32::MAX, f32::min), of(|p| p.0).fold(0.0, f32::max));
            (left, right, of(|p| p.1).fold(0.0, f32::max))
        }
    }
}

#[test]
fn a_text_longer_than_a_page_goes_on_over_several() {
    let mut form = Catalogue::built_in().empty("notice-conference").unwrap();
    let long: String = (0..150).map(|n| format!("{n}行目の、とても長い議題です。\n")).collect();
    form.set("agenda", &json!(long.trim_end())).unwrap();
    let pages = sheet::pages(&letter(&form));
    let text = all_texts(&pages);
    assert!(pages.len() >= 3, "{}", pages.len());
    for n in 0..150 {
        assert!(text.contains(&format!("{n}行目の、")), "{n}");
    }
    for mark in pages.iter().flatten() {
        let (.., lowest) = extent(mark);
        let in_foot = matches!(mark, Mark::Text { y, .. } | Mark::Rule { y, .. } if *y > BOTTOM);
        assert!(in_foot || lowest <= BOTTOM + 0.1, "{mark:?}");
    }
}

#[test]
fn a_letter_that_never_ends_is_cut_on_the_last_page_and_says_so() {
    let mut endless = letter(&filled("notice-admission"));
    let text = "とても長い。\n".repeat(100_000);
    let value = RenderedLine::Value { label: "備考".to_owned(), lines: vec![text] };
    let last = RenderedLine::Static("最後の行".to_owned());
    endless.form.sections =
        vec![RenderedSection { title: "長い".to_owned(), lines: vec![value, last] }];
    let pages = sheet::pages(&endless);
    assert_eq!(pages.len(), MAX_PAGES);
    let all = all_texts(&pages);
    assert!(!all.contains("最後の行"));
    for line in CUT {
        assert_eq!(all.matches(line).count(), 1);
        assert!(texts(&pages[MAX_PAGES - 1]).contains(&line));
    }
    for mark in pages.iter().flatten() {
        let (.., lowest) = extent(mark);
        let in_foot = matches!(mark, Mark::Text { y, .. } | Mark::Rule { y, .. } if *y > BOTTOM);
        assert!(in_foot || lowest <= BOTTOM + 0.1, "{mark:?}");
    }
    // So is one with lines without number, and one with cells without number.
    let short = |n| RenderedLine::Static(format!("{n}行目"));
    endless.form.sections[0].lines = (0..20_000).map(short).collect();
    assert_eq!(sheet::pages(&endless).len(), MAX_PAGES);
    let rows = (0..20_000).map(|n| vec![n.to_string(), "値".to_owned()]).collect();
    let columns = vec!["番".to_owned(), "値".to_owned()];
    endless.form.sections[0].lines =
        vec![RenderedLine::Table { label: "表".to_owned(), columns, rows }];
    let pages = sheet::pages(&endless);
    assert_eq!((pages.len(), all_texts(&pages).matches(CUT[0]).count()), (MAX_PAGES, 1));
}

#[test]
fn the_number_of_pages_has_an_edge() {
    let flow = |pages: usize| {
        let mut flow = Flow::scaled("続き".to_owned(), 1.0);
        for page in 1..=pages {
            flow.row(&[Cell::new(WIDTH, "一行", Style::new(9.0))]);
            if page < pages {
                flow.need(BOTTOM);
            }
        }
        flow
    };
    for (wanted, is_cut) in [(MAX_PAGES, false), (MAX_PAGES + 1, true), (MAX_PAGES + 2, true)] {
        let flow = flow(wanted);
        assert_eq!(flow.is_cut(), is_cut, "{wanted}");
        let pages = flow.into_pages();
        assert_eq!(pages.len(), MAX_PAGES);
        assert_eq!(all_texts(&pages).contains(CUT[0]), is_cut);
    }
}

#[test]
fn names_that_the_font_lacks_are_printed_as_codes() {
    let mut letter = letter(&filled("notice-admission"));
    letter.author = "𠮷田 葛\u{e0101}子\u{e000}".to_owned();
    let text = all_texts(&sheet::pages(&letter));
    assert!(text.contains("[U+20BB7]田") && text.contains("[U+E000]"), "{text}");
    pdf(&letter).unwrap();
}

#[test]
fn what_does_not_count_any_more_is_marked() {
    let mut letter = letter(&filled("notice-admission"));
    letter.events.truncate(3);
    letter.validity = Validity::Withdrawn;
    let text = all_texts(&sheet::pages(&letter));
    assert!(text.contains("取消：差出人が取り消しました"));
    assert!(text.contains("印刷の時点で、回答はありません。"));
}

fn a_fax(name: &str) -> PrintedFax {
    let party = |name: &str, fax: Option<&str>| FaxParty {
        name: name.to_owned(),
        telephone: Some("04-7000-0200".to_owned()),
        fax: fax.map(str::to_owned),
    };
    let form = filled(name);
    PrintedFax {
        id: "01a2039f404b705291345e4337dd4283".to_owned(),
        sender: party("ケアプランいとぐるま", None),
        author: "佐藤 健（介護支援専門員）".to_owned(),
        recipient: party("かげろう薬局", Some("04-7000-0801")),
        subject: form.form().title_ja.clone(),
        urgent: true,
        answer_by: Some(Time(ACCEPTED.0 + 86_400_000)),
        attachments: 2,
        form: PrintedFax::form(&form),
        printed: ACCEPTED,
    }
}

#[test]
fn a_fax_has_a_cover_counts_it_and_names_nobody() {
    for name in EXAMPLES.into_iter().chain(["chiba-a", "chiba-b", "discharge-record"]) {
        let fax = a_fax(name);
        let pages = fax::pages(&fax);
        let count = pages.len();
        let cover = texts(&pages[0]).concat();
        for part in [
            "かげろう薬局　御中",
            "FAX 04-7000-0801",
            &format!("この票を含めて {count} 枚"),
            "令和8年11月22日",
            "至急",
            "誤送信の場合は",
            "受領確認",
            "添付2 件",
            "01a2039f404b705291345e4337dd4283",
        ] {
            assert!(cover.contains(part), "{name}: {part} in {cover}");
        }
        for (at, page) in pages.iter().enumerate() {
            let page = texts(page).concat();
            assert!(page.contains(&format!("{} / {count}", at + 1)), "{name}");
            assert!(page.contains("誤って届いた場合は"), "{name}");
        }
        let all = all_texts(&pages);
        let form = filled(name);
        for id in ["name", "kana", "main_caregiver_name", "address", "insured_no"] {
            let Some(tsumugu_catalogue::Value::Text(plain)) = form.value(id) else { continue };
            let given = plain.split_whitespace().last().unwrap();
            assert!(!all.contains(plain.as_str()) && !all.contains(given), "{name} {id}");
        }
        for mark in pages.iter().flatten() {
            let (left, right, lowest) = extent(mark);
            assert!(left >= MARGIN - 0.1 && right <= PAGE.0 - MARGIN + 0.1, "{mark:?}");
            assert!(lowest <= PAGE.1 - 30.0, "{mark:?}");
        }
        let (file, drawn) = fax_pdf(&fax).unwrap();
        assert!(file.starts_with(b"%PDF-1.7") && drawn == count, "{name}");
    }
}

#[test]
fn the_cover_is_one_page_also_with_the_longest_names() {
    let mut fax = a_fax("notice-admission");
    let long = "架空の名前がとても長い独立行政法人国立病院機構".repeat(5);
    for party in [&mut fax.sender, &mut fax.recipient] {
        party.name.clone_from(&long);
    }
    fax.author.clone_from(&long);
    fax.subject = long;
    let cover = &fax::pages(&fax)[0];
    let lowest = cover.iter().map(|mark| extent(mark).2).fold(0.0, f32::max);
    assert!(lowest <= PAGE.1 - 30.0, "{lowest}");
    assert!(texts(cover).concat().contains("職種・氏名"), "the field to send back is there");
}
