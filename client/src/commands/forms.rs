//! `tsumugu forms`: the region's sheets and notices, of the newest release that this PC has. Needs neither
//! vault nor network.

use serde::Serialize;
use serde_json::{Value as Json, json};
use tsumugu_catalogue::{Field, FieldType, Form, Provisional, template};

use super::catalogue_check::{self, CheckedCatalogue};
use super::form_file::{in_newest_version, read_form};
use super::lacking::{self, Warning, warnings};
use crate::args::FormsCommand;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::releases::Edition;

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Forms {
    /// All forms.
    List(Vec<ListedForm>),
    /// One form with its fields.
    Shown(Box<ShownForm>),
    /// An empty form, as TOML.
    Template(Template),
    /// What a filled form lacks.
    Checked(Checked),
    /// What is wrong with a catalogue.
    Catalogue(CheckedCatalogue),
}

impl Forms {
    /// The exit code: [`Exit::Form`] if a catalogue is wrong.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Catalogue(checked) => checked.exit(),
            _ => Exit::Ok,
        }
    }
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedForm {
    /// Id.
    pub id: String,
    /// `sheet` or `notice`.
    pub kind: &'static str,
    /// The printed title.
    pub title: String,
    /// An English title.
    pub title_en: String,
    /// Edition of the fields.
    pub version: String,
    /// Who issues it.
    pub issuer: String,
    /// Who sends it to whom.
    pub direction: &'static str,
    /// How much of it no official paper confirms (暫定): `all`, `some` or `none`.
    pub provisional: &'static str,
    /// Number of the release that it is from; none for the program's own catalogue.
    pub release: Option<u64>,
}

/// A form with its fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownForm {
    /// The form.
    #[serde(flatten)]
    pub form: ListedForm,
    /// Its sections in printed order: id, title, fields.
    pub sections: Vec<Json>,
    #[serde(skip)]
    rows: Vec<String>,
}

/// An empty form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Template {
    /// Id of the form.
    pub form: String,
    /// Number of the release that it is from; none for the program's own catalogue.
    pub release: Option<u64>,
    /// The text to fill in.
    pub toml: String,
}

/// What a filled form lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Id of the form.
    pub form: String,
    /// Each field that somebody will miss, and what of the national form it does not ask for.
    pub missing: Vec<Warning>,
}

/// Runs the command.
///
/// # Errors
/// There is no such form; the filled form or the catalogue cannot be read.
pub fn run(ctx: &Context, command: &FormsCommand) -> Result<Forms, Failure> {
    let catalogues = ctx.catalogues();
    let Edition { catalogue, release } = catalogues.newest();
    let find = |id: &String| catalogue.form(id).ok_or_else(|| Failure::unknown_form(id));
    let listed = |form| ListedForm::of(form, release);
    Ok(match command {
        FormsCommand::List => Forms::List(catalogue.forms().map(listed).collect()),
        FormsCommand::Show { form } => Forms::Shown(Box::new(shown(find(form)?, release))),
        FormsCommand::Template { form } => {
            let form = find(form)?;
            Forms::Template(Template { form: form.id.clone(), release, toml: template(form) })
        }
        FormsCommand::Check { file: None } => Forms::Catalogue(catalogue_check::check(None)?),
        FormsCommand::Check { file: Some(folder) } if folder.is_dir() => {
            Forms::Catalogue(catalogue_check::check(Some(folder))?)
        }
        FormsCommand::Check { file: Some(file) } => {
            let filled = in_newest_version(ctx, read_form(&catalogues, file)?)?;
            let missing = warnings(&filled, catalogues.newest().catalogue, true);
            Forms::Checked(Checked { form: filled.form().id.clone(), missing })
        }
    })
}

fn shown(form: &Form, release: Option<u64>) -> ShownForm {
    let mut rows = Vec::new();
    for section in &form.sections {
        rows.push(format!("■ {} / {}", section.title_ja, section.title_en));
        section.fields.iter().for_each(|field| rows.extend(field_rows(field)));
    }
    let sections = form.sections.iter().map(|section| {
        let fields: Vec<Json> = section.fields.iter().map(field_json).collect();
        json!({ "id": section.id, "title": section.title_ja, "fields": fields })
    });
    ShownForm { form: ListedForm::of(form, release), sections: sections.collect(), rows }
}

