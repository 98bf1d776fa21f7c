//! Who plays: fictitious institutions, with numbers of the right form.

use tsumugu_client::failure::Failure;

use super::stage::{Person, Stage};
use super::step::text;

/// An institution of the story.
pub(super) struct Institution {
    /// Its home's name in the demo's folder.
    pub(super) home: &'static str,
    /// Its ten digits.
    pub(super) number: &'static str,
    /// As in the directory.
    pub(super) name: &'static str,
    kana: &'static str,
    kind: &'static str,
    telephone: &'static str,
    /// Who signs there, and the role.
    pub(super) worker: (&'static str, &'static str),
}

pub(super) const HOSPITAL: Institution = Institution {
    home: "hospital",
    number: "1217000001",
    name: "流山つむぐ病院",
    kana: "ながれやまつむぐびょういん",
    kind: "hospital",
    telephone: "04-7000-0100",
    worker: ("田中 由美", "退院支援看護師"),
};

pub(super) const OFFICE: Institution = Institution {
    home: "office",
    number: "1277000002",
    name: "ケアプランいとぐるま",
    kana: "けあぷらんいとぐるま",
    kind: "care-office",
    telephone: "04-7000-0200",
    worker: ("佐藤 健", "介護支援専門員"),
};

/// Is no member: it is reached by FAX.
pub(super) const PHARMACY: Institution = Institution {
    home: "",
    number: "1247000003",
    name: "かげろう薬局",
    kana: "かげろうやっきょく",
    kind: "pharmacy",
    telephone: "04-7000-0300",
    worker: ("山田 純", "薬剤師"),
};

const PHARMACY_FAX: &str = "04-7000-0301";

impl Institution {
    /// Someone there.
    pub(super) fn person<'s>(&self, stage: &'s Stage) -> Person<'s> {
        stage.person(self.home)
    }

    fn record(&self) -> [&'static str; 10] {
        [
            "--number",
            self.number,
            "--name",
            self.name,
            "--kana",
            self.kana,
            "--kind",
            self.kind,
            "--telephone",
            self.telephone,
        ]
    }
}

/// An institution joins as in life: invitation on paper, request, digits over the telephone, approval.
pub(super) fn enrol(
    stage: &Stage,
    admin: Person<'_>,
    institution: &Institution,
) -> Result<(), Failure> {
    let invited = admin.run(&[&["admin", "invite"], &institution.record()[..]].concat())?;
    let code = text(&invited, "code")?;
    let office = institution.person(stage);
    let (worker, role) = institution.worker;
    let hours = "mon-fri 09:00-18:00";
    let asked =
        office.run(&["enroll", &code, "--worker", worker, "--role", role, "--hours", hours])?;
    let digits = text(&asked, "digits")?;
    admin.run(&["admin", "approve", institution.number, "--digits", &digits])?;
    office.run(&["enroll"])?;
    Ok(())
}

/// The administrator lists one who is reached by FAX only.
pub(super) fn list_for_fax(admin: Person<'_>, institution: &Institution) -> Result<(), Failure> {
    let how = ["admin", "invite", "--fax-only", "--fax", PHARMACY_FAX];
    admin.run(&[&how[..], &institution.record()[..]].concat())?;
    Ok(())
}
