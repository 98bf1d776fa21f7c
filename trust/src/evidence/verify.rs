//! Checking evidence.

use super::author::{OpenDetail, OpenLetter, Witnesses};
use super::chain::Chain;
use super::message::{Message, Records};
use super::places::Places;
use super::{
    AnswerReport, ContentFault, Evidence, EvidenceRefused, Needed, Outcome, Party, RecallReport,
    Report, ReportedWorker, ShownDetail, ShownPrivate,
};
use crate::checkpoint::{Checkpoint, VerifiedCheckpoint};
use crate::directory::{Directory, Refusal};
use crate::hash::Hash;
use crate::leaf::LogPosition;
use crate::merkle;
use crate::note::{Note, VerifyingKey};
use crate::statement::{AnyBody, Statement};
use crate::value::Id;

/// Says what evidence proves.
///
/// `root` is the root fingerprint that the reader knows from elsewhere: from paper, or a vault.
/// `whole` is the directory of the whole clear chain, which the caller has verified by itself; removals
/// are checked when it reaches the last leaf that is shown. Whether the log of that chain continues the
/// checkpoint in [`Report::checkpoint_root`] is for the caller, who has the leaves.
///
/// # Errors
/// [`EvidenceRefused`] for the first thing that is wrong; then nothing is proved.
pub fn verify(
    evidence: &Evidence,
    root: Option<Hash>,
    whole: Option<&Directory>,
) -> Result<Report, EvidenceRefused> {
    let checkpoint = check_inclusions(evidence)?;
    let places = Places::read(evidence)?;
    let chain = Chain::replay(evidence)?;
    check_checkpoint(evidence, &chain.directory.log_keys())?;
    let root_fingerprint =
        chain.directory.root_fingerprint().ok_or(EvidenceRefused::NoTrustList)?;
    if root.is_some_and(|root| root != root_fingerprint) {
        return Err(EvidenceRefused::OtherRoot { shown: root_fingerprint });
    }
    let records = Records::read(evidence)?;
    let opened = Opened::decode(evidence)?;
    check_all_belong(&chain, &records, &opened)?;
    let whole = match whole {
        Some(whole) => {
            chain.check_within(whole)?;
            check_heads(evidence, |shown| whole.holds(&shown.private_leaf()))?;
            // Removals before each leaf count: a chain that does not reach it may miss one.
            let reaches = |shown: &ShownPrivate| whole.holds(&shown.private_leaf()).is_some();
            evidence.private.iter().all(reaches).then_some(whole)
        }
        None => None,
    };
    let directory = whole.unwrap_or(&chain.directory);
    let message = records.check(directory)?;
    let log_keys = chain.all_log_keys();
    let workers = &records.workers;
    let witnesses = Witnesses { directory, places: &places, log_keys: &log_keys, workers };
    let revealed = opened.check(evidence, &message, &witnesses)?;
    let (answers, recalls) = revealed.reports(&message);
    let envelope = message.envelope.envelope();
    Ok(Report {
        outcome: if root.is_some() { Outcome::Anchored } else { Outcome::ConsistentOnly },
        removals_checked: whole.is_some(),
        root_fingerprint,
        origin: evidence.origin.clone(),
        checkpoint_size: checkpoint.size(),
        checkpoint_root: checkpoint.root(),
        sender: party(directory, envelope.from, &message)?,
        recipient: party(directory, envelope.to.institution, &message)?,
        envelope: envelope.clone(),
        envelope_digest: message.envelope.digest(),
        letter: revealed.letter,
        answers,
        recalls,
        state: message.state,
        moments: message.moments,
    })
}

/// Every leaf leads to the checkpoint's root. The signature comes later: its key stands in one of these
/// leaves.
fn check_inclusions(evidence: &Evidence) -> Result<Checkpoint, EvidenceRefused> {
    let note = Note::parse(&evidence.checkpoint).map_err(|_| EvidenceRefused::Checkpoint)?;
    let checkpoint: Checkpoint = note.text().parse().map_err(|_| EvidenceRefused::Checkpoint)?;
    let clear = evidence
        .clear
        .iter()
        .map(|shown| (shown.index, merkle::leaf_hash(&shown.leaf.encode()), &shown.proof));
    let private =
        evidence.private.iter().map(|shown| (shown.index, shown.leaf().hash(), &shown.proof));
    for (index, hash, proof) in clear.chain(private) {
        merkle::verify_inclusion(hash, index, checkpoint.size(), proof, &checkpoint.root())
            .map_err(|_| EvidenceRefused::NotIncluded { index })?;
    }
    Ok(checkpoint)
}

/// Every private leaf stands in the whole clear chain, as far as that goes.
fn check_heads(
    evidence: &Evidence,
    holds: impl Fn(&ShownPrivate) -> Option<bool>,
) -> Result<(), EvidenceRefused> {
    match evidence.private.iter().find(|shown| holds(shown) == Some(false)) {
        Some(shown) => Err(EvidenceRefused::OtherChain { index: shown.index }),
        None => Ok(()),
    }
}

/// The log has signed the checkpoint, and no line is there that nobody checks: what stands in
/// evidence is proved.
fn check_checkpoint(evidence: &Evidence, keys: &[VerifyingKey]) -> Result<(), EvidenceRefused> {
    let refused = |_| EvidenceRefused::Checkpoint;
    let verified = VerifiedCheckpoint::verify(&evidence.checkpoint, evidence.origin.as_str(), keys);
    let note = Note::parse(verified.map_err(refused)?.note_bytes());
    let note = note.map_err(|_| EvidenceRefused::Checkpoint)?;
    let lines: Vec<_> = note.signatures().iter().map(|s| (s.name(), s.key_id())).collect();
    let known = |(name, id): &(&str, [u8; 4])| {
        keys.iter().any(|key| key.name() == *name && key.key_id() == *id)
    };
    let sorted = lines.windows(2).all(|pair| pair[0] < pair[1]);
    if sorted && lines.iter().all(known) { Ok(()) } else { Err(EvidenceRefused::Checkpoint) }
}

