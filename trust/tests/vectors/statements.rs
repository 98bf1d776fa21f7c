//! One statement of each kind.

use serde_json::{Value, json};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::seal::SealingIdentity;
use tsumugu_trust::statement::*;
use tsumugu_trust::testing::{TestKey, World};
use tsumugu_trust::value::{Id, InstitutionKind, Time};

use super::scene::{Scene, key};

/// Kinds of statement in `docs/FORMATS.md`, section 2.1.
const KINDS: usize = 28;

struct Examples {
    world: World,
    keys: Vec<TestKey>,
    made: Vec<Value>,
}

impl Examples {
    fn signed(&mut self, body: &impl Body, keys: &[&TestKey]) {
        let statement = self.world.signed(body, keys);
        let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
        self.keys.extend(keys.iter().map(|key| (*key).clone()));
        self.take(&statement, &names);
    }

    fn unsigned(&mut self, body: &impl Body) {
        let statement = self.world.unsigned(body);
        self.take(&statement, &[]);
    }

    fn take(&mut self, statement: &Statement, signers: &[&str]) {
        let bytes = statement.bytes();
        assert_eq!(&Statement::parse(&bytes).unwrap(), statement);
        self.made.push(json!({
            "kind": statement.body.kind(),
            "signed_by": signers,
            "leaf": leaf(&statement.body),
            "bytes": String::from_utf8(bytes).unwrap(),
            "digest": statement.digest().to_string(),
        }));
    }
}

pub(crate) fn examples(scene: &Scene) -> Value {
    let world = World::with_administrators(7, 2, 2);
    let mut all = Examples { world, keys: Vec::new(), made: Vec::new() };
    clear(&mut all, scene);
    joining(&mut all, scene);
    mail(&mut all, scene);
    let mut kinds: Vec<&str> = all.made.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!((kinds.len(), all.made.len()), (KINDS, KINDS), "one of each kind");
    all.keys.sort_by(|a, b| a.name.cmp(&b.name));
    all.keys.dedup();
    let keys: Vec<Value> = all.keys.iter().map(key).collect();
    json!({ "origin": all.world.origin.to_string(), "keys": keys, "statements": all.made })
}

fn leaf(body: &AnyBody) -> &'static str {
    match (body.is_clear(), body.is_leaf()) {
        (true, _) => "clear",
        (false, true) => "private",
        (false, false) => "none",
    }
}

fn digest_of(label: &str) -> Hash {
    sha256(&[label.as_bytes()])
}

fn clear(all: &mut Examples, scene: &Scene) {
    let office = &scene.office;
    let administrators: Vec<TestKey> =
        all.world.administrators.iter().map(|administrator| administrator.key.clone()).collect();
    let administrators: Vec<&TestKey> = administrators.iter().collect();
    let mut list = all.world.trust_list();
    list.policy = Some(digest_of("policy"));
    list.old_log = Some(OldLog {
        origin: "exchange.example/old".parse().unwrap(),
        size: 4711,
        root: digest_of("old root"),
    });
    all.signed(&list, &administrators);
    let mut record = office.record.clone();
    record.town = Some("流山市".parse().unwrap());
    record.fax = Some("04-7000-0009".parse().unwrap());
    record.label = Some("東".parse().unwrap());
    record.predecessor = Some(scene.hospital.id);
    all.signed(&record, &administrators);
    let (institution, terminal) = (office.id, office.terminal.id);
    all.signed(
        &Standing { institution, version: 1, state: StandingState::Suspended },
        &administrators,
    );
    let content = BytesRef { digest: digest_of("forms"), length: 5 };
    let files = vec![CatalogueFile { name: "forms.toml".into(), content }];
    all.signed(&CatalogueRelease { version: 1, files }, &administrators);
    let mut profile = office.profile.clone();
    profile.hours = ["mon 09:00-18:00", "sat 09:00-12:30"].map(value).to_vec();
    profile.closed = vec![value("2026-12-31")];
    all.signed(&profile, &[&office.key]);
    let mut set = office.key_set.clone();
    (set.number, set.previous) = (2, Some(office.key_set_digest));
    all.signed(&set, &[&office.key]);
    all.signed(&office.terminal_lines(), &[&office.key]);
    let reason = RemovalReason::Lost;
    all.signed(&TerminalRemoved { institution, terminal, reason }, &[&office.key]);
    all.unsigned(&Tick {});
}

