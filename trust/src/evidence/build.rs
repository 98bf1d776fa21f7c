//! Making evidence.

use super::author::{OpenDetail, OpenLetter};
use super::{Evidence, EvidenceRefused, Needed, ShownClear, ShownDetail, ShownPrivate, verify};
use crate::checkpoint::VerifiedCheckpoint;
use crate::directory::Directory;
use crate::hash::Hash;
use crate::leaf::Leaf;
use crate::merkle;
use crate::note::{Note, NoteSignature, VerifyingKey};
use crate::receipt::VerifiedReceipt;
use crate::statement::Statement;
use crate::value::Id;

/// Puts a file of evidence together.
///
/// First the message's records, the letter and the details; then [`EvidenceBuilder::needed`] says which
/// clear leaves must follow.
#[derive(Debug, Clone)]
pub struct EvidenceBuilder {
    evidence: Evidence,
    checkpoint: VerifiedCheckpoint,
}

impl EvidenceBuilder {
    /// Begins the evidence about the message `id` of `from`, in the log at `checkpoint`.
    #[must_use]
    pub fn new(directory: &Directory, checkpoint: &VerifiedCheckpoint, from: Id, id: Id) -> Self {
        let evidence = Evidence {
            origin: directory.origin().clone(),
            from,
            id,
            checkpoint: by_log_alone(checkpoint, &directory.log_keys()),
            clear: Vec::new(),
            private: Vec::new(),
            letter: None,
            details: Vec::new(),
        };
        Self { evidence, checkpoint: checkpoint.clone() }
    }

    /// Adds a leaf. `proof` leads from it to the builder's checkpoint, which may be later than the
    /// receipt's own. A leaf that is there already changes nothing.
    ///
    /// # Errors
    /// [`EvidenceRefused::NotIncluded`]
    pub fn leaf(
        &mut self,
        receipt: &VerifiedReceipt,
        proof: &[Hash],
    ) -> Result<(), EvidenceRefused> {
        let (index, hash) = (receipt.at.index, receipt.leaf.hash());
        let (size, root) = (self.checkpoint.size(), self.checkpoint.root());
        let not_included = EvidenceRefused::NotIncluded { index };
        if merkle::verify_inclusion(hash, index, size, proof, &root).is_err() {
            return Err(not_included);
        }
        let proof = proof.to_vec();
        match (&receipt.leaf, receipt.salt) {
            (Leaf::Clear(leaf), _) => {
                let shown = ShownClear { index, leaf: leaf.clone(), proof };
                insert(&mut self.evidence.clear, shown, |shown| shown.index);
            }
            (Leaf::Private(leaf), Some(salt)) => {
                let record = receipt.record.clone();
                let shown =
                    ShownPrivate { index, time: leaf.time, after: leaf.after, salt, record, proof };
                insert(&mut self.evidence.private, shown, |shown| shown.index);
            }
            (Leaf::Private(_), None) => return Err(not_included),
        }
        Ok(())
    }

    /// Reveals the letter: the bytes of `Letter` that the envelope's `content` commits to.
    pub fn letter(&mut self, bytes: Vec<u8>) {
        self.evidence.letter = Some(bytes);
    }

    /// Reveals the detail of the disposition or recall at `index`.
    pub fn detail(&mut self, index: u64, salt: [u8; 32], bytes: Vec<u8>) {
        insert(&mut self.evidence.details, ShownDetail { index, salt, bytes }, |shown| shown.index);
    }

    /// Digests of the worker statements inside letter and details. Who has their leaves may add them;
    /// otherwise the receipts inside prove them.
    #[must_use]
    pub fn workers(&self) -> Vec<Hash> {
        self.admissions().iter().map(Statement::digest).collect()
    }

    /// Which clear leaves must be added, after records, letter and details.
    #[must_use]
    pub fn needed(&self, directory: &Directory) -> Needed {
        let mut needed = Needed::new(directory.origin());
        let records = self.evidence.private.iter();
        let records = records.filter_map(|shown| Statement::parse(&shown.record).ok());
        records.chain(self.admissions()).for_each(|record| needed.add_record(&record));
        let all: Vec<_> = directory.members().flat_map(|(_, member)| &member.records).collect();
        needed.add_predecessors(all.iter().map(|entry| &entry.body));
        needed
    }

    /// The file. It was verified: no evidence leaves here that [`verify`](super::verify()) refuses.
    ///
    /// # Errors
    /// [`EvidenceRefused`] says what is missing or does not fit.
    pub fn build(self) -> Result<Vec<u8>, EvidenceRefused> {
        let file = self.evidence.encode()?;
        verify(&Evidence::parse(&file)?, None, None)?;
        Ok(file)
    }

    /// What was put together, whether or not it proves anything.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn unchecked(self) -> Evidence {
        self.evidence
    }

    /// The worker statements inside letter and details; what does not decode, `build` refuses.
    fn admissions(&self) -> Vec<Statement> {
        let letter = self.evidence.letter.iter().filter_map(|bytes| OpenLetter::decode(bytes).ok());
        let details = self.evidence.details.iter();
        let details = details.filter_map(|shown| OpenDetail::decode(&shown.bytes).ok());
        letter
            .map(|open| open.signed)
            .chain(details.map(|open| open.signed))
            .map(|s| s.admission)
            .collect()
    }
}

/// The checkpoint without the lines of witnesses, which nobody checks here.
fn by_log_alone(checkpoint: &VerifiedCheckpoint, keys: &[VerifyingKey]) -> Vec<u8> {
    let by_log = |line: &&NoteSignature| {
        keys.iter().any(|key| key.name() == line.name() && key.key_id() == line.key_id())
    };
    let shortened = Note::parse(checkpoint.note_bytes()).and_then(|whole| {
        let mut note = Note::new(whole.text())?;
        whole.signatures().iter().filter(by_log).try_for_each(|line| note.add(line.clone()))?;
        note.sort_signatures();
        Ok(note.encode().into_bytes())
    });
    shortened.unwrap_or_else(|_| checkpoint.note_bytes().to_vec())
}

fn insert<T>(all: &mut Vec<T>, one: T, index: impl Fn(&T) -> u64) {
    if let Err(place) = all.binary_search_by_key(&index(&one), &index) {
        all.insert(place, one);
    }
}
