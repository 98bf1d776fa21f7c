//! The sequencer and its ledger without a network: what no caller can time, and random histories.

#![allow(clippy::unwrap_used, reason = "clippy sees no tests in the helpers of a test program")]

use std::sync::Arc;
use std::thread::JoinHandle;

use tempfile::TempDir;
use tokio::sync::oneshot;
use tsumugu_durable::attachments::{Quota, UploadName};
use tsumugu_durable::clock::{Clock, ManualClock};
use tsumugu_proto::v1::ErrorReason as Reason;
use tsumugu_server::check::check;
use tsumugu_server::init::init;
use tsumugu_server::keys;
use tsumugu_server::ledger::{Ledger, Reader, Retention};
use tsumugu_server::operations::{Condition, ConditionReader, Conditions, Metrics};
use tsumugu_server::refused::Refused;
use tsumugu_server::restraint::{AHEAD, RESUME_AHEAD, RESUME_UNREADABLE, Restraint};
use tsumugu_server::sequencer::{Command, Done, Outcome, OutgoingLetter, Sequencer};
use tsumugu_server::settings::Limits;
use tsumugu_trust::checkpoint::{Checkpoint, VerifiedCheckpoint};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::statement::{Answer, BytesRef, DestroyedReason, StandingState, Statement};
use tsumugu_trust::testing::{Seeded, TestInstitution, TestLetter, World};
use tsumugu_trust::value::{InstitutionKind, Time};

/// A ledger that a sequencer runs, and the people who write to it.
struct Bench {
    world: World,
    dir: TempDir,
    clock: Arc<ManualClock>,
    offices: Vec<TestInstitution>,
    running: Option<(Sequencer, Reader, JoinHandle<()>)>,
}

impl Bench {
    fn new(seed: u64, offices: usize) -> Self {
        let mut world = World::new(seed);
        let names = ["流山病院", "柏の杜居宅", "みどり訪問看護"];
        let admit = |at: usize| world.admit(names[at], InstitutionKind::Hospital);
        let offices = (0..offices).map(admit).collect();
        let dir = tempfile::tempdir().unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        init(dir.path(), &world.origin, listen, None, world.now.0).unwrap();
        let clock = ManualClock::at(world.now.0);
        let mut bench = Self { world, dir, clock, offices, running: None };
        let mut ledger = bench.ledger();
        for entry in &bench.world.entries {
            let statement = Statement::parse(&entry.record).unwrap();
            if statement.body.is_clear() {
                ledger.stage_clear(entry.leaf.time(), &statement).unwrap();
            } else {
                ledger.stage_private(entry.leaf.time(), &statement, Default::default()).unwrap();
            }
        }
        ledger.commit().unwrap();
        drop(ledger);
        bench.start();
        bench
    }

    fn ledger(&self) -> Ledger {
        let (origin, key) = keys::load(self.dir.path()).unwrap();
        Ledger::open(self.dir.path(), &origin, key).unwrap().0
    }

    fn start(&mut self) {
        let mut ledger = self.ledger();
        ledger.keep(Retention { body_days: 3, upload_days: 2 });
        self.run(ledger, Conditions::new(Condition::Serving).reader());
    }

    fn run(&mut self, ledger: Ledger, condition: ConditionReader) {
        let reader = ledger.reader();
        let (failing, _) = oneshot::channel();
        let dir = self.dir.path().to_owned();
        let (clock, metrics) = (self.clock.clone(), Metrics::new());
        let limits = Limits::default();
        let started =
            Sequencer::start(ledger, dir, clock, &limits, metrics, condition, failing).unwrap();
        self.running = Some((started.0, reader, started.1));
    }

    fn stop(&mut self) {
        let (sequencer, reader, thread) = self.running.take().unwrap();
        drop((sequencer, reader));
        thread.join().unwrap();
    }

    async fn submit(&self, command: Command) -> Result<Done, Refused> {
        self.running.as_ref().unwrap().0.submit(command).await
    }

    fn size(&self) -> u64 {
        self.running.as_ref().unwrap().1.published().size
    }

