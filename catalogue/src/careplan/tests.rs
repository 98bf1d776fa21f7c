//! Files as care software writes them, and broken ones.

use encoding_rs::SHIFT_JIS;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const SUPPLEMENT: &str = "UPHOSOKU_0300000100_0300000005_20261122090000_1.CSV";
const TABLE_1: &str = "UP1KYO_0300000100_0300000005_20261122090000_1.CSV";
const TABLE_2: &str = "up2kyo_0300000100_0300000005_20261122090000_1.csv";

fn ms932(text: &str) -> Vec<u8> {
    let (bytes, _, lossy) = SHIFT_JIS.encode(text);
    assert!(!lossy);
    bytes.into_owned()
}

fn read(name: &str, text: &str) -> Result<CarePlan, CarePlanError> {
    Catalogue::built_in().read_care_plan(name, &ms932(text), None)
}

fn person(rest: &str) -> String {
    format!(
        "202304,122200,0000012345,20261101,ナガレヤマ ハナコ,髙﨑 花子,2,19420303,270-0000,\"千葉県流山市架空町\",1-2-3,04-7000-5678{rest}\r\n"
    )
}

#[test]
fn the_supplement_fills_who_it_is_about() {
    let plan = read(SUPPLEMENT, &person(",20260401,,,20991231")).unwrap();
    assert_eq!((plan.insured.as_str(), plan.rows), ("0000012345", 1));
    // What no sheet takes and what nobody knows is told, not dropped.
    let unused = ["CSVバージョン", "保険者番号", "居宅サービス計画作成(変更)日", "認定日"];
    assert_eq!(plan.unused, unused);
    assert_eq!(plan.unknown, ["16"]);
    let mut form = Catalogue::built_in().empty("nagareyama-renkei").unwrap();
    form.set("sex", &json!("男")).unwrap();
    assert_eq!(plan.fill(&mut form), ["kana", "name", "dob", "address"]);
    let said = |id: &str| form.value(id).unwrap().to_json();
    assert_eq!(said("name"), json!("髙﨑 花子"));
    assert_eq!(said("dob"), json!("1942-03-03"));
    assert_eq!(said("address"), json!("千葉県流山市架空町1-2-3"));
    // What was there stays.
    assert_eq!(said("sex"), json!("男"));
}

#[test]
fn both_tables_of_the_plan_fill_level_wishes_and_services() {
    let mut cells = vec![""; 28];
    cells[0] = "202304";
    cells[2] = "0000012345";
    cells[7] = "森 ケイ";
    cells[18] = "20260401";
    cells[19] = "00000000";
    cells[20] = "23";
    cells[21] = "\"家で暮らしたい。\n句会に行きたい。\"";
    cells[23] = "援助の方針";
    let first = read(TABLE_1, &(cells.join(",") + "\r\n")).unwrap();
    assert!(first.unused.contains(&"総合的な援助の方針".to_owned()), "{:?}", first.unused);
    let mut national = Catalogue::built_in().empty("mhlw-admission-info-r6").unwrap();
    let filled = first.fill(&mut national);
    let wanted = ["from_person", "care_level", "care_valid_from", "insured_no", "wish_person"];
    assert_eq!(filled, wanted);
    assert_eq!(national.value("care_level").unwrap().to_json(), json!("要介護3"));

    let row = |service: &str, office: &str| {
        let mut cells = vec![""; 22];
        (cells[0], cells[2], cells[15], cells[17], cells[18]) =
            ("202304", "0000012345", service, office, "週2回");
        cells.join(",")
    };
    let text =
        [row("通所介護", "架空デイ"), row("通所介護", "架空デイ"), row("訪問介護", "架空ヘルパー")];
    let second = read(TABLE_2, &text.join("\r\n")).unwrap();
    let mut city = Catalogue::built_in().empty("nagareyama-renkei").unwrap();
    second.fill(&mut city);
    let services = city.value("services").unwrap().to_json();
    let services = services.as_str().unwrap();
    assert_eq!(services.lines().count(), 2, "{services}");
    assert!(services.contains("架空デイ"), "{services}");
    let mut chiba = Catalogue::built_in().empty("chiba-renkei-a").unwrap();
    second.fill(&mut chiba);
    assert_eq!(chiba.value("services").unwrap().to_json()[1]["頻度"], json!("週2回"));
}

#[test]
fn a_heading_names_the_columns_and_an_unknown_one_is_told_by_name() {
    let text =
        "CSVバージョン,被保険者番号,利用者氏名,好きな色\r\n202304,0000012345,流山 花子,青\r\n";
    let plan = read(SUPPLEMENT, text).unwrap();
    assert_eq!(plan.unknown, ["好きな色"]);
    let mut form = Catalogue::built_in().empty("nagareyama-renkei").unwrap();
    assert_eq!(plan.fill(&mut form), ["name"]);
}

