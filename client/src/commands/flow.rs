//! `tsumugu flow`: who does what when, on the screen and as a poster. Needs neither vault nor network.

use serde::Serialize;
use tsumugu_durable::{DiskError, write_new};

use crate::args::{FlowCommand, FlowPrintArgs, FlowSide, PaperSize};
use crate::context::Context;
use crate::failure::Failure;
use crate::flowchart::{ChartPhase, ChartStep, Whose, chart};
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::print::{Paper, Poster, poster_pdf};

/// The poster's title.
const TITLE: &str = "入退院時多職種連携フロー図";

/// Outcome of the command.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Flow {
    /// `flow show`
    Shown {
        /// The phases in their order.
        phases: Vec<ChartPhase>,
    },
    /// `flow print`
    Printed {
        /// The file.
        out: String,
        /// Its length in bytes.
        bytes: usize,
    },
}

/// Runs the command.
///
/// # Errors
/// The file is there already, or cannot be written; `print.failed`.
pub fn run(ctx: &Context, command: &FlowCommand) -> Result<Flow, Failure> {
    match command {
        FlowCommand::Show { side } => Ok(Flow::Shown { phases: phases(ctx, *side) }),
        FlowCommand::Print(args) => print(ctx, args),
    }
}

fn print(ctx: &Context, args: &FlowPrintArgs) -> Result<Flow, Failure> {
    let subtitle = match args.side {
        None => "病院と在宅の全体",
        Some(FlowSide::Hospital) => "病院の方へ",
        Some(FlowSide::Care) => "ケアマネジャー・在宅の方へ",
    };
    let poster = Poster {
        title: TITLE.to_owned(),
        subtitle: subtitle.to_owned(),
        phases: phases(ctx, args.side),
        made: ctx.now(),
    };
    let paper = match args.size {
        PaperSize::A3 => Paper::A3,
        PaperSize::A4 => Paper::A4,
    };
    let file = poster_pdf(&poster, paper)?;
    write_new(&args.out, &file).map_err(|error| match error {
        DiskError::Exists { .. } => Failure::file_exists(&args.out),
        error => Failure::file_unwritable(&args.out, error),
    })?;
    Ok(Flow::Printed { out: args.out.display().to_string(), bytes: file.len() })
}

fn phases(ctx: &Context, side: Option<FlowSide>) -> Vec<ChartPhase> {
    let whose = match side {
        None => Whose::All,
        Some(FlowSide::Hospital) => Whose::Hospital,
        Some(FlowSide::Care) => Whose::Care,
    };
    chart(ctx.catalogues().newest().catalogue, whose)
}

impl Outcome for Flow {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::Printed { out, .. } => page.say(&Sentence::new("flow.printed").with("file", out)),
            Self::Shown { phases } => {
                for phase in phases {
                    page.row(&format!("■ {}  {}", phase.ja, phase.en));
                    phase.steps.iter().for_each(|step| step.rows(page));
                    page.gap();
                }
                page.say(&Sentence::new("flow.provisional"));
            }
        }
    }
}

impl ChartStep {
    fn rows(&self, page: &mut Page) {
        let mark = if self.provisional { "【暫定】" } else { "" };
        page.row(&format!("  {:>2} {}{mark}  {}", self.number, self.name_ja, self.name_en));
        page.row(&format!("       {} → {}  いつ：{}", self.from, self.to, self.timing));
        if !self.forms.is_empty() {
            page.row(&format!("       送るもの：{}", self.forms.join("、")));
        }
        if !self.fees.is_empty() {
            page.row(&format!("       報酬：{}", self.fees.join("、")));
        }
        if !self.next.is_empty() {
            page.row(&format!("       次：{}", self.next));
        }
        if !self.teach.is_empty() {
            page.row(&format!("       新人の方へ：{}", self.teach));
        }
    }
}
