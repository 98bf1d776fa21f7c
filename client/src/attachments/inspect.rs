//! What is in a file, by its bytes: before it is sent, and before it is written out.
//!
//! An allow-list. What is found elsewhere is named only so that a person knows what to do.

use std::io::{self, Read, Seek, SeekFrom};

use super::zip::ends_as_archive;
use super::{FileKind, FileName, office, pdf};

/// Bytes at the beginning that tell types apart.
const HEAD: usize = 32;

/// The signature of a PNG (section 5.2).
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// How a PNG ends: an empty IEND with its check.
const PNG_END: &[u8] = b"\0\0\0\0IEND\xaeB`\x82";

/// How a file of the older Office begins, or an encrypted one of the newer (MS-CFB).
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Brands of HEIF (ISO/IEC 23008-12, annex B; 23000-22).
const HEIF_BRANDS: [&[u8]; 6] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"];

/// Beginnings of programs: Windows and DOS, Linux, macOS (both byte orders and universal, which Java
/// classes share).
const PROGRAMS: [&[u8]; 7] = [
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
];

/// Beginnings of archives: zip, RAR, 7-Zip, gzip, bzip2, xz, Zstandard, cabinet.
const ARCHIVES: [&[u8]; 9] = [
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"MSCF",
];

/// The type of a file whose content was looked at. Only [`inspect`] makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedKind(FileKind);

impl CheckedKind {
    /// The type.
    #[must_use]
    pub fn kind(self) -> FileKind {
        self.0
    }
}

/// Why a file is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// A PDF that does something when it is opened: a script, a program to start, a film.
    #[error("the PDF holds something that acts")]
    Active,
    /// An archive, or something that is read as one too.
    #[error("an archive")]
    Archive,
    /// Begins as a type that is allowed, and is none.
    #[error("damaged, or not what it begins as")]
    Damaged,
    /// Another file is in it.
    #[error("another file is embedded")]
    Embedded,
    /// Nobody can look into it.
    #[error("encrypted")]
    Encrypted,
    /// A program.
    #[error("a program")]
    Executable,
    /// A document that fetches its template from elsewhere when it is opened.
    #[error("a template from elsewhere")]
    ForeignTemplate,
    /// A document with macros.
    #[error("macros")]
    Macros,
    /// Not what its name says.
    #[error("not what its name says")]
    NotItsName,
    /// Word, Excel or another program of before 2007, or encrypted.
    #[error("an older Office file, or an encrypted one")]
    OldOffice,
    /// Text that may be a script.
    #[error("text or a script")]
    Script,
    /// More parts than are looked at.
    #[error("too many parts")]
    TooComplex,
    /// Nothing that is known.
    #[error("an unknown type")]
    Unknown,
}

impl Forbidden {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Active,
        Self::Archive,
        Self::Damaged,
        Self::Embedded,
        Self::Encrypted,
        Self::Executable,
        Self::ForeignTemplate,
        Self::Macros,
        Self::NotItsName,
        Self::OldOffice,
        Self::Script,
        Self::TooComplex,
        Self::Unknown,
    ];

    /// Key of the message that says it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Active => "content.active",
            Self::Archive => "content.archive",
            Self::Damaged => "content.damaged",
            Self::Embedded => "content.embedded",
            Self::Encrypted => "content.encrypted",
            Self::Executable => "content.executable",
            Self::ForeignTemplate => "content.foreign-template",
            Self::Macros => "content.macros",
            Self::NotItsName => "content.not-its-name",
            Self::OldOffice => "content.old-office",
            Self::Script => "content.script",
            Self::TooComplex => "content.too-complex",
            Self::Unknown => "content.unknown",
        }
    }
}

/// Why a file was not passed on.
#[derive(Debug, thiserror::Error)]
pub enum Inspected {
    /// By what is in it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// It cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[from] io::Error),
}

/// Looks into a file: its type by content, which must be the one that its name says, and nothing in it
/// that acts or hides.
///
/// # Errors
/// [`Inspected`]
pub fn inspect(file: &mut (impl Read + Seek), name: &FileName) -> Result<CheckedKind, Inspected> {
    let head = read_at(file, 0, HEAD)?;
    let kind = match begins_as(&head) {
        Begins::As(kind) => kind,
        Begins::AsZip => office::inspect(file)?,
        Begins::Forbidden(forbidden) => return Err(forbidden.into()),
    };
    if !kind.extensions().contains(&name.extension().as_str()) {
        return Err(Forbidden::NotItsName.into());
    }
    match kind {
        FileKind::Pdf => pdf::inspect(file)?,
        FileKind::Png if !ends_with(file, PNG_END)? => return Err(Forbidden::Damaged.into()),
        _ => {}
    }
    // A picture or PDF that an unpacker opens too is an archive by another name.
    if !matches!(kind, FileKind::Docx | FileKind::Xlsx) && ends_as_archive(file)? {
        return Err(Forbidden::Archive.into());
    }
    Ok(CheckedKind(kind))
}

enum Begins {
    As(FileKind),
    AsZip,
    Forbidden(Forbidden),
}

fn begins_as(head: &[u8]) -> Begins {
    let is = |beginning: &&[u8]| head.starts_with(beginning);
    let is_heif = head.get(4..8) == Some(b"ftyp")
        && head.get(8..12).is_some_and(|brand| HEIF_BRANDS.contains(&brand));
    match head {
        [b'P', b'K', 3, 4, ..] => Begins::AsZip,
        [b'%', b'P', b'D', b'F', b'-', ..] => Begins::As(FileKind::Pdf),
        [0xff, 0xd8, 0xff, ..] => Begins::As(FileKind::Jpeg),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Begins::As(FileKind::Tiff),
        _ if head.starts_with(PNG) => Begins::As(FileKind::Png),
        _ if is_heif => Begins::As(FileKind::Heic),
        _ if head.starts_with(COMPOUND) => Begins::Forbidden(Forbidden::OldOffice),
        _ if PROGRAMS.iter().any(is) => Begins::Forbidden(Forbidden::Executable),
        _ if ARCHIVES.iter().any(is) || is_lzh(head) => Begins::Forbidden(Forbidden::Archive),
        _ if is_text(head) => Begins::Forbidden(Forbidden::Script),
        _ => Begins::Forbidden(Forbidden::Unknown),
    }
}

/// LHA, which was common in Japan: `-lh5-` after two bytes.
fn is_lzh(head: &[u8]) -> bool {
    matches!(head.get(2..7), Some([b'-', b'l', b'h' | b'z', _, b'-']))
}

/// Whether it begins as text does; an empty file does not.
fn is_text(head: &[u8]) -> bool {
    !head.is_empty() && !head.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127))
}

/// At most `most` bytes from a place on.
pub(super) fn read_at(file: &mut (impl Read + Seek), at: u64, most: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn ends_with(file: &mut (impl Read + Seek), end: &[u8]) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    let Some(at) = length.checked_sub(end.len() as u64) else { return Ok(false) };
    Ok(read_at(file, at, end.len())? == end)
}
