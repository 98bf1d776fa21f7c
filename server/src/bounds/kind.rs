//! What sort of call a path names: how large its request may be, and whether its answer lasts.

use crate::releases::MAX_CATALOGUE_FILE;

/// What is known of a call before its request is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// Most bytes of the whole request; none where it comes in pieces that are let go at once.
    pub(super) most_bytes: Option<u64>,
    /// The answer comes in pieces and may last.
    pub(super) is_stream: bool,
}

/// A call that names something: ids, a place in a mailbox, a known checkpoint.
const QUESTION: u64 = 128 << 10;
/// A call with one statement and its detail.
const STATEMENT: u64 = 128 << 10;
/// A call with several statements, documents or blobs: gRPC's own limit on a message.
const DOCUMENT: u64 = 4 << 20;
/// A call with a file of a catalogue release, and room.
const CATALOGUE_FILE: u64 = (MAX_CATALOGUE_FILE + 4096) as u64;
/// An enrolment: 16 statements of the largest size, and room.
pub(crate) const ENROLMENT: u64 = 512 << 10;
/// A call with 16 letters of the largest size, and room.
pub(crate) const SEND: u64 = 24 << 20;

/// The calls of our services by name. What is not listed is bounded as a document.
pub(super) fn kind_of(path: &str) -> Kind {
    let (service, call) = path.trim_start_matches('/').split_once('/').unwrap_or((path, ""));
    let once = |most| Kind { most_bytes: Some(most), is_stream: false };
    let lasting = Kind { most_bytes: Some(QUESTION), is_stream: true };
    match (service.strip_prefix("tsumugu.v1.").unwrap_or(service), call) {
        ("ExchangeService", "Send") => once(SEND),
        ("ExchangeService", "Opened" | "Dispose" | "RecordOffSystem") => once(STATEMENT),
        ("ExchangeService", "UploadAttachment") => Kind { most_bytes: None, is_stream: false },
        ("ExchangeService", "Subscribe" | "Fetch" | "FetchAttachment")
        | ("DirectoryService", "SyncDirectory")
        | ("LogService", "ListLeaves")
        | ("grpc.health.v1.Health", "Watch") => lasting,
        ("ExchangeService", "Track" | "GetUpload")
        | ("LogService", "GetCheckpoint" | "GetInclusionProofs")
        | ("grpc.health.v1.Health", "Check") => once(QUESTION),
        ("DirectoryService", "FetchCatalogueFile") => once(QUESTION),
        ("DirectoryService", "PublishStatement") => once(STATEMENT),
        ("AdminService", "UploadCatalogueFile") => once(CATALOGUE_FILE),
        ("EnrolmentService", _) => once(ENROLMENT),
        _ => once(DOCUMENT),
    }
}

/// Whether a path is of the service that strangers may call.
pub(super) fn is_enrolment(path: &str) -> bool {
    path.starts_with("/tsumugu.v1.EnrolmentService/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_known_by_their_path() {
        let most = |path| kind_of(path).most_bytes;
        assert_eq!(most("/tsumugu.v1.ExchangeService/Send"), Some(SEND));
        assert_eq!(most("/tsumugu.v1.ExchangeService/UploadAttachment"), None);
        assert_eq!(most("/tsumugu.v1.EnrolmentService/Whatever"), Some(ENROLMENT));
        assert_eq!(most("/tsumugu.v1.AdminService/Approve"), Some(DOCUMENT));
        assert_eq!(most("nonsense"), Some(DOCUMENT));
        assert!(kind_of("/tsumugu.v1.ExchangeService/Subscribe").is_stream);
        assert!(!kind_of("/tsumugu.v1.ExchangeService/Track").is_stream);
    }

    /// A call that answers in pieces and is not known as such would hold a place of a short one.
    #[test]
    fn every_answer_in_pieces_is_known() {
        for (service, proto) in [
            ("Exchange", include_str!("../../../proto/tsumugu/v1/exchange.proto")),
            ("Directory", include_str!("../../../proto/tsumugu/v1/directory.proto")),
            ("Log", include_str!("../../../proto/tsumugu/v1/log.proto")),
            ("Admin", include_str!("../../../proto/tsumugu/v1/admin.proto")),
            ("Terminal", include_str!("../../../proto/tsumugu/v1/terminal.proto")),
            ("Enrolment", include_str!("../../../proto/tsumugu/v1/enrolment.proto")),
        ] {
            for line in proto.lines().filter_map(|line| line.trim().strip_prefix("rpc ")) {
                let name = line.split('(').next().unwrap();
                let kind = kind_of(&format!("/tsumugu.v1.{service}Service/{name}"));
                assert_eq!(kind.is_stream, line.contains("returns (stream"), "{service}.{name}");
                assert_eq!(
                    kind.most_bytes.is_none(),
                    line.contains("(stream ") && !line.contains("returns (stream"),
                    "{service}.{name}"
                );
            }
        }
    }
}
