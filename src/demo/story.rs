//! The story: a stay in hospital, from the admission to the report after the discharge, and everything
//! is verified.

use serde_json::{Value, json};
use tsumugu_client::failure::Failure;
use tsumugu_trust::value::Time;

use super::form::{Days, write};
use super::letter::{Letter, acknowledge, attend, note, send};
use super::papers::{Papers, papers};
use super::people::{HOSPITAL, Institution, OFFICE, PHARMACY, enrol, list_for_fax};
use super::report::{Message, Report};
use super::stage::{Closed, Stage};
use super::step::{failed, path, text};

/// How the office and the hospital call the case (事例) among themselves.
const LABEL: &str = "流山 花子さま";

/// What the story leaves to be verified.
pub(super) struct Told {
    fingerprint: String,
    messages: Vec<Message>,
    papers: Papers,
}

/// Plays it.
pub(super) fn play(stage: &Stage, now: Time) -> Result<Told, Failure> {
    let admin = stage.person("admin");
    let joined = admin.run(&["admin", "init", &stage.code])?;
    let fingerprint = text(&joined, "fingerprint")?;
    for institution in [&HOSPITAL, &OFFICE] {
        enrol(stage, admin, institution)?;
    }
    list_for_fax(admin, &PHARMACY)?;
    let mut stay = Stay { stage, days: Days(now), case: String::new(), messages: Vec::new() };
    stay.admission()?;
    stay.conference()?;
    stay.discharge()?;
    stay.pharmacy()?;
    stay.afterwards()?;
    stage.person("office").run(&["log", "verify"])?;
    let papers = papers(stage, &stay.case)?;
    Ok(Told { fingerprint, messages: stay.messages, papers })
}

/// Verifies what is left, offline.
pub(super) fn verify(stopped: Closed, told: Told) -> Result<Report, Failure> {
    let anyone = stopped.anyone();
    let log = stopped.dir.join("server").join("log");
    let verified =
        anyone.run(&["log", "verify", path(&log)?, "--fingerprint", &told.fingerprint])?;
    for message in &told.messages {
        let seen = anyone.run(&[
            "verify",
            &message.evidence,
            "--fingerprint",
            &told.fingerprint,
            "--log",
            path(&log)?,
        ])?;
        if seen["outcome"] != "anchored" {
            return Err(failed("verify"));
        }
    }
    for record in &told.papers.records {
        anyone.run(&["verify", &record.file, "--code", &record.code])?;
    }
    let checkpoint = tsumugu_durable::read_limited(&log.join("checkpoint"), 1 << 16)
        .map_err(|_| failed("checkpoint"))?;
    Ok(Report {
        verified: verified["anchored"] == true,
        dir: stopped.dir.display().to_string(),
        checkpoint: String::from_utf8_lossy(&checkpoint).into_owned(),
        leaves: verified["size"].as_u64().unwrap_or_default(),
        root_fingerprint: told.fingerprint,
        messages: told.messages,
        papers: told.papers,
    })
}

/// The stay as it goes on.
struct Stay<'s> {
    stage: &'s Stage,
    days: Days,
    case: String,
    messages: Vec<Message>,
}

