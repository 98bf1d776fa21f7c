//! PDF (ISO 32000-2): pages, and nothing that acts.
//!
//! What a FAX carried is pages. A script, a program to start, another file inside or a film is none, and
//! printing to PDF again leaves it out; so a PDF with one of them is refused. So is an encrypted one,
//! since nobody could tell.
//!
//! Names are looked for in the whole file and in its object streams, however they are spelled (7.3.5).
//! This finds what ordinary programs write. Somebody who hides a name with care can do so; what then
//! protects the reader is the viewer.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use flate2::read::ZlibDecoder;

use super::inspect::read_at;
use super::zip::is_of_the_data;
use super::{Forbidden, Inspected};

/// How far from the end `%%EOF` may stand, in bytes, as viewers have it.
const TRAILER: u64 = 1_024;

/// Most object streams that are looked into.
const MAX_STREAMS: usize = 100_000;

/// Most bytes of all object streams, unpacked.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;

/// The longest word that is looked at: every character of the longest name as `#xx`.
const MAX_WORD: usize = 3 * 16;

/// Filters that hide what is in an object stream from us. Nobody packs one so.
const OTHER_FILTERS: [&[u8]; 6] = [
    b"ASCII85Decode",
    b"ASCIIHexDecode",
    b"Crypt",
    b"DecodeParms",
    b"LZWDecode",
    b"RunLengthDecode",
];

pub(super) fn inspect(file: &mut (impl Read + Seek)) -> Result<(), Inspected> {
    let length = file.seek(SeekFrom::End(0))?;
    let tail = read_at(file, length.saturating_sub(TRAILER), TRAILER as usize)?;
    if !tail.windows(5).any(|window| window == b"%%EOF") {
        return Err(Forbidden::Damaged.into());
    }
    file.seek(SeekFrom::Start(0))?;
    let mut words = Words::default();
    words.read(BufReader::with_capacity(1 << 16, &mut *file))?;
    let mut left = MAX_UNPACKED;
    for start in std::mem::take(&mut words.object_streams) {
        file.seek(SeekFrom::Start(start))?;
        let unpacked = ZlibDecoder::new(BufReader::new(&mut *file)).take(left + 1);
        let mut inner = Words::default();
        match inner.read(BufReader::with_capacity(1 << 16, unpacked)) {
            Ok(()) => {}
            Err(Inspected::Unreadable(error)) if is_of_the_data(&error) => {
                return Err(Forbidden::Damaged.into());
            }
            Err(error) => return Err(error),
        }
        left = left.checked_sub(inner.read).ok_or(Forbidden::TooComplex)?;
    }
    Ok(())
}

/// Reads words, one byte after the other.
#[derive(Default)]
struct Words {
    /// The word that is being read, as far as it is looked at; a name begins with `/`.
    word: Vec<u8>,
    /// Bytes read.
    read: u64,
    /// In the object that is being read: its dictionary says that it is an object stream.
    is_object_stream: bool,
    /// In the same: it is packed, and so that it can be unpacked here.
    is_packed: bool,
    /// In the same: it is packed another way.
    is_hidden: bool,
    /// The keyword `stream` was just read; its data begin after the end of the line.
    stream_begins: bool,
    /// Where packed object streams begin.
    object_streams: Vec<u64>,
}

impl Words {
    fn read(&mut self, mut from: impl BufRead) -> Result<(), Inspected> {
        loop {
            let bytes = from.fill_buf()?;
            if bytes.is_empty() {
                break;
            }
            let count = bytes.len();
            for byte in bytes {
                self.take(*byte)?;
            }
            from.consume(count);
        }
        self.end_of_word()
    }

    fn take(&mut self, byte: u8) -> Result<(), Inspected> {
        if self.stream_begins && byte != b'\r' {
            self.stream_begins = false;
            // LF is the end of the line; anything else belongs to the data already.
            let start = if byte == b'\n' { self.read + 1 } else { self.read };
            self.object_streams.push(start);
            if self.object_streams.len() > MAX_STREAMS {
                return Err(Forbidden::TooComplex.into());
            }
        }
        let is_space = matches!(byte, 0 | 9 | 10 | 12 | 13 | 32);
        if is_space || b"()<>[]{}/%".contains(&byte) {
            if !self.word.is_empty() {
                self.end_of_word()?;
            }
            if byte == b'/' {
                self.word.push(byte);
            }
            // The line may end with this very byte.
            if self.stream_begins && byte == b'\n' {
                self.stream_begins = false;
                self.object_streams.push(self.read + 1);
            }
        } else if self.word.len() <= MAX_WORD {
            self.word.push(byte);
        }
        self.read += 1;
        Ok(())
    }

    fn end_of_word(&mut self) -> Result<(), Inspected> {
        let word = std::mem::take(&mut self.word);
        match word.as_slice() {
            [b'/', name @ ..] => self.name(&spelled_out(name))?,
            b"obj" | b"endobj" => {
                (self.is_object_stream, self.is_packed, self.is_hidden) = (false, false, false);
            }
            b"stream" if self.is_object_stream => {
                if self.is_hidden {
                    return Err(Forbidden::Damaged.into());
                }
                self.stream_begins = self.is_packed;
                self.is_object_stream = false;
            }
            _ => {}
        }
        self.word = word;
        self.word.clear();
        Ok(())
    }

    fn name(&mut self, name: &[u8]) -> Result<(), Forbidden> {
        match name {
            b"JavaScript" | b"Launch" | b"RichMedia" => return Err(Forbidden::Active),
            b"EmbeddedFile" | b"EmbeddedFiles" => return Err(Forbidden::Embedded),
            b"Encrypt" => return Err(Forbidden::Encrypted),
            b"ObjStm" => self.is_object_stream = true,
            b"FlateDecode" | b"Fl" => self.is_packed = true,
            other if OTHER_FILTERS.contains(&other) => self.is_hidden = true,
            _ => {}
        }
        Ok(())
    }
}

/// A name with its `#xx` read.
fn spelled_out(name: &[u8]) -> Vec<u8> {
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (mut out, mut rest) = (Vec::with_capacity(name.len()), name);
    while let Some((first, behind)) = rest.split_first() {
        let high = behind.first().and_then(digit).filter(|_| *first == b'#');
        match (high, behind.get(1).and_then(digit)) {
            (Some(high), Some(low)) => {
                out.push(high << 4 | low);
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = behind;
            }
        }
    }
    out
}
