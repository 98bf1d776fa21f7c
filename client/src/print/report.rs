//! Reports on A4: tables, and bars from 0 to 100 percent.

use tsumugu_trust::value::Time;

use super::layout::{BOTTOM, Cell, Flow, MARGIN, Mark, PAGE, Page, Style, WIDTH};
use super::typeface::{spell, width};
use crate::jst;

const TITLE: Style = Style::new(15.0).bold();
const SECTION: Style = Style::new(10.0).bold();
const HEAD: Style = Style::new(8.0).bold();
const VALUE: Style = Style::new(8.0);
const NOTE: Style = Style::new(7.5).gray(60);
const FOOT: Style = Style::new(7.0).gray(60);
const HEAD_FILL: u8 = 232;
const SECTION_FILL: u8 = 214;

/// Height of a bar with its space, in points.
const BAR: f32 = 14.0;
const BAR_LABEL: f32 = 56.0;
const BAR_VALUE: f32 = 62.0;

/// A report, ready to be laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedReport {
    /// Such as 入院時情報連携 月次一覧.
    pub title: String,
    /// Of whom, and of which time.
    pub subtitle: String,
    /// What the numbers are, and are not.
    pub notes: Vec<String>,
    /// Tables and bars in their order.
    pub parts: Vec<ReportPart>,
    /// Whether it names persons.
    pub personal: bool,
    /// When it was made, by this PC's clock.
    pub made: Time,
}

/// A part of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportPart {
    /// A table.
    Table {
        /// Its heading.
        title: String,
        /// Heads of its columns, with their shares of the width.
        columns: Vec<(String, u16)>,
        /// Its rows.
        rows: Vec<Vec<String>>,
    },
    /// Shares in percent, one bar for each.
    Bars {
        /// Its heading.
        title: String,
        /// One for each share.
        bars: Vec<Bar>,
    },
}

/// A share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Whose, or when.
    pub label: String,
    /// Its least and most in percent; nothing where it is not shown.
    pub share: Option<(u32, u32)>,
    /// How it is written.
    pub written: String,
}

/// The pages of a report.
pub(super) fn pages(report: &PrintedReport) -> Vec<Page> {
    let mut flow = Flow::new(format!("{}　{}（続き）", report.title, report.subtitle));
    let made = format!("つむぐ　作成 {}", jst::show(report.made));
    flow.at(|y| vec![right(&made, y + 6.0, NOTE)]);
    flow.space(12.0);
    flow.text(&report.title, TITLE);
    flow.text(&report.subtitle, VALUE);
    flow.space(2.0);
    report.notes.iter().for_each(|note| flow.text(note, NOTE));
    for part in &report.parts {
        match part {
            ReportPart::Table { title, columns, rows } => table(&mut flow, title, columns, rows),
            ReportPart::Bars { title, bars } => chart(&mut flow, title, bars),
        }
    }
    let mut pages = flow.into_pages();
    let count = pages.len();
    for (at, page) in pages.iter_mut().enumerate() {
        page.extend(foot(report, at + 1, count));
    }
    pages
}

fn table(flow: &mut Flow, title: &str, columns: &[(String, u16)], rows: &[Vec<String>]) {
    heading(flow, title);
    let all: f32 = columns.iter().map(|(_, share)| f32::from(*share)).sum();
    let widths: Vec<f32> =
        columns.iter().map(|(_, share)| f32::from(*share) / all * WIDTH).collect();
    let heads = columns.iter().zip(&widths);
    let heads: Vec<_> =
        heads.map(|((head, _), width)| Cell::new(*width, head, HEAD).filled(HEAD_FILL)).collect();
    flow.row(&heads);
    if rows.is_empty() {
        flow.row(&[Cell::new(WIDTH, "該当はありません。", VALUE)]);
    }
    for row in rows {
        if flow.is_cut() {
            return;
        }
        let cells = row.iter().zip(&widths);
        flow.row(&cells.map(|(text, width)| Cell::new(*width, text, VALUE)).collect::<Vec<_>>());
    }
}

