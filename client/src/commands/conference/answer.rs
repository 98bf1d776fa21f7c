//! `tsumugu conference answer`: who comes, to the one who invited.

use serde_json::{Value as Json, json};
use tsumugu_catalogue::FilledForm;
use tsumugu_proto::v1::LetterKind;
use tsumugu_trust::state::Validity;
use tsumugu_trust::statement::Destination;
use tsumugu_trust::value::Unit;

use crate::args::{AttendanceArgs, ConferenceAnswerArgs};
use crate::commands::form_file::put;
use crate::commands::mail::{exchange_mail, signing};
use crate::commands::outgoing::Outgoing;
use crate::commands::replied::{Received, Replied, find_received, reply};
use crate::conference::{Attendance, ConferenceLetter, FORM, Invitation, NO, Status, YES};
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::WorkerSecret;
use crate::messages::Sentence;
use crate::session::{Purpose, Session};

/// Runs the command: the answer and the acknowledgement of the invitation, both or none.
///
/// # Errors
/// The message is no invitation, or one's own; a candidate that it does not have, or none chosen; no
/// worker; an alarm.
pub(super) async fn run(ctx: &Context, args: &ConferenceAnswerArgs) -> Result<Replied, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_unsent(ctx);
    let (message, letter) = find_received(&mut session, &args.id).await?;
    let (from, id) = (message.from(), message.id());
    let Some(ConferenceLetter::Invitation(invitation)) =
        ConferenceLetter::of(&ctx.catalogues(), &message, &letter)
    else {
        return Err(Failure::new("conference.no-invitation").with("id", id));
    };
    if invitation.validity == Validity::Withdrawn {
        return Err(Failure::new("message.withdrawn").with("id", id));
    }
    let attendance = attendance(&args.attendance);
    let chosen = chosen(&invitation, args, attendance)?;
    tell_if_older(&session, &invitation)?;
    let worker = signing(&session, args.worker.as_deref())?;
    let form = filled(&session, &invitation, (attendance, &chosen), args, &worker)?;
    let outgoing = Outgoing {
        kind: LetterKind::Reply,
        about: Some(invitation.about),
        ..Outgoing::new(&session, letter.case_id(), &form)?
    };
    // Which of its units invited is not told by an envelope.
    let to = Destination { institution: from, unit: Unit::main() };
    let received = Received { message: &message, letter: &letter };
    // What is added stands in the letter; the acknowledgement says in short what the answer is.
    reply(&mut session, &mail, received, (&outgoing, to), attendance.ja(), &worker).await
}

fn attendance(args: &AttendanceArgs) -> Attendance {
    match args {
        AttendanceArgs { substitute: Some(_), .. } => Attendance::Substitute,
        AttendanceArgs { online: true, .. } => Attendance::Online,
        AttendanceArgs { absent: true, .. } => Attendance::Absent,
        AttendanceArgs { .. } => Attendance::Attends,
    }
}

/// Whether each candidate suits.
fn chosen(
    invitation: &Invitation,
    args: &ConferenceAnswerArgs,
    attendance: Attendance,
) -> Result<Vec<bool>, Failure> {
    let count = invitation.candidates.len();
    if args.candidate.iter().any(|number| *number == 0 || *number > count) {
        return Err(Failure::new("conference.no-such-candidate").with("count", count));
    }
    let is_open = invitation.status == Status::Scheduling && count > 0;
    match (attendance, args.candidate.is_empty()) {
        (Attendance::Absent, false) => Err(Failure::new("conference.absent-with-candidate")),
        (Attendance::Absent, true) => Ok(vec![false; count]),
        (_, true) if is_open => Err(Failure::new("conference.choose").with("count", count)),
        // Candidates of a date that is decided are no question any more.
        (_, true) => Ok(Vec::new()),
        _ => Ok((1..=count).map(|number| args.candidate.contains(&number)).collect()),
    }
}

/// A later version may be here already: whoever answers an older one is told so.
fn tell_if_older(session: &Session<'_>, invitation: &Invitation) -> Result<(), Failure> {
    let named = (invitation.about.from, invitation.about.id);
    let all = super::gathered(session)?;
    let conference = all.iter().find(|one| one.has(named));
    let newest = conference.and_then(|one| one.newest_to(invitation.to.institution));
    if newest.is_some_and(|(_, newest)| newest.about != invitation.about) {
        session.ctx().note(&Sentence::new("conference.older-version"));
    }
    Ok(())
}

fn filled(
    session: &Session<'_>,
    invitation: &Invitation,
    (attendance, chosen): (Attendance, &[bool]),
    args: &ConferenceAnswerArgs,
    worker: &WorkerSecret,
) -> Result<FilledForm, Failure> {
    let catalogues = session.ctx().catalogues();
    let form = catalogues.newest().catalogue.empty(FORM);
    let mut form = form.ok_or_else(|| Failure::unknown_form(FORM))?;
    let own = session.identity().terminal()?.institution;
    let record = session.directory().member(own).and_then(|member| member.record());
    let institution = record.map(|record| record.name.to_string()).unwrap_or_default();
    let card = worker.card().unwrap_or_default();
    let people: Vec<[&str; 3]> = match (attendance, args.attendance.substitute.as_deref()) {
        (Attendance::Absent, _) => Vec::new(),
        (_, Some(name)) => vec![["", name.trim(), &institution]],
        (_, None) => vec![[&card.role, &card.name, &institution]],
    };
    let marks = invitation.candidates.iter().zip(chosen);
    let marks: Vec<[&str; 2]> =
        marks.map(|(time, suits)| [time.as_str(), if *suits { YES } else { NO }]).collect();
    let held_at = invitation.held_at.map(crate::jst::iso);
    let values: [(&str, Json); 7] = [
        ("status", json!(invitation.status.ja())),
        ("held_at", json!(held_at)),
        ("place", json!(invitation.place)),
        ("candidates", json!(marks)),
        ("members", json!(people)),
        ("reply", json!(attendance.ja())),
        ("comment", json!(args.comment.as_deref().map(str::trim).filter(|text| !text.is_empty()))),
    ];
    for (field, value) in values {
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            put(&mut form, field, &value)?;
        }
    }
    Ok(form)
}
