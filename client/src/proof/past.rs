//! What went past the exchange (FAX、郵送、訪問、電話), as the office's own word in the record of a case.

use tsumugu_catalogue::Catalogue;
use tsumugu_proto::v1;
use tsumugu_trust::value::Time;

use super::record::OffSystemItem;
use crate::commands::shown::ShownWorker;
use crate::jst;
use crate::paper::{Paper, PaperState, means_japanese, sheet_of};
use crate::releases::Catalogues;

/// A record as it is shown; nothing of one that was taken back: it never happened so.
pub(super) fn item(catalogues: &Catalogues, paper: &Paper) -> Option<OffSystemItem> {
    let state = paper.state();
    if state == PaperState::Withdrawn {
        return None;
    }
    let contact = paper.contact();
    let confirmed = paper.confirmed();
    let first = paper.first();
    Some(OffSystemItem {
        received: contact.received,
        means: means_japanese(contact.means()).to_owned(),
        at: jst::iso(paper.time()),
        other: format!("{}{}", contact.party, contact.unit),
        what: what(catalogues, contact),
        state: state.word().to_owned(),
        received_by: confirmed.map(|(_, said)| named(said)),
        confirmed: confirmed.map(|(_, said)| jst::iso(Time(said.at_ms))),
        recorded_by: ShownWorker::from(&first.worker).row(),
        index: first.at.map(|at| at.index),
    })
}

/// When a sheet of these forms was first given past the exchange: in person, or by FAX or post once somebody
/// there confirmed it. What was only printed was given to nobody yet, and a call gives nothing by itself.
pub(super) fn given(catalogues: &Catalogues, papers: &[Paper], forms: &[String]) -> Option<Given> {
    let gives = papers.iter().filter(|paper| {
        let contact = paper.contact();
        let counts = matches!(paper.state(), PaperState::Confirmed | PaperState::Recorded);
        let form = sheet_of(catalogues, contact).map(|form| form.form().id.clone());
        counts && !contact.received && form.is_some_and(|form| forms.contains(&form))
    });
    let first = gives.min_by_key(|paper| paper.time())?;
    let confirmed = first.confirmed().map(|(_, said)| Time(said.at_ms));
    // Whoever takes it in person has received it.
    let in_person = (first.state() == PaperState::Recorded).then(|| first.time());
    Some(Given { sent: first.time(), acknowledged: confirmed.or(in_person) })
}

/// Information given past the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Given {
    /// When it went, as the office says.
    pub(super) sent: Time,
    /// When its receipt was confirmed, as the office says.
    pub(super) acknowledged: Option<Time>,
}

/// The sheet, else the step of the flow, else that it was a word.
fn what(catalogues: &Catalogues, contact: &v1::Contact) -> String {
    let catalogue: &Catalogue = catalogues.newest().catalogue;
    let sheet = sheet_of(catalogues, contact).map(|form| form.form().title_ja.clone());
    let step = || catalogue.step(&contact.step).map(|step| step.name_ja.clone());
    sheet.or_else(step).unwrap_or_else(|| "連絡".to_owned())
}

fn named(said: &v1::Confirmation) -> String {
    if said.role.is_empty() {
        said.name.clone()
    } else {
        format!("{}（{}）", said.name, said.role)
    }
}