    fn send(&self, letters: &[&TestLetter], from: usize) -> Command {
        let outgoing = |letter: &&TestLetter| OutgoingLetter {
            envelope: letter.envelope.clone(),
            digest: sha256(&[&letter.sealed]),
            body: letter.sealed.clone(),
        };
        let letters = letters.iter().map(outgoing).collect();
        Command::Send { institution: self.offices[from].id, letters }
    }

    fn fetch(&self, letter: &TestLetter, by: usize) -> Command {
        let (institution, terminal) = (self.offices[by].id, self.offices[by].terminal.id);
        Command::Fetch { institution, terminal, from: letter.lines.from, id: letter.lines.id }
    }

    fn reader(&self) -> &Reader {
        &self.running.as_ref().unwrap().1
    }

    /// Uploads one of a few files, which several letters share.
    fn upload(&self, from: usize, which: usize) -> BytesRef {
        let bytes = vec![which as u8; 1 + which * 50_000];
        let named = BytesRef { digest: sha256(&[&bytes]), length: bytes.len() as u64 };
        let (owner, digest) = (self.offices[from].id.0, named.digest.0);
        let name = UploadName { owner, digest, length: named.length };
        let (store, now) = (self.reader().attachments(), self.clock.now_ms());
        let quota = Quota { uploads: 9, bytes: u64::MAX };
        let mut writer = store.upload(name, 0, quota, now).unwrap();
        writer.write(&bytes, now).unwrap();
        assert!(writer.settle(now).unwrap().complete);
        named
    }

    fn compose(&mut self, from: usize, to: usize) -> TestLetter {
        let (from, to) = (self.offices[from].clone(), self.offices[to].clone());
        self.world.compose(&from, &to, |_| {})
    }

    /// A clear statement, which the people know once it is taken.
    async fn clear(
        &mut self,
        command: impl FnOnce(Statement) -> Command,
        statement: Statement,
    ) -> Result<Done, Refused> {
        let done = self.submit(command(statement.clone())).await?;
        self.world.append(&statement);
        Ok(done)
    }
}

fn reason(answer: Result<Done, Refused>) -> Reason {
    answer.expect_err("a refusal").reason
}

#[tokio::test]
async fn no_body_leaves_after_a_removal_or_suspension_in_the_log() {
    let mut bench = Bench::new(1, 2);
    let letters = [bench.compose(0, 1), bench.compose(0, 1)];
    bench.submit(bench.send(&[&letters[0], &letters[1]], 0)).await.unwrap();
    // Both commands had passed the gate; the removal is before the fetch in the queue, so that they
    // share a round or follow each other: no caller could arrange it.
    let removal = bench.world.remove_terminal(&bench.offices[1]);
    let (institution, terminal) = (bench.offices[1].id, bench.offices[1].terminal.id);
    let (removed, fetched) = tokio::join!(
        bench.submit(Command::Publish { institution, terminal, statement: removal }),
        bench.submit(bench.fetch(&letters[0], 1)),
    );
    removed.unwrap();
    assert_eq!(reason(fetched), Reason::TerminalRemoved);

    let mut bench = Bench::new(2, 2);
    let letter = bench.compose(0, 1);
    bench.submit(bench.send(&[&letter], 0)).await.unwrap();
    let statement = bench.world.standing(bench.offices[1].id, StandingState::Suspended);
    let before = bench.size();
    let (suspended, fetched) = tokio::join!(
        bench.submit(Command::Administrate { statement }),
        bench.submit(bench.fetch(&letter, 1)),
    );
    suspended.unwrap();
    assert_eq!(reason(fetched), Reason::Suspended);
    assert_eq!(bench.size(), before + 1);
    bench.stop();
}

