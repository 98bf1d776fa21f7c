//! The message that a letter answers or passes on.

use tsumugu_proto::v1;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::value::Id;

/// A message as letters name it that answer it or pass it on (`docs/FORMATS.md`, section 4.7).
///
/// It is the author's word: whoever has that message compares the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Who sent it.
    pub from: Id,
    /// Its id.
    pub id: Id,
    /// Digest of its envelope.
    pub envelope: Hash,
}

impl About {
    /// As it travels.
    pub(super) fn to_proto(self) -> v1::About {
        v1::About {
            from: self.from.to_string(),
            id: self.id.to_string(),
            envelope: self.envelope.0.to_vec().into(),
        }
    }

    /// As it came; nothing where a part is not in its one spelling.
    pub(super) fn of_proto(said: &v1::About) -> Option<Self> {
        Some(Self {
            from: said.from.parse().ok()?,
            id: said.id.parse().ok()?,
            envelope: Hash(said.envelope[..].try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(from: [u8; 16], id: [u8; 16], envelope: [u8; 32]) {
            let about = About { from: Id(from), id: Id(id), envelope: Hash(envelope) };
            prop_assert_eq!(About::of_proto(&about.to_proto()), Some(about));
        }

        #[test]
        fn anything_else_is_refused(from in "\\PC{0,40}", id in "\\PC{0,40}", length in 0_usize..70) {
            let is_id = |text: &str| text.len() == 32
                && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            let fits = is_id(&from) && is_id(&id) && length == 32;
            let said = v1::About { from, id, envelope: vec![7; length].into() };
            prop_assert_eq!(About::of_proto(&said).is_some(), fits);
        }
    }
}
