//! What is told in Japanese and English: to the operator when the exchange cannot start or had to stop
//! (the fault, its cause, what to do), and to a caller who is over a limit.

mod backup;
mod limits;

use std::error::Error;
use std::fmt::Write as _;

pub(crate) use limits::limit;

use crate::backup::{BackupError, RestoreError};
use crate::ca::CaError;
use crate::init::InitError;
use crate::ledger::OpenError;
use crate::operations::probe::ProbeError;
use crate::run::RunError;

/// Fault and remedy.
struct Told {
    fault_ja: &'static str,
    remedy_ja: &'static str,
    remedy_en: &'static str,
}

/// The text for standard error. The English fault is the error's own.
#[must_use]
pub(crate) fn told(error: &(dyn Error + 'static)) -> String {
    let said = if let Some(error) = error.downcast_ref::<RunError>() {
        run_error(error)
    } else if let Some(error) = error.downcast_ref::<InitError>() {
        init_error(error)
    } else if let Some(error) = error.downcast_ref::<BackupError>() {
        backup::backup_error(error)
    } else if let Some(error) = error.downcast_ref::<RestoreError>() {
        backup::restore_error(error)
    } else if error.downcast_ref::<ProbeError>().is_some() {
        PROBE
    } else {
        OTHER
    };
    let mut text = format!("{}\n{error}\n", said.fault_ja);
    let mut cause = error.source();
    // A transparent error repeats its source's text: once is enough.
    let mut last = error.to_string();
    while let Some(source) = cause {
        if source.to_string() != last {
            last = source.to_string();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {last}");
        }
        cause = source.source();
    }
    text + &format!("→ {}\n→ {}\n", said.remedy_ja, said.remedy_en)
}

const OTHER: Told = Told {
    fault_ja: "交換所のフォルダーを使えません。",
    remedy_ja: "フォルダーと settings.toml を確かめてください。",
    remedy_en: "Look at the folder and its settings.toml.",
};

const PROBE: Told = Told {
    fault_ja: "交換所の様子を聞けません。",
    remedy_ja: "交換所が動いているか、settings.toml の metrics_listen が正しいか確かめてください。",
    remedy_en: "See whether the exchange runs, and whether metrics_listen in settings.toml is right.",
};

fn run_error(error: &RunError) -> Told {
    match error {
        RunError::NoExchange(_) => Told {
            fault_ja: "このフォルダーに交換所はありません。",
            remedy_ja: "--dir を確かめるか、tsumugu-server init で交換所をつくってください。",
            remedy_en: "Check --dir, or make an exchange with tsumugu-server init.",
        },
        RunError::Lock(_) => Told {
            fault_ja: "ほかのプログラムがこのフォルダーを使っています。",
            remedy_ja: "ほかの tsumugu-server を止めてからやりなおしてください。",
            remedy_en: "Stop the other tsumugu-server first.",
        },
        RunError::Settings(_) => Told {
            fault_ja: "settings.toml が正しくありません。",
            remedy_ja: "名前の出ている項目を直してください。説明は settings.toml の中にあります。",
            remedy_en: "Mend the field that is named; settings.toml explains each.",
        },
        RunError::Ca(CaError::Example { .. }) => EXAMPLE,
        RunError::Ca(CaError::Constraints { .. }) => Told {
            fault_ja: "この発行局は、交換所の名前に証明書を出せません（nameConstraints）。",
            remedy_ja: "settings.toml の extra_names から、発行局に許されていない名前を消してください。",
            remedy_en: "Take the names that the issuing CA may not issue for out of extra_names in settings.toml.",
        },
        RunError::Key(_) | RunError::Ca(_) | RunError::Roots(_) => Told {
            fault_ja: "この交換所の鍵または証明書を読めません。",
            remedy_ja: "フォルダーが正しいか確かめ、傷んでいれば控えから戻してください。",
            remedy_en: "Check that it is the right folder; if the file is damaged, restore it from a backup.",
        },
        RunError::Open(error) => open_error(error),
        RunError::Listen(_) => Told {
            fault_ja: "このアドレスでは待ち受けられません。",
            remedy_ja: "settings.toml の listen を確かめ、同じポートを使うプログラムを止めてください。",
            remedy_en: "Look at listen in settings.toml, and stop what else uses the port.",
        },
        RunError::Crl(_) => Told {
            fault_ja: "失効リストを使えません。",
            remedy_ja: "settings.toml の crl を確かめ、発行局で失効リストをつくりなおしてください。",
            remedy_en: "Look at crl in settings.toml, and make the list anew at the issuing CA.",
        },
        RunError::MetricsListen(_) => Told {
            fault_ja: "監視用のアドレスで待ち受けられません。",
            remedy_ja: "settings.toml の metrics_listen を確かめるか、行を消してください。",
            remedy_en: "Look at metrics_listen in settings.toml, or delete the line.",
        },
        RunError::Ledger(_) => Told {
            fault_ja: "記録簿への書き込みに失敗したため、止まりました。",
            remedy_ja: "ディスクを確かめ、もう一度動かしてください。どこまで記録されたかは起動時に決まります。",
            remedy_en: "Look at the disk, then start again: start-up decides what was committed.",
        },
        RunError::Disk(_)
        | RunError::Tls(_)
        | RunError::Grpc(_)
        | RunError::Reflection(_)
        | RunError::Randomness => OTHER,
    }
}

fn open_error(error: &OpenError) -> Told {
    match error {
        OpenError::RolledBack { .. } => Told {
            fault_ja: "記録簿の古い写しが戻されています。",
            remedy_ja: "いちばん新しい控えを戻してください。views や log/checkpoint を消して動かしてはいけません。",
            remedy_en: "Restore the newest backup; do not delete views or log/checkpoint to get past this.",
        },
        OpenError::Views(_) => Told {
            fault_ja: "索引を読めません。",
            remedy_ja: "tsumugu-server check --rebuild で索引をつくりなおしてください。",
            remedy_en: "Make the views anew with tsumugu-server check --rebuild.",
        },
        _ => Told {
            fault_ja: "記録簿が傷んでいます。",
            remedy_ja: "フォルダーを別の場所へ写してから、控えで戻してください。",
            remedy_en: "Copy the folder away, then restore a backup.",
        },
    }
}

fn init_error(error: &InitError) -> Told {
    match error {
        InitError::Disk(_) | InitError::Settings(_) => Told {
            fault_ja: "このフォルダーに交換所をつくれません。",
            remedy_ja: "空のフォルダーを --dir に指定してください。すでにある交換所は変えていません。",
            remedy_en: "Name an empty folder with --dir; an exchange that is there was left alone.",
        },
        InitError::Ca(error) => ca_error(error),
        InitError::Key(_) => NOT_MADE,
    }
}

const NOT_MADE: Told = Told {
    fault_ja: "鍵または証明書をつくれません。",
    remedy_ja: "フォルダーを消して、もう一度 init を行ってください。",
    remedy_en: "Delete the folder and run init again.",
};

const EXAMPLE: Told = Told {
    fault_ja: "練習用（EXAMPLE）の発行局は、この交換所では使えません。",
    remedy_ja: "openssl.cnf から EXAMPLE を消して、ルートと発行局をつくりなおしてください。練習なら、--origin を .example か .test で終わる名前にしてください。",
    remedy_en: "Take EXAMPLE out of openssl.cnf and make root and issuing CA anew. For exercise, choose an --origin that ends in .example or .test.",
};

/// Why the issuing CA that was given is not taken.
fn ca_error(error: &CaError) -> Told {
    match error {
        CaError::AlreadyThere
        | CaError::Clock
        | CaError::Name { .. }
        | CaError::Randomness
        | CaError::Signing(_) => NOT_MADE,
        CaError::Disk(_) => Told {
            fault_ja: "発行局の証明書か鍵のファイルを、読めないか書けません。",
            remedy_ja: "--ca-cert と --ca-key のファイルと、--dir のフォルダーを確かめてください。",
            remedy_en: "Look at the files of --ca-cert and --ca-key, and at the folder of --dir.",
        },
        CaError::Example { .. } => EXAMPLE,
        CaError::KeyReadable(_) => Told {
            fault_ja: "発行局の鍵を、持ち主のほかの人が読めます。何もつくっていません。",
            remedy_ja: "chmod 600 で持ち主だけが読めるようにしてください。だれかが読んだかもしれなければ、発行局をつくりなおしてください。",
            remedy_en: "Nothing was made. Make it its owner's alone (chmod 600). If somebody may have read it, make the issuing CA anew.",
        },
        CaError::Constraints { .. }
        | CaError::Expired
        | CaError::KeyMismatch
        | CaError::NotACa
        | CaError::NotYetValid
        | CaError::OtherKey
        | CaError::Unreadable { .. }
        | CaError::Usage { .. } => Told {
            fault_ja: "この発行局は使えません。何もつくっていません。",
            remedy_ja: "certs-example/README.md のとおりに発行局をつくりなおしてください。",
            remedy_en: "Nothing was made. Make the issuing CA anew, as certs-example/README.md says.",
        },
    }
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::backup::{BadArchive, BadKey, NotOfABackup};

    use super::*;
    use crate::keys::KeyError;
    use crate::ledger::{LedgerError, ViewError};

    #[test]
    fn every_text() {
        let refused = || std::io::Error::from(std::io::ErrorKind::AddrInUse);
        let errors: Vec<Box<dyn Error>> = vec![
            Box::new(RunError::NoExchange("DIR".into())),
            Box::new(RunError::Lock(tsumugu_durable::LockError::Held { folder: "DIR".into() })),
            Box::new(RunError::Settings(
                crate::settings::Settings::parse("listne = 1").unwrap_err(),
            )),
            Box::new(RunError::Key(KeyError::Damaged)),
            Box::new(RunError::Open(OpenError::RolledBack { journal: 7, known: 9 })),
            Box::new(RunError::Open(OpenError::Views(ViewError::Damaged))),
            Box::new(RunError::Open(OpenError::Leaf { index: 4 })),
            Box::new(RunError::Open(OpenError::Checkpoint { size: 5 })),
            Box::new(RunError::Listen(refused())),
            Box::new(RunError::Crl(crate::gate::revocation::RevocationError::NoEnd)),
            Box::new(RunError::MetricsListen(refused())),
            Box::new(RunError::Ledger(LedgerError::Signing)),
            Box::new(RunError::Ca(CaError::Constraints { name: "exchange.test".into() })),
            Box::new(InitError::Ca(CaError::Usage { what: "keyUsage" })),
            Box::new(InitError::Ca(CaError::Example { origin: "exchange.jp".into() })),
            Box::new(InitError::Ca(CaError::KeyReadable("key.pem".into()))),
            Box::new(InitError::Key(KeyError::Randomness)),
            Box::new(InitError::Disk(tsumugu_durable::DiskError::Exists {
                path: "DIR/settings.toml".into(),
            })),
            Box::new(ProbeError::NotSet),
            Box::new(BackupError::NoAdministrator),
            Box::new(BackupError::Inside),
            Box::new(BackupError::Disk(tsumugu_durable::DiskError::Exists { path: "FILE".into() })),
            Box::new(RestoreError::NotEmpty { name: "journal".into() }),
            Box::new(RestoreError::NotABackup),
            Box::new(RestoreError::NoRequest),
            Box::new(RestoreError::Key(BadKey::OtherBackup)),
            Box::new(RestoreError::Key(BadKey::Text(NotOfABackup::Malformed))),
            Box::new(RestoreError::OtherOrigin { found: "a.test".into(), wanted: "b.test".into() }),
            Box::new(RestoreError::OtherRoot),
            Box::new(RestoreError::NotAhead),
            Box::new(RestoreError::Damaged(tsumugu_trust::seal::OpenError::Damaged)),
            Box::new(RestoreError::Archive(BadArchive::Cut)),
            Box::new(RestoreError::Archive(BadArchive::Summary(NotOfABackup::NotSigned))),
            Box::new(RestoreError::Archive(BadArchive::File { name: "journal/1".into() })),
            Box::new(RestoreError::Incomplete { what: "…" }),
            Box::new(RestoreError::Write(refused())),
            Box::new(RestoreError::Read(refused())),
            Box::new(refused()),
        ];
        let all: Vec<String> = errors.iter().map(|error| told(error.as_ref())).collect();
        insta::assert_snapshot!(all.join("\n"));
    }
}
