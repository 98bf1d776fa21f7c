//! `tsumugu admin list`: who takes part, and who decides.

use serde::Serialize;
use tsumugu_trust::hash::Hash;

use super::directory::{Listing, Query, list};
use crate::context::Context;
use crate::failure::Failure;
use crate::fingerprint::grouped;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session, SyncReport};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// The log's origin.
    pub origin: String,
    /// The root fingerprint, 64 hexadecimal digits.
    pub fingerprint: String,
    /// Version of the newest trust list.
    pub trust_list: u64,
    /// How many administrators have to sign.
    pub threshold: u64,
    /// Ids of the administrators.
    pub administrators: Vec<String>,
    /// This administrator's id.
    pub own: String,
    /// The institutions, by number.
    pub institutions: Vec<Listing>,
    /// How far the log has come.
    pub log: SyncReport,
    #[serde(skip)]
    root: Option<Hash>,
}

impl Outcome for Overview {
    fn lines(&self, page: &mut Page) {
        let head = Sentence::new("admin.overview").with("origin", &self.origin);
        let head = head.with("version", self.trust_list).with("threshold", self.threshold);
        page.say(&head);
        for id in &self.administrators {
            let mark = if *id == self.own { " *" } else { "" };
            page.row(&format!("    {id}{mark}"));
        }
        page.say(&Sentence::new("enrolment.fingerprint"));
        if let Some(root) = &self.root {
            page.row(&format!("    {}", grouped(root)));
        }
        page.gap();
        self.institutions.iter().for_each(|listing| listing.rows(page));
    }
}

/// Runs the command.
///
/// # Errors
/// This vault is no administrator's; the exchange is not reached, or an alarm.
pub async fn run(ctx: &Context) -> Result<Overview, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let own = session.identity().administrator()?.id.to_string();
    let log = session.sync().await?;
    let directory = session.directory();
    let newest = directory.trust_list().ok_or_else(|| Failure::new("server.not-bootstrapped"))?;
    let root = directory.root_fingerprint();
    Ok(Overview {
        origin: session.origin().to_string(),
        fingerprint: root.map_or(String::new(), |root| root.to_string()),
        trust_list: newest.body.version,
        threshold: newest.body.threshold,
        administrators: newest.body.administrators.iter().map(|one| one.id.to_string()).collect(),
        own,
        institutions: list(directory, &Query::default(), ctx.now()),
        log,
        root,
    })
}
