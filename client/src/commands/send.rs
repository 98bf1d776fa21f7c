//! `tsumugu send`: a sheet or a notice, sealed for each recipient, committed all or none.

mod by_fax;
mod inquiry;
mod recipients;

use serde::Serialize;
use tsumugu_catalogue::deadline::ADMISSION_INFO_1;
use tsumugu_catalogue::{FilledForm, FormKind};
use tsumugu_proto::v1::{self, AttachmentSecret};
use tsumugu_trust::statement::{BytesRef, Urgency};
use tsumugu_trust::value::{Id, Time};

use super::case::{ShownAdmission, admission_of, find_case};
use super::draft;
use super::form_file::{in_newest_version, may_be_newer, read_form};
use super::lacking::{self, Warning, warnings};
use super::mail::{exchange_mail, say_queued, signing, with_signer};
use super::outgoing::Outgoing;
use super::shown::{ShownParty, size};
use crate::args::{RecipientArg, SendArgs};
use crate::attachments::attach;
use crate::casefile::Joined;
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureDocument};
use crate::jst;
use crate::letters::SealedLetter;
use crate::mailbox::{all, short_ids};
use crate::messages::Sentence;
use crate::outbox::{Delivered, Entry, FlushReport, queue_send};
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use by_fax::FaxPrinted;

pub(super) use recipients::{Recipient, resolve};

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct Sent {
    /// Whether the log has the letters; else nothing was sent. What goes by FAX is never sent by this
    /// program.
    pub sent: bool,
    /// The entry of the outbox, while it is there.
    pub outbox: Option<String>,
    /// One for each recipient.
    pub letters: Vec<SentLetter>,
    /// Pages for those who are reached by FAX only: printed, and not sent by this program.
    pub fax: Vec<FaxPrinted>,
    /// The case of the letters.
    pub case: Option<String>,
    /// The attachments, as they go to every recipient.
    pub attachments: Vec<SentAttachment>,
    /// Fields that somebody will miss, and other hints. They did not keep it from being sent.
    pub warnings: Vec<Warning>,
    /// Of a sheet at the admission within a case: its last days and which of them was kept.
    pub admission: Option<ShownAdmission>,
    /// Why it was not sent.
    pub reason: Option<FailureDocument>,
    #[serde(skip)]
    failure: Option<Failure>,
}

/// A letter to one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentLetter {
    /// The message's id.
    pub id: String,
    /// Its beginning that no other message has.
    pub short_id: String,
    /// Whom it goes to.
    pub to: ShownParty,
    /// The recipient's unit.
    pub unit: String,
    /// `accepted`, `queued` or `refused`.
    pub state: &'static str,
    /// Index of its leaf in the log (記録番号).
    pub index: Option<u64>,
    /// When the exchange logged it (ISO 8601).
    pub time: Option<String>,
    #[serde(skip)]
    at: Option<Time>,
}

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentAttachment {
    /// Its name, made safe.
    pub name: String,
    /// Media type, by its content.
    pub media_type: String,
    /// Bytes of the file.
    pub length: u64,
    /// Bytes that travel.
    pub sealed_length: u64,
}

impl Sent {
    /// Nothing went through the exchange: there was nobody to send to.
    fn by_fax_only(warnings: Vec<Warning>) -> Self {
        Self {
            sent: false,
            outbox: None,
            letters: Vec::new(),
            fax: Vec::new(),
            case: None,
            attachments: Vec::new(),
            warnings,
            admission: None,
            reason: None,
            failure: None,
        }
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.failure.as_ref().map_or(Exit::Ok, Failure::exit)
    }
}

