//! What a form asks for. These types come only out of a [`Draft`](crate::Draft) that passed its
//! check, so a condition's field exists, a choice has options, and ids are unique.

/// A sheet (様式) or a notice (連絡).
#[derive(Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Form {
    /// Name of the form, such as `mhlw-admission-info-r6`.
    pub id: String,
    /// Sheet or notice.
    pub kind: FormKind,
    /// The printed title.
    pub title_ja: String,
    /// An English title.
    pub title_en: String,
    /// The edition of the fields; a filled form carries it.
    pub version: String,
    /// Which edition of the issuer's form this is, for people.
    pub edition: String,
    /// Who issues the form.
    pub issuer: String,
    /// Who sends it to whom.
    pub direction: Direction,
    /// Printed A4 pages; 0 for a notice.
    pub pages: u32,
    /// What the law says of the form.
    pub legal_status: String,
    /// How far the form is confirmed.
    pub provenance: String,
    /// Sources by id of `data/sources.toml`.
    pub cites: Vec<String>,
    /// The national form that this one stands in for, if it does.
    pub national: Option<National>,
    /// The sections in printed order, at least one.
    pub sections: Vec<Section>,
}

impl Form {
    /// All fields in printed order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.sections.iter().flat_map(|section| &section.fields)
    }

    /// The field with this id.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields().find(|field| field.id == id)
    }

    /// How much of the form no official paper confirms (暫定). Printed sentences do not count.
    pub fn provisional(&self) -> Provisional {
        let mut asked = self.fields().filter(|field| field.ty != FieldType::Static).peekable();
        if asked.peek().is_none() || asked.all(Field::is_provisional) {
            return Provisional::All;
        }
        if self.fields().any(Field::is_provisional) { Provisional::Some } else { Provisional::None }
    }
}

/// The national form (国の様式例) whose items a simplified form carries: a substitute counts for the fee
/// only as far as it holds the same items.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct National {
    /// Id of the national form.
    pub form: String,
    /// How sure the mapping of the fields is.
    pub source: Source,
}

/// A part of a form under one heading.
#[derive(Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Section {
    /// Unique in the form.
    pub id: String,
    /// The printed heading.
    pub title_ja: String,
    /// An English heading.
    pub title_en: String,
    /// The fields in printed order, at least one.
    pub fields: Vec<Field>,
}

/// One item of a form (項目).
#[derive(Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Field {
    /// Unique in the form; the key in a filled form.
    pub id: String,
    /// The printed label.
    pub label_ja: String,
    /// An ASCII gloss.
    pub label_en: String,
    /// What may be filled in.
    pub ty: FieldType,
    /// Printed after the value, such as 才.
    pub unit: Option<String>,
    /// Who misses the field when it is empty.
    pub required: Required,
    /// When the field applies; always if there is none.
    pub when: Option<Condition>,
    /// The send itself knows the value (recipient, sender, date), nobody needs to type it.
    pub filled_by_send: bool,
    /// Left out of the copy for the family.
    pub staff_only: bool,
    /// ★: the hospital screens for it (退院困難な要因).
    pub star: bool,
    /// It says whether there is consent (同意), since when, or on which ground.
    pub consent: bool,
    /// It belongs to one occasion, such as 入院日: a new form does not take it over from an earlier one.
    pub once: bool,
    /// Fields of the national form that this one covers, by id.
    pub national: Vec<String>,
    /// How sure the field is.
    pub source: Source,
    /// Sources by id of `data/sources.toml`.
    pub cites: Vec<String>,
    /// A remark for readers of the catalogue.
    pub note: Option<String>,
}

impl Field {
    /// Whether no official paper confirms the field (暫定).
    pub fn is_provisional(&self) -> bool {
        self.source != Source::Verified
    }
}

