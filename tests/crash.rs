//! The real program is killed at every crash point of its commit path, during every kind of command.
//! Whoever had no answer repeats the same bytes: they are accepted exactly once, and nothing that was
//! acknowledged is lost.

#![cfg(all(unix, debug_assertions))]
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::{Duration, Instant};

use support::administrator::Paper;
use support::link::Link;
use support::office::{Letter, Office};
use support::running::Process;
use support::town::{Running, Town};
use tonic::Status;
use tsumugu_durable::crash::CRASH_AT;
use tsumugu_proto::v1;
use tsumugu_trust::hash::sha256;
use tsumugu_trust::receipt::VerifiedReceipt;
use tsumugu_trust::statement::{
    Answer, BytesRef, CatalogueFile, CatalogueRelease, Statement, sign,
};

/// Points that each round passes once, in this order. The tick at the start is the first round.
const ROUND: &[&str] = &[
    "server.commit.staged",
    "server.commit.bodies-synced",
    "journal.half-written",
    "journal.written",
    "journal.synced",
    "server.commit.committed",
    "server.commit.applied",
    "server.commit.published",
    "server.round.answered",
];

/// Points that a round with a body passes before.
const BODIES: &[&str] = &["bodies.written", "bodies.synced"];

/// Points of whole files: the address, tiles, the checkpoint, half-signed records.
const FILES: &[&str] = &["atomic.temporary-written", "atomic.temporary-synced", "atomic.renamed"];

/// Points of erasing, which no command asks of the exchange yet. The tests of `durable` pass them.
const NOT_PASSED: &[&str] = &["erase.intent-written", "erase.overwritten", "erase.synced"];

/// Points of backups and of restoring: `backup.rs` passes them.
const BACKUPS: &[&str] = &[
    "server.backup.journal",
    "server.backup.body",
    "server.backup.attachment",
    "server.backup.written",
    "server.restore.file",
    "server.restore.whole",
    "server.restore.moved",
    "server.restore.done",
    "atomic.moved",
];

/// Points of uploads, of naming them, and of destruction: `attachments_server.rs` passes them.
const ATTACHMENTS: &[&str] = &[
    "attachment.written",
    "attachment.synced",
    "attachment.renamed",
    "attachment.finished",
    "attachment.named",
    "attachment.unlinked",
    "bodies.overwritten",
    "server.destroyed",
];

/// How long a program may take to die before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Something to do that may have to be repeated.
#[allow(clippy::large_enum_variant)]
enum Deed {
    Send(Letter),
    Fetch(Letter),
    Dispose(Letter, (Statement, Vec<u8>)),
    Record((Statement, Vec<u8>)),
    Approve(Paper, Box<Statement>),
    Release(Vec<u8>, u64),
}

struct Scene {
    town: Town,
    from: Office,
    to: Office,
}

impl Scene {
    async fn new() -> Self {
        let town = Town::process().await;
        let (from, to) = (town.office().await, town.office().await);
        Self { town, from, to }
    }

    async fn sent(&self) -> Letter {
        let letter = self.from.letter(&self.to);
        self.from.send_one(&letter).await.unwrap();
        letter
    }

    /// A request that waits, with the record that its approval signs.
    async fn applied(&self) -> Deed {
        let paper = self.town.invite(self.town.wanted()).await.unwrap();
        let applicant = self.town.applicant(&paper).await;
        self.town.hand_in(&applicant).await.unwrap();
        let record = self.town.administrators[0].review(&self.town, &paper).await;
        Deed::Approve(paper, Box::new(record))
    }

    /// Does it, and gives the index of the leaf that it made.
    async fn act(&self, deed: &Deed) -> Result<u64, Status> {
        match deed {
            Deed::Send(letter) => Ok(self.from.send_one(letter).await?.at.index),
            Deed::Fetch(letter) => {
                let (receipt, body) = self.to.fetch(letter).await?;
                assert!(body == letter.body);
                Ok(receipt.unwrap().at.index)
            }
            Deed::Dispose(_, answer) => Ok(self.to.dispose(answer).await?.at.index),
            Deed::Release(content, version) => self.release(content, *version).await,
            Deed::Record(record) => Ok(self.from.hand_in_record(record).await?.at.index),
            Deed::Approve(paper, record) => {
                let mut admin = self.town.administrators[0].link.admin();
                let answer = admin.approve(paper.approval(record)).await?.into_inner();
                Ok(self.town.eye.taken(answer.receipt.as_ref(), record).at.index)
            }
        }
    }

