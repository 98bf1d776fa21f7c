//! Where a record lies.

use super::VaultError;

/// The longest record path, in bytes. With a home folder of 50 it stays under Windows' old 260.
pub const MAX_PATH_BYTES: usize = 200;

/// A record path: `[a-z0-9-]+(/[a-z0-9-]+)*`, at most [`MAX_PATH_BYTES`], no segment a device name of
/// Windows. Lower case, so that two paths are two files on every file system.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordPath<'a>(&'a str);

impl<'a> RecordPath<'a> {
    pub(super) fn parse(path: &'a str) -> Result<Self, VaultError> {
        if path.len() <= MAX_PATH_BYTES && path.split('/').all(is_segment) {
            Ok(Self(path))
        } else {
            Err(VaultError::BadPath)
        }
    }

    pub(super) fn as_str(&self) -> &'a str {
        self.0
    }
}

fn is_segment(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !segment.is_empty() && segment.bytes().all(plain) && !is_device(segment)
}

/// Windows takes these for devices, whatever the extension ("Naming Files, Paths, and Namespaces").
fn is_device(segment: &str) -> bool {
    let numbered = |name: &str| {
        segment
            .strip_prefix(name)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    matches!(segment, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_plain() {
        for good in ["a", "key-set/2", "inbox/0190f3c1/letter", "com", "com10", "console", "-"] {
            assert_eq!(RecordPath::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "", "/", "a/", "/a", "a//b", "A", "a.b", "..", "a/../b", "a\\b", "a b", "あ", "a\0",
            "nul", "x/con", "com1/x", "lpt9",
        ] {
            assert!(matches!(RecordPath::parse(bad), Err(VaultError::BadPath)), "{bad}");
        }
        assert!(RecordPath::parse(&"a".repeat(MAX_PATH_BYTES)).is_ok());
        assert!(RecordPath::parse(&"a".repeat(MAX_PATH_BYTES + 1)).is_err());
    }
}
