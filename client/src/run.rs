//! From the command line to the exit code.

use std::ffi::OsString;
use std::future::Future;
use std::io;
use std::path::PathBuf;

use clap::Parser;
use rand::rngs::OsRng;
use tsumugu_durable::clock::SystemClock;
use tsumugu_trust::statement::{HoldState, StandingState};

use crate::args::{
    AdminCommand, AgentArgs, AgentCommand, CaseCommand, Cli, Command, DemoArgs, LogCommand,
    ProfileCommand, ReportCommand, TerminalCommand, WorkerCommand,
};
use crate::commands;
use crate::context::{Context, Printing};
use crate::failure::{Exit, Failure};
use crate::network::Network;
use crate::output::{Mode, Outcome};
use crate::passphrase::Source;
use crate::pin::Pins;

/// Plays `tsumugu demo`: the root package has it, since it runs the server too.
///
/// It prints its own outcome and gives the exit code.
pub type Demo = fn(&Context, &DemoArgs) -> Result<Exit, Failure>;

/// Runs one command of this process.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>, demo: Demo) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(said) => {
            // Help and version are no failure; clap knows the stream. Nobody to tell if it is gone.
            let _ = said.print();
            return if said.use_stderr() { Exit::Usage } else { Exit::Ok };
        }
    };
    if let Command::Completions(args) = &cli.command {
        return commands::completions::run(args, cli.global.json, &mut io::stdout());
    }
    let printing = Printing {
        mode: if cli.global.json { Mode::Json } else { Mode::Text },
        verbose: cli.global.verbose,
        out: Box::new(io::stdout()),
        err: Box::new(io::stderr()),
    };
    let home = home(cli.global.home);
    // Without a home there is nothing to run in; the failure is printed as any other.
    let (folder, homeless) = match home {
        Ok(folder) => (folder, None),
        Err(failure) => (PathBuf::new(), Some(failure)),
    };
    let passphrase = Source::from_environment();
    let network = Network::new(cli.global.proxy, |name| std::env::var(name).ok());
    let ctx = Context::new(folder, SystemClock::shared(), Box::new(OsRng), passphrase, printing)
        .with_network(network)
        .with_pins(Pins::from_environment());
    let done = match (homeless, &cli.command) {
        (Some(failure), _) => Err(failure),
        (None, Command::Demo(args)) => demo(&ctx, args),
        (None, command) => on_this_thread(dispatch(&ctx, command)),
    };
    done.unwrap_or_else(|failure| ctx.failure(&failure))
}

/// Runs a command to its end on one thread.
///
/// # Errors
/// The command's; the operating system gives no event queue.
pub fn on_this_thread<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::fault("run time").because(error))?
        .block_on(command)
}

