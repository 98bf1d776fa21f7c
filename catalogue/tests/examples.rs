//! The examples are valid, complete and fictitious, and render as they should.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use tsumugu_catalogue::{Catalogue, FilledForm};
use tsumugu_catalogue::{Format, RenderOptions, examples, parse_filled, render_text, template};

fn read(name: &str) -> FilledForm {
    parse_filled(examples::example(name).unwrap().as_bytes(), Format::Toml).unwrap()
}

#[test]
fn every_example_is_valid_and_lacks_nothing() {
    for (name, text) in examples::ALL {
        let filled = parse_filled(text.as_bytes(), Format::Toml)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let missing: Vec<_> = filled.missing().iter().map(|m| m.field.id.clone()).collect();
        assert_eq!(missing, [] as [String; 0], "{name}");
        assert!(filled.inapplicable().is_empty(), "{name}");
    }
    let forms = Catalogue::built_in().forms().count();
    assert_eq!(examples::ALL.len(), forms);
}

#[test]
fn the_sheets_render() {
    let staff = RenderOptions::default();
    insta::assert_snapshot!("admission_info", render_text(&read("admission-info"), staff));
    let family = RenderOptions { family_copy: true, ..staff };
    insta::assert_snapshot!("nagareyama_family", render_text(&read("nagareyama"), family));
    insta::assert_snapshot!("notice_conference", render_text(&read("notice-conference"), staff));
}

#[test]
fn a_template_renders() {
    let form = Catalogue::built_in().form("notice-discharge-date").unwrap();
    insta::assert_snapshot!(template(form));
}
