//! No bytes panic, and what is accepted reads back as the same form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tsumugu_catalogue::{Format, RenderOptions, parse_filled, render_text};

fuzz_target!(|data: &[u8]| {
    for format in [Format::Toml, Format::Json] {
        let Ok(filled) = parse_filled(data, format) else { continue };
        let json = filled.to_json().to_string();
        assert_eq!(parse_filled(json.as_bytes(), Format::Json).as_ref(), Ok(&filled));
        let toml = filled.to_toml();
        assert_eq!(parse_filled(toml.as_bytes(), Format::Toml).as_ref(), Ok(&filled));
        let _ = render_text(&filled, RenderOptions { family_copy: true, ..RenderOptions::default() });
    }
});
