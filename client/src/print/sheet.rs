//! A letter laid out: heading, who and when, the form's sections, and what every page says below.

use tsumugu_catalogue::{Provisional, RenderedLine, RenderedSection};
use tsumugu_trust::state::Validity;
use tsumugu_trust::value::Time;

use super::layout::{BOTTOM, Cell, Flow, MARGIN, Mark, Page, Style, WIDTH, cell_width, lines_in};
use super::letter::{PrintedEvent, PrintedLetter, PrintedParty};
use super::spellings::{MAX_CHARACTERS, PrintedCharacter, Spellings};
use super::typeface::{spell, width};
use crate::jst;

const TITLE: Style = Style::new(15.0).bold();
const NOTE: Style = Style::new(8.0).gray(60);
const SECTION: Style = Style::new(10.0).bold();
const LABEL: Style = Style::new(8.5);
const VALUE: Style = Style::new(9.5);
const FACT: Style = Style::new(8.5);
const FOOT: Style = Style::new(7.0).gray(60);

/// Background of labels, and of a section's heading.
const LABEL_FILL: u8 = 240;
const SECTION_FILL: u8 = 214;

/// Width of a label.
const LABEL_WIDTH: f32 = 104.0;

/// How much smaller a sheet may be printed so that it has as many pages as the official one: at the
/// smallest a label has 6.4 points, 18 dots at 200 dpi, which a FAX still shows.
const SCALES: [f32; 3] = [0.9, 0.82, 0.75];

/// Width of the labels above the form.
const FACT_LABEL: f32 = 66.0;

/// The narrowest column of a table, and the widest that it asks for before there is room left.
const COLUMN: (f32, f32) = (44.0, 170.0);

/// The pages of a letter: as many as the official form has if that can be read, else in full size.
pub(super) fn pages(letter: &PrintedLetter) -> Vec<Page> {
    let mut pages = lay_out(letter, 1.0);
    let wanted = letter.form.pages as usize;
    // A sheet with twice as much as fits does not fit in three quarters of the size.
    if (1..pages.len()).contains(&wanted) && pages.len() <= 2 * wanted {
        let smaller = SCALES.iter().map(|scale| lay_out(letter, *scale));
        pages = smaller.into_iter().find(|smaller| smaller.len() <= wanted).unwrap_or(pages);
    }
    let count = pages.len();
    for (at, page) in pages.iter_mut().enumerate() {
        page.extend(foot(letter, at + 1, count));
    }
    pages
}

fn lay_out(letter: &PrintedLetter, scale: f32) -> Vec<Page> {
    let short = letter.id.get(..12).unwrap_or(&letter.id);
    let parties = format!("{} → {}", letter.sender.name, letter.recipient.name);
    let head = format!("{}　{parties}　文書番号 {short}…（続き）", letter.title);
    let mut flow = Flow::scaled(head, scale);
    heading(&mut flow, letter);
    facts(&mut flow, letter);
    for one in &letter.form.sections {
        if flow.is_cut() {
            break;
        }
        section(&mut flow, one);
    }
    spellings(&mut flow, &letter.spellings);
    flow.into_pages()
}

fn heading(flow: &mut Flow, letter: &PrintedLetter) {
    let printed = format!("つむぐ　印刷 {}", jst::show(letter.printed));
    let edge = flow.right();
    flow.at(|y| vec![right_at(edge, &printed, y + 6.0, NOTE)]);
    flow.space(12.0);
    flow.text(&letter.title, TITLE);
    let badges = badges(letter);
    if !badges.is_empty() {
        flow.space(2.0);
        flow.at(|y| framed(&badges, y));
        flow.space(19.0);
    }
    for note in &letter.form.notes {
        flow.text(note, NOTE);
    }
    flow.space(4.0);
}

/// What must not be overlooked.
fn badges(letter: &PrintedLetter) -> Vec<&'static str> {
    let validity = match letter.validity {
        Validity::Current => None,
        Validity::Superseded => Some("訂正済：新しい版があります"),
        Validity::Withdrawn => Some("取消：差出人が取り消しました"),
    };
    let urgent = letter.urgent.then_some("至急");
    [urgent, validity, provisional(letter)].into_iter().flatten().collect()
}

fn provisional(letter: &PrintedLetter) -> Option<&'static str> {
    match letter.form.provisional {
        Provisional::All => Some("暫定"),
        Provisional::Some => Some("一部暫定"),
        Provisional::None => None,
    }
}

pub(super) fn framed(badges: &[&str], y: f32) -> Vec<Mark> {
    let style = Style::new(9.5).bold();
    let (mut x, mut marks) = (MARGIN, Vec::new());
    for badge in badges {
        let text = spell(badge);
        let wide = width(&text) * style.size + 12.0;
        marks.push(Mark::Frame { x, y, width: wide, height: 15.0, line: 1.0, gray: 0 });
        marks.push(Mark::Text { x: x + 6.0, y: y + 11.0, style, text });
        x += wide + 6.0;
    }
    marks
}

