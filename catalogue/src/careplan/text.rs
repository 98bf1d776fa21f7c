//! Bytes of MS932 as rows of cells, strictly: nothing is replaced and nothing is dropped.

use encoding_rs::{DecoderResult, SHIFT_JIS};

use super::{CarePlanError, MAX_PLAN_BYTES, MAX_PLAN_COLUMNS, MAX_PLAN_ROWS, Row};
use crate::text::position;

/// The text of a file.
pub(super) fn decode(bytes: &[u8]) -> Result<String, CarePlanError> {
    if bytes.len() > MAX_PLAN_BYTES {
        return Err(CarePlanError::TooLarge);
    }
    let mut decoder = SHIFT_JIS.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(room.unwrap_or(bytes.len()));
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    // Characters of private use are 外字: what they look like only the writer's PC knows.
    let private = text.char_indices().find(|(_, c)| matches!(c, '\u{e000}'..='\u{f8ff}'));
    let end = match (result, private) {
        (_, Some((at, _))) => at,
        (DecoderResult::InputEmpty, None) => return Ok(text),
        _ => text.len(),
    };
    let (line, column) = position(&text, end);
    Err(CarePlanError::NotShiftJis { line, column })
}

/// The rows that are not blank, each with its line.
pub(super) fn rows(text: &str) -> Result<Vec<Row>, CarePlanError> {
    check_quotes(text)?;
    // The reader counts a line at its line feed, which would stand before the next row's place.
    let text = text.replace("\r\n", "\n");
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let Ok(record) = record else {
            // Text is UTF-8 and rows may differ in length: there is nothing else to fail.
            return Err(CarePlanError::Quotes { line: rows.len() + 1, column: 1 });
        };
        let line = record.position().map_or(rows.len() + 1, |at| at.line() as usize);
        if rows.len() == MAX_PLAN_ROWS || record.len() > MAX_PLAN_COLUMNS {
            return Err(CarePlanError::TooMany { line });
        }
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push((line, record.iter().map(str::to_owned).collect()));
        }
    }
    Ok(rows)
}

/// Quotes stand around whole cells, and doubled inside (RFC 4180). The reader would take anything
/// else somehow.
fn check_quotes(text: &str) -> Result<(), CarePlanError> {
    #[derive(PartialEq)]
    enum State {
        Begin,
        Plain,
        Quoted,
        Closed,
    }
    let mut state = State::Begin;
    let mut opened = 0;
    for (at, c) in text.char_indices() {
        let bad = || {
            let (line, column) = position(text, at);
            CarePlanError::Quotes { line, column }
        };
        state = match (state, c) {
            (State::Quoted, '"') => State::Closed,
            (State::Quoted, _) => State::Quoted,
            (State::Begin, '"') => {
                opened = at;
                State::Quoted
            }
            (State::Closed, '"') => State::Quoted,
            (_, ',' | '\n' | '\r') => State::Begin,
            (State::Plain, '"') | (State::Closed, _) => return Err(bad()),
            (State::Begin | State::Plain, _) => State::Plain,
        };
    }
    if state == State::Quoted {
        let (line, column) = position(text, opened);
        return Err(CarePlanError::Quotes { line, column });
    }
    Ok(())
}
