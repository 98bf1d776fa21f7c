//! What became of an entry that another process said: the agent may be faster than the command that
//! queued it.

use super::{Command, Delivered, Entry, FlushReport};
use crate::failure::Failure;
use crate::mailbox::message::Message;
use crate::paper;
use crate::post::Post;

/// Completes a report by what the vault says of an entry that is not in it.
///
/// # Errors
/// The vault.
pub(crate) fn said_by_others(
    post: &impl Post,
    entry: &Entry,
    mut report: FlushReport,
) -> Result<FlushReport, Failure> {
    let failed = report.refused.iter().chain(&report.waiting).map(|(id, _)| *id);
    if failed.chain(report.done.iter().map(|(id, _)| *id)).any(|id| id == entry.id) {
        return Ok(report);
    }
    if let Some(there) = Entry::load(post.vault(), entry.id)? {
        if let Some(refused) = there.refused {
            report.refused.push((entry.id, Failure::new(&refused.reason)));
        }
        return Ok(report);
    }
    // Records are written before an entry goes; one that was dropped by a person has none.
    if let Some(delivered) = delivered(post, entry)? {
        report.done.push((entry.id, delivered));
    }
    Ok(report)
}

fn delivered(post: &impl Post, entry: &Entry) -> Result<Option<Delivered>, Failure> {
    match &entry.command {
        Command::Send(_) => {
            let mut places = Vec::new();
            for (from, id) in entry.messages() {
                let message = Message::load(post.vault(), from, id)?;
                let at = message
                    .as_ref()
                    .and_then(|message| message.envelope())
                    .map(|(leaf, _)| leaf.at);
                places.extend(at.map(|at| (id, at)));
            }
            Ok((places.len() == entry.messages().len()).then_some(Delivered::Sent(places)))
        }
        Command::OffSystem(record) => {
            Ok(paper::place(post.vault(), record.message)?.map(Delivered::Recorded))
        }
        Command::Opened(answer) | Command::Disposition(answer) => {
            let message = Message::load(post.vault(), answer.from, answer.message)?;
            let leaves = message.iter().flat_map(|message| message.leaves());
            let ours = leaves.filter(|leaf| leaf.receipt.record == answer.statement());
            Ok(ours.map(|leaf| Delivered::Answered(leaf.at)).next())
        }
    }
}
