//! Fictitious filled forms for the demonstration and the manual: nobody in them exists.

/// Name and TOML text of every example.
pub const ALL: &[(&str, &str)] = &[
    ("admission-info", include_str!("../examples/admission-info.toml")),
    ("nagareyama", include_str!("../examples/nagareyama.toml")),
    ("notice-admission", include_str!("../examples/notice-admission.toml")),
    ("notice-conference", include_str!("../examples/notice-conference.toml")),
    ("notice-discharge-date", include_str!("../examples/notice-discharge-date.toml")),
    ("test-letter", include_str!("../examples/test-letter.toml")),
];

/// The TOML text of the example with this name.
pub fn example(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
