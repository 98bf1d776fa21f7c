//! The flow of admission and discharge as a poster (入退院フロー図): a lane for the hospital, a lane for
//! those at home, and a row for each step.

use tsumugu_trust::value::Time;

use super::layout::{ASCENT, Mark, Page, Style};
use super::typeface::{spell, width};
use super::wrap::wrap;
use crate::flowchart::{ChartPhase, ChartStep, Lane};
use crate::jst;

/// The poster's paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// A3 upright: at most two pages, in the largest text that leaves so many (ISO 216: 297 mm by
    /// 420 mm).
    A3,
    /// A4 upright: several pages, each as readable as a letter.
    A4,
}

/// What stands on the poster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poster {
    /// Such as 入退院時多職種連携フロー図.
    pub title: String,
    /// Whose copy it is.
    pub subtitle: String,
    /// The phases.
    pub phases: Vec<ChartPhase>,
    /// When it was made, by this PC's clock.
    pub made: Time,
}

/// The edge without print: 10 mm, which printers keep.
const EDGE: f32 = 28.35;

/// The sizes of text that are tried on A3, from the largest, in points; on one page none below the
/// middle one, and smaller than the smallest cannot be read on a wall.
const LARGEST: f32 = 11.0;
const ON_ONE: f32 = 7.5;
const SMALLEST: f32 = 6.0;
const STEP: f32 = 0.25;

/// The size of text on A4.
const ON_A4: f32 = 7.0;

const PADDING: f32 = 2.6;
const GAP: f32 = 3.0;
const BAND: f32 = 20.0;
const NUMBER: f32 = 22.0;
const ARROW: f32 = 24.0;

/// Gray of what is the hospital's, and of headings.
const HOSPITAL_FILL: u8 = 232;
const HEAD_FILL: u8 = 60;
const LINE: u8 = 120;

impl Paper {
    /// Width and height in points.
    pub(super) fn size(self) -> (f32, f32) {
        match self {
            Self::A3 => (841.89, 1190.55),
            Self::A4 => super::layout::PAGE,
        }
    }
}

/// The pages: on A3 with the largest text that leaves one page.
pub(super) fn pages(poster: &Poster, paper: Paper) -> Vec<Page> {
    if paper == Paper::A4 {
        return Sheet::new(paper, ON_A4).pages(poster);
    }
    for (most, smallest) in [(1, ON_ONE), (2, SMALLEST)] {
        let mut size = LARGEST;
        while size >= smallest {
            let pages = Sheet::new(paper, size).pages(poster);
            if pages.len() <= most {
                return pages;
            }
            size -= STEP;
        }
    }
    Sheet::new(paper, SMALLEST).pages(poster)
}

/// Lines of one look in a column.
struct Block {
    lines: Vec<String>,
    style: Style,
}

/// A column of a row: what stands in it from above, and its frame.
struct Column {
    x: f32,
    width: f32,
    blocks: Vec<Block>,
    fill: u8,
    /// Width of the frame; 0 is none.
    frame: f32,
}

/// A paper and a size of text.
struct Sheet {
    paper: (f32, f32),
    text: Style,
}

impl Sheet {
    fn new(paper: Paper, size: f32) -> Self {
        Self { paper: paper.size(), text: Style::new(size) }
    }

    fn pages(&self, poster: &Poster) -> Vec<Page> {
        let bottom = self.paper.1 - EDGE - 14.0;
        let mut pages = Vec::new();
        let mut page = Page::new();
        let mut y = self.heading(&mut page, poster);
        for phase in &poster.phases {
            let mut begun = y;
            let mut is_first = true;
            for step in &phase.steps {
                let columns = self.row(step);
                let height = columns.iter().map(Column::height).fold(0.0, f32::max);
                if y + height > bottom && y > EDGE + 60.0 {
                    if !is_first {
                        self.band(&mut page, begun, y - GAP, &phase.ja);
                    }
                    pages.push(std::mem::take(&mut page));
                    y = self.column_heads(&mut page, EDGE);
                    begun = y;
                }
                self.draw_row(&mut page, step, &columns, y, height);
                y += height + GAP;
                is_first = false;
            }
            self.band(&mut page, begun, y - GAP, &phase.ja);
            y += GAP;
        }
        pages.push(page);
        let count = pages.len();
        for (at, page) in pages.iter_mut().enumerate() {
            self.foot(page, poster, at + 1, count);
        }
        pages
    }

