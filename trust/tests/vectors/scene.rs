//! One exchange, grown from a seed, that all vectors come from.

use std::fs;

use serde_json::{Value, json};
use tsumugu_trust::letter::{MAX_DETAIL, MAX_SEALED_BODY, unpack};
use tsumugu_trust::seal::{open_with, open_with_key};
use tsumugu_trust::statement::Answer;
use tsumugu_trust::testing::{TestAnswer, TestDetail, TestInstitution, TestKey, TestLetter, World};
use tsumugu_trust::value::InstitutionKind;

const SEED: u64 = 2026;

/// A letter from a hospital to a care office that was acknowledged.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) hospital: TestInstitution,
    pub(crate) office: TestInstitution,
    pub(crate) letter: TestLetter,
    pub(crate) answer: TestAnswer,
    pub(crate) evidence: Vec<u8>,
}

impl Scene {
    /// The scene with the sealed files of the folder, or with new ones when those do not fit any
    /// more and the vectors are being written.
    pub(crate) fn build() -> Self {
        let recorded =
            ["letter.age", "detail.age"].map(|name| fs::read(super::folder().join(name)));
        let recorded: Vec<Vec<u8>> = recorded.into_iter().filter_map(Result::ok).collect();
        let scene = Self::with_seals(recorded);
        if scene.seals_fit() {
            return scene;
        }
        assert!(
            super::updating(),
            "what is sealed in docs/vectors does not open to what it should"
        );
        let scene = Self::with_seals(Vec::new());
        assert!(scene.seals_fit());
        scene
    }

    pub(crate) fn detail(&self) -> &TestDetail {
        self.answer.detail.as_ref().unwrap()
    }

    fn with_seals(recorded: Vec<Vec<u8>>) -> Self {
        let mut world = World::new(SEED);
        world.use_recorded_seals(recorded);
        let hospital = world.admit("流山総合病院", InstitutionKind::Hospital);
        let office = world.admit("つむぐ居宅介護支援事業所", InstitutionKind::CareOffice);
        world.tick();
        let letter = world.send(&hospital, &office);
        world.append(&world.fetched(&letter, &office));
        world.append(&world.opened(&letter, &office));
        let answer = world.answer(&letter, &office, Answer::Acknowledged, "確認しました");
        world.append(&answer.statement);
        world.tick();
        let evidence = world.evidence(&letter, &[&answer]).unwrap();
        Self { world, hospital, office, letter, answer, evidence }
    }

    fn seals_fit(&self) -> bool {
        let both = [self.hospital.identity(), self.office.identity()];
        let letter = both.iter().all(|identity| {
            open_with(&[identity], &self.letter.sealed, MAX_SEALED_BODY)
                .is_ok_and(|plain| unpack(&plain).is_ok_and(|letter| *letter == self.letter.letter))
        });
        let detail = self.detail();
        let plain = [&detail.salt[..], &detail.bytes].concat();
        let opened = open_with_key(&self.letter.letter_key, &detail.sealed, MAX_DETAIL);
        letter && opened.is_ok_and(|opened| *opened == plain)
    }
}

/// A signature key as vectors show it.
pub(crate) fn key(key: &TestKey) -> Value {
    json!({ "name": key.name, "seed": hex::encode(key.seed), "public": key.public().to_string() })
}