async fn dispatch(ctx: &Context, command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Admin(command) => admin(ctx, command).await,
        Command::Enroll(args) => done(ctx, &commands::enroll::run(ctx, args).await?),
        Command::Directory(args) => done(ctx, &commands::directory::run(ctx, args).await?),
        Command::Profile(ProfileCommand::Show) => done(ctx, &commands::profile::show(ctx).await?),
        Command::Profile(ProfileCommand::Set(args)) => {
            done(ctx, &commands::profile::set(ctx, args).await?)
        }
        Command::Send(args) => {
            let sent = commands::send::run(ctx, args).await?;
            done(ctx, &sent).map(|_| sent.exit())
        }
        Command::Inbox(args) => {
            let listed = commands::inbox::run(ctx, args).await?;
            done(ctx, &listed).map(|_| listed.exit())
        }
        Command::Open(args) => done(ctx, &commands::open::run(ctx, args).await?),
        Command::Save(args) => {
            let saved = commands::save::run(ctx, args).await?;
            done(ctx, &saved).map(|_| saved.exit())
        }
        Command::Ack(args) => {
            let answered = commands::ack::run(ctx, args).await?;
            done(ctx, &answered).map(|_| answered.exit())
        }
        Command::Track(args) => done(ctx, &commands::track::run(ctx, args).await?),
        Command::Draft(command) => done(ctx, &commands::draft::run(ctx, command).await?),
        Command::Case(CaseCommand::Note(args)) => {
            done(ctx, &commands::case_note::run(ctx, args).await?)
        }
        Command::Case(CaseCommand::Record(args)) => {
            done(ctx, &commands::case_record::run(ctx, args).await?)
        }
        Command::Report(command) => report(ctx, command).await,
        Command::Case(command) => done(ctx, &commands::case::run(ctx, command).await?),
        Command::Record(command) => done(ctx, &commands::record::run(ctx, command).await?),
        Command::Conference(command) => {
            let said = commands::conference::run(ctx, command).await?;
            done(ctx, &said).map(|_| said.exit())
        }
        Command::Inquiry(command) => {
            let said = commands::inquiry::run(ctx, command).await?;
            done(ctx, &said).map(|_| said.exit())
        }
        Command::Forward(args) => {
            let forwarded = commands::forward::run(ctx, args).await?;
            done(ctx, &forwarded).map(|_| forwarded.exit())
        }
        Command::Claim(args) => done(ctx, &commands::claim::run(ctx, args).await?),
        Command::Outbox(args) => done(ctx, &commands::outbox::run(ctx, args).await?),
        Command::Evidence(args) => done(ctx, &commands::evidence::run(ctx, args).await?),
        Command::Verify(args) => {
            let verified = commands::verify::run(args)?;
            done(ctx, &verified).map(|_| verified.exit())
        }
        Command::Print(args) => done(ctx, &commands::print::run(ctx, args).await?),
        Command::Forms(command) => {
            let forms = commands::forms::run(ctx, command)?;
            done(ctx, &forms).map(|_| forms.exit())
        }
        Command::Flow(command) => done(ctx, &commands::flow::run(ctx, command)?),
        Command::Deadline(args) => done(ctx, &commands::deadline::run(ctx, args)?),
        Command::Log(LogCommand::Mirror(args)) => {
            done(ctx, &commands::log_mirror::run(ctx, args).await?)
        }
        Command::Log(LogCommand::Compare(args)) => done(ctx, &commands::log_compare::run(args)?),
        Command::Man(args) => done(ctx, &commands::man::run(args)?),
        Command::Terminal(command) => terminal(ctx, command).await,
        Command::Worker(command) => worker(ctx, command).await,
        Command::Log(LogCommand::Verify(args)) => {
            let verified = commands::log_verify::run(ctx, args).await?;
            done(ctx, &verified).map(|_| verified.exit())
        }
        Command::Watch => commands::watch::run(ctx).await.map(|()| Exit::Ok),
        Command::Agent(args) => agent(ctx, args).await,
        Command::Test(args) => {
            let tested = commands::test::run(ctx, args).await?;
            done(ctx, &tested).map(|_| tested.exit())
        }
        _ => Err(Failure::new("command.not-here")),
    }
}

async fn report(ctx: &Context, command: &ReportCommand) -> Result<Exit, Failure> {
    use commands::{report_council, report_month, report_statistic, report_year};
    match command {
        ReportCommand::Month(args) => done(ctx, &report_month::run(ctx, args).await?),
        ReportCommand::Year(args) => done(ctx, &report_year::run(ctx, args).await?),
        ReportCommand::Statistic(args) => done(ctx, &report_statistic::run(ctx, args).await?),
        ReportCommand::Council(args) => done(ctx, &report_council::run(ctx, args).await?),
    }
}

async fn agent(ctx: &Context, args: &AgentArgs) -> Result<Exit, Failure> {
    match &args.command {
        None => commands::agent::run(ctx, &args.run).await.map(|()| Exit::Ok),
        Some(AgentCommand::Status) => {
            let shown = commands::agent_status::run(ctx);
            done(ctx, &shown).map(|_| shown.exit())
        }
        Some(AgentCommand::Install(args)) => done(ctx, &commands::agent_install::run(ctx, args)?),
        Some(AgentCommand::Uninstall) => done(ctx, &commands::agent_uninstall::run(ctx)?),
    }
}

