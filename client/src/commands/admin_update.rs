//! `tsumugu admin update`: a new version of an institution's record, member or not.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_trust::directory::{Directory, Member};
use tsumugu_trust::statement::{Institution, sign};

use super::admin_commit::{self, Signed};
use super::admin_invite::free;
use super::admin_proposal;
use super::number_check::check_number;
use super::record_change::{Change, changes};
use crate::args::UpdateArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Updated {
    /// What became of the signature.
    #[serde(flatten)]
    pub signed: Signed,
    /// What changes.
    pub changes: Vec<Change>,
}

impl Outcome for Updated {
    fn lines(&self, page: &mut Page) {
        self.changes.iter().for_each(|change| page.row(&format!("    {}", change.row())));
        self.signed.lines(page);
    }
}

/// Signs a record with other attributes; a member's keys, terminals and letters stay as they are.
///
/// # Errors
/// No such institution, or it is registered so already; number or name is another's; the exchange
/// refuses; the receipt does not prove it.
pub async fn run(ctx: &Context, args: &UpdateArgs) -> Result<Updated, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    session.identity().administrator()?;
    let rpc = session.connect().await?;
    session.sync().await?;
    let (record, changes) = changed(session.directory(), args)?;
    let key = session.identity().administrator()?.signing_key(session.origin())?;
    // What a person typed may break a rule of the record: a FAX-only entry without a FAX.
    let mine = sign(session.origin(), &record, &[&key])
        .map_err(|error| Failure::usage("admin update").because(error))?;
    let draft = admin_proposal::same(&rpc, &mine).await?;
    let answer = rpc.propose(v1::ProposeRequest { statement: mine.bytes().into() }).await?;
    let counts = (answer.signatures, answer.needed);
    let receipt = answer.receipt.as_ref();
    let signed = admin_commit::signed(&mut session, &mine, draft.as_ref(), receipt, counts).await?;
    Ok(Updated { signed, changes })
}

/// The next version of the record, and what changes in it.
fn changed(
    directory: &Directory,
    args: &UpdateArgs,
) -> Result<(Institution, Vec<Change>), Failure> {
    let unknown = || Failure::unknown_recipient(args.number.as_str());
    let id = directory.by_number(&args.number).ok_or_else(unknown)?;
    let before = directory.member(id).and_then(Member::record).ok_or_else(unknown)?;
    let predecessor = match &args.predecessor {
        Some(number) => {
            let named = || Failure::unknown_recipient(number.as_str());
            Some(directory.by_number(number).filter(|found| *found != id).ok_or_else(named)?)
        }
        None => before.predecessor,
    };
    let record = Institution {
        version: before.version + 1,
        number: args.new_number.clone().unwrap_or_else(|| before.number.clone()),
        name: args.name.clone().unwrap_or_else(|| before.name.clone()),
        kana: args.kana.clone().unwrap_or_else(|| before.kana.clone()),
        town: optional(&args.town, args.no_town, &before.town),
        kind: args.kind.unwrap_or(before.kind),
        telephone: args.telephone.clone().unwrap_or_else(|| before.telephone.clone()),
        fax: optional(&args.fax, args.no_fax, &before.fax),
        label: optional(&args.label, args.no_label, &before.label),
        predecessor,
        ..before.clone()
    };
    let changes = changes(before, &record);
    if changes.is_empty() {
        return Err(Failure::nothing_to_do(args.number.as_str()));
    }
    if args.new_number.is_some() || args.kind.is_some() {
        check_number(record.kind, &record.number, args.force)?;
    }
    free(directory, id, &record.number, &record.name, record.label.as_ref())?;
    Ok((record, changes))
}

/// An attribute that may be absent: given, taken out, or kept.
fn optional<T: Clone>(given: &Option<T>, taken_out: bool, kept: &Option<T>) -> Option<T> {
    given.clone().or_else(|| kept.clone().filter(|_| !taken_out))
}
