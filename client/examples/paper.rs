//! Writes a PDF of every example form, with the same people at the same time, to be
//! looked at.
//!
//! ```text
//! cargo run -p tsumugu-client --example paper -- DIR
//! ```

use std::path::PathBuf;

use tsumugu_catalogue::{
    Catalogue, FilledForm, Format, RenderOptions, examples, parse_filled, render,
};
use tsumugu_client::print::{PrintedEvent, PrintedLetter, PrintedParty, Spellings, pdf};
use tsumugu_trust::state::Validity;
use tsumugu_trust::value::Time;

/// 22 November 2026, 23:18 in Japan.
const ACCEPTED: Time = Time(1_795_357_080_000);

const AUTHOR: &str = "佐藤 健（介護支援専門員）";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("usage: paper DIR")?;
    std::fs::create_dir_all(&folder)?;
    for (name, text) in examples::ALL.iter().filter(|(name, _)| *name != "test-letter") {
        let form = parse_filled(text.as_bytes(), Format::Toml)?;
        let file = pdf(&letter(&form)).map_err(|failure| failure.sentence().en())?;
        std::fs::write(folder.join(format!("{name}.pdf")), file)?;
    }
    Ok(())
}

fn letter(form: &FilledForm) -> PrintedLetter {
    let options = RenderOptions { short_marks: true, boxes: true, ..RenderOptions::default() };
    let rendered = render(form, options);
    PrintedLetter {
        id: "01a2039f404b705291345e4337dd4283".to_owned(),
        title: rendered.title.clone(),
        form: rendered,
        spellings: Spellings::of(Catalogue::built_in(), form, AUTHOR, false),
        sender: party("1277000002", "ケアプランいとぐるま", "04-7000-0200"),
        author: AUTHOR.to_owned(),
        recipient: party("1217000001", "流山つむぐ病院", "04-7000-0100"),
        unit: Some("地域連携室".to_owned()),
        urgent: false,
        ack_by: None,
        attachments: 0,
        files: Vec::new(),
        validity: Validity::Current,
        events: vec![
            event("受付済", 18, "ケアプランいとぐるま"),
            event("開封済", 19, "流山つむぐ病院"),
            event("受領", 20, "田中 由美（退院支援看護師）"),
        ],
        origin: "exchange.example/east".to_owned(),
        fingerprint: "f321 9b8e bf1c 1d6b 32b3 fd71 f384 3949".to_owned(),
        printed: Time(ACCEPTED.0 + 3_600_000),
    }
}

fn party(number: &str, name: &str, telephone: &str) -> PrintedParty {
    let (number, name) = (number.to_owned(), name.to_owned());
    PrintedParty { number, name, telephone: Some(telephone.to_owned()) }
}

fn event(what: &'static str, index: u64, who: &str) -> PrintedEvent {
    PrintedEvent {
        what,
        time: Time(ACCEPTED.0 + (index - 18) * 60_000),
        index,
        who: Some(who.to_owned()),
        comment: None,
        is_answer: what == "受領",
    }
}
