//! Every limit of a filled form. What stands at a limit is accepted, one more is refused.

/// Most bytes of a filled form, as TOML or JSON: 512 KiB.
pub const MAX_FILE_BYTES: usize = 512 * 1024;
/// Most characters (Unicode scalar values) of a one-line text, of a table's cell and of an
/// institution's name.
pub const MAX_TEXT_CHARS: usize = 1_000;
/// Most characters of a text of several lines.
pub const MAX_TEXTAREA_CHARS: usize = 10_000;
/// Most rows of a table.
pub const MAX_TABLE_ROWS: usize = 100;
/// Most file names in one field of attachments.
pub const MAX_ATTACHMENTS: usize = 20;
/// Most bytes of a file name in UTF-8, as common file systems have it.
pub const MAX_FILE_NAME_BYTES: usize = 255;
/// Fewest digits of a telephone number: 110 and 119 are numbers too.
pub const MIN_PHONE_DIGITS: usize = 3;
/// Most digits of a telephone number: fifteen (ITU-T E.164, section 6) and an extension of five.
pub const MAX_PHONE_DIGITS: usize = 20;
/// Largest number, in hundredths: 999,999.99.
pub const MAX_NUMBER_HUNDREDTHS: i64 = 99_999_999;
/// Digits of an institution number: 医療機関コード and 介護事業所番号 both have ten.
pub const ORG_NUMBER_DIGITS: usize = 10;
/// Most files of a catalogue: as many as one release in the log can name.
pub const MAX_CATALOGUE_FILES: usize = 64;
/// Most bytes of one file of a catalogue: 1 MiB, some twenty times the longest sheet.
pub const MAX_CATALOGUE_FILE_BYTES: usize = 1024 * 1024;
/// Farthest day that a deadline or a step lies from its anchor, either way.
pub const MAX_ANCHOR_DAYS: i16 = 366;
