//! The story: a patient is admitted, two offices write to each other, and everything is verified.

use serde_json::Value;
use tsumugu_catalogue::examples;
use tsumugu_client::failure::Failure;

use super::report::{Message, Report, State, Step};
use super::stage::{Closed, Person, Stage};

/// A fictitious hospital, with a number of the right form.
const HOSPITAL: Institution = Institution {
    home: "hospital",
    number: "1217000001",
    name: "流山つむぐ病院",
    kana: "ながれやまつむぐびょういん",
    kind: "hospital",
    telephone: "04-7000-0100",
    worker: ("田中 由美", "退院支援看護師"),
};
/// A fictitious care office.
const OFFICE: Institution = Institution {
    home: "office",
    number: "1277000002",
    name: "ケアプランいとぐるま",
    kana: "けあぷらんいとぐるま",
    kind: "care-office",
    telephone: "04-7000-0200",
    worker: ("佐藤 健", "介護支援専門員"),
};

struct Institution {
    home: &'static str,
    number: &'static str,
    name: &'static str,
    kana: &'static str,
    kind: &'static str,
    telephone: &'static str,
    worker: (&'static str, &'static str),
}

/// One letter of the story: who writes which example form to whom, and what is answered.
struct Letter {
    from: &'static Institution,
    to: &'static Institution,
    example: &'static str,
    sheet: bool,
    comment: &'static str,
}

const LETTERS: [Letter; 4] = [
    Letter {
        from: &HOSPITAL,
        to: &OFFICE,
        example: "notice-admission",
        sheet: false,
        comment: "承知しました。本日中にシートを送ります。",
    },
    Letter {
        from: &OFFICE,
        to: &HOSPITAL,
        example: "admission-info",
        sheet: true,
        comment: "受け取りました。病棟へ共有します。",
    },
    Letter {
        from: &HOSPITAL,
        to: &OFFICE,
        example: "notice-conference",
        sheet: false,
        comment: "出席します。",
    },
    Letter {
        from: &HOSPITAL,
        to: &OFFICE,
        example: "notice-discharge-date",
        sheet: false,
        comment: "サービスの再開を手配します。",
    },
];

/// What the story leaves to be verified.
pub(super) struct Told {
    fingerprint: String,
    messages: Vec<Message>,
}

/// Plays it.
pub(super) fn play(stage: &Stage) -> Result<Told, Failure> {
    let admin = stage.person("admin");
    let joined = admin.run(&["admin", "init", &stage.code])?;
    let fingerprint = text(&joined, "fingerprint")?;
    for institution in [&HOSPITAL, &OFFICE] {
        enrol(stage, admin, institution)?;
    }
    let messages =
        LETTERS.iter().map(|letter| exchange(stage, letter)).collect::<Result<_, _>>()?;
    stage.person("office").run(&["log", "verify"])?;
    Ok(Told { fingerprint, messages })
}

/// Verifies what is left, offline.
pub(super) fn verify(stopped: Closed, told: Told) -> Result<Report, Failure> {
    let anyone = stopped.anyone();
    let log = stopped.dir.join("server").join("log");
    let verified =
        anyone.run(&["log", "verify", path(&log)?, "--fingerprint", &told.fingerprint])?;
    for message in &told.messages {
        let seen = anyone.run(&[
            "verify",
            &message.evidence,
            "--fingerprint",
            &told.fingerprint,
            "--log",
            path(&log)?,
        ])?;
        if seen["outcome"] != "anchored" {
            return Err(failed("verify"));
        }
    }
    let checkpoint = tsumugu_durable::read_limited(&log.join("checkpoint"), 1 << 16)
        .map_err(|_| failed("checkpoint"))?;
    Ok(Report {
        verified: verified["anchored"] == true,
        dir: stopped.dir.display().to_string(),
        checkpoint: String::from_utf8_lossy(&checkpoint).into_owned(),
        leaves: verified["size"].as_u64().unwrap_or_default(),
        root_fingerprint: told.fingerprint,
        messages: told.messages,
    })
}

