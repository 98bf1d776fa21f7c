//! What an administrator checks before signing: the invitation, the request under its secret, the
//! draft with the signatures so far.

use tsumugu_proto::v1;
use tsumugu_proto::v1::EnrolmentState;
use tsumugu_trust::code::{Code, comparison_digits};
use tsumugu_trust::directory::{
    CheckedEnrolment, Directory, check_candidacy, check_enrolment, check_invitation, fold_name,
    institution_record, joining_version,
};
use tsumugu_trust::hash::sha256;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::seal::open_with;
use tsumugu_trust::statement::{
    AnyBody, Candidacy, Invitation, Purpose, Statement, TrustList, encode_text,
};
use tsumugu_trust::value::{Id, InstitutionNumber, Key, Role, Text};

use crate::failure::Failure;
use crate::session::Session;

/// After everything in the log.
const NEWEST: LogPosition = LogPosition::END;

/// Bytes of a code's secret.
const SECRET: usize = 16;

/// An invitation with what came for it, looked at.
pub(super) struct Review {
    pub(super) invitation: Invitation,
    pub(super) state: EnrolmentState,
    /// What came, if its own signatures hold.
    pub(super) request: Option<Request>,
    /// The digits of what came.
    pub(super) digits: Option<String>,
    /// The record or list with the signatures so far.
    pub(super) draft: Option<Draft>,
    /// What is wrong with it. Not empty: it is not to be signed.
    pub(super) problems: Vec<Problem>,
}

/// What came for an invitation.
pub(super) enum Request {
    Member(Box<CheckedEnrolment>),
    Candidate(Box<Candidacy>),
}

/// A draft, and who has signed it of the administrators that it needs.
pub(super) struct Draft {
    pub(super) statement: Statement,
    pub(super) signers: Vec<Id>,
}

/// Something wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// No present administrator signed the invitation.
    Invitation,
    /// The secret is not sealed to this administrator: another one has to look at it.
    SecretNotOurs,
    /// The secret is not the one that the invitation names.
    SecretChanged,
    /// The request's signatures, statements or names do not fit.
    Request,
    /// The MAC is not by the code's secret: whoever sent the request does not have the paper.
    Mac,
    /// A key of the request belongs to somebody else.
    KeyTaken,
    /// The number is registered already.
    NumberTaken,
    /// The name can be confused with another's.
    NameConfusable,
    /// The draft is not what invitation and request give.
    Draft,
}

impl Problem {
    /// The word that JSON shows.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::SecretNotOurs => "secret-not-ours",
            Self::SecretChanged => "secret-changed",
            Self::Request => "request",
            Self::Mac => "mac",
            Self::KeyTaken => "key-taken",
            Self::NumberTaken => "number-taken",
            Self::NameConfusable => "name-confusable",
            Self::Draft => "draft",
        }
    }

    /// The message's key.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Invitation => "admin.problem-invitation",
            Self::SecretNotOurs => "admin.problem-secret-not-ours",
            Self::SecretChanged => "admin.problem-secret-changed",
            Self::Request => "admin.problem-request",
            Self::Mac => "admin.problem-mac",
            Self::KeyTaken => "admin.problem-key-taken",
            Self::NumberTaken => "admin.problem-number-taken",
            Self::NameConfusable => "admin.problem-name-confusable",
            Self::Draft => "admin.problem-draft",
        }
    }
}

/// Looks at one invitation.
///
/// # Errors
/// It is not even an invitation statement; this vault is no administrator's.
pub(super) fn review(
    session: &Session<'_>,
    pending: &v1::PendingInvitation,
) -> Result<Review, Failure> {
    let directory = session.directory();
    let malformed = || crate::rpc::incomplete("invitation");
    let statement = Statement::parse(&pending.invitation).map_err(|e| malformed().because(e))?;
    let AnyBody::Invitation(invitation) = &statement.body else { return Err(malformed()) };
    let mut problems = Vec::new();
    let under = directory.trust_lists().iter().any(|list| list.digest == invitation.trust_list);
    if check_invitation(directory, NEWEST, &statement).is_err() || !under {
        problems.push(Problem::Invitation);
    }
    let mut review = Review {
        invitation: invitation.clone(),
        state: pending.state(),
        request: None,
        digits: None,
        draft: None,
        problems,
    };
    if !pending.request.is_empty() {
        review.look_at_request(session, pending)?;
    }
    if !pending.draft.is_empty() {
        review.look_at_draft(directory, pending);
    }
    Ok(review)
}

impl Review {
    fn look_at_request(
        &mut self,
        session: &Session<'_>,
        pending: &v1::PendingInvitation,
    ) -> Result<(), Failure> {
        let Ok(statement) = Statement::parse(&pending.request) else {
            self.problems.push(Problem::Request);
            return Ok(());
        };
        self.digits = Some(comparison_digits(statement.text()));
        match code(session, &self.invitation, &pending.sealed_secret)? {
            Ok(code) if code.is_request_mac(statement.text().as_bytes(), &pending.mac) => {}
            Ok(_) => self.problems.push(Problem::Mac),
            Err(problem) => self.problems.push(problem),
        }
        let directory = session.directory();
        self.request = checked(directory, &self.invitation, &statement, pending);
        match &self.request {
            None => self.problems.push(Problem::Request),
            Some(request) => {
                let listed = request.trust_list();
                if !directory.trust_lists().iter().any(|list| list.digest == listed) {
                    self.problems.push(Problem::Request);
                }
                if request.keys().iter().any(|key| directory.holder_of(key).is_some()) {
                    self.problems.push(Problem::KeyTaken);
                }
            }
        }
        if let (Some(number), Some(name)) = (&self.invitation.number, &self.invitation.name) {
            let label = self.invitation.label.as_ref();
            self.problems.extend(taken(directory, self.invitation.subject, number, name, label));
            if joining_version(directory, &self.invitation).is_err() {
                self.problems.push(Problem::NumberTaken);
            }
        }
        Ok(())
    }

