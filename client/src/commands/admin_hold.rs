//! `tsumugu admin hold` and `tsumugu admin release`: two administrators keep the exchange from destroying
//! its copy of a letter (保全), and let it go again.

use tsumugu_proto::v1;
use tsumugu_trust::directory::HOLD_SIGNATURES;
use tsumugu_trust::statement::{AnyBody, Hold, HoldState, Statement, sign, sign_text};
use tsumugu_trust::value::Id;

use super::admin_commit::{self, Signed};
use super::admin_review::signers;
use crate::args::HoldArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::session::{Purpose, Session};

/// Signs a hold or its end; the second administrator's signature commits it. What is held stays sealed:
/// nobody reads it by this.
///
/// The exchange says how the message stands. If it lies, what is signed continues nothing, and changes
/// nothing.
///
/// # Errors
/// No such institution or message; it is held, or not, already; there is only one administrator; the
/// exchange refuses; the receipt does not prove it.
pub async fn run(ctx: &Context, args: &HoldArgs, state: HoldState) -> Result<Signed, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    session.identity().administrator()?;
    let rpc = session.connect().await?;
    session.sync().await?;
    let present = session.directory().trust_list();
    if present.is_none_or(|list| (list.body.administrators.len() as u64) < HOLD_SIGNATURES) {
        return Err(Failure::new("admin.hold-needs-two"));
    }
    let unknown = || Failure::unknown_recipient(args.number.as_str());
    let from = session.directory().by_number(&args.number).ok_or_else(unknown)?;
    let asked =
        v1::ListPendingRequest { hold_from: from.to_string(), hold_id: args.id.to_string() };
    let waiting = rpc.list_pending(asked).await?;
    let (version, present) = newest(&waiting.hold, from, args.id)?;
    if present == state {
        return Err(Failure::nothing_to_do(state.word()));
    }
    let (id, version, ordered) = (args.id, version + 1, ctx.now());
    let lines = Hold { from, id, version, state, ordered };
    let begun = waiting.proposals.iter().filter_map(|note| Statement::parse(note).ok());
    let begun = begun.into_iter().find(|draft| {
        let is_same = matches!(&draft.body, AnyBody::Hold(other)
            if Hold { ordered, ..other.clone() } == lines);
        is_same && !signers(session.directory(), draft).is_empty()
    });
    let key = session.identity().administrator()?.signing_key(session.origin())?;
    // Signatures meet only under one text.
    let mine = match &begun {
        Some(draft) => sign_text(draft.text(), &[&key]),
        None => sign(session.origin(), &lines, &[&key]),
    };
    let mine = mine.map_err(|error| Failure::fault("hold").because(error))?;
    let answer = rpc.propose(v1::ProposeRequest { statement: mine.bytes().into() }).await?;
    let counts = (answer.signatures, answer.needed);
    let receipt = answer.receipt.as_ref();
    admin_commit::signed(&mut session, &mine, begun.as_ref(), receipt, counts).await
}

/// Version and state of the message's newest hold; 0 and off where there was none.
fn newest(note: &[u8], from: Id, id: Id) -> Result<(u64, HoldState), Failure> {
    if note.is_empty() {
        return Ok((0, HoldState::Off));
    }
    match Statement::parse(note).map(|statement| statement.body) {
        Ok(AnyBody::Hold(hold)) if (hold.from, hold.id) == (from, id) => {
            Ok((hold.version, hold.state))
        }
        _ => Err(crate::rpc::incomplete("hold")),
    }
}
