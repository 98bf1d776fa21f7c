//! The region's forms, flow, fee rules and holidays as data, and the pure engine that reads them.
//!
//! A region's sheets (様式) and notices (連絡) are TOML files under `data/`; new editions of a form
//! are new data, not new software. The engine has no I/O, no clock and no async: bytes go in,
//! checked values or an error in Japanese and English come out.
//!
//! * [`Catalogue`]: the forms, checked; [`Draft`]: the same before the check, with its [`Finding`]s.
//! * [`Form`], [`Section`], [`Field`], [`FieldType`]: what a form asks for.
//! * [`Phase`], [`Step`], [`Role`]: who does what when. [`Fee`]: what a fee asks for, with its
//!   [`DeadlineRule`]s. [`CodeList`], [`NumberSystem`], [`ServiceCode`]: code systems.
//! * [`Holidays`]: the national holidays of a year, by rule.
//! * [`careplan`]: what a sheet takes from the files of care software.
//! * [`Catalogue::respell`]: texts for systems that know JIS X 0208 only.
//! * [`FilledForm`]: a form with typed [`Value`]s, read by [`parse_filled`] from TOML or JSON.
//! * [`FormError`]: what is wrong with a filled form, with a remedy.
//! * [`render`] says what a filled form shows, [`render_text`] shows it as text, [`template`] makes an empty one to fill in.
//! * [`era`]: Japanese eras (和暦) to and from calendar dates.
//! * [`deadline`], [`calendar`]: the last days of fee rules, by an office's business days.
//! * [`timeline`]: where a case stands in the flow, whose turn it is and until when.
//! * [`examples`]: fictitious filled forms for the demonstration and the manual.

pub mod calendar;
pub mod careplan;
mod carry;
mod catalogue;
mod characters;
mod check;
mod codes;
mod dates;
pub mod deadline;
mod draft;
pub mod era;
mod error;
pub mod examples;
mod fee;
mod filled;
mod finding;
mod flow;
mod form;
mod holidays;
pub mod limits;
mod message;
mod missing;
mod raw;
mod read;
mod render;
mod template;
mod text;
pub mod timeline;
mod value;
mod words;

pub use carry::Carried;
pub use catalogue::Catalogue;
pub use characters::{OddCharacter, Respelled};
pub use codes::{CodeList, NumberSystem, ServiceCode};
pub use dates::{DateFault, Moment, parse_date};
pub use draft::{Draft, DraftError};
pub use error::{Fault, FieldError, FormError, Format};
pub use fee::{
    Act, AdmittedWhen, Amount, AmountUnit, Counter, DeadlineRule, Evidence, Extension, Fee,
    FeeEdition, FeeSide, Interviews, Proof, Rollover,
};
pub use filled::{FilledForm, parse_filled};
pub use finding::{Finding, Problem};
pub use flow::{
    Anchor, DoneBy, Pattern, Phase, Recurs, Role, Side, SkipReason, Step, TimeUnit, Timing,
};
pub use form::{
    Condition, Direction, Field, FieldType, Form, FormKind, National, Provisional, Required,
    Section, Source,
};
pub use holidays::{DayOff, DayOffKind, Holidays, national_holiday};
pub use message::Message;
pub use missing::{Consent, Missing};
pub use render::{
    FaxForm, RenderOptions, RenderedForm, RenderedLine, RenderedSection, render, render_for_fax,
    render_text,
};
pub use template::template;
pub use value::{Number, Org, Value};