fn field_rows(field: &Field) -> Vec<String> {
    let mut row = format!("  {}  {}  {}", field.id, field.label_ja, field.ty.name());
    for (mark, set) in [
        ("【必須 required】", field.required == tsumugu_catalogue::Required::System),
        ("【必要な情報 fee】", field.required == tsumugu_catalogue::Required::Fee),
        ("【地域の必須 region】", field.required == tsumugu_catalogue::Required::Region),
        ("【送信時に自動 by send】", field.filled_by_send),
        ("【暫定 provisional】", field.is_provisional()),
    ] {
        if set {
            row.push_str(mark);
        }
    }
    let mut rows = vec![row];
    if !field.ty.options().is_empty() {
        rows.push(format!("      {}", field.ty.options().join(" | ")));
    }
    rows
}

fn field_json(field: &Field) -> Json {
    let parts = match &field.ty {
        FieldType::Grid { rows, .. } => rows.as_slice(),
        FieldType::Table { columns } => columns.as_slice(),
        _ => &[],
    };
    json!({
        "id": field.id,
        "label": field.label_ja,
        "label_en": field.label_en,
        "type": field.ty.name(),
        "options": field.ty.options(),
        "parts": parts,
        "unit": field.unit,
        "required": field.required.name(),
        "filled_by_send": field.filled_by_send,
        "provisional": field.is_provisional(),
    })
}

impl Outcome for Forms {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::List(forms) => {
                page.say(&source(forms.first().and_then(|form| form.release)));
                forms.iter().for_each(|form| form.row(page));
            }
            Self::Shown(shown) => {
                page.say(&source(shown.form.release));
                shown.form.row(page);
                shown.rows.iter().for_each(|row| page.row(row));
            }
            Self::Template(template) => template.toml.lines().for_each(|line| page.row(line)),
            Self::Catalogue(checked) => checked.lines(page),
            Self::Checked(checked) if checked.missing.is_empty() => {
                page.say(&Sentence::new("forms.complete"));
            }
            Self::Checked(checked) => lacking::tell(page, &checked.missing),
        }
    }
}

/// Which catalogue it is.
fn source(release: Option<u64>) -> Sentence {
    match release {
        Some(release) => Sentence::new("forms.of-release").with("release", release),
        None => Sentence::new("forms.of-program"),
    }
}

impl ListedForm {
    fn of(form: &Form, release: Option<u64>) -> Self {
        Self {
            id: form.id.clone(),
            kind: form.kind.name(),
            title: form.title_ja.clone(),
            title_en: form.title_en.clone(),
            version: form.version.clone(),
            issuer: form.issuer.clone(),
            direction: form.direction.name(),
            provisional: match form.provisional() {
                Provisional::All => "all",
                Provisional::Some => "some",
                Provisional::None => "none",
            },
            release,
        }
    }

    fn row(&self, page: &mut Page) {
        let provisional = match self.provisional {
            "all" => "【暫定 provisional】",
            "some" => "【一部暫定 partly provisional】",
            _ => "",
        };
        let (id, kind) = (&self.id, self.kind);
        let version = &self.version;
        page.row(&format!(
            "{id} {version}  {kind}  {}{provisional} / {}",
            self.title, self.title_en
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Home;

    fn run(command: &FormsCommand) -> Result<Forms, Failure> {
        super::run(&Home::at(0).ctx, command)
    }

    #[test]
    fn the_list_is_an_array() {
        let forms = serde_json::to_value(run(&FormsCommand::List).unwrap()).unwrap();
        let ids: Vec<_> = forms.as_array().unwrap().iter().map(|form| &form["id"]).collect();
        assert!(ids.contains(&&json!("mhlw-admission-info-r6")), "{ids:?}");
    }

    #[test]
    fn a_template_reads_as_its_form() {
        let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        let form = "notice-admission".to_owned();
        let Forms::Template(template) = run(&FormsCommand::Template { form }).unwrap() else {
            panic!("a template was asked for")
        };
        std::fs::write(file.path(), template.toml).unwrap();
        let check = FormsCommand::Check { file: Some(file.path().to_owned()) };
        let Forms::Checked(checked) = run(&check).unwrap() else { panic!("a check was asked for") };
        assert_eq!(checked.form, "notice-admission");
        assert_eq!(checked.missing[0].field, "date_admitted");
        let unknown = FormsCommand::Show { form: "x".into() };
        assert_eq!(run(&unknown).unwrap_err().key(), "form.unknown");
    }
}