    fn look_at_draft(&mut self, directory: &Directory, pending: &v1::PendingInvitation) {
        let draft = Statement::parse(&pending.draft).ok();
        let draft = draft.filter(|draft| self.is_expected(directory, draft));
        match draft {
            None => self.problems.push(Problem::Draft),
            Some(statement) => {
                let signers = signers(directory, &statement);
                self.draft = Some(Draft { statement, signers });
            }
        }
    }

    /// Whether a draft is what invitation and request give; a list's threshold is for its author.
    fn is_expected(&self, directory: &Directory, draft: &Statement) -> bool {
        let origin = directory.origin();
        match (&self.request, &draft.body) {
            (Some(Request::Member(checked)), AnyBody::Institution(_)) => {
                joining_version(directory, &self.invitation)
                    .and_then(|version| {
                        institution_record(&self.invitation, &checked.request, version)
                    })
                    .is_ok_and(|record| encode_text(origin, &record) == draft.text())
            }
            (Some(Request::Candidate(candidacy)), AnyBody::TrustList(list)) => {
                next_list(directory, candidacy, list.threshold)
                    .is_some_and(|next| encode_text(origin, &next) == draft.text())
            }
            _ => false,
        }
    }
}

impl Request {
    fn trust_list(&self) -> tsumugu_trust::hash::Hash {
        match self {
            Self::Member(checked) => checked.request.trust_list,
            Self::Candidate(candidacy) => candidacy.trust_list,
        }
    }

    fn keys(&self) -> Vec<Key> {
        match self {
            Self::Member(checked) => {
                let workers = checked.workers.iter().map(|worker| worker.key);
                [checked.request.key, checked.request.terminal_key]
                    .into_iter()
                    .chain(workers)
                    .collect()
            }
            Self::Candidate(candidacy) => vec![candidacy.administrator.key],
        }
    }
}

/// The trust list that admits a candidate: the newest one, continued.
pub(super) fn next_list(
    directory: &Directory,
    candidacy: &Candidacy,
    threshold: u64,
) -> Option<TrustList> {
    let newest = directory.trust_list()?;
    let mut administrators = newest.body.administrators.clone();
    administrators.push(candidacy.administrator.clone());
    administrators.sort_by_key(|administrator| administrator.id);
    Some(TrustList {
        version: newest.body.version + 1,
        previous: Some(newest.digest),
        threshold,
        administrators,
        ..newest.body.clone()
    })
}

/// The administrators of the newest list who have signed.
pub(super) fn signers(directory: &Directory, statement: &Statement) -> Vec<Id> {
    let Some(list) = directory.trust_list() else { return Vec::new() };
    let signed = |one: &&tsumugu_trust::statement::Administrator| {
        let name = directory.origin().key_name(Role::Administrator, one.id);
        VerifyingKey::new(&name, one.key.0).is_ok_and(|key| statement.is_signed_by(&key))
    };
    list.body.administrators.iter().filter(signed).map(|one| one.id).collect()
}

/// Number and name against every other institution of the directory (rules 3 and 4).
pub(super) fn taken(
    directory: &Directory,
    own: Id,
    number: &InstitutionNumber,
    name: &Text,
    label: Option<&Text>,
) -> Vec<Problem> {
    let fold_label = |label: Option<&Text>| label.map_or(String::new(), |l| fold_name(l.as_str()));
    let folded = (fold_name(name.as_str()), fold_label(label));
    let confusable = directory.members().filter(|(id, _)| *id != own).any(|(_, member)| {
        member.record().is_some_and(|record| {
            (fold_name(record.name.as_str()), fold_label(record.label.as_ref())) == folded
        })
    });
    let mut problems = Vec::new();
    if directory.by_number(number).is_some_and(|holder| holder != own) {
        problems.push(Problem::NumberTaken);
    }
    if confusable {
        problems.push(Problem::NameConfusable);
    }
    problems
}

fn checked(
    directory: &Directory,
    invitation: &Invitation,
    statement: &Statement,
    pending: &v1::PendingInvitation,
) -> Option<Request> {
    let origin = directory.origin();
    if invitation.purpose == Purpose::Administrator {
        let candidacy = check_candidacy(origin, invitation, statement).ok()?;
        return Some(Request::Candidate(Box::new(candidacy)));
    }
    let finished: Option<Vec<_>> =
        pending.statements.iter().map(|one| Statement::parse(one).ok()).collect();
    let checked = check_enrolment(origin, invitation, statement, &finished?).ok()?;
    Some(Request::Member(Box::new(checked)))
}

/// The code of an invitation, from the secret that is sealed to the administrators.
fn code(
    session: &Session<'_>,
    invitation: &Invitation,
    sealed: &[u8],
) -> Result<Result<Code, Problem>, Failure> {
    let identity = session.identity().administrator()?.sealing_identity();
    if sha256(&[sealed]) != invitation.secret {
        return Ok(Err(Problem::SecretChanged));
    }
    let Ok(secret) = open_with(&[&identity], sealed, SECRET) else {
        return Ok(Err(Problem::SecretNotOurs));
    };
    let Ok(secret) = <[u8; SECRET]>::try_from(secret.as_slice()) else {
        return Ok(Err(Problem::SecretChanged));
    };
    let code = Code::from_secret(secret);
    let fits = code.invitation_id() == invitation.invitation;
    Ok(if fits { Ok(code) } else { Err(Problem::SecretChanged) })
}

#[cfg(test)]
mod tests;