/// What may be filled into a field. Which texts are read is told in the manual of forms and, for
/// each type, by the remedy of its error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FieldType {
    /// File names of attachments.
    Attachment,
    /// Yes or no.
    Boolean,
    /// Any number of the options.
    Checklist {
        /// In printed order, no duplicates.
        options: Vec<String>,
    },
    /// One of the options.
    Choice {
        /// In printed order, no duplicates.
        options: Vec<String>,
    },
    /// A calendar date.
    Date,
    /// From one date to another; one end may be open.
    DateRange,
    /// A date and a time of day, to the minute.
    DateTime,
    /// One option per row.
    Grid {
        /// In printed order, no duplicates.
        rows: Vec<String>,
        /// In printed order, no duplicates.
        options: Vec<String>,
    },
    /// A number from 0, with at most two decimals.
    Number,
    /// An institution.
    Org,
    /// A telephone number.
    Phone,
    /// A printed sentence; takes no value.
    Static,
    /// Rows of text cells.
    Table {
        /// In printed order, no duplicates.
        columns: Vec<String>,
    },
    /// One line of text.
    Text,
    /// Text of several lines.
    Textarea,
    /// A time of day.
    Time,
}

impl FieldType {
    /// The name of the type in the data.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Attachment => "attachment",
            Self::Boolean => "boolean",
            Self::Checklist { .. } => "checklist",
            Self::Choice { .. } => "choice",
            Self::Date => "date",
            Self::DateRange => "daterange",
            Self::DateTime => "datetime",
            Self::Grid { .. } => "grid",
            Self::Number => "number",
            Self::Org => "org",
            Self::Phone => "phone",
            Self::Static => "static",
            Self::Table { .. } => "table",
            Self::Text => "text",
            Self::Textarea => "textarea",
            Self::Time => "time",
        }
    }

    /// The options of a choice, checklist or grid; empty for every other type.
    pub fn options(&self) -> &[String] {
        match self {
            Self::Checklist { options } | Self::Choice { options } | Self::Grid { options, .. } => {
                options
            }
            _ => &[],
        }
    }
}

/// A field applies when an earlier choice or checklist has one of these options.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Condition {
    /// Id of the earlier field in the same form.
    pub field: String,
    /// Options of that field, at least one.
    pub any_of: Vec<String>,
}

/// Sheet or notice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FormKind {
    /// A short structured message (連絡).
    Notice,
    /// A printed form (様式).
    Sheet,
}

impl FormKind {
    /// The word in the data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Sheet => "sheet",
        }
    }
}

/// Who sends a form to whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// Either side.
    Both,
    /// Kept by the care manager, not sent.
    CareManagerRecord,
    /// Care office (居宅介護支援事業所) to hospital.
    CareManagerToHospital,
    /// Hospital to care office.
    HospitalToCareManager,
}

impl Direction {
    /// The word in the data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::CareManagerRecord => "care_manager_record",
            Self::CareManagerToHospital => "care_manager_to_hospital",
            Self::HospitalToCareManager => "hospital_to_care_manager",
        }
    }
}

/// Who misses a field when it is empty. Only ever a warning: a late sheet costs more than a thin one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Required {
    /// The service needs it.
    System,
    /// Statutory information (必要な情報) or the core of the form: the fee hangs on it.
    Fee,
    /// The region asks for it (必須記載事項).
    Region,
    /// Nobody.
    Optional,
}

impl Required {
    /// The word in the data.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Fee => "fee",
            Self::Region => "region",
            Self::Optional => "opt",
        }
    }
}

/// How sure a field is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// C: seen only on a comparable form of another issuer.
    Comparable,
    /// K: from knowledge of the trade, not confirmed.
    Knowledge,
    /// P: proposed by this project.
    Proposed,
    /// V: seen on a public page or paper.
    Verified,
}

impl Source {
    /// The letter in the data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comparable => "C",
            Self::Knowledge => "K",
            Self::Proposed => "P",
            Self::Verified => "V",
        }
    }
}

impl crate::words::Word for Source {
    const ALL: &'static [Self] =
        &[Self::Verified, Self::Comparable, Self::Knowledge, Self::Proposed];

    fn word(self) -> &'static str {
        self.name()
    }
}

/// How much of a form is provisional (暫定).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Provisional {
    /// Every field.
    All,
    /// No field.
    None,
    /// Some fields, each marked.
    Some,
}
