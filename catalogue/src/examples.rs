//! Fictitious filled forms for the demonstration and the manual: nobody in them exists.

/// Name and TOML text of every example.
pub const ALL: &[(&str, &str)] = &[
    ("admission-info", include_str!("../examples/admission-info.toml")),
    ("discharge-record", include_str!("../examples/discharge-record.toml")),
    ("chiba-a", include_str!("../examples/chiba-a.toml")),
    ("chiba-b", include_str!("../examples/chiba-b.toml")),
    ("nagareyama", include_str!("../examples/nagareyama.toml")),
    ("notice-admission", include_str!("../examples/notice-admission.toml")),
    ("notice-cm-inquiry", include_str!("../examples/notice-cm-inquiry.toml")),
    ("notice-conference", include_str!("../examples/notice-conference.toml")),
    ("notice-discharge-date", include_str!("../examples/notice-discharge-date.toml")),
    ("notice-transfer", include_str!("../examples/notice-transfer.toml")),
    ("notice-death", include_str!("../examples/notice-death.toml")),
    ("notice-careplan", include_str!("../examples/notice-careplan.toml")),
    ("notice-after", include_str!("../examples/notice-after.toml")),
    ("test-letter", include_str!("../examples/test-letter.toml")),
];

/// The TOML text of the example with this name.
pub fn example(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
