//! PINs at this terminal: `worker-pin/WORKER` in the vault. None of it ever leaves this PC.

use serde::{Deserialize, Serialize};
use tsumugu_trust::hash::sha256;
use tsumugu_trust::value::{Id, Time};

use crate::failure::Failure;
use crate::identity::Seed;
use crate::pin::Pin;
use crate::vault::Vault;

/// The folder of PINs.
const PINS: &str = "worker-pin";

/// So many wrong PINs in a row make the worker wait.
pub const MAX_WRONG_PINS: u32 = 5;

/// How long, in milliseconds since the last wrong one: 15 minutes.
pub const PIN_WAIT_MS: u64 = 15 * 60_000;

/// A worker's PIN. Hashed, so that nobody reads it in passing; who has opened the vault can try all of
/// them, and has the worker's key anyway.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    salt: Seed,
    hash: Seed,
    /// Wrong ones since the last right one.
    wrong: u32,
    /// When the last of them was typed, by this PC's clock.
    last_wrong_ms: u64,
}

/// Whether the worker has a PIN here.
///
/// # Errors
/// As [`Vault::list`].
pub(crate) fn is_set(vault: &Vault, worker: Id) -> Result<bool, Failure> {
    Ok(!vault.list(&path(worker))?.is_empty())
}

/// Sets the PIN of a worker, in place of the one before.
///
/// # Errors
/// As [`Vault::write_json`].
pub(crate) fn set(vault: &Vault, worker: Id, pin: &Pin, salt: Seed) -> Result<(), Failure> {
    let hash = hash(worker, &salt, pin);
    let stored = Stored { salt, hash, wrong: 0, last_wrong_ms: 0 };
    Ok(vault.write_json(&path(worker), &stored)?)
}

/// Checks what somebody typed. A wrong one is counted before it is said, so that trying again and again
/// cannot be had by killing the program.
///
/// # Errors
/// `pin.wrong`; `pin.wait` after [`MAX_WRONG_PINS`] wrong ones, for [`PIN_WAIT_MS`]; the vault.
pub(crate) fn check(vault: &Vault, worker: Id, pin: &Pin, now: Time) -> Result<(), Failure> {
    let lock = vault.lock()?;
    let Some(mut stored) = vault.read_json::<Stored>(&path(worker))? else { return Ok(()) };
    let must_wait = stored.wrong >= MAX_WRONG_PINS;
    if must_wait && now.0 < stored.last_wrong_ms {
        // A clock that was set back: nobody waits for years, and nobody gets round the wait by it. It
        // begins anew.
        stored.last_wrong_ms = now.0;
        lock.write_json(&path(worker), &stored)?;
    }
    let waited = now.0.saturating_sub(stored.last_wrong_ms);
    if must_wait && waited < PIN_WAIT_MS {
        let minutes = (PIN_WAIT_MS - waited).div_ceil(60_000);
        return Err(Failure::new("pin.wait").with("minutes", minutes));
    }
    if hash(worker, &stored.salt, pin).bytes() == stored.hash.bytes() {
        if stored.wrong > 0 {
            stored.wrong = 0;
            lock.write_json(&path(worker), &stored)?;
        }
        return Ok(());
    }
    stored.wrong = if stored.wrong >= MAX_WRONG_PINS { 1 } else { stored.wrong + 1 };
    stored.last_wrong_ms = now.0;
    lock.write_json(&path(worker), &stored)?;
    Err(Failure::new("pin.wrong"))
}

/// Forgets the PIN of a worker who was removed.
///
/// # Errors
/// As [`Vault::remove`].
pub(super) fn forget(vault: &Vault, worker: Id) -> Result<(), Failure> {
    Ok(vault.remove(&path(worker))?)
}

fn hash(worker: Id, salt: &Seed, pin: &Pin) -> Seed {
    Seed::new(sha256(&[b"tsumugu/v1/pin\0", salt.bytes(), &worker.0, pin.bytes()]).0)
}

fn path(worker: Id) -> String {
    format!("{PINS}/{worker}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Home;

    fn pin(digits: &str) -> Pin {
        Pin::parse(digits).unwrap()
    }

    fn is(said: Result<(), Failure>) -> Result<(), &'static str> {
        said.map_err(|failure| failure.key())
    }

    #[test]
    fn too_many_wrong_ones_make_the_worker_wait() {
        let home = Home::at(0);
        let vault = home.ctx.open_or_create_vault().unwrap();
        let (worker, other, now) = (Id([7; 16]), Id([8; 16]), 1_800_000_000_000);
        let check = |digits: &str, now| is(check(&vault, worker, &pin(digits), Time(now)));
        assert!(!is_set(&vault, worker).unwrap());
        set(&vault, worker, &pin("1234"), Seed::new([1; 32])).unwrap();
        assert!(is_set(&vault, worker).unwrap() && !is_set(&vault, other).unwrap());
        assert_eq!(check("1234", now), Ok(()));
        for _ in 1..MAX_WRONG_PINS {
            assert_eq!(check("4321", now), Err("pin.wrong"));
        }
        assert_eq!(check("1234", now), Ok(()));
        for _ in 0..MAX_WRONG_PINS {
            assert_eq!(check("4321", now), Err("pin.wrong"));
        }
        assert_eq!(check("1234", now), Err("pin.wait"));
        assert_eq!(check("1234", now + PIN_WAIT_MS - 1), Err("pin.wait"));
        assert_eq!(check("4321", now + PIN_WAIT_MS), Err("pin.wrong"));
        assert_eq!(check("1234", now + PIN_WAIT_MS), Ok(()));
        forget(&vault, worker).unwrap();
        assert!(!is_set(&vault, worker).unwrap());
    }

    #[test]
    fn a_clock_that_was_set_back_begins_the_wait_anew() {
        let home = Home::at(0);
        let vault = home.ctx.open_or_create_vault().unwrap();
        let (worker, now) = (Id([7; 16]), 1_800_000_000_000);
        set(&vault, worker, &pin("1234"), Seed::new([1; 32])).unwrap();
        for _ in 0..MAX_WRONG_PINS {
            assert!(check(&vault, worker, &pin("4321"), Time(now)).is_err());
        }
        let check = |digits: &str, now| is(check(&vault, worker, &pin(digits), Time(now)));
        // However often, and however far back.
        let year = 365 * 86_400_000;
        let mut back = now;
        for by in [1, 1, PIN_WAIT_MS, year] {
            back -= by;
            assert_eq!(check("1234", back), Err("pin.wait"));
        }
        assert_eq!(check("1234", back + PIN_WAIT_MS - 1), Err("pin.wait"));
        assert_eq!(check("1234", back + PIN_WAIT_MS), Ok(()));
    }
}
