//! `tsumugu forms check` of the catalogue itself: what is wrong with the region's data files.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tsumugu_catalogue::limits::{MAX_CATALOGUE_FILE_BYTES, MAX_CATALOGUE_FILES};
use tsumugu_catalogue::{Catalogue, Draft};
use tsumugu_durable::{DiskError, read_limited};

use crate::failure::{Exit, Failure};
use crate::messages::Sentence;
use crate::output::Page;

/// What the check of a catalogue found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedCatalogue {
    /// The folder; none for the catalogue that the program carries.
    pub folder: Option<String>,
    /// How many of each there are; all 0 while there are findings.
    pub counts: Counts,
    /// What is wrong, in the order of the files.
    pub findings: Vec<ListedFinding>,
}

/// What a catalogue holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Sheets and notices, each edition.
    pub forms: usize,
    /// Their fields.
    pub fields: usize,
    /// Steps of the flow.
    pub steps: usize,
    /// Fee rules.
    pub fees: usize,
}

/// One thing that is wrong, with what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedFinding {
    /// The file in the folder.
    pub file: String,
    /// The entry: ids joined by `/`.
    pub place: String,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

impl CheckedCatalogue {
    /// The exit code: [`Exit::Form`] if anything is wrong.
    pub(super) fn exit(&self) -> Exit {
        if self.findings.is_empty() { Exit::Ok } else { Exit::Form }
    }

    pub(super) fn lines(&self, page: &mut Page) {
        let Counts { forms, fields, steps, fees } = self.counts;
        let said = match self.findings.len() {
            0 => Sentence::new("forms.catalogue-sound")
                .with("forms", forms)
                .with("fields", fields)
                .with("steps", steps)
                .with("fees", fees),
            count => Sentence::new("forms.catalogue-findings").with("count", count),
        };
        page.say(&said);
        for finding in &self.findings {
            page.row(&format!("  {}  {}", finding.file, finding.place));
            page.row(&format!("    {}", finding.ja));
            page.row(&format!("    {}", finding.en));
        }
    }
}

/// Checks the files of a folder, or without one what the program carries.
///
/// # Errors
/// The folder or a file in it cannot be read, or is no TOML of the expected shape.
pub(super) fn check(folder: Option<&Path>) -> Result<CheckedCatalogue, Failure> {
    let Some(folder) = folder else { return Ok(sound(None, Catalogue::built_in())) };
    let files = read_folder(folder)?;
    let named: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let draft = Draft::parse(&named).map_err(|error| {
        let place = format!("{}:{}", error.line, error.column);
        Failure::bad_catalogue_file(&folder.join(&error.file), &place, &error.detail)
    })?;
    let shown = folder.display().to_string();
    Ok(match draft.into_catalogue() {
        Ok(catalogue) => sound(Some(shown), &catalogue),
        Err(findings) => {
            let listed = |finding: tsumugu_catalogue::Finding| {
                let message = finding.problem.message();
                let (ja, en) = (message.ja(), message.en());
                ListedFinding { file: finding.file, place: finding.place, ja, en }
            };
            CheckedCatalogue {
                folder: Some(shown),
                counts: Counts::default(),
                findings: findings.into_iter().map(listed).collect(),
            }
        }
    })
}

fn sound(folder: Option<String>, catalogue: &Catalogue) -> CheckedCatalogue {
    let counts = Counts {
        forms: catalogue.forms().count(),
        fields: catalogue.forms().flat_map(tsumugu_catalogue::Form::fields).count(),
        steps: catalogue.steps().count(),
        fees: catalogue.fees().len(),
    };
    CheckedCatalogue { folder, counts, findings: Vec::new() }
}

/// The TOML files of a folder and of the folders in it, by name with `/`, in the order of the names.
pub(super) fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut paths = toml_files(folder)?;
    for inside in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        paths.extend(toml_files(&inside)?);
    }
    // Without the ending: `x-r8.toml` comes after `x.toml`, and the later edition is the newest.
    paths.sort_by_key(|path| path.with_extension(""));
    if paths.is_empty() {
        return Err(Failure::catalogue_empty(folder));
    }
    // One more than is allowed, so that the reader refuses them by their number.
    paths.truncate(MAX_CATALOGUE_FILES + 1);
    paths.iter().map(|path| Ok((name_in(folder, path), read_file(path)?))).collect()
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let is_toml =
        |path: &PathBuf| path.is_file() && path.extension().is_some_and(|ext| ext == "toml");
    Ok(entries(folder)?.into_iter().filter(is_toml).collect())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error| Failure::file_unreadable(folder, error);
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect()
}

