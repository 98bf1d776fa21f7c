//! `tsumugu report year`: the counts that fee rules ask for over twelve months. What the log holds is
//! counted; what it cannot hold, the office adds.

use std::collections::BTreeMap;

use serde::Serialize;
use tsumugu_catalogue::{Catalogue, Counter, Fee, Source};
use tsumugu_proto::v1::CaseStepState;
use tsumugu_trust::value::{Id, InstitutionKind};

use super::case_file::write_file;
use super::mail::exchange_mail;
use super::shown::ShownParty;
use crate::args::ReportYearArgs;
use crate::casefile::{CaseFile, CaseLetter};
use crate::context::Context;
use crate::csv::csv;
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::print::{PrintedReport, ReportPart, report_pdf};
use crate::session::{Purpose, Session};
use crate::statistic::Month;

/// Steps of the flow in which a care manager is given information for a discharge in an interview or
/// conference (面談・カンファレンス).
const DISCHARGE_STEPS: [&str; 2] = ["pre.interview-1", "pre.conf"];

/// The step of a meeting with a partner (顔の見える関係づくり).
const MEETING_STEPS: [&str; 1] = ["peace.meetings"];

const HEADS: [&str; 6] =
    ["報酬", "数えるもの", "必要な数", "つむぐの数", "確かさ", "事業所・病院が足すもの"];
const PARTNER_HEADS: [&str; 4] =
    ["相手の番号", "相手", "やり取りした手紙", "うちカンファレンスの案内"];

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct YearReport {
    /// First month.
    pub from: String,
    /// Last month.
    pub until: String,
    /// The counters of the fee rules for this side.
    pub counters: Vec<YearCounter>,
    /// The partners, most letters first.
    pub partners: Vec<Partner>,
    /// The files that were written.
    pub files: Vec<String>,
}

/// A counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct YearCounter {
    /// Id of the fee.
    pub fee: String,
    /// Its name.
    pub name: String,
    /// Id of the counter.
    pub counter: String,
    /// What is counted, in Japanese.
    pub what: String,
    /// How many the rule asks for.
    pub at_least: u32,
    /// What was counted here; nothing where nothing of it is in the log.
    pub counted: Option<u32>,
    /// What was counted and what the office must add, in Japanese.
    pub add: String,
    /// The months that the rule counts, in Japanese, where it names them.
    pub period: Option<String>,
    /// Whether no official paper confirms the number (暫定).
    pub provisional: bool,
}

/// An institution that letters went to or came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Partner {
    /// The institution.
    #[serde(flatten)]
    pub party: ShownParty,
    /// Letters to and from it.
    pub letters: u32,
    /// Invitations to conferences among them.
    pub invitations: u32,
}

/// What is in the log of twelve months.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tally {
    /// Letters and invitations by partner.
    partners: BTreeMap<Id, (u32, u32)>,
    /// Recorded interviews and conferences for discharges.
    interviews: u32,
    /// Recorded meetings with partners.
    meetings: u32,
}

/// Runs the command.
///
/// # Errors
/// A file is there already; an alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, args: &ReportYearArgs) -> Result<YearReport, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let until = args.until.unwrap_or_else(|| Month::of(jst::civil(ctx.now()).date()));
    let from = (1..12).fold(until, |month, _| month.before());
    let tally = Tally::of(&CaseFile::gather_all(&session)?, from, until);
    let own = session.identity().terminal()?.institution;
    let directory = session.directory();
    let kind = directory.member(own).and_then(|member| member.record()).map(|record| record.kind);
    let mut partners: Vec<Partner> = tally
        .partners
        .iter()
        .map(|(id, (letters, invitations))| Partner {
            party: ShownParty::of(directory, *id),
            letters: *letters,
            invitations: *invitations,
        })
        .collect();
    partners.sort_by(|one, other| {
        other.letters.cmp(&one.letters).then(one.party.number.cmp(&other.party.number))
    });
    let mut report = YearReport {
        from: from.to_string(),
        until: until.to_string(),
        counters: counters(ctx.catalogues().newest().catalogue, kind, &tally),
        partners,
        files: Vec::new(),
    };
    if let Some(file) = &args.csv {
        report.files.push(write_file(file, &csv(&HEADS, &report.rows()))?);
    }
    if let Some(file) = &args.out {
        let office = ShownParty::of(session.directory(), own);
        report.files.push(write_file(file, &report_pdf(&report.printed(ctx, &office.name))?)?);
    }
    Ok(report)
}

