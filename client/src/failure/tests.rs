//! Every message as a person sees it, and every way from a status to a failure.

use std::collections::HashMap;
use std::fmt::Write as _;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use tsumugu_proto::v1::ErrorReason;

use super::*;
use crate::messages;

#[test]
fn every_message_is_rendered() {
    let mut page = String::new();
    for message in messages::all() {
        let mut names = message.placeholders().collect::<Vec<_>>();
        names.extend(["host", "address", "form", "file"]);
        let sentence = names
            .iter()
            .fold(Sentence::new(message.key()), |sentence, name| sentence.with(name, sample(name)));
        let exit = message.exit().map_or(String::new(), |exit| format!(" -> {}", exit.code()));
        writeln!(page, "{}{exit}\n{}\n{}", message.key(), sentence.ja(), sentence.en()).unwrap();
        for remedy in [sentence.remedy_ja(), sentence.remedy_en()] {
            if !remedy.is_empty() {
                writeln!(page, "  {remedy}").unwrap();
            }
        }
        page.push('\n');
        for text in [sentence.ja(), sentence.en(), sentence.remedy_ja(), sentence.remedy_en()] {
            assert!(!text.contains(['{', '}']), "{text}");
        }
    }
    insta::assert_snapshot!("messages", page);
}

#[test]
fn every_shared_failure_gives_all_arguments_of_its_message() {
    let path = std::path::Path::new("sheet.toml");
    let disk = || std::io::Error::other("disk");
    let all = [
        Failure::file_unreadable(path, disk()),
        Failure::file_unwritable(path, disk()),
        Failure::file_exists(path),
        Failure::file_too_large(path, 8),
        Failure::too_many_attachments(20),
        Failure::bad_form_file(path, "line 3"),
        Failure::bad_catalogue_file(path, "3:1", "unknown field `colour`"),
        Failure::catalogue_not_utf8(path),
        Failure::catalogue_empty(path),
        Failure::unknown_form("x"),
        Failure::bad_form_value("x", "y", "z"),
        Failure::unknown_recipient("1"),
        Failure::unknown_message("0"),
        Failure::ambiguous_message("0", 2),
        Failure::bad_message_id("z"),
        Failure::quarantined("0", "author"),
        Failure::unknown_worker(),
        Failure::worker_needed(),
        Failure::unknown_terminal("0"),
        Failure::bad_code(),
        Failure::wrong_document(),
        Failure::not_enrolled(),
        Failure::enrolment_pending(),
        Failure::log_forked(7),
        Failure::log_rolled_back(7, 6),
        Failure::bad_proof("inclusion"),
        Failure::evidence_refused("checksum"),
        Failure::root_not_checked(),
        Failure::usage("x"),
        Failure::bad_time("x"),
        Failure::nothing_to_do("x"),
        Failure::home_unusable(path, disk()),
        Failure::output_unwritable(disk()),
        Failure::fault("x"),
    ];
    for failure in all {
        assert!(failure.sentence().message().exit().is_some(), "{failure}");
        let sentence = failure.sentence();
        for text in [sentence.ja(), sentence.en(), sentence.remedy_ja(), sentence.remedy_en()] {
            assert!(!text.split(' ').any(|word| word == messages::ABSENT), "{text}");
            assert!(!text.contains("(-)") && !text.contains("（-）"), "{text}");
        }
    }
}

#[test]
fn a_reason_of_the_exchange_becomes_its_message() {
    for reason in (1..).map_while(|number| ErrorReason::try_from(number).ok()) {
        let failure = Failure::from(refusal(reason.text(), &[]));
        let kebab = reason.text().to_lowercase().replace('_', "-");
        assert_eq!(failure.key(), format!("server.{kebab}"));
        assert_ne!(failure.exit(), Exit::Ok);
    }
}

#[test]
fn the_metadata_become_arguments() {
    let failure = Failure::from(refusal("LIMIT", &[("limit", "messages"), ("value", "200")]));
    assert!(failure.sentence().en().contains("(messages: 200)"), "{failure}");
    let silent = Failure::from(refusal("LIMIT", &[]));
    assert!(silent.sentence().en().contains("(-: -)"), "{silent}");
}

