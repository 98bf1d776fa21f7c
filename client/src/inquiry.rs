//! Who is the care manager (担当ケアマネジャー照会): asked of a city or support centre (地域包括支援センター),
//! which finds the care office in its own register and passes the word on (取次).
//!
//! Nobody can browse: there is no search by person anywhere, an institution asks of one person at a
//! time with a ground, and only so often a day. The answer goes from the care office to the one who
//! asked; the one between cannot read it.

mod deadline;

use tsumugu_trust::value::{Id, InstitutionKind, Time};

use crate::commands::shown::form_of;
use crate::failure::Failure;
use crate::jst;
use crate::letters::OpenedLetter;
use crate::mailbox::all;
use crate::mailbox::message::Message;
use crate::post::Post;
use crate::releases::Catalogues;

pub use deadline::{LONGEST_CLOSED, answer_due};

/// The form of inquiries.
pub const FORM: &str = "notice-cm-inquiry";

/// The form of the answer (担当である旨の連絡).
pub const ANSWER_FORM: &str = "notice-admission";

/// The field that says on what ground it is asked (照会の根拠).
pub const GROUND: &str = "basis";

/// Most inquiries of an institution on a day of Japan's calendar: several times what a large hospital
/// admits, and too few to go through a town.
pub const MAX_A_DAY: usize = 30;

/// Who may be asked, and may pass an inquiry on.
#[must_use]
pub fn may_be_asked(kind: InstitutionKind) -> bool {
    matches!(kind, InstitutionKind::Municipality | InstitutionKind::CommunitySupport)
}

/// To whom an inquiry may be passed on: those who employ care managers.
#[must_use]
pub fn may_be_in_charge(kind: InstitutionKind) -> bool {
    use InstitutionKind::{CareOffice, CommunitySupport, Facility};
    matches!(kind, CareOffice | CommunitySupport | Facility)
}

/// Whether a letter asks who the care manager is.
#[must_use]
pub fn is_inquiry(catalogues: &Catalogues, letter: &OpenedLetter) -> bool {
    let is_notice = letter.kind() == tsumugu_proto::v1::LetterKind::Notice;
    is_notice && form_of(catalogues, letter).is_some_and(|form| form.form().id == FORM)
}

/// How many inquiries of an institution made on the day of `now` are in this vault, passed on ones
/// left out.
pub(crate) fn asked_on_day(post: &impl Post, from: Id, now: Time) -> Result<usize, Failure> {
    let catalogues = Catalogues::of(post.home(), post.directory().catalogues());
    let today = jst::day(now);
    let mut count = 0;
    for (sender, id) in all(post.vault())? {
        if sender != from || id.message_time().is_none_or(|made| jst::day(made) != today) {
            continue;
        }
        let Some(message) = Message::load(post.vault(), sender, id)? else { continue };
        match message.read_letter(post.vault(), post.directory()) {
            Err(bad) if bad.key() == "message.quarantined" => {}
            letter => {
                let asks = |letter: &OpenedLetter| {
                    is_inquiry(&catalogues, letter) && letter.author().passed_on.is_none()
                };
                count += usize::from(letter?.as_ref().is_some_and(asks));
            }
        }
    }
    Ok(count)
}
