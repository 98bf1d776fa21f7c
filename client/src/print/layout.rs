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

/// A letter has at most so many pages. A sheet has a few; text of a megabyte would keep the agent busy
/// for minutes, and the printer out of paper.
pub(super) const MAX_PAGES: usize = 100;

/// Room on the last page that can be, for the words that the rest is left out.
const CUT_ROOM: f32 = 32.0;

/// The last lines where a letter has more.
pub(super) const CUT: [&str; 2] = [
    "【注意】長いため、この先は印刷していません。全文は tsumugu open で読めます。",
    "CHECK: too long; the rest is not printed. Read all of it with tsumugu open.",
];

/// The width between the edges.
pub(super) const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;

/// From a cell's line to its text.
const PADDING: f32 = 2.4;

/// Space between the lines of a text, of its size.
const LEADING: f32 = 1.32;

/// Where the baseline is in a line, of the size.
pub(super) const ASCENT: f32 = 0.88;

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

    pub(super) fn leading(self) -> f32 {
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
    /// A line through points.
    Line { points: Vec<(f32, f32)>, line: f32, gray: u8 },
}

impl Mark {
    /// Draws it smaller, towards the upper left corner between the edges.
    fn shrink(&mut self, scale: f32) {
        let (x, y) = match self {
            Self::Text { x, y, style, .. } => {
                style.size *= scale;
                (x, y)
            }
            Self::Fill { x, y, width, height, .. } | Self::Frame { x, y, width, height, .. } => {
                *width *= scale;
                *height *= scale;
                (x, y)
            }
            Self::Rule { x, y, width, .. } => {
                *width *= scale;
                (x, y)
            }
            Self::Line { points, .. } => {
                for (x, y) in points {
                    *x = MARGIN + (*x - MARGIN) * scale;
                    *y = MARGIN + (*y - MARGIN) * scale;
                }
                return;
            }
        };
        *x = MARGIN + (*x - MARGIN) * scale;
        *y = MARGIN + (*y - MARGIN) * scale;
    }
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
    /// How much smaller everything is drawn than it is laid out.
    scale: f32,
    /// There are [`MAX_PAGES`], and more was to come: nothing is taken any more.
    is_cut: bool,
}

impl Flow {
    pub(super) fn new(running_head: String) -> Self {
        Self::scaled(running_head, 1.0)
    }

    /// Pages on which more stands, smaller: what is laid out as wide and high as this one says is drawn
    /// in `scale` of its size.
    pub(super) fn scaled(running_head: String, scale: f32) -> Self {
        Self { pages: vec![Page::new()], y: MARGIN, running_head, scale, is_cut: false }
    }

    pub(super) fn into_pages(self) -> Vec<Page> {
        let scale = self.scale;
        let mut pages = self.pages;
        if scale < 1.0 {
            pages.iter_mut().flatten().for_each(|mark| mark.shrink(scale));
        }
        pages
    }

    /// The width between the edges, as rows are laid out.
    pub(super) fn width(&self) -> f32 {
        WIDTH / self.scale
    }

    /// The right edge, as rows are laid out.
    pub(super) fn right(&self) -> f32 {
        MARGIN + self.width()
    }

    /// Whether the letter had more than [`MAX_PAGES`].
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Where rows end on this page.
    fn bottom(&self) -> f32 {
        let room = (BOTTOM - MARGIN) / self.scale;
        MARGIN + if self.pages.len() == MAX_PAGES { room - CUT_ROOM } else { room }
    }

    /// Space between two things; none at the top of a page.
    pub(super) fn space(&mut self, points: f32) {
        self.y += points;
    }

    /// Begins a page where so many points are not left.
    pub(super) fn need(&mut self, points: f32) {
        if self.y + points > self.bottom() {
            self.turn();
        }
    }

    /// A text over the whole width.
    pub(super) fn text(&mut self, text: &str, style: Style) {
        if self.is_cut {
            return;
        }
        for line in wrap(text, self.width() / style.size) {
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
        if self.is_cut {
            return;
        }
        let mut lines: Vec<Vec<String>> = cells.iter().map(Cell::lines).collect();
        if self.y + height(cells, &lines) > self.bottom() {
            let least = height(
                cells,
                &lines.iter().map(|l| l.iter().take(2).cloned().collect()).collect::<Vec<_>>(),
            );
            let whole_page = self.bottom() - MARGIN - Style::new(8.0).leading() * 2.0;
            if height(cells, &lines) <= whole_page || self.y + least > self.bottom() {
                self.turn();
            }
        }
        loop {
            let room = self.bottom() - self.y - 2.0 * PADDING;
            let taken: Vec<Vec<String>> = cells
                .iter()
                .zip(&mut lines)
                .map(|(cell, lines)| {
                    let most = (room / cell.style.leading()).floor().max(1.0) as usize;
                    lines.drain(..most.min(lines.len())).collect()
                })
                .collect();
            self.draw_row(cells, &taken);
            if self.is_cut || lines.iter().all(Vec::is_empty) {
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
        if self.pages.len() == MAX_PAGES {
            self.cut();
            return;
        }
        self.pages.push(Page::new());
        self.y = MARGIN;
        let head = self.running_head.clone();
        self.text(&head, Style::new(8.0).gray(70));
        self.space(4.0);
    }

    /// Says on the last page that there is more.
    fn cut(&mut self) {
        if self.is_cut {
            return;
        }
        let style = Style::new(9.0).bold();
        for (at, text) in CUT.iter().enumerate() {
            let y = self.bottom() + 6.0 + style.leading() * at as f32 + style.size * ASCENT;
            self.mark(Mark::Text { x: MARGIN, y, style, text: spell(text) });
        }
        self.is_cut = true;
    }

    fn mark(&mut self, mark: Mark) {
        if self.is_cut {
            return;
        }
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
