//! Discharge conferences with the real programs: invitations that move, answers, calendars.
#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test are tests, which the lint cannot see"
)]

#[path = "support/people.rs"]
mod people;

#[path = "conference/calendar.rs"]
mod calendar;
#[path = "conference/story.rs"]
mod story;
