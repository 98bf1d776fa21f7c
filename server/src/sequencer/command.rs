//! What can be asked of the sequencer.

use std::sync::Arc;

use tsumugu_trust::directory::CheckedEnrolment;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::Id;

use crate::ledger::{LeafInfo, Published};

/// A change of the log. Its sender was authenticated by the gate; the sequencer checks the rest.
#[derive(Debug)]
pub enum Command {
    /// Trust list 1.
    Bootstrap {
        /// The list.
        list: Statement,
    },
    /// A later trust list, with the signatures it needs.
    TrustList {
        /// The list.
        list: Statement,
        /// The request of the administrator it admits, and the invitation it came by.
        candidacy: Option<(Id, Statement)>,
    },
    /// An invitation by an administrator.
    Invite {
        /// The statement.
        invitation: Statement,
    },
    /// An administrator closes an invitation.
    CloseInvitation {
        /// The statement.
        closed: Statement,
    },
    /// An approved enrolment: all of it commits in one round, or none.
    Enrol {
        /// The institution's record with the threshold's signatures.
        record: Statement,
        /// The request.
        enrolment: Statement,
        /// The request, checked.
        checked: Box<CheckedEnrolment>,
        /// The invitation.
        invitation: Id,
    },
    /// A clear statement by the administrators: standing, FAX-only entry, removal, catalogue.
    Administrate {
        /// The statement with the threshold's signatures.
        statement: Statement,
    },
    /// A statement by an institution about itself.
    Publish {
        /// Whose connection it came over.
        institution: Id,
        /// The terminal that handed it in.
        terminal: Id,
        /// The statement.
        statement: Statement,
    },
    /// Letters: all are committed, or none.
    Send {
        /// Whose connection they came over.
        institution: Id,
        /// The letters.
        letters: Vec<OutgoingLetter>,
    },
    /// The body shall leave.
    Fetch {
        /// Who asks.
        institution: Id,
        /// The terminal that asks.
        terminal: Id,
        /// The sender.
        from: Id,
        /// The message.
        id: Id,
    },
    /// A person opened it.
    Opened {
        /// Who says so.
        institution: Id,
        /// The statement.
        statement: Statement,
    },
    /// The recipient answers.
    Dispose {
        /// Who says so.
        institution: Id,
        /// The statement.
        statement: Statement,
        /// The sealed detail.
        detail: Vec<u8>,
    },
    /// The institution records what went past the exchange.
    RecordOffSystem {
        /// Who says so.
        institution: Id,
        /// The statement.
        statement: Statement,
        /// The sealed detail.
        detail: Vec<u8>,
    },
    /// Time passes.
    Tick,
    /// Write what is due, and stop.
    Stop,
}

impl Command {
    /// Whose lane it waits in; none for the administrators, those who enrol, and the exchange itself.
    pub(super) fn institution(&self) -> Option<Id> {
        match self {
            Self::Publish { institution, .. }
            | Self::Send { institution, .. }
            | Self::Fetch { institution, .. }
            | Self::Opened { institution, .. }
            | Self::Dispose { institution, .. }
            | Self::RecordOffSystem { institution, .. } => Some(*institution),
            Self::Bootstrap { .. }
            | Self::TrustList { .. }
            | Self::Invite { .. }
            | Self::CloseInvitation { .. }
            | Self::Enrol { .. }
            | Self::Administrate { .. }
            | Self::Tick
            | Self::Stop => None,
        }
    }

    /// What an institution's command brings along to write, in bytes; little more than that.
    pub(super) fn bytes(&self) -> usize {
        let of = |statement: &Statement| statement.text().len();
        match self {
            Self::Send { letters, .. } => {
                letters.iter().map(|letter| of(&letter.envelope) + letter.body.len()).sum()
            }
            Self::Dispose { statement, detail, .. }
            | Self::RecordOffSystem { statement, detail, .. } => of(statement) + detail.len(),
            Self::Publish { statement, .. } | Self::Opened { statement, .. } => of(statement),
            _ => 0,
        }
    }
}

/// A letter to accept. Length and digest of the body were compared with the envelope.
#[derive(Debug)]
pub struct OutgoingLetter {
    /// The envelope.
    pub envelope: Statement,
    /// Digest of the body.
    pub digest: Hash,
    /// The sealed body.
    pub body: Vec<u8>,
}

/// What a command gave.
#[derive(Debug)]
pub enum Outcome {
    /// Leaves, new or from the first time.
    Leaves(Vec<LeafInfo>),
    /// A body may leave.
    Body {
        /// The leaf that says so; none for the sender's own fetch.
        fetched: Option<LeafInfo>,
        /// Where it is.
        location: Vec<u8>,
    },
}

/// An outcome that is committed.
#[derive(Debug)]
pub struct Done {
    /// The outcome.
    pub outcome: Outcome,
    /// What was published with its round.
    pub published: Arc<Published>,
}
