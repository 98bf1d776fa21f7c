//! What is to be known beside a last day, and what is missing to show that it was kept.

use jiff::civil::Date;

use super::said::{Said, show_day, show_minutes};

/// A remark on a computed last day or a provision.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Note {
    /// Nobody said at what hour the person was admitted.
    NoHour {
        /// Closing time of the day, in minutes after midnight.
        closes: u16,
    },
    /// Nobody said when the office is open.
    NoHours,
    /// A day that matters is a national holiday, and nobody said whether the office is closed on it.
    HolidayOpenQuestion {
        /// The day.
        day: Date,
        /// The holiday.
        name: &'static str,
    },
    /// The admission is planned.
    Planned,
    /// The office learnt of the admission only after the last day of (Ⅰ).
    LearntLate {
        /// When.
        learnt: Date,
    },
    /// Nobody said the person's care level.
    NoCareLevel,
    /// An earlier provision lies in the month of this provision, but not in that of the admission.
    OtherMonth {
        /// The earlier one.
        earlier: Date,
    },
    /// The hospital's confirmation of receipt (受領確認) is missing.
    NotAcknowledged,
    /// It was confirmed only after the last day; the provision itself was in time.
    AcknowledgedLate {
        /// When.
        acknowledged: Date,
    },
    /// The entry in the office's own record (支援経過、第5表) cannot be seen from here.
    CareRecord,
}

impl Note {
    /// A name for programs.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::NoHour { .. } => "no-hour",
            Self::NoHours => "no-hours",
            Self::HolidayOpenQuestion { .. } => "holiday-open-question",
            Self::Planned => "planned",
            Self::LearntLate { .. } => "learnt-late",
            Self::NoCareLevel => "no-care-level",
            Self::OtherMonth { .. } => "other-month",
            Self::NotAcknowledged => "not-acknowledged",
            Self::AcknowledgedLate { .. } => "acknowledged-late",
            Self::CareRecord => "care-record",
        }
    }

    /// Whether it says that something is missing, not only that something is to be known.
    #[must_use]
    pub fn is_missing(self) -> bool {
        match self {
            Self::NoHour { .. }
            | Self::NoHours
            | Self::HolidayOpenQuestion { .. }
            | Self::NoCareLevel
            | Self::NotAcknowledged
            | Self::CareRecord => true,
            Self::Planned
            | Self::LearntLate { .. }
            | Self::OtherMonth { .. }
            | Self::AcknowledgedLate { .. } => false,
        }
    }

    /// The remark.
    #[must_use]
    pub fn said(self) -> Said {
        match self {
            Self::NoHour { closes } => {
                let closes = show_minutes(closes);
                Said::new(
                    format!(
                        "入院の時刻が分からないので、営業終了（{closes}）より前の入院として数えています。"
                    ),
                    format!(
                        "The hour of the admission is not known; it is counted as before closing time ({closes})."
                    ),
                )
            }
            Self::NoHours => Said::new(
                "事業所の営業時間が分からないので、期限が延びる場合を数えていません。",
                "The office's hours are not known; no exception that moves a last day is counted.",
            ),
            Self::HolidayOpenQuestion { day, name } => {
                let day = show_day(day);
                Said::new(
                    format!(
                        "{}は{name}です。事業所が祝日に休むかどうかが分からないので、営業日として数えています。",
                        day.ja
                    ),
                    format!(
                        "{} is a national holiday. Whether the office is closed on holidays was not said; it is counted as a business day.",
                        day.en
                    ),
                )
            }
            Self::Planned => Said::new(
                "入院は予定です。入院日が変わったら計算し直してください。",
                "The admission is planned. Compute again if the day changes.",
            ),
            Self::LearntLate { learnt } => {
                let day = show_day(learnt);
                Said::new(
                    format!(
                        "入院を知ったのは{}で、(Ⅰ)の期限の後です。期限は知った日ではなく入院した日から数えます。",
                        day.ja
                    ),
                    format!(
                        "The office learnt of the admission on {}, after the last day of (I). Days are counted from the admission, not from when it was learnt.",
                        day.en
                    ),
                )
            }
            Self::NoCareLevel => Said::new(
                "要介護状態区分が分かりません（要支援と事業対象者の方には、この加算がありません）。",
                "The care level was not said (there is no such add-on for support levels and programme users).",
            ),
            Self::OtherMonth { earlier } => {
                let day = show_day(earlier);
                Said::new(
                    format!(
                        "今回の提供と同じ月に、{}の提供があります。月1回を入院の月と提供の月のどちらで数えるかは確かめられていません【暫定】。",
                        day.ja
                    ),
                    format!(
                        "There is a provision of {} in the same month as this one. Whether once a month means the month of the admission or of the provision is not confirmed [provisional].",
                        day.en
                    ),
                )
            }
            Self::NotAcknowledged => Said::new(
                "受領確認（だれが・いつ受け取ったか）がまだありません。手渡し以外の提供では、確認とその記録が要ります。",
                "The hospital's confirmation of receipt (who, when) is missing. Unless handed over in person, it has to be confirmed and recorded.",
            ),
            Self::AcknowledgedLate { acknowledged } => {
                let day = show_day(acknowledged);
                Said::new(
                    format!(
                        "受領確認は{}で、期限の後です。期限は送った時刻で見ています。どちらの時刻で見るかは確かめられていません【暫定】。",
                        day.ja
                    ),
                    format!(
                        "Receipt was confirmed on {}, after the last day. The time of sending is what is compared; which of the two counts is not confirmed [provisional].",
                        day.en
                    ),
                )
            }
            Self::CareRecord => Said::new(
                "支援経過（第5表）などへの記載は、ここからは見えません。事業所で記録してください。",
                "The entry in the office's own record (table 5) cannot be seen from here; the office makes it.",
            ),
        }
    }
}
