//! Saying what waits, in order, and recording the answers.

use std::collections::BTreeMap;
use std::time::Duration;

use tsumugu_durable::crash::crash_point;
use tsumugu_proto::v1;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::receipt::VerifiedReceipt;
use tsumugu_trust::statement::{AnyBody, Statement};
use tsumugu_trust::value::{Id, Time};
use zeroize::Zeroizing;

use super::entry::{LONGEST_WAIT, Part, damaged, path, read_part, sweep_parts};
use super::owner::{Verdict, holds_letters_only, verdict};
use super::queue::write_parts;
use super::record::{record_answer, record_sent};
use super::upload::{Upload, Uploaded, all_there, lost_attachments, upload_all, upload_beside};
use super::{
    Attempt, Command, Entry, QueuedAnswer, QueuedLetter, RefusedEntry, SendGroup, entries,
    previous_message, sealing,
};
use crate::attachments::sweep_forgotten;
use crate::failure::{Failure, shown_wait};
use crate::letters::{ComposedLetter, Header, seal};
use crate::paper;
use crate::post::Post;
use crate::turn::Turn;

/// How often one flush seals a letter anew: key sets change yearly, not by the second.
const MAX_SEALINGS: u32 = 3;

/// A wait that a person at the PC takes for slowness: it is waited for on the spot.
pub(super) const SHORT_WAIT: Duration = Duration::from_secs(5);

/// How often one flush waits so for one entry.
pub(super) const MAX_WAITS: u32 = 3;

/// What became of the entries.
#[derive(Debug, Default)]
pub(crate) struct FlushReport {
    /// Said, and in the log: the receipts verified.
    pub(crate) done: Vec<(Id, Delivered)>,
    /// Refused for good just now.
    pub(crate) refused: Vec<(Id, Failure)>,
    /// Still waiting, with why. An entry behind one that could not be said has the same reason.
    pub(crate) waiting: Vec<(Id, Failure)>,
}

/// What the log has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// Letters, with their places.
    Sent(Vec<(Id, LogPosition)>),
    /// An answer or opened, with its place.
    Answered(LogPosition),
    /// A record of what went past the exchange, with its place.
    Recorded(LogPosition),
}

/// Says everything that waits, in order.
///
/// # Errors
/// An alarm, or the vault: what was not said is still there. That the exchange is not reached is no
/// error here; it stands in [`FlushReport::waiting`].
pub(crate) async fn flush(post: &mut impl Post) -> Result<FlushReport, Failure> {
    let mut report = flush_small(post).await?;
    if entries(post.vault())?.iter().any(|entry| is_due(entry, true)) {
        // Where the exchange was not reached a moment ago, it is not tried again.
        let mut failed = BTreeMap::new();
        if report.waiting.is_empty() {
            let large = may_be_uploaded(post)?;
            failed = upload_all(post, large).await?;
        }
        say(post, &mut report, |entry| is_due(entry, true), &mut failed).await?;
    }
    Ok(report)
}

/// As [`flush`], but what has attachments stays: [`begin_upload`] and [`say_uploaded`] say that, while
/// the mail goes on.
///
/// # Errors
/// As [`flush`].
pub(crate) async fn flush_small(post: &mut impl Post) -> Result<FlushReport, Failure> {
    let mut report = FlushReport::default();
    sweep_forgotten(post)?;
    say(post, &mut report, |entry| is_due(entry, false), &mut BTreeMap::new()).await?;
    Ok(report)
}

/// Begins to upload the attachments of everything that waits; nothing where there are none.
///
/// # Errors
/// The vault; the exchange is not reached.
pub(crate) async fn begin_upload(post: &mut impl Post) -> Result<Option<Upload>, Failure> {
    let large = may_be_uploaded(post)?;
    if large.is_empty() {
        return Ok(None);
    }
    upload_beside(post, large).await.map(Some)
}

/// Says the entries whose attachments were uploaded, and notes why the others wait.
///
/// # Errors
/// As [`flush`]; what ended the upload.
pub(crate) async fn say_uploaded(
    post: &mut impl Post,
    uploaded: Uploaded,
) -> Result<FlushReport, Failure> {
    let (mut report, tried) = (FlushReport::default(), uploaded.tried);
    let mut failed = uploaded.failed?;
    let is_due = |entry: &Entry| tried.contains(&entry.id) && is_due(entry, true);
    say(post, &mut report, is_due, &mut failed).await?;
    Ok(report)
}