/// What is certain of a share is black, what may be is gray.
fn chart(flow: &mut Flow, title: &str, bars: &[Bar]) {
    heading(flow, title);
    flow.space(4.0);
    let (left, room) = (MARGIN + BAR_LABEL, WIDTH - BAR_LABEL - BAR_VALUE);
    for Bar { label, share, written } in bars {
        flow.need(BAR);
        flow.at(|y| {
            let text =
                |x, text: &str| Mark::Text { x, y: y + 9.0, style: VALUE, text: spell(text) };
            let mut marks = vec![text(MARGIN, label), text(left + room + 6.0, written)];
            if let Some((low, high)) = share {
                let x = |percent: &u32| left + room * (*percent).min(100) as f32 / 100.0;
                let bar = |from: f32, to: f32, gray| Mark::Fill {
                    x: from,
                    y: y + 1.5,
                    width: to - from,
                    height: BAR - 4.0,
                    gray,
                };
                marks.push(bar(left, x(low), 40));
                marks.push(bar(x(low), x(high), 190));
            }
            for percent in [0, 25, 50, 75, 100] {
                let x = left + room * percent as f32 / 100.0;
                let points = vec![(x, y), (x, y + BAR)];
                marks.push(Mark::Line { points, line: 0.3, gray: 140 });
            }
            marks
        });
        flow.space(BAR);
    }
    flow.need(BAR);
    flow.at(|y| {
        let at = |percent: u32| {
            let text = format!("{percent}%");
            let x = left + room * percent as f32 / 100.0 - width(&text) * NOTE.size / 2.0;
            Mark::Text { x, y: y + 8.0, style: NOTE, text }
        };
        [0, 25, 50, 75, 100].map(at).to_vec()
    });
    flow.space(BAR);
}

fn heading(flow: &mut Flow, title: &str) {
    flow.need(64.0);
    flow.space(7.0);
    flow.row(&[Cell::new(WIDTH, &format!("■ {title}"), SECTION).filled(SECTION_FILL)]);
}

fn foot(report: &PrintedReport, page: usize, pages: usize) -> Vec<Mark> {
    let y = BOTTOM + 16.0;
    let warning = if report.personal {
        "個人情報を含みます。宛先の方以外に渡さず、廃棄のときは裁断してください。"
    } else {
        "個人を示す情報は含みません。5未満の数は示していません。"
    };
    let text = spell(warning);
    vec![
        Mark::Rule { x: MARGIN, y: BOTTOM + 6.0, width: WIDTH, line: 0.4, gray: 110 },
        Mark::Text { x: MARGIN, y, style: FOOT, text },
        right(&format!("{page} / {pages}"), y + 2.0, Style::new(9.0)),
    ]
}

fn right(text: &str, y: f32, style: Style) -> Mark {
    let text = spell(text);
    let x = PAGE.0 - MARGIN - width(&text) * style.size;
    Mark::Text { x, y, style, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(rows: usize) -> PrintedReport {
        PrintedReport {
            title: "表".to_owned(),
            subtitle: "2026-11".to_owned(),
            notes: vec!["注".to_owned()],
            parts: vec![
                ReportPart::Table {
                    title: "一覧".to_owned(),
                    columns: vec![("甲".to_owned(), 1), ("乙".to_owned(), 3)],
                    rows: vec![vec!["一".to_owned(), "二".to_owned()]; rows],
                },
                ReportPart::Bars {
                    title: "率".to_owned(),
                    bars: vec![
                        Bar {
                            label: "11月".into(),
                            share: Some((50, 75)),
                            written: "50〜75%".into(),
                        },
                        Bar { label: "12月".into(), share: None, written: "非公表".into() },
                    ],
                },
            ],
            personal: false,
            made: Time(1_795_357_080_000),
        }
    }

    #[test]
    fn bars_are_as_long_as_their_shares() {
        let pages = pages(&report(1));
        let bars: Vec<(f32, u8)> = pages[0]
            .iter()
            .filter_map(|mark| match mark {
                Mark::Fill { width, gray, height, .. } if *height == BAR - 4.0 => {
                    Some((*width, *gray))
                }
                _ => None,
            })
            .collect();
        let room = WIDTH - BAR_LABEL - BAR_VALUE;
        assert_eq!(bars.iter().map(|bar| bar.1).collect::<Vec<_>>(), [40, 190]);
        assert!((bars[0].0 - room / 2.0).abs() < 0.01 && (bars[1].0 - room / 4.0).abs() < 0.01);
    }

    #[test]
    fn long_tables_go_over_pages_and_an_empty_one_says_so() {
        assert!(pages(&report(200)).len() > 3);
        let empty = pages(&report(0));
        let says = |mark: &Mark| matches!(mark, Mark::Text { text, .. } if text.contains("該当はありません"));
        assert!(empty[0].iter().any(says));
        assert!(super::super::report_pdf(&report(3)).unwrap().starts_with(b"%PDF-1.7"));
    }
}