#[test]
fn what_is_broken_is_told_with_its_place() {
    use CarePlanError::*;
    let other = person("").replace("0000012345", "0000099999");
    let several = format!("{}{other}", person(""));
    let cases = [
        (read("plan.csv", &person("")).unwrap_err(), "UPHOSOKU_"),
        (read(SUPPLEMENT, "").unwrap_err(), "行がありません"),
        (read(SUPPLEMENT, "202304,122200,,20261101\r\n").unwrap_err(), "1行目"),
        (read(SUPPLEMENT, &several).unwrap_err(), "2行目"),
        (read(SUPPLEMENT, &person(",\"閉じない")).unwrap_err(), "引用符"),
        (read(SUPPLEMENT, &person(",閉じ\"ない")).unwrap_err(), "引用符"),
        (
            read(SUPPLEMENT, &person("").replace("19420303", "19420230")).unwrap_err(),
            "8列目（利用者生年月日）",
        ),
    ];
    for (error, said) in &cases {
        let message = error.message();
        assert!(message.ja().contains(said), "{}", message.ja());
        assert!(!message.ja().contains("花子") && !message.en().contains("花子"));
    }
    // 利用者の行を選ぶ。
    let bytes = ms932(&several);
    let chosen = Catalogue::built_in().read_care_plan(SUPPLEMENT, &bytes, Some("0000099999"));
    assert_eq!(chosen.unwrap().rows, 1);
    let nobody = Catalogue::built_in().read_care_plan(SUPPLEMENT, &bytes, Some("1"));
    assert_eq!(nobody.unwrap_err(), NoRows);
    // UTF-8, and a character that only the writer's PC knows.
    let utf8 = Catalogue::built_in().read_care_plan(SUPPLEMENT, person("").as_bytes(), None);
    assert!(matches!(utf8.unwrap_err(), NotShiftJis { line: 1, .. }));
    let mut private = ms932("202304,1,");
    private.extend([0xf0, 0x40]);
    let private = Catalogue::built_in().read_care_plan(SUPPLEMENT, &private, None);
    assert_eq!(private.unwrap_err(), NotShiftJis { line: 1, column: 10 });
}

#[test]
fn limits_hold_at_their_edges() {
    let read = |bytes: &[u8]| Catalogue::built_in().read_care_plan(SUPPLEMENT, bytes, None);
    let long = " ".repeat(MAX_PLAN_BYTES);
    assert_eq!(read(long.as_bytes()).unwrap_err(), CarePlanError::NoRows);
    assert_eq!(read(format!("{long} ").as_bytes()).unwrap_err(), CarePlanError::TooLarge);
    let rows = |count: usize| "202304,1,2\r\n".repeat(count);
    assert_eq!(read(rows(MAX_PLAN_ROWS).as_bytes()).unwrap().rows, MAX_PLAN_ROWS);
    let line = MAX_PLAN_ROWS + 1;
    assert_eq!(read(rows(line).as_bytes()).unwrap_err(), CarePlanError::TooMany { line });
    let wide = |columns: usize| format!("202304,1,2{}", ",".repeat(columns - 3));
    assert!(read(wide(MAX_PLAN_COLUMNS).as_bytes()).is_ok());
    let one_more = wide(MAX_PLAN_COLUMNS + 1);
    assert_eq!(read(one_more.as_bytes()).unwrap_err(), CarePlanError::TooMany { line: 1 });
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in 0..3_usize) {
        let name = [SUPPLEMENT, TABLE_1, TABLE_2][kind];
        if let Ok(plan) = Catalogue::built_in().read_care_plan(name, &bytes, None) {
            let mut form = Catalogue::built_in().empty("chiba-renkei-a").unwrap();
            plan.fill(&mut form);
        }
    }

    /// Every cell that holds something is taken, or its column is told.
    #[test]
    fn nothing_is_lost(cells in proptest::collection::vec("[ァ-ン髙亜漢0-9 \",]{0,8}", 20)) {
        let mut cells = cells;
        cells[0] = "202304".to_owned();
        cells[2] = "0000012345".to_owned();
        cells[6] = "1".to_owned();
        cells[7] = "19420303".to_owned();
        let quoted = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
        let text = quoted.collect::<Vec<_>>().join(",");
        let (bytes, _, lossy) = SHIFT_JIS.encode(&text);
        prop_assume!(!lossy);
        let plan = Catalogue::built_in().read_care_plan(SUPPLEMENT, &bytes, None).unwrap();
        for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty()) {
            let file = Catalogue::built_in().plan_file(SUPPLEMENT).unwrap();
            let told = match file.columns.get(at) {
                None => plan.unknown.contains(&(at + 1).to_string()),
                Some(column) => match &column.field {
                    None => plan.unused.contains(&column.name),
                    Some(field) => plan.values.contains_key(field),
                },
            };
            prop_assert!(told, "column {} of {cell}", at + 1);
        }
    }
}
