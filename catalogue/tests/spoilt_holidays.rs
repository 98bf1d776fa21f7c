//! A spoilt calendar of holidays for every finding.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use tsumugu_catalogue::Draft;

const HOLIDAYS: &str = r#"
first_year = 2007
last_year = 2099
version = "2022"
source = "K"
substitute = { ja = "振替休日", en = "Substitute holiday" }
between = { ja = "国民の休日", en = "Citizens' holiday" }

[equinox]
epoch = 1980
first_year = 1980
last_year = 2099
drift = 0.242194
vernal = 20.8431
autumnal = 23.2488

[[holiday]]
id = "new-year"
ja = "元日"
en = "New Year's Day"
rule = { month = 1, day = 1 }

[[holiday]]
id = "marine"
ja = "海の日"
en = "Marine Day"
from_year = 2010
to_year = 2030
rule = { month = 7, monday = 3 }
moved = ["2020-07-23", "2021-07-22"]

[[holiday]]
id = "vernal-equinox"
ja = "春分の日"
en = "Vernal Equinox Day"
rule = { month = 3, equinox = "vernal" }
"#;

#[test]
fn the_sound_calendar_has_no_findings() {
    assert_eq!(Draft::parse(&[("holidays.toml", HOLIDAYS)]).unwrap().check(), []);
    assert!(Draft::default().into_catalogue().unwrap().holidays().is_none());
}

#[test]
fn every_spoilt_calendar_is_found() {
    let spoil = |from: &str, to: &str| {
        assert!(HOLIDAYS.contains(from), "{from}");
        let text = HOLIDAYS.replacen(from, to, 1);
        Draft::parse(&[("holidays.toml", &text)]).unwrap()
    };
    let two = Draft::parse(&[("a/holidays.toml", HOLIDAYS), ("b/holidays.toml", HOLIDAYS)]);
    let spoilt = [
        ("two calendars", two.unwrap()),
        ("years reversed", spoil("first_year = 2007", "first_year = 2100")),
        ("year of a far time", spoil("last_year = 2099", "last_year = 99999")),
        ("no version", spoil("\"2022\"", "\"\"")),
        ("source", spoil("source = \"K\"", "source = \"X\"")),
        ("citation", spoil("source = \"K\"", "source = \"K\"\ncites = [\"rumour\"]")),
        ("Japanese gloss", spoil("\"Substitute holiday\"", "\"振替休日\"")),
        ("formula of other years", spoil("first_year = 1980", "first_year = 2010")),
        ("formula", spoil("vernal = 20.8431", "vernal = 28.8431")),
        ("formula of no number", spoil("drift = 0.242194", "drift = nan")),
        ("endless formula", spoil("drift = 0.242194", "drift = inf")),
        ("holiday twice", spoil("\"marine\"", "\"new-year\"")),
        ("empty name", spoil("\"元日\"", "\"\"")),
        ("years of a holiday", spoil("to_year = 2030", "to_year = 2009")),
        ("year before the calendar", spoil("from_year = 2010", "from_year = 2006")),
        ("moved in another year", spoil("from_year = 2010", "from_year = 2021")),
        ("moved twice", spoil("\"2021-07-22\"", "\"2020-07-22\"")),
        ("moved to no day", spoil("\"2021-07-22\"", "\"2021-07-32\"")),
        ("month", spoil("month = 1", "month = 13")),
        ("day", spoil("day = 1", "day = 32")),
        ("leap day", spoil("month = 1, day = 1", "month = 2, day = 29")),
        ("fifth Monday", spoil("monday = 3", "monday = 5")),
        ("no rule", spoil("month = 1, day = 1", "month = 1")),
        ("two rules", spoil("day = 1", "day = 1, monday = 2")),
        ("equinox", spoil("equinox = \"vernal\"", "equinox = \"winter\"")),
        ("same day", spoil("month = 7, monday = 3", "month = 1, day = 1")),
    ];
    let report = support::report(spoilt);
    insta::assert_snapshot!(report);
}
