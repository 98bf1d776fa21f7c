//! One letter of the story: written, sent, received, opened, answered by name, and proved.

use serde_json::Value;
use tsumugu_catalogue::{Catalogue, FormKind};
use tsumugu_client::failure::Failure;

use super::form::write;
use super::people::Institution;
use super::report::{Message, State, Step};
use super::stage::Stage;
use super::step::{failed, path, text};

/// A letter that was sent.
pub(super) struct Letter {
    id: String,
    from: &'static Institution,
    to: &'static Institution,
}

/// Writes an example form and sends it.
pub(super) fn send(
    stage: &Stage,
    (from, to): (&'static Institution, &'static Institution),
    case: &str,
    example: &str,
    fields: &[(&str, Value)],
) -> Result<Letter, Failure> {
    let person = from.person(stage);
    let (file, kind) = write(person, example, example, fields)?;
    let kind = if kind == FormKind::Sheet { "--sheet" } else { "--notice" };
    let sent = person.run(&["send", "--to", to.number, kind, path(&file)?, "--case", case])?;
    Ok(Letter { id: text(&sent["letters"][0], "id")?, from, to })
}

/// The recipient opens it and acknowledges it.
pub(super) fn acknowledge(stage: &Stage, letter: &Letter, comment: &str) -> Result<(), Failure> {
    open(stage, letter)?;
    let to = letter.to.person(stage);
    to.run(&["ack", &letter.id, "--as", letter.to.worker.0, "--comment", comment])?;
    Ok(())
}

/// The recipient opens an invitation and says who comes; gives the answer.
pub(super) fn attend(stage: &Stage, letter: &Letter, how: &[&str]) -> Result<Letter, Failure> {
    open(stage, letter)?;
    let answer = ["conference", "answer", &letter.id, "--as", letter.to.worker.0];
    let said = letter.to.person(stage).run(&[&answer[..], how].concat())?;
    let id = text(&said["letters"][0], "id")?;
    Ok(Letter { id, from: letter.to, to: letter.from })
}

fn open(stage: &Stage, letter: &Letter) -> Result<(), Failure> {
    let to = letter.to.person(stage);
    to.run(&["inbox"])?;
    let out = stage.dir().join("out").join(format!("{}.json", letter.id));
    to.run(&["open", &letter.id, "--out", path(&out)?])?;
    Ok(())
}

/// Its states, its evidence, its page.
pub(super) fn note(stage: &Stage, letter: &Letter) -> Result<Message, Failure> {
    let (from, to, id) = (letter.from.person(stage), letter.to.person(stage), &letter.id);
    let tracked = from.run(&["track", id])?;
    let evidence = stage.dir().join("evidence").join(format!("{id}.evidence"));
    from.run(&["evidence", id, "--out", path(&evidence)?])?;
    let paper = stage.dir().join("paper").join(format!("{id}.pdf"));
    to.run(&["print", id, "--out", path(&paper)?])?;
    let opened = stage.dir().join("out").join(format!("{id}.json"));
    let form = form(&opened)?;
    Ok(Message {
        id: id.clone(),
        from: letter.from.name.to_owned(),
        to: letter.to.name.to_owned(),
        title: title(&form),
        form,
        state: state(&tracked),
        evidence: path(&evidence)?.to_owned(),
    })
}

/// The form's id, from the sheet as it was opened.
fn form(opened: &std::path::Path) -> Result<String, Failure> {
    let bytes = tsumugu_durable::read_limited(opened, 1 << 22).map_err(|_| failed("open"))?;
    let opened: Value = serde_json::from_slice(&bytes).map_err(|_| failed("open"))?;
    text(&opened, "form")
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
    Catalogue::built_in().form(form).map_or(form.to_owned(), |form| form.title_ja.clone())
}
