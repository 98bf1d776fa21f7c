//! What a session demands of an exchange, against one that lies.

mod fake;

use tsumugu_trust::directory::check_worker;
use tsumugu_trust::leaf::{Leaf, PrivateLeaf};
use tsumugu_trust::statement::{StandingState, Statement};
use tsumugu_trust::testing::{TestEntry, TestInstitution, World};
use tsumugu_trust::value::InstitutionKind;

use super::*;
use crate::failure::Exit;
use crate::identity::{Exchange, Party, Seed, TerminalKeys, TlsCredentials};
use crate::testing::Home;
use fake::FakeExchange;

const HOUR_MS: u64 = 60 * 60 * 1000;

/// A world with one institution, always the same.
fn world() -> (World, TestInstitution) {
    let mut world = World::new(7);
    let hospital = world.admit("架空中央病院", InstitutionKind::Hospital);
    world.tick();
    (world, hospital)
}

fn identity(world: &World, of: &TestInstitution) -> Identity {
    let list = world.directory().trust_list().unwrap();
    let exchange = Exchange {
        origin: world.origin.clone(),
        address: "exchange.example:443".to_owned(),
        proxy: None,
        ca_pins: list.body.ca_pins.clone(),
        log_keys: world.directory().log_keys(),
        root: world.fingerprint(),
        joined_under: list.digest,
    };
    let keys = TerminalKeys {
        institution: of.id,
        terminal: of.terminal.id,
        institution_seed: Seed::new(of.key.seed),
        terminal_seed: Seed::new(of.terminal.key.seed),
        key_sets: Vec::new(),
        workers: Vec::new(),
    };
    Identity::new(exchange, Party::Terminal(keys), TlsCredentials::new(&[], &[[0; 0]; 0]))
}

/// An office whose vault has joined the exchange of [`world`].
struct Office {
    home: Home,
    exchange: FakeExchange,
    hospital: TestInstitution,
}

impl Office {
    fn new() -> Self {
        let (world, hospital) = world();
        let home = Home::at(world.now.0);
        identity(&world, &hospital).save(&home.ctx.open_or_create_vault().unwrap()).unwrap();
        Self { home, exchange: FakeExchange::new(world), hospital }
    }

    async fn session(&self, purpose: Purpose) -> Result<Session<'_>, Failure> {
        let mut session = Session::open(&self.home.ctx, purpose)?;
        session.rpc = Some(self.exchange.serve().await);
        Ok(session)
    }

    /// The key of the failure of a synchronisation; `ok` when it succeeds.
    async fn sync(&self, purpose: Purpose) -> String {
        let mut session = match self.session(purpose).await {
            Ok(session) => session,
            Err(failure) => return failure.key().to_owned(),
        };
        session.sync().await.map_or_else(|failure| failure.key().to_owned(), |_| "ok".to_owned())
    }

    fn log(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.exchange.shown().world);
    }
}

/// A private leaf that says nothing to anybody.
fn private(world: &mut World, byte: u8) {
    let salt = [byte; 32];
    let leaf = PrivateLeaf::of(world.now, world.chain.chain_head().unwrap(), &salt, b"record");
    let entry =
        TestEntry { leaf: Leaf::Private(leaf), salt: Some(salt), record: b"record".to_vec() };
    world.append_unchecked(entry);
}

#[tokio::test]
async fn what_was_proved_is_known_when_the_vault_is_opened_again() {
    let office = Office::new();
    let mut session = office.session(Purpose::Act).await.unwrap();
    let report = session.sync().await.unwrap();
    assert_eq!((report.leaves, report.new, report.log_size), (6, 6, 7));
    let known = session.checkpoint().cloned();
    office.log(|world| {
        private(world, 1);
        world.tick();
    });
    let mut again = office.session(Purpose::Act).await.unwrap();
    assert_eq!(again.checkpoint().cloned(), known);
    assert_eq!(again.chain().chain().head(), session.chain().chain().head());
    let report = again.sync().await.unwrap();
    assert_eq!((report.leaves, report.new, report.log_size), (7, 1, 9));
    assert_eq!(again.number_of(office.hospital.id), "1270000001");
}

