//! What is done for each letter and answer that arrives: a file, a command.

use std::path::PathBuf;

use tokio::time::{Duration, Instant};
use tsumugu_trust::state::Validity;
use tsumugu_trust::statement::{AnyBody, Urgency};
use tsumugu_trust::value::Id;

use super::hook::{Ended, Facts, Hook};
use super::queue::{Job, Left, Queue};
use super::save::{Renderer, Rendering, clear, save};
use super::state::StateFailure;
use crate::commands::conference::calendar_of;
use crate::conference::ConferenceLetter;
use crate::failure::Failure;
use crate::jst;
use crate::letters::OpenedLetter;
use crate::live::News;
use crate::mailbox::message::{LetterState, Message, MessageLeaf};
use crate::messages::Sentence;
use crate::post::Post;
use crate::probe;
use crate::releases::Catalogues;
use crate::vault::Vault;
use crate::workers::Leavers;

/// The record of what is still to be done.
pub(crate) const RECORD: &str = "agent/arrivals";

/// A command is begun at most so often for one event: only a crash while it runs repeats it.
pub(crate) const MAX_TRIES: u32 = 3;

/// A page is begun at most so often for one letter, not counting the times that the folder refused: a
/// letter that this program cannot print must not end the agent again and again.
pub(crate) const MAX_FILE_TRIES: u32 = 5;

/// A file that could not be written is tried again after this.
const FILE_AGAIN: Duration = Duration::from_secs(60);

/// The two duties for arrivals.
#[derive(Debug)]
pub(crate) struct Arrivals {
    own: Id,
    command: Option<String>,
    folder: Option<PathBuf>,
    renderer: Renderer,
    queue: Queue,
    running: Option<(u64, Hook)>,
    files_again: Instant,
    /// Why the last file could not be written; nothing since one was.
    trouble: Option<StateFailure>,
    /// What an earlier run left half-written in the folder is removed.
    is_clear: bool,
}

/// What was done, for the log.
pub(crate) type Said = Vec<Sentence>;

impl Arrivals {
    /// Nothing where neither is wanted: what was not done yet is forgotten then.
    ///
    /// # Errors
    /// As [`Queue::open`].
    pub(crate) fn open(
        vault: &Vault,
        own: Id,
        (command, folder): (Option<String>, Option<PathBuf>),
        renderer: Renderer,
        known: u64,
    ) -> Result<Option<Self>, Failure> {
        if command.is_none() && folder.is_none() {
            vault.remove(RECORD)?;
            return Ok(None);
        }
        let queue = Queue::open(vault, RECORD, known)?;
        let files_again = Instant::now();
        let (running, trouble, is_clear) = (None, None, false);
        Ok(Some(Self {
            own,
            command,
            folder,
            renderer,
            queue,
            running,
            files_again,
            trouble,
            is_clear,
        }))
    }

    pub(crate) fn queue(&mut self) -> &mut Queue {
        &mut self.queue
    }

    /// Letters that wait to be written into the folder, and why.
    pub(crate) fn unsaved(&self) -> (usize, Option<&StateFailure>) {
        let waits = |job: &&Job| job.left == Left::File || job.file_tries > 0;
        (self.queue.jobs().iter().filter(waits).count(), self.trouble.as_ref())
    }

