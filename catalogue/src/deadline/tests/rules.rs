//! The catalogue's rules of 2024, and made-up ones that follow.

use std::sync::LazyLock;

use crate::{Catalogue, Draft};

/// The built-in rules end on 31 March 2027; from then on (Ⅰ) has a day more. An invention.
pub(crate) fn with_next() -> &'static Catalogue {
    static NEXT: LazyLock<Catalogue> = LazyLock::new(|| {
        let fees = next(include_str!("../../../data/fees/1-care-admission.toml"));
        let files = [
            ("codes.toml", include_str!("../../../data/codes.toml")),
            ("sources.toml", include_str!("../../../data/sources.toml")),
            ("flow.toml", include_str!("../../../data/flow.toml")),
            ("fees/next.toml", fees.as_str()),
        ];
        Draft::parse(&files).unwrap().into_catalogue().unwrap()
    });
    &NEXT
}

fn next(text: &str) -> String {
    const FROM: &str = "valid_from = \"2024-04-01\"";
    let mut fees = text.split("[[fee]]");
    let mut all = fees.next().unwrap().to_owned();
    for fee in fees {
        let (head, edition) = fee.split_once("[[fee.edition]]").unwrap();
        let first = edition.replace(FROM, &format!("{FROM}\nvalid_to = \"2027-03-31\""));
        let second = edition
            .replace(FROM, "valid_from = \"2027-04-01\"")
            .replace("version = \"R6\"", "version = \"R9\"")
            .replace("last_day = 0", "last_day = 1");
        all.push_str(&format!("[[fee]]{head}[[fee.edition]]{first}\n[[fee.edition]]{second}\n"));
    }
    all
}
