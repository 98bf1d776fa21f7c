//! `tsumugu admin invite`: makes an invitation, and the paper for whoever is invited.

use prost::Message;
use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_trust::code::Code;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::hash::sha256;
use tsumugu_trust::seal::{SealingRecipient, seal_to};
use tsumugu_trust::statement::{
    AnyBody, Institution, Invitation, Purpose, StandingState, Statement, TrustList, Yes, sign,
};
use tsumugu_trust::value::{Id, InstitutionNumber, Text, Time};

use super::admin_commit::{self, Signed};
use super::admin_review::{Problem, taken};
use super::number_check::check_number;
use crate::args::InviteArgs;
use crate::context::Context;
use crate::enrolment::Ticket;
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::rpc::Rpc;
use crate::session::{self, Session};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Invited {
    /// An invitation, with the code for the paper.
    Invitation(Invitated),
    /// An institution that is reached by FAX only.
    FaxOnly(Signed),
}

/// A registered invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invitated {
    /// Id of the invitation.
    pub invitation: String,
    /// `member` or `administrator`.
    pub purpose: String,
    /// `HOST:PORT#CODE`: for the paper, and for nobody else.
    pub code: String,
    /// It can be used until then (ISO 8601).
    pub expires: String,
    /// Whether the institution is an entry for FAX until now, which becomes a member under its number.
    pub listed: bool,
    /// Index of the invitation in the log.
    pub index: u64,
    #[serde(skip)]
    expires_at: Time,
}

