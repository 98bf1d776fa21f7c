//! Limits of office records, each tested at its edge in [`super::entry`].

/// Media type of an office record.
pub const BODY_TYPE: &str = "application/x-tsumugu-office";

/// Longest form in a draft, in bytes: what a form file may have.
pub const MAX_DRAFT_FORM: usize = tsumugu_catalogue::limits::MAX_FILE_BYTES;

/// Most recipients of a draft: as many as one send takes.
pub const MAX_DRAFT_RECIPIENTS: usize = 16;

/// Longest label or reading of a case, in bytes (UTF-8), as other texts of statements.
pub const MAX_CASE_TEXT: usize = 400;

/// Longest worker's card, in bytes.
pub const MAX_CARD: usize = 1_024;

/// Longest name of a note, in characters.
pub const MAX_NOTE_NAME: usize = 64;

/// Longest value of a note, in bytes.
pub const MAX_NOTE: usize = 65_536;

/// Longest piece of a snapshot, in bytes: a letter has at most 1 MiB, and its worker needs room.
pub const MAX_SNAPSHOT_PIECE: usize = 900_000;

/// Longest id of a step or of a reason to leave it out, in characters.
pub const MAX_STEP_NAME: usize = 64;

/// Longest note to a step, in bytes (UTF-8).
pub const MAX_STEP_NOTE: usize = 1_000;

/// Latest time of a step, in milliseconds: the last moment of the year 2199, as of dates elsewhere.
pub const MAX_STEP_TIME: u64 = 7_258_118_399_999;

/// Longest value of a case's fact, in bytes.
pub const MAX_FACT: usize = 64;
