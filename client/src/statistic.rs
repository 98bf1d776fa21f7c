//! Counts for the council (協議会への集計): what each institution sends once a month, and what the council
//! makes of it. No person, no letter and no partner is named.
//!
//! ```text
//! cases of a month ── Figures ── guarded ──> Statistic ── letter of kind statistic ──> council's office
//!                                                             Council::of ── totals, rates, ranges
//! ```
//!
//! A number from 1 to 4 could point at somebody, so it leaves no institution, and neither does what would
//! give it away by subtraction (`docs/FORMATS.md`, section 4.6).

mod body;
mod council;
mod count;
mod gather;
mod send;

pub use body::{
    Admissions, BODY_TYPE, BadStatistic, Discharges, FORMAT, Figures, Letters, MAX_COUNT,
    MAX_STATISTIC, Month, Side, Statistic,
};
pub use council::{Council, CouncilMonth, MAX_MONTHS, MIN_INSTITUTIONS, Range, Rate};
pub use count::{Count, SMALL};
pub(crate) use send::{council_of, is_on, queue, received, statistic, switch, was_sent};