impl Tally {
    fn of(cases: &[CaseFile], from: Month, until: Month) -> Self {
        let is_in = |time| {
            let month = Month::of(jst::civil(time).date());
            from <= month && month <= until
        };
        let mut tally = Self::default();
        for case in cases {
            for letter in case.letters.iter().filter(|letter| is_in(letter.accepted)) {
                let partner = tally.partners.entry(letter.other).or_default();
                partner.0 += 1;
                partner.1 += u32::from(invites(letter));
            }
            let done = case.steps.iter().filter(|step| step.state == CaseStepState::Done);
            for step in done.filter(|step| is_in(step.at)) {
                tally.interviews += u32::from(DISCHARGE_STEPS.contains(&step.step.as_str()));
                tally.meetings += u32::from(MEETING_STEPS.contains(&step.step.as_str()));
            }
        }
        tally
    }
}

/// The counters of fees that this kind of institution claims; everybody else's see all.
/// Whether a letter invites to a conference; a reply to one does not.
fn invites(letter: &CaseLetter) -> bool {
    let is_reply = letter.form.as_ref().is_some_and(|form| form.value("reply").is_some());
    letter.form_id() == Some("notice-conference") && !is_reply
}

fn counters(
    catalogue: &Catalogue,
    kind: Option<InstitutionKind>,
    tally: &Tally,
) -> Vec<YearCounter> {
    let side = match kind {
        Some(InstitutionKind::Hospital | InstitutionKind::Clinic) => Some("medical"),
        Some(InstitutionKind::CareOffice | InstitutionKind::CommunitySupport) => Some("care"),
        _ => None,
    };
    let fees =
        catalogue.fees().iter().filter(|fee| side.is_none_or(|side| fee.side.name() == side));
    fees.filter_map(|fee| Some((fee, fee.editions.last()?)))
        .flat_map(|(fee, edition)| edition.counters.iter().map(move |one| counter(fee, one, tally)))
        .collect()
}

fn counter(fee: &Fee, one: &Counter, tally: &Tally) -> YearCounter {
    let partners = u32::try_from(tally.partners.len()).unwrap_or(u32::MAX);
    let (counted, add) = match one.id.as_str() {
        "discharge-liaisons" => (
            Some(tally.interviews),
            "つむぐの数は、面談・カンファレンスとして記録された手順です。シートの受信は数えません。記録していない面談を足してください。",
        ),
        "partner-institutions" => (
            Some(partners),
            "つむぐの数は、手紙をやり取りした施設です。ほかの連携機関を足し、面会のない施設を引いてください。",
        ),
        "partner-meetings" => (
            Some(tally.meetings),
            "つむぐの数は、記録された面会の合計です。要件は連携機関ごとなので、相手ごとに記録から数えてください。",
        ),
        _ => (None, "つむぐの記録からは数えられません。事業所の記録から数えてください。"),
    };
    let period = one.from_month.map(|month| {
        let last = if month == 1 { 12 } else { month - 1 };
        format!("{month}月から翌年{last}月まで")
    });
    YearCounter {
        fee: fee.id.clone(),
        name: fee.name_ja.clone(),
        counter: one.id.clone(),
        what: one.ja.clone(),
        at_least: one.at_least,
        counted,
        add: add.to_owned(),
        period,
        provisional: fee.is_provisional() || one.source != Source::Verified,
    }
}

impl YearCounter {
    fn cells(&self) -> Vec<String> {
        let period = self.period.as_ref().map(|period| format!("（{period}）")).unwrap_or_default();
        vec![
            self.name.clone(),
            format!("{}{period}", self.what),
            format!("{}以上", self.at_least),
            self.counted.map_or_else(|| "数えられません".to_owned(), |number| number.to_string()),
            if self.provisional { "暫定" } else { "" }.to_owned(),
            self.add.clone(),
        ]
    }
}