fn may_be_uploaded(post: &impl Post) -> Result<Vec<Entry>, Failure> {
    let (all, now) = (entries(post.vault())?, post.now());
    Ok(all.into_iter().filter(|entry| is_due(entry, true) && entry.wait(now).is_none()).collect())
}

/// Whether an entry is to be said, among those with attachments or among those without.
fn is_due(entry: &Entry, with_attachments: bool) -> bool {
    entry.refused.is_none() && entry.attachments().is_empty() != with_attachments
}

/// Says the entries that are due; `failed` are the ones whose attachments are not at the exchange.
async fn say(
    post: &mut impl Post,
    report: &mut FlushReport,
    is_due: impl Fn(&Entry) -> bool,
    failed: &mut BTreeMap<Id, Failure>,
) -> Result<(), Failure> {
    let _turn = Turn::Outbox.take(post.home()).await?;
    sweep_parts(post.vault(), &post.vault().lock()?)?;
    for mut entry in entries(post.vault())? {
        if !is_due(&entry) {
            continue;
        }
        // Where one could not be said, the ones behind it are not tried: they would wait as long.
        // Letters that have to wait hold up no answers.
        let before = report.waiting.iter().map(|(_, failure)| failure);
        let held = before.clone().find(|failure| entry.is_send() || !holds_letters_only(failure));
        if let Some(held) = held {
            report.waiting.push((entry.id, held.repeated()));
            continue;
        }
        if let Some(wait) = entry.wait(post.now()) {
            let failure = Failure::new("limit.waiting").with("wait", shown_wait(wait));
            report.waiting.push((entry.id, failure.retry_in(wait)));
            continue;
        }
        let delivered = match failed.remove(&entry.id) {
            Some(failure) => Err(failure),
            None => patiently(post, &mut entry).await,
        };
        match delivered {
            Ok(delivered) => {
                finish(post, entry.id)?;
                report.done.push((entry.id, delivered));
            }
            Err(failure) => match verdict(&failure) {
                Verdict::Stop => return Err(failure),
                Verdict::Wait => {
                    note_attempt(post, &mut entry, &failure)?;
                    report.waiting.push((entry.id, failure));
                }
                Verdict::Refused(owner) => {
                    let reason = failure.key().to_owned();
                    entry.refused = Some(RefusedEntry { at: post.now(), reason, owner });
                    note_attempt(post, &mut entry, &failure)?;
                    report.refused.push((entry.id, failure));
                }
            },
        }
    }
    Ok(())
}

/// Says an entry; where the exchange asks to wait for a moment, after that moment.
async fn patiently(post: &mut impl Post, entry: &mut Entry) -> Result<Delivered, Failure> {
    let mut waits = 0;
    loop {
        let failure = match deliver(post, entry).await {
            Err(failure) if waits < MAX_WAITS => failure,
            said => return said,
        };
        match failure.retry_after().filter(|wait| *wait <= SHORT_WAIT) {
            Some(wait) if verdict(&failure) == Verdict::Wait => post.pause(wait).await,
            _ => return Err(failure),
        }
        waits += 1;
    }
}

/// What waits, where the exchange was just found to be out of reach: nothing is tried.
///
/// # Errors
/// The vault.
pub(crate) fn waiting(post: &impl Post, why: &Failure) -> Result<FlushReport, Failure> {
    let entries = entries(post.vault())?.into_iter().filter(|entry| entry.refused.is_none());
    let waiting = entries.map(|entry| (entry.id, why.repeated())).collect();
    Ok(FlushReport { waiting, ..FlushReport::default() })
}

async fn deliver(post: &mut impl Post, entry: &mut Entry) -> Result<Delivered, Failure> {
    match entry.command.clone() {
        Command::Send(group) => {
            let answer = group.answer.clone();
            let sent = deliver_letters(post, entry, group).await?;
            // A crash between the two: the letters are said again, and get the same receipts.
            if let Some(answer) = answer {
                match deliver_answer(post, &answer).await {
                    // A colleague was faster: the letter is in the log, and the other one has its answer.
                    Err(overtaken) if overtaken.key() == "ack.colleague-first" => {}
                    said => {
                        said?;
                    }
                }
            }
            Ok(Delivered::Sent(sent))
        }
        Command::Opened(opened) => {
            let request = v1::OpenedRequest { statement: bytes(opened.statement()) };
            let receipt = post.opened(request).await?.receipt;
            accept_answer(post, &opened, receipt).await
        }
        Command::Disposition(answer) => deliver_answer(post, &answer).await,
        Command::OffSystem(record) => {
            let (statement, detail) = (bytes(record.statement()), bytes(record.detail()));
            let request = v1::RecordOffSystemRequest { statement, detail };
            let receipt = post.record_off_system(request).await?.receipt;
            accept_record(post, &record, receipt).await.map(Delivered::Recorded)
        }
    }
}