/// Runs the command. "Sent" is said only once the receipts verified; before that the letters lie in
/// the outbox, and go out with the next command.
///
/// # Errors
/// Nothing was queued: an unknown recipient, a form that cannot be read, a deadline that has passed, no
/// worker, an alarm.
pub async fn run(ctx: &Context, args: &SendArgs) -> Result<Sent, Failure> {
    let early = match typed_form(ctx, args) {
        Err(failure) if !may_be_newer(&failure) => return Err(failure),
        typed => typed,
    };
    let ack_by = args.ack_by.as_deref().map(|typed| deadline(typed, ctx.now())).transpose()?;
    let mut session = Session::open(ctx, Purpose::Act)?;
    // What waits goes first, and the directory is brought up to date; without the exchange, what this
    // PC knows has to do, and the exchange says later where that was not enough.
    let mail = exchange_mail(&mut session).await?;
    mail.tell_unsent(ctx);
    let typed = early.or_else(|_| typed_form(ctx, args))?;
    let draft = args.draft.as_deref().map(|id| draft::read(&session, id)).transpose()?;
    let (to, case) = match &draft {
        Some((draft, ..)) => of_draft(&session, draft, args)?,
        None => (args.to.clone(), named_case(&session, args)?),
    };
    let form = typed.or_else(|| draft.as_ref().map(|(.., form)| form.clone()));
    let form = form.ok_or_else(|| Failure::usage("--sheet / --notice / --draft"))?;
    let mut form = in_newest_version(ctx, form)?;
    if let Some(ground) = &args.consent {
        lacking::set_ground(&mut form, ground)?;
    }
    let resolved = resolve(session.directory(), &to, args.unit.as_ref())?;
    if inquiry::is_inquiry(&form)
        && let Some(to) = resolved.by_fax.first()
    {
        return Err(Failure::new("inquiry.wrong-recipient").with("number", &to.party.number));
    }
    let recipients = resolved.members;
    let own = session.identity().terminal()?.institution;
    if let Some(to) = recipients.iter().find(|to| to.destination.institution == own) {
        return Err(Failure::new("recipient.own").with("number", &to.party.number));
    }
    inquiry::check(&session, &form, &recipients)?;
    // What an invitation or an inquiry begins comes back under the same case.
    let case = case.or_else(|| begins_case(&session, &form));
    // Before anything is written: a file that is not allowed stops the whole letter.
    let attached = attach(&session, &args.attach)?;
    let same = Outgoing {
        urgency: urgency(args),
        ack_by,
        secrets: attached.secrets.clone(),
        sealed: attached.sealed.clone(),
        ..Outgoing::new(&session, case, &form)?
    };
    let worker = signing(&session, args.worker.as_deref())?;
    let worker = &worker;
    let letters = with_signer(&session, worker, |signer| {
        let letter = |to: &Recipient| {
            let mut one = same.clone();
            if one.ack_by.is_none() && inquiry::is_inquiry(&form) {
                one.ack_by = inquiry::due(&session, &form, to.destination.institution);
            }
            one.letter(&session, &to.destination, signer)
        };
        recipients.iter().map(letter).collect::<Result<Vec<_>, _>>()
    })?;
    let pages = same.pages(&session, &resolved.by_fax, worker, &args.out)?;
    let ids: Vec<Id> = letters.iter().map(|(composed, _)| composed.header().id).collect();
    let sealed: Vec<SealedLetter> = letters.into_iter().map(|(_, sealed)| sealed).collect();
    // The records first: what they hold can be printed again, whatever ends the program here.
    let records = by_fax::record(&session, worker, &pages)?;
    let entry = match sealed.is_empty() {
        true => None,
        false => Some(queue_send(&session, &sealed)?),
    };
    attached.settle(session.vault())?;
    let written = by_fax::write(ctx, &pages);
    if let Some((draft, kept, _)) = &draft {
        // Behind the letters: who sees the draft gone finds them in the outbox or the log.
        crate::office::write(&session, worker, draft::ended(draft, kept))?;
    }
    let report = match entry.as_ref().or(records.last()) {
        Some(entry) => say_queued(&mut session, &mail, entry).await?,
        None => FlushReport::default(),
    };
    let is_record = |id: &Id| records.iter().any(|record| record.id == *id);
    let unrecorded = report.refused.iter().find(|(id, _)| is_record(id));
    let unrecorded = unrecorded.map(|(_, why)| why.repeated());
    let fax = by_fax::printed(&session, &pages, &written)?;
    let warnings = warnings(&form, ctx.catalogues().newest().catalogue, false);
    let mut sent = match &entry {
        Some(entry) => outcome(&session, entry, &recipients, &ids, report, warnings)?,
        None => Sent::by_fax_only(warnings),
    };
    if sent.failure.is_none() {
        sent.reason = unrecorded.as_ref().map(Failure::document);
        sent.failure = unrecorded;
    }
    let admission = match case {
        Some(case) if is_admission_sheet(&session, &form.form().id) => {
            admission_of(&session, case)?
        }
        _ => None,
    };
    let case = same.case.map(|case| case.to_string());
    Ok(Sent { attachments: shown_attachments(&same), case, fax, admission, ..sent })
}