#[tokio::test]
async fn a_refusal_leaves_nothing_of_its_command_in_the_round() {
    let mut bench = Bench::new(3, 3);
    let good = [bench.compose(0, 1), bench.compose(1, 0)];
    let mut bad = bench.compose(0, 2);
    bad.sealed.push(0);
    let refused = bench.compose(0, 1);
    let before = bench.size();
    let (one, two, three) = tokio::join!(
        bench.submit(bench.send(&[&good[0]], 0)),
        bench.submit(bench.send(&[&refused, &bad], 0)),
        bench.submit(bench.send(&[&good[1]], 1)),
    );
    assert_eq!(reason(two), Reason::Rule);
    let index = |done: Result<Done, Refused>| match done.unwrap().outcome {
        Outcome::Leaves(leaves) => leaves[0].at.index,
        Outcome::Body { .. } => panic!("leaves were asked for"),
    };
    assert_eq!((index(one), index(three)), (before, before + 1));
    assert_eq!(bench.size(), before + 2);
    bench.stop();
    let found = check(bench.dir.path(), false).unwrap();
    assert_eq!((found.leaves, found.unreadable_bodies), (before + 2, 0));
}

/// Whatever people do in whatever order: the views that grew with it are those that the journal
/// gives, to the byte, also when the program stopped in between.
#[tokio::test]
async fn random_histories_are_rebuilt_to_the_same_views() {
    let (mut destroyed, mut attached) = (0, 0);
    for seed in 10..16 {
        let mut bench = Bench::new(seed, 3);
        let mut dice = Seeded::new(seed + 1000);
        let mut letters: Vec<(TestLetter, usize, usize)> = Vec::new();
        let (mut taken, mut refused) = (0, 0);
        for _ in 0..60 {
            let [action, a, b, c, d] = dice.bytes::<5>().map(usize::from);
            bench.clock.advance(1000);
            bench.world.now = Time(bench.clock.now_ms());
            let (from, to) = (a % 3, b % 3);
            let known = letters.get(c % letters.len().max(1)).cloned();
            let done = match (action % 10, known) {
                (0..=2, known) | (_, known @ None) => {
                    let (one, two) = (bench.offices[from].clone(), bench.offices[to].clone());
                    let replaces = known.filter(|_| action % 4 == 0).map(|(old, ..)| old.lines.id);
                    // Some name what was never uploaded, or was given up or destroyed.
                    let file = |which| match d % 5 {
                        0 => BytesRef { digest: sha256(&[b"never"]), length: 5 },
                        _ => bench.upload(from, which),
                    };
                    let attachments: Vec<BytesRef> = match d % 3 {
                        0 => Vec::new(),
                        _ => (0..1 + d % 2).map(|at| file((d + at) % 3)).collect(),
                    };
                    attached += attachments.len();
                    let letter = bench.world.compose(&one, &two, |lines| {
                        lines.replaces = replaces;
                        lines.attachments = attachments;
                    });
                    let done = bench.submit(bench.send(&[&letter], from)).await;
                    letters.push((letter, from, to));
                    done
                }
                // Also by those who may not, and of letters that were refused.
                (3 | 4, Some((letter, _, to))) => {
                    let by = if action > 200 { a % 3 } else { to };
                    bench.submit(bench.fetch(&letter, by)).await
                }
                (5, Some((letter, _, to))) => {
                    let institution = bench.offices[to].id;
                    let statement = bench.world.opened(&letter, &bench.offices[to]);
                    bench.submit(Command::Opened { institution, statement }).await
                }
                (6, Some((letter, _, to))) => {
                    let by = bench.offices[to].clone();
                    let answers = [Answer::Acknowledged, Answer::Rejected, Answer::Unreadable];
                    let answer = bench.world.answer(&letter, &by, answers[a % 3], "理由");
                    let detail = answer.detail.map_or(Vec::new(), |detail| detail.sealed);
                    let (institution, statement) = (by.id, answer.statement);
                    bench.submit(Command::Dispose { institution, statement, detail }).await
                }
                (7, _) => {
                    let mut office = bench.offices[from].clone();
                    let statement = bench.world.rotate_key_set(&mut office);
                    let (institution, terminal) = (office.id, office.terminal.id);
                    let publish = |statement| Command::Publish { institution, terminal, statement };
                    let done = bench.clear(publish, statement).await;
                    if done.is_ok() {
                        bench.offices[from] = office;
                    }
                    done
                }
                (8, _) => {
                    let state =
                        if a % 2 == 0 { StandingState::Suspended } else { StandingState::Active };
                    let statement = bench.world.standing(bench.offices[from].id, state);
                    let administrate = |statement| Command::Administrate { statement };
                    bench.clear(administrate, statement).await
                }
                _ => {
                    bench.stop();
                    bench.clock.advance(d as u64 * 3_600_000);
                    bench.start();
                    bench.submit(Command::Tick).await
                }
            };
            if done.is_ok() { taken += 1 } else { refused += 1 }
        }
        assert!(taken > 10 && refused > 0, "seed {seed}: {taken} taken, {refused} refused");
        for (letter, ..) in &letters {
            let row = bench.reader().message(letter.lines.from, letter.lines.id).unwrap();
            destroyed += usize::from(row.is_some_and(|row| row.destroyed > 0));
        }
        bench.stop();
        let grown = check(bench.dir.path(), false).unwrap();
        assert!(grown.applied == 0 && grown.is_whole(), "seed {seed}: {grown:?}");
        let rebuilt = check(bench.dir.path(), true).unwrap();
        assert_eq!(rebuilt.applied, grown.leaves);
        assert!(rebuilt.is_whole());
        assert_eq!((rebuilt.views, rebuilt.root), (grown.views, grown.root), "seed {seed}");
    }
    assert!(destroyed > 5 && attached > 20, "{destroyed} destroyed, {attached} attached");
}