#[test]
fn the_wait_that_the_exchange_asks_for_is_kept() {
    let mut details = ErrorDetails::with_error_info("UNAVAILABLE", DOMAIN, HashMap::new());
    details.set_retry_info(Some(Duration::from_secs(30)));
    let status = Status::with_error_details(Code::Unavailable, "busy", details);
    let failure = Failure::from(status);
    assert_eq!(failure.retry_after(), Some(Duration::from_secs(30)));
    assert_eq!(failure.exit(), Exit::Unreachable);
}

#[test]
fn a_limit_with_a_wait_is_kept_and_says_how_long() {
    let over = |name: &str, wait: Option<u64>| {
        let metadata = [("limit", name), ("value", "7")].map(|(k, v)| (k.into(), v.into()));
        let mut details = ErrorDetails::with_error_info("LIMIT", DOMAIN, HashMap::from(metadata));
        if let Some(seconds) = wait {
            details.set_retry_info(Some(Duration::from_secs(seconds)));
        }
        let status = Status::with_error_details(Code::ResourceExhausted, "over", details);
        Failure::from(status)
    };
    for (name, key) in [
        ("letters_per_day", "limit.day"),
        ("megabytes_per_day", "limit.day"),
        ("disk_reserve_megabytes", "limit.disk"),
        ("requests_per_institution", "limit.busy"),
        ("one_of_a_later_version", "limit.busy"),
        ("calls_per_invitation", "limit.enrolment"),
    ] {
        let failure = over(name, Some(25_141));
        assert_eq!((failure.key(), failure.exit()), (key, Exit::Unreachable));
        assert_eq!(failure.retry_after(), Some(Duration::from_secs(25_141)));
        assert!(failure.sentence().remedy_ja().contains("7:00"), "{name}");
        assert!(failure.sentence().remedy_en().contains("7:00"), "{name}");
    }
    assert_eq!(over("letters_per_day", None).key(), "server.limit");
}

#[test]
fn reasons_that_we_do_not_know_are_said_to_be_unknown() {
    assert_eq!(Failure::from(refusal("NEW_REASON", &[])).key(), "connection.unknown-reason");
    assert_eq!(Failure::from(refusal("UNSPECIFIED", &[])).key(), "connection.unknown-reason");
    let details = ErrorDetails::with_error_info("LIMIT", "example.org", HashMap::new());
    let other = Status::with_error_details(Code::ResourceExhausted, "x", details);
    assert_eq!(Failure::from(other).key(), "connection.refused-without-reason");
}

#[test]
fn without_a_reason_the_code_decides() {
    let key = |code| Failure::from(Status::new(code, "x")).key();
    assert_eq!(key(Code::Unavailable), "connection.lost");
    assert_eq!(key(Code::DeadlineExceeded), "connection.no-answer");
    assert_eq!(key(Code::Unimplemented), "connection.unknown-call");
    assert_eq!(key(Code::Internal), "connection.fault");
    assert_eq!(key(Code::PermissionDenied), "connection.refused-without-reason");
    let broken = Status::from_error(Box::new(std::io::Error::other("reset")));
    assert_eq!(Failure::from(broken).key(), "connection.lost");
}

#[test]
fn causes_are_listed_from_the_outside_in() {
    let failure = Failure::fault("x").because(Failure::usage("y").because("z"));
    let causes = failure.causes().collect::<Vec<_>>();
    assert_eq!(causes.len(), 2);
    assert!(causes[0].starts_with("command.usage: "));
    assert_eq!(causes[1], "z");
}

fn refusal(reason: &str, metadata: &[(&str, &str)]) -> Status {
    let metadata = metadata.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let details =
        ErrorDetails::with_error_info(reason, DOMAIN, metadata.collect::<HashMap<_, _>>());
    Status::with_error_details(Code::FailedPrecondition, "refused", details)
}

fn sample(name: &str) -> &str {
    match name {
        "address" => "exchange.example.jp:443",
        "host" => "exchange.example.jp",
        "issuer" => "CN=Hospital Proxy CA",
        "alert" => "certificate revoked",
        "file" => "sheet.toml",
        "folder" => "C:\\Users\\office\\tsumugu",
        "institution" | "id" => "0190f3c1",
        "wait" => "7:05",
        "proxy" => "proxy.hospital.example.jp:8080",
        "scheme" => "Negotiate, NTLM",
        "status" => "403 Forbidden",
        "limit" => "8388608",
        "now" => "2026-04-01T09:00:00+09:00",
        "count" => "3",
        "minimum" => "12",
        "number" => "1370000001",
        other => other,
    }
}
