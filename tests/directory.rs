//! The directory: every kind of institution, entries for FAX, what changes in a record, and what an
//! institution says of itself.
#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test are tests, which the lint cannot see"
)]

#[path = "support/people.rs"]
mod people;

#[path = "directory/joins.rs"]
mod joins;
#[path = "directory/kinds.rs"]
mod kinds;
#[path = "directory/profile.rs"]
mod profile;
#[path = "directory/records.rs"]
mod records;