    /// Takes in events; those that are an arrival become jobs.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn push(&mut self, vault: &Vault, news: &[News], next: u64) -> Result<(), Failure> {
        let mut arrived = Vec::new();
        for one in news {
            if let Some((message, leaf)) = one.look_up(vault)?
                && is_arrival(self.own, &message, &leaf)
            {
                arrived.push(*one);
            }
        }
        self.queue.push(vault, arrived, next)
    }

    /// Waits until the command that runs has ended; for ever where none runs.
    pub(crate) async fn due(&mut self) -> Ended {
        match &mut self.running {
            Some((_, hook)) => hook.ended().await,
            None => std::future::pending().await,
        }
    }

    /// The command that ran has ended so.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn ended(&mut self, vault: &Vault, how: Ended) -> Result<Said, Failure> {
        let Some((number, _)) = self.running.take() else { return Ok(Said::new()) };
        self.queue.done(vault, number)?;
        let code = |code: Option<i32>| code.map_or_else(|| "-".to_owned(), |code| code.to_string());
        Ok(match how {
            Ended::Well => Said::new(),
            Ended::Badly(how) => vec![Sentence::new("agent.hook-failed").with("code", code(how))],
            Ended::TooLate => vec![Sentence::new("agent.hook-too-late")],
        })
    }

    /// Does what can be done now; at most one command runs at a time.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn step(&mut self, post: &impl Post) -> Result<Said, Failure> {
        let mut said = Said::new();
        let files_now = Instant::now() >= self.files_again;
        for job in self.queue.jobs().to_vec() {
            if self.running.is_some() {
                break;
            }
            if job.left == Left::File && !files_now {
                continue;
            }
            self.job(post, &job, &mut said)?;
        }
        Ok(said)
    }

    fn job(&mut self, post: &impl Post, job: &Job, said: &mut Said) -> Result<(), Failure> {
        let vault = post.vault();
        let news = News { number: job.number, index: job.index, from: job.from, id: job.id };
        let Some((message, leaf)) = news.look_up(vault)? else {
            return self.queue.done(vault, job.number);
        };
        let is_letter = matches!(leaf.statement.body, AnyBody::Envelope(_));
        if is_letter && message.letter == LetterState::Waiting {
            return Ok(());
        }
        if probe::is_test(post, &message)? {
            return self.queue.done(vault, job.number);
        }
        let mut file = None;
        let mut failed = false;
        if is_letter && let Some(folder) = self.folder.clone() {
            if job.file_tries >= MAX_FILE_TRIES {
                said.push(Sentence::new("agent.save-given-up").with("id", job.id));
                let given_up = Failure::new("agent.page-given-up").with("id", job.id);
                self.trouble = Some(StateFailure::of(&given_up, jst::iso(post.now())));
            } else {
                self.queue.begin_file(vault, job.number)?;
                match self.write(post, &message, &folder) {
                    Ok(written) => {
                        file = written;
                        self.trouble = None;
                    }
                    Err(failure) => {
                        said.push(Sentence::new("agent.not-saved").with("reason", failure.key()));
                        self.trouble = Some(StateFailure::of(&failure, jst::iso(post.now())));
                        self.files_again = Instant::now() + FILE_AGAIN;
                        failed = true;
                        if failure.key() == "file.unwritable" {
                            self.queue.forgive_file(vault, job.number)?;
                        }
                    }
                }
            }
        }
        if let Some(command) = self.command.clone().filter(|_| job.left == Left::All) {
            if job.tries >= MAX_TRIES {
                said.push(Sentence::new("agent.hook-given-up").with("id", job.id));
            } else {
                self.queue.begin(vault, job.number)?;
                let mut facts = facts(post, &message, &leaf)?;
                facts.extend(file.map(|file| ("TSUMUGU_FILE", file.display().to_string())));
                match Hook::start(&command, post.home(), &facts) {
                    // A file that could not be written is tried again after the command has ended.
                    Ok(hook) if !failed => {
                        self.running = Some((job.number, hook));
                        return Ok(());
                    }
                    Ok(hook) => self.running = Some((u64::MAX, hook)),
                    Err(error) => {
                        let code = error.kind();
                        said.push(Sentence::new("agent.hook-failed").with("code", code));
                    }
                }
            }
        }
        if failed {
            self.queue.leave_file(vault, job.number)
        } else {
            self.queue.done(vault, job.number)
        }
    }

    fn write(
        &mut self,
        post: &impl Post,
        message: &Message,
        folder: &std::path::Path,
    ) -> Result<Option<PathBuf>, Failure> {
        let state = message.state();
        if state.validity() == Validity::Withdrawn && state.answer().is_none() {
            return Ok(None);
        }
        let letter = match message.read_letter(post.vault(), post.directory()) {
            // What was set aside is no letter; `tsumugu inbox` shows it.
            Err(failure) if failure.key() == "message.quarantined" => None,
            letter => letter?,
        };
        let Some(letter) = letter else { return Ok(None) };
        if !self.is_clear {
            clear(folder)?;
            self.is_clear = true;
        }
        let leavers = Leavers::of(post);
        let (directory, now) = (post.directory(), post.now());
        let catalogues = Catalogues::of(post.home(), directory.catalogues());
        let rendering = (self.renderer)(&catalogues, directory, leavers, message, &letter, now)?;
        let file = save(folder, message, &rendering)?;
        if let Some(bytes) = invitation(post, &catalogues, message, &letter)? {
            save(folder, message, &Rendering { bytes, extension: "ics" })?;
        }
        Ok(Some(file))
    }
}

/// The calendar file of an invitation that names a time; it lies beside the page, without anybody's name.
fn invitation(
    post: &impl Post,
    catalogues: &Catalogues,
    message: &Message,
    letter: &OpenedLetter,
) -> Result<Option<Vec<u8>>, Failure> {
    let Some(ConferenceLetter::Invitation(_)) = ConferenceLetter::of(catalogues, message, letter)
    else {
        return Ok(None);
    };
    let file = calendar_of(post, (message.from(), message.id()))?;
    Ok(file.map(String::into_bytes))
}

/// A letter from others, or somebody's answer to a letter of ours.
fn is_arrival(own: Id, message: &Message, leaf: &MessageLeaf) -> bool {
    let to = message.envelope().map(|(_, lines)| lines.to.institution);
    match &leaf.statement.body {
        AnyBody::Envelope(lines) => lines.id == message.id() && lines.from != own,
        AnyBody::Disposition(_) => message.from() == own && to != Some(own),
        _ => false,
    }
}

fn facts(post: &impl Post, message: &Message, leaf: &MessageLeaf) -> Result<Facts, Failure> {
    let Some((_, lines)) = message.envelope() else { return Ok(Facts::new()) };
    let number = |id: Id| {
        let record = post.directory().member(id).and_then(|member| member.record());
        record.map(|record| record.number.to_string()).unwrap_or_default()
    };
    let urgency = if lines.urgency == Urgency::Urgent { "urgent" } else { "normal" };
    let mut facts = vec![
        ("TSUMUGU_MESSAGE_ID", message.id().to_string()),
        ("TSUMUGU_URGENCY", urgency.to_owned()),
    ];
    let (kind, form) = probe::kind_and_form(post, message)?;
    facts.push(("TSUMUGU_KIND", kind));
    facts.push(("TSUMUGU_FORM", form));
    match &leaf.statement.body {
        AnyBody::Disposition(answer) => {
            facts.push(("TSUMUGU_EVENT", "answer".to_owned()));
            facts.push(("TSUMUGU_FROM", number(lines.to.institution)));
            facts.push(("TSUMUGU_ANSWER", answer.answer.word().to_owned()));
        }
        _ => {
            facts.push(("TSUMUGU_EVENT", "letter".to_owned()));
            facts.push(("TSUMUGU_FROM", number(lines.from)));
        }
    }
    Ok(facts)
}
