//! Releases of the catalogue with the real programs: an official changes a form and publishes it, every
//! terminal has it, and what was written before reads as before.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/people.rs"]
mod people;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tsumugu_server::check::check;

use people::running::output;
use people::{HOSPITAL, OFFICE, Person, Town};

const SHEET: &str = "sheets/nagareyama-renkei.toml";
const FORM: &str = "nagareyama-renkei";
const OLD_LABEL: &str = "世帯構成";
const NEW_LABEL: &str = "世帯の構成";
const SHELTER: &str = r#"  { id = "shelter", label_ja = "災害時の避難先", label_en = "Where to in a disaster", type = "text", required = "opt", source = "P" },"#;

/// A copy of the catalogue's files, as an official makes it.
fn copied(town: &Town, name: &str) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue/data");
    let to = town.dir.join(name);
    people::Folder::copy(&from, &to);
    to
}

fn edit(folder: &Path, file: &str, change: impl FnOnce(String) -> String) {
    let file = folder.join(file);
    let text = fs::read_to_string(&file).unwrap();
    let changed = change(text.clone());
    assert_ne!(text, changed);
    fs::write(file, changed).unwrap();
}

/// Another label and one more field: what a council decides.
fn decided(sheet: String) -> String {
    let line = sheet.lines().find(|line| line.contains("id = \"household\"")).unwrap().to_owned();
    let changed = format!("{}\n{SHELTER}", line.replace(OLD_LABEL, NEW_LABEL));
    sheet.replace(&line, &changed)
}

fn raised(sheet: String) -> String {
    decided(sheet).replace("version = \"R7\"", "version = \"R8\"")
}

fn publish(by: &Person, folder: &Path) -> Value {
    by.does(&["admin", "publish-catalogue", text(folder), "--yes"])
}

/// The release that a person's new forms are of.
fn release(person: &Person) -> Value {
    person.does(&["forms", "list"])[0]["release"].clone()
}