async fn deliver_answer(post: &mut impl Post, answer: &QueuedAnswer) -> Result<Delivered, Failure> {
    let (statement, detail) = (bytes(answer.statement()), bytes(&answer.detail.0));
    let said = post.dispose(v1::DisposeRequest { statement, detail }).await;
    let receipt = said.map_err(|refused| answered_first(refused, answer.message))?.receipt;
    accept_answer(post, answer, receipt).await
}

/// Takes the receipt of an off-system record, which can only be that of our own bytes.
async fn accept_record(
    post: &mut impl Post,
    record: &QueuedAnswer,
    receipt: Option<v1::Receipt>,
) -> Result<LogPosition, Failure> {
    let receipt = receipt.ok_or_else(|| crate::rpc::incomplete("receipt"))?;
    crash_point("client.outbox.replied");
    let verified = post.verify(&receipt, Some(record.statement())).await?;
    let kept = paper::keep(post, &verified, receipt, record.detail());
    kept.map(|_| verified.at).map_err(|failure| post.keep_alarm(failure))
}

async fn deliver_letters(
    post: &mut impl Post,
    entry: &mut Entry,
    mut group: SendGroup,
) -> Result<Vec<(Id, LogPosition)>, Failure> {
    all_there(post, entry).await?;
    let mut sealings = 0;
    let answer = loop {
        match post.send(send_request(post, entry.id, &group)?).await {
            Err(stale) if stale.key() == "server.stale-key-set" && sealings < MAX_SEALINGS => {
                post.sync().await?;
                seal_anew(post, entry, &mut group)?;
                sealings += 1;
            }
            answer => break answer.map_err(lost_attachments)?,
        }
    };
    if answer.receipts.len() != group.letters.len() {
        return Err(crate::rpc::incomplete("receipts"));
    }
    crash_point("client.outbox.replied");
    let mut receipts = Vec::with_capacity(answer.receipts.len());
    for (letter, receipt) in group.letters.iter().zip(answer.receipts) {
        let verified = post.verify(&receipt, Some(letter.envelope())).await?;
        receipts.push((verified, receipt));
    }
    record_sent(post, entry, &group, receipts)
}

fn send_request(
    post: &impl Post,
    entry: Id,
    group: &SendGroup,
) -> Result<v1::SendRequest, Failure> {
    let letter = |(place, letter): (usize, &QueuedLetter)| {
        // The own copy is needed once the letter is accepted: damage is to be found before.
        read_part(post.vault(), entry, group.revision, place, Part::Letter)?;
        let body = read_part(post.vault(), entry, group.revision, place, Part::Body)?;
        Ok(v1::OutgoingLetter { envelope: bytes(letter.envelope()), body: bytes(&body) })
    };
    let letters = group.letters.iter().enumerate().map(letter).collect::<Result<_, Failure>>()?;
    Ok(v1::SendRequest { letters })
}

/// Seals every letter of the group to the newest key sets, under the same ids, headers and authors.
///
/// The entry that names the new parts is written after them: a crash before it leaves the earlier
/// sealing, which the exchange has refused and will refuse again.
fn seal_anew(post: &impl Post, entry: &mut Entry, group: &mut SendGroup) -> Result<(), Failure> {
    let terminal = post.keys()?.terminal_key(post.origin())?;
    let mut sealed = Vec::with_capacity(group.letters.len());
    for (place, letter) in group.letters.iter().enumerate() {
        let kept = read_part(post.vault(), entry.id, group.revision, place, Part::Letter)?;
        let composed = composed(letter, &kept).ok_or_else(|| damaged(entry.id))?;
        let to = composed.header().to.institution;
        let previous = previous_message(post.vault(), to)?;
        let with = sealing(post, &terminal, previous)?;
        sealed.push(post.with_random(|rng| seal(&composed, with, rng))?);
    }
    let lock = post.vault().lock()?;
    group.revision += 1;
    write_parts(&lock, entry.id, group.revision, &sealed)?;
    group.letters = sealed.iter().map(|letter| QueuedLetter::new(&letter.envelope)).collect();
    entry.command = Command::Send(group.clone());
    entry.save(&lock)?;
    sweep_parts(post.vault(), &lock)
}