fn joining(all: &mut Examples, scene: &Scene) {
    let office = &scene.office;
    let administrator = all.world.administrators[0].clone();
    let candidate = all.world.new_administrator();
    let (invitation, record) = (Id([0x1a; 16]), &office.record);
    let trust_list = all.world.fingerprint();
    let lines = Invitation {
        invitation,
        purpose: Purpose::Member,
        subject: office.id,
        number: Some(record.number.clone()),
        name: Some(record.name.clone()),
        kana: Some(record.kana.clone()),
        town: Some("流山市".parse().unwrap()),
        kind: Some(InstitutionKind::CareOffice),
        telephone: Some(record.telephone.clone()),
        fax: None,
        label: None,
        expires: Time(1_775_606_400_000),
        secret: digest_of("sealed secret"),
        trust_list,
    };
    all.signed(&lines, &[&administrator.key]);
    let reason = ClosedReason::Rejected;
    all.signed(&InvitationClosed { invitation, reason }, &[&administrator.key]);
    all.unsigned(&InvitationEnded { invitation, reason: EndedReason::Used });
    let worker = &office.worker;
    let finished = [
        scene.world.by_institution(office, &office.profile),
        scene.world.by_institution(office, &office.key_set),
        scene.world.by_institution(office, &office.terminal_lines()),
        worker.statement.clone(),
    ];
    let lines = Enrolment {
        invitation,
        trust_list,
        institution: office.id,
        key: office.key.public(),
        terminal: office.terminal.id,
        terminal_key: office.terminal.key.public(),
        statements: finished.iter().map(Statement::digest).collect(),
        csr: digest_of("csr"),
    };
    all.signed(&lines, &[&office.key, &office.terminal.key]);
    let csr = digest_of("csr");
    let lines = Candidacy { invitation, trust_list, administrator: candidate.line(), csr };
    all.signed(&lines, &[&candidate.key]);
    let further = all.world.new_terminal();
    let sealed_to = SealingIdentity::from_seed(&all.world.random.bytes()).to_recipient();
    let lines = TerminalRequest {
        invitation,
        trust_list,
        institution: office.id,
        terminal: further.id,
        key: further.key.public(),
        recipient: RecipientText::from(&sealed_to),
        csr,
    };
    all.signed(&lines, &[&further.key]);
    let made = Time(1_775_606_400_000);
    let lines = Renewal { institution: Some(office.id), holder: office.terminal.id, csr, made };
    all.signed(&lines, &[&office.terminal.key]);
    let AnyBody::Worker(lines) = &worker.statement.body else { panic!("a worker") };
    all.signed(lines, &[&office.key]);
    all.signed(&WorkerRemoved { institution: office.id, worker: worker.id }, &[&office.key]);
}

fn mail(all: &mut Examples, scene: &Scene) {
    let (hospital, office) = (&scene.hospital, &scene.office);
    let (sender, recipient) = (&hospital.terminal.key, &office.terminal.key);
    let (from, id, envelope) = scene.letter.named();
    let mut lines = scene.letter.lines.clone();
    lines.attachments = vec![BytesRef { digest: digest_of("attachment"), length: 10 }];
    lines.urgency = Urgency::Urgent;
    lines.ack_by = Some(Time(lines.composed.0 + 3_600_000));
    lines.replaces = Some(Id::for_message(Time(lines.composed.0 - 1000), &[0; 10]));
    all.signed(&lines, &[sender]);
    let (by, terminal) = (office.id, office.terminal.id);
    all.unsigned(&Fetched { from, id, envelope, by, terminal });
    all.unsigned(&Undelivered { from, id, envelope, reason: UndeliveredReason::Expired });
    all.unsigned(&Destroyed { from, id, envelope, reason: DestroyedReason::Retention });
    let content = scene.letter.lines.content;
    all.signed(&Opened { from, id, envelope, content, by }, &[recipient]);
    let AnyBody::Disposition(lines) = &scene.answer.statement.body else { panic!("an answer") };
    all.signed(lines, &[recipient]);
    let detail = scene.detail().reference();
    let recalled = Time(1_775_001_700_000);
    all.signed(&Recall { from, id, envelope, recalled, detail: None }, &[sender]);
    let record = Id::for_message(recalled, &[1; 10]);
    let lines = OffSystem { from, id: record, about: Some(id), recorded: recalled, detail };
    all.signed(&lines, &[sender]);
    let administrators: Vec<TestKey> =
        all.world.administrators.iter().map(|administrator| administrator.key.clone()).collect();
    let lines = Hold { from, id, version: 1, state: HoldState::On, ordered: recalled };
    all.signed(&lines, &administrators.iter().collect::<Vec<_>>());
    let lines = Author { header: digest_of("header"), author: digest_of("author") };
    all.signed(&lines, &[&hospital.worker.key]);
}

fn value<V: tsumugu_trust::value::Value>(text: &str) -> V {
    V::decode(text).unwrap()
}