/// An institution joins as in life: invitation on paper, request, digits over the telephone, approval.
fn enrol(stage: &Stage, admin: Person<'_>, institution: &Institution) -> Result<(), Failure> {
    let i = institution;
    let invited = admin.run(&[
        "admin",
        "invite",
        "--number",
        i.number,
        "--name",
        i.name,
        "--kana",
        i.kana,
        "--kind",
        i.kind,
        "--telephone",
        i.telephone,
    ])?;
    let code = text(&invited, "code")?;
    let office = stage.person(i.home);
    let (worker, role) = i.worker;
    let asked = office.run(&[
        "enroll",
        &code,
        "--worker",
        worker,
        "--role",
        role,
        "--hours",
        "mon-fri 09:00-18:00",
    ])?;
    let digits = text(&asked, "digits")?;
    admin.run(&["admin", "approve", i.number, "--digits", &digits])?;
    office.run(&["enroll"])?;
    Ok(())
}

/// A letter is written, sent, received, opened, acknowledged by name, and proved.
fn exchange(stage: &Stage, letter: &Letter) -> Result<Message, Failure> {
    let (from, to) = (stage.person(letter.from.home), stage.person(letter.to.home));
    let form = examples::ALL
        .iter()
        .find(|(name, _)| *name == letter.example)
        .map(|(_, text)| *text)
        .ok_or_else(|| failed(letter.example))?;
    let file = from.file(&format!("{}.toml", letter.example));
    tsumugu_durable::write_atomic(&file, form.as_bytes()).map_err(|_| failed(letter.example))?;
    let kind = if letter.sheet { "--sheet" } else { "--notice" };
    let sent = from.run(&["send", "--to", letter.to.number, kind, path(&file)?])?;
    let id = text(&sent["letters"][0], "id")?;

    to.run(&["inbox"])?;
    let out = stage.dir().join("out").join(format!("{id}.json"));
    let opened = to.run(&["open", &id, "--out", path(&out)?])?;
    to.run(&["ack", &id, "--as", letter.to.worker.0, "--comment", letter.comment])?;

    let tracked = from.run(&["track", &id])?;
    let evidence = stage.dir().join("evidence").join(format!("{id}.evidence"));
    from.run(&["evidence", &id, "--out", path(&evidence)?])?;
    let paper = stage.dir().join("paper").join(format!("{id}.pdf"));
    to.run(&["print", &id, "--out", path(&paper)?])?;
    Ok(Message {
        id,
        from: letter.from.name.to_owned(),
        to: letter.to.name.to_owned(),
        title: title(&text(&opened, "form")?),
        form: text(&opened, "form")?,
        state: state(&tracked),
        evidence: path(&evidence)?.to_owned(),
    })
}

/// The three axes, and when each step was logged.
fn state(tracked: &Value) -> State {
    let word = |key: &str| tracked[key].as_str().map(str::to_owned);
    let steps = tracked["events"].as_array().into_iter().flatten();
    let step = |event: &Value| {
        let (what, logged) = (event["what"].as_str()?, event["logged"].as_str()?);
        Some(Step {
            what: what.to_owned(),
            logged: logged.to_owned(),
            index: event["index"].as_u64()?,
        })
    };
    State {
        delivery: word("delivery"),
        answer: word("answer"),
        validity: word("validity"),
        steps: steps.filter_map(step).collect(),
    }
}

fn title(form: &str) -> String {
    tsumugu_catalogue::Catalogue::built_in()
        .form(form)
        .map_or(form.to_owned(), |form| form.title_ja.clone())
}

fn text(value: &Value, key: &'static str) -> Result<String, Failure> {
    value[key].as_str().map(str::to_owned).ok_or_else(|| failed(key))
}

fn path(path: &std::path::Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| failed("the folder's name is not UTF-8"))
}

fn failed(step: &str) -> Failure {
    Failure::new("demo.failed").with("step", step)
}
