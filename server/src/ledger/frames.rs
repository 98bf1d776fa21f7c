//! Frames of the journal (`docs/FORMATS.md`, section 8).

/// A clear leaf entry.
pub(super) const CLEAR_LEAF: u8 = 1;
/// A private leaf entry.
pub(super) const PRIVATE_LEAF: u8 = 2;
/// Salt and record of the private leaf before it.
pub(super) const RECORD: u8 = 3;
/// Where the body of the envelope before it is.
pub(super) const BODY: u8 = 4;
/// The sealed detail of the statement before it.
pub(super) const DETAIL: u8 = 5;
/// Stands where a record or detail was erased.
pub(super) const ERASED: u8 = 6;

/// Splits a record frame's payload.
pub(super) fn split_record(payload: &[u8]) -> Option<([u8; 32], &[u8])> {
    payload.split_first_chunk::<32>().map(|(salt, record)| (*salt, record))
}
