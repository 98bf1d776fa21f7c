//! Which catalogue a form is read with.

use std::cell::OnceCell;
use std::path::Path;

use tsumugu_catalogue::{Catalogue, Draft, FilledForm, FormError, Format};
use tsumugu_trust::directory::Entry;
use tsumugu_trust::statement::CatalogueRelease;

use super::{Store, path_of};

/// The releases that this PC knows, and the catalogue that the program carries. A release is read when
/// it is first needed; one that is not wholly here, or that this program cannot read, is passed over.
#[derive(Debug)]
pub struct Catalogues {
    store: Store,
    /// The newest first.
    releases: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    release: CatalogueRelease,
    read: OnceCell<Option<Catalogue>>,
}

/// A catalogue, and where it is from.
#[derive(Debug, Clone, Copy)]
pub struct Edition<'a> {
    /// The catalogue.
    pub catalogue: &'a Catalogue,
    /// Number of its release; none for the one that the program carries.
    pub release: Option<u64>,
}

impl Catalogues {
    /// By the clear chain.
    #[must_use]
    pub fn of(home: &Path, releases: &[Entry<CatalogueRelease>]) -> Self {
        Self::new(Store::of(home), releases.iter().map(|entry| entry.body.clone()))
    }

    /// By the list in the home folder, for commands that open no vault. Whoever can change it can change
    /// what those commands show, and no letter.
    #[must_use]
    pub fn listed(home: &Path) -> Self {
        let store = Store::of(home);
        let releases = store.listed();
        Self::new(store, releases.into_iter())
    }

    fn new(store: Store, releases: impl DoubleEndedIterator<Item = CatalogueRelease>) -> Self {
        let known = |release| Known { release, read: OnceCell::new() };
        Self { store, releases: releases.rev().map(known).collect() }
    }

    /// What new forms are written with: the newest release that can be read, else the one that the
    /// program carries.
    #[must_use]
    pub fn newest(&self) -> Edition<'_> {
        let built_in = Edition { catalogue: Catalogue::built_in(), release: None };
        self.editions().next().unwrap_or(built_in)
    }

    /// Every catalogue that can be read, the newest first and the program's own last.
    pub fn editions(&self) -> impl Iterator<Item = Edition<'_>> {
        let releases = self.releases.iter().filter_map(|known| {
            let catalogue =
                known.read.get_or_init(|| read(&self.store, &known.release)).as_ref()?;
            Some(Edition { catalogue, release: Some(known.release.version) })
        });
        let built_in =
            std::iter::once_with(|| Edition { catalogue: Catalogue::built_in(), release: None });
        releases.chain(built_in)
    }

    /// Reads a filled form by the version that it names: of the newest release that has it. A form
    /// without a version is of the newest catalogue.
    ///
    /// # Errors
    /// As [`Catalogue::parse_filled`]; a form or version that no catalogue here has.
    pub fn parse(&self, bytes: &[u8], format: Format) -> Result<FilledForm, FormError> {
        let mut first = None;
        for edition in self.editions() {
            match edition.catalogue.parse_filled(bytes, format) {
                Err(unknown) if is_unknown(&unknown) => {
                    // A form that releases know in other versions says more than one they do not know.
                    let better = matches!(unknown, FormError::WrongVersion { .. });
                    let keep = matches!(first, Some(FormError::WrongVersion { .. }));
                    if first.is_none() || better && !keep {
                        first = Some(unknown);
                    }
                }
                read => return read,
            }
        }
        Err(first.unwrap_or(FormError::MissingForm))
    }
}

/// Whether another catalogue may know the form.
pub(crate) fn is_unknown(error: &FormError) -> bool {
    matches!(error, FormError::UnknownForm { .. } | FormError::WrongVersion { .. })
}

