//! What an inquiry for the care manager has to keep before it goes out.

use tsumugu_catalogue::FilledForm;
use tsumugu_trust::value::{Id, Time};

use super::Recipient;
use crate::failure::Failure;
use crate::inquiry::{FORM, GROUND, MAX_A_DAY, answer_due, asked_on_day, may_be_asked};
use crate::jst;
use crate::session::Session;

/// Whether the form asks who the care manager is.
pub(super) fn is_inquiry(form: &FilledForm) -> bool {
    form.form().id == FORM
}

/// Checks an inquiry: a ground is given, it goes to somebody who may be asked, and not too many went
/// out today. Any other form passes.
///
/// # Errors
/// `inquiry.no-ground`, `inquiry.wrong-recipient`, `inquiry.too-many`; the vault.
pub(super) fn check(
    session: &Session<'_>,
    form: &FilledForm,
    recipients: &[Recipient],
) -> Result<(), Failure> {
    if !is_inquiry(form) {
        return Ok(());
    }
    if form.value(GROUND).is_none() {
        return Err(Failure::new("inquiry.no-ground"));
    }
    for to in recipients {
        let member = session.directory().member(to.destination.institution);
        let kind = member.and_then(|member| member.record()).map(|record| record.kind);
        if !kind.is_some_and(may_be_asked) {
            return Err(Failure::new("inquiry.wrong-recipient").with("number", &to.party.number));
        }
    }
    let own = session.identity().terminal()?.institution;
    let asked = asked_on_day(session, own, session.ctx().now())?;
    if asked + recipients.len() > MAX_A_DAY {
        return Err(Failure::new("inquiry.too-many").with("limit", MAX_A_DAY));
    }
    Ok(())
}

/// Until when this recipient is to answer: by the form, else by the end of its next business day. The
/// form's time may be one that has passed; then it counts as none.
pub(super) fn due(session: &Session<'_>, form: &FilledForm, to: Id) -> Option<Time> {
    let now = session.ctx().now();
    let wanted = form.value("answer_by").map(|value| value.to_json());
    let wanted = wanted.as_ref().and_then(|value| jst::parse(value.as_str()?).ok());
    wanted.filter(|wanted| *wanted > now).or_else(|| {
        let profile = session.directory().member(to).and_then(|member| member.profile());
        answer_due(profile, now)
    })
}
