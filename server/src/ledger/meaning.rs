//! What a private record changes. The one function that staging, recovery and rebuilding share, so
//! that a rebuilt store says what the running one said.

use tsumugu_durable::bodies::BodyLocation;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::state::Event;
use tsumugu_trust::statement::{AnyBody, EndedReason, Envelope, HoldState, Statement};
use tsumugu_trust::value::Id;

use super::destruction::{hold_key, settled_key};
use super::views::PRESENT;
use super::{HoldRow, InvitationRow, Ledger, LedgerError, MessageRow, WorkerRow, key, rows, table};

impl Ledger {
    /// Takes in what a private record means, and returns who may read it.
    pub(super) fn mean(
        &mut self,
        at: LogPosition,
        statement: &Statement,
        body: Option<&BodyLocation>,
    ) -> Result<Vec<Id>, LedgerError> {
        match &statement.body {
            AnyBody::Envelope(envelope) => self.mean_envelope(at, statement, envelope, body),
            AnyBody::Fetched(f) => self.mean_event(at, f.from, f.id, Event::Fetched),
            AnyBody::Undelivered(u) => self.mean_event(at, u.from, u.id, Event::Undelivered),
            AnyBody::Opened(o) => self.mean_event(at, o.from, o.id, Event::Opened),
            AnyBody::Disposition(d) => self.mean_event(at, d.from, d.id, Event::Answered(d.answer)),
            AnyBody::Recall(r) => self.mean_event(at, r.from, r.id, Event::Withdrawn),
            AnyBody::Destroyed(d) => self.mean_destroyed(at, d.from, d.id),
            AnyBody::Worker(w) => {
                let row = WorkerRow { index: at.index, key: w.key.0.to_vec(), removed: false };
                self.change(
                    key(table::WORKER, &[&w.institution.0, &w.worker.0, &w.terminal.0]),
                    &row,
                );
                self.chain.directory_mut().bind_worker_key(&w.key, w.worker).map_err(|_| {
                    LedgerError::Contradiction("a worker's key is bound to another holder")
                })?;
                self.readers(at, &[w.institution])
            }
            AnyBody::WorkerRemoved(w) => {
                for (worker_key, mut row) in self.worker_rows(w.institution, w.worker)? {
                    row.removed = true;
                    self.change(worker_key, &row);
                }
                self.readers(at, &[w.institution])
            }
            AnyBody::Invitation(i) => {
                let row = InvitationRow { index: at.index, expires: i.expires.0, end: 0 };
                self.change(key(table::INVITATION, &[&i.invitation.0]), &row);
                self.invitations.insert(i.invitation, i.expires);
                Ok(Vec::new())
            }
            AnyBody::InvitationClosed(c) => self.mean_invitation_end(c.invitation, 3),
            AnyBody::InvitationEnded(e) => {
                let end = if e.reason == EndedReason::Used { 1 } else { 2 };
                self.mean_invitation_end(e.invitation, end)
            }
            AnyBody::Hold(h) => {
                let on = h.state == HoldState::On;
                let row = HoldRow { index: at.index, version: h.version, on };
                self.change(hold_key(h.from, h.id), &row);
                Ok(Vec::new())
            }
            AnyBody::OffSystem(o) => {
                self.change_number(key(table::OFF_SYSTEM, &[&o.from.0, &o.id.0]), at.index);
                self.readers(at, &[o.from])
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Workers of an institution as this round has them.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn worker_rows(
        &self,
        institution: Id,
        worker: Id,
    ) -> Result<Vec<(Vec<u8>, WorkerRow)>, LedgerError> {
        let prefix = key(table::WORKER, &[&institution.0, &worker.0]);
        let mut keys: Vec<Vec<u8>> = Vec::new();
        for pair in self.views.scan(&prefix, &prefix) {
            keys.push(pair?.0);
        }
        keys.extend(self.round.changes.keys().filter(|k| k.starts_with(&prefix)).cloned());
        keys.sort();
        keys.dedup();
        let row = |k: Vec<u8>| Ok(self.lookup(&k)?.map(|row| (k, row)));
        keys.into_iter().filter_map(|k| row(k).transpose()).collect()
    }

    fn mean_envelope(
        &mut self,
        at: LogPosition,
        statement: &Statement,
        envelope: &Envelope,
        body: Option<&BodyLocation>,
    ) -> Result<Vec<Id>, LedgerError> {
        let mut row = MessageRow {
            envelope: at.index,
            digest: statement.digest().0.to_vec(),
            to: envelope.to.institution.0.to_vec(),
            body: body.map_or(Vec::new(), BodyLocation::to_bytes),
            attachments: envelope.attachments.iter().map(rows::attachment).collect(),
            ..MessageRow::default()
        };
        row.join(at, Event::Accepted);
        self.refer(envelope.from, &row)?;
        self.change(key(table::MESSAGE, &[&envelope.from.0, &envelope.id.0]), &row);
        if let Some(replaced) = envelope.replaces {
            let replaced = key(table::MESSAGE, &[&envelope.from.0, &replaced.0]);
            // A message is superseded once: a second correction of it must not make its row grow.
            let before = self.lookup::<MessageRow>(&replaced)?;
            if let Some(mut before) =
                before.filter(|row| !row.state().adds_nothing(Event::Superseded))
            {
                before.join(at, Event::Superseded);
                self.change(replaced, &before);
            }
        }
        self.readers(at, &[envelope.from, envelope.to.institution])
    }

    fn mean_event(
        &mut self,
        at: LogPosition,
        from: Id,
        id: Id,
        event: Event,
    ) -> Result<Vec<Id>, LedgerError> {
        let message = key(table::MESSAGE, &[&from.0, &id.0]);
        let Some(mut row) = self.lookup::<MessageRow>(&message)? else {
            return Err(LedgerError::Contradiction("a record names a message that is not there"));
        };
        let before = row.settled_at();
        row.join(at, event);
        if let (None, Some(since)) = (before, row.settled_at()) {
            self.round.changes.insert(settled_key(since, from, id), vec![PRESENT]);
        }
        let to = row.recipient().ok_or(LedgerError::Contradiction("a message has no recipient"))?;
        self.change(message, &row);
        self.readers(at, &[from, to])
    }

    fn mean_destroyed(
        &mut self,
        at: LogPosition,
        from: Id,
        id: Id,
    ) -> Result<Vec<Id>, LedgerError> {
        let message = key(table::MESSAGE, &[&from.0, &id.0]);
        let Some(mut row) = self.lookup::<MessageRow>(&message)? else {
            return Err(LedgerError::Contradiction("a record names a message that is not there"));
        };
        // The first one counts; a second one has nothing left to destroy.
        if !row.body.is_empty() {
            if let Some(since) = row.settled_at() {
                self.remove(settled_key(since, from, id));
            }
            let doomed = self.release(from, &row)?;
            if !doomed.body.is_empty() || !doomed.attachments.is_empty() {
                self.change(key(table::DOOMED, &[&at.index.to_be_bytes()]), &doomed);
                self.doomed = true;
            }
            row.body.clear();
            row.destroyed = at.index;
        }
        let to = row.recipient().ok_or(LedgerError::Contradiction("a message has no recipient"))?;
        self.change(message, &row);
        self.readers(at, &[from, to])
    }

    fn mean_invitation_end(&mut self, invitation: Id, end: u32) -> Result<Vec<Id>, LedgerError> {
        let k = key(table::INVITATION, &[&invitation.0]);
        if let Some(mut row) = self.lookup::<InvitationRow>(&k)? {
            row.end = end;
            self.change(k, &row);
        }
        self.invitations.remove(&invitation);
        Ok(Vec::new())
    }

    /// Puts the record into the readers' mailboxes, once where sender and recipient are the same.
    fn readers(&mut self, at: LogPosition, institutions: &[Id]) -> Result<Vec<Id>, LedgerError> {
        let mut readers = institutions.to_vec();
        readers.dedup();
        for reader in &readers {
            self.deliver(*reader, at.index)?;
        }
        Ok(readers)
    }
}