fn read(store: &Store, release: &CatalogueRelease) -> Option<Catalogue> {
    let file = |file: &tsumugu_trust::statement::CatalogueFile| {
        let text = String::from_utf8(store.file(&file.content)?).ok()?;
        Some((path_of(&file.name)?, text))
    };
    let files: Vec<(String, String)> = release.files.iter().map(file).collect::<Option<_>>()?;
    let named: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Draft::parse(&named).ok()?.into_catalogue().ok()
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::hash::sha256;
    use tsumugu_trust::statement::{BytesRef, CatalogueFile};

    use super::*;

    const SHEET: &str = include_str!("../../../catalogue/data/notices/notice-after.toml");
    const SOURCES: &str = include_str!("../../../catalogue/data/sources.toml");
    const CODES: &str = include_str!("../../../catalogue/data/codes.toml");

    fn release(store: &Store, version: u64, sheets: &[&str]) -> CatalogueRelease {
        let mut files =
            vec![("sources.toml".to_owned(), SOURCES), ("codes.toml".to_owned(), CODES)];
        let named = sheets.iter().enumerate();
        files.extend(named.map(|(at, text)| (format!("notices.{at}.toml"), *text)));
        let file = |(name, text): (String, &str)| {
            store.put(text.as_bytes()).unwrap();
            let digest = sha256(&[text.as_bytes()]);
            CatalogueFile { name, content: BytesRef { digest, length: text.len() as u64 } }
        };
        CatalogueRelease { version, files: files.into_iter().map(file).collect() }
    }

    fn versioned(version: &str) -> String {
        let line = SHEET.lines().find(|line| line.starts_with("version = ")).unwrap();
        SHEET.replace(line, &format!("version = \"{version}\""))
    }

    fn filled(version: &str) -> String {
        format!("form = \"notice-after\"\nversion = \"{version}\"\n")
    }

    #[test]
    fn each_sheet_is_read_with_its_version_for_ever() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::of(home.path());
        let own = Catalogue::built_in().form("notice-after").unwrap().version.clone();
        let (one, two) = (versioned("1"), versioned("2"));
        let releases = [release(&store, 1, &[&one]), release(&store, 2, &[&two])];
        let known = Catalogues::new(store.clone(), releases.iter().cloned());
        assert_eq!(known.newest().release, Some(2));
        for version in ["1", "2", &own] {
            let form = known.parse(filled(version).as_bytes(), Format::Toml).unwrap();
            assert_eq!(form.form().version, version);
        }
        let newest = known.parse(b"form = \"notice-after\"", Format::Toml).unwrap();
        assert_eq!(newest.form().version, "2");
        let unknown = known.parse(filled("3").as_bytes(), Format::Toml).unwrap_err();
        assert!(matches!(unknown, FormError::WrongVersion { .. }));
        // A form that the newest release dropped.
        let dropped = b"form = \"notice-death\"\n";
        assert!(known.parse(dropped, Format::Toml).is_ok());
        assert!(known.newest().catalogue.form("notice-death").is_none());
    }

    #[test]
    fn a_release_that_is_not_whole_leaves_the_one_before_in_use() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::of(home.path());
        let one = release(&store, 1, &[&versioned("1")]);
        let mut two = release(&store, 2, &[&versioned("2")]);
        let known = |two: &CatalogueRelease| {
            Catalogues::new(store.clone(), [one.clone(), two.clone()].into_iter()).newest().release
        };
        assert_eq!(known(&two), Some(2));
        let spoilt =
            [("notices.0.toml", sha256(&[b"not here"])), ("no-name", two.files[2].content.digest)];
        for (name, digest) in spoilt {
            let right = two.files[2].clone();
            two.files[2].name = name.to_owned();
            two.files[2].content.digest = digest;
            assert_eq!(known(&two), Some(1), "{name}");
            two.files[2] = right;
        }
        // A program of another time may not read it.
        let unreadable = release(&store, 2, &["colour = \"red\""]);
        assert_eq!(known(&unreadable), Some(1));
        let none = Catalogues::listed(&home.path().join("absent"));
        assert_eq!(none.newest().release, None);
    }
}
