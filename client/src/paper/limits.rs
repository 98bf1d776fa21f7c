//! Limits of off-system records, each tested at its edge in [`super::said`].

/// Longest sheet in a record, in bytes: what a form file may have.
pub const MAX_SHEET: usize = tsumugu_catalogue::limits::MAX_FILE_BYTES;

/// Longest note or reason, in bytes (UTF-8).
pub const MAX_NOTE: usize = 1_000;

/// Longest id of a step of the flow, in characters.
pub const MAX_STEP: usize = 64;

/// Most pages of one FAX: what prints has at most a hundred, and a cover sheet.
pub const MAX_PAGES: u32 = 1_000;
