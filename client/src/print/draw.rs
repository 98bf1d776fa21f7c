//! Marks on pages as a PDF file.

use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use tsumugu_trust::value::Time;

use super::layout::{Mark, Page, Style};
use super::typeface::{bytes, shape};
use crate::failure::Failure;
use crate::jst;

/// The line around the glyphs of a bold text, of its size: one face is bundled.
const BOLD: f32 = 0.035;

/// What a file says of itself. No name of a person: file managers show the title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct About {
    pub(super) title: String,
    /// The same for the same contents.
    pub(super) id: String,
    /// When it was made, by this PC's clock.
    pub(super) made: Time,
}

/// Pages of one size, in points, as a file.
pub(super) fn pdf(pages: &[Page], size: (f32, f32), about: &About) -> Result<Vec<u8>, Failure> {
    let failed = |what: &str| Failure::new("print.failed").with("detail", what);
    let font = Font::new(bytes().into(), 0).ok_or_else(|| failed("font"))?;
    let configuration =
        ConfigurationBuilder::new().with_archival_validator(Archival::A2_U).finish();
    let configuration = configuration.map_err(|error| failed(&format!("{error:?}")))?;
    let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    document.set_metadata(metadata(about));
    let size = PageSettings::from_wh(size.0, size.1).ok_or_else(|| failed("page"))?;
    for marks in pages {
        let mut page = document.start_page_with(size.clone());
        let mut surface = page.surface();
        marks.iter().for_each(|mark| draw(&mut surface, &font, mark));
        surface.finish();
        page.finish();
    }
    // The error's text may hold the page's: only its kind is told.
    document.finish().map_err(|_| failed("PDF/A-2u"))
}

fn metadata(about: &About) -> Metadata {
    Metadata::new()
        .title(about.title.clone())
        .language("ja".to_owned())
        .creator("tsumugu".to_owned())
        .document_id(about.id.clone())
        .creation_date(date(about.made))
}

fn date(time: Time) -> DateTime {
    let local = jst::civil(time);
    DateTime::new(local.year().unsigned_abs())
        .month(local.month().unsigned_abs())
        .day(local.day().unsigned_abs())
        .hour(local.hour().unsigned_abs())
        .minute(local.minute().unsigned_abs())
        .second(local.second().unsigned_abs())
        .utc_offset_hour(9)
        .utc_offset_minute(0)
}

fn draw(surface: &mut Surface<'_>, font: &Font, mark: &Mark) {
    match mark {
        Mark::Text { x, y, style, text } => draw_text(surface, font, (*x, *y), *style, text),
        Mark::Fill { x, y, width, height, gray } => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*gray)));
            draw_path(surface, rectangle(*x, *y, *width, *height));
        }
        Mark::Frame { x, y, width, height, line, gray } => {
            surface.set_fill(None);
            surface.set_stroke(Some(stroke(*line, *gray)));
            draw_path(surface, rectangle(*x, *y, *width, *height));
        }
        Mark::Rule { x, y, width, line, gray } => {
            draw_line(surface, &[(*x, *y), (x + width, *y)], stroke(*line, *gray));
        }
        Mark::Line { points, line, gray } => draw_line(surface, points, stroke(*line, *gray)),
    }
}

fn draw_text(surface: &mut Surface<'_>, font: &Font, at: (f32, f32), style: Style, text: &str) {
    let glyphs: Vec<KrillaGlyph> = shape(text)
        .into_iter()
        .map(|one| {
            let glyph = GlyphId::new(one.glyph);
            KrillaGlyph::new(glyph, one.advance, 0.0, 0.0, 0.0, one.bytes, None)
        })
        .collect();
    if glyphs.is_empty() {
        return;
    }
    surface.set_fill(Some(fill(style.gray)));
    surface.set_stroke(style.bold.then(|| stroke(style.size * BOLD, style.gray)));
    let start = Point::from_xy(at.0, at.1);
    surface.draw_glyphs(start, &glyphs, font.clone(), text, style.size, false);
}

fn rectangle(x: f32, y: f32, width: f32, height: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(x, y, width, height)?);
    path.finish()
}

fn draw_line(surface: &mut Surface<'_>, points: &[(f32, f32)], stroke: Stroke) {
    surface.set_fill(None);
    surface.set_stroke(Some(stroke));
    let mut path = PathBuilder::new();
    for (at, (x, y)) in points.iter().enumerate() {
        if at == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
    }
    draw_path(surface, path.finish());
}

/// A path without extent draws nothing.
fn draw_path(surface: &mut Surface<'_>, path: Option<Path>) {
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn fill(gray: u8) -> Fill {
    Fill { paint: luma::Color::new(gray).into(), ..Fill::default() }
}

fn stroke(width: f32, gray: u8) -> Stroke {
    Stroke { paint: luma::Color::new(gray).into(), width, ..Stroke::default() }
}
