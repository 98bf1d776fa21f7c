//! The catalogue's example forms, on the days of the story.

use std::path::PathBuf;

use serde_json::{Value, json};
use tsumugu_catalogue::{FormKind, Format, examples, parse_filled};
use tsumugu_client::failure::Failure;
use tsumugu_client::jst;
use tsumugu_trust::value::Time;

use super::stage::Person;
use super::step::failed;

const DAY_MS: u64 = 86_400_000;

/// The days of the stay, counted from the demo's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days(pub(super) Time);

impl Days {
    /// The day so many days later, ISO 8601.
    pub(super) fn day(self, later: u64) -> Value {
        json!(jst::day(Time(self.0.0 + later * DAY_MS)))
    }

    /// A time of that day.
    pub(super) fn at(self, later: u64, clock: &str) -> Value {
        json!(format!("{}T{clock}", jst::day(Time(self.0.0 + later * DAY_MS))))
    }

    /// The minute in which the demo began, as people type it.
    pub(super) fn now(self) -> String {
        jst::iso(self.0)[..16].replace('T', " ")
    }
}

/// Writes an example into somebody's home, with some fields filled otherwise; gives the file and
/// what it is.
pub(super) fn write(
    person: Person<'_>,
    name: &str,
    example: &str,
    fields: &[(&str, Value)],
) -> Result<(PathBuf, FormKind), Failure> {
    let broken = |_| failed(example);
    let text = examples::example(example).ok_or_else(|| failed(example))?;
    let mut form = parse_filled(text.as_bytes(), Format::Toml).map_err(broken)?;
    for (field, value) in fields {
        form.set(field, value).map_err(broken)?;
    }
    let file = person.file(&format!("{name}.toml"));
    tsumugu_durable::write_atomic(&file, form.to_toml().as_bytes()).map_err(|_| failed(name))?;
    Ok((file, form.form().kind))
}
