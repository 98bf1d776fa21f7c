//! A limit of the exchange that waiting frees: what it is, and for how long.

use std::time::Duration;

/// The key of the message for a limit that the exchange asks to wait for, by the limit's name.
///
/// Names that this version does not know are said to be busy ones: what is over them waits too.
pub(super) fn key(limit: &str) -> &'static str {
    match limit {
        "letters_per_day" | "megabytes_per_day" => "limit.day",
        "disk_reserve_megabytes" => "limit.disk",
        "connections_without_certificate"
        | "connections_per_address"
        | "requests_per_address"
        | "calls_per_address"
        | "calls_per_invitation" => "limit.enrolment",
        _ => "limit.busy",
    }
}

/// A wait as hours and minutes, such as `7:05`, rounded up: nobody comes back a minute too early.
pub(crate) fn shown(wait: Duration) -> String {
    let minutes = wait.as_millis().div_ceil(60_000);
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up_to_minutes() {
        assert_eq!(shown(Duration::ZERO), "0:00");
        assert_eq!(shown(Duration::from_millis(1)), "0:01");
        assert_eq!(shown(Duration::from_secs(60)), "0:01");
        assert_eq!(shown(Duration::from_secs(7 * 3_600 - 59)), "7:00");
        assert_eq!(shown(Duration::from_secs(86_400)), "24:00");
    }
}
