//! `tsumugu draft`: what is not sent yet, at every PC of the office.

use std::path::Path;

use serde::Serialize;
use tsumugu_catalogue::{FilledForm, Format, RenderOptions, render_text};
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::{Id, Time};

use super::case::find_case;
use super::form_file::read_form;
use super::lacking::{self, Warning, warnings};
use super::mail::{chosen, exchange_mail};
use super::office::{Written, find, listed, short_id, worker, write};
use super::shown::ShownWorker;
use crate::args::{DraftCommand, DraftSaveArgs};
use crate::context::Context;
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::office::Kept;
use crate::output::{Outcome, Page};
use crate::releases::Catalogues;
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Drafts {
    /// One was saved or dropped.
    Written(Written),
    /// All of them.
    List {
        /// Oldest first.
        drafts: Vec<ShownDraft>,
    },
    /// One with its form.
    One(Box<OneDraft>),
    /// What one lacks.
    Checked(CheckedDraft),
}

/// A draft in a list. No patient's name: others may see the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownDraft {
    /// Id.
    pub id: String,
    /// The beginning of the id that no other draft has.
    pub short_id: String,
    /// Id of the form.
    pub form: String,
    /// Its title.
    pub title: String,
    /// Whom it is for.
    pub to: Vec<String>,
    /// Who left it.
    pub worker: Option<ShownWorker>,
    /// When, by that PC's clock (ISO 8601).
    pub left: String,
    /// The case it belongs to.
    pub case: Option<String>,
    /// Whether the other PCs have it.
    pub logged: bool,
}

/// A draft with its form.
#[derive(Debug, Serialize)]
pub struct OneDraft {
    /// The draft.
    #[serde(flatten)]
    pub draft: ShownDraft,
    /// The form as filled so far.
    pub contents: serde_json::Value,
    #[serde(skip)]
    text: String,
}

/// What a draft lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedDraft {
    /// Id.
    pub id: String,
    /// Id of the form.
    pub form: String,
    /// Whether it names a recipient, without which it cannot be sent.
    pub has_recipient: bool,
    /// What else it lacks; this does not keep it from being sent.
    pub missing: Vec<Warning>,
}

/// Runs the command.
///
/// # Errors
/// There is no such draft; the form cannot be read; an alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, command: &DraftCommand) -> Result<Drafts, Failure> {
    match command {
        DraftCommand::Save(args) => save(ctx, args).await.map(Drafts::Written),
        DraftCommand::List => list(ctx).await,
        DraftCommand::Show { id, out } => show(ctx, id, out.as_deref()).await,
        DraftCommand::Check { id } => check(ctx, id).await,
        DraftCommand::Drop { id, worker } => {
            let mut session = Session::open(ctx, Purpose::Act)?;
            let mail = exchange_mail(&mut session).await?;
            mail.tell_age(ctx);
            let (id, draft, kept) = live(&session, id)?;
            let short_id = short_id(session.vault(), "draft", id)?;
            let said = ended(&draft, &kept);
            let logged = write(&mut session, &mail, worker.as_deref(), said).await?;
            let what = "dropped";
            Ok(Drafts::Written(Written { id: id.to_string(), short_id, logged, what }))
        }
    }
}

/// The draft whose id begins so, with its form: for `send --draft`.
///
/// # Errors
/// There is none; its form is of a newer program.
pub(super) fn read(
    session: &Session<'_>,
    id: &str,
) -> Result<(v1::Draft, Kept, FilledForm), Failure> {
    let (_, draft, kept) = live(session, id)?;
    let catalogues = session.ctx().catalogues();
    let form = form(&catalogues, &draft)?;
    Ok((draft, kept, form))
}

/// What says that a draft was sent or thrown away.
pub(super) fn ended(draft: &v1::Draft, kept: &Kept) -> Said {
    let revision = kept.entry.revision() + 1;
    Said::Draft(v1::Draft { id: draft.id.clone(), revision, ended: true, ..v1::Draft::default() })
}

async fn save(ctx: &Context, args: &DraftSaveArgs) -> Result<Written, Failure> {
    let form = read_form(&ctx.catalogues(), &args.form)?;
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let before = args.id.as_deref().map(|id| live(&session, id)).transpose()?;
    let (id, revision) = match &before {
        Some((id, _, kept)) => (*id, kept.entry.revision() + 1),
        None => (Id::for_message(ctx.now(), &ctx.random()), 1),
    };
    let case = args.case.as_deref().map(|case| find_case(&session, case)).transpose()?;
    let earlier = before.map(|(_, draft, _)| draft).unwrap_or_default();
    let by = chosen(&session, args.worker.as_deref())?.id;
    let typed: Vec<_> = args.to.iter().map(ToString::to_string).collect();
    let said = Said::Draft(v1::Draft {
        id: id.to_string(),
        revision,
        ended: false,
        to: if typed.is_empty() { earlier.to } else { typed },
        form: form.to_json().to_string().into_bytes().into(),
        case_id: case.map_or(earlier.case_id, |case| case.to_string()),
        worker_id: by.to_string(),
        left_ms: ctx.now().0,
    });
    let logged = write(&mut session, &mail, args.worker.as_deref(), said).await?;
    let short_id = short_id(session.vault(), "draft", id)?;
    Ok(Written { id: id.to_string(), short_id, logged, what: "saved" })
}

