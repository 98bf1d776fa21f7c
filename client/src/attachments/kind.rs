//! The types of files that are attached (添付できる種類).

/// A type that may be attached (`docs/FORMATS.md`, section 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Word, without macros (ISO/IEC 29500).
    Docx,
    /// Pictures of telephones (ISO/IEC 23008-12).
    Heic,
    /// Photographs (ISO/IEC 10918-1).
    Jpeg,
    /// PDF (ISO 32000), without anything that acts.
    Pdf,
    /// Pictures (ISO/IEC 15948).
    Png,
    /// Scans (TIFF 6.0).
    Tiff,
    /// Excel, without macros (ISO/IEC 29500).
    Xlsx,
}

impl FileKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Docx, Self::Heic, Self::Jpeg, Self::Pdf, Self::Png, Self::Tiff, Self::Xlsx];

    /// Media type (IANA).
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Heic => "image/heic",
            Self::Jpeg => "image/jpeg",
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// How names of such files end, in lower case.
    #[must_use]
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Docx => &["docx"],
            Self::Heic => &["heic", "heif"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Tiff => &["tif", "tiff"],
            Self::Xlsx => &["xlsx"],
        }
    }

    /// The type of this media type.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }
}
