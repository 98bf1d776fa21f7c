//! A spoilt fee rule for every finding, and the rules that the built-in catalogue carries.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use jiff::civil::date;
use tsumugu_catalogue::{
    Act, AdmittedWhen, Catalogue, Draft, Extension, FeeSide, Rollover, Source,
};

const CODES: &str = r#"
[[list]]
id = "care_level"
title_ja = "要介護状態区分"
title_en = "Care level"
options = ["要支援1", "要介護1"]

[[service_code]]
code = "436125"
side = "care"
ja = "加算1"
en = "Fee 1"
source = "V"

[[number]]
id = "care-office"
ja = "介護事業所番号"
en = "Number of a care office"
digits = 10
parts_ja = "10桁"
parts_en = "10 digits"
source = "K"
"#;

const FLOW: &str = r#"
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
note = "remark"

[[fee.edition]]
version = "R6"
valid_from = "2024-04-01"
valid_to = "2026-05-31"
amount_ja = "250単位"
amounts = [{ value = 250, unit = "units", what_ja = "月", source = "V" }]
service_codes = ["436125"]
per_month = 1
excludes = ["care.two"]
excluded_care_levels = ["要支援1"]
interviews = { at_least = 2, conferences = 1 }
counters = [{ id = "visits", ja = "訪問", en = "Visits", at_least = 2, from_month = 3, source = "K" }]
rule_ja = "規則"
rule_en = "Rule"
limits_ja = "制限"
limits_en = "Limits"
proof = "partly"
proof_ja = "一部"
proof_en = "Some"
evidence = [{ ja = "記録", en = "Record", log = true }]

[[fee.edition.deadline]]
act = "information"
anchor = "admission"
last_day = 2
before_counts = true
after_hours = "next-day"
rollover = "next-day-if-closed"
rollover_when = ["after-hours"]
source = "K"

[[fee.edition]]
version = "R8"
valid_from = "2026-06-01"
amount_ja = "未確認"
amounts = []
rule_ja = "規則"
rule_en = "Rule"
proof = "no"
proof_ja = "なし"
proof_en = "None"
evidence = [{ ja = "記録", en = "Record", log = false }]

[[fee]]
id = "care.two"
side = "care"
name_ja = "加算2"
name_en = "Fee 2"
claimed_by = "care-manager"
source = "K"

[[fee.edition]]
version = "R6"
valid_from = "2024-04-01"
amount_ja = "200単位"
amounts = []
excludes = ["care.one"]
rule_ja = "規則"
rule_en = "Rule"
proof = "no"
proof_ja = "なし"
proof_en = "None"
evidence = [{ ja = "記録", en = "Record", log = false }]
"#;

fn draft(flow: &str, fees: &str) -> Draft {
    let files = [("codes.toml", CODES), ("flow.toml", flow), ("fees/fees.toml", fees)];
    Draft::parse(&files).unwrap()
}

#[test]
fn the_sound_fees_have_no_findings() {
    assert_eq!(draft(FLOW, FEES).check(), []);
}

#[test]
fn every_spoilt_fee_is_found() {
    let fees = |from: &str, to: &str| {
        assert!(FEES.contains(from), "{from}");
        draft(FLOW, &FEES.replacen(from, to, 1))
    };
    let flow = |from: &str, to: &str| {
        assert!(FLOW.contains(from), "{from}");
        draft(&FLOW.replacen(from, to, 1), FEES)
    };
    let codes = |from: &str, to: &str| {
        assert!(CODES.contains(from), "{from}");
        let codes = CODES.replacen(from, to, 1);
        let files = [("codes.toml", codes.as_str()), ("flow.toml", FLOW), ("fees/fees.toml", FEES)];
        Draft::parse(&files).unwrap()
    };
    let spoilt = [
        ("code that is not there", codes("code = \"436125\"", "code = \"436126\"")),
        ("code of the other insurance", codes("side = \"care\"", "side = \"medical\"")),
        ("source of a code", codes("source = \"V\"", "source = \"X\"")),
        ("digits", codes("digits = 10", "digits = 0")),
        ("parts", codes("\"10 digits\"", "\"10桁\"")),
        ("role that is not there", flow("id = \"care-manager\"", "id = \"manager\"")),
        ("side of a role", flow("side = \"care\"", "side = \"left\"")),
        ("Japanese gloss of a role", flow("\"Care manager\"", "\"ケアマネ\"")),
        ("empty reason", flow("ja = \"死亡\"", "ja = \" \"")),
        ("id with capitals", fees("id = \"care.one\"", "id = \"care.One\"")),
        ("id with an empty part", fees("id = \"care.two\"", "id = \"care..two\"")),
        ("fee twice", fees("id = \"care.two\"", "id = \"care.one\"")),
        ("side", fees("side = \"care\"", "side = \"dental\"")),
        ("source class", fees("source = \"V\"", "source = \"X\"")),
        ("citation", fees("note = \"remark\"", "cites = [\"rumour\"]")),
        ("empty note", fees("note = \"remark\"", "note = \"\"")),
        ("edition twice", fees("version = \"R8\"", "version = \"R6\"")),
        ("no such day", fees("\"2026-05-31\"", "\"2026-05-32\"")),
        ("day of an era", fees("\"2026-05-31\"", "\"R8.5.31\"")),
        ("gap", fees("\"2026-05-31\"", "\"2026-05-30\"")),
        ("overlap", fees("\"2026-05-31\"", "\"2026-06-01\"")),
        ("overlap without end", fees("valid_to = \"2026-05-31\"\n", "")),
        ("reversed", fees("\"2024-04-01\"", "\"2027-04-01\"")),
        ("amount", fees("value = 250", "value = 0")),
        ("amount with three decimals", fees("value = 250", "value = 2.125")),
        ("unit", fees("unit = \"units\"", "unit = \"yen\"")),
        ("code twice", fees("[\"436125\"]", "[\"436125\", \"436125\"]")),
        ("never in a month", fees("per_month = 1", "per_month = 0")),
        ("fee that is not there", fees("excludes = [\"care.two\"]", "excludes = [\"care.three\"]")),
        ("one-sided", fees("excludes = [\"care.one\"]\n", "")),
        ("care level", fees("[\"要支援1\"]", "[\"要支援9\"]")),
        ("conferences", fees("conferences = 1", "conferences = 3")),
        ("counter", fees("from_month = 3", "from_month = 13")),
        ("one language", fees("limits_en = \"Limits\"\n", "")),
        ("proof", fees("proof = \"partly\"", "proof = \"maybe\"")),
        ("no evidence", fees("[{ ja = \"記録\", en = \"Record\", log = true }]", "[]")),
        ("act", fees("act = \"information\"", "act = \"dance\"")),
        ("anchor", fees("anchor = \"admission\"", "anchor = \"birth\"")),
        ("far day", fees("last_day = 2", "last_day = 367")),
        ("extension", fees("\"next-day\"", "\"next-week\"")),
        ("rollover", fees("\"next-day-if-closed\"", "\"sometimes\"")),
        ("rollover of nothing", fees("rollover_when = [\"after-hours\"]\n", "")),
        ("no rollover", fees("rollover = \"next-day-if-closed\"\n", "")),
        ("rollover when", fees("[\"after-hours\"]", "[\"at-night\"]")),
    ];
    let report = support::report(spoilt);
    insta::assert_snapshot!(report);
}

