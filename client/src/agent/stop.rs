//! Being told to stop: Ctrl-C, SIGTERM, a closed console, the end of the Windows session.

use std::io;

use crate::failure::Failure;

/// Hears that the process is to stop.
#[derive(Debug)]
pub(crate) struct Stop {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 3],
    #[cfg(windows)]
    events: Events,
}

#[cfg(windows)]
#[derive(Debug)]
struct Events {
    key: tokio::signal::windows::CtrlC,
    key_break: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    log_off: tokio::signal::windows::CtrlLogoff,
    shut_down: tokio::signal::windows::CtrlShutdown,
}

impl Stop {
    /// Listens from now on.
    ///
    /// # Errors
    /// The system does not tell.
    pub(crate) fn listen() -> Result<Self, Failure> {
        Self::system().map_err(|error| Failure::fault("signals").because(error))
    }

    #[cfg(unix)]
    fn system() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, terminate, hangup] = kinds.map(signal);
        Ok(Self { signals: [interrupt?, terminate?, hangup?] })
    }

    #[cfg(windows)]
    fn system() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
        let events = Events {
            key: ctrl_c()?,
            key_break: ctrl_break()?,
            close: ctrl_close()?,
            log_off: ctrl_logoff()?,
            shut_down: ctrl_shutdown()?,
        };
        Ok(Self { events })
    }

    /// Ready once somebody asked.
    #[cfg(unix)]
    pub(crate) async fn asked(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }

    /// Ready once somebody asked.
    #[cfg(windows)]
    pub(crate) async fn asked(&mut self) {
        let Events { key, key_break, close, log_off, shut_down } = &mut self.events;
        tokio::select! {
            _ = key.recv() => {}
            _ = key_break.recv() => {}
            _ = close.recv() => {}
            _ = log_off.recv() => {}
            _ = shut_down.recv() => {}
        }
    }
}
