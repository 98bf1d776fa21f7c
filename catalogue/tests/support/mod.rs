//! What the tests of spoilt data share.

use tsumugu_catalogue::Draft;

/// What the check says of each draft, in both languages. Every draft has a finding, and none becomes a
/// catalogue.
pub(crate) fn report(spoilt: impl IntoIterator<Item = (&'static str, Draft)>) -> String {
    let mut report = String::new();
    for (what, draft) in spoilt {
        let findings = draft.check();
        assert!(!findings.is_empty(), "{what}");
        assert_eq!(draft.into_catalogue().unwrap_err(), findings);
        report.push_str(&format!("{what}\n"));
        for finding in findings {
            report.push_str(&format!("  {finding}\n  {}\n", finding.ja()));
        }
    }
    report
}
