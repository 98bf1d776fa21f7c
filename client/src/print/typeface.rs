//! The bundled font: which glyph a character has and how wide it is.

use std::io::Read;
use std::ops::Range;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use skrifa::charmap::{Charmap, MapVariant};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, GlyphId, MetadataProvider};
use unicode_normalization::UnicodeNormalization;

/// BIZ UDGothic, as `client/fonts/README.md` says.
static COMPRESSED: &[u8] = include_bytes!("../../fonts/BIZUDGothic-Regular.ttf.gz");

static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut bytes = Vec::new();
    let read = GzDecoder::new(COMPRESSED).read_to_end(&mut bytes);
    read.expect("the bundled font is a gzip file, which a test reads");
    bytes
});

static FACE: LazyLock<Face> = LazyLock::new(|| {
    let font = FontRef::new(&BYTES).expect("the bundled font is a font, which a test reads");
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let em = font.metrics(Size::unscaled(), LocationRef::default()).units_per_em;
    Face { charmap: font.charmap(), metrics, em: f32::from(em) }
});

struct Face {
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    em: f32,
}

/// A glyph for some bytes of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shaped {
    pub(super) glyph: u32,
    /// Of the em.
    pub(super) advance: f32,
    pub(super) bytes: Range<usize>,
}

/// The font file.
pub(super) fn bytes() -> &'static [u8] {
    &BYTES
}

/// The text as it can be printed: composed, without control characters, and with the code of each
/// character that the font lacks in its place, such as `[U+20BB7]`. Never a box.
pub(super) fn spell(text: &str) -> String {
    let composed: Vec<char> = compose(text).chars().collect();
    let mut spelled = String::with_capacity(text.len());
    let mut rest = composed.as_slice();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == '\t' {
            spelled.push(' ');
            continue;
        }
        match glyph(*first) {
            Some(_) => spelled.push(*first),
            None => spelled.push_str(&code(*first)),
        }
        // A selector that this font follows stays with its character; another one is told.
        if let Some(selector) = rest.first().filter(|next| is_selector(**next)) {
            if glyph(*first).is_some() && variant(*first, *selector).is_some() {
                spelled.push(*selector);
            } else {
                spelled.push_str(&code(*selector));
            }
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    spelled
}

/// Composed, but for compatibility ideographs: composing would put another character in the place of
/// one that somebody's name has.
fn compose(text: &str) -> String {
    let mut composed = String::with_capacity(text.len());
    for part in text.split_inclusive(is_compatible) {
        let kept = part.chars().next_back().filter(|c| is_compatible(*c));
        let rest = part.strip_suffix(is_compatible).unwrap_or(part);
        composed.extend(rest.nfc());
        composed.extend(kept);
    }
    composed
}

/// CJK compatibility ideographs, such as 神 (U+FA19) beside 神.
fn is_compatible(c: char) -> bool {
    matches!(c, '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

/// Whether the text has a character that is printed as its code.
pub(super) fn lacks(text: &str) -> bool {
    spell(text) != compose(text)
}

/// The glyphs of a spelled text, one for each character but the selectors.
pub(super) fn shape(spelled: &str) -> Vec<Shaped> {
    let mut shaped: Vec<Shaped> = Vec::new();
    let mut before: Option<char> = None;
    for (at, c) in spelled.char_indices() {
        let end = at + c.len_utf8();
        if is_selector(c) {
            if let (Some(last), Some(base)) = (shaped.last_mut(), before) {
                last.bytes.end = end;
                last.glyph = variant(base, c).map_or(last.glyph, |glyph| glyph.to_u32());
            }
            continue;
        }
        before = Some(c);
        if let Some(glyph) = glyph(c) {
            shaped.push(Shaped { glyph: glyph.to_u32(), advance: advance(glyph), bytes: at..end });
        }
    }
    shaped
}

/// The width of a spelled text, of the em.
pub(super) fn width(spelled: &str) -> f32 {
    spelled.chars().map(char_width).sum()
}

/// The width of one character of a spelled text, of the em.
pub(super) fn char_width(c: char) -> f32 {
    if is_selector(c) { 0.0 } else { glyph(c).map_or(0.0, advance) }
}

/// Variation selectors, also those of names (IVS).
pub(super) fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn glyph(c: char) -> Option<GlyphId> {
    // PDF/A-2u takes no character of private use, whose meaning nobody knows, and no control.
    let is_private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    if is_private || c.is_control() || crate::messages::visible(c) != c {
        return None;
    }
    FACE.charmap.map(c).filter(|glyph| *glyph != GlyphId::NOTDEF)
}

fn variant(base: char, selector: char) -> Option<GlyphId> {
    match FACE.charmap.map_variant(base, selector)? {
        MapVariant::UseDefault => glyph(base),
        MapVariant::Variant(glyph) => Some(glyph),
    }
}

fn advance(glyph: GlyphId) -> f32 {
    FACE.metrics.advance_width(glyph).unwrap_or_default() / FACE.em
}

fn code(c: char) -> String {
    format!("[U+{:04X}]", u32::from(c))
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::hash::sha256;

    use super::*;

    #[test]
    fn the_font_is_the_one_that_its_readme_names() {
        let readme = include_str!("../../fonts/README.md");
        assert!(readme.contains(&sha256(&[bytes()]).to_string()));
        assert!(include_str!("../../fonts/OFL.txt").contains("SIL OPEN FONT LICENSE Version 1.1"));
    }

    #[test]
    fn a_character_is_a_whole_em_or_half_of_one() {
        assert_eq!(width("漢字、かな"), 5.0);
        assert_eq!(width("abc 123"), 3.5);
        assert_eq!(width("ｶﾅ"), 1.0);
    }

    #[test]
    fn what_the_font_lacks_is_its_code() {
        for (text, spelled) in [
            ("𠮷田", "[U+20BB7]田"),
            ("髙﨑①㈱★【】〜～℃", "髙﨑①㈱★【】〜～℃"),
            ("か\u{3099}", "が"),
            ("a\u{7}b\tc", "a[U+0007]b c"),
            ("\u{fa19}社か\u{3099}", "\u{fa19}社が"),
            ("\u{e000}", "[U+E000]"),
            ("\u{202e}x", "[U+202E]x"),
            ("😀", "[U+1F600]"),
        ] {
            assert_eq!(spell(text), spelled, "{text}");
        }
        let spelled = spell("葛\u{e0100}城");
        assert!(spelled.starts_with('葛') && spelled.ends_with('城'), "{spelled}");
    }

    #[test]
    fn every_character_of_a_spelled_text_has_a_glyph() {
        for plane in [0x20..0x3_0000, 0xe_0100..0xe_0110] {
            let text: String = plane.filter_map(char::from_u32).collect();
            let spelled = spell(&text);
            let glyphs = shape(&spelled);
            assert!(glyphs.iter().all(|shaped| shaped.glyph != 0));
            let characters = spelled.chars().filter(|c| !is_selector(*c)).count();
            assert_eq!(glyphs.len(), characters);
        }
    }
}
