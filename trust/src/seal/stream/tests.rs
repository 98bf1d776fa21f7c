use std::io::{Seek, SeekFrom};

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};

use super::super::{SealedReader, open_with_key, seal_with_key};
use super::*;
use crate::hash::sha256;

const KEY: [u8; 32] = [3; 32];

/// Lengths at the edges of chunks.
const EDGES: [usize; 11] =
    [0, 1, 15, 16, 17, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1];

fn plain(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

fn sealed(plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let named = seal_stream(&KEY, plain, &mut out, &mut StdRng::seed_from_u64(1)).unwrap();
    assert_eq!(named, BytesRef { digest: sha256(&[&out]), length: out.len() as u64 });
    out
}

/// Opened as a stream, in memory, and chunk by chunk from the back: all agree.
fn open(file: &[u8]) -> Result<Vec<u8>, OpenError> {
    let mut out = Vec::new();
    let streamed = match open_stream(&KEY, file, &mut out, u64::MAX) {
        Ok(named) => {
            assert_eq!(named, BytesRef { digest: sha256(&[file]), length: file.len() as u64 });
            Ok(out)
        }
        Err(StreamError::Open(error)) => Err(error),
        Err(error) => panic!("{error:?}"),
    };
    let whole = open_with_key(&KEY, file, usize::MAX).map(|plain| plain.to_vec());
    assert_eq!(streamed, whole);
    assert_eq!(from_the_back(file), streamed.clone().ok());
    streamed
}

fn from_the_back(file: &[u8]) -> Option<Vec<u8>> {
    let mut reader = SealedReader::new(&KEY, Cursor::new(file), u64::MAX).ok()?;
    let mut out = vec![0; reader.length() as usize];
    for (number, chunk) in out.chunks_mut(CHUNK).enumerate().rev() {
        reader.seek(SeekFrom::Start((number * CHUNK) as u64)).ok()?;
        reader.read_exact(chunk).ok()?;
    }
    Some(out)
}

/// Gives at most a few bytes at once, and is interrupted now and then.
struct Drips<'a>(&'a [u8], usize);

impl Read for Drips<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.1 = (self.1 * 31 + 7) % 1_000;
        if self.1.is_multiple_of(5) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let most = into.len().min(self.1);
        self.0.read(&mut into[..most])
    }
}

#[test]
fn edges_come_back_and_both_ways_of_sealing_open_both_ways() {
    for length in EDGES {
        let plain = plain(length);
        let file = sealed(&plain);
        assert_eq!(file.len() as u64, sealed_length(length as u64), "{length}");
        assert!(open(&file).unwrap() == plain, "{length}");
        assert!(open(&seal_with_key(&KEY, &plain).unwrap()).unwrap() == plain, "{length}");
        let mut dripped = Vec::new();
        let mut rng = StdRng::seed_from_u64(1);
        seal_stream(&KEY, Drips(&plain, 3), &mut dripped, &mut rng).unwrap();
        assert!(dripped == file, "{length}");
        let mut out = Vec::new();
        open_stream(&KEY, Drips(&file, 3), &mut out, length as u64).unwrap();
        assert!(out == plain, "{length}");
    }
}

#[test]
fn the_limit_is_exact() {
    for length in [1, CHUNK, CHUNK + 1] {
        let file = sealed(&plain(length));
        let limit = length as u64;
        open_stream(&KEY, &file[..], io::sink(), limit).unwrap();
        SealedReader::new(&KEY, Cursor::new(&file), limit).unwrap();
        let refused = open_stream(&KEY, &file[..], io::sink(), limit - 1).unwrap_err();
        assert!(matches!(refused, StreamError::Open(OpenError::TooLarge { .. })), "{refused:?}");
        assert!(SealedReader::new(&KEY, Cursor::new(&file), limit - 1).is_err());
    }
}

/// Chunks of a sealed file, with what stands before them.
fn chunks(file: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let start = STREAM_HEADER as usize + NONCE;
    let chunks = file[start..].chunks(SEALED_CHUNK).map(<[u8]>::to_vec).collect();
    (file[..start].to_vec(), chunks)
}

fn joined(head: &[u8], chunks: &[&[u8]]) -> Vec<u8> {
    [head, &chunks.concat()].concat()
}

