//! A hospital and a care office at an exchange in memory, for tests.

use rand::SeedableRng;
use rand::rngs::StdRng;
use tsumugu_proto::v1;
use tsumugu_trust::directory::{CheckedEnvelope, check_envelope};
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::statement::{Destination, Statement, Urgency};
use tsumugu_trust::testing::{TestInstitution, World};
use tsumugu_trust::value::{Id, InstitutionKind, Time, Unit};

use super::*;

/// A canonical filled form.
pub(crate) const NOTICE: &str = r#"{"form":"notice-admission","values":{},"version":"1"}"#;

/// The two institutions and the log between them.
pub(crate) struct Pair {
    pub(crate) world: World,
    pub(crate) hospital: Office,
    pub(crate) care: Office,
    pub(crate) rng: StdRng,
}

/// An institution with its keys made ready.
pub(crate) struct Office {
    pub(crate) institution: TestInstitution,
    pub(crate) terminal: SigningKey,
    pub(crate) worker: SigningKey,
    pub(crate) shown: v1::ShownWorker,
}

impl Office {
    fn admitted(world: &mut World, name: &str, kind: InstitutionKind) -> Self {
        let institution = world.admit(name, kind);
        let shown = world.show(&institution.worker);
        let terminal = institution.terminal.key.signing();
        let worker = institution.worker.key.signing();
        Self { institution, terminal, worker, shown }
    }

    pub(crate) fn id(&self) -> Id {
        self.institution.id
    }

    pub(crate) fn signer(&self) -> Signer<'_> {
        Signer { key: &self.worker, shown: &self.shown }
    }
}

impl Pair {
    pub(crate) fn new() -> Self {
        let mut world = World::new(7);
        let hospital = Office::admitted(&mut world, "架空中央病院", InstitutionKind::Hospital);
        let care = Office::admitted(&mut world, "ケアプラン架空", InstitutionKind::CareOffice);
        Self { world, hospital, care, rng: StdRng::seed_from_u64(7) }
    }

    /// From the hospital to the care office.
    pub(crate) fn header(&self) -> Header {
        Header {
            id: Id::for_message(self.world.now, &[5; 10]),
            from: self.hospital.id(),
            to: Destination { institution: self.care.id(), unit: Unit::main() },
            attachments: Vec::new(),
            urgency: Urgency::Normal,
            ack_by: Some(Time(self.world.now.0 + 86_400_000)),
            replaces: None,
            composed: self.world.now,
        }
    }

    pub(crate) fn composed(&mut self, body: &[u8]) -> ComposedLetter {
        let kind = v1::LetterKind::Notice;
        let content = Content {
            kind,
            about: None,
            passed_on: None,
            case_id: None,
            attachments: Vec::new(),
            body: body.to_vec().into(),
        };
        let (header, signer) = (self.header(), self.hospital.signer());
        compose(&self.world.origin, header, &content, signer, &mut self.rng).unwrap()
    }

    pub(crate) fn sealed(&mut self, letter: &ComposedLetter) -> Result<SealedLetter, NotSealed> {
        let checkpoint = self.world.checkpoint();
        let sealing = Sealing {
            directory: self.world.directory(),
            terminal: &self.hospital.terminal,
            checkpoint: checkpoint.note_bytes(),
            clear_number: self.world.chain.next_number() - 1,
            clear_head: self.world.chain.head(),
            previous: None,
        };
        seal(letter, sealing, &mut self.rng)
    }

    /// Logs an envelope as the exchange does.
    pub(crate) fn log(&mut self, envelope: &Statement, body: Vec<u8>) -> Logged {
        let index = self.world.append(envelope);
        let at = self.world.position(index);
        let envelope = check_envelope(self.world.directory(), at, envelope).unwrap();
        Logged { at, envelope, body }
    }

    /// A letter from the hospital to the care office, in the log.
    pub(crate) fn logged(&mut self) -> Logged {
        let letter = self.composed(NOTICE.as_bytes());
        let sealed = self.sealed(&letter).unwrap();
        self.log(&sealed.envelope, sealed.body)
    }
}

/// A letter that the exchange has logged.
pub(crate) struct Logged {
    pub(crate) at: LogPosition,
    pub(crate) envelope: CheckedEnvelope,
    pub(crate) body: Vec<u8>,
}

impl Logged {
    pub(crate) fn incoming(&self) -> Incoming<'_> {
        Incoming { envelope: &self.envelope, at: self.at }
    }
}
