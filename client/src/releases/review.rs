//! What a release changes, and whether it may be signed.

use std::collections::BTreeMap;

use serde::Serialize;
use tsumugu_catalogue::limits::MAX_CATALOGUE_FILES;
use tsumugu_catalogue::{Catalogue, Draft};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::CatalogueRelease;
use tsumugu_trust::value::Value;

use super::store::is_content;
use super::{Catalogues, path_of};
use crate::failure::Failure;
use crate::output::Page;

/// What a release changes against the one before it; the first one, against the program's catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseChanges {
    /// Its number.
    pub release: u64,
    /// Files that are new, changed or gone, and those that stay. For the first release all are new.
    pub files: Vec<ChangedFile>,
    /// Versions of forms that are new or gone.
    pub forms: Vec<ChangedForm>,
}

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedFile {
    /// Its name in the catalogue's folder.
    pub name: String,
    /// `new`, `changed`, `gone` or `same`.
    pub change: &'static str,
    /// SHA-256, hex; of the file that is gone.
    pub sha256: String,
    /// Bytes.
    pub length: u64,
}

/// A version of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedForm {
    /// Id.
    pub form: String,
    /// Its version.
    pub version: String,
    /// The printed title.
    pub title: String,
    /// `new` or `gone`.
    pub change: &'static str,
}

impl ReleaseChanges {
    /// Whether anything is new, changed or gone.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.files.iter().any(|file| file.change != "same")
    }

    /// A line for each file and form that changes.
    pub fn lines(&self, page: &mut Page) {
        let changed = self.files.iter().filter(|file| file.change != "same");
        let file = |file: &ChangedFile| {
            let (name, change) = (&file.name, word(file.change));
            format!("    {change}  {name}  {}  {} B", file.sha256, file.length)
        };
        let form = |form: &ChangedForm| {
            let (id, version, title) = (&form.form, &form.version, &form.title);
            format!("    {}  様式 form {id} {version}  {title}", word(form.change))
        };
        changed.map(file).chain(self.forms.iter().map(form)).for_each(|row| page.row(&row));
    }
}

fn word(change: &str) -> &'static str {
    match change {
        "new" => "新しい new",
        "changed" => "変更 changed",
        "gone" => "なくなる gone",
        _ => "同じ same",
    }
}

/// Looks at a release with its files, in the order in which it names them.
///
/// # Errors
/// The files are not those that it names, or no sound catalogue; a form has other content under a
/// version that an earlier release, or the program's catalogue, has given out.
pub fn review(
    known: &Catalogues,
    before: Option<&CatalogueRelease>,
    release: &CatalogueRelease,
    files: &[Vec<u8>],
) -> Result<ReleaseChanges, Failure> {
    let catalogue = checked(release, files)?;
    for form in catalogue.forms() {
        let earlier = known.editions().find_map(|edition| {
            let given_out = edition.catalogue.edition(&form.id, &form.version)?;
            Some((edition.release, given_out))
        });
        if let Some((from, given_out)) = earlier
            && given_out != form
        {
            let failure = Failure::new("catalogue.same-version").with("form", &form.id);
            let from = from.map_or("0".to_owned(), |release| release.to_string());
            return Err(failure.with("version", &form.version).with("release", from));
        }
    }
    Ok(ReleaseChanges {
        release: release.version,
        files: changed_files(before, release),
        forms: changed_forms(known.newest().catalogue, &catalogue),
    })
}

fn checked(release: &CatalogueRelease, files: &[Vec<u8>]) -> Result<Catalogue, Failure> {
    let mut named = BTreeMap::new();
    let mut texts = Vec::new();
    for (file, bytes) in release.files.iter().zip(files) {
        let bad = || Failure::new("catalogue.bad-name").with("file", &file.name);
        let path = path_of(&file.name).ok_or_else(bad)?;
        if named.insert(path.clone(), ()).is_some() {
            return Err(bad());
        }
        let text = String::from_utf8(bytes.clone());
        let text = text.map_err(|_| Failure::catalogue_not_utf8(path.as_ref()))?;
        if !is_content(&file.content, text.as_bytes()) {
            return Err(Failure::new("catalogue.spoilt-file")
                .with("release", release.version)
                .with("file", &path));
        }
        texts.push((path, text));
    }
    if files.len() != release.files.len() || files.len() > MAX_CATALOGUE_FILES {
        return Err(Failure::fault("files of a release"));
    }
    let named: Vec<(&str, &str)> =
        texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let draft = Draft::parse(&named).map_err(|error| {
        let place = format!("{}:{}", error.line, error.column);
        Failure::bad_catalogue_file(error.file.as_ref(), &place, &error.detail)
    })?;
    draft.into_catalogue().map_err(|findings| {
        let failure = Failure::new("catalogue.findings").with("count", findings.len());
        let first = findings.first();
        let place = first.map(|one| format!("{} {}", one.file, one.place)).unwrap_or_default();
        failure.with("place", place)
    })
}

fn changed_files(before: Option<&CatalogueRelease>, after: &CatalogueRelease) -> Vec<ChangedFile> {
    let old: BTreeMap<&str, (Hash, u64)> = before
        .into_iter()
        .flat_map(|release| &release.files)
        .map(|file| (file.name.as_str(), (file.content.digest, file.content.length)))
        .collect();
    let shown = |name: &str, change, digest: Hash, length| ChangedFile {
        name: path_of(name).unwrap_or_else(|| name.to_owned()),
        change,
        sha256: digest.encode(),
        length,
    };
    let now = after.files.iter().map(|file| {
        let change = match old.get(file.name.as_str()) {
            None => "new",
            Some((digest, _)) if *digest == file.content.digest => "same",
            Some(_) => "changed",
        };
        shown(&file.name, change, file.content.digest, file.content.length)
    });
    let is_there = |name: &str| after.files.iter().any(|file| file.name == name);
    let gone = old
        .iter()
        .filter(|(name, _)| !is_there(name))
        .map(|(name, (digest, length))| shown(name, "gone", *digest, *length));
    now.chain(gone).collect()
}

fn changed_forms(before: &Catalogue, after: &Catalogue) -> Vec<ChangedForm> {
    let not_in = |here: &Catalogue, there: &Catalogue, change| -> Vec<ChangedForm> {
        let only = here.forms().filter(|form| there.edition(&form.id, &form.version).is_none());
        let shown = only.map(|form| ChangedForm {
            form: form.id.clone(),
            version: form.version.clone(),
            title: form.title_ja.clone(),
            change,
        });
        shown.collect()
    };
    [not_in(after, before, "new"), not_in(before, after, "gone")].concat()
}