#[test]
fn files_that_were_cut_extended_or_reordered_are_refused() {
    let file = sealed(&plain(2 * CHUNK + 100));
    let (head, parts) = chunks(&file);
    let [a, b, c] = &parts[..] else { panic!("three chunks") };
    assert!(open(&joined(&head, &[a, b, c])).is_ok());
    let wrong: [&[&[u8]]; 8] =
        [&[], &[a], &[a, b], &[b, a, c], &[a, c], &[c], &[a, b, b, c], &[a, b, c, &[0; 16]]];
    for chunks in wrong {
        assert_eq!(open(&joined(&head, chunks)), Err(OpenError::Damaged));
    }
    for cut in 0..file.len() / 997 {
        assert!(open(&file[..cut * 997]).is_err(), "{cut}");
    }
    assert!(open(&[&file[..], &[0]].concat()).is_err());
    let full = sealed(&plain(CHUNK));
    assert_eq!(open(&[&full[..], &[0; 20]].concat()), Err(OpenError::Damaged));
}

#[test]
fn an_empty_last_chunk_is_refused() {
    // One whole chunk that says more will come, and an empty last one: every tag is right.
    let mut rng = StdRng::seed_from_u64(2);
    let file_key = FileKey::init_with_mut(|key: &mut [u8; FILE_KEY_BYTES]| rng.fill_bytes(key));
    let mut file = header_text(&KEY, &file_key, &mut rng).into_bytes();
    let payload = PayloadKey::derive(&file_key, &[9; NONCE]);
    file.extend([9; NONCE]);
    let (mut whole, mut empty) = (chunk(), chunk());
    file.extend(payload.seal(Place { number: 0, is_last: false }, &mut whole, CHUNK));
    file.extend(payload.seal(Place { number: 1, is_last: true }, &mut empty, 0));
    assert_eq!(open(&file), Err(OpenError::Damaged));
}

#[test]
fn whose_fault_it_is() {
    let file = sealed(b"attachment");
    let open_as = |key: &[u8; 32], file: &[u8]| {
        let error = open_stream(key, file, io::sink(), 100).unwrap_err();
        assert!(SealedReader::new(key, Cursor::new(file), 100).is_err());
        match error {
            StreamError::Open(error) => error,
            error => panic!("{error:?}"),
        }
    };
    assert_eq!(open_as(&[4; 32], &file), OpenError::NotForTheseKeys);
    assert_eq!(open_as(&KEY, b"%PDF-1.7"), OpenError::Malformed);
    assert_eq!(open_as(&KEY, &file[..file.len() - 1]), OpenError::Damaged);
    let mut changed = file.clone();
    changed[STREAM_HEADER as usize - 2] = if changed[150] == b'A' { b'B' } else { b'A' };
    assert!(open_stream(&KEY, &changed[..], io::sink(), 100).is_err());
    // A key of its own for each sealing: the same file does not look the same twice.
    let mut again = Vec::new();
    seal_stream(&KEY, &b"attachment"[..], &mut again, &mut StdRng::seed_from_u64(9)).unwrap();
    assert_ne!(again, file);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_change_is_refused(
        edge in 0..EDGES.len(),
        at in any::<prop::sample::Index>(),
        bit in 0..8,
    ) {
        let file = sealed(&plain(EDGES[edge]));
        let mut changed = file.clone();
        let at = at.index(file.len());
        changed[at] ^= 1u8 << bit;
        prop_assert!(open(&changed).is_err());
        prop_assert!(open(&file[..at]).is_err());
    }

    #[test]
    fn any_place_is_read(length in 0usize..200_000, places in prop::collection::vec(any::<prop::sample::Index>(), 1..8)) {
        let plain = plain(length);
        let mut reader = SealedReader::new(&KEY, Cursor::new(sealed(&plain)), u64::MAX).unwrap();
        for place in places {
            let at = place.index(length + 1);
            reader.seek(SeekFrom::Start(at as u64)).unwrap();
            let mut out = Vec::new();
            reader.by_ref().take(70_000).read_to_end(&mut out).unwrap();
            prop_assert!(out == plain[at..(at + 70_000).min(length)]);
        }
    }

    #[test]
    fn any_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(open(&bytes).is_err());
    }
}
