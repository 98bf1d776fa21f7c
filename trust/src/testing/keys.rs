//! Keys that grow from a seed, and who holds them.

use prost::Message;
use tsumugu_proto::v1;

use crate::hash::{Hash, sha256};
use crate::note::SigningKey;
use crate::seal::SealingIdentity;
use crate::statement::{
    Administrator, Institution, KeySet, Profile, RecipientText, Statement, Terminal,
};
use crate::value::{Id, Key};

/// Bytes that look random and are the same in every run: SHA-256(label | seed | counter).
///
/// A generator of our own, because those of the `rand` crate may change from version to version, and
/// `docs/vectors` must not.
#[derive(Debug, Clone)]
pub struct Seeded {
    seed: u64,
    counter: u64,
}

impl Seeded {
    /// The beginning of the stream of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }

    /// The next `N` bytes, at most 32.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let (seed, counter) = (self.seed.to_be_bytes(), self.counter.to_be_bytes());
        self.counter += 1;
        let block = sha256(&[b"tsumugu/test\0", &seed, &counter]);
        *block.0.first_chunk().expect("tests draw at most 32 bytes at once")
    }

    /// The next id.
    pub fn id(&mut self) -> Id {
        Id(self.bytes())
    }
}

/// A signature key that can be copied: its name and its seed (RFC 8032, section 5.1.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestKey {
    /// Key name, such as `exchange.example/terminal/0190…`.
    pub name: String,
    /// The secret.
    pub seed: [u8; 32],
}

impl TestKey {
    /// The key that signs.
    #[must_use]
    pub fn signing(&self) -> SigningKey {
        SigningKey::from_seed(&self.name, &self.seed).expect("test keys have names that notes take")
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> Key {
        Key(*self.signing().verifying_key().public())
    }
}

/// An administrator (管理者).
#[derive(Debug, Clone)]
pub struct TestAdministrator {
    /// Id.
    pub id: Id,
    /// Signature key.
    pub key: TestKey,
    /// Seed of the sealing identity.
    pub sealing_seed: [u8; 32],
}

impl TestAdministrator {
    /// The identity that opens what is sealed to this administrator.
    #[must_use]
    pub fn identity(&self) -> SealingIdentity {
        SealingIdentity::from_seed(&self.sealing_seed)
    }

    /// The line in a trust list.
    #[must_use]
    pub fn line(&self) -> Administrator {
        let recipient = RecipientText::from(&self.identity().to_recipient());
        Administrator { id: self.id, key: self.key.public(), recipient }
    }
}

/// A terminal (端末).
#[derive(Debug, Clone)]
pub struct TestTerminal {
    /// Id.
    pub id: Id,
    /// Signature key.
    pub key: TestKey,
}

/// A worker at a terminal (職員).
#[derive(Debug, Clone)]
pub struct TestWorker {
    /// Id.
    pub id: Id,
    /// The worker's key at the terminal.
    pub key: TestKey,
    /// Bytes of `WorkerCard`.
    pub card: Vec<u8>,
    /// Blinds the card's commitment.
    pub card_salt: [u8; 32],
    /// The statement that admits the worker, signed.
    pub statement: Statement,
}

impl TestWorker {
    /// The bytes of a card.
    #[must_use]
    pub fn encode_card(name: &str, role: &str) -> Vec<u8> {
        v1::WorkerCard { name: name.into(), role: role.into() }.encode_to_vec()
    }
}

/// An institution with one terminal and one worker (機関).
#[derive(Debug, Clone)]
pub struct TestInstitution {
    /// Id.
    pub id: Id,
    /// Institution key.
    pub key: TestKey,
    /// Its newest record, to be signed by administrators.
    pub record: Institution,
    /// Its newest profile.
    pub profile: Profile,
    /// Its newest key set.
    pub key_set: KeySet,
    /// Digest of the newest key set's statement.
    pub key_set_digest: Hash,
    /// Seeds of its sealing identities, oldest first; the last is that of `key_set`.
    pub sealing_seeds: Vec<[u8; 32]>,
    /// Its terminal.
    pub terminal: TestTerminal,
    /// Its worker, at that terminal.
    pub worker: TestWorker,
}

impl TestInstitution {
    /// The identity that opens what is sealed to the newest key set.
    #[must_use]
    pub fn identity(&self) -> SealingIdentity {
        let seed = self.sealing_seeds.last().expect("an institution has a key set");
        SealingIdentity::from_seed(seed)
    }

    /// The lines that admit its terminal.
    #[must_use]
    pub fn terminal_lines(&self) -> Terminal {
        let TestTerminal { id, key } = &self.terminal;
        Terminal { institution: self.id, terminal: *id, key: key.public() }
    }
}
