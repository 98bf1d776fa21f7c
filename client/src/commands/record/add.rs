//! `record add`

use tsumugu_proto::v1;
use tsumugu_proto::v1::off_system::Said as Raw;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::statement::Institution;
use tsumugu_trust::value::{Id, InstitutionNumber};
use unicode_normalization::UnicodeNormalization;

use super::written::{WrittenRecord, checked, write};
use super::{case, past, step};
use crate::args::{DirectionArg, RecordAddArgs};
use crate::commands::form_file::read_form;
use crate::commands::mail::{exchange_mail, signing};
use crate::context::Context;
use crate::failure::Failure;
use crate::paper::new_record_id;
use crate::session::{Purpose, Session};

/// Runs it.
///
/// # Errors
/// As [`super::run`].
pub(super) async fn run(ctx: &Context, args: &RecordAddArgs) -> Result<WrittenRecord, Failure> {
    let at = past(&args.at, ctx.now())?;
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    // After the mail: the form may be of a release that came just now.
    let read = |file| read_form(&ctx.catalogues(), file);
    let sheet = args.sheet.as_deref().map(read).transpose()?;
    let means = v1::Means::from(args.means);
    let mut contact = v1::Contact {
        case_id: case(&session, &args.case)?.to_string(),
        received: args.direction == DirectionArg::Received,
        means: means.into(),
        unit: composed(args.unit.as_deref()),
        at_ms: at.0,
        step: step(ctx, args.step.as_deref())?,
        pages: args.pages.unwrap_or_default(),
        sheet: sheet.map(|form| form.to_json().to_string().into_bytes().into()).unwrap_or_default(),
        note: composed(args.note.as_deref()),
        ..v1::Contact::default()
    };
    name_party(session.directory(), &mut contact, &args.to, args.number.as_deref());
    let said = checked(Raw::Contact(contact), None)?;
    let worker = signing(&session, args.worker.as_deref())?;
    let id = new_record_id(&session, ctx.now());
    let logged = write(&mut session, &mail, &worker, (id, None), &said).await?;
    let is_sent = args.direction == DirectionArg::Sent;
    let delivers = !matches!(means, v1::Means::Call | v1::Means::Visit | v1::Means::Hand);
    Ok(WrittenRecord {
        id: id.to_string(),
        about: None,
        logged,
        what: said.word(),
        unconfirmed: is_sent && delivers,
        call_only: means == v1::Means::Call,
    })
}

/// Writes the other party into a contact: one of the directory by its number, or what was typed.
pub(super) fn name_party(
    directory: &Directory,
    contact: &mut v1::Contact,
    typed: &str,
    number: Option<&str>,
) {
    let narrow = narrow(typed);
    let known = narrow.parse::<InstitutionNumber>().ok().and_then(|n| directory.by_number(&n));
    let record = known.and_then(|id| directory.member(id)?.record().map(|record| (id, record)));
    if let Some((id, record)) = record {
        contact.institution = id.to_string();
        contact.party = record.name.to_string();
        contact.number = number_of(record, contact.means());
    } else {
        contact.institution.clear();
        contact.party = composed(Some(typed));
        contact.number.clear();
    }
    if let Some(number) = number {
        contact.number = self::narrow(number);
    }
}

/// The other party as the directory has it now.
pub(super) fn institution(contact: &v1::Contact) -> Option<Id> {
    contact.institution.parse().ok()
}

fn number_of(record: &Institution, means: v1::Means) -> String {
    match means {
        v1::Means::Fax => record.fax.as_ref().map(ToString::to_string).unwrap_or_default(),
        v1::Means::Call => record.telephone.to_string(),
        _ => String::new(),
    }
}

/// A typed text in NFC, as input methods differ.
pub(super) fn composed(typed: Option<&str>) -> String {
    typed.map(|typed| typed.trim().nfc().collect()).unwrap_or_default()
}

fn narrow(typed: &str) -> String {
    typed.trim().nfkc().collect()
}