/// The views may be written down before the process dies: then no leaf is applied anew at start-up,
/// and what was still to be done on the disk is done all the same.
#[tokio::test]
async fn what_was_committed_and_applied_is_done_on_the_disk_at_start_up() {
    let mut bench = Bench::new(4, 2);
    let named = bench.upload(0, 2);
    let (from, to) = (bench.offices[0].clone(), bench.offices[1].clone());
    let letter = bench.world.compose(&from, &to, |lines| lines.attachments = vec![named]);
    bench.submit(bench.send(&[&letter], 0)).await.unwrap();
    bench.stop();
    let id = from.id.to_string();
    let folder = bench.dir.path().join("attachments");
    let kept = folder.join("named").join(&id).join(named.digest.to_string());
    let upload = folder.join("uploads").join(&id);
    let upload = upload.join(format!("{}-{}.whole", named.digest, named.length));
    // The process died before it moved the file, or a power cut took the move back.
    std::fs::copy(&kept, &upload).unwrap();
    std::fs::remove_file(&kept).unwrap();
    let ledger = bench.ledger();
    assert!(kept.exists() && !upload.exists());
    assert_eq!(ledger.give_up_uploads(Time(u64::MAX)).unwrap(), 0);
    drop(ledger);

    let mut ledger = bench.ledger();
    let (now, reason) = (Time(bench.clock.now_ms()), DestroyedReason::Retention);
    ledger.stage_destroyed(now, letter.lines.from, letter.lines.id, reason).unwrap();
    ledger.commit().unwrap();
    // It dies here: the log says that both are destroyed, and neither is.
    drop(ledger);
    let needle = letter.sealed[..64].to_vec();
    let holds = |dir: &std::path::Path| {
        let bytes = std::fs::read(dir.join("bodies/segments/000001.bodies")).unwrap();
        bytes.windows(64).any(|window| window == needle)
    };
    assert!(kept.exists() && holds(bench.dir.path()));
    // Read-only it destroys nothing, and gives nothing up: the log may be one that is too old.
    std::fs::write(bench.dir.path().join("restored"), "").unwrap();
    check(bench.dir.path(), false).unwrap();
    let orphan = bench.dir.path().join("bodies/files/ab");
    std::fs::create_dir_all(&orphan).unwrap();
    let orphan = orphan.join("ab".repeat(32));
    std::fs::write(&orphan, "of a letter that this log has lost").unwrap();
    let owner = from.id.to_string();
    let whole = folder.join("uploads").join(&owner);
    std::fs::create_dir_all(&whole).unwrap();
    let bytes = b"of a letter to come".to_vec();
    let digest = sha256(&[&bytes]);
    let whole = whole.join(format!("{digest}-{}.whole", bytes.len()));
    std::fs::write(&whole, bytes).unwrap();
    let (origin, key) = keys::load(bench.dir.path()).unwrap();
    let (mut ledger, _) = Ledger::open_as(bench.dir.path(), &origin, key, true).unwrap();
    ledger.keep(Retention { body_days: 3, upload_days: 0 });
    let condition = Conditions::new(Condition::ReadOnly).reader();
    bench.clock.advance(400 * 86_400_000);
    bench.run(ledger, condition);
    assert!(bench.submit(Command::Tick).await.is_err());
    bench.stop();
    assert!(kept.exists() && holds(bench.dir.path()) && orphan.exists() && whole.exists());
    std::fs::remove_file(bench.dir.path().join("restored")).unwrap();
    drop(bench.ledger());
    assert!(!orphan.exists());
    assert!(!kept.exists() && !holds(bench.dir.path()));
    let found = check(bench.dir.path(), false).unwrap();
    assert!(found.is_whole() && found.applied == 0);
    let rebuilt = check(bench.dir.path(), true).unwrap();
    assert_eq!((rebuilt.views, rebuilt.root), (found.views, found.root));
}

