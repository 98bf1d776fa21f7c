//! A FAX: the cover sheet (送付票), then the sheet as it may go over FAX.

use tsumugu_catalogue::{FaxForm, RenderOptions, render_for_fax};
use tsumugu_trust::value::Time;

use super::layout::{BOTTOM, Cell, Flow, MARGIN, Mark, PAGE, Page, Style, WIDTH};
use super::sheet::{framed, right, section};
use super::typeface::{spell, width};
use crate::jst;

/// The file's title.
pub(super) const TITLE: &str = "FAX送付票";

const HEAD: Style = Style::new(20.0).bold();
const SHEET_TITLE: Style = Style::new(15.0).bold();
const TO: Style = Style::new(14.0).bold();
const BODY: Style = Style::new(11.0);
const LABEL: Style = Style::new(10.0);
const NOTE: Style = Style::new(9.0);
const FOOT: Style = Style::new(8.0);

/// FAX machines make greys into dots: labels have a light ground or none.
const LABEL_FILL: u8 = 245;

/// Width of the labels.
const LABEL_WIDTH: f32 = 96.0;

/// Height of the field that the other side fills in and sends back, in points.
const RETURN_HEIGHT: f32 = 128.0;

/// A FAX, ready to be laid out. It names no patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedFax {
    /// Id of the record (記録の番号).
    pub id: String,
    /// Who sends it.
    pub sender: FaxParty,
    /// Who wrote it and is called back: name and role.
    pub author: String,
    /// Whom it goes to.
    pub recipient: FaxParty,
    /// The form's title.
    pub subject: String,
    /// It wants to be read at once.
    pub urgent: bool,
    /// An answer is wanted by then.
    pub answer_by: Option<Time>,
    /// Attachments that go another way.
    pub attachments: usize,
    /// The sheet, masked.
    pub form: FaxForm,
    /// When it was made, by this PC's clock.
    pub printed: Time,
}

/// An institution on a FAX.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaxParty {
    /// Name.
    pub name: String,
    /// Telephone.
    pub telephone: Option<String>,
    /// FAX number, as in the directory.
    pub fax: Option<String>,
}

impl PrintedFax {
    /// The sheet of a FAX, masked.
    pub(crate) fn form(filled: &tsumugu_catalogue::FilledForm) -> FaxForm {
        render_for_fax(filled, RenderOptions { short_marks: true, ..RenderOptions::default() })
    }
}

/// The pages; every one says which of how many it is, the cover among them.
pub(super) fn pages(fax: &PrintedFax) -> Vec<Page> {
    let sheets = sheet(fax);
    let count = sheets.len() + 1;
    let mut pages = vec![cover(fax, count)];
    pages.extend(sheets);
    for (at, page) in pages.iter_mut().enumerate() {
        page.extend(foot(fax, at + 1, count));
    }
    pages
}

fn cover(fax: &PrintedFax, count: usize) -> Page {
    let mut flow = Flow::new(String::new());
    let date = jst::show(fax.printed);
    flow.at(|y| vec![right(&date, y + 10.0, BODY)]);
    flow.space(26.0);
    flow.at(|y| vec![centred("FAX 送 付 票", y + 20.0, HEAD)]);
    flow.space(34.0);
    if fax.urgent {
        flow.at(|y| framed(&["至急"], y));
        flow.space(20.0);
    }
    flow.text(&format!("{}　御中", fax.recipient.name), TO);
    flow.text(&format!("FAX {}", number(fax.recipient.fax.as_deref())), TO);
    if let Some(telephone) = &fax.recipient.telephone {
        flow.text(&format!("電話 {telephone}"), BODY);
    }
    flow.space(10.0);
    let from = format!(
        "{}\n担当 {}\n電話 {}　FAX {}",
        fax.sender.name,
        fax.author,
        number(fax.sender.telephone.as_deref()),
        number(fax.sender.fax.as_deref()),
    );
    row(&mut flow, "送信元", &from);
    row(&mut flow, "件名", &format!("{}（氏名などを伏せてあります）", fax.subject));
    row(&mut flow, "枚数", &format!("この票を含めて {count} 枚"));
    if let Some(by) = fax.answer_by {
        row(&mut flow, "回答の期限", &jst::show(by));
    }
    if fax.attachments > 0 {
        let said = format!("{} 件　FAXでは送りません。別の方法でお届けします。", fax.attachments);
        row(&mut flow, "添付", &said);
    }
    row(&mut flow, "記録の番号", &fax.id);
    flow.space(12.0);
    flow.text("いつもお世話になっております。続きの用紙のとおり、お知らせします。", BODY);
    flow.text("どなたのことかは、送信元の担当者からお電話でお伝えします。", BODY);
    flow.text("枚数が足りないとき、読めないときは、送信元へお電話ください。", BODY);
    flow.space(10.0);
    let astray = "【誤送信の場合は】 宛先にお心当たりがないときは、続きを読まずに、送信元へお電話ください。\n\
                  用紙は、複写や保管をせず、裁断して破棄してくださるようお願いいたします。";
    flow.row(&[Cell::new(WIDTH, astray, NOTE)]);
    flow.space(14.0);
    reply(&mut flow, fax);
    flow.into_pages().into_iter().next().unwrap_or_default()
}

