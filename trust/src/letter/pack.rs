//! Compression and padding: the length of a sealed body shall not tell which sheet it is.

use std::cell::RefCell;
use std::io;

use zeroize::Zeroizing;
use zstd::bulk::{Compressor, Decompressor};

const MAGIC: &[u8] = b"tsumugu/v1/letter\0";
const HEAD: usize = MAGIC.len() + 8;
/// zstd's default: about 1 GB/s, and forms are small.
const LEVEL: i32 = 3;

/// Most bytes of a letter before compression.
pub const MAX_LETTER: usize = 1 << 20;
/// Most bytes of a sealed body: an incompressible letter, Padmé's 12 %, and the age header.
pub const MAX_SEALED_BODY: usize = 1_310_720;

/// The plaintext of a body is not a packed letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// More than [`MAX_LETTER`] bytes.
    #[error("a letter has at most 1048576 bytes")]
    TooLarge,
    /// Not in the form of section 4.1: length, padding or compression is wrong.
    #[error("the sealed body does not hold a letter")]
    Malformed,
}

/// The Padmé length of `length`: at most 12 % more, and few values ("Reducing Metadata Leakage from
/// Encrypted Files and Communication with PURBs", algorithm 1).
#[must_use]
pub fn padme(length: usize) -> usize {
    if length < 2 {
        return length;
    }
    let e = length.ilog2();
    let s = e.checked_ilog2().map_or(1, |log| log + 1);
    let mask = (1usize << e.saturating_sub(s)) - 1;
    (length + mask) & !mask
}

/// Compresses and pads a letter: the plaintext to seal.
///
/// # Errors
/// [`PackError::TooLarge`]
pub fn pack(letter: &[u8]) -> Result<Zeroizing<Vec<u8>>, PackError> {
    if letter.len() > MAX_LETTER {
        return Err(PackError::TooLarge);
    }
    let compressed = Zeroizing::new(compress(letter).map_err(|_| PackError::Malformed)?);
    let size = |n: usize| u32::try_from(n).map_err(|_| PackError::TooLarge);
    let mut out = Zeroizing::new(Vec::with_capacity(padme(HEAD + compressed.len())));
    out.extend(MAGIC);
    out.extend(size(letter.len())?.to_be_bytes());
    out.extend(size(compressed.len())?.to_be_bytes());
    out.extend(compressed.iter());
    out.resize(padme(HEAD + compressed.len()), 0);
    Ok(out)
}

/// Reads a plaintext that [`pack`] made. Never allocates more than [`MAX_LETTER`] for the letter.
///
/// # Errors
/// [`PackError`]
pub fn unpack(plain: &[u8]) -> Result<Zeroizing<Vec<u8>>, PackError> {
    let rest = plain.strip_prefix(MAGIC).ok_or(PackError::Malformed)?;
    let (length, rest) = read_u32(rest)?;
    let (compressed, rest) = read_u32(rest)?;
    if length > MAX_LETTER {
        return Err(PackError::TooLarge);
    }
    let (frame, padding) = rest.split_at_checked(compressed).ok_or(PackError::Malformed)?;
    if plain.len() != padme(HEAD + compressed) || padding.iter().any(|byte| *byte != 0) {
        return Err(PackError::Malformed);
    }
    // The capacity is the cap on expansion: a frame that holds more is an error, not memory.
    let letter = Zeroizing::new(decompress(frame, length).map_err(|_| PackError::Malformed)?);
    if letter.len() == length { Ok(letter) } else { Err(PackError::Malformed) }
}

thread_local! {
    // Each thread keeps its tables: to make them takes longer than to pack a form.
    static TABLES: RefCell<Option<(Compressor<'static>, Decompressor<'static>)>> =
        const { RefCell::new(None) };
}

fn compress(letter: &[u8]) -> io::Result<Vec<u8>> {
    with_tables(|(compressor, _)| compressor.compress(letter))
}

fn decompress(frame: &[u8], length: usize) -> io::Result<Vec<u8>> {
    with_tables(|(_, decompressor)| decompressor.decompress(frame, length))
}

fn with_tables<T>(
    work: impl FnOnce(&mut (Compressor<'static>, Decompressor<'static>)) -> io::Result<T>,
) -> io::Result<T> {
    TABLES.with_borrow_mut(|tables| {
        let made = match tables.take() {
            Some(made) => made,
            None => (Compressor::new(LEVEL)?, Decompressor::new()?),
        };
        work(tables.insert(made))
    })
}

fn read_u32(bytes: &[u8]) -> Result<(usize, &[u8]), PackError> {
    let (head, rest) = bytes.split_first_chunk::<4>().ok_or(PackError::Malformed)?;
    Ok((u32::from_be_bytes(*head) as usize, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn padme_lengths() {
        for (length, padded) in [
            (0, 0),
            (1, 1),
            (2, 2),
            (9, 10),
            (100, 104),
            (1000, 1024),
            (10_000, 10_240),
            (1_000_000, 1_015_808),
        ] {
            assert_eq!(padme(length), padded, "{length}");
        }
        for length in 2..20_000 {
            let padded = padme(length);
            assert!(
                padded >= length && padded as f64 <= length as f64 * 1.12 + 1.0,
                "{length} {padded}"
            );
            assert_eq!(padme(padded), padded);
        }
    }

    #[test]
    fn the_limit_of_a_letter() {
        let letter = vec![7; MAX_LETTER];
        assert_eq!(*unpack(&pack(&letter).unwrap()).unwrap(), letter);
        assert_eq!(pack(&vec![7; MAX_LETTER + 1]).unwrap_err(), PackError::TooLarge);
    }

    #[test]
    fn a_bomb_is_refused_at_its_stated_length() {
        let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 3).unwrap();
        let mut plain = MAGIC.to_vec();
        plain.extend(1000u32.to_be_bytes());
        plain.extend((bomb.len() as u32).to_be_bytes());
        plain.extend(&bomb);
        plain.resize(padme(HEAD + bomb.len()), 0);
        assert_eq!(unpack(&plain).unwrap_err(), PackError::Malformed);
    }

    #[test]
    fn every_changed_byte_of_the_frame_is_refused_or_gives_the_same() {
        let packed = pack(b"a letter about a life").unwrap();
        for at in 0..packed.len() {
            let mut changed = packed.to_vec();
            changed[at] ^= 1;
            // zstd has no checksum here: age authenticates. But lengths and padding are strict.
            if let Ok(letter) = unpack(&changed) {
                assert_eq!(letter.len(), 21);
            }
        }
        let mut longer = packed.to_vec();
        longer.push(0);
        assert!(unpack(&longer).is_err());
    }

    proptest! {
        #[test]
        fn round_trip(letter in proptest::collection::vec(any::<u8>(), 0..5000)) {
            let packed = pack(&letter).unwrap();
            prop_assert_eq!(packed.len(), padme(packed.len()));
            prop_assert_eq!(&*unpack(&packed).unwrap(), &letter);
        }
        #[test]
        fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) { let _ = unpack(&bytes); }
    }
}