/// No leaf is shown that the proof does not need: what belongs to no rule is checked by none.
fn check_all_belong(
    chain: &Chain,
    records: &Records,
    opened: &Opened<'_>,
) -> Result<(), EvidenceRefused> {
    let mut needed = Needed::new(chain.directory.origin());
    records.all().chain(opened.admissions()).for_each(|record| needed.add_record(record));
    needed.add_predecessors(chain.statements.iter().filter_map(|(_, s)| match &s.body {
        AnyBody::Institution(record) => Some(record),
        _ => None,
    }));
    let idle_clear = chain.statements.iter().find(|(_, s)| !needed.contains(&s.body));
    let is_shown = |worker: &Statement| opened.admissions().any(|admission| admission == worker);
    let idle_worker = records.workers.iter().find(|(_, worker)| !is_shown(worker));
    match idle_clear.or(idle_worker) {
        Some((at, _)) => Err(EvidenceRefused::Unrelated { index: at.index }),
        None => Ok(()),
    }
}

fn party(directory: &Directory, id: Id, message: &Message) -> Result<Party, EvidenceRefused> {
    let record = directory.member(id).and_then(|member| {
        member.records.iter().rev().find(|record| record.at <= message.at).map(|entry| &entry.body)
    });
    let unknown = || EvidenceRefused::rule(message.at.index, Refusal::UnknownParty);
    let record = record.ok_or_else(unknown)?;
    Ok(Party {
        institution: id,
        number: record.number.clone(),
        name: record.name.clone(),
        kana: record.kana.clone(),
        kind: record.kind,
    })
}

/// The letter and the details that are shown, decoded.
struct Opened<'a> {
    letter: Option<(&'a [u8], OpenLetter)>,
    details: Vec<(&'a ShownDetail, OpenDetail)>,
}

/// What they reveal.
struct Revealed {
    letter: Option<super::LetterReport>,
    details: Vec<(u64, ReportedWorker, String)>,
}

impl<'a> Opened<'a> {
    fn decode(evidence: &'a Evidence) -> Result<Self, EvidenceRefused> {
        let letter = evidence.letter.as_deref();
        let letter = letter.map(|bytes| OpenLetter::decode(bytes).map(|open| (bytes, open)));
        let detail = |shown: &'a ShownDetail| match OpenDetail::decode(&shown.bytes) {
            Ok(open) => Ok((shown, open)),
            Err(source) => Err(EvidenceRefused::Detail { index: shown.index, source }),
        };
        let details = evidence.details.iter().map(detail).collect::<Result<_, _>>()?;
        Ok(Self { letter: letter.transpose()?, details })
    }

    /// The admissions of the workers that are shown.
    fn admissions(&self) -> impl Iterator<Item = &Statement> {
        let letter = self.letter.iter().map(|(_, open)| &open.signed);
        let details = self.details.iter().map(|(_, open)| &open.signed);
        letter.chain(details).map(|signed| &signed.admission)
    }

    fn check(
        self,
        evidence: &Evidence,
        message: &Message,
        witnesses: &Witnesses<'_>,
    ) -> Result<Revealed, EvidenceRefused> {
        let directory = witnesses.directory;
        let letter = match self.letter {
            None => None,
            Some((bytes, open)) => {
                let envelope = message.envelope.envelope();
                let place = message.letter_place(directory);
                let attachments = &envelope.attachments;
                Some(open.check(bytes, envelope.content, attachments, &place, witnesses)?)
            }
        };
        let mut details = Vec::with_capacity(evidence.details.len());
        for (shown, open) in self.details {
            let index = shown.index;
            let refused = |source| EvidenceRefused::Detail { index, source };
            let place = message.detail_place(directory, index);
            let (reference, place) = place.ok_or_else(|| refused(ContentFault::Commitment))?;
            let (worker, comment) = open
                .check(&shown.salt, &shown.bytes, reference.commitment, &place, witnesses)
                .map_err(refused)?;
            details.push((index, worker, comment));
        }
        Ok(Revealed { letter, details })
    }
}

impl Revealed {
    fn reports(&self, message: &Message) -> (Vec<AnswerReport>, Vec<RecallReport>) {
        let first = message.state.answer().map(|(at, _)| at);
        let revealed =
            |at: &LogPosition| self.details.iter().find(|(index, ..)| *index == at.index);
        let answers = message.answers.iter().map(|(at, answer)| {
            let detail = revealed(at);
            AnswerReport {
                index: at.index,
                answer: answer.body().answer,
                counts: first == Some(*at),
                answered: answer.body().answered,
                logged: at.time,
                terminal: answer.terminal(),
                worker: detail.map(|(_, worker, _)| worker.clone()),
                comment: detail.map(|(.., comment)| comment.clone()),
            }
        });
        let recalls = message.recalls.iter().map(|(at, recall)| {
            let detail = revealed(at);
            RecallReport {
                index: at.index,
                recalled: recall.body().recalled,
                logged: at.time,
                terminal: recall.terminal(),
                worker: detail.map(|(_, worker, _)| worker.clone()),
                comment: detail.map(|(.., comment)| comment.clone()),
            }
        });
        (answers.collect(), recalls.collect())
    }
}
