//! How an admission lies to the office's business hours.

use super::Admission;
use crate::calendar::{ClosedFor, DayState, OfficeCalendar};

/// How an admission lies to the care office's own business hours; the hospital's do not matter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Circumstance {
    /// On a business day before closing time; also before opening and in a break.
    BeforeClosing {
        /// Closing time, in minutes after midnight.
        closes: u16,
    },
    /// On a business day, at closing time or later (営業時間終了後).
    AfterClosing {
        /// Closing time, in minutes after midnight.
        closes: u16,
    },
    /// On a day that is no business day (営業日以外の日).
    ClosedDay(ClosedFor),
    /// On a business day; nobody knows the hour.
    HourNotTold {
        /// Closing time, in minutes after midnight.
        closes: u16,
    },
    /// The office's hours are not known.
    HoursNotTold,
}

/// How an admission lies to an office's calendar. Where the hours of a day end at 18:00, 17:59 is
/// before closing and 18:00 after it, as everywhere that hours are shown.
#[must_use]
pub fn circumstance(admission: &Admission, calendar: &OfficeCalendar) -> Circumstance {
    match (calendar.day(admission.at.day), admission.at.time) {
        (DayState::Closed(why), _) => Circumstance::ClosedDay(why),
        (DayState::NotTold, _) => Circumstance::HoursNotTold,
        (DayState::Open { closes }, None) => Circumstance::HourNotTold { closes },
        (DayState::Open { closes }, Some(time)) => {
            // 0 to 23 and 0 to 59: neither is negative.
            let hours = u16::from(time.hour().unsigned_abs());
            let minute = hours * 60 + u16::from(time.minute().unsigned_abs());
            if minute < closes {
                Circumstance::BeforeClosing { closes }
            } else {
                Circumstance::AfterClosing { closes }
            }
        }
    }
}