impl Stay<'_> {
    /// The notice of admission, and the sheet on the same day.
    fn admission(&mut self) -> Result<(), Failure> {
        let (hospital, days) = (HOSPITAL.person(self.stage), self.days);
        let now = days.now();
        let begun = hospital.run(&["case", "new", LABEL, "--kana", "ながれやまはなこ"])?;
        self.case = text(&begun, "id")?;
        let admitted = [
            ("date_admitted", json!(now.replace(' ', "T"))),
            ("expected_stay", json!("10日くらい")),
        ];
        let notice = self.writes(&HOSPITAL, &OFFICE, "notice-admission", &admitted)?;
        self.receives(&notice, "承知しました。本日中にシートを送ります。")?;

        let office = OFFICE.person(self.stage);
        let case = self.case.clone();
        let heard = ["case", "set", &case, "--admitted", &now, "--learnt", &now];
        office.run(&[&heard[..], &["--from", "hospital", "--care-level", "要介護3"]].concat())?;
        office.run(&["case", "step", &case, "adm.stop-services", "--note", "通所と訪問を休止"])?;
        let today = [("date_written", days.day(0)), ("date_admitted", days.day(0))];
        let sheet = self.writes(&OFFICE, &HOSPITAL, "admission-info", &today)?;
        self.receives(&sheet, "受け取りました。病棟へ共有します。")
    }

    /// An invitation that moves twice, answered by name.
    fn conference(&mut self) -> Result<(), Failure> {
        let days = self.days;
        let candidates = json!([[days.at(5, "16:00"), ""], [days.at(6, "10:00"), ""]]);
        let first =
            [("status", json!("日程調整")), ("held_at", Value::Null), ("candidates", candidates)];
        let first = self.writes(&HOSPITAL, &OFFICE, "notice-conference", &first)?;
        self.comes(&first, &["--attend", "--candidate", "1,2"])?;
        let fixed = [("status", json!("決定")), ("held_at", days.at(5, "16:00"))];
        let fixed = self.writes(&HOSPITAL, &OFFICE, "notice-conference", &fixed)?;
        self.comes(&fixed, &["--attend"])?;
        let moved = [("status", json!("変更")), ("held_at", days.at(6, "10:00"))];
        let moved = self.writes(&HOSPITAL, &OFFICE, "notice-conference", &moved)?;
        self.comes(&moved, &["--online", "--comment", "オンラインで参加します。"])
    }

    /// The date of discharge, which changes, and the hospital's sheet.
    fn discharge(&mut self) -> Result<(), Failure> {
        let days = self.days;
        let expected = [("status", json!("見込み")), ("date_out", days.day(9))];
        let expected = self.writes(&HOSPITAL, &OFFICE, "notice-discharge-date", &expected)?;
        self.receives(&expected, "サービスの再開を調整します。")?;
        let later = [
            ("status", json!("変更")),
            ("date_out", days.day(11)),
            ("reason", json!("福祉用具の納品に合わせるため")),
        ];
        let later = self.writes(&HOSPITAL, &OFFICE, "notice-discharge-date", &later)?;
        self.receives(&later, "新しい日で手配し直します。")?;
        let sheet =
            [("date_written", days.day(10)), ("date_in", days.day(0)), ("date_out", days.day(11))];
        let sheet = self.writes(&HOSPITAL, &OFFICE, "chiba-b", &sheet)?;
        self.receives(&sheet, "ありがとうございます。")
    }

    /// A pharmacy that is no member: pages for the FAX, and who said on the telephone that they came.
    fn pharmacy(&mut self) -> Result<(), Failure> {
        let (office, days) = (OFFICE.person(self.stage), self.days);
        let date = [("status", json!("決定")), ("date_out", days.day(11))];
        let (form, _) = write(office, "pharmacy", "notice-discharge-date", &date)?;
        let out = self.stage.dir().join("out");
        let to = ["send", "--to", PHARMACY.number, "--notice", path(&form)?];
        let printed =
            office.run(&[&to[..], &["--case", &self.case, "--out", path(&out)?]].concat())?;
        let page = &printed["fax"][0];
        let (id, (by, role)) = (text(page, "id")?, PHARMACY.worker);
        let shown = office.run(&["record", "show", &id])?;
        let at = text(&shown, "time")?;
        office.run(&["record", "confirm", &id, "--by", by, "--role", role, "--at", &at])?;
        Ok(())
    }

    /// The care manager tells the ward how it goes at home.
    fn afterwards(&mut self) -> Result<(), Failure> {
        let days = self.days;
        let report = self.writes(&OFFICE, &HOSPITAL, "notice-after", &[("date", days.day(14))])?;
        self.receives(&report, "主治医に伝えました。")
    }

    fn writes(
        &self,
        from: &'static Institution,
        to: &'static Institution,
        example: &str,
        fields: &[(&str, Value)],
    ) -> Result<Letter, Failure> {
        send(self.stage, (from, to), &self.case, example, fields)
    }

    /// The other side opens it and acknowledges it by name.
    fn receives(&mut self, letter: &Letter, comment: &str) -> Result<(), Failure> {
        acknowledge(self.stage, letter, comment)?;
        self.messages.push(note(self.stage, letter)?);
        Ok(())
    }

    /// The care office answers an invitation, which acknowledges it too, and the hospital acknowledges
    /// the answer.
    fn comes(&mut self, invitation: &Letter, how: &[&str]) -> Result<(), Failure> {
        let reply = attend(self.stage, invitation, how)?;
        self.messages.push(note(self.stage, invitation)?);
        self.receives(&reply, "出欠を承りました。")
    }
}
