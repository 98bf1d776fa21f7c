//! Why a backup was not made, or not restored.

use tsumugu_trust::backup::{BadArchive, BadKey, NotOfABackup};

use super::{OTHER, Told, open_error, run_error};
use crate::backup::{BackupError, RestoreError};

pub(super) fn backup_error(error: &BackupError) -> Told {
    match error {
        BackupError::Run(error) => run_error(error),
        BackupError::Open(error) => open_error(error),
        BackupError::NoAdministrator => Told {
            fault_ja: "控えを開ける管理者がまだいません。",
            remedy_ja: "先に、最初の管理者が tsumugu admin init を行ってください。",
            remedy_en: "First let the first administrator run tsumugu admin init.",
        },
        BackupError::Inside => Told {
            fault_ja: "控えを交換所のフォルダーの中には作れません。",
            remedy_ja: "別のディスクのフォルダーを --out に指定してください。",
            remedy_en: "Name a folder on another disk with --out.",
        },
        BackupError::Disk(_) | BackupError::Write(_) => Told {
            fault_ja: "控えを書けません。",
            remedy_ja: "--out のフォルダーがあり、空きがあり、同じ名前のファイルがないことを確かめてください。すでにある控えには書きません。",
            remedy_en: "See that the folder of --out is there and has room, and that no file has the name: a backup is never overwritten.",
        },
    }
}

pub(super) fn restore_error(error: &RestoreError) -> Told {
    match error {
        RestoreError::NotEmpty { .. } => Told {
            fault_ja: "復元先のフォルダーが空ではありません。",
            remedy_ja: "空のフォルダーを --dir に指定してください。あるものは変えていません。",
            remedy_en: "Name an empty folder with --dir; what is there was left alone.",
        },
        RestoreError::NotABackup => Told {
            fault_ja: "このファイルはつむぐの控えではありません。",
            remedy_ja: "--in に指定したファイルを確かめてください。",
            remedy_en: "Check the file named with --in.",
        },
        RestoreError::NoRequest => Told {
            fault_ja: "このフォルダーでは、この控えの鍵をまだ依頼していません。",
            remedy_ja: "先に --key なしで同じコマンドを行い、できた restore.request を管理者に渡してください。",
            remedy_en: "First run the same command without --key, and hand restore.request to an administrator.",
        },
        RestoreError::Key(BadKey::OtherBackup) => Told {
            fault_ja: "鍵ファイルは別の控えのものです。",
            remedy_ja: "いまの restore.request を管理者に渡し、返ってきたファイルを使ってください。",
            remedy_en: "Hand the present restore.request to an administrator and use the file that comes back.",
        },
        RestoreError::Key(_) => Told {
            fault_ja: "鍵ファイルがこの依頼への答えではないか、傷んでいます。",
            remedy_ja: "いまの restore.request を管理者に渡し、返ってきたファイルを使ってください。",
            remedy_en: "Hand the present restore.request to an administrator and use the file that comes back.",
        },
        RestoreError::OtherOrigin { .. } => Told {
            fault_ja: "別の交換所の控えです。",
            remedy_ja: "--in のファイルと --origin を確かめてください。",
            remedy_en: "Check the file named with --in, and --origin.",
        },
        RestoreError::OtherRoot => Told {
            fault_ja: "根の指紋が違います。別の交換所の控えか、偽の控えです。",
            remedy_ja: "紙の指紋と見くらべてください。合っているなら、この控えも、届いた鍵ファイルも使わず、管理者に電話してください。",
            remedy_en: "Compare it with the paper. If it was typed rightly, use neither this backup nor the key file that came, and telephone an administrator.",
        },
        RestoreError::NotAhead => Told {
            fault_ja: "--ahead のファイルは、この交換所の記録簿が署名したものではありません。",
            remedy_ja: "前に復元したフォルダーの中の ahead を、そのまま指定してください。",
            remedy_en: "Name the file ahead in the folder that was restored before, as it is.",
        },
        RestoreError::Damaged(_) | RestoreError::Archive(BadArchive::Cut | BadArchive::Read(_)) => {
            Told {
                fault_ja: "控えが途中で切れているか、傷んでいます。",
                remedy_ja: "写しなおすか、その前の控えを使ってください。何も復元していません。",
                remedy_en: "Copy it again, or use the backup before it. Nothing was restored.",
            }
        }
        RestoreError::Archive(BadArchive::Summary(NotOfABackup::NotSigned)) => Told {
            fault_ja: "この控えは、この交換所の記録簿の鍵で作られたものではありません。",
            remedy_ja: "すり替えられたおそれがあります。使わずに、別に保管した控えを使い、管理者に知らせてください。",
            remedy_en: "It may have been put in its place by somebody else. Use a backup kept elsewhere, and tell the administrators.",
        },
        RestoreError::Archive(_) | RestoreError::Incomplete { .. } => Told {
            fault_ja: "この控えからは復元できません。",
            remedy_ja: "tsumugu-server の版を確かめるか、その前の控えを使ってください。何も復元していません。",
            remedy_en: "Check the version of tsumugu-server, or use the backup before it. Nothing was restored.",
        },
        RestoreError::Open(error) => open_error(error),
        RestoreError::Run(error) => run_error(error),
        RestoreError::Disk(_) | RestoreError::Write(_) => Told {
            fault_ja: "復元先に書けません。",
            remedy_ja: "--dir のフォルダーに書けることと、空きがあることを確かめてください。",
            remedy_en: "See that the folder of --dir can be written and has room.",
        },
        RestoreError::Read(_) => Told {
            fault_ja: "控えのファイルを読めません。",
            remedy_ja: "--in のファイルを確かめてください。",
            remedy_en: "Check the file named with --in.",
        },
        RestoreError::LogKey(_) => OTHER,
    }
}
