//! A spoilt flow for every finding, and the flow that the built-in catalogue carries.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use tsumugu_catalogue::{
    Anchor, Catalogue, DoneBy, Draft, Pattern, Recurs, Source, Step, TimeUnit,
};

const PEOPLE: &str = r#"
[[role]]
id = "hospital"
side = "hospital"
ja = "病院"
en = "Hospital"

[[role]]
id = "care-manager"
side = "care"
ja = "ケアマネジャー"
en = "Care manager"

[[skip_reason]]
id = "died"
ja = "死亡"
en = "Died"
"#;

const FEES: &str = r#"
[[fee]]
id = "care.one"
side = "care"
name_ja = "加算1"
name_en = "Fee 1"
claimed_by = "care-manager"
source = "V"

[[fee.edition]]
version = "R6"
valid_from = "2024-04-01"
amount_ja = "250単位"
amounts = []
rule_ja = "規則"
rule_en = "Rule"
proof = "no"
proof_ja = "なし"
proof_en = "None"
evidence = [{ ja = "記録", en = "Record", log = true }]

[[fee.edition.deadline]]
act = "information"
anchor = "admission"
last_day = 0
before_counts = true
source = "V"
"#;

const FORM: &str = r#"
id = "notice"
kind = "notice"
title_ja = "連絡"
title_en = "Notice"
version = "1"
edition = "初版"
issuer = "市"
direction = "both"
pages = 0
legal_status = "任意"
provenance = "案"

[[section]]
id = "body"
title_ja = "本文"
title_en = "Body"
fields = [
  { id = "note", label_ja = "連絡", label_en = "Note", type = "text", required = "opt", source = "P" },
]
"#;

const PHASE: &str = r#"
[phase]
id = "admission"
ja = "入院時"
en = "Admission"
version = "1"

[[step]]
id = "adm.notice"
version = "1"
name_ja = "入院連絡"
name_en = "Notice"
pattern = "A"
from = ["hospital"]
to = ["care-manager"]
timing_ja = "3日以内"
timing = { anchor = "admission", from = 0, until = 2, unit = "days", rules = ["care.one"], source = "P" }
forms = ["notice"]
fees = ["care.one"]
done_by = "form"
next_ja = "受領"
next_en = "Receipt"
teach_ja = "早く"
teach_en = "Early"
skip_reasons = ["died"]
source = "V"
note = "remark"

[[step]]
id = "adm.ack"
version = "1"
name_ja = "受領確認"
name_en = "Receipt"
pattern = "AB"
from = ["care-manager"]
to = ["hospital"]
timing_ja = "毎月"
timing = { recurs_months = 1 }
done_by = "acknowledgement"
next_ja = "記録"
next_en = "Record"
teach_ja = "必ず"
teach_en = "Always"
source = "K"
"#;

fn draft(people: &str, phase: &str, fees: &str) -> Draft {
    let files = [
        ("flow.toml", people),
        ("flow/1.toml", phase),
        ("fees/fees.toml", fees),
        ("notices/notice.toml", FORM),
    ];
    Draft::parse(&files).unwrap()
}

#[test]
fn the_sound_flow_has_no_findings() {
    assert_eq!(draft(PEOPLE, PHASE, FEES).check(), []);
}

#[test]
fn every_spoilt_flow_is_found() {
    let phase = |from: &str, to: &str| {
        assert!(PHASE.contains(from), "{from}");
        draft(PEOPLE, &PHASE.replacen(from, to, 1), FEES)
    };
    let no_deadline = &FEES[..FEES.find("[[fee.edition.deadline]]").unwrap()];
    let twice = Draft::parse(&[
        ("flow.toml", PEOPLE),
        ("flow/1.toml", PHASE),
        ("flow/2.toml", PHASE),
        ("fees/fees.toml", FEES),
        ("notices/notice.toml", FORM),
    ]);
    let no_form =
        Draft::parse(&[("flow.toml", PEOPLE), ("flow/1.toml", PHASE), ("fees/fees.toml", FEES)]);
    let empty = &PHASE[..PHASE.find("[[step]]").unwrap()];
    let spoilt = [
        ("phase and steps twice", twice.unwrap()),
        ("no step", draft(PEOPLE, empty, FEES)),
        ("Japanese gloss", phase("\"Admission\"", "\"入院\"")),
        ("step twice", phase("\"adm.ack\"", "\"adm.notice\"")),
        ("id of a step", phase("\"adm.ack\"", "\"adm ack\"")),
        ("empty name", phase("\"入院連絡\"", "\"\"")),
        ("Japanese name", phase("\"Notice\"", "\"入院\"")),
        ("pattern", phase("\"A\"", "\"C\"")),
        ("role", phase("from = [\"hospital\"]", "from = [\"ward\"]")),
        ("nobody", phase("to = [\"care-manager\"]", "to = []")),
        ("role twice", phase("from = [\"hospital\"]", "from = [\"hospital\", \"hospital\"]")),
        ("form", phase("forms = [\"notice\"]", "forms = [\"letter\"]")),
        ("form that went away", no_form.unwrap()),
        ("done by no form", phase("forms = [\"notice\"]", "forms = []")),
        ("done by", phase("\"acknowledgement\"", "\"magic\"")),
        ("fee", phase("fees = [\"care.one\"]", "fees = [\"care.two\"]")),
        ("reason", phase("[\"died\"]", "[\"lost\"]")),
        ("source", phase("source = \"K\"", "source = \"X\"")),
        ("source of the timing", phase("source = \"P\"", "source = \"X\"")),
        ("citation", phase("note = \"remark\"", "cites = [\"rumour\"]")),
        ("empty note", phase("\"remark\"", "\" \"")),
        ("anchor", phase("\"admission\", from", "\"birth\", from")),
        ("no anchor", phase("anchor = \"admission\", ", "")),
        ("timing of nothing", phase("{ recurs_months = 1 }", "{}")),
        ("reversed", phase("from = 0", "from = 3")),
        ("far day", phase("until = 2", "until = 999")),
        ("unit", phase("\"days\"", "\"weeks\"")),
        ("rule that is not there", phase("rules = [\"care.one\"]", "rules = [\"care.two\"]")),
        ("rule without deadline", draft(PEOPLE, PHASE, no_deadline)),
        ("never", phase("recurs_months = 1", "recurs_months = 0")),
        ("twice recurring", phase("recurs_months = 1", "recurs_months = 1, recurs_days = 1")),
    ];
    let report = support::report(spoilt);
    insta::assert_snapshot!(report);
}

