//! `tsumugu admin publish-catalogue`: a release of the region's catalogue.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_trust::hash::sha256;
use tsumugu_trust::statement::{BytesRef, CatalogueFile, CatalogueRelease, sign};

use super::admin_commit::{self, Signed};
use super::admin_proposal;
use super::admin_release::{confirm, know_all, last};
use super::catalogue_check::{CheckedCatalogue, check, read_folder};
use crate::args::PublishCatalogueArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Outcome, Page};
use crate::releases::{ReleaseChanges, Store, flat_name, review};
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Published {
    /// The catalogue has findings: nothing was signed.
    Refused(CheckedCatalogue),
    /// It was signed.
    Signed {
        /// What became of the signature.
        #[serde(flatten)]
        signed: Signed,
        /// What the release changes.
        changes: ReleaseChanges,
    },
}

impl Published {
    /// The exit code: [`Exit::Form`] if the catalogue is wrong.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Refused(checked) => checked.exit(),
            Self::Signed { .. } => Exit::Ok,
        }
    }
}

impl Outcome for Published {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::Refused(checked) => checked.lines(page),
            // What changes was shown before it was signed.
            Self::Signed { signed, .. } => signed.lines(page),
        }
    }
}

/// Checks the folder, shows what it changes, hands the files to the exchange and signs the release.
///
/// The files go first: a crash in between leaves files that no release names, and the command is run
/// again.
///
/// # Errors
/// A file cannot be read, or has a name that a release cannot have; a form was changed under a version
/// that was given out; nothing changes; the administrator says no; the exchange refuses; the receipt
/// does not prove it.
pub async fn run(ctx: &Context, args: &PublishCatalogueArgs) -> Result<Published, Failure> {
    let checked = check(Some(&args.folder))?;
    if !checked.findings.is_empty() {
        return Ok(Published::Refused(checked));
    }
    let files = read_folder(&args.folder)?;
    let mut session = Session::open(ctx, Purpose::Act)?;
    session.identity().administrator()?;
    let rpc = session.connect().await?;
    session.sync().await?;
    know_all(&session)?;
    let before = last(&session);
    let version = before.as_ref().map_or(0, |release| release.version) + 1;
    let release = CatalogueRelease { version, files: named(&files)? };
    let contents: Vec<Vec<u8>> = files.into_iter().map(|(_, text)| text.into_bytes()).collect();
    let changes = review(&ctx.catalogues(), before.as_ref(), &release, &contents)?;
    if !changes.is_any() {
        return Err(Failure::nothing_to_do("catalogue"));
    }
    confirm(ctx, &changes, args.yes)?;
    let store = Store::of(ctx.home());
    for (file, content) in release.files.iter().zip(contents) {
        store.put(&content)?;
        let sha256 = file.content.digest.0.to_vec().into();
        let request = v1::UploadCatalogueFileRequest { sha256, content: content.into() };
        rpc.upload_catalogue_file(request).await?;
    }
    let key = session.identity().administrator()?.signing_key(session.origin())?;
    let mine = sign(session.origin(), &release, &[&key])
        .map_err(|error| Failure::fault("release").because(error))?;
    let draft = admin_proposal::same(&rpc, &mine).await?;
    let answer = rpc.propose(v1::ProposeRequest { statement: mine.bytes().into() }).await?;
    let counts = (answer.signatures, answer.needed);
    let receipt = answer.receipt.as_ref();
    let signed = admin_commit::signed(&mut session, &mine, draft.as_ref(), receipt, counts).await?;
    Ok(Published::Signed { signed, changes })
}

/// The files as a release names them.
fn named(files: &[(String, String)]) -> Result<Vec<CatalogueFile>, Failure> {
    let file = |(path, text): &(String, String)| {
        let bad = || Failure::new("catalogue.bad-name").with("file", path);
        let name = flat_name(path).ok_or_else(bad)?;
        let content = BytesRef { digest: sha256(&[text.as_bytes()]), length: text.len() as u64 };
        if text.is_empty() { Err(bad()) } else { Ok(CatalogueFile { name, content }) }
    };
    files.iter().map(file).collect()
}
