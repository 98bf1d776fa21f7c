//! `tsumugu case record`: 情報提供・受領記録票, and beside it the file that it was made from.

use std::path::Path;

use serde::Serialize;

use super::case_file::{up_to_date, write_file};
use crate::args::CaseRecordArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::print::record_pdf;
use crate::proof::account;
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseRecorded {
    /// The PDF.
    pub out: String,
    /// The record file beside it.
    pub record: String,
    /// SHA-256 of the record file.
    pub digest: String,
    /// The verification code on the paper (確認コード).
    pub code: String,
    /// What is missing, in Japanese.
    pub missing: Vec<String>,
}

/// Runs the command. The record file is written first: paper without it could not be verified.
///
/// # Errors
/// There is no such case; one of the files is there already; an alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, args: &CaseRecordArgs) -> Result<CaseRecorded, Failure> {
    let beside = args.out.with_extension("record");
    for file in [&args.out, &beside] {
        not_there(file)?;
    }
    if beside == args.out {
        return Err(Failure::new("proof.out-is-record").with("file", args.out.display()));
    }
    let mut session = Session::open(ctx, Purpose::Look)?;
    let case = up_to_date(&mut session, &args.id).await?;
    let record = account(&session, &case)?;
    let file = record.account();
    let pdf = record_pdf(&record, &file, ctx.now())?;
    let beside = write_file(&beside, &file.file)?;
    let out = write_file(&args.out, &pdf)?;
    Ok(CaseRecorded {
        out,
        record: beside,
        digest: file.digest.to_string(),
        code: file.code.to_string(),
        missing: record.missing,
    })
}

fn not_there(file: &Path) -> Result<(), Failure> {
    if file.exists() { Err(Failure::file_exists(file)) } else { Ok(()) }
}

impl Outcome for CaseRecorded {
    fn lines(&self, page: &mut Page) {
        page.say(
            &Sentence::new("proof.recorded").with("file", &self.out).with("record", &self.record),
        );
        page.row(&format!("    確認コード code: {}", self.code));
        self.missing.iter().for_each(|line| page.row(&format!("    □ {line}")));
        page.say(&Sentence::new("proof.no-fee-is-said"));
    }
}
