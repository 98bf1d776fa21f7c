//! What an event is about, before it is known to be true.

use tsumugu_proto::v1;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::Id;

use crate::failure::Failure;
use crate::mailbox::message::{Message, MessageLeaf};
use crate::mailbox::subject;
use crate::vault::Vault;

/// An event about a message: where to look in the vault. It is true once the message has that leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct News {
    /// The event's number in the mailbox.
    pub(crate) number: u64,
    /// Index of the leaf.
    pub(crate) index: u64,
    /// The sender of the message that it is about.
    pub(crate) from: Id,
    /// The message.
    pub(crate) id: Id,
}

impl News {
    /// Nothing for a record that is not about a message.
    pub(crate) fn of(event: &v1::MailboxEvent) -> Option<Self> {
        let receipt = event.receipt.as_ref()?;
        let statement = Statement::parse(&receipt.record).ok()?;
        let (from, id) = subject(&statement.body)?;
        Some(Self { number: event.number, index: receipt.index, from, id })
    }

    /// The message and its verified leaf; nothing where the record was set aside.
    ///
    /// # Errors
    /// As [`Message::load`].
    pub(crate) fn look_up(&self, vault: &Vault) -> Result<Option<(Message, MessageLeaf)>, Failure> {
        let Some(message) = Message::load(vault, self.from, self.id)? else { return Ok(None) };
        let leaf = message.leaves().iter().find(|leaf| leaf.at.index == self.index).cloned();
        Ok(leaf.map(|leaf| (message, leaf)))
    }
}
