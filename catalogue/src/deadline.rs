//! The last days of the fee rules that count days from an admission or a discharge.
//!
//! A pure engine: no I/O, no clock. Rules are data of the [`Catalogue`](crate::Catalogue) with a
//! validity period; what is computed names its rule and version, so it can be computed again after a
//! change of the rules and the difference shown ([`differences`]).
//!
//! Nothing here says that a fee is earned (算定できる): only what the times show, and what is missing.
//! Where the sources leave a question open, the earlier last day is taken.

mod admission;
mod circumstance;
mod count;
mod note;
mod provision;
mod rule;
mod said;
#[cfg(test)]
mod tests;
mod typed;
mod when;
mod words;

pub use admission::{Admission, Deadlines, Difference, LastDay, deadlines, differences};
pub use circumstance::{Circumstance, circumstance};
pub use count::{DayCount, Ward, day_counts};
pub use note::Note;
pub use provision::{Assessment, Person, Provision, Standing, assess};
pub use rule::{ADMISSION_INFO_1, ADMISSION_INFO_2, AdmissionRules, RuleRef};
pub use said::{Said, show_day};
pub use when::{When, WhenFault};