#[test]
fn unknown_keys_of_a_step_are_refused() {
    let text = PHASE.replacen("pattern = \"A\"", "patern = \"A\"", 1);
    let error = Draft::parse(&[("flow/1.toml", &text)]).unwrap_err();
    assert_eq!((error.file.as_str(), error.line), ("flow/1.toml", 13));
}

#[test]
fn there_are_43_steps_in_8_phases() {
    let catalogue = Catalogue::built_in();
    let counts: Vec<_> =
        catalogue.phases().iter().map(|phase| (phase.id.as_str(), phase.steps.len())).collect();
    let expected = [
        ("peace", 5),
        ("planned", 3),
        ("admission", 8),
        ("stay", 9),
        ("before-discharge", 8),
        ("discharge", 2),
        ("after", 4),
        ("exception", 4),
    ];
    assert_eq!(counts, expected);
    assert_eq!(catalogue.steps().count(), 43);
    let pattern = |pattern| catalogue.steps().filter(|step| step.pattern == pattern).count();
    assert_eq!(
        (pattern(Pattern::Known), pattern(Pattern::Both), pattern(Pattern::New)),
        (23, 18, 2)
    );
}

#[test]
fn steps_carry_their_timing_and_what_is_not_confirmed_is_provisional() {
    let step = |id: &str| -> &Step { Catalogue::built_in().step(id).unwrap() };
    let send = step("adm.send-info");
    let timing = send.timing.as_ref().unwrap();
    assert_eq!((timing.anchor, timing.until), (Some(Anchor::Admission), Some(2)));
    assert_eq!(timing.rules, ["care.admission-info.1", "care.admission-info.2"]);
    assert!(!send.is_provisional() && send.done_by == DoneBy::Form);
    let inquiry = step("adm.cm-inquiry").timing.as_ref().unwrap();
    assert_eq!((inquiry.unit, inquiry.until), (TimeUnit::BusinessDays, Some(1)));
    let standing = step("peace.standing-sheet");
    assert_eq!(standing.timing.as_ref().unwrap().recurs, Some(Recurs::Months(6)));
    // The step is on a paper, its timing is a proposal.
    assert!(standing.source == Source::Verified && standing.is_provisional());
    assert!(step("pre.services").is_provisional());
    assert_eq!(step("pre.date").timing.as_ref().unwrap().until, Some(-7));
    assert_eq!(step("adm.ack").done_by, DoneBy::Acknowledgement);
}

/// Every form of the catalogue but the test letter has a step that uses it, and every fee that
/// liaison earns has one that counts for it.
#[test]
fn no_form_lies_idle() {
    let catalogue = Catalogue::built_in();
    for form in catalogue.forms().filter(|form| form.id != "test-letter") {
        assert!(catalogue.steps().any(|step| step.forms.contains(&form.id)), "{}", form.id);
    }
    let idle = catalogue.fees().iter().map(|fee| fee.id.as_str());
    let idle: Vec<_> = idle
        .filter(|id| !catalogue.steps().any(|step| step.fees.iter().any(|fee| fee == id)))
        .collect();
    let expected =
        ["care.terminal", "care.emergency-conf", "care.medcoop", "care.tokutei", "care.shoguu"];
    assert_eq!(idle, expected);
}
