//! Rows of cells on pages: what stands where, in points from the upper left corner.

use super::typeface::{spell, width};
use super::wrap::wrap;

/// A4 in points (ISO 216: 210 mm by 297 mm).
pub(super) const PAGE: (f32, f32) = (595.276, 841.89);

/// The edge without print, in points: 15 mm, which every printer and FAX keeps, and holes are punched
/// into.
pub(super) const MARGIN: f32 = 42.52;

/// Where rows end; below are the page's number, the letter's, and the form's version.
pub(super) const BOTTOM: f32 = PAGE.1 - 72.0;

/// The width between the edges.
pub(super) const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;

/// From a cell's line to its text.
const PADDING: f32 = 3.2;

/// Space between the lines of a text, of its size.
const LEADING: f32 = 1.32;

/// Where the baseline is in a line, of the size.
const ASCENT: f32 = 0.88;

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    /// Points.
    pub(super) size: f32,
    pub(super) bold: bool,
    /// 0 is black, 255 white.
    pub(super) gray: u8,
}

impl Style {
    pub(super) const fn new(size: f32) -> Self {
        Self { size, bold: false, gray: 0 }
    }

    pub(super) const fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    pub(super) const fn gray(mut self, gray: u8) -> Self {
        self.gray = gray;
        self
    }

    fn leading(self) -> f32 {
        self.size * LEADING
    }
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// A spelled text; `y` is its baseline.
    Text { x: f32, y: f32, style: Style, text: String },
    /// A filled rectangle.
    Fill { x: f32, y: f32, width: f32, height: f32, gray: u8 },
    /// The outline of a rectangle.
    Frame { x: f32, y: f32, width: f32, height: f32, line: f32, gray: u8 },
    /// A horizontal line.
    Rule { x: f32, y: f32, width: f32, line: f32, gray: u8 },
}

/// A page.
pub(super) type Page = Vec<Mark>;

/// A cell of a row.
#[derive(Debug, Clone)]
pub(super) struct Cell<'t> {
    pub(super) width: f32,
    pub(super) text: &'t str,
    pub(super) style: Style,
    /// The background; 255 is none.
    pub(super) fill: u8,
}

impl<'t> Cell<'t> {
    pub(super) fn new(width: f32, text: &'t str, style: Style) -> Self {
        Self { width, text, style, fill: 255 }
    }

    pub(super) fn filled(mut self, gray: u8) -> Self {
        self.fill = gray;
        self
    }

    fn lines(&self) -> Vec<String> {
        wrap(self.text, (self.width - 2.0 * PADDING) / self.style.size)
    }
}

/// How many lines a text takes in a cell.
pub(super) fn lines_in(text: &str, cell_width: f32, style: Style) -> usize {
    Cell::new(cell_width, text, style).lines().len()
}

/// The width that a text takes in a cell.
pub(super) fn cell_width(text: &str, style: Style) -> f32 {
    let widest = text.lines().map(|line| width(&spell(line))).fold(0.0, f32::max);
    widest * style.size + 2.0 * PADDING
}

/// Pages that are filled from above.
#[derive(Debug)]
pub(super) struct Flow {
    pages: Vec<Page>,
    y: f32,
    /// What each further page begins with.
    running_head: String,
}

impl Flow {
    pub(super) fn new(running_head: String) -> Self {
        Self { pages: vec![Page::new()], y: MARGIN, running_head }
    }

    pub(super) fn into_pages(self) -> Vec<Page> {
        self.pages
    }

    /// Space between two things; none at the top of a page.
    pub(super) fn space(&mut self, points: f32) {
        self.y += points;
    }

    /// Begins a page where so many points are not left.
    pub(super) fn need(&mut self, points: f32) {
        if self.y + points > BOTTOM {
            self.turn();
        }
    }

    /// A text over the whole width.
    pub(super) fn text(&mut self, text: &str, style: Style) {
        for line in wrap(text, WIDTH / style.size) {
            self.need(style.leading());
            let y = self.y + style.size * ASCENT;
            self.mark(Mark::Text { x: MARGIN, y, style, text: line });
            self.y += style.leading();
        }
    }

    /// Marks on the current line that move nothing; `draw` is told where the line is.
    pub(super) fn at(&mut self, draw: impl FnOnce(f32) -> Vec<Mark>) {
        let marks = draw(self.y);
        marks.into_iter().for_each(|mark| self.mark(mark));
    }

    /// A row of cells with their frames. A row that does not fit begins a page; one that fits no page
    /// goes on over several, line by line.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) {
        let mut lines: Vec<Vec<String>> = cells.iter().map(Cell::lines).collect();
        if self.y + height(cells, &lines) > BOTTOM {
            let least = height(
                cells,
                &lines.iter().map(|l| l.iter().take(2).cloned().collect()).collect::<Vec<_>>(),
            );
            let whole_page = BOTTOM - MARGIN - Style::new(8.0).leading() * 2.0;
            if height(cells, &lines) <= whole_page || self.y + least > BOTTOM {
                self.turn();
            }
        }
        loop {
            let room = BOTTOM - self.y - 2.0 * PADDING;
            let taken: Vec<Vec<String>> = cells
                .iter()
                .zip(&mut lines)
                .map(|(cell, lines)| {
                    let most = (room / cell.style.leading()).floor().max(1.0) as usize;
                    lines.drain(..most.min(lines.len())).collect()
                })
                .collect();
            self.draw_row(cells, &taken);
            if lines.iter().all(Vec::is_empty) {
                return;
            }
            self.turn();
        }
    }

    fn draw_row(&mut self, cells: &[Cell<'_>], lines: &[Vec<String>]) {
        let height = height(cells, lines);
        let (mut x, y) = (MARGIN, self.y);
        let largest = largest(cells);
        for (cell, lines) in cells.iter().zip(lines) {
            let width = cell.width;
            if cell.fill < 255 {
                self.mark(Mark::Fill { x, y, width, height, gray: cell.fill });
            }
            self.mark(Mark::Frame { x, y, width, height, line: 0.4, gray: 110 });
            for (at, text) in lines.iter().enumerate() {
                let style = cell.style;
                // First lines stand on one line, whatever their sizes.
                let y = y + PADDING + style.leading() * at as f32 + largest * ASCENT;
                self.mark(Mark::Text { x: x + PADDING, y, style, text: text.clone() });
            }
            x += width;
        }
        self.y += height;
    }

    fn turn(&mut self) {
        self.pages.push(Page::new());
        self.y = MARGIN;
        let head = self.running_head.clone();
        self.text(&head, Style::new(8.0).gray(70));
        self.space(4.0);
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }
}

fn height(cells: &[Cell<'_>], lines: &[Vec<String>]) -> f32 {
    let largest = largest(cells);
    let of = |(cell, lines): (&Cell<'_>, &Vec<String>)| {
        cell.style.leading() * lines.len() as f32 + (largest - cell.style.size) * ASCENT
    };
    cells.iter().zip(lines).map(of).fold(0.0, f32::max) + 2.0 * PADDING
}

fn largest(cells: &[Cell<'_>]) -> f32 {
    cells.iter().map(|cell| cell.style.size).fold(0.0, f32::max)
}