/// The form of `--sheet` or `--notice`; nothing with `--draft`.
fn typed_form(ctx: &Context, args: &SendArgs) -> Result<Option<FilledForm>, Failure> {
    let Some(file) = args.sheet.as_deref().or(args.notice.as_deref()) else { return Ok(None) };
    let form = read_form(&ctx.catalogues(), file)?;
    match (form.form().kind, args.sheet.is_some()) {
        (FormKind::Notice, true) => Err(Failure::new("send.not-a-sheet")),
        (FormKind::Sheet, false) => Err(Failure::new("send.not-a-notice")),
        _ => Ok(Some(form)),
    }
}

/// Recipients and case of a draft, where the command names no others.
fn of_draft(
    session: &Session<'_>,
    draft: &v1::Draft,
    args: &SendArgs,
) -> Result<(Vec<RecipientArg>, Option<Id>), Failure> {
    let kept = draft.to.iter().filter_map(|to| to.parse().ok());
    let to = if args.to.is_empty() { kept.collect() } else { args.to.clone() };
    let kept = draft.case_id.parse().ok().map(|case| lowest(session, case)).transpose()?;
    Ok((to, named_case(session, args)?.or(kept)))
}

/// The case of `--case`; a whole id may also name one that nothing is known of yet.
fn named_case(session: &Session<'_>, args: &SendArgs) -> Result<Option<Id>, Failure> {
    let Some(typed) = args.case.as_deref() else { return Ok(None) };
    match typed.trim().parse() {
        Ok(id) => lowest(session, id).map(Some),
        Err(_) => find_case(session, typed).map(Some),
    }
}

/// Letters carry the older id of joined cases.
fn lowest(session: &Session<'_>, case: Id) -> Result<Id, Failure> {
    Ok(Joined::read(session.vault())?.lowest(case))
}

/// Whether a form is one that 入院時情報連携加算 counts.
pub(super) fn is_admission_sheet(session: &Session<'_>, form: &str) -> bool {
    let counts = |step: &&tsumugu_catalogue::Step| {
        let rules = step.timing.as_ref().map(|timing| timing.rules.as_slice()).unwrap_or_default();
        rules.iter().any(|rule| rule == ADMISSION_INFO_1)
    };
    let catalogues = session.ctx().catalogues();
    let mut steps = catalogues.newest().catalogue.steps().filter(counts);
    steps.any(|step| step.forms.iter().any(|one| one == form))
}

/// The id of a new case, for a form that is answered by letters of the same case.
fn begins_case(session: &Session<'_>, form: &FilledForm) -> Option<Id> {
    let begins = [crate::conference::FORM, crate::inquiry::FORM].contains(&form.form().id.as_str());
    begins.then(|| Id::for_message(session.ctx().now(), &session.ctx().random()))
}

fn shown_attachments(same: &Outgoing<'_>) -> Vec<SentAttachment> {
    let shown = |(secret, sealed): (&AttachmentSecret, &BytesRef)| SentAttachment {
        name: secret.name.clone(),
        media_type: secret.media_type.clone(),
        length: secret.length,
        sealed_length: sealed.length,
    };
    same.secrets.iter().zip(&same.sealed).map(shown).collect()
}

