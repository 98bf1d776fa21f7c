//! `tsumugu terminal add`: admits a further PC of the office.

use std::time::Duration;

use serde::Serialize;
use tsumugu_trust::value::Time;

use super::office::leave_snapshot;
use crate::args::TerminalAddArgs;
use crate::context::Context;
use crate::digits;
use crate::enrolment::{POLL, Ticket};
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use crate::terminals::{Asked, OpenInvitation, admit, look};

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddState {
    /// The code is made; the new PC has not used it.
    Invited,
    /// The new PC waits for somebody to confirm the digits.
    Asked,
    /// It is admitted.
    Admitted,
    /// The code was withdrawn.
    Withdrawn,
}

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Added {
    /// How far it is.
    pub state: AddState,
    /// `HOST:PORT#CODE` for the new PC, while it has not used it: for nobody else.
    pub code: Option<String>,
    /// The code can be used until then (ISO 8601).
    pub expires: Option<String>,
    /// Id of the new terminal.
    pub terminal: Option<String>,
    /// The digits to compare, while somebody has to.
    pub digits: Option<String>,
    /// Index of the admission in the log.
    pub index: Option<u64>,
    #[serde(skip)]
    expires_at: Option<Time>,
}

/// Runs the command; running it again goes on where it stopped.
///
/// # Errors
/// What came is not the new PC's; the digits differ; the code has expired; the exchange refuses or is not
/// reached; the receipt does not prove the admission.
pub async fn run(ctx: &Context, args: &TerminalAddArgs) -> Result<Added, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    session.identity().terminal()?;
    session.sync().await?;
    if args.withdraw {
        return withdraw(&mut session).await;
    }
    let mut invitation = begin(&session, args)?;
    if invitation.is_confirmed() {
        return admitted(&mut session, &mut invitation, None).await;
    }
    let rpc = session.connect().await?;
    invitation.register(&rpc).await?;
    let patience = Duration::from_secs(if args.code_only { 0 } else { args.wait });
    let asked = wait(&mut session, &invitation, patience).await?;
    let Some(asked) = asked else { return Added::invited(&session, &invitation) };
    if !is_confirmed(ctx, args, &asked)? {
        return Ok(Added::asked(&asked));
    }
    // While a record is strange nothing is admitted, and no snapshot is of use.
    if session.own_records().strange().is_empty() {
        leave_snapshot(&mut session).await?;
    }
    admitted(&mut session, &mut invitation, Some(&asked)).await
}

/// The code that is open, or a new one.
fn begin(session: &Session<'_>, args: &TerminalAddArgs) -> Result<OpenInvitation, Failure> {
    let open = OpenInvitation::load(session.vault())?;
    match open.filter(|open| !open.is_over(session.ctx().now())) {
        Some(open) => Ok(open),
        None => OpenInvitation::make(session, args.label.as_ref()),
    }
}

/// Asks until the new PC has, or `patience` has passed; at least once. The code is shown before a wait.
async fn wait(
    session: &mut Session<'_>,
    invitation: &OpenInvitation,
    patience: Duration,
) -> Result<Option<Asked>, Failure> {
    let mut left = patience;
    let mut shown = false;
    loop {
        let asked = match look(session, invitation).await {
            Err(closed) if closed.key() == "terminal.invitation-closed" => {
                OpenInvitation::forget(session.vault())?;
                return Err(closed);
            }
            asked => asked?,
        };
        if asked.is_some() || left.is_zero() {
            return Ok(asked);
        }
        if !shown {
            let code = code(session, invitation)?;
            session.ctx().note(&Sentence::new("terminal.type-code"));
            session.ctx().note(&Sentence::new("terminal.code-is").with("code", code));
            shown = true;
        }
        let pause = POLL.min(left);
        tokio::time::sleep(pause).await;
        left -= pause;
    }
}

/// Whether a person has compared the two screens.
fn is_confirmed(ctx: &Context, args: &TerminalAddArgs, asked: &Asked) -> Result<bool, Failure> {
    if let Some(typed) = &args.digits {
        return if digits::are_same(typed, &asked.digits()) {
            Ok(true)
        } else {
            Err(Failure::new("terminal.digits-differ"))
        };
    }
    if args.yes {
        ctx.note(&Sentence::new("terminal.not-compared"));
        return Ok(true);
    }
    ctx.note(&Sentence::new("terminal.compare").with("digits", asked.digits()));
    let answer = ctx.ask(&Sentence::new("terminal.ask-same"))?;
    let answer = answer.map(|answer| answer.to_lowercase());
    Ok(answer.is_some_and(|answer| ["y", "yes", "はい"].contains(&answer.as_str())))
}

async fn admitted(
    session: &mut Session<'_>,
    invitation: &mut OpenInvitation,
    asked: Option<&Asked>,
) -> Result<Added, Failure> {
    let (terminal, index) = admit(session, invitation, asked).await?;
    let (terminal, index) = (Some(terminal.to_string()), Some(index));
    Ok(Added { terminal, index, ..Added::at(AddState::Admitted) })
}

async fn withdraw(session: &mut Session<'_>) -> Result<Added, Failure> {
    let open = OpenInvitation::load(session.vault())?;
    let open = open.ok_or_else(|| Failure::new("terminal.nothing-open"))?;
    match session.connect().await?.close_terminal_invitation(open.id()?).await {
        Err(gone) if gone.key() == "server.not-found" => {}
        closed => closed?,
    }
    OpenInvitation::forget(session.vault())?;
    Ok(Added::at(AddState::Withdrawn))
}

fn code(session: &Session<'_>, invitation: &OpenInvitation) -> Result<String, Failure> {
    let address = session.identity().exchange.address.clone();
    Ok(Ticket { address, code: invitation.code()? }.print())
}

impl Added {
    fn at(state: AddState) -> Self {
        Self {
            state,
            code: None,
            expires: None,
            terminal: None,
            digits: None,
            index: None,
            expires_at: None,
        }
    }

    fn invited(session: &Session<'_>, invitation: &OpenInvitation) -> Result<Self, Failure> {
        let expires = invitation.expires();
        Ok(Self {
            code: Some(code(session, invitation)?),
            expires: Some(jst::iso(expires)),
            expires_at: Some(expires),
            ..Self::at(AddState::Invited)
        })
    }

    fn asked(asked: &Asked) -> Self {
        let terminal = Some(asked.checked().request().terminal.to_string());
        Self { terminal, digits: Some(asked.digits()), ..Self::at(AddState::Asked) }
    }
}

impl Outcome for Added {
    fn lines(&self, page: &mut Page) {
        let id = self.terminal.as_deref().unwrap_or_default();
        match self.state {
            AddState::Invited => {
                let time = self.expires_at.map(jst::show).unwrap_or_default();
                page.say(&Sentence::new("terminal.invited").with("time", time));
                page.gap();
                page.row(&format!("    {}", self.code.as_deref().unwrap_or_default()));
                page.gap();
                page.say(&Sentence::new("terminal.invited-advice"));
            }
            AddState::Asked => {
                page.say(&Sentence::new("terminal.asked"));
                page.row(&format!("    {}", self.digits.as_deref().unwrap_or_default()));
                page.say(&Sentence::new("terminal.asked-advice"));
            }
            AddState::Admitted => page.say(&Sentence::new("terminal.admitted").with("id", id)),
            AddState::Withdrawn => page.say(&Sentence::new("terminal.withdrawn")),
        }
    }
}