fn file(town: &Town, name: &str, content: &str) -> String {
    let file = town.dir.join(name);
    fs::write(&file, content).unwrap();
    text(&file).to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What a person reads of a letter, without the line that says when it came.
fn opened(person: &Person, id: &str) -> String {
    let said = person.read(&["open", id]);
    assert_eq!(said.code, Some(0), "{said:?}");
    said.out
}

fn send(by: &Person, form: &str) -> Value {
    by.does(&["send", "--to", HOSPITAL.number, "--sheet", form])
}

fn id(sent: &Value) -> &str {
    sent["letters"][0]["id"].as_str().unwrap()
}

#[test]
fn a_changed_form_reaches_every_terminal_and_old_sheets_stay_as_they_were() {
    let mut town = Town::new();
    let (city, hospital, office) = (town.city(), town.hospital(), town.office());
    let form = town.form("nagareyama");
    let old = send(&office, &form);
    let before = opened(&hospital, id(&old));
    assert!(before.contains(OLD_LABEL), "{before}");
    let pages = |name: &str| {
        let out = hospital.file(name);
        hospital.does(&["print", id(&old), "--out", &out]);
        let bytes = fs::read(out).unwrap();
        bytes.windows(9).filter(|window| window == b"/MediaBox").count()
    };
    let printed = pages("before.pdf");
    assert_eq!(release(&hospital), Value::Null);

    // What may not be published is refused before anything is signed.
    let folder = copied(&town, "council");
    let published = ["admin", "publish-catalogue", text(&folder), "--yes"];
    edit(&folder, SHEET, decided);
    city.say(&published).failed(9, "catalogue.same-version");
    edit(&folder, SHEET, |sheet| sheet.replace("version = \"R7\"", "version = \"R8\""));
    let flow = folder.join("flow/6-discharge.toml");
    let sound = fs::read(&flow).unwrap();
    edit(&folder, "flow/6-discharge.toml", |flow| flow.replace("chiba-renkei-b", "nowhere"));
    let refused = city.say(&published).ended(9);
    assert!(refused["findings"][0]["ja"].as_str().unwrap().contains("nowhere"), "{refused}");
    fs::write(&flow, sound).unwrap();
    fs::write(folder.join("sheets/シート.toml"), "id = \"x\"").unwrap();
    assert_eq!(city.say(&published).code, Some(9));
    fs::remove_file(folder.join("sheets/シート.toml")).unwrap();
    city.say(&published[..3]).failed(1, "catalogue.not-confirmed");
    let stranger = office.say(&published);
    assert_eq!(stranger.json()["error"]["key"], "identity.not-administrator");
    hospital.does(&["inbox"]);
    assert_eq!(release(&hospital), Value::Null);

    let done = publish(&city, &folder);
    assert_eq!((&done["committed"], &done["changes"]["release"]), (&json!(true), &json!(1)));
    let forms = done["changes"]["forms"].as_array().unwrap().clone();
    let changed = |change: &str, version: &str| {
        forms.iter().any(|form| {
            (&form["form"], &form["version"], &form["change"])
                == (&json!(FORM), &json!(version), &json!(change))
        })
    };
    assert!(forms.len() == 2 && changed("new", "R8") && changed("gone", "R7"), "{forms:?}");
    city.say(&published).failed(10, "command.nothing-to-do");

    // The exchange is started anew, and the other side has it.
    town.stop();
    town.start();
    hospital.does(&["inbox"]);
    assert_eq!(release(&hospital), 1);
    let shown = hospital.does(&["forms", "show", FORM]);
    assert_eq!((&shown["version"], &shown["release"]), (&json!("R8"), &json!(1)));
    let template = hospital.does(&["forms", "template", FORM]);
    assert!(template["toml"].as_str().unwrap().contains("shelter"));

    // The old version is in no catalogue of anybody any more, but for what was written with it.
    assert_eq!(opened(&hospital, id(&old)), before);
    assert_eq!(pages("after.pdf"), printed);
    assert_eq!(hospital.does(&["open", id(&old)])["version"], "R7");

    // A draft of the old version goes out in the new one; and a sheet with the new field.
    let draft = office.does(&["draft", "save", "--form", &form]);
    let drafted = office.read(&["draft", "show", draft["id"].as_str().unwrap()]);
    assert!(drafted.out.contains("流山 花子"), "{drafted:?}");
    let draft = draft["id"].as_str().unwrap();
    let carried = office.read(&["send", "--to", HOSPITAL.number, "--draft", draft]);
    assert!(carried.code == Some(0) && carried.err.contains("R8"), "{carried:?}");
    let sheet = fs::read_to_string(&form).unwrap().replace("\"R7\"", "\"R8\"");
    let sheet = file(&town, "new.toml", &format!("{sheet}\nshelter = \"架空小学校\"\n"));
    let sent = send(&office, &sheet);
    let read = opened(&hospital, id(&sent));
    assert!(read.contains("災害時の避難先") && read.contains("架空小学校"), "{read}");
    assert!(read.contains(NEW_LABEL) && !read.contains(OLD_LABEL), "{read}");
    let letters = hospital.does(&["inbox"])["messages"].as_array().unwrap().clone();
    assert_eq!(letters.len(), 3);

    // The next release takes the field away: what was typed there is not left out silently.
    edit(&folder, SHEET, |sheet| sheet.replace(SHELTER, "").replace("\"R8\"", "\"R9\""));
    assert_eq!(publish(&city, &folder)["changes"]["release"], 2);
    let lost = office.say(&["send", "--to", HOSPITAL.number, "--sheet", &sheet]);
    lost.failed(9, "form.not-carried");
    let said = lost.json()["error"]["message_ja"].to_string();
    assert!(!said.contains("架空小学校"), "{said}");
    assert_eq!(opened(&hospital, id(&sent)), read);
    assert_eq!(opened(&hospital, id(&old)), before);
    // An even older one carries over.
    assert_eq!(send(&office, &form)["sent"], true);
    hospital.does(&["inbox"]);
    assert_eq!(release(&hospital), 2);
}

#[test]
fn a_spoilt_file_is_not_used_and_the_release_before_stays() {
    let mut town = Town::new();
    let (city, hospital, office) = (town.city(), town.hospital(), town.office());
    let folder = copied(&town, "council");
    publish(&city, &folder);
    hospital.does(&["inbox"]);
    assert_eq!(release(&hospital), 1);
    edit(&folder, SHEET, raised);
    let done = publish(&city, &folder);
    let files = done["changes"]["files"].as_array().unwrap();
    let changed: Vec<_> = files.iter().filter(|file| file["change"] == "changed").collect();
    assert_eq!((changed.len(), &changed[0]["name"]), (1, &json!(SHEET)));
    let kept = town.server_dir().join("catalogue").join(changed[0]["sha256"].as_str().unwrap());
    let right = fs::read(&kept).unwrap();

    // Somebody at the exchange puts another file there.
    fs::write(&kept, String::from_utf8(right.clone()).unwrap().replace("避難先", "避難所"))
        .unwrap();
    for person in [&hospital, &office] {
        let said = person.read(&["inbox"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.err.contains("署名された内容と違います"), "{said:?}");
    }
    assert_eq!((release(&hospital), release(&office)), (json!(1), json!(1)));
    // A sheet of a version that does not come is shown as it is, and a person is told why.
    let sheet = fs::read_to_string(town.form("nagareyama")).unwrap().replace("\"R7\"", "\"R8\"");
    let sheet = file(&town, "new.toml", &format!("{sheet}\nshelter = \"架空小学校\"\n"));
    office
        .say(&["send", "--to", HOSPITAL.number, "--sheet", &sheet])
        .failed(9, "form.unknown-version");
    fs::write(&kept, &right).unwrap();
    let sent = send(&office, &sheet);
    fs::write(&kept, b"id = \"x\"").unwrap();
    let raw = hospital.read(&["open", id(&sent)]);
    assert_eq!(raw.code, Some(0), "{raw:?}");
    assert!(raw.out.contains("架空小学校") && raw.out.contains("様式集にない"), "{raw:?}");
    let raw = hospital.does(&["open", id(&sent)]);
    assert_eq!((&raw["form"], &raw["values"]["version"]), (&Value::Null, &json!("R8")));
    let page = hospital.file("raw.pdf");
    hospital.does(&["print", id(&sent), "--out", &page]);
    // Forms of the release before go on.
    let form = town.form("nagareyama");
    let sent = hospital.does(&["send", "--to", OFFICE.number, "--sheet", &form]);
    assert_eq!(sent["sent"], true);
    town.stop();
    let found = check(&town.server_dir(), false).unwrap();
    assert_eq!((found.wrong_catalogue_files, found.is_whole()), (1, false));

    // The file comes back from a backup, and everybody goes on.
    fs::write(&kept, right).unwrap();
    assert!(check(&town.server_dir(), false).unwrap().is_whole());
    let file = town.dir.join("backup.age");
    let server = |arguments: &[&str]| {
        let (status, out, err) = output(&[arguments, &["--json"]].concat());
        assert!(status.success(), "{err}");
        serde_json::from_str::<Value>(out.lines().last().unwrap()).unwrap()
    };
    server(&["backup", "--dir", text(&town.server_dir()), "--out", text(&file)]);
    let (dir, key) = (town.dir.join("restored"), town.dir.join("restored.key"));
    let asked = server(&["restore", "--in", text(&file), "--dir", text(&dir)]);
    let (request, digits) = (asked["request"].as_str().unwrap(), asked["digits"].as_str().unwrap());
    city.does(&["admin", "open-backup", request, "--out", text(&key), "--digits", digits]);
    server(&["restore", "--in", text(&file), "--dir", text(&dir), "--key", text(&key)]);
    let restored = check(&dir, false).unwrap();
    assert!(restored.is_whole(), "{restored:?}");
    assert_eq!(fs::read_dir(dir.join("catalogue")).unwrap().count(), files.len() + 1);

    town.start();
    // Killed while it fetches, a terminal goes on with the next command.
    let station = town.station();
    station.say_with(&[("TSUMUGU_CRASH_AT", "atomic.renamed:12")], &["inbox"]).died();
    for person in [&hospital, &office, &station] {
        let said = person.read(&["inbox"]);
        assert!(!said.err.contains("署名された内容と違います"), "{said:?}");
        assert_eq!(release(person), 2);
    }
}

#[test]
fn two_administrators_sign_a_release_and_the_second_sees_what_it_changes() {
    let (mut town, code) = Town::empty();
    let (city, second) = (town.city(), town.person("association"));
    city.does(&["admin", "init", &code]);
    town.join(&OFFICE);
    let invited = city.does(&["admin", "invite", "--administrator"]);
    let asked = second.does(&["admin", "init", invited["code"].as_str().unwrap()]);
    let digits = asked["digits"].as_str().unwrap();
    let invitation = invited["invitation"].as_str().unwrap();
    city.does(&["admin", "approve", invitation, "--digits", digits]);
    second.does(&["admin", "init"]);

    let folder = copied(&town, "council");
    edit(&folder, SHEET, raised);
    let done = publish(&city, &folder);
    assert_eq!((&done["committed"], &done["needed"]), (&json!(false), &json!(2)));
    town.office().does(&["inbox"]);
    assert_eq!(release(&town.office()), Value::Null);
    town.stop();
    town.start();

    let waiting = second.does(&["admin", "pending"])["proposals"][0].clone();
    let name = waiting["subject"].as_str().unwrap().to_owned();
    assert!(name.starts_with("catalogue-1-"), "{name}");
    let files = waiting["changes"]["files"].as_array().unwrap();
    let data = fs::read(folder.join(SHEET)).unwrap();
    let digest = tsumugu_trust::hash::sha256(&[&data]).to_string();
    let shown = files.iter().find(|file| file["name"] == SHEET).unwrap();
    assert_eq!((&shown["sha256"], &shown["change"]), (&json!(digest), &json!("new")));

    // What is not what was proposed is not signed.
    let kept = town.server_dir().join("catalogue").join(&digest);
    fs::write(&kept, "id = \"x\"").unwrap();
    let spoilt = second.does(&["admin", "pending"])["proposals"][0].clone();
    assert_eq!(spoilt["problem"], "catalogue.spoilt-file");
    second.say(&["admin", "approve", &name, "--yes"]).failed(3, "catalogue.spoilt-file");
    fs::write(&kept, &data).unwrap();
    second.say(&["admin", "approve", &name]).failed(1, "catalogue.not-confirmed");
    assert_eq!(second.does(&["admin", "approve", &name, "--yes"])["committed"], true);
    town.office().does(&["inbox"]);
    assert_eq!(release(&town.office()), 1);
}
