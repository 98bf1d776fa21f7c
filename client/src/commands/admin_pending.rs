//! `tsumugu admin pending`: what waits, and whether it is what it says.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_proto::v1::EnrolmentState;
use tsumugu_trust::directory::{Directory, HOLD_SIGNATURES, Member};
use tsumugu_trust::statement::{AnyBody, Statement};

use super::admin_release;
use super::admin_review::{Problem, Review, review, signers};
use super::record_change::{changes, shown_changes};
use crate::context::Context;
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::releases::ReleaseChanges;
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Invitations that are not ended.
    pub invitations: Vec<WaitingInvitation>,
    /// Statements without invitation that lack signatures.
    pub proposals: Vec<Proposal>,
}

/// An invitation, and the request that came for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingInvitation {
    /// Id of the invitation.
    pub id: String,
    /// `member`, `administrator` or `restore`.
    pub purpose: String,
    /// `invited`, `pending` or `countersign`.
    pub state: &'static str,
    /// The institution's number.
    pub number: Option<String>,
    /// The institution's name.
    pub name: Option<String>,
    /// Telephone of the register: the one to call.
    pub telephone: Option<String>,
    /// It can be used until then (ISO 8601).
    pub expires: String,
    /// The digits to compare, once a request is there.
    pub digits: Option<String>,
    /// Administrators who have signed.
    pub signatures: usize,
    /// How many of the present administrators have to sign.
    pub needed: u64,
    /// Whether this administrator has signed.
    pub signed_here: bool,
    /// What is wrong with it, as words. Not empty: it is not to be approved.
    pub problems: Vec<&'static str>,
    #[serde(skip)]
    found: Vec<Problem>,
}

/// A statement without invitation that lacks signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Kind of the statement.
    pub kind: String,
    /// The institution's number, or its id where it is not registered; of a release of the catalogue, the
    /// name by which it is approved.
    pub subject: String,
    /// What it says, such as `suspended` or what changes in a record.
    pub detail: String,
    /// Administrators who have signed.
    pub signatures: usize,
    /// How many have to sign.
    pub needed: u64,
    /// What a release of the catalogue changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<ReleaseChanges>,
    /// Key of the message that says why a release is not to be signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'static str>,
    #[serde(skip)]
    why: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// This vault is no administrator's; the exchange is not reached, or an alarm.
pub async fn run(ctx: &Context) -> Result<Waiting, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let own = session.identity().administrator()?.id;
    let rpc = session.connect().await?;
    session.sync().await?;
    let answer = rpc.list_pending(v1::ListPendingRequest::default()).await?;
    let directory = session.directory();
    let needed = directory.trust_list().map_or(0, |list| list.body.threshold);
    let mut invitations = Vec::new();
    for pending in &answer.invitations {
        let review = review(&session, pending)?;
        let signed = review.draft.as_ref().map_or(&[][..], |draft| &draft.signers);
        let signed = (signed.len(), signed.contains(&own));
        invitations.push(shown(review, signed, needed));
    }
    let mut proposals = Vec::new();
    for statement in answer.proposals.iter().filter_map(|note| Statement::parse(note).ok()) {
        let mut shown = proposal(directory, &session, &statement, needed);
        if let AnyBody::CatalogueRelease(release) = &statement.body {
            shown.look(admin_release::looked_at(&session, &rpc, release).await);
        }
        proposals.push(shown);
    }
    Ok(Waiting { invitations, proposals })
}

fn shown(
    review: Review,
    (signatures, signed_here): (usize, bool),
    needed: u64,
) -> WaitingInvitation {
    let Review { invitation, state, digits, problems, .. } = review;
    let state = match state {
        EnrolmentState::Countersign => "countersign",
        EnrolmentState::Pending => "pending",
        _ => "invited",
    };
    WaitingInvitation {
        id: invitation.invitation.to_string(),
        purpose: invitation.purpose.to_string(),
        state,
        number: invitation.number.map(|number| number.to_string()),
        name: invitation.name.map(|name| name.to_string()),
        telephone: invitation.telephone.map(|telephone| telephone.to_string()),
        expires: jst::iso(invitation.expires),
        digits,
        signatures,
        needed,
        signed_here,
        problems: problems.iter().map(|problem| problem.word()).collect(),
        found: problems,
    }
}

fn proposal(
    directory: &Directory,
    session: &Session<'_>,
    statement: &Statement,
    needed: u64,
) -> Proposal {
    let (subject, detail) = match &statement.body {
        AnyBody::Standing(standing) => {
            (session.number_of(standing.institution), standing.state.to_string())
        }
        AnyBody::Institution(record) => {
            let known = directory.member(record.institution).and_then(Member::record);
            let number = known.unwrap_or(record).number.to_string();
            let what = known.map(|known| changes(known, record));
            (number, what.map_or(record.name.to_string(), |what| shown_changes(&what)))
        }
        AnyBody::TerminalRemoved(removed) => {
            (session.number_of(removed.institution), removed.reason.to_string())
        }
        AnyBody::Hold(hold) => {
            (session.number_of(hold.from), format!("{} {}", hold.state, hold.id))
        }
        AnyBody::CatalogueRelease(release) => {
            (admin_release::name(statement, release), String::new())
        }
        _ => (String::new(), String::new()),
    };
    let needed = match &statement.body {
        AnyBody::Hold(_) => HOLD_SIGNATURES,
        _ => needed,
    };
    let kind = statement.body.kind().to_owned();
    let signatures = signers(directory, statement).len();
    Proposal {
        kind,
        subject,
        detail,
        signatures,
        needed,
        changes: None,
        problem: None,
        why: Vec::new(),
    }
}

impl Proposal {
    /// What a release of the catalogue changes, or why it is not to be signed.
    fn look(&mut self, looked_at: Result<ReleaseChanges, Failure>) {
        match looked_at {
            Ok(changes) => self.changes = Some(changes),
            Err(failure) => {
                self.problem = Some(failure.key());
                let said = failure.sentence();
                self.why = vec![said.ja(), said.en()];
            }
        }
    }
}

impl Outcome for Waiting {
    fn lines(&self, page: &mut Page) {
        if self.invitations.is_empty() && self.proposals.is_empty() {
            page.say(&Sentence::new("admin.nothing-waits"));
        }
        for one in &self.invitations {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            page.row(&format!("{}  {}  {}", one.id, one.purpose, one.state));
            let who = [text(&one.number), text(&one.name), text(&one.telephone)];
            if one.number.is_some() {
                page.row(&format!("    {}", who.join("  ")));
            }
            if let Some(digits) = &one.digits {
                page.row(&format!("    {digits}"));
                let counted = Sentence::new("admin.signed").with("count", one.signatures);
                page.say(&counted.with("needed", one.needed));
            }
            one.found.iter().for_each(|problem| page.say(&Sentence::new(problem.key())));
            page.gap();
        }
        for one in &self.proposals {
            page.row(&format!("{}  {}  {}", one.kind, one.subject, one.detail));
            one.changes.iter().for_each(|changes| changes.lines(page));
            one.why.iter().for_each(|why| page.row(&format!("    {why}")));
            let counted = Sentence::new("admin.signed").with("count", one.signatures);
            page.say(&counted.with("needed", one.needed));
            page.gap();
        }
    }
}
