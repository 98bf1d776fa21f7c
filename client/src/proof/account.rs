//! The record of a case, from what this vault knows.

use tsumugu_catalogue::deadline::{
    ADMISSION_INFO_1, Admission as Admitted, AdmissionRules, Assessment, Deadlines, Person,
    Provision, When, assess, deadlines,
};
use tsumugu_catalogue::{Catalogue, FilledForm, FormKind};
use tsumugu_trust::value::{InstitutionKind, Time};

use super::past;
use super::record::{
    Admission, CaseName, CaseRecord, Class, Delivery, Event, Exchange, FORMAT, OffSystemItem,
    PartyName, Receipt,
};
use crate::casefile::{CaseFile, CaseLetter, admitted, calendar, learnt, planned};
use crate::commands::shown::{ShownParty, unit_name};
use crate::commands::track::TrackedEvent;
use crate::failure::Failure;
use crate::hours;
use crate::jst;
use crate::mailbox::message::Message;
use crate::post::Post;
use crate::releases::Catalogues;

/// Ids of the sheets that give the information of 入院時情報連携加算: those of the steps that count for it.
pub(crate) fn admission_forms(catalogue: &Catalogue) -> Vec<String> {
    let steps =
        catalogue.steps().filter(|step| step.fees.iter().any(|fee| fee == ADMISSION_INFO_1));
    let forms = steps.flat_map(|step| step.forms.iter().cloned());
    let is_sheet =
        |id: &String| catalogue.form(id).is_some_and(|form| form.kind == FormKind::Sheet);
    let mut forms: Vec<String> = forms.filter(is_sheet).collect();
    forms.sort();
    forms.dedup();
    forms
}

/// Everything that is to be shown of a case.
///
/// # Errors
/// The vault.
pub(crate) fn account(post: &impl Post, case: &CaseFile) -> Result<CaseRecord, Failure> {
    let catalogues = Catalogues::of(post.home(), post.directory().catalogues());
    let catalogue = catalogues.newest().catalogue;
    let forms = admission_forms(catalogue);
    let deliveries = case.letters.iter().map(|letter| delivery(post, case, letter, &forms));
    let deliveries = deliveries.collect::<Result<Vec<_>, _>>()?;
    let off_system: Vec<OffSystemItem> =
        case.papers.iter().filter_map(|paper| past::item(&catalogues, paper)).collect();
    let own = post.keys()?.institution;
    let member = post.directory().member(own);
    let profile = member.and_then(|member| member.profile());
    let hours = profile.map(|profile| hours::week(&profile.hours)).unwrap_or_default();
    let admission = admitted(case).map(|at| Admission {
        at: written(at),
        word: if case.facts.admitted().is_some() { "office" } else { "letter" }.to_owned(),
        planned: case.facts.planned(),
        learnt: case.facts.learnt().map(written),
        learnt_from: case.facts.learnt_from().map(|by| by.ja().to_owned()),
        hours,
    });
    // A hospital gives no such information, so the add-on is none of its matters.
    let kind = member.and_then(|member| member.record()).map(|record| record.kind);
    let computed = match kind {
        Some(InstitutionKind::CareOffice | InstitutionKind::CommunitySupport) => {
            computed(post, catalogue, case)?
        }
        _ => None,
    };
    let assessed = computed.as_ref().map(|computed| assessed(&catalogues, case, computed, &forms));
    let class = computed.as_ref().zip(assessed.as_ref()).map(|(computed, assessed)| Class {
        class: assessed.standing.key().map(str::to_owned),
        rule_set: computed.rule_set.clone(),
        class_1_last_day: computed.class_1.day.to_string(),
        class_2_last_day: computed.class_2.day.to_string(),
        reason: assessed.reason.ja.clone(),
        provisional: assessed.provisional,
    });
    let notes = computed.iter().flat_map(|one| &one.notes);
    let notes = notes.chain(assessed.iter().flat_map(|one| &one.notes));
    let mut missing: Vec<String> =
        notes.filter(|note| note.is_missing()).map(|note| note.said().ja).collect();
    missing.extend(unconfirmed(&deliveries));
    missing
        .extend(off_system.iter().filter(|one| one.state == "unconfirmed").map(unconfirmed_paper));
    missing.dedup();
    let root = post.directory().root_fingerprint();
    Ok(CaseRecord {
        format: FORMAT.to_owned(),
        exchange: Exchange {
            origin: post.origin().to_string(),
            root: root.map(|root| root.to_string()).unwrap_or_default(),
        },
        office: party(ShownParty::of(post.directory(), own)),
        case: CaseName { id: case.id.to_string(), label: case.label().unwrap_or_default() },
        made: jst::iso(post.now()),
        admission,
        class,
        deliveries,
        off_system,
        missing,
    })
}

/// The last days of the case's admission, by the calendar that `case show` counts with; nothing where it is
/// not recorded, or no rules hold then.
///
/// # Errors
/// The vault.
pub(crate) fn computed(
    post: &impl Post,
    catalogue: &Catalogue,
    case: &CaseFile,
) -> Result<Option<Deadlines>, Failure> {
    let Some(at) = admitted(case) else { return Ok(None) };
    let Some(rules) = AdmissionRules::find(catalogue, at.day, None) else { return Ok(None) };
    let admission = Admitted { at, planned: planned(case), learnt: learnt(case) };
    Ok(Some(deadlines(rules, &admission, &calendar(post, at.day)?)))
}

