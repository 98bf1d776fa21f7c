//! Digits that people compare, as they type and read them out.

/// Whether two texts have the same digits. A letter among them never compares equal.
#[must_use]
pub(crate) fn are_same(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// The digits of a text, full-width ones too, without spaces and hyphens.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
        other => other,
    };
    let between = |c: &char| !c.is_whitespace() && *c != '-';
    text.chars().filter(between).map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_compared_as_they_are_read_out() {
        assert!(are_same("1234 5678", "12-34５６ 78"));
        assert!(!are_same("1234", "1235"));
        assert!(!are_same("1234x", "1234"));
    }
}
