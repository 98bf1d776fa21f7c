//! Office files (ISO/IEC 29500): by their list of content types, without anything that acts.

use std::io::{Read, Seek};

use super::zip::{self, Entry};
use super::{FileKind, Forbidden, Inspected};

/// The list of content types (ISO/IEC 29500-2).
const CONTENT_TYPES: &str = "[content_types].xml";

/// What the main part of each kind is.
const MAIN_PARTS: [(&str, FileKind); 2] = [
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        FileKind::Docx,
    ),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", FileKind::Xlsx),
];

/// Most bytes of a part that is read: the content types, or the relations of one part.
const MAX_PART: u64 = 1024 * 1024;

/// Most bytes of all parts that are read.
const MAX_READ: u64 = 16 * 1024 * 1024;

/// Words in content types that stand for macros: VBA, and those of Excel 4.0.
const MACRO_TYPES: [&str; 4] = ["macroenabled", "vbaproject", "vbadata", "macrosheet"];

/// Words in content types that stand for embedded objects.
const OBJECT_TYPES: [&str; 3] = ["oleobject", "activex", "ms-package"];

/// Folders of embedded objects.
const OBJECT_FOLDERS: [&str; 2] = ["embeddings", "activex"];

/// What parts there may be, by how their names end: text, pictures, fonts.
const PARTS: [&str; 19] = [
    "bmp", "emf", "emz", "fntdata", "gif", "jpeg", "jpg", "odttf", "png", "psmdcp", "rels", "svg",
    "tif", "tiff", "vml", "wdp", "wmf", "wmz", "xml",
];

/// What Excel knows of a printer: binary, and inert.
const PRINTER: &str = "printersettings";

/// The kind of an Office file that holds nothing but text and pictures.
pub(super) fn inspect(file: &mut (impl Read + Seek)) -> Result<FileKind, Inspected> {
    let entries = zip::entries(file)?;
    let types = entries.iter().find(|entry| entry.name == CONTENT_TYPES);
    let types = types.ok_or(Forbidden::Archive)?;
    for entry in &entries {
        check_part(&entry.name)?;
    }
    let types = xml(file, types)?;
    if MACRO_TYPES.iter().any(|word| types.contains(word)) {
        return Err(Forbidden::Macros.into());
    }
    if OBJECT_TYPES.iter().any(|word| types.contains(word)) {
        return Err(Forbidden::Embedded.into());
    }
    let relations = entries.iter().filter(|entry| entry.name.ends_with(".rels"));
    let mut left = MAX_READ;
    for entry in relations {
        let text = xml(file, entry)?;
        left = left.checked_sub(text.len() as u64).ok_or(Forbidden::TooComplex)?;
        check_relations(&text)?;
    }
    let values: Vec<_> = attribute(&types, "contenttype").collect();
    let mut kinds = MAIN_PARTS.iter().filter(|(main, _)| values.contains(main));
    match (kinds.next(), kinds.next()) {
        (Some((_, kind)), None) => Ok(*kind),
        _ => Err(Forbidden::Archive.into()),
    }
}

/// A part by its path, in lower case.
fn check_part(name: &str) -> Result<(), Forbidden> {
    if name.ends_with('/') {
        return Ok(());
    }
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
    let (stem, end) = file.rsplit_once('.').unwrap_or((file, ""));
    if stem.starts_with("vbaproject") || stem == "vbadata" || folders.ends_with("/macrosheets") {
        return Err(Forbidden::Macros);
    }
    let is_object = folders.split('/').any(|folder| OBJECT_FOLDERS.contains(&folder));
    let is_known = PARTS.contains(&end) || (end == "bin" && stem.starts_with(PRINTER));
    if is_object || !is_known { Err(Forbidden::Embedded) } else { Ok(()) }
}

/// What a part refers to.
fn check_relations(text: &str) -> Result<(), Forbidden> {
    let kinds = attribute(text, "type").filter_map(|value| value.rsplit('/').next());
    let mut has_template = false;
    for kind in kinds {
        match kind {
            "vbaproject" | "wordvbadata" | "xlmacrosheet" | "xlintlmacrosheet" => {
                return Err(Forbidden::Macros);
            }
            "oleobject" | "package" | "control" | "activexcontrolbinary" => {
                return Err(Forbidden::Embedded);
            }
            "attachedtemplate" => has_template = true,
            _ => {}
        }
    }
    // A template on the author's own disk is not there on the reader's: harmless, and common.
    let is_foreign = |target: &str| {
        ["http:", "https:", "ftp:", "\\\\", "//", "file:////", "file:\\\\"]
            .iter()
            .any(|scheme| target.trim_start().starts_with(scheme))
    };
    if has_template && attribute(text, "target").any(is_foreign) {
        return Err(Forbidden::ForeignTemplate);
    }
    Ok(())
}

/// A part as text, in lower case. Two ways of hiding a word are refused: declarations and character
/// references.
fn xml(file: &mut (impl Read + Seek), entry: &Entry) -> Result<String, Inspected> {
    let bytes = zip::content(file, entry, MAX_PART)?;
    let text = String::from_utf8(bytes).map_err(|_| Forbidden::Damaged)?;
    if text.contains("<!DOCTYPE") || text.contains("<!ENTITY") || text.contains("&#") {
        return Err(Forbidden::Damaged.into());
    }
    Ok(text.to_lowercase())
}

/// The values of all attributes of this name.
fn attribute<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(name).filter_map(move |(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        let rest = text.get(at + name.len()..)?.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let value = rest.get(1..)?.split(quote).next()?;
        before.is_some_and(char::is_whitespace).then_some(value)
    })
}
