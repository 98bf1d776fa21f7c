//! What may be attached, and everything that may not.

pub(crate) mod travel;

use std::io::Cursor;

use super::testing::*;
use super::*;

fn looked_into(name: &str, bytes: &[u8]) -> Result<FileKind, Forbidden> {
    let name = FileName::parse(name).unwrap();
    match inspect(&mut Cursor::new(bytes), &name) {
        Ok(checked) => Ok(checked.kind()),
        Err(Inspected::Forbidden(forbidden)) => Err(forbidden),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn what_may_be_attached() {
    let jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF".as_slice();
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice();
    let files: [(&str, Vec<u8>, FileKind); 9] = [
        ("報告.pdf", pdf(), FileKind::Pdf),
        ("a.PDF", pdf_with(b"/Type /Annot /A#42 /Launcher", b"/JavaScripts"), FileKind::Pdf),
        ("a.xlsx", xlsx(), FileKind::Xlsx),
        ("a.docx", docx(), FileKind::Docx),
        ("a.png", png(), FileKind::Png),
        ("a.jpg", jpeg.to_vec(), FileKind::Jpeg),
        ("a.jpeg", jpeg.to_vec(), FileKind::Jpeg),
        ("a.tif", b"II*\0\x08\0\0\0".to_vec(), FileKind::Tiff),
        ("a.heic", heic.to_vec(), FileKind::Heic),
    ];
    for (name, bytes, kind) in files {
        assert_eq!(looked_into(name, &bytes), Ok(kind), "{name}");
        assert_eq!(FileKind::of_media_type(kind.media_type()), Some(kind));
        for other in ["a.exe", "pdf", "a.txt", "a.pdf.exe", "a.xlsm", "a.docm"] {
            assert_eq!(looked_into(other, &bytes), Err(Forbidden::NotItsName), "{name} as {other}");
        }
    }
    assert_eq!(looked_into("a.docx", &xlsx()), Err(Forbidden::NotItsName));
    assert_eq!(looked_into("a.pdf", &png()), Err(Forbidden::NotItsName));
}

#[test]
fn what_may_not_by_its_beginning() {
    let files: [(&[u8], Forbidden); 14] = [
        (b"MZ\x90\0\x03", Forbidden::Executable),
        (b"\x7fELF\x02\x01", Forbidden::Executable),
        (b"\xca\xfe\xba\xbe\0\0\0\x34", Forbidden::Executable),
        (b"Rar!\x1a\x07\x01\0", Forbidden::Archive),
        (b"7z\xbc\xaf\x27\x1c", Forbidden::Archive),
        (b"\x1f\x8b\x08", Forbidden::Archive),
        (b"\x20\x30-lh5-", Forbidden::Archive),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Forbidden::OldOffice),
        (b"#!/bin/sh\nrm", Forbidden::Script),
        ("名前,住所".as_bytes(), Forbidden::Script),
        (b"<html><script>", Forbidden::Script),
        (b"", Forbidden::Unknown),
        (b"\0\0\0\x18ftypmp42", Forbidden::Unknown),
        (b"\x01\x02\x03", Forbidden::Unknown),
    ];
    for (bytes, forbidden) in files {
        assert_eq!(looked_into("a.pdf", bytes), Err(forbidden), "{bytes:?}");
    }
}

#[test]
fn office_files_with_more_than_text_and_pictures() {
    let of = |parts: &[(&str, &[u8])]| looked_into("a.xlsx", &xlsx_with(parts));
    assert_eq!(of(&[("xl/vbaProject.bin", b"x")]), Err(Forbidden::Macros));
    assert_eq!(of(&[("xl/other/VBAPROJECT.BIN", b"x")]), Err(Forbidden::Macros));
    assert_eq!(of(&[("xl/macrosheets/sheet1.xml", b"x")]), Err(Forbidden::Macros));
    assert_eq!(of(&[("xl/embeddings/oleObject1.bin", b"x")]), Err(Forbidden::Embedded));
    assert_eq!(of(&[("xl/embeddings/a.xml", b"x")]), Err(Forbidden::Embedded));
    assert_eq!(of(&[("xl/activeX/activeX1.xml", b"x")]), Err(Forbidden::Embedded));
    assert_eq!(of(&[("xl/a.exe", b"MZ")]), Err(Forbidden::Embedded));
    assert_eq!(of(&[("xl/media/image1.png", b"x")]), Ok(FileKind::Xlsx));
    let types = |from: &str, to: &str| {
        let changed = XLSX_TYPES.replace(from, to);
        assert_ne!(changed, XLSX_TYPES);
        of(&[("[Content_Types].xml", changed.as_bytes())])
    };
    let main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
    let with_macros = "application/vnd.ms-excel.sheet.macroEnabled.main+xml";
    assert_eq!(types(main, with_macros), Err(Forbidden::Macros));
    assert_eq!(types(main, "application/xml"), Err(Forbidden::Archive));
    assert_eq!(types("<Default", "<!DOCTYPE x><Default"), Err(Forbidden::Damaged));
    assert_eq!(types("rels\"", "r&#101;ls\""), Err(Forbidden::Damaged));
    let ole = "<Default Extension='bin' ContentType='application/vnd.openxmlformats-officedocument.oleObject'/><Default";
    assert_eq!(types("<Default", ole), Err(Forbidden::Embedded));
    let relations = |from: &str, to: &str| {
        let changed = RELATIONS.replace(from, to);
        assert_ne!(changed, RELATIONS);
        of(&[("_rels/.rels", changed.as_bytes())])
    };
    assert_eq!(relations("officeDocument\"", "oleObject\""), Err(Forbidden::Embedded));
    assert_eq!(relations("/officeDocument\"", "/vbaProject\""), Err(Forbidden::Macros));
    for target in ["https://a.example/a.dotm", "\\\\a\\b.dotx", "//a/b", "file://///a/b"] {
        let to = format!("Type = 'x/attachedTemplate' Target='{target}' Old=\"");
        let got = relations("Type=\"", &to);
        assert_eq!(got, Err(Forbidden::ForeignTemplate), "{target}");
    }
    let large = vec![b' '; 1024 * 1024 + 1];
    assert_eq!(of(&[("_rels/.rels", &large)]), Err(Forbidden::TooComplex));
    assert_eq!(of(&[("_rels/.rels", &large[1..])]), Ok(FileKind::Xlsx));
}

#[test]
fn zip_files_that_two_readers_could_read_differently() {
    let good = xlsx();
    let of = |bytes: &[u8]| looked_into("a.xlsx", bytes);
    let changed = |from: &[u8], to: &[u8], nth: usize| {
        let at = good.windows(from.len()).enumerate().filter(|(_, window)| *window == from);
        let at = at.map(|(at, _)| at).nth(nth).unwrap();
        of(&[&good[..at], to, &good[at + from.len()..]].concat())
    };
    assert_eq!(of(&zip(&[("a.txt", b"text")])), Err(Forbidden::Archive));
    assert_eq!(of(&[b"x", good.as_slice()].concat()), Err(Forbidden::Unknown));
    assert_eq!(of(&[good.as_slice(), b"x"].concat()), Err(Forbidden::Damaged));
    assert_eq!(of(&good[..good.len() - 1]), Err(Forbidden::Damaged));
    assert_eq!(of(&good[..30]), Err(Forbidden::Damaged));
    // Another name in the local header than in the directory.
    assert_eq!(changed(b"xl/workbook.xml", b"xl/workbook.exe", 1), Err(Forbidden::Damaged));
    // An encrypted part, in both headers.
    assert_eq!(
        changed(b"PK\x01\x02\x14\0\x14\0\0", b"PK\x01\x02\x14\0\x14\0\x01", 0),
        Err(Forbidden::Encrypted)
    );
    for name in
        ["../a.xml", "a//b.xml", "/a.xml", "a\\b.xml", "a/./b.xml", "a\n.xml", "_RELS/.RELS"]
    {
        assert_eq!(of(&xlsx_with(&[(name, b"x")])), Err(Forbidden::Damaged), "{name}");
    }
    // Two end records, the first with a comment.
    let twice = [good.as_slice(), &good[good.len() - 22..]].concat();
    assert_eq!(of(&twice), Err(Forbidden::Damaged));
    let names: Vec<String> = (0..super::zip::MAX_ENTRIES).map(|n| format!("xl/{n}.xml")).collect();
    let parts: Vec<_> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert_eq!(of(&xlsx_with(&parts)), Err(Forbidden::TooComplex));
    assert_eq!(of(&xlsx_with(&parts[..parts.len() - 4])), Ok(FileKind::Xlsx));
}

#[test]
fn pdf_files_with_more_than_pages() {
    let names = [
        ("JavaScript", Forbidden::Active),
        ("J#61vaScript", Forbidden::Active),
        ("#4a#61#76#61#53#63#72#69#70#74", Forbidden::Active),
        ("Launch", Forbidden::Active),
        ("RichMedia", Forbidden::Active),
        ("EmbeddedFile", Forbidden::Embedded),
        ("EmbeddedFiles", Forbidden::Embedded),
        ("Encrypt", Forbidden::Encrypted),
    ];
    for (name, forbidden) in names {
        for after in [" ", "/", "(", "<<", "\r", "["] {
            let object = format!("/S/{name}{after}");
            assert_eq!(
                looked_into("a.pdf", &pdf_with(object.as_bytes(), b"")),
                Err(forbidden),
                "{object}"
            );
            assert_eq!(
                looked_into("a.pdf", &pdf_with(b"", object.as_bytes())),
                Err(forbidden),
                "{object}"
            );
        }
    }
    let packed_otherwise = |filter: &str| {
        let text =
            format!("/Type /ObjStm /Filter [/{filter} /FlateDecode] >> stream\nxx\nendstream <<");
        looked_into("a.pdf", &pdf_with(text.as_bytes(), b""))
    };
    assert_eq!(packed_otherwise("ASCIIHexDecode"), Err(Forbidden::Damaged));
    assert_eq!(packed_otherwise("FlateDecode"), Err(Forbidden::Damaged));
    let good = pdf();
    assert_eq!(looked_into("a.pdf", &good[..good.len() - 6]), Err(Forbidden::Damaged));
    assert_eq!(looked_into("a.pdf", &[b"\n", good.as_slice()].concat()), Err(Forbidden::Script));
}

#[test]
fn an_archive_by_another_name() {
    for (name, bytes) in [("a.pdf", pdf()), ("a.jpg", b"\xff\xd8\xff\xe0".to_vec())] {
        let both = [bytes.as_slice(), &xlsx(), b"%%EOF"].concat();
        assert_eq!(looked_into(name, &both), Err(Forbidden::Archive));
        // Four bytes that happen to be there are no end record.
        let chance = [bytes.as_slice(), b"PK\x05\x06", &[0xff; 40], b"%%EOF"].concat();
        assert!(looked_into(name, &chance).is_ok());
    }
    assert_eq!(looked_into("a.png", &[png(), xlsx()].concat()), Err(Forbidden::Damaged));
}

#[test]
fn changed_and_cut_files_are_no_panic_and_gain_nothing() {
    for (name, bytes) in
        [("a.xlsx", xlsx()), ("a.docx", docx()), ("a.pdf", pdf()), ("a.png", png())]
    {
        for at in 0..bytes.len() {
            let _ = looked_into(name, &bytes[..at]);
            for change in [1, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                let _ = looked_into(name, &changed);
            }
        }
    }
}

#[test]
fn every_reason_has_its_message() {
    for forbidden in Forbidden::ALL {
        let failure = crate::failure::Failure::new(forbidden.key()).with("file", "#1");
        assert!(!failure.sentence().ja().is_empty());
    }
}
