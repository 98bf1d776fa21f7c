//! A letter on paper: an A4 page as PDF/A-2u (ISO 19005-2), with the Japanese font inside.
//!
//! ```text
//! PrintedLetter ── layout: lines, cells, pages ── draw: PDF
//! ```
//!
//! Nothing here asks a clock or touches a disk: the same letter at the same time is the same file.

mod draw;
mod fax;
mod layout;
mod letter;
mod poster;
mod record;
mod report;
mod sheet;
mod spellings;
mod typeface;
mod wrap;

pub use fax::{FaxParty, PrintedFax};
pub use letter::{PrintedEvent, PrintedLetter, PrintedParty};
pub use poster::{Paper, Poster};
pub(crate) use record::class_word;
pub use report::{Bar, PrintedReport, ReportPart};
pub use spellings::{MAX_CHARACTERS, MAX_SPELLINGS, PrintedCharacter, Spelling, Spellings};

use tsumugu_trust::value::Time;

use crate::failure::Failure;
use crate::proof::{Account, CaseRecord};

/// The letter as a PDF file.
///
/// # Errors
/// `print.failed`: the page breaks a rule of PDF/A; a fault of this program.
pub fn pdf(letter: &PrintedLetter) -> Result<Vec<u8>, Failure> {
    let about = draw::About {
        title: format!("{} {}", letter.title, letter.id),
        id: letter.id.clone(),
        made: letter.printed,
    };
    draw::pdf(&sheet::pages(letter), layout::PAGE, &about)
}

/// The record of a case (情報提供・受領記録票) as a PDF file; `account` is the file that lies beside it.
///
/// # Errors
/// As [`pdf`].
pub fn record_pdf(record: &CaseRecord, account: &Account, made: Time) -> Result<Vec<u8>, Failure> {
    let about = draw::About {
        title: format!("情報提供・受領記録票 {}", account.code),
        id: account.digest.to_string(),
        made,
    };
    draw::pdf(&record::pages(record, account, made), layout::PAGE, &about)
}

/// A FAX as a PDF file: cover sheet (送付票) and sheet; and the number of its pages.
///
/// # Errors
/// As [`pdf`].
pub fn fax_pdf(fax: &PrintedFax) -> Result<(Vec<u8>, usize), Failure> {
    let pages = fax::pages(fax);
    let about = draw::About {
        title: format!("{} {}", fax::TITLE, fax.id),
        id: fax.id.clone(),
        made: fax.printed,
    };
    Ok((draw::pdf(&pages, layout::PAGE, &about)?, pages.len()))
}

/// A report as a PDF file.
///
/// # Errors
/// As [`pdf`].
pub fn report_pdf(report: &PrintedReport) -> Result<Vec<u8>, Failure> {
    let about = draw::About {
        title: format!("{} {}", report.title, report.subtitle),
        id: report.title.clone(),
        made: report.made,
    };
    draw::pdf(&report::pages(report), layout::PAGE, &about)
}

/// The flow chart as a PDF file.
///
/// # Errors
/// As [`pdf`].
pub fn poster_pdf(poster: &Poster, paper: Paper) -> Result<Vec<u8>, Failure> {
    let about = draw::About {
        title: format!("{} {}", poster.title, poster.subtitle),
        id: poster.title.clone(),
        made: poster.made,
    };
    draw::pdf(&poster::pages(poster, paper), paper.size(), &about)
}

#[cfg(test)]
mod tests;
