//! `tsumugu print`: a letter as an A4 page. Who prints it reads it, so it is opened like on the screen.

use serde::Serialize;
use tsumugu_catalogue::RenderOptions;
use tsumugu_durable::{DiskError, write_new};
use tsumugu_trust::value::Id;

use super::mail::{exchange_mail, find_message};
use super::open::{load, readable, say_opened};
use super::track::take_all;
use crate::args::PrintArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::mailbox::message::LetterState;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::print::{PrintedCharacter, PrintedLetter, pdf};
use crate::session::{Purpose, Session};
use crate::workers::Leavers;

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Printed {
    /// The message.
    pub id: String,
    /// The file.
    pub out: String,
    /// Its length in bytes.
    pub bytes: usize,
    /// Whether the log says that it was opened; for one's own letters nothing is said.
    pub logged: Option<bool>,
    /// Characters outside of JIS X 0208 that stand on the paper, and whether the font has them.
    pub characters: Vec<PrintedCharacter>,
}

/// Runs the command.
///
/// # Errors
/// As `open`; the file is there already.
pub async fn run(ctx: &Context, args: &PrintArgs) -> Result<Printed, Failure> {
    if args.out.exists() {
        return Err(Failure::file_exists(&args.out));
    }
    let mut session = Session::open(ctx, Purpose::Look)?;
    let (from, id) = find_message(&mut session, &args.id).await?;
    bring_up_to_date(&mut session, from, id).await?;
    let message = load(&session, from, id)?;
    let letter = readable(&session, &message)?;
    let logged = say_opened(&mut session, &message).await?;
    // With the opening, if it is in the log by now.
    let message = load(&session, from, id)?;
    let options = RenderOptions { family_copy: args.family, short_marks: true, boxes: true };
    let (directory, leavers) = (session.directory(), Leavers::of(&session));
    let (known, now) = (ctx.catalogues(), ctx.now());
    let printed = PrintedLetter::of(&known, directory, leavers, &message, &letter, options, now)?;
    let file = pdf(&printed)?;
    write_new(&args.out, &file).map_err(|error| match error {
        DiskError::Exists { .. } => Failure::file_exists(&args.out),
        error => Failure::file_unwritable(&args.out, error),
    })?;
    let out = args.out.display().to_string();
    Ok(Printed {
        id: id.to_string(),
        out,
        bytes: file.len(),
        logged,
        characters: printed.spellings.characters,
    })
}

/// The paper says what became of the letter, so the exchange is asked, if it is reached.
async fn bring_up_to_date(session: &mut Session<'_>, from: Id, id: Id) -> Result<(), Failure> {
    let waits = load(session, from, id)?.letter == LetterState::Waiting;
    let mail = exchange_mail(session).await?;
    if waits {
        mail.tell_age(session.ctx());
    }
    if mail.fresh {
        take_all(session, from, id).await?;
    }
    Ok(())
}

impl Outcome for Printed {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("print.done").with("file", &self.out));
        let (there, lacking): (Vec<_>, Vec<_>) =
            self.characters.iter().partition(|character| character.has_glyph);
        if !there.is_empty() {
            page.say(&Sentence::new("print.respelled").with("characters", codes(&there)));
        }
        if !lacking.is_empty() {
            page.say(&Sentence::new("print.no-glyph").with("characters", codes(&lacking)));
        }
        if self.logged == Some(false) {
            page.say(&Sentence::new("open.not-logged"));
        }
    }
}

/// `髙 U+9AD9, …`; a terminal may have what the font lacks.
fn codes(characters: &[&PrintedCharacter]) -> String {
    let one = |one: &&PrintedCharacter| format!("{} {}", one.character, one.code);
    characters.iter().map(one).collect::<Vec<_>>().join(", ")
}