fn read_file(path: &Path) -> Result<String, Failure> {
    let limit = MAX_CATALOGUE_FILE_BYTES as u64;
    let bytes = read_limited(path, limit).map_err(|error| match error {
        DiskError::TooLong { .. } => Failure::file_too_large(path, limit),
        error => Failure::file_unreadable(path, error),
    })?;
    // Windows editors put a byte order mark before UTF-8.
    let text = String::from_utf8(bytes).map_err(|_| Failure::catalogue_not_utf8(path))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn name_in(folder: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    let parts = inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The data files of the catalogue that the program carries.
    fn data() -> tempfile::TempDir {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/data");
        let to = tempfile::tempdir().unwrap();
        for path in toml_files(&from).unwrap() {
            fs::copy(&path, to.path().join(path.file_name().unwrap())).unwrap();
        }
        for inside in entries(&from).unwrap().into_iter().filter(|path| path.is_dir()) {
            let folder = to.path().join(inside.file_name().unwrap());
            fs::create_dir(&folder).unwrap();
            for path in toml_files(&inside).unwrap() {
                fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
            }
        }
        to
    }

    #[test]
    fn the_built_in_catalogue_and_its_files_are_the_same_and_sound() {
        let built_in = check(None).unwrap();
        let folder = data();
        let read = check(Some(folder.path())).unwrap();
        assert_eq!((read.counts, read.exit()), (built_in.counts, Exit::Ok));
        let expected = Counts { forms: 14, fields: 390, steps: 43, fees: 24 };
        assert_eq!(built_in.counts, expected);
    }

    #[test]
    fn findings_name_file_and_entry_in_both_languages() {
        let folder = data();
        let file = folder.path().join("flow/6-discharge.toml");
        let text = fs::read_to_string(&file).unwrap();
        // With the byte order mark of a Windows editor.
        fs::write(&file, format!("\u{feff}{}", text.replace("chiba-renkei-b", "chiba-renkei-c")))
            .unwrap();
        let checked = check(Some(folder.path())).unwrap();
        assert_eq!((checked.findings.len(), checked.exit()), (1, Exit::Form));
        let mut page = Page::default();
        checked.lines(&mut page);
        let finding = &checked.findings[0];
        assert_eq!(
            (finding.file.as_str(), finding.place.as_str()),
            ("flow/6-discharge.toml", "out.letter")
        );
        assert!(finding.ja.contains("chiba-renkei-c") && finding.en.contains("chiba-renkei-c"));
    }

    /// The example of the manual, done and told as it says.
    #[test]
    fn the_manuals_example_does_what_it_tells() {
        let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CATALOGUE.md");
        let manual = fs::read_to_string(manual).unwrap();
        let blocks: Vec<&str> = manual.split("```toml\n").skip(1).collect();
        let block = |at: usize| blocks[at].split("```").next().unwrap();
        let indented = |at: usize| block(at).lines().map(str::trim).collect::<Vec<_>>().join("\n");
        let folder = data();
        let sheets = folder.path().join("sheets");
        let old = fs::read_to_string(sheets.join("nagareyama-renkei.toml")).unwrap();
        let head = old.find("id = \"nagareyama-renkei\"").unwrap();
        let issuer = old.find("issuer = ").unwrap();
        let new = old.replace(&old[head..issuer], "");
        let household = new.lines().find(|line| line.contains("id = \"household\"")).unwrap();
        let fields = format!("{household}\n{}", indented(1));
        let new = format!("{}\n{}", indented(0), new.replace(household, &fields));
        // The title stood between the lines that the manual shows.
        let titles: Vec<&str> = old[head..issuer]
            .lines()
            .filter(|l| l.starts_with("title") || l.starts_with("kind"))
            .collect();
        let file = sheets.join("nagareyama-renkei-r8.toml");
        fs::write(&file, format!("{}\n{new}", titles.join("\n"))).unwrap();

        let told = |checked: &CheckedCatalogue| {
            let mut page = Page::default();
            checked.lines(&mut page);
            for line in page.into_lines() {
                assert!(manual.contains(line.trim()), "{line}");
            }
        };
        let checked = check(Some(folder.path())).unwrap();
        assert_eq!(checked.findings, []);
        told(&checked);
        let files = read_folder(folder.path()).unwrap();
        let named: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let catalogue = Draft::parse(&named).unwrap().into_catalogue().unwrap();
        assert_eq!(catalogue.form("nagareyama-renkei").unwrap().version, "R8");

        let spoilt = fs::read_to_string(&file).unwrap().replacen(
            "field = \"shelter\", any_of = [\"その他\"]",
            "field = \"shelter\", any_of = [\"そのほか\"]",
            1,
        );
        fs::write(&file, spoilt).unwrap();
        let checked = check(Some(folder.path())).unwrap();
        assert_eq!(checked.findings.len(), 1);
        told(&checked);
    }

    #[test]
    fn a_folder_of_other_things_is_refused() {
        let folder = data();
        fs::write(folder.path().join("fees/1-care-admission.toml"), "[[fee]]\nid = 3\n").unwrap();
        assert_eq!(check(Some(folder.path())).unwrap_err().key(), "catalogue.bad-file");
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(check(Some(empty.path())).unwrap_err().key(), "catalogue.empty");
        // 様式 in UTF-16 with its mark, and in Shift_JIS.
        for bytes in [&[0xff, 0xfe, 0xd8, 0x69, 0x0f, 0x5f][..], &[0x97, 0x6c, 0x8e, 0xae]] {
            fs::write(empty.path().join("x.toml"), bytes).unwrap();
            let failure = check(Some(empty.path())).unwrap_err();
            assert_eq!((failure.key(), failure.exit()), ("catalogue.not-utf8", Exit::Form));
        }
        let absent = empty.path().join("absent");
        assert_eq!(check(Some(&absent)).unwrap_err().key(), "file.unreadable");
    }
}
