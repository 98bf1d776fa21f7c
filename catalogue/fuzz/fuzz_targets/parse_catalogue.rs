//! No text of a catalogue's file panics, and only a draft without findings becomes a catalogue.
//! The first byte chooses the kind of file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tsumugu_catalogue::Draft;

const NAMES: [&str; 9] = [
    "codes.toml",
    "sources.toml",
    "flow.toml",
    "flow/1.toml",
    "fees/1.toml",
    "holidays.toml",
    "sheets/1.toml",
    "characters.toml",
    "careplan.toml",
];

fuzz_target!(|data: &[u8]| {
    let Some((kind, text)) = data.split_first() else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let name = NAMES[usize::from(*kind) % NAMES.len()];
    let Ok(draft) = Draft::parse(&[(name, text)]) else { return };
    let findings = draft.check();
    for finding in &findings {
        assert!(!finding.ja().is_empty() && !finding.to_string().is_empty());
    }
    match draft.into_catalogue() {
        Ok(catalogue) => {
            assert!(findings.is_empty());
            if let Some(calendar) = catalogue.holidays() {
                let (first, last) = calendar.years();
                assert!(calendar.in_year(first).len() <= 366 && calendar.in_year(last).len() <= 366);
            }
        }
        Err(found) => assert_eq!(found, findings),
    }
});