/// A deadline that has passed would make the message overdue as it arrives.
fn deadline(typed: &str, now: Time) -> Result<Time, Failure> {
    let time = jst::parse(typed)?;
    if time <= now {
        return Err(Failure::new("send.ack-by-past").with("time", jst::show(time)));
    }
    Ok(time)
}

fn urgency(args: &SendArgs) -> Urgency {
    if args.urgent { Urgency::Urgent } else { Urgency::Normal }
}

pub(super) fn outcome(
    session: &Session<'_>,
    entry: &Entry,
    recipients: &[Recipient],
    ids: &[Id],
    mut report: FlushReport,
    warnings: Vec<Warning>,
) -> Result<Sent, Failure> {
    let delivered = report.done.iter().find(|(id, _)| *id == entry.id).map(|(_, done)| done);
    let places = match delivered {
        Some(Delivered::Sent(places)) => places.clone(),
        _ => Vec::new(),
    };
    let refused = take(&mut report.refused, entry.id);
    let state = match (&refused, places.is_empty()) {
        (Some(_), _) => "refused",
        (None, true) => "queued",
        (None, false) => "accepted",
    };
    let failure = refused.or_else(|| take(&mut report.waiting, entry.id));
    let mut known = all(session.vault())?;
    known.extend(ids.iter().map(|id| (session.identity().institution().unwrap_or(*id), *id)));
    known.sort_unstable();
    known.dedup();
    let short = short_ids(&known);
    let letter = |(to, id): (&Recipient, &Id)| {
        let at = places.iter().find(|(sent, _)| sent == id).map(|(_, at)| *at);
        SentLetter {
            id: id.to_string(),
            short_id: short.get(id).cloned().unwrap_or_else(|| id.to_string()),
            to: to.party.clone(),
            unit: to.destination.unit.to_string(),
            state,
            index: at.map(|at| at.index),
            time: at.map(|at| jst::iso(at.time)),
            at: at.map(|at| at.time),
        }
    };
    Ok(Sent {
        sent: state == "accepted",
        outbox: (state != "accepted").then(|| entry.id.to_string()),
        letters: recipients.iter().zip(ids).map(letter).collect(),
        fax: Vec::new(),
        case: None,
        attachments: Vec::new(),
        warnings,
        admission: None,
        reason: failure.as_ref().map(Failure::document),
        failure,
    })
}

fn take(failures: &mut Vec<(Id, Failure)>, entry: Id) -> Option<Failure> {
    let place = failures.iter().position(|(id, _)| *id == entry)?;
    Some(failures.swap_remove(place).1)
}

impl Outcome for Sent {
    fn lines(&self, page: &mut Page) {
        let key = match (self.sent, &self.failure) {
            (true, _) => "send.accepted",
            (false, Some(failure)) if failure.exit() == Exit::Refused => "send.refused",
            (false, _) => "send.not-sent",
        };
        if !self.letters.is_empty() {
            page.say(&Sentence::new(key).with("count", self.letters.len()));
        }
        for letter in &self.letters {
            let mut row = format!("    {}  {}  {}", letter.short_id, letter.to.row(), letter.unit);
            if let (Some(index), Some(at)) = (letter.index, letter.at) {
                row.push_str(&format!("  記録番号 log {index}  {}", jst::show(at)));
            }
            page.row(&row);
        }
        self.fax.iter().for_each(|fax| fax.lines(page));
        if let Some(case) = &self.case {
            page.row(&format!("    事例 case: {case}"));
        }
        for attachment in &self.attachments {
            page.row(&format!(
                "    添付 attached: {}  {}",
                attachment.name,
                size(attachment.length)
            ));
        }
        if let Some(failure) = &self.failure {
            let said = failure.sentence();
            page.say(said);
            page.row(&format!("→ {}", said.remedy_ja()));
            page.row(&format!("→ {}", said.remedy_en()));
        }
        if let Some(admission) = &self.admission {
            admission.rows(page);
        }
        lacking::tell(page, &self.warnings);
    }
}