async fn list(ctx: &Context) -> Result<Drafts, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let mut drafts = Vec::new();
    for (id, kept) in listed(session.vault(), "draft")? {
        if let Some(draft) = unended(&kept) {
            drafts.push(shown(&session, id, draft, &kept)?);
        }
    }
    Ok(Drafts::List { drafts })
}

async fn show(ctx: &Context, id: &str, out: Option<&Path>) -> Result<Drafts, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let (id, draft, kept) = live(&session, id)?;
    let catalogues = ctx.catalogues();
    let form = form(&catalogues, &draft)?;
    let contents = form.to_json();
    if let Some(file) = out {
        let bytes = contents.to_string().into_bytes();
        tsumugu_durable::write_atomic(file, &bytes)
            .map_err(|error| Failure::file_unwritable(file, error))?;
    }
    let text = render_text(&form, RenderOptions::default());
    let draft = shown(&session, id, &draft, &kept)?;
    Ok(Drafts::One(Box::new(OneDraft { draft, contents, text })))
}

async fn check(ctx: &Context, id: &str) -> Result<Drafts, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let (id, draft, _) = live(&session, id)?;
    let catalogues = ctx.catalogues();
    let form = form(&catalogues, &draft)?;
    Ok(Drafts::Checked(CheckedDraft {
        id: id.to_string(),
        form: form.form().id.clone(),
        has_recipient: !draft.to.is_empty(),
        missing: warnings(&form, catalogues.newest().catalogue, true),
    }))
}

/// A draft that was neither sent nor thrown away.
fn live(session: &Session<'_>, id: &str) -> Result<(Id, v1::Draft, Kept), Failure> {
    let (found, kept) = find(session.vault(), "draft", id)?;
    let draft = unended(&kept).cloned();
    let draft = draft.ok_or_else(|| Failure::new("office.unknown-id").with("id", id))?;
    Ok((found, draft, kept))
}

fn unended(kept: &Kept) -> Option<&v1::Draft> {
    match kept.entry.said() {
        Said::Draft(draft) if !draft.ended => Some(draft),
        _ => None,
    }
}

fn form(catalogues: &Catalogues, draft: &v1::Draft) -> Result<FilledForm, Failure> {
    catalogues
        .parse(&draft.form, Format::Json)
        .map_err(|error| Failure::new("office.draft-form").with("id", &draft.id).because(error))
}

fn shown(
    session: &Session<'_>,
    id: Id,
    draft: &v1::Draft,
    kept: &Kept,
) -> Result<ShownDraft, Failure> {
    let form = form(&session.ctx().catalogues(), draft).ok();
    let (name, title) = form.map_or_else(Default::default, |form| {
        (form.form().id.clone(), form.form().title_ja.clone())
    });
    Ok(ShownDraft {
        id: id.to_string(),
        short_id: short_id(session.vault(), "draft", id)?,
        form: name,
        title,
        to: draft.to.clone(),
        worker: worker(session, &draft.worker_id)?,
        left: jst::iso(Time(draft.left_ms)),
        case: (!draft.case_id.is_empty()).then(|| draft.case_id.clone()),
        logged: kept.index.is_some(),
    })
}

impl Outcome for Drafts {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::Written(written) if written.what == "dropped" => {
                written.row(page, "office.draft-dropped");
            }
            Self::Written(written) => written.row(page, "office.draft-saved"),
            Self::Checked(checked) => {
                if !checked.has_recipient {
                    page.say(&Sentence::new("form.no-recipient"));
                }
                if checked.missing.is_empty() {
                    page.say(&Sentence::new("forms.complete"));
                }
                lacking::tell(page, &checked.missing);
            }
            Self::List { drafts } if drafts.is_empty() => {
                page.say(&Sentence::new("office.no-drafts"));
            }
            Self::List { drafts } => drafts.iter().for_each(|draft| draft.row(page)),
            Self::One(one) => {
                one.draft.row(page);
                one.text.lines().for_each(|line| page.row(line));
            }
        }
    }
}

impl ShownDraft {
    fn row(&self, page: &mut Page) {
        let worker = self.worker.as_ref().map_or("-".to_owned(), ShownWorker::row);
        let to = if self.to.is_empty() { "-".to_owned() } else { self.to.join(", ") };
        let (short_id, left, title) = (&self.short_id, &self.left, &self.title);
        page.row(&format!("    {short_id}  {left}  {title}  → {to}  {worker}"));
        if !self.logged {
            page.say(&Sentence::new("office.only-here"));
        }
    }
}