impl Outcome for Invited {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::Invitation(made) => {
                page.say(&Sentence::new("admin.invited").with("time", jst::show(made.expires_at)));
                if made.listed {
                    page.say(&Sentence::new("admin.invited-listed"));
                }
                page.gap();
                page.row(&format!("    {}", made.code));
                page.gap();
                page.say(&Sentence::new("admin.invited-advice"));
            }
            Self::FaxOnly(signed) => signed.lines(page),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// The number or name is taken; the exchange refuses; the receipt does not prove the invitation.
pub async fn run(ctx: &Context, args: &InviteArgs) -> Result<Invited, Failure> {
    let mut session = Session::open(ctx, session::Purpose::Act)?;
    session.identity().administrator()?;
    let rpc = session.connect().await?;
    session.sync().await?;
    if let (Some(kind), Some(number)) = (args.kind, &args.number) {
        check_number(kind, number, args.force)?;
    }
    let listed = listed(session.directory(), args)?;
    if !args.administrator {
        refuse_taken(&session, args, listed)?;
    }
    if args.fax_only {
        return fax_only(&mut session, &rpc, args).await.map(Invited::FaxOnly);
    }
    refuse_invited(&rpc, args).await?;
    let code = Code::from_secret(ctx.random());
    let sealed = sealed_secret(&session, &code)?;
    let statement = invitation(&session, args, listed, &code, &sealed)?;
    let request = v1::CreateInvitationRequest {
        document: Some(document(&session, &statement, &code)),
        sealed_secret: sealed.into(),
    };
    let answer = rpc.create_invitation(request).await?;
    let known = statement.bytes();
    let verified = session.verify_answer(answer.receipt.as_ref(), Some(&known)).await?;
    let AnyBody::Invitation(made) = &statement.body else { return Err(Failure::fault("kind")) };
    let address = args.address.as_ref().unwrap_or(&session.identity().exchange.address);
    Ok(Invited::Invitation(Invitated {
        invitation: made.invitation.to_string(),
        purpose: made.purpose.to_string(),
        code: Ticket { address: address.clone(), code }.print(),
        expires: jst::iso(made.expires),
        listed: listed.is_some(),
        index: verified.at.index,
        expires_at: made.expires,
    }))
}

/// Against the directory: the exchange would refuse it in the end, when everybody has done their part.
fn refuse_taken(
    session: &Session<'_>,
    args: &InviteArgs,
    listed: Option<Id>,
) -> Result<(), Failure> {
    let (Some(number), Some(name)) = (&args.number, &args.name) else { return Ok(()) };
    // A new institution has an id that nobody has.
    let own = listed.unwrap_or(Id([0; 16]));
    free(session.directory(), own, number, name, args.label.as_ref())
}

/// The entry for FAX of this number, which is invited to become a member; nothing for a new institution.
///
/// # Errors
/// `admin.listed-suspended`: what it signs would be refused in the end.
fn listed(directory: &Directory, args: &InviteArgs) -> Result<Option<Id>, Failure> {
    let Some(number) = args.number.as_ref().filter(|_| !args.administrator && !args.fax_only)
    else {
        return Ok(None);
    };
    let Some(id) = directory.by_number(number) else { return Ok(None) };
    let Some(entry) = directory.member(id) else { return Ok(None) };
    if entry.records.iter().any(|record| record.body.key.is_some()) {
        return Ok(None);
    }
    let standing = entry.standings.last().map(|standing| standing.body.state);
    if standing == Some(StandingState::Suspended) {
        return Err(Failure::new("admin.listed-suspended").with("number", number));
    }
    Ok(Some(id))
}

/// Whether number and name are nobody else's.
pub(super) fn free(
    directory: &Directory,
    own: Id,
    number: &InstitutionNumber,
    name: &Text,
    label: Option<&Text>,
) -> Result<(), Failure> {
    match taken(directory, own, number, name, label).first() {
        None => Ok(()),
        Some(Problem::NumberTaken) => Err(Failure::new("server.duplicate-number")),
        Some(_) => Err(Failure::new("server.confusable-name")),
    }
}

/// Against the invitations that are open: a second paper for one institution helps nobody.
async fn refuse_invited(rpc: &Rpc, args: &InviteArgs) -> Result<(), Failure> {
    let Some(number) = &args.number else { return Ok(()) };
    let waiting = rpc.list_pending(v1::ListPendingRequest::default()).await?;
    for pending in &waiting.invitations {
        if let Ok(statement) = Statement::parse(&pending.invitation)
            && let AnyBody::Invitation(open) = &statement.body
            && open.number.as_ref() == Some(number)
        {
            let id = open.invitation.to_string();
            return Err(Failure::new("admin.already-invited").with("id", id));
        }
    }
    Ok(())
}

fn invitation(
    session: &Session<'_>,
    args: &InviteArgs,
    listed: Option<Id>,
    code: &Code,
    sealed: &[u8],
) -> Result<Statement, Failure> {
    let ctx = session.ctx();
    let purpose = if args.administrator { Purpose::Administrator } else { Purpose::Member };
    let invitation = Invitation {
        invitation: code.invitation_id(),
        purpose,
        subject: listed.unwrap_or_else(|| Id(ctx.random())),
        number: args.number.clone(),
        name: args.name.clone(),
        kana: args.kana.clone(),
        town: args.town.clone(),
        kind: args.kind,
        telephone: args.telephone.clone(),
        fax: args.fax.clone(),
        label: args.label.clone(),
        expires: Time(ctx.now().0 + u64::from(args.expires_days) * DAY_MS),
        secret: sha256(&[sealed]),
        trust_list: newest(session)?.1,
    };
    let key = session.identity().administrator()?.signing_key(session.origin())?;
    sign(session.origin(), &invitation, &[&key])
        .map_err(|error| Failure::usage("invite").because(error))
}

/// The secret, sealed to every administrator: each of them can check the request's MAC.
fn sealed_secret(session: &Session<'_>, code: &Code) -> Result<Vec<u8>, Failure> {
    let (list, _) = newest(session)?;
    let recipients: Vec<SealingRecipient> =
        list.administrators.iter().map(|one| one.recipient.recipient()).collect();
    seal_to(&recipients, code.secret()).map_err(|error| Failure::fault("sealing").because(error))
}

fn document(session: &Session<'_>, invitation: &Statement, code: &Code) -> v1::InvitationDocument {
    let directory = session.directory();
    let pins = directory.trust_list().map_or(&[][..], |list| &list.body.ca_pins);
    let lists = session.chain().trust_lists();
    let content = v1::InvitationContent {
        origin: session.origin().to_string(),
        log_vkeys: directory.log_keys().iter().map(ToString::to_string).collect(),
        ca_pins: pins.iter().map(|pin| pin.0.to_vec().into()).collect(),
        trust_lists: lists.iter().map(|list| list.clone().into()).collect(),
        invitation: invitation.bytes().into(),
        terminal_of: String::new(),
    };
    let content = content.encode_to_vec();
    let mac = code.document_mac(&content);
    v1::InvitationDocument { content: content.into(), mac: mac.0.to_vec().into() }
}

/// Lists an institution that does not take part; no invitation is needed.
async fn fax_only(
    session: &mut Session<'_>,
    rpc: &Rpc,
    args: &InviteArgs,
) -> Result<Signed, Failure> {
    let missing = || Failure::usage("--fax-only");
    let record = Institution {
        institution: Id(session.ctx().random()),
        version: 1,
        number: args.number.clone().ok_or_else(missing)?,
        name: args.name.clone().ok_or_else(missing)?,
        kana: args.kana.clone().ok_or_else(missing)?,
        town: args.town.clone(),
        kind: args.kind.ok_or_else(missing)?,
        telephone: args.telephone.clone().ok_or_else(missing)?,
        fax: args.fax.clone(),
        key: None,
        fax_only: Some(Yes::Yes),
        predecessor: None,
        label: args.label.clone(),
        invitation: None,
    };
    let key = session.identity().administrator()?.signing_key(session.origin())?;
    let mine = sign(session.origin(), &record, &[&key])
        .map_err(|error| Failure::usage("--fax-only").because(error))?;
    let answer = rpc.propose(v1::ProposeRequest { statement: mine.bytes().into() }).await?;
    let counts = (answer.signatures, answer.needed);
    admin_commit::signed(session, &mine, None, answer.receipt.as_ref(), counts).await
}

fn newest<'s>(
    session: &'s Session<'_>,
) -> Result<(&'s TrustList, tsumugu_trust::hash::Hash), Failure> {
    let newest = session.directory().trust_list();
    let newest = newest.ok_or_else(|| Failure::new("server.not-bootstrapped"))?;
    Ok((&newest.body, newest.digest))
}