async fn admin(ctx: &Context, command: &AdminCommand) -> Result<Exit, Failure> {
    use commands::{
        admin_approve, admin_hold, admin_init, admin_invite, admin_list, admin_open_backup,
        admin_pending, admin_publish_catalogue, admin_reject, admin_resume, admin_standing,
        admin_update,
    };
    match command {
        AdminCommand::Init(args) => done(ctx, &admin_init::run(ctx, args).await?),
        AdminCommand::Invite(args) => done(ctx, &admin_invite::run(ctx, args).await?),
        AdminCommand::Pending => done(ctx, &admin_pending::run(ctx).await?),
        AdminCommand::Approve(args) => done(ctx, &admin_approve::run(ctx, args).await?),
        AdminCommand::Reject(args) => done(ctx, &admin_reject::run(ctx, args).await?),
        AdminCommand::List => done(ctx, &admin_list::run(ctx).await?),
        AdminCommand::Update(args) => done(ctx, &admin_update::run(ctx, args).await?),
        AdminCommand::Suspend(args) => {
            done(ctx, &admin_standing::run(ctx, args, StandingState::Suspended).await?)
        }
        AdminCommand::Reinstate(args) => {
            done(ctx, &admin_standing::run(ctx, args, StandingState::Active).await?)
        }
        AdminCommand::Hold(args) => done(ctx, &admin_hold::run(ctx, args, HoldState::On).await?),
        AdminCommand::Release(args) => {
            done(ctx, &admin_hold::run(ctx, args, HoldState::Off).await?)
        }
        AdminCommand::OpenBackup(args) => done(ctx, &admin_open_backup::run(ctx, args)?),
        AdminCommand::Resume => done(ctx, &admin_resume::run(ctx).await?),
        AdminCommand::PublishCatalogue(args) => {
            let published = admin_publish_catalogue::run(ctx, args).await?;
            done(ctx, &published).map(|_| published.exit())
        }
        AdminCommand::Report => Err(Failure::new("report.not-for-administrators")),
    }
}

async fn terminal(ctx: &Context, command: &TerminalCommand) -> Result<Exit, Failure> {
    use commands::{terminal_add, terminal_list, terminal_revoke};
    match command {
        TerminalCommand::Add(args) => done(ctx, &terminal_add::run(ctx, args).await?),
        TerminalCommand::List => done(ctx, &terminal_list::run(ctx).await?),
        TerminalCommand::Revoke(args) => done(ctx, &terminal_revoke::run(ctx, args).await?),
    }
}

async fn worker(ctx: &Context, command: &WorkerCommand) -> Result<Exit, Failure> {
    use commands::{worker_add, worker_list, worker_pin, worker_remove};
    match command {
        WorkerCommand::Add(args) => done(ctx, &worker_add::run(ctx, args).await?),
        WorkerCommand::List => done(ctx, &worker_list::run(ctx).await?),
        WorkerCommand::Pin(args) => done(ctx, &worker_pin::run(ctx, args).await?),
        WorkerCommand::Remove(args) => done(ctx, &worker_remove::run(ctx, args).await?),
    }
}

fn done(ctx: &Context, outcome: &impl Outcome) -> Result<Exit, Failure> {
    ctx.outcome(outcome).map(|()| Exit::Ok)
}

/// `--home` and its variable; else where programs of this system keep what is the user's.
fn home(given: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let variable =
        |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let local = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else {
        variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local").join("share")))
    };
    given
        .filter(|home| !home.as_os_str().is_empty())
        .or_else(|| Some(local?.join("tsumugu")))
        .ok_or_else(|| Failure::usage("--home DIR"))
}
