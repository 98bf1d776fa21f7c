//! Small files of every kind, made by hand.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};

/// The content types of a workbook.
pub(crate) const XLSX_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;

/// The relations of a workbook.
pub(crate) const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;

/// A workbook with one cell.
pub(crate) fn xlsx() -> Vec<u8> {
    xlsx_with(&[])
}

/// A workbook with more parts.
pub(crate) fn xlsx_with(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", XLSX_TYPES.as_bytes()),
        ("_rels/.rels", RELATIONS.as_bytes()),
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/printerSettings/printerSettings1.bin", &[0, 1, 2]),
    ];
    all.retain(|(name, _)| parts.iter().all(|(other, _)| name != other));
    all.extend(parts);
    zip(&all)
}

/// A document.
pub(crate) fn docx() -> Vec<u8> {
    let main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
    let types = format!("\u{feff}<Types><Override ContentType='{main}'/></Types>");
    let settings = br#"<Relationships><Relationship Type="a/attachedTemplate" Target="file:///C:\a.dotx" TargetMode="External"/></Relationships>"#;
    zip(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("word/document.xml", b"<document/>"),
        ("word/_rels/settings.xml.rels", settings),
        ("word/media/", b""),
    ])
}

/// A zip file; every other part is packed.
pub(crate) fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (place, (name, content)) in parts.iter().enumerate() {
        let method = if place % 2 == 0 { 8u16 } else { 0 };
        let data = if method == 8 { deflated(content) } else { content.to_vec() };
        let local = out.len() as u32;
        let sizes = [data.len() as u32, content.len() as u32, name.len() as u32];
        let mut middle = Vec::new();
        middle.extend([20, 0, 0, 8]);
        middle.extend(method.to_le_bytes());
        middle.extend([0; 8]);
        middle.extend(sizes[0].to_le_bytes());
        middle.extend(sizes[1].to_le_bytes());
        middle.extend(sizes[2].to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&middle);
        out.extend(name.as_bytes());
        out.extend(data);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&middle);
        directory.extend([0; 10]);
        directory.extend(local.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((parts.len() as u16).to_le_bytes());
    out.extend((parts.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A PDF of one empty page.
pub(crate) fn pdf() -> Vec<u8> {
    pdf_with(b"", b"")
}

/// A PDF with another object, and with something in an object stream.
pub(crate) fn pdf_with(object: &[u8], hidden: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"4 0 << /Type /Pages ").unwrap();
    encoder.write_all(hidden).unwrap();
    encoder.write_all(b" >>").unwrap();
    let packed = encoder.finish().unwrap();
    let mut out =
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 4 0 R >>\nendobj\n"
            .to_vec();
    out.extend(b"2 0 obj\n<<");
    out.extend(object);
    out.extend(
        b">>\nendobj\n3 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode >>\nstream\r\n",
    );
    out.extend(packed);
    out.extend(b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n");
    out
}

/// A picture.
pub(crate) fn png() -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    out.extend([0; 30]);
    out.extend(b"\0\0\0\0IEND\xaeB`\x82");
    out
}
