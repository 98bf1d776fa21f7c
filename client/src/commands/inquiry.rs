//! `tsumugu inquiry`: what was asked, and the care office's answer to the one who asked.

mod answer;
mod list;

use serde::Serialize;

use super::ack::Answered;
use super::replied::Replied;
use crate::args::InquiryCommand;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Outcome, Page};

pub use list::{ShownInquiries, ShownInquiry, ShownInquiryAnswer};

/// Outcome of the command.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Inquiries {
    /// What this institution asked.
    Shown(ShownInquiries),
    /// It was answered: this office is in charge.
    InCharge(Box<Replied>),
    /// It was given back: this office is not in charge.
    NotOurs(Box<Answered>),
}

/// Runs the command.
///
/// # Errors
/// There is no such message, or it is no inquiry; no worker; an alarm.
pub async fn run(ctx: &Context, command: &InquiryCommand) -> Result<Inquiries, Failure> {
    match command {
        InquiryCommand::List => list::run(ctx).await.map(Inquiries::Shown),
        InquiryCommand::Answer(args) => answer::run(ctx, args).await,
    }
}

impl Inquiries {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Shown(_) => Exit::Ok,
            Self::InCharge(replied) => replied.exit(),
            Self::NotOurs(answered) => answered.exit(),
        }
    }
}

impl Outcome for Inquiries {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::Shown(shown) => shown.lines(page),
            Self::InCharge(replied) => replied.lines(page),
            Self::NotOurs(answered) => answered.lines(page),
        }
    }
}
