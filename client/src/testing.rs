//! A home folder, a clock that stands still and a terminal that remembers, for tests.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tsumugu_durable::clock::ManualClock;

use crate::context::{Context, Printing};
use crate::output::Mode;
use crate::passphrase::{Source, Terminal};

/// What was printed.
#[derive(Clone, Default)]
pub(crate) struct Screen(Rc<RefCell<Vec<u8>>>);

impl Screen {
    /// All of it, and the screen is empty again.
    pub(crate) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.borrow_mut())).unwrap()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A home of one office.
pub(crate) struct Home {
    _folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) out: Screen,
    pub(crate) err: Screen,
    pub(crate) ctx: Context,
}

impl Home {
    /// An empty home at a time, in milliseconds since 1970.
    pub(crate) fn at(now_ms: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(now_ms);
        let (out, err) = (Screen::default(), Screen::default());
        let ctx = context(folder.path(), clock.clone(), out.clone(), err.clone());
        Self { _folder: folder, clock, out, err, ctx }
    }
}

fn context(folder: &Path, clock: Arc<ManualClock>, out: Screen, err: Screen) -> Context {
    let file = folder.join("passphrase");
    std::fs::write(&file, "four unrelated words\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let printing =
        Printing { mode: Mode::Text, verbose: false, out: Box::new(out), err: Box::new(err) };
    let random = Box::new(StdRng::seed_from_u64(7));
    let passphrase = Source::new(Some(file), Terminal);
    Context::new(folder.join("home"), clock, random, passphrase, printing)
}
