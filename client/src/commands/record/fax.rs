//! The pages of a FAX as a file.

use std::path::{Path, PathBuf};

use tsumugu_catalogue::FilledForm;
use tsumugu_durable::{DiskError, write_new};
use tsumugu_proto::v1;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::value::{Id, Time};

use super::add::institution;
use crate::failure::Failure;
use crate::post::Post;
use crate::print::{FaxParty, PrintedFax, fax_pdf};
use crate::session::Session;

/// Characters of a record's id in a file's name.
const NAME_DIGITS: usize = 12;

/// A FAX laid out.
pub(in crate::commands) struct FaxPages {
    /// The file's name: numbers only, nothing about anybody.
    pub(in crate::commands) name: String,
    /// How many pages, the cover sheet among them.
    pub(in crate::commands) count: usize,
    /// How many filled fields were left out, as they are for staff only.
    pub(in crate::commands) left_out: usize,
    bytes: Vec<u8>,
}

impl FaxPages {
    /// Lays a FAX out.
    ///
    /// # Errors
    /// `print.failed`
    pub(in crate::commands) fn of(
        session: &Session<'_>,
        id: Id,
        contact: &v1::Contact,
        form: &FilledForm,
        author: String,
        printed: Time,
    ) -> Result<Self, Failure> {
        let directory = session.directory();
        let own = session.keys()?.institution;
        let typed = FaxParty { name: contact.party.clone(), telephone: None, fax: None };
        let mut recipient =
            institution(contact).and_then(|id| party(directory, id)).unwrap_or(typed);
        // The number that was recorded is the one that is dialled, also when the directory changed.
        if !contact.number.is_empty() {
            recipient.fax = Some(contact.number.clone());
        }
        let sender = party(directory, own).ok_or_else(|| Failure::fault("no own record"))?;
        let fax = PrintedFax {
            id: id.to_string(),
            sender,
            author,
            recipient,
            subject: form.form().title_ja.clone(),
            urgent: contact.urgent,
            answer_by: Some(Time(contact.answer_by_ms)).filter(|by| by.0 > 0),
            attachments: contact.attachments as usize,
            form: PrintedFax::form(form),
            printed,
        };
        let (bytes, count) = fax_pdf(&fax)?;
        let digits: String = id.to_string().chars().take(NAME_DIGITS).collect();
        let tail: String = id.to_string().chars().rev().take(4).collect();
        let name = format!("fax-{digits}-{tail}.pdf");
        Ok(Self { name, count, left_out: fax.form.left_out, bytes })
    }

    /// Writes it; what is there is not written over.
    ///
    /// # Errors
    /// `file.exists`, `file.unwritable`
    pub(in crate::commands) fn write(&self, file: &Path) -> Result<(), Failure> {
        write_new(file, &self.bytes).map_err(|error| match error {
            DiskError::Exists { .. } => Failure::file_exists(file),
            error => Failure::file_unwritable(file, error),
        })
    }
}

/// Makes the folder, and says where a file of this name will be; asked before anything is recorded.
///
/// # Errors
/// `file.unwritable`, `file.exists`
pub(in crate::commands) fn ask_folder(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::file_unwritable(folder, error))?;
    let file = folder.join(name);
    if file.exists() { Err(Failure::file_exists(&file)) } else { Ok(file) }
}

fn party(directory: &Directory, id: Id) -> Option<FaxParty> {
    let record = directory.member(id)?.record()?;
    Some(FaxParty {
        name: record.name.to_string(),
        telephone: Some(record.telephone.to_string()),
        fax: record.fax.as_ref().map(ToString::to_string),
    })
}
