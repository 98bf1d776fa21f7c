//! What a command is given: its home folder, the time, chance, the passphrase, and whom it tells.

use std::cell::RefCell;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use tsumugu_durable::clock::Clock;
use tsumugu_trust::value::Time;

use crate::failure::{Exit, Failure};
use crate::jst;
use crate::letters::Randomness;
use crate::messages::Sentence;
use crate::network::Network;
use crate::output::{Mode, Outcome, Output, Page};
use crate::passphrase::Source;
use crate::pin::Pins;
use crate::progress::Progress;
use crate::releases::Catalogues;
use crate::vault::Vault;

/// Everything that a command takes from outside itself; tests give their own.
///
/// Shared by reference and used from one task only: a command runs on one thread.
pub struct Context {
    home: PathBuf,
    clock: Arc<dyn Clock>,
    random: RefCell<Box<dyn Randomness>>,
    passphrase: RefCell<Source>,
    pins: Pins,
    network: Network,
    catalogues: RefCell<Option<Rc<Catalogues>>>,
    mode: Mode,
    verbose: bool,
    out: RefCell<Box<dyn Write>>,
    err: RefCell<Box<dyn Write>>,
}

/// How and where a command prints.
pub struct Printing {
    /// For whom.
    pub mode: Mode,
    /// Whether the causes of a failure are shown.
    pub verbose: bool,
    /// Standard output.
    pub out: Box<dyn Write>,
    /// Standard error.
    pub err: Box<dyn Write>,
}

impl Context {
    /// The surroundings of one command.
    pub fn new(
        home: PathBuf,
        clock: Arc<dyn Clock>,
        random: Box<dyn Randomness>,
        passphrase: Source,
        printing: Printing,
    ) -> Self {
        let Printing { mode, verbose, out, err } = printing;
        Self {
            home,
            clock,
            random: RefCell::new(random),
            passphrase: RefCell::new(passphrase),
            pins: Pins::default(),
            network: Network::default(),
            catalogues: RefCell::default(),
            mode,
            verbose,
            out: RefCell::new(out),
            err: RefCell::new(err),
        }
    }

    /// The same with what was said of the way to the exchange.
    #[must_use]
    pub fn with_network(self, network: Network) -> Self {
        Self { network, ..self }
    }

    /// The same with another place where workers' PINs come from.
    #[must_use]
    pub fn with_pins(self, pins: Pins) -> Self {
        Self { pins, ..self }
    }

    /// Where workers' PINs come from.
    #[must_use]
    pub fn pins(&self) -> &Pins {
        &self.pins
    }

    /// What was said of the way to the exchange.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The region's catalogue, by release: as the clear chain names it once a session has replayed that,
    /// before as this home lists it.
    #[must_use]
    pub fn catalogues(&self) -> Rc<Catalogues> {
        let mut known = self.catalogues.borrow_mut();
        Rc::clone(known.get_or_insert_with(|| Rc::new(Catalogues::listed(&self.home))))
    }

    /// Uses these releases from now on.
    pub(crate) fn use_catalogues(&self, known: Catalogues) {
        *self.catalogues.borrow_mut() = Some(Rc::new(known));
    }

    /// The folder that holds the vault.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The clock, for those who ask it later.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// This PC's time.
    #[must_use]
    pub fn now(&self) -> Time {
        Time(self.clock.now_ms())
    }

    /// Random bytes.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.borrow_mut().fill_bytes(&mut bytes);
        bytes
    }

    /// Lends the generator, for what draws its own bytes. Do not draw from the context meanwhile.
    pub fn with_random<R>(&self, use_it: impl FnOnce(&mut dyn Randomness) -> R) -> R {
        use_it(&mut **self.random.borrow_mut())
    }

    /// Tells something on the way: progress or a warning.
    pub fn note(&self, sentence: &Sentence) {
        self.print(|output| output.note(sentence));
    }

    /// Shows lines on the way, beside what the command gives.
    pub fn aside(&self, fill: impl FnOnce(&mut Page)) {
        self.print(|output| output.aside(fill));
    }

    /// Tells something that only `--verbose` shows.
    pub fn note_verbose(&self, sentence: &Sentence) {
        if self.verbose {
            self.note(sentence);
        }
    }

    /// Writes a line of an unattended program's log: the time, and what is the matter, in both
    /// languages.
    pub fn log(&self, sentence: &Sentence) {
        let time = jst::iso(self.now());
        let key = sentence.message().key();
        let line = format!("{time} {key} {} / {}\n", sentence.ja(), sentence.en());
        // Nobody is left to tell where the log cannot be written.
        let _ = self.err.borrow_mut().write_all(line.as_bytes());
    }

    /// Prints the outcome, as the last thing.
    ///
    /// # Errors
    /// As [`Output::outcome`].
    pub fn outcome(&self, outcome: &impl Outcome) -> Result<(), Failure> {
        self.print(|output| output.outcome(outcome))
    }

    /// Prints the failure, as the last thing; gives the exit code.
    pub fn failure(&self, failure: &Failure) -> Exit {
        self.print(|output| output.failure(failure))
    }

    /// A bar for what takes long, where a person waits.
    pub fn progress(&self, what: &Sentence, length: u64) -> Progress {
        match self.mode {
            Mode::Text => Progress::bar(what, length),
            Mode::Json => Progress::default(),
        }
    }

    /// For whom is printed.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    fn print<R>(&self, print: impl FnOnce(&mut Output<'_>) -> R) -> R {
        let (mut out, mut err) = (self.out.borrow_mut(), self.err.borrow_mut());
        print(&mut Output::new(self.mode, self.verbose, &mut **out, &mut **err))
    }

    /// Asks a person for one line that may be seen; nothing where no person sits at a terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn ask(&self, question: &Sentence) -> Result<Option<String>, Failure> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Ok(None);
        }
        let gone = |error: io::Error| Failure::new("passphrase.asking-failed").because(error);
        let mut screen = io::stderr();
        write!(screen, "{} / {} ", question.ja(), question.en()).map_err(gone)?;
        screen.flush().map_err(gone)?;
        let mut line = String::new();
        stdin.lock().read_line(&mut line).map_err(gone)?;
        Ok(Some(line.trim().to_owned()))
    }

    /// Opens the vault of this home.
    ///
    /// # Errors
    /// As [`Vault::open`], and without a passphrase.
    pub fn open_vault(&self) -> Result<Vault, Failure> {
        if !Vault::exists(&self.home) {
            return Err(Failure::not_enrolled());
        }
        let passphrase = self.passphrase.borrow_mut().existing(&mut |said| self.note(said))?;
        Ok(Vault::open(&self.home, &passphrase)?)
    }

    /// Opens the vault of this home, or makes it under a new passphrase.
    ///
    /// # Errors
    /// As [`Vault::open`] and [`Vault::create`].
    pub fn open_or_create_vault(&self) -> Result<Vault, Failure> {
        if Vault::exists(&self.home) {
            return self.open_vault();
        }
        let passphrase = self.passphrase.borrow_mut().create(&mut |said| self.note(said))?;
        Ok(Vault::create(&self.home, &passphrase)?)
    }
}
