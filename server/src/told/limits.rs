//! What a caller is told who is over a limit: what it means, and what to do.

/// Both languages of one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LimitText {
    pub(crate) ja: &'static str,
    pub(crate) en: &'static str,
}

/// The text of a limit that waiting frees, by its name in `google.rpc.ErrorInfo`; for every other,
/// that it has to be kept within.
pub(crate) fn limit(name: &str) -> LimitText {
    match name {
        "letters_per_day" | "megabytes_per_day" => LimitText {
            ja: "この施設が今日送れる分を送り終えました。日本時間の0時から、また受け付けます。急ぐものは電話で伝えてください。上限は交換所の運営者が変えられます。",
            en: "This institution has sent what it may send today. From midnight in Japan on more is taken. Telephone what cannot wait; the operator of the exchange can raise the limit.",
        },
        "disk_reserve_megabytes" => LimitText {
            ja: "交換所のディスクがいっぱいに近いため、新しい文書を受け付けていません。受領の回答は受け付けます。交換所の運営者はディスクを空けてください。",
            en: "The disk of the exchange is nearly full, so no new letters are taken; answers are. The operator of the exchange must make room.",
        },
        "connections_per_institution"
        | "connections"
        | "requests_per_institution"
        | "streams_per_institution"
        | "request_bytes_per_institution"
        | "commands_per_institution"
        | "subscribers_per_institution" => LimitText {
            ja: "この施設の通信が同時に多すぎます。少し待てば、また受け付けます。続くなら、同じ施設のPCで動いている tsumugu の数を確かめてください。",
            en: "This institution does too much at once. Wait a little. If it lasts, look how many programs its PCs run.",
        },
        "uploads_per_institution" | "upload_megabytes_per_institution" => LimitText {
            ja: "添付が先に届き、まだどの文書も送られていません。書きかけの文書を送るか、取り消してください。送られない添付は、日数がたつと消えます。",
            en: "Attachments have come whose letters were not sent. Send those letters or give them up; attachments that nobody sends go after some days.",
        },
        "request_bytes" | "commands_of_administrators" => LimitText {
            ja: "交換所が混み合っています。少し待てば、また受け付けます。",
            en: "The exchange is busy. Wait a little.",
        },
        "connections_without_certificate"
        | "connections_per_address"
        | "calls_per_address"
        | "calls_per_invitation"
        | "requests_per_address" => LimitText {
            ja: "登録のための通信が多すぎます。1分ほど待ってから、もう一度行ってください。",
            en: "There are too many calls for enrolment. Wait a minute and try again.",
        },
        _ => LimitText {
            ja: "待っても受け付けられません。上限の範囲に収めるか、交換所の運営者に相談してください。",
            en: "Waiting does not help: keep within it, or ask the operator of the exchange.",
        },
    }
}
