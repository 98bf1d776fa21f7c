//! What is told in Japanese and English: to the operator when the exchange cannot start or had to stop
//! (the fault, its cause, what to do), and to a caller who is over a limit.

mod limits;

use std::error::Error;
use std::fmt::Write as _;

pub(crate) use limits::limit;

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
    fault_ja: "取引所のフォルダーを使えません。",
    remedy_ja: "フォルダーと settings.toml を確かめてください。",
    remedy_en: "Look at the folder and its settings.toml.",
};

const PROBE: Told = Told {
    fault_ja: "取引所の様子を聞けません。",
    remedy_ja: "取引所が動いているか、settings.toml の metrics_listen が正しいか確かめてください。",
    remedy_en: "See whether the exchange runs, and whether metrics_listen in settings.toml is right.",
};

fn run_error(error: &RunError) -> Told {
    match error {
        RunError::NoExchange(_) => Told {
            fault_ja: "このフォルダーに取引所はありません。",
            remedy_ja: "--dir を確かめるか、tsumugu-server init で取引所をつくってください。",
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
        RunError::Key(_) | RunError::Ca(_) | RunError::Roots(_) => Told {
            fault_ja: "この取引所の鍵または証明書を読めません。",
            remedy_ja: "フォルダーが正しいか確かめ、傷んでいれば控えから戻してください。",
            remedy_en: "Check that it is the right folder; if the file is damaged, restore it from a backup.",
        },
        RunError::Open(OpenError::RolledBack { .. }) => Told {
            fault_ja: "記録簿の古い写しが戻されています。",
            remedy_ja: "いちばん新しい控えを戻してください。views や log/checkpoint を消して動かしてはいけません。",
            remedy_en: "Restore the newest backup; do not delete views or log/checkpoint to get past this.",
        },
        RunError::Open(OpenError::Views(_)) => Told {
            fault_ja: "索引を読めません。",
            remedy_ja: "tsumugu-server check --rebuild で索引をつくりなおしてください。",
            remedy_en: "Make the views anew with tsumugu-server check --rebuild.",
        },
        RunError::Open(_) => Told {
            fault_ja: "記録簿が傷んでいます。",
            remedy_ja: "フォルダーを別の場所へ写してから、控えで戻してください。",
            remedy_en: "Copy the folder away, then restore a backup.",
        },
        RunError::Listen(_) => Told {
            fault_ja: "このアドレスでは待ち受けられません。",
            remedy_ja: "settings.toml の listen を確かめ、同じポートを使うプログラムを止めてください。",
            remedy_en: "Look at listen in settings.toml, and stop what else uses the port.",
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

fn init_error(error: &InitError) -> Told {
    match error {
        InitError::Disk(_) | InitError::Settings(_) => Told {
            fault_ja: "このフォルダーに取引所をつくれません。",
            remedy_ja: "空のフォルダーを --dir に指定してください。すでにある取引所は変えていません。",
            remedy_en: "Name an empty folder with --dir; an exchange that is there was left alone.",
        },
        InitError::Ca(_) | InitError::Key(_) => Told {
            fault_ja: "鍵または証明書をつくれません。",
            remedy_ja: "フォルダーを消して、もう一度 init を行ってください。",
            remedy_en: "Delete the folder and run init again.",
        },
    }
}

#[cfg(test)]
mod tests {
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
            Box::new(RunError::MetricsListen(refused())),
            Box::new(RunError::Ledger(LedgerError::Signing)),
            Box::new(InitError::Key(KeyError::Randomness)),
            Box::new(InitError::Disk(tsumugu_durable::DiskError::Exists {
                path: "DIR/settings.toml".into(),
            })),
            Box::new(ProbeError::NotSet),
            Box::new(refused()),
        ];
        let all: Vec<String> = errors.iter().map(|error| told(error.as_ref())).collect();
        insta::assert_snapshot!(all.join("\n"));
    }
}
