//! The failures that several commands share, with their arguments as parameters.

use std::error::Error;
use std::path::Path;

use super::Failure;

type Cause = Box<dyn Error + Send + Sync>;

/// What the person at the PC named: files and forms.
impl Failure {
    /// The file cannot be read.
    #[must_use]
    pub fn file_unreadable(file: &Path, cause: impl Into<Cause>) -> Self {
        Self::new("file.unreadable").with("file", file.display()).because(cause)
    }

    /// The file cannot be written.
    #[must_use]
    pub fn file_unwritable(file: &Path, cause: impl Into<Cause>) -> Self {
        Self::new("file.unwritable").with("file", file.display()).because(cause)
    }

    /// The file is there and would be overwritten.
    #[must_use]
    pub fn file_exists(file: &Path) -> Self {
        Self::new("file.exists").with("file", file.display())
    }

    /// The file has more than `limit` bytes.
    #[must_use]
    pub fn file_too_large(file: &Path, limit: u64) -> Self {
        Self::new("file.too-large").with("file", file.display()).with("limit", limit)
    }

    /// More than `limit` attachments.
    #[must_use]
    pub fn too_many_attachments(limit: usize) -> Self {
        Self::new("file.too-many").with("limit", limit)
    }

    /// The form file is no TOML or JSON of the expected shape; `detail` says where, not what.
    #[must_use]
    pub fn bad_form_file(file: &Path, detail: &str) -> Self {
        Self::new("form.bad-file").with("file", file.display()).with("detail", detail)
    }

    /// A file of the catalogue is no TOML of the expected shape; `place` is line and column.
    #[must_use]
    pub fn bad_catalogue_file(file: &Path, place: &str, detail: &str) -> Self {
        let failure = Self::new("catalogue.bad-file").with("file", file.display());
        failure.with("place", place).with("detail", detail)
    }

    /// A file of the catalogue is not UTF-8, such as UTF-16 or Shift_JIS.
    #[must_use]
    pub fn catalogue_not_utf8(file: &Path) -> Self {
        Self::new("catalogue.not-utf8").with("file", file.display())
    }

    /// The folder has no file of a catalogue.
    #[must_use]
    pub fn catalogue_empty(folder: &Path) -> Self {
        Self::new("catalogue.empty").with("folder", folder.display())
    }

    /// No form of this name in the catalogue.
    #[must_use]
    pub fn unknown_form(form: &str) -> Self {
        Self::new("form.unknown").with("form", form)
    }

    /// The value of a field breaks the form's rule; `detail` is the rule, never the value.
    #[must_use]
    pub fn bad_form_value(form: &str, field: &str, detail: &str) -> Self {
        Self::new("form.bad-value").with("form", form).with("field", field).with("detail", detail)
    }
}

/// What was named and is not there, or is not unique.
impl Failure {
    /// No institution has this number.
    #[must_use]
    pub fn unknown_recipient(number: &str) -> Self {
        Self::new("recipient.unknown").with("number", number)
    }

    /// No message has this id or beginning of an id.
    #[must_use]
    pub fn unknown_message(id: &str) -> Self {
        Self::new("message.unknown-id").with("id", id)
    }

    /// `count` messages begin with this.
    #[must_use]
    pub fn ambiguous_message(id: &str, count: usize) -> Self {
        Self::new("message.ambiguous-id").with("id", id).with("count", count)
    }

    /// Not the form of a message id.
    #[must_use]
    pub fn bad_message_id(id: &str) -> Self {
        Self::new("message.bad-id").with("id", id)
    }

    /// The message does not verify; `detail` is the check that failed.
    #[must_use]
    pub fn quarantined(id: &str, detail: &str) -> Self {
        Self::new("message.quarantined").with("id", id).with("detail", detail)
    }

    /// The worker named is not on this PC. The name itself is not repeated.
    #[must_use]
    pub fn unknown_worker() -> Self {
        Self::new("worker.unknown")
    }

    /// The command is done by a worker, and none was named.
    #[must_use]
    pub fn worker_needed() -> Self {
        Self::new("worker.needed")
    }

    /// The command is done by a worker, and none can sign at this terminal.
    #[must_use]
    pub fn no_worker_here() -> Self {
        Self::new("worker.none-here")
    }

    /// The institution has no such terminal.
    #[must_use]
    pub fn unknown_terminal(id: &str) -> Self {
        Self::new("terminal.unknown").with("id", id)
    }
}

/// Enrolment, log and evidence.
impl Failure {
    /// The check characters of the code are wrong (`docs/FORMATS.md`, section 5).
    #[must_use]
    pub fn bad_code() -> Self {
        Self::new("enrolment.bad-code")
    }

    /// The document's MAC is not by the code's secret (`docs/FORMATS.md`, section 5).
    #[must_use]
    pub fn wrong_document() -> Self {
        Self::new("enrolment.wrong-document")
    }

    /// The vault has no enrolment.
    #[must_use]
    pub fn not_enrolled() -> Self {
        Self::new("enrolment.not-enrolled")
    }

    /// The request waits for the administrators.
    #[must_use]
    pub fn enrolment_pending() -> Self {
        Self::new("enrolment.pending")
    }

    /// The log contradicts the checkpoint of `size` leaves that this terminal holds.
    #[must_use]
    pub fn log_forked(size: u64) -> Self {
        Self::new("log.forked").with("size", size)
    }

    /// The log has `size` leaves and had `known`.
    #[must_use]
    pub fn log_rolled_back(known: u64, size: u64) -> Self {
        Self::new("log.rolled-back").with("known", known).with("size", size)
    }

    /// A receipt, proof or clear leaf does not verify; `detail` is the check that failed.
    #[must_use]
    pub fn bad_proof(detail: &str) -> Self {
        Self::new("log.bad-proof").with("detail", detail)
    }

    /// The evidence fails the check that `detail` names (`docs/FORMATS.md`, section 7).
    #[must_use]
    pub fn evidence_refused(detail: &str) -> Self {
        Self::new("evidence.refused").with("detail", detail)
    }

    /// The evidence is consistent, and no root fingerprint was given.
    #[must_use]
    pub fn root_not_checked() -> Self {
        Self::new("evidence.root-not-checked")
    }
}

/// The command itself.
impl Failure {
    /// The arguments do not go together.
    #[must_use]
    pub fn usage(detail: &str) -> Self {
        Self::new("command.usage").with("detail", detail)
    }

    /// Not a date and time.
    #[must_use]
    pub fn bad_time(value: &str) -> Self {
        Self::new("command.bad-time").with("value", value)
    }

    /// Nothing to do.
    #[must_use]
    pub fn nothing_to_do(detail: &str) -> Self {
        Self::new("command.nothing-to-do").with("detail", detail)
    }

    /// The home folder cannot be made or used.
    #[must_use]
    pub fn home_unusable(folder: &Path, cause: impl Into<Cause>) -> Self {
        Self::new("command.home-unusable").with("folder", folder.display()).because(cause)
    }

    /// Standard output cannot be written.
    #[must_use]
    pub fn output_unwritable(cause: impl Into<Cause>) -> Self {
        Self::new("output.unwritable").because(cause)
    }

    /// Something that our own code excludes has happened.
    #[must_use]
    pub fn fault(detail: &str) -> Self {
        Self::new("client.fault").with("detail", detail)
    }
}
