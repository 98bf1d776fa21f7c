//! `tsumugu report statistic`: the counts of a month that go to the council; to look at, to send, and to
//! send no more.

use serde::Serialize;
use tsumugu_proto::v1::office_record::Entry as Said;

use super::mail::{exchange_mail, say_queued, signing};
use super::office::write;
use super::shown::ShownParty;
use crate::args::ReportStatisticArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use crate::statistic::{
    Count, Month, Statistic, council_of, is_on, queue, statistic, switch, was_sent,
};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownStatistic {
    /// What is or would be told; exactly this and nothing more.
    pub statistic: Statistic,
    /// The council; nothing where no institution takes the counts.
    pub council: Option<ShownParty>,
    /// Whether the office sends counts.
    pub on: bool,
    /// Whether this month's went, or waits in the outbox.
    pub sent: bool,
}

/// Runs the command.
///
/// # Errors
/// `statistic.no-council`, `statistic.is-off`, `statistic.not-over` with `--send`; no worker; an alarm;
/// the vault.
pub async fn run(ctx: &Context, args: &ReportStatisticArgs) -> Result<ShownStatistic, Failure> {
    let acts = args.send || args.on || args.off;
    let mut session = Session::open(ctx, if acts { Purpose::Act } else { Purpose::Look })?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let present = Month::of(jst::civil(ctx.now()).date());
    let month = args.month.unwrap_or_else(|| present.before());
    if args.on || args.off {
        let note = switch(&session, args.on)?;
        write(&mut session, &mail, args.worker.as_deref(), Said::Note(note)).await?;
    }
    let own = session.identity().terminal()?.institution;
    let council = council_of(session.directory(), own);
    let told = statistic(&session, month)?;
    let on = is_on(&session)?;
    let mut sent = was_sent(&session, month)?;
    if args.send {
        let to = council.clone().ok_or_else(|| Failure::new("statistic.no-council"))?;
        if !on {
            return Err(Failure::new("statistic.is-off"));
        }
        // A month that goes on has other numbers tomorrow, and two tellings could be subtracted.
        if month >= present {
            return Err(Failure::new("statistic.not-over").with("month", month));
        }
        if !sent {
            let worker = signing(&session, args.worker.as_deref())?;
            let entry = queue(&session, to, &told, &worker)?;
            say_queued(&mut session, &mail, &entry).await?;
            sent = true;
        }
    }
    let council = council.map(|to| ShownParty::of(session.directory(), to.institution));
    Ok(ShownStatistic { statistic: told, council, on, sent })
}

impl Outcome for ShownStatistic {
    fn lines(&self, page: &mut Page) {
        let told = &self.statistic;
        let row = |page: &mut Page, what: &str, total: Count, parts: &[(&str, Count)]| {
            let parts: Vec<_> =
                parts.iter().map(|(name, count)| format!("{name} {count}")).collect();
            page.row(&format!("    {what} {total}（{}）", parts.join("、")));
        };
        page.say(&Sentence::new("statistic.title").with("month", told.month));
        page.row(&format!("    事例 {}", told.cases));
        let a = &told.admissions;
        let parts = [
            ("(Ⅰ)", a.class_1),
            ("(Ⅱ)", a.class_2),
            ("期限超過", a.past),
            ("未提供・不明", a.none),
        ];
        row(page, "入院", a.total, &parts);
        let l = &told.letters;
        let parts = [
            ("1時間以内に受領確認", l.hour),
            ("1日以内", l.day),
            ("3日以内", l.three_days),
            ("それより後", l.later),
            ("なし", l.none),
        ];
        row(page, "送った手紙", l.total, &parts);
        let d = &told.discharges;
        row(page, "退院", d.total, &[("事前に連絡あり", d.told), ("連絡漏れ", d.untold)]);
        match (&self.council, self.on, self.sent) {
            (_, false, _) => page.say(&Sentence::new("statistic.off")),
            (None, true, _) => page.say(&Sentence::new("statistic.nobody-takes-it")),
            (Some(council), true, true) => {
                page.row(&format!("    → {}", council.row()));
                page.say(&Sentence::new("statistic.sent"));
            }
            (Some(council), true, false) => {
                page.row(&format!("    → {}", council.row()));
                page.say(&Sentence::new("statistic.goes"));
            }
        }
    }
}
