//! A file of lines that outlives the process and need not outlive a power cut: no sync per line.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::atomic::{read_limited, write_atomic};
use crate::error::DiskError;

/// Longest file that is read, in bytes: 16 MiB.
pub const MAX_LINES_FILE: u64 = 16 * 1024 * 1024;

/// The file, open for appending.
#[derive(Debug)]
pub struct Lines {
    file: File,
    path: PathBuf,
}

impl Lines {
    /// Writes the file anew with `text`, which lasts, and opens it for appending.
    ///
    /// A crash leaves the old file or the new one.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn begin(path: &Path, text: &str) -> Result<Self, DiskError> {
        write_atomic(path, text.as_bytes())?;
        let file = OpenOptions::new()
            .append(true)
            .open(path)
            .map_err(DiskError::io("open the file", path))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// The whole lines of a file; none when it is not there. A last line without its end was torn
    /// by a crash, and is left out.
    ///
    /// # Errors
    /// [`DiskError`]: longer than [`MAX_LINES_FILE`], or the disk refused.
    pub fn read(path: &Path) -> Result<Vec<String>, DiskError> {
        let bytes = match read_limited(path, MAX_LINES_FILE) {
            Err(DiskError::Missing { .. }) => return Ok(Vec::new()),
            read => read?,
        };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let text = String::from_utf8_lossy(bytes.get(..whole).unwrap_or_default());
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Appends a line. A crash of the process keeps it; a power cut loses it when the system has not
    /// written it yet, or leaves a part of it.
    ///
    /// # Errors
    /// [`DiskError::Io`]
    pub fn append(&mut self, line: &str) -> Result<(), DiskError> {
        self.file
            .write_all(format!("{line}\n").as_bytes())
            .map_err(DiskError::io("write the file", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_and_a_torn_one_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        assert_eq!(Lines::read(&path).unwrap(), Vec::<String>::new());
        let mut lines = Lines::begin(&path, "a\n").unwrap();
        lines.append("b").unwrap();
        lines.append("c").unwrap();
        assert_eq!(Lines::read(&path).unwrap(), ["a", "b", "c"]);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(Lines::read(&path).unwrap(), ["a", "b"]);
        std::fs::write(&path, b"\xff\n").unwrap();
        assert_eq!(Lines::read(&path).unwrap().len(), 1);
    }

    #[test]
    fn the_length_has_an_edge() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let mut bytes = vec![b'a'; MAX_LINES_FILE as usize];
        bytes[MAX_LINES_FILE as usize - 1] = b'\n';
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(Lines::read(&path).unwrap().len(), 1);
        bytes.push(b'\n');
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(Lines::read(&path), Err(DiskError::TooLong { .. })));
    }
}
