//! The root fingerprint (根の指紋) as people read and type it.

use tsumugu_trust::hash::Hash;

/// Hexadecimal digits in a group.
const GROUP: usize = 4;

/// Sixteen groups of four digits, as on the city's paper.
#[must_use]
pub fn grouped(root: &Hash) -> String {
    let digits: Vec<char> = root.to_string().chars().collect();
    let groups: Vec<String> = digits.chunks(GROUP).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// Reads a typed fingerprint: spaces and hyphens anywhere, either case.
#[must_use]
pub fn parse(typed: &str) -> Option<Hash> {
    let plain = |c: &char| !c.is_whitespace() && *c != '-' && *c != ':';
    let digits: String = typed.chars().filter(plain).collect();
    digits.to_ascii_lowercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::hash::sha256;

    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        let root = sha256(&[b"root"]);
        let printed = grouped(&root);
        assert_eq!(printed.split(' ').count(), 16);
        assert_eq!(parse(&printed), Some(root));
        assert_eq!(parse(&printed.to_uppercase().replace(' ', "-")), Some(root));
        assert_eq!(parse(&root.to_string()), Some(root));
        for wrong in ["", "0", &printed[..78], &format!("{printed} 0"), &"g".repeat(64)] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