    /// A release of the catalogue that waits to be handed in.
    async fn released(&self) -> Deed {
        self.town.sync().await;
        let version = self.town.eye.directory().catalogues().len() as u64 + 1;
        Deed::Release(support::fresh::<32>().to_vec(), version)
    }

    /// Hands in the file of a release, and signs it.
    async fn release(&self, content: &[u8], version: u64) -> Result<u64, Status> {
        let digest = sha256(&[content]);
        let administrator = &self.town.administrators[0];
        let mut admin = administrator.link.admin();
        let upload = v1::UploadCatalogueFileRequest {
            sha256: digest.0.to_vec().into(),
            content: content.to_vec().into(),
        };
        admin.upload_catalogue_file(upload).await?;
        let content = BytesRef { digest, length: content.len() as u64 };
        let file = CatalogueFile { name: "flow.toml".into(), content };
        let release = CatalogueRelease { version, files: vec![file] };
        let signed = sign(&self.town.folder.origin, &release, &[&administrator.key()]).unwrap();
        let request = v1::ProposeRequest { statement: signed.bytes().into() };
        let answer = admin.propose(request).await?.into_inner();
        Ok(self.town.eye.taken(answer.receipt.as_ref(), &signed).at.index)
    }

    /// How often the log has it.
    async fn times(&self, deed: &Deed) -> usize {
        match deed {
            Deed::Send(letter) => {
                let mail = self.to.letters().await;
                mail.iter().filter(|event| event.record == letter.envelope.bytes()).count()
            }
            Deed::Fetch(letter) => {
                let records = self.from.track(letter).await.unwrap();
                let is_fetched = |record: &[u8]| record.starts_with(b"tsumugu/v1/fetched\n");
                records.iter().filter(|(event, _)| is_fetched(&event.record)).count()
            }
            Deed::Dispose(letter, (answer, detail)) => {
                let records = self.from.track(letter).await.unwrap();
                let is_answer = |(event, sealed): &&(VerifiedReceipt, Vec<u8>)| {
                    event.record == answer.bytes() && sealed == detail
                };
                records.iter().filter(is_answer).count()
            }
            Deed::Release(content, _) => {
                self.town.sync().await;
                let digest = sha256(&[content]);
                let directory = self.town.eye.directory();
                let releases = directory.catalogues().iter();
                releases.filter(|one| one.body.files[0].content.digest == digest).count()
            }
            Deed::Record((statement, detail)) => {
                assert!(self.from.details().await.contains(detail));
                let mail = self.from.letters().await;
                mail.iter().filter(|event| event.record == statement.bytes()).count()
            }
            Deed::Approve(paper, _) => {
                self.town.sync().await;
                let directory = self.town.eye.directory();
                let member = directory.member(paper.invitation.subject).unwrap();
                assert!(member.profile().is_some() && member.key_set().is_some());
                assert_eq!(member.terminals.len(), 1);
                member.records.len()
            }
        }
    }

    /// Starts the program with a crash point armed, does the deed, and waits for the death. `None`
    /// when it died before it could be asked, `Some(Ok)` when the answer came all the same.
    async fn crash_during(&mut self, at: &str, deed: &Deed) -> Option<Result<u64, Status>> {
        let before = self.town.eye.newest().size();
        let process = match Process::start(&self.town.folder.path, &[(CRASH_AT, at)]) {
            Ok(process) => process,
            Err(ended) => {
                assert_eq!(ended.status.signal(), Some(9), "{at}: {}", ended.errors);
                return None;
            }
        };
        self.town.address = process.address.clone();
        self.town.running = Running::Process(process);
        let mut asked = self.try_reconnect().await;
        // The tick of the start is answered first, so that the next round is the deed's.
        while asked.is_some() && !self.ticked(before).await {
            asked = self.is_running().then_some(());
        }
        match asked {
            Some(()) => Some(self.act(deed).await),
            None => None,
        }
    }