/// What the first letter or paper that gives the information shows; a confirmation is shown apart and
/// moves nothing.
pub(crate) fn assessed(
    catalogues: &Catalogues,
    case: &CaseFile,
    computed: &Deadlines,
    forms: &[String],
) -> Assessment {
    let gives = |letter: &&CaseLetter| is_admission_info(letter, forms) && letter.outgoing;
    let letter = case.letters.iter().filter(gives).min_by_key(|letter| letter.index);
    let letter = letter.map(|letter| (letter.accepted, acknowledged(case, forms)));
    let paper = past::given(catalogues, &case.papers, forms);
    let paper = paper.map(|given| (given.sent, given.acknowledged));
    let first = letter.into_iter().chain(paper).min_by_key(|(sent, _)| *sent);
    let provision = first.map(|(sent, acknowledged)| Provision {
        sent: moment(sent),
        acknowledged: acknowledged.map(moment),
    });
    let person = Person { care_level: case.facts.care_level(), earlier: &[] };
    assess(computed, &person, provision.as_ref())
}

/// When the first edition of the information was confirmed.
fn acknowledged(case: &CaseFile, forms: &[String]) -> Option<Time> {
    let gives = case.letters.iter().filter(|one| one.outgoing && is_admission_info(one, forms));
    gives.filter_map(confirmed).min()
}

/// When a person of the recipient confirmed a letter.
pub(crate) fn confirmed(letter: &CaseLetter) -> Option<Time> {
    let answer = letter.answer.as_ref()?;
    (answer.answer == tsumugu_trust::statement::Answer::Acknowledged).then_some(answer.logged)
}

/// Whether a letter gives the information: a form of it, and not taken back.
pub(crate) fn is_admission_info(letter: &CaseLetter, forms: &[String]) -> bool {
    let is_one = letter.form_id().is_some_and(|id| forms.iter().any(|form| form == id));
    is_one && letter.validity != tsumugu_trust::state::Validity::Withdrawn
}

fn delivery(
    post: &impl Post,
    case: &CaseFile,
    letter: &CaseLetter,
    forms: &[String],
) -> Result<Delivery, Failure> {
    let message = Message::load(post.vault(), letter.from, letter.id)?;
    let envelope = message.as_ref().and_then(|message| message.envelope());
    let (digest, content, unit) = match envelope {
        Some((leaf, lines)) => (
            leaf.statement.digest().to_string(),
            lines.content.to_string(),
            unit_name(post.directory(), &lines.to).filter(|_| lines.to.unit.as_str() != "main"),
        ),
        None => Default::default(),
    };
    let title = letter.form.as_ref().map(FilledForm::summary_ja);
    let name = letter.name.as_ref().map(|name| format!("{} {}", name.id, name.version));
    let answer = letter.answer.as_ref().map(|answer| Receipt {
        answer: answer.answer.word().to_owned(),
        logged: jst::iso(answer.logged),
        index: answer.index,
        who: answer.worker.as_ref().map(|worker| worker.row()),
        comment: answer.comment.clone(),
    });
    Ok(Delivery {
        sent: letter.outgoing,
        from: letter.from.to_string(),
        message: letter.id.to_string(),
        other: party(ShownParty::of(post.directory(), letter.other)),
        unit: unit.unwrap_or_default(),
        title: title.unwrap_or_else(|| "この版では表示できない様式".to_owned()),
        form: name.unwrap_or_default(),
        edition: edition(case, letter),
        author: letter.author.row(),
        envelope: digest,
        content,
        validity: crate::commands::shown::validity_word(letter.validity).to_owned(),
        events: letter.events.iter().map(event).collect(),
        answer,
        is_admission_info: letter.outgoing && is_admission_info(letter, forms),
    })
}

/// 1, and one more for each letter that was corrected before it. A chain has no loops in the log.
fn edition(case: &CaseFile, letter: &CaseLetter) -> u32 {
    let (mut edition, mut replaced) = (1, letter.replaces);
    for _ in &case.letters {
        let before = replaced
            .and_then(|id| case.letters.iter().find(|one| one.id == id && one.from == letter.from));
        let Some(before) = before else { break };
        edition += 1;
        replaced = before.replaces;
    }
    // The corrected letter may not be here: it was one all the same.
    if replaced.is_some() { edition + 1 } else { edition }
}

fn event(event: &TrackedEvent) -> Event {
    Event {
        what: event.what.to_owned(),
        logged: event.logged.clone(),
        said: event.said.clone(),
        index: event.index,
        by: event.word.clone().map(party),
    }
}

/// What was sent, still counts, and nobody confirmed.
fn unconfirmed(deliveries: &[Delivery]) -> Vec<String> {
    let open = deliveries
        .iter()
        .filter(|one| one.sent && one.validity == "current" && !one.is_acknowledged());
    let say = |one: &Delivery| {
        format!("{}（{}）の受領確認がありません。", one.titled(), one.other_unit())
    };
    open.map(say).collect()
}

fn unconfirmed_paper(one: &OffSystemItem) -> String {
    format!("{}（{}、{}）の受領確認がありません。", one.what, one.other, one.means)
}

fn party(party: ShownParty) -> PartyName {
    PartyName { number: party.number, name: party.name }
}

/// Japan's day and time.
pub(crate) fn moment(time: Time) -> When {
    When::at(jst::civil(time))
}

/// As the office typed it.
fn written(when: When) -> String {
    match when.time {
        None => when.day.to_string(),
        Some(time) => format!("{}T{:02}:{:02}", when.day, time.hour(), time.minute()),
    }
}