/// What the other side fills in and sends back.
fn reply(flow: &mut Flow, fax: &PrintedFax) {
    let title = match &fax.sender.fax {
        Some(to) => format!("受領確認　ご記入のうえ、この票だけを FAX {to} へご返送ください。"),
        None => "受領確認　ご記入のうえ、送信元へお電話でお知らせください。".to_owned(),
    };
    flow.row(&[Cell::new(WIDTH, &title, LABEL).filled(LABEL_FILL)]);
    flow.at(|y| {
        let frame =
            Mark::Frame { x: MARGIN, y, width: WIDTH, height: RETURN_HEIGHT, line: 0.8, gray: 0 };
        let mut marks = vec![frame];
        let sentence = format!("上記 {} 枚を、確かに受け取りました。", "　　　");
        marks.push(text(MARGIN + 10.0, y + 22.0, BODY, &sentence));
        for (at, label) in [
            "受け取った日時　令和　　　年　　　月　　　日　　　時　　　分",
            "施設・部署",
            "職種・氏名",
        ]
        .into_iter()
        .enumerate()
        {
            let line = y + 50.0 + at as f32 * 30.0;
            marks.push(text(MARGIN + 10.0, line, BODY, label));
            let (x, width) = (MARGIN + 10.0, WIDTH - 20.0);
            marks.push(Mark::Rule { x, y: line + 5.0, width, line: 0.6, gray: 0 });
        }
        marks
    });
    flow.space(RETURN_HEIGHT);
}

fn sheet(fax: &PrintedFax) -> Vec<Page> {
    let from_to = format!("{} → {}", fax.sender.name, fax.recipient.name);
    let mut flow = Flow::new(format!("{}　{from_to}（続き）", fax.subject));
    flow.text(&fax.subject, SHEET_TITLE);
    flow.text(&from_to, NOTE);
    for note in &fax.form.form.notes {
        flow.text(note, NOTE);
    }
    flow.space(4.0);
    for one in &fax.form.form.sections {
        if flow.is_cut() {
            break;
        }
        section(&mut flow, one);
    }
    flow.into_pages()
}

/// Below every page: which it is, of what, and whom to call when it came to the wrong place.
fn foot(fax: &PrintedFax, page: usize, pages: usize) -> Vec<Mark> {
    let y = BOTTOM + 18.0;
    let call = number(fax.sender.telephone.as_deref());
    let astray =
        format!("誤って届いた場合は {}（電話 {call}）へお知らせください。", fax.sender.name);
    vec![
        Mark::Rule { x: MARGIN, y: BOTTOM + 6.0, width: WIDTH, line: 0.6, gray: 0 },
        text(MARGIN, y, FOOT, &format!("記録の番号 {}", fax.id)),
        text(MARGIN, y + 11.0, FOOT, &astray),
        right(&format!("{page} / {pages}"), y + 3.0, Style::new(12.0).bold()),
    ]
}

fn row(flow: &mut Flow, label: &str, value: &str) {
    flow.row(&[
        Cell::new(LABEL_WIDTH, label, LABEL).filled(LABEL_FILL),
        Cell::new(WIDTH - LABEL_WIDTH, value, BODY),
    ]);
}

fn number(number: Option<&str>) -> &str {
    number.unwrap_or("（　　　　　　　　　）")
}

fn text(x: f32, y: f32, style: Style, text: &str) -> Mark {
    Mark::Text { x, y, style, text: spell(text) }
}

fn centred(words: &str, y: f32, style: Style) -> Mark {
    let words = spell(words);
    let x = (PAGE.0 - width(&words) * style.size) / 2.0;
    Mark::Text { x, y, style, text: words }
}