    async fn try_reconnect(&mut self) -> Option<()> {
        let first = &mut self.town.administrators[0];
        let parties = [
            (&mut first.link, &first.identity),
            (&mut self.from.link, &self.from.identity),
            (&mut self.to.link, &self.to.identity),
        ];
        for (link, identity) in parties {
            let (clock, pin) = (self.town.clock.clone(), self.town.folder.ca_pin);
            let opened = Link::open(&self.town.address, pin, Some(identity.clone()), clock);
            *link = opened.await.ok()?;
        }
        Some(())
    }

    async fn ticked(&self, before: u64) -> bool {
        let request = v1::GetCheckpointRequest::default();
        let answer = self.from.link.log().get_checkpoint(request).await;
        answer.is_ok_and(|answer| {
            self.town.eye.checkpoint(&answer.into_inner().checkpoint).size() > before
        })
    }

    fn is_running(&mut self) -> bool {
        let Running::Process(process) = &mut self.town.running else { return false };
        process.is_running()
    }

    /// Whether the program died, as by SIGKILL. One that shall die is waited for.
    async fn died(&mut self, shall: bool) -> bool {
        let started = Instant::now();
        while self.is_running() {
            if !shall {
                return false;
            }
            assert!(started.elapsed() < PATIENCE, "the crash point was not passed");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if let Running::Process(process) = std::mem::replace(&mut self.town.running, Running::Not) {
            assert_eq!(process.wait().signal(), Some(9));
        }
        true
    }

    /// After a crash: starts, repeats, and finds it done once; all that was promised before holds.
    async fn repeat(&mut self, deed: &Deed, answered: Option<u64>) {
        self.town.start_process(&[]);
        self.town.reconnect(&mut [&mut self.from, &mut self.to]).await;
        self.town.eye.follow(&self.from.link).await;
        let index = self.act(deed).await.unwrap();
        assert!(answered.is_none_or(|answered| answered == index));
        assert_eq!(self.act(deed).await.unwrap(), index);
        assert_eq!(self.times(deed).await, 1);
        self.town.eye.audit(&self.from.link).await;
        // The end of each scene is a kill, too: nothing relies on a stop in good order.
        self.town.kill();
    }

    /// The folder after all of that: views, bodies and tiles are whole, and rebuilt to the same.
    fn finish(&self) {
        let folder = &self.town.folder;
        let found = folder.check(false);
        assert!(found.wrong_tiles.is_empty() && found.unreadable_bodies == 0);
        assert_eq!(found.wrong_catalogue_files, 0);
        let rebuilt = folder.check(true);
        assert_eq!((found.views, found.root), (rebuilt.views, rebuilt.root));
    }
}

/// Kills the program at each of these points, at that passage, during a deed of its own.
async fn at_every_point(scene: &mut Scene, passages: &[(&str, u32)], deeds: Vec<Deed>) {
    scene.town.eye.follow(&scene.from.link).await;
    scene.town.kill();
    for ((point, passage), deed) in passages.iter().zip(deeds) {
        let answer = scene.crash_during(&format!("{point}:{passage}"), &deed).await;
        let answer = answer.unwrap_or_else(|| panic!("{point}: died before it was asked"));
        assert!(scene.died(true).await);
        // Only at the very last point an answer may have left.
        assert!(answer.is_err() || *point == "server.round.answered", "{point}");
        scene.repeat(&deed, answer.ok()).await;
    }
    scene.finish();
}

/// The first passage of a round's point is the tick's, the second the deed's.
fn rounds() -> Vec<(&'static str, u32)> {
    ROUND.iter().map(|point| (*point, 2)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_sent_once_wherever_the_program_dies() {
    let mut scene = Scene::new().await;
    let mut passages = rounds();
    passages.extend(BODIES.iter().map(|point| (*point, 1)));
    let letters = passages.iter().map(|_| Deed::Send(scene.from.letter(&scene.to)));
    let deeds = letters.collect();
    at_every_point(&mut scene, &passages, deeds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_fetched_once_wherever_the_program_dies() {
    let mut scene = Scene::new().await;
    let mut deeds = Vec::new();
    for _ in ROUND {
        deeds.push(Deed::Fetch(scene.sent().await));
    }
    at_every_point(&mut scene, &rounds(), deeds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_answered_once_wherever_the_program_dies() {
    let mut scene = Scene::new().await;
    let mut deeds = Vec::new();
    for _ in ROUND {
        let letter = scene.sent().await;
        let answer = scene.to.disposition(&letter, Answer::Rejected);
        deeds.push(Deed::Dispose(letter, answer));
    }
    at_every_point(&mut scene, &rounds(), deeds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fax_is_recorded_once_wherever_the_program_dies() {
    let mut scene = Scene::new().await;
    let deeds = ROUND.iter().map(|_| Deed::Record(scene.from.record(None, |_| {}))).collect();
    at_every_point(&mut scene, &rounds(), deeds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_institution_is_admitted_once_wherever_the_program_dies() {
    let mut scene = Scene::new().await;
    let mut deeds = Vec::new();
    for _ in ROUND {
        deeds.push(scene.applied().await);
    }
    at_every_point(&mut scene, &rounds(), deeds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_signed_record_may_be_half_written() {
    let mut scene = Scene::new().await;
    at_every_file(&mut scene, async |scene| scene.applied().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_body_may_be_half_written() {
    let mut scene = Scene::new().await;
    // Beyond what shares a segment with others: a file of its own.
    let large = async |scene: &Scene| {
        let body = support::fresh::<32>().repeat(4_000);
        Deed::Send(scene.from.letter_with(&scene.to, body, |_| {}))
    };
    at_every_file(&mut scene, large).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_the_catalogue_may_be_half_written() {
    let mut scene = Scene::new().await;
    at_every_file(&mut scene, async |scene| scene.released().await).await;
}

/// Kills the program at each file that it writes: address, tiles, checkpoint, and at last the deed's.
async fn at_every_file(scene: &mut Scene, deed: impl AsyncFn(&Scene) -> Deed) {
    for point in FILES {
        let mut during = 0;
        for passage in 1..100 {
            if matches!(scene.town.running, Running::Not) {
                scene.town.start_process(&[]);
                scene.town.reconnect(&mut [&mut scene.from, &mut scene.to]).await;
            }
            let deed = deed(scene).await;
            scene.town.eye.follow(&scene.from.link).await;
            scene.town.kill();
            let answer = scene.crash_during(&format!("{point}:{passage}"), &deed).await;
            let answered = answer.as_ref().and_then(|answer| answer.as_ref().ok()).copied();
            during += usize::from(answer.as_ref().is_some_and(Result::is_err));
            let died = scene.died(answered.is_none()).await;
            if !died {
                scene.town.kill();
            }
            scene.repeat(&deed, answered).await;
            if !died {
                break;
            }
        }
        assert!(during > 0, "{point} was never passed during the deed");
    }
    scene.finish();
}

/// The names in every `crash_point("…")` of the sources under a folder.
fn points_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            points_in(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for piece in text.split("crash_point(\"").skip(1) {
            found.insert(piece.split('"').next().unwrap().to_owned());
        }
    }
}

#[test]
fn the_list_of_crash_points_is_that_of_the_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    for source in ["server/src", "durable/src"] {
        points_in(&root.join(source), &mut found);
    }
    let listed = [ROUND, BODIES, FILES, ATTACHMENTS, BACKUPS, NOT_PASSED].concat();
    let listed: BTreeSet<String> = listed.into_iter().map(str::to_owned).collect();
    assert_eq!(found, listed);
    let durable = tsumugu_durable::CRASH_POINTS.iter().map(|point| (*point).to_owned());
    assert!(durable.collect::<BTreeSet<_>>().is_subset(&listed));
}