    /// The title and what the signs mean; gives where rows begin.
    fn heading(&self, page: &mut Page, poster: &Poster) -> f32 {
        let mut y = EDGE;
        let title = Style::new(self.text.size * 2.0 + 3.0).bold();
        put(page, EDGE, y, title, &poster.title);
        let beside = EDGE + width(&spell(&poster.title)) * title.size + 12.0;
        let small = Style::new(self.text.size + 0.5);
        put(page, beside, y + title.size - small.size, small, &poster.subtitle);
        y += title.leading();
        let legend = "太枠：動く人　→：伝える向き　▶：次にすること　A：入院前からケアマネジャーがいる人　\
                      B：いない人　【暫定】：公の資料で確かめられていない手順・時期・報酬。地域の取り決めが優先します。";
        for line in wrap(legend, (self.paper.0 - 2.0 * EDGE) / self.text.size) {
            put(page, EDGE, y, self.text.gray(40), &line);
            y += self.text.leading();
        }
        self.column_heads(page, y + 3.0)
    }

    fn column_heads(&self, page: &mut Page, y: f32) -> f32 {
        let style = self.text.bold().gray(255);
        let height = style.leading() + 2.0 * PADDING;
        page.push(Mark::Fill {
            x: EDGE,
            y,
            width: self.paper.0 - 2.0 * EDGE,
            height,
            gray: HEAD_FILL,
        });
        let heads = [
            "番",
            "いつ",
            "病院",
            "在宅（ケアマネジャー・事業所・かかりつけ医・家族・市）",
            "送るもの",
            "関わる報酬",
            "新人の方へ",
        ];
        let [number, when, hospital, _, home, form, fee, teach] = self.columns();
        for ((x, room), head) in
            [number, when, hospital, home, form, fee, teach].into_iter().zip(heads)
        {
            // What has no room is cut at its bracket.
            let whole = width(&spell(head)) * style.size + 2.0 * PADDING <= room;
            let head = if whole { head } else { head.split('（').next().unwrap_or(head) };
            put(page, x + PADDING, y + PADDING, style, head);
        }
        y + height + GAP
    }

    /// Left edge and width of: number, when, hospital, arrow, home, form, fee, teaching.
    fn columns(&self) -> [(f32, f32); 8] {
        let room = self.paper.0 - 2.0 * EDGE - BAND - NUMBER - ARROW - 5.0 * GAP;
        let shares = [0.0, 0.105, 0.205, 0.0, 0.205, 0.125, 0.14, 0.22];
        let mut x = EDGE + BAND;
        let mut columns = [(0.0, 0.0); 8];
        for (at, (column, share)) in columns.iter_mut().zip(shares).enumerate() {
            let width = match at {
                0 => NUMBER,
                3 => ARROW,
                _ => room * share,
            };
            *column = (x, width);
            x += width + if matches!(at, 0 | 2 | 3) { 0.0 } else { GAP };
        }
        columns
    }

    fn row(&self, step: &ChartStep) -> Vec<Column> {
        let [number, when, hospital, arrow, home, form, fee, teach] = self.columns();
        let plain = |(x, width): (f32, f32), texts: &[(&str, Style)]| {
            Column::new(x, width, texts, 255, 0.0)
        };
        let (text, small) = (self.text, Style::new(self.text.size * 0.92));
        let pattern = if step.pattern == "AB" { "" } else { step.pattern };
        let mut columns = vec![
            plain(number, &[(&step.number.to_string(), text.bold()), (pattern, small.bold())]),
            plain(when, &[(&step.timing, small)]),
            plain(form, &[(&step.forms.join("\n"), small)]),
            plain(fee, &[(&fees(&step.fees), small)]),
            plain(teach, &[(&step.teach, small)]),
        ];
        let mark = if step.provisional { "【暫定】" } else { "" };
        let name = format!("{}{mark}", step.name_ja);
        let next = format!("▶ {}", step.next);
        let (from, to) = (plainly(&step.from), plainly(&step.to));
        let acts = [(name.as_str(), text.bold()), (from.as_str(), small.gray(40))];
        let takes = [(to.as_str(), small.gray(40)), (next.as_str(), small)];
        let lane = |lane| if lane == Lane::Hospital { hospital } else { home };
        let fill = |lane| if lane == Lane::Hospital { HOSPITAL_FILL } else { 255 };
        match (step.from_lanes.as_slice(), step.to_lanes.contains(&other(step.from_lanes.first())))
        {
            // Towards the other lane.
            ([own], true) => {
                let (x, width) = lane(*own);
                columns.push(Column::new(x, width, &acts, fill(*own), 1.2));
                let there = other(Some(own));
                let (x, width) = lane(there);
                columns.push(Column::new(x, width, &takes, fill(there), 0.4));
            }
            // Within one lane.
            ([own], false) => {
                let to = format!("→ {to}");
                let all = [acts[0], acts[1], (to.as_str(), small.gray(40)), takes[1]];
                let (x, width) = lane(*own);
                columns.push(Column::new(x, width, &all, fill(*own), 1.2));
            }
            // Whoever it happens to: over both lanes.
            _ => {
                let to = format!("→ {to}");
                let all = [acts[0], acts[1], (to.as_str(), small.gray(40)), takes[1]];
                let width = hospital.1 + arrow.1 + home.1;
                columns.push(Column::new(hospital.0, width, &all, 255, 1.2));
            }
        }
        columns
    }