/// What a client has shown is kept as the log's own word alone, whatever the client wrote beside it; and
/// what cannot be read is no reason to go on.
#[test]
fn what_a_client_has_shown_is_kept_bare_and_an_unreadable_one_stays() {
    let mut bench = Bench::new(5, 1);
    bench.stop();
    let (dir, ledger) = (bench.dir.path(), bench.ledger());
    let (origin, key) = keys::load(dir).unwrap();
    let size = ledger.reader().published().size;
    let mut note =
        Checkpoint::new(origin.as_str(), size + 1, Hash([7; 32])).unwrap().sign(&key).unwrap();
    for number in 0..90 {
        let name = format!("w{number}.example/{}", "w".repeat(9_000));
        note.sign(&SigningKey::from_seed(&name, &[3; 32]).unwrap()).unwrap();
    }
    let long = note.encode();
    assert!(long.len() > 800_000);
    let keys = [key.verifying_key().clone()];
    let shown = VerifiedCheckpoint::verify(&long, origin.as_str(), &keys).unwrap();
    let condition = |restraint: &Restraint| restraint.conditions().reader().now();
    let rule = |restraint: &Restraint| format!("{:?}", restraint.resume().unwrap_err());
    let restraint = Restraint::of(dir, &ledger).unwrap();
    assert_eq!(condition(&restraint), Condition::Serving);
    restraint.shown(&shown);
    assert_eq!(condition(&restraint), Condition::ReadOnly);
    let kept = std::fs::read(dir.join(AHEAD)).unwrap();
    assert_eq!(kept, shown.checkpoint().sign(&key).unwrap().encode().as_bytes());

    // The next start reads it.
    let restraint = Restraint::of(dir, &ledger).unwrap();
    assert_eq!(condition(&restraint), Condition::ReadOnly);
    assert!(rule(&restraint).contains(RESUME_AHEAD));
    for unreadable in [&kept[..kept.len() - 9], b"", &vec![b'a'; 70_000], long.as_bytes()] {
        std::fs::write(dir.join(AHEAD), unreadable).unwrap();
        let restraint = Restraint::of(dir, &ledger).unwrap();
        assert_eq!(condition(&restraint), Condition::ReadOnly);
        assert!(rule(&restraint).contains(RESUME_UNREADABLE));
        restraint.shown(&shown);
        assert_eq!(std::fs::read(dir.join(AHEAD)).unwrap(), unreadable);
    }
    // Signed by another log's key of that name.
    let other = SigningKey::from_seed(origin.as_str(), &[9; 32]).unwrap();
    let other = shown.checkpoint().sign(&other).unwrap().encode();
    std::fs::write(dir.join(AHEAD), other).unwrap();
    assert_eq!(condition(&Restraint::of(dir, &ledger).unwrap()), Condition::ReadOnly);
    // Continued: it goes.
    std::fs::write(dir.join(AHEAD), &ledger.reader().published().checkpoint).unwrap();
    assert_eq!(condition(&Restraint::of(dir, &ledger).unwrap()), Condition::Serving);
    assert!(!dir.join(AHEAD).exists());
}
