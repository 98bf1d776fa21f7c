//! Discharge conferences (退院前カンファレンス): the invitations of one conference in their versions, who
//! answered what to which of them, and the calendar file.
//!
//! Pure: the letters were opened and checked before, and go in; nothing here asks a clock or a disk.
//!
//! ```text
//! letters ── letter: Invitation or Reply ── series: Conference (versions, replies) ── calendar: RFC 5545
//! ```
//!
//! Nothing of it is kept anywhere: the letters are the one truth, and every PC of both sides reads the
//! same from them.

mod calendar;
mod letter;
mod series;

pub use calendar::{CONFERENCE_MINUTES, FOLD_AT, NotInCalendar, Wording, calendar};
pub use letter::{Attendance, ConferenceLetter, FORM, Invitation, Reply, Status};
pub(crate) use letter::{NO, YES};
pub use series::{Answered, Conference, Version, conferences};
