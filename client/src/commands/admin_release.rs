//! What an administrator looks at before signing a release of the catalogue, the own one or another's.

use tsumugu_trust::statement::{CatalogueRelease, Statement};
use tsumugu_trust::value::Value;

use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::Mode;
use crate::releases::{ReleaseChanges, Store, fetch, review};
use crate::rpc::Rpc;
use crate::session::Session;

/// What a proposal of a release is called: `catalogue-`, its number, and the beginning of its digest.
const NAME: &str = "catalogue";
/// Digits of the digest in that name.
const DIGITS: usize = 8;

/// The name of a proposed release, by which it is approved: two administrators may propose different
/// ones under one number.
pub(super) fn name(draft: &Statement, release: &CatalogueRelease) -> String {
    let digest = draft.digest().encode();
    format!("{NAME}-{}-{}", release.version, &digest[..DIGITS])
}

/// Whether a proposed release is meant: by its name, or the beginning of it.
pub(super) fn is_meant(typed: &str, draft: &Statement, release: &CatalogueRelease) -> bool {
    typed.starts_with(NAME) && name(draft, release).starts_with(typed)
}

/// The newest release in the log.
pub(super) fn last(session: &Session<'_>) -> Option<CatalogueRelease> {
    session.directory().catalogues().last().map(|entry| entry.body.clone())
}

/// Makes sure that every release is here to be compared with.
///
/// # Errors
/// `catalogue.release-missing`
pub(super) fn know_all(session: &Session<'_>) -> Result<(), Failure> {
    let store = Store::of(session.ctx().home());
    let mut releases = session.directory().catalogues().iter().map(|entry| &entry.body);
    match releases.find(|release| !store.has(release)) {
        None => Ok(()),
        Some(gone) => Err(Failure::new("catalogue.release-missing").with("release", gone.version)),
    }
}

/// Fetches what was proposed, and looks at it as its author had to.
///
/// # Errors
/// The exchange does not give the files that it names; [`review`]'s.
pub(super) async fn looked_at(
    session: &Session<'_>,
    rpc: &Rpc,
    release: &CatalogueRelease,
) -> Result<ReleaseChanges, Failure> {
    know_all(session)?;
    let store = Store::of(session.ctx().home());
    let mut files = Vec::new();
    for file in &release.files {
        files.push(fetch::file(rpc, &store, release.version, file).await?);
    }
    review(&session.ctx().catalogues(), last(session).as_ref(), release, &files)
}

/// Shows what changes, and asks.
///
/// # Errors
/// `catalogue.not-confirmed`
pub(super) fn confirm(ctx: &Context, changes: &ReleaseChanges, yes: bool) -> Result<(), Failure> {
    if ctx.mode() == Mode::Text {
        ctx.note(&Sentence::new("catalogue.changes").with("release", changes.release));
        ctx.aside(|page| changes.lines(page));
    }
    if yes {
        return Ok(());
    }
    let answer = ctx.ask(&Sentence::new("catalogue.ask-sign"))?.unwrap_or_default().to_lowercase();
    if ["y", "yes", "はい"].contains(&answer.as_str()) {
        Ok(())
    } else {
        Err(Failure::new("catalogue.not-confirmed"))
    }
}
