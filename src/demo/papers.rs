//! The papers at the end of the story: what an inspector asks for, and what a newcomer hangs on the wall.

use std::path::Path;

use serde::Serialize;
use tsumugu_client::failure::Failure;

use super::people::{HOSPITAL, OFFICE};
use super::stage::Stage;
use super::step::{failed, path, text};

/// The papers, all of them in `out`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Papers {
    /// The case as the care office sees it: steps done and next, dates with their versions.
    pub(super) timeline: String,
    /// Sentences for 支援経過(第5表).
    pub(super) note: String,
    /// 情報提供・受領記録票 of either side.
    pub(super) records: Vec<Record>,
    /// The flow of admission and discharge as a poster.
    pub(super) poster: String,
    /// The conference for a calendar.
    pub(super) calendar: String,
}

/// A record of a case.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Record {
    /// The A4 pages.
    pub(super) pdf: String,
    /// The record file that they are of.
    pub(super) file: String,
    /// The code on the paper.
    pub(super) code: String,
}

/// Writes them.
pub(super) fn papers(stage: &Stage, case: &str) -> Result<Papers, Failure> {
    let (out, office) = (stage.dir().join("out"), OFFICE.person(stage));
    let timeline = out.join("timeline.txt");
    keep(&timeline, &office.page(&["case", "show", case])?)?;
    let note = out.join("shien-keika.txt");
    keep(&note, &office.page(&["case", "note", case])?)?;
    let mut records = Vec::new();
    for institution in [&OFFICE, &HOSPITAL] {
        let pdf = out.join(format!("record-{}.pdf", institution.home));
        let written =
            institution.person(stage).run(&["case", "record", case, "--out", path(&pdf)?])?;
        let (file, code) = (text(&written, "record")?, text(&written, "code")?);
        records.push(Record { pdf: path(&pdf)?.to_owned(), file, code });
    }
    let poster = out.join("poster.pdf");
    office.run(&["flow", "print", "--out", path(&poster)?])?;
    let calendar = out.join("calendar.ics");
    office.run(&["conference", "ics", case, "--out", path(&calendar)?])?;
    Ok(Papers {
        timeline: path(&timeline)?.to_owned(),
        note: path(&note)?.to_owned(),
        records,
        poster: path(&poster)?.to_owned(),
        calendar: path(&calendar)?.to_owned(),
    })
}

fn keep(file: &Path, page: &str) -> Result<(), Failure> {
    tsumugu_durable::write_atomic(file, page.as_bytes()).map_err(|_| failed("out"))
}