fn facts(flow: &mut Flow, letter: &PrintedLetter) {
    let from = format!("{}\n担当 {}", party(&letter.sender), letter.author);
    let to = match &letter.unit {
        Some(unit) => format!("{}\n{unit} 御中", party(&letter.recipient)),
        None => party(&letter.recipient),
    };
    let accepted = letter.accepted();
    let sent = accepted.map_or_else(
        || "-".to_owned(),
        |event| format!("{}　記録番号 {}", both(event.time), event.index),
    );
    fact(flow, "送信元", &from);
    fact(flow, "宛先", &to);
    fact(flow, "交換所の受付", &sent);
    if let Some(ack_by) = letter.ack_by {
        fact(flow, "回答の期限", &both(ack_by));
    }
    if letter.attachments > 0 {
        let mut lines = vec![format!("{} 件（この用紙には印刷されません）", letter.attachments)];
        lines.extend(letter.files.iter().cloned());
        fact(flow, "添付", &lines.join("\n"));
    }
    fact(flow, "状態", &state(letter));
    let log = format!("記録簿 {}　根の指紋 {}", letter.origin, letter.fingerprint);
    fact(flow, "文書番号", &format!("{}\n{log}", letter.id));
    flow.space(8.0);
}

fn fact(flow: &mut Flow, label: &str, value: &str) {
    let style = if label == "状態" { VALUE } else { FACT };
    flow.row(&[
        Cell::new(FACT_LABEL, label, LABEL).filled(LABEL_FILL),
        Cell::new(flow.width() - FACT_LABEL, value, style),
    ]);
}

fn party(party: &PrintedParty) -> String {
    let telephone = party.telephone.as_ref().map(|number| format!("　電話 {number}"));
    format!("{}　{}{}", party.number, party.name, telephone.unwrap_or_default())
}

/// What became of it, the answer first: who received it, and when.
fn state(letter: &PrintedLetter) -> String {
    let accepted = letter.accepted();
    let is_later = |event: &&PrintedEvent| Some(*event) != accepted;
    let later = letter.events.iter().filter(is_later);
    let (answers, others): (Vec<_>, Vec<_>) = later.partition(|event| event.is_answer);
    let mut lines: Vec<String> = answers.iter().copied().chain(others).map(event_line).collect();
    if answers.is_empty() {
        lines.insert(0, "印刷の時点で、回答はありません。".to_owned());
    }
    lines.join("\n")
}

fn event_line(event: &PrintedEvent) -> String {
    let who = event.who.as_deref().unwrap_or("交換所の記録");
    let comment = event.comment.as_ref().map(|text| format!("\n　「{text}」"));
    let comment = comment.unwrap_or_default();
    format!("{}　{who}　{}　記録番号 {}{comment}", event.what, jst::show(event.time), event.index)
}

pub(super) fn section(flow: &mut Flow, section: &RenderedSection) {
    // A heading stays with what follows it.
    flow.need(48.0);
    flow.space(5.0);
    flow.row(&[Cell::new(flow.width(), &section.title, SECTION).filled(SECTION_FILL)]);
    let half_value = flow.width() / 2.0 - LABEL_WIDTH;
    let mut lines = section.lines.iter().peekable();
    while let Some(line) = lines.next() {
        if flow.is_cut() {
            return;
        }
        match (half(line, half_value), lines.peek().and_then(|next| half(next, half_value))) {
            (Some(left), Some(right)) => {
                lines.next();
                flow.row(&[
                    Cell::new(LABEL_WIDTH, left.0, LABEL).filled(LABEL_FILL),
                    Cell::new(half_value, left.1, VALUE),
                    Cell::new(LABEL_WIDTH, right.0, LABEL).filled(LABEL_FILL),
                    Cell::new(half_value, right.1, VALUE),
                ]);
            }
            _ => whole(flow, line),
        }
    }
}

/// Label and value that fit into half a row: the label may take two lines, as most do.
fn half(line: &RenderedLine, half_value: f32) -> Option<(&str, &str)> {
    let RenderedLine::Value { label, lines } = line else { return None };
    let [value] = lines.as_slice() else { return None };
    let short = lines_in(label, LABEL_WIDTH, LABEL) <= 2 && lines_in(value, half_value, VALUE) == 1;
    short.then_some((label, value))
}