#[tokio::test]
async fn a_fork_is_an_alarm_that_stays_until_it_is_settled() {
    let office = Office::new();
    office.log(|world| private(world, 1));
    assert_eq!(office.sync(Purpose::Act).await, "ok");
    // The same clear chain, and another private leaf in the place of the one that was shown.
    let (mut other, _) = world();
    private(&mut other, 2);
    other.tick();
    office.log(|world| *world = other);
    assert_eq!(office.sync(Purpose::Act).await, "log.forked");
    assert_eq!(office.sync(Purpose::Act).await, "session.alarm-kept");
    office.home.err.take();
    assert_eq!(office.sync(Purpose::Look).await, "log.forked");
    assert!(office.home.err.take().contains("log.forked"));
    let session = office.session(Purpose::Look).await.unwrap();
    session.settle_alarm().unwrap();
    assert!(office.session(Purpose::Act).await.is_ok());
}

#[tokio::test]
async fn a_log_that_became_shorter_is_a_rollback() {
    let office = Office::new();
    office.log(|world| private(world, 1));
    assert_eq!(office.sync(Purpose::Act).await, "ok");
    office.log(|shown| *shown = world().0);
    assert_eq!(office.sync(Purpose::Act).await, "log.rolled-back");
}

#[tokio::test]
async fn a_leaf_that_is_left_out_is_noticed() {
    let office = Office::new();
    // All of them but the worker's, which is private; without the last one its proof does not fit.
    for hidden in [0, 1, 2, 3, 4, 6] {
        office.exchange.shown().hidden = vec![hidden];
        assert_eq!(office.sync(Purpose::Look).await, "log.bad-proof", "{hidden}");
    }
}

#[tokio::test]
async fn another_root_or_a_list_that_was_never_logged_is_an_alarm() {
    let office = Office::new();
    let vault = office.home.ctx.open_vault().unwrap();
    let mut wrong = Identity::load(&vault).unwrap().unwrap();
    wrong.exchange.root = Hash([1; 32]);
    wrong.save(&vault).unwrap();
    assert_eq!(office.sync(Purpose::Look).await, "log.bad-proof");
    let mut wrong = identity(&world().0, &office.hospital);
    wrong.exchange.joined_under = Hash([1; 32]);
    wrong.save(&vault).unwrap();
    assert_eq!(office.sync(Purpose::Look).await, "log.bad-proof");
}

#[tokio::test]
async fn a_chain_that_ends_too_early_stops_who_acts_and_warns_who_looks() {
    let office = Office::new();
    // The last leaf is a second older than the world's time.
    office.exchange.shown().ahead_ms = 2 * HOUR_MS - 1000;
    office.home.clock.advance(2 * HOUR_MS - 1000);
    assert_eq!(office.sync(Purpose::Act).await, "ok");
    office.exchange.shown().ahead_ms += 1;
    assert_eq!(office.sync(Purpose::Act).await, "session.stale");
    office.home.err.take();
    assert_eq!(office.sync(Purpose::Look).await, "ok");
    assert!(office.home.err.take().contains("120 分"));
    // No alarm was kept: the next leaf makes it well.
    office.log(|world| {
        world.now.0 += 2 * HOUR_MS;
        world.tick();
    });
    office.exchange.shown().ahead_ms = 0;
    assert_eq!(office.sync(Purpose::Act).await, "ok");
}

#[tokio::test]
async fn an_exchange_whose_clock_stands_still_is_found_stale_by_this_pcs_clock() {
    let office = Office::new();
    // The last leaf is a second older than both clocks.
    office.home.clock.advance(2 * HOUR_MS - 1000);
    assert_eq!(office.sync(Purpose::Act).await, "ok");
    office.home.clock.advance(1);
    assert_eq!(office.sync(Purpose::Act).await, "session.stale");
    office.home.err.take();
    assert_eq!(office.sync(Purpose::Look).await, "ok");
    let said = office.home.err.take();
    assert!(said.contains("交換所が止まっているか、このPCの時計が違っています"), "{said}");
    assert!(said.contains("the exchange is stuck or this PC's clock is wrong"), "{said}");
}

#[tokio::test]
async fn a_clock_more_than_five_minutes_off_is_said() {
    let office = Office::new();
    office.home.clock.advance(CLOCK_TOLERANCE_MS);
    assert_eq!(office.sync(Purpose::Act).await, "ok");
    assert!(!office.home.err.take().contains("5 分"));
    office.home.clock.advance(1);
    assert_eq!(office.sync(Purpose::Act).await, "ok");
    assert!(office.home.err.take().contains("5 分"));
}

