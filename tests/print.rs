//! Letters on paper, with the real program; what stands on the pages is read back by other people's
//! programs in `tests/interop/run`.
#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test are tests, which the lint cannot see"
)]

#[path = "support/people.rs"]
mod people;

use std::path::Path;

use people::{OFFICE, Town};
use serde_json::json;

/// A4 in points, as `MediaBox` says it: the page's size is not in a compressed part of the file.
const A4: &str = "/MediaBox[0 0 595.276 841.89]";

fn read(file: &str) -> Vec<u8> {
    std::fs::read(file).unwrap()
}

/// How often a part stands in a file.
fn count(file: &[u8], part: &str) -> usize {
    file.windows(part.len()).filter(|window| *window == part.as_bytes()).count()
}

#[test]
fn a_received_sheet_is_printed_and_counts_as_opened() {
    let town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let id = town.sheet();
    let out = hospital.file("sheet.pdf");
    let printed = hospital.does(&["print", &id, "--out", &out]);
    let file = read(&out);
    assert_eq!((&printed["id"], &printed["logged"]), (&json!(id), &json!(true)));
    assert_eq!(printed["bytes"], json!(file.len()));
    assert!(file.starts_with(b"%PDF-1.7") && file.ends_with(b"%%EOF"), "a whole file");
    assert!(count(&file, A4) > 1, "A4, and more than one page");
    assert!(count(&file, "<pdfaid:part>2</pdfaid:part>") == 1, "PDF/A-2");
    // Who prints it has read it: the sender sees that.
    assert_eq!(office.does(&["track", &id])["delivery"], "opened");
    // What is there is not written over, and it is nobody else's.
    hospital.say(&["print", &id, "--out", &out]).failed(1, "file.exists");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&out).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "only the user may read it");
    }
    // The sender's copy, and the one for the family, which is another page.
    hospital.does(&["ack", &id, "--comment", "病棟へ共有します"]);
    let (copy, family) = (office.file("copy.pdf"), office.file("family.pdf"));
    let own = office.does(&["print", &id[..12], "--out", &copy]);
    assert_eq!(own["logged"], json!(null));
    office.does(&["print", &id, "--family", "--out", &family]);
    assert!(read(&family).len() < read(&copy).len(), "what is for staff only is left out");
}

#[test]
fn a_notice_is_one_page_and_prints_without_the_exchange_too() {
    let mut town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let hospital = town.hospital();
    let sent = hospital.does(&["send", "--to", OFFICE.number, "--notice", &form, "--urgent"]);
    let id = sent["letters"][0]["id"].as_str().unwrap();
    office.does(&["inbox"]);
    town.stop();
    let out = office.file("notice.pdf");
    let printed = office.say(&["print", id, "--out", &out]);
    assert_eq!(printed.ended(0)["logged"], false);
    assert_eq!(count(&read(&out), A4), 1);
}

#[test]
fn what_is_not_to_be_read_is_not_printed() {
    let town = Town::new();
    let (hospital, station) = (town.hospital(), town.station());
    let id = town.sheet();
    hospital.does(&["inbox"]);
    let out = station.file("stolen.pdf");
    station.say(&["print", &id, "--out", &out]).failed(10, "message.unknown-id");
    assert!(!Path::new(&out).exists());
    let unknown = hospital.say(&["print", "0190aaaa", "--out", &out]);
    assert_eq!(unknown.code, Some(10), "{unknown:?}");
    let nowhere = hospital.file("no/such/folder/sheet.pdf");
    hospital.say(&["print", &id, "--out", &nowhere]).failed(1, "file.unwritable");
}