/// What the worker wrote and signed, out of a sealed letter.
fn composed(queued: &QueuedLetter, letter: &[u8]) -> Option<ComposedLetter> {
    let parts = <v1::Letter as prost::Message>::decode(letter).ok()?;
    let lines = queued.lines()?;
    let header = Header {
        id: lines.id,
        from: lines.from,
        to: lines.to,
        attachments: lines.attachments,
        urgency: lines.urgency,
        ack_by: lines.ack_by,
        replaces: lines.replaces,
        composed: lines.composed,
    };
    let author = Zeroizing::new(parts.author.to_vec());
    Some(ComposedLetter::kept(header, author, parts.author_note.to_vec()))
}

/// Takes the receipt of an answer. Where the exchange had nothing to add, the receipt is that of the
/// earlier leaf, with its record: it must say of the same message what we say.
async fn accept_answer(
    post: &mut impl Post,
    answer: &QueuedAnswer,
    receipt: Option<v1::Receipt>,
) -> Result<Delivered, Failure> {
    let receipt = receipt.ok_or_else(|| crate::rpc::incomplete("receipt"))?;
    crash_point("client.outbox.replied");
    let ours = answer.statement();
    let is_ours = receipt.record.is_empty() || receipt.record == ours;
    let verified = post.verify(&receipt, is_ours.then_some(ours)).await?;
    if !is_ours && !says_as_much(&verified, answer) {
        let failure = Failure::bad_proof("the receipt is of another statement");
        return Err(post.keep_alarm(failure));
    }
    let detail: &[u8] = if is_ours { &answer.detail.0 } else { &[] };
    let recorded = record_answer(post, (answer.from, answer.message), (verified, receipt), detail);
    recorded.map(Delivered::Answered).map_err(|failure| post.keep_alarm(failure))
}

/// An answer names the one before it: where the exchange refuses that, a colleague was faster.
fn answered_first(refused: Failure, message: Id) -> Failure {
    let is_overtaken =
        refused.key() == "server.rule" && refused.sentence().argument("rule") == Some("previous");
    if !is_overtaken {
        return refused;
    }
    Failure::new("ack.colleague-first").with("id", message).because(refused)
}

/// Whether a leaf of another terminal of ours makes our `opened` needless.
fn says_as_much(verified: &VerifiedReceipt, answer: &QueuedAnswer) -> bool {
    let named = |bytes: &[u8]| match Statement::parse(bytes).ok()?.body {
        AnyBody::Opened(lines) => Some((lines.from, lines.id, lines.envelope, lines.by)),
        AnyBody::Disposition(lines) => Some((lines.from, lines.id, lines.envelope, lines.by)),
        _ => None,
    };
    let is_opened = Statement::parse(answer.statement())
        .is_ok_and(|statement| matches!(statement.body, AnyBody::Opened(_)));
    let theirs = named(&verified.record);
    is_opened && theirs.is_some() && theirs == named(answer.statement())
}

/// The records are written: the entry goes, then its parts. A crash before leaves an entry that is
/// said once more and answered with the same receipt.
fn finish(post: &impl Post, id: Id) -> Result<(), Failure> {
    crash_point("client.outbox.recorded");
    let lock = post.vault().lock()?;
    lock.remove(&path(id))?;
    sweep_parts(post.vault(), &lock)?;
    crash_point("client.outbox.done");
    Ok(())
}

fn note_attempt(post: &impl Post, entry: &mut Entry, failure: &Failure) -> Result<(), Failure> {
    entry.attempts += 1;
    let said = failure.sentence();
    entry.last = Some(Attempt {
        at: post.now(),
        failure: failure.key().to_owned(),
        said_ja: said.ja(),
        said_en: said.en(),
        not_before_ms: failure.retry_after().map(|wait| not_before(post.now(), wait)),
    });
    let lock = post.vault().lock()?;
    // Somebody may have dropped it meanwhile.
    if Entry::load(post.vault(), entry.id)?.is_some() {
        entry.save(&lock)?;
    }
    Ok(())
}

/// When the wait is over, by this PC's clock.
fn not_before(now: Time, wait: Duration) -> u64 {
    let wait = wait.min(LONGEST_WAIT);
    now.0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}

fn bytes<B: From<Vec<u8>>>(slice: &[u8]) -> B {
    slice.to_vec().into()
}