#[tokio::test]
async fn records_about_the_own_institution_that_nobody_here_made_are_said_until_confirmed() {
    let office = Office::new();
    let expected: Vec<Hash> = {
        let shown = office.exchange.shown();
        shown.world.entries[1..5]
            .iter()
            .map(|entry| Statement::parse(&entry.record).unwrap().digest())
            .collect()
    };
    let mut session = office.session(Purpose::Act).await.unwrap();
    session.expect_own(expected).unwrap();
    assert_eq!(session.sync().await.unwrap().strange, []);
    let id = office.hospital.id;
    office.log(|world| {
        let suspended = world.standing(id, StandingState::Suspended);
        world.append(&suspended);
        world.admit("別の病院", InstitutionKind::Hospital);
    });
    for _ in 0..2 {
        let mut session = office.session(Purpose::Act).await.unwrap();
        office.home.err.take();
        let strange = session.sync().await.unwrap().strange;
        assert_eq!(strange.len(), 1);
        assert_eq!((strange[0].kind.as_str(), strange[0].number), ("standing", 6));
        assert!(office.home.err.take().contains("WARNING"));
    }
    office.session(Purpose::Look).await.unwrap().confirm_own().unwrap();
    let mut session = office.session(Purpose::Act).await.unwrap();
    assert_eq!(session.sync().await.unwrap().strange, []);
}

#[tokio::test]
async fn receipts_of_earlier_and_later_states_are_proved_to_be_of_the_same_log() {
    let office = Office::new();
    let worker = office.hospital.worker.statement.clone();
    let (early, index) = {
        let shown = office.exchange.shown();
        let index = shown.world.index_of(&worker);
        (shown.world.receipt(index), index)
    };
    office.log(|world| {
        world.tick();
    });
    let mut session = office.session(Purpose::Act).await.unwrap();
    session.sync().await.unwrap();
    // Two states that differ, the receipt's the smaller; then again, from memory.
    let verified = session.verify_receipt(&early, None).await.unwrap();
    check_worker(session.directory(), verified.at, &worker).unwrap();
    let asked = office.exchange.shown().asked;
    session.verify_receipt(&early, Some(&worker.bytes())).await.unwrap();
    assert_eq!(office.exchange.shown().asked, asked);
    // The receipt's state is the larger one: it is remembered.
    office.log(|world| {
        world.tick();
    });
    let late = office.exchange.shown().world.receipt(index);
    session.verify_receipt(&late, None).await.unwrap();
    assert_eq!(session.checkpoint().unwrap().size(), 9);
}

#[tokio::test]
async fn a_receipt_of_another_history_is_an_alarm() {
    for later in [false, true] {
        let office = Office::new();
        office.log(|world| private(world, 1));
        let mut session = office.session(Purpose::Act).await.unwrap();
        session.sync().await.unwrap();
        let (mut other, _) = world();
        private(&mut other, 2);
        if later {
            other.tick();
        }
        let forged = other.receipt(1);
        let failure = session.verify_receipt(&forged, None).await.unwrap_err();
        assert_eq!(failure.exit(), Exit::Alarm, "{failure}");
        assert!(StoredAlarm::load(session.vault()).unwrap().is_some());
    }
}

#[tokio::test]
async fn a_clear_statement_behind_a_private_leaf_is_an_alarm() {
    let office = Office::new();
    let hidden = {
        let mut shown = office.exchange.shown();
        let tick = shown.world.unsigned(&tsumugu_trust::statement::Tick {}).bytes();
        let leaf = Leaf::Private(PrivateLeaf::of(
            shown.world.now,
            shown.world.chain.chain_head().unwrap(),
            &[3; 32],
            &tick,
        ));
        let entry = TestEntry { leaf, salt: Some([3; 32]), record: tick };
        let index = shown.world.append_unchecked(entry);
        shown.world.receipt(index)
    };
    let mut session = office.session(Purpose::Act).await.unwrap();
    session.sync().await.unwrap();
    let failure = session.verify_receipt(&hidden, None).await.unwrap_err();
    assert_eq!(failure.key(), "log.bad-proof");
}

#[tokio::test]
async fn without_an_identity_there_is_no_session() {
    let home = Home::at(0);
    let key = |home: &Home| Session::open(&home.ctx, Purpose::Look).err().map(|f| f.key());
    assert_eq!(key(&home), Some("enrolment.not-enrolled"));
    home.ctx.open_or_create_vault().unwrap();
    assert_eq!(key(&home), Some("enrolment.not-enrolled"));
}