    fn draw_row(&self, page: &mut Page, step: &ChartStep, columns: &[Column], y: f32, height: f32) {
        let [.., teach] = self.columns();
        columns.iter().for_each(|column| column.draw(page, y, height));
        let below = y + height + GAP / 2.0;
        let (x, to) = (EDGE + BAND + GAP / 2.0, teach.0 + teach.1);
        page.push(Mark::Rule { x, y: below, width: to - x, line: 0.25, gray: 190 });
        if let [own] = step.from_lanes.as_slice()
            && step.to_lanes.contains(&other(Some(own)))
        {
            self.arrow(page, *own, y + height / 2.0);
        }
    }

    /// From one lane to the other.
    fn arrow(&self, page: &mut Page, from: Lane, y: f32) {
        let [_, _, _, (x, width), ..] = self.columns();
        let (begin, end) = (x + 3.0, x + width - 3.0);
        let (tail, tip, back) = match from {
            Lane::Hospital => (begin, end, -5.0),
            Lane::Home => (end, begin, 5.0),
        };
        page.push(Mark::Line { points: vec![(tail, y), (tip, y)], line: 1.4, gray: 0 });
        let head = vec![(tip + back, y - 3.5), (tip, y), (tip + back, y + 3.5)];
        page.push(Mark::Line { points: head, line: 1.4, gray: 0 });
    }

    /// The phase's name, from above down.
    fn band(&self, page: &mut Page, from: f32, to: f32, name: &str) {
        page.push(Mark::Fill { x: EDGE, y: from, width: BAND, height: to - from, gray: HEAD_FILL });
        let name = spell(name);
        let chars: Vec<char> = name.chars().filter(|c| !c.is_whitespace()).collect();
        // A name too long for a short band is made smaller, as far as it is still read, then cut at
        // its bracket.
        let most = (to - from - 4.0).max(1.0);
        let short: Vec<char> = chars.iter().copied().take_while(|c| !"(（".contains(*c)).collect();
        let fits = |chars: &[char], size: f32| chars.len() as f32 * size * 1.05 <= most;
        let wanted = (self.text.size + 2.5).min(13.0);
        let (chars, size) = if fits(&chars, wanted) {
            (chars, wanted)
        } else {
            let size = (most / (short.len().max(1) as f32 * 1.05)).min(wanted);
            (short, size)
        };
        let mut y = from + (to - from - chars.len() as f32 * size * 1.05) / 2.0;
        for c in chars {
            let (text, turned) = upright(c);
            let wide = width(&text) * size;
            let style = Style::new(size).bold().gray(255);
            let x = EDGE + (BAND - wide) / 2.0;
            if turned {
                // A stroke of the range is drawn, since the font's lies.
                let middle = EDGE + BAND / 2.0;
                let points = vec![(middle, y + 1.0), (middle, y + size)];
                page.push(Mark::Line { points, line: 1.0, gray: 255 });
            } else {
                page.push(Mark::Text { x, y: y + size * ASCENT, style, text });
            }
            y += size * 1.05;
        }
    }

    fn foot(&self, page: &mut Page, poster: &Poster, number: usize, count: usize) {
        let style = Style::new(6.5).gray(60);
        let y = self.paper.1 - EDGE - style.size;
        let made = jst::show(poster.made);
        put(
            page,
            EDGE,
            y,
            style,
            &format!("つむぐ　様式集の流れ図　{made} 作成　{number} / {count}"),
        );
    }
}

impl Column {
    fn new(x: f32, width: f32, texts: &[(&str, Style)], fill: u8, frame: f32) -> Self {
        let blocks = texts.iter().filter(|(text, _)| !text.is_empty());
        let blocks = blocks
            .map(|(text, style)| Block {
                lines: wrap(text, (width - 2.0 * PADDING) / style.size),
                style: *style,
            })
            .collect();
        Self { x, width, blocks, fill, frame }
    }

    fn height(&self) -> f32 {
        let lines = self.blocks.iter().map(|b| b.style.leading() * b.lines.len() as f32);
        lines.sum::<f32>() + 2.0 * PADDING
    }