fn whole(flow: &mut Flow, line: &RenderedLine) {
    let labelled = |flow: &mut Flow, label: &str, value: &str, style| {
        flow.row(&[
            Cell::new(LABEL_WIDTH, label, LABEL).filled(LABEL_FILL),
            Cell::new(flow.width() - LABEL_WIDTH, value, style),
        ]);
    };
    match line {
        RenderedLine::Static(text) => flow.row(&[Cell::new(flow.width(), text, LABEL)]),
        RenderedLine::Missing { label } => labelled(flow, label, "（未記入）", VALUE.gray(110)),
        RenderedLine::Value { label, lines } => labelled(flow, label, &lines.join("\n"), VALUE),
        RenderedLine::Table { label, columns, rows } => table(flow, label, columns, rows),
    }
}

/// Both spellings, once, below everything: whoever types the sheet into another system needs them.
fn spellings(flow: &mut Flow, spellings: &Spellings) {
    if spellings.characters.is_empty() || flow.is_cut() {
        return;
    }
    flow.need(48.0);
    flow.space(5.0);
    flow.row(&[
        Cell::new(flow.width(), "JIS X 0208 にない字の書き換え", SECTION).filled(SECTION_FILL)
    ]);
    for one in &spellings.texts {
        flow.row(&[
            Cell::new(flow.width() / 2.0, &one.written, VALUE),
            Cell::new(flow.width() / 2.0, &format!("→ {}", one.respelled), VALUE),
        ]);
    }
    let told = spellings.characters.iter().take(MAX_CHARACTERS).map(PrintedCharacter::line);
    let mut line = told.collect::<Vec<_>>().join("　");
    if let Some(more @ 1..) = spellings.characters.len().checked_sub(MAX_CHARACTERS) {
        line.push_str(&format!("　ほか {more} 字"));
    }
    flow.row(&[Cell::new(flow.width(), &line, LABEL)]);
}

fn table(flow: &mut Flow, label: &str, columns: &[String], rows: &[Vec<String>]) {
    flow.need(64.0);
    flow.row(&[Cell::new(flow.width(), label, LABEL).filled(LABEL_FILL)]);
    let widths = column_widths(columns, rows, flow.width());
    let heads = columns.iter().zip(&widths);
    let heads: Vec<_> =
        heads.map(|(text, width)| Cell::new(*width, text, LABEL).filled(LABEL_FILL)).collect();
    flow.row(&heads);
    for row in rows {
        if flow.is_cut() {
            return;
        }
        let cells: Vec<_> =
            row.iter().zip(&widths).map(|(text, width)| Cell::new(*width, text, VALUE)).collect();
        flow.row(&cells);
    }
}

/// Columns as wide as what they hold, within limits; what is left over is shared out.
fn column_widths(columns: &[String], rows: &[Vec<String>], room: f32) -> Vec<f32> {
    let wanted: Vec<f32> = columns
        .iter()
        .enumerate()
        .map(|(at, head)| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            let widest =
                cells.map(|cell| cell_width(cell, VALUE)).fold(cell_width(head, LABEL), f32::max);
            widest.clamp(COLUMN.0, COLUMN.1)
        })
        .collect();
    let sum: f32 = wanted.iter().sum();
    wanted.into_iter().map(|width| width / sum * room).collect()
}

/// Below every page: what it is a page of, in which version of the form, and whose eyes it is for.
fn foot(letter: &PrintedLetter, page: usize, pages: usize) -> Vec<Mark> {
    let y = BOTTOM + 16.0;
    let index = letter.accepted().map_or_else(|| "-".to_owned(), |event| event.index.to_string());
    let number = format!("文書番号 {}　記録番号 {index}", letter.id);
    let mark = provisional(letter).map(|mark| format!("【{mark}】")).unwrap_or_default();
    let form = format!("様式 {}　版 {}{mark}", letter.title, letter.form.version);
    let warning = "個人情報を含みます。宛先の方以外に渡さず、廃棄のときは裁断してください。";
    let line = |at: f32, text: &str| Mark::Text {
        x: MARGIN,
        y: y + at * 9.5,
        style: FOOT,
        text: spell(text),
    };
    vec![
        Mark::Rule { x: MARGIN, y: BOTTOM + 6.0, width: WIDTH, line: 0.4, gray: 110 },
        line(0.0, &number),
        line(1.0, &form),
        line(2.0, warning),
        right(&format!("{page} / {pages}"), y + 2.0, Style::new(9.0)),
    ]
}

/// A text that ends at the right edge of a page.
pub(super) fn right(text: &str, y: f32, style: Style) -> Mark {
    right_at(MARGIN + WIDTH, text, y, style)
}

fn right_at(edge: f32, text: &str, y: f32, style: Style) -> Mark {
    let text = spell(text);
    let x = edge - width(&text) * style.size;
    Mark::Text { x, y, style, text }
}

/// Both ways of writing a time: for people, and for machines.
fn both(time: Time) -> String {
    format!("{}（{}）", jst::show(time), jst::iso(time))
}