#[test]
fn unknown_keys_of_a_fee_are_refused() {
    let text = FEES.replacen("per_month = 1", "per_week = 1", 1);
    let error = Draft::parse(&[("fees/fees.toml", &text)]).unwrap_err();
    assert_eq!((error.file.as_str(), error.line), ("fees/fees.toml", 18));
}

#[test]
fn the_admission_add_ons_carry_their_deadlines() {
    let catalogue = Catalogue::built_in();
    let rule = |id: &str| {
        let edition = catalogue.fee(id).unwrap().edition_on(date(2026, 1, 30)).unwrap();
        assert_eq!(edition.excluded_care_levels, ["要支援1", "要支援2", "事業対象者"]);
        assert_eq!(edition.per_month, Some(1));
        edition.deadline(Act::Information).unwrap()
    };
    let first = rule("care.admission-info.1");
    assert_eq!((first.last_day, first.before_counts, first.source), (0, true, Source::Verified));
    assert_eq!(first.after_hours, Extension::NextDay);
    assert_eq!(first.non_business_day, Extension::NextDay);
    assert_eq!(first.rollover, Rollover::None);
    let second = rule("care.admission-info.2");
    assert_eq!((second.last_day, second.source), (2, Source::Knowledge));
    assert_eq!(second.after_hours, Extension::None);
    assert_eq!(second.rollover, Rollover::NextDayIfClosed);
    assert_eq!(second.rollover_when, [AdmittedWhen::AfterHours]);
    assert!(second.is_provisional() && !first.is_provisional());
}

#[test]
fn there_are_24_fees_and_each_period_has_one_rule() {
    let fees = Catalogue::built_in().fees();
    assert_eq!(fees.len(), 24);
    let care = fees.iter().filter(|fee| fee.side == FeeSide::Care).count();
    assert_eq!(care, 14);
    let fee = |id: &str| Catalogue::built_in().fee(id).unwrap();
    let version = |id: &str, day| fee(id).edition_on(day).map(|edition| edition.version.as_str());
    assert_eq!(version("care.admission-info.1", date(2024, 3, 31)), None);
    assert_eq!(version("care.admission-info.1", date(2024, 4, 1)), Some("R6"));
    assert_eq!(version("med.support.1", date(2024, 5, 31)), None);
    assert_eq!(version("med.support.1", date(2026, 5, 31)), Some("R6"));
    assert_eq!(version("med.support.1", date(2026, 6, 1)), Some("R8"));
    assert_eq!(version("med.care-liaison.2", date(2026, 5, 31)), None);
    let support = fee("med.support.1").edition_on(date(2026, 1, 1)).unwrap();
    assert_eq!(support.deadline(Act::Screening).unwrap().last_day, 2);
    assert_eq!(support.deadline(Act::FamilyMeeting).unwrap().last_day, 6);
    assert_eq!(support.deadline(Act::FamilyMeeting).unwrap().chronic_last_day, Some(13));
    assert_eq!(support.deadline(Act::Conference).unwrap().last_day, 6);
    assert_eq!(support.deadline(Act::Letter), None);
}
