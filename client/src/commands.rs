//! The commands: one file each, all of one shape.
//!
//! `async fn run(ctx, args) -> Result<ITS_OUTCOME, Failure>`; the outcome is JSON by its `Serialize`
//! and text by [`Outcome`](crate::output::Outcome). Nothing is said to be done before its receipt was
//! verified.

mod about;
pub mod ack;
pub mod admin_approve;
mod admin_commit;
pub mod admin_hold;
pub mod admin_init;
pub mod admin_invite;
pub mod admin_list;
pub mod admin_open_backup;
pub mod admin_pending;
mod admin_proposal;
pub mod admin_publish_catalogue;
pub mod admin_reject;
mod admin_release;
pub mod admin_resume;
mod admin_review;
pub mod admin_standing;
pub mod admin_update;
pub mod agent;
pub mod agent_install;
pub mod agent_status;
pub mod agent_uninstall;
pub mod case;
mod case_file;
pub mod case_note;
pub mod case_record;
mod catalogue_check;
pub mod claim;
pub mod completions;
pub mod conference;
pub mod deadline;
pub mod directory;
pub mod draft;
pub mod enroll;
pub mod evidence;
pub mod flow;
mod form_file;
pub mod forms;
pub mod forward;
pub mod inbox;
pub mod inquiry;
pub mod lacking;
mod leaves;
pub mod log_compare;
pub mod log_mirror;
pub mod log_verify;
mod mail;
pub mod man;
mod number_check;
mod office;
pub mod open;
pub mod outbox;
mod outgoing;
pub mod print;
pub mod profile;
pub mod record;
mod record_change;
mod replied;
mod report;
pub mod report_council;
pub mod report_month;
pub mod report_statistic;
pub mod report_year;
pub mod save;
pub mod send;
pub(crate) mod shown;
pub mod terminal_add;
pub mod terminal_list;
pub mod terminal_revoke;
pub mod test;
pub mod track;
pub mod verify;
mod verify_record;
pub mod watch;
pub mod worker_add;
pub mod worker_list;
pub mod worker_pin;
pub mod worker_remove;

pub use about::{ShownAbout, ShownPassedOn};

pub(crate) use shown::kind_word;