    fn draw(&self, page: &mut Page, y: f32, height: f32) {
        let (x, width) = (self.x, self.width);
        if self.fill < 255 {
            page.push(Mark::Fill { x, y, width, height, gray: self.fill });
        }
        if self.frame > 0.0 {
            let gray = if self.frame > 1.0 { 0 } else { LINE };
            page.push(Mark::Frame { x, y, width, height, line: self.frame, gray });
        }
        let mut y = y + PADDING;
        for Block { lines, style } in &self.blocks {
            for line in lines {
                put(page, x + PADDING, y, *style, line);
                y += style.leading();
            }
        }
    }
}

/// The lane across; towards the hospital where nothing is known.
fn other(lane: Option<&Lane>) -> Lane {
    match lane {
        Some(Lane::Hospital) => Lane::Home,
        _ => Lane::Hospital,
    }
}

/// Roles without what their brackets explain: 病院 地域連携室, ケアマネジャー.
fn plainly(roles: &str) -> String {
    let short = roles.split('、').map(|role| role.split(['(', '（']).next().unwrap_or(role));
    short.collect::<Vec<_>>().join("、")
}

/// Fees of one name with their classes behind it: 入院時情報連携加算(Ⅰ)(Ⅱ).
fn fees(fees: &[String]) -> String {
    let mut lines: Vec<(&str, String)> = Vec::new();
    for fee in fees {
        let name = fee.split('(').next().unwrap_or(fee);
        let class = fee.get(name.len()..).unwrap_or_default();
        match lines.last_mut() {
            Some((known, classes)) if *known == name && !class.is_empty() => {
                classes.push_str(&format!("・{class}"));
            }
            _ => lines.push((name, class.to_owned())),
        }
    }
    lines.iter().map(|(name, classes)| format!("{name}{classes}")).collect::<Vec<_>>().join("\n")
}

/// How a character stands in a name from above down, and whether it is a stroke to be turned.
fn upright(c: char) -> (String, bool) {
    match c {
        '～' | '〜' | 'ー' | '-' | '－' => (String::new(), true),
        '(' | '（' => ("︵".to_owned(), false),
        ')' | '）' => ("︶".to_owned(), false),
        c => (c.to_string(), false),
    }
}

/// A text with its upper edge at `y`.
fn put(page: &mut Page, x: f32, y: f32, style: Style, text: &str) {
    if !text.is_empty() {
        page.push(Mark::Text { x, y: y + style.size * ASCENT, style, text: spell(text) });
    }
}

#[cfg(test)]
mod tests {
    use tsumugu_catalogue::Catalogue;

    use super::super::typeface::width;
    use super::*;
    use crate::flowchart::{Whose, chart};

    fn poster(whose: Whose) -> Poster {
        Poster {
            title: "入退院時多職種連携フロー図".to_owned(),
            subtitle: "全体".to_owned(),
            phases: chart(Catalogue::built_in(), whose),
            made: Time(1_795_357_080_000),
        }
    }

    #[test]
    fn a3_is_at_most_two_pages_and_a4_are_several() {
        for whose in [Whose::All, Whose::Hospital, Whose::Care] {
            assert!(pages(&poster(whose), Paper::A3).len() <= 2, "{whose:?}");
            assert!(pages(&poster(whose), Paper::A4).len() > 2, "{whose:?}");
        }
    }

    #[test]
    fn fees_of_one_name_share_a_line() {
        let three = ["a(Ⅰ)ロ", "a(Ⅱ)ロ", "b"].map(str::to_owned);
        assert_eq!(fees(&three), "a(Ⅰ)ロ・(Ⅱ)ロ\nb");
        assert_eq!(plainly("病院 地域連携室(看護師・MSW)、家族"), "病院 地域連携室、家族");
    }

    #[test]
    fn nothing_leaves_the_paper_and_every_step_is_on_it() {
        for paper in [Paper::A3, Paper::A4] {
            let poster = poster(Whose::All);
            let (wide, high) = paper.size();
            let pages = pages(&poster, paper);
            let mut all = String::new();
            for mark in pages.iter().flatten() {
                let Mark::Text { x, y, style, text } = mark else { continue };
                assert!(
                    *x >= EDGE - 0.1 && x + width(text) * style.size <= wide - EDGE + 0.5,
                    "{text}"
                );
                assert!(*y > EDGE && *y < high - EDGE + 1.0, "{text}");
                assert!(style.size >= 4.0, "{text}");
                all.push_str(text);
            }
            for step in poster.phases.iter().flat_map(|phase| &phase.steps) {
                let begin: String = spell(&step.name_ja).chars().take(6).collect();
                assert!(all.contains(&begin), "{}", step.id);
            }
            assert!(all.contains("【暫定】"));
        }
    }
}