impl YearReport {
    fn rows(&self) -> Vec<Vec<String>> {
        self.counters.iter().map(YearCounter::cells).collect()
    }

    fn printed(&self, ctx: &Context, office: &str) -> PrintedReport {
        let columns = |heads: &[&str], shares: &[u16]| {
            let heads = heads.iter().zip(shares);
            heads.map(|(head, share)| ((*head).to_owned(), *share)).collect::<Vec<_>>()
        };
        let partners = self.partners.iter().map(|one| {
            let (letters, invitations) = (one.letters.to_string(), one.invitations.to_string());
            vec![one.party.number.clone(), one.party.name.clone(), letters, invitations]
        });
        PrintedReport {
            title: "年間の回数".to_owned(),
            subtitle: format!("{office}　{} から {} まで", self.from, self.until),
            notes: vec![
                "つむぐの記録から数えられるものだけの数です。要件を満たすかどうかを示すものではありません。".to_owned(),
            ],
            parts: vec![
                ReportPart::Table {
                    title: "報酬の要件になる数".to_owned(),
                    columns: columns(&HEADS, &[16, 18, 8, 9, 6, 30]),
                    rows: self.rows(),
                },
                ReportPart::Table {
                    title: "やり取りした相手".to_owned(),
                    columns: columns(&PARTNER_HEADS, &[14, 34, 14, 20]),
                    rows: partners.collect(),
                },
            ],
            personal: true,
            made: ctx.now(),
        }
    }
}

impl Outcome for YearReport {
    fn lines(&self, page: &mut Page) {
        page.row(&format!("{} - {}", self.from, self.until));
        for one in &self.counters {
            let cells = one.cells();
            let mark = if one.provisional { "【暫定】" } else { "" };
            let counted = cells.get(3).map(String::as_str).unwrap_or_default();
            page.row(&format!(
                "    {}  {}",
                one.name,
                cells.get(1).map(String::as_str).unwrap_or_default()
            ));
            page.row(&format!("        {counted} / {}以上{mark}", one.at_least));
            page.row(&format!("        {}", one.add));
        }
        for one in &self.partners {
            page.row(&format!(
                "    {}  手紙 letters {}  案内 invitations {}",
                one.party.row(),
                one.letters,
                one.invitations
            ));
        }
        for file in &self.files {
            page.say(&Sentence::new("report.written").with("file", file));
        }
        page.say(&Sentence::new("proof.no-fee-is-said"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_has_the_counters_of_its_fees() {
        let tally = Tally { interviews: 7, meetings: 2, ..Tally::default() };
        let of = |kind| {
            let counters = counters(Catalogue::built_in(), Some(kind), &tally);
            counters
                .into_iter()
                .map(|one| (one.counter, one.at_least, one.counted))
                .collect::<Vec<_>>()
        };
        let care = of(InstitutionKind::CareOffice);
        assert!(care.contains(&("discharge-liaisons".to_owned(), 35, Some(7))), "{care:?}");
        // What the log has nothing of is not zero.
        assert!(care.contains(&("terminal-care".to_owned(), 15, None)), "{care:?}");
        let hospital = of(InstitutionKind::Hospital);
        assert!(
            hospital.contains(&("partner-institutions".to_owned(), 25, Some(0))),
            "{hospital:?}"
        );
        assert!(hospital.contains(&("partner-meetings".to_owned(), 3, Some(2))), "{hospital:?}");
        assert!(hospital.iter().all(|one| one.0 != "discharge-liaisons"));
        let all = counters(Catalogue::built_in(), Some(InstitutionKind::Municipality), &tally);
        assert_eq!(all.len(), care.len() + hospital.len());
    }

    #[test]
    fn steps_that_are_counted_are_in_the_flow() {
        for id in DISCHARGE_STEPS.iter().chain(&MEETING_STEPS) {
            assert!(Catalogue::built_in().step(id).is_some(), "{id}");
        }
    }
}
