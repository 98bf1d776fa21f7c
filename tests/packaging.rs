//! What operators install with: the unit, the container and what systemd is told, against the real
//! program. `.ci/run` has systemd's own opinion of the unit, and troff's of the manual.

#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::os::unix::net::UnixDatagram;

use support::running::output;
use support::town::Town;
use tsumugu_server::settings::Limits;

const UNIT: &str = include_str!("../contrib/tsumugu-server.service");
const CONTAINER: &str = include_str!("../contrib/Containerfile");
const STATE: &str = "/var/lib/tsumugu";

/// The last value of each directive.
fn unit() -> BTreeMap<&'static str, &'static str> {
    UNIT.lines()
        .filter(|line| !line.starts_with(['#', '[']) && !line.trim().is_empty())
        .map(|line| line.split_once('=').unwrap_or_else(|| panic!("no directive: {line}")))
        .collect()
}

/// The instructions of the container file, continued lines joined.
fn instructions() -> Vec<(String, String)> {
    let joined = CONTAINER.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let split = lines.map(|line| line.trim().split_once(' ').unwrap());
    split.map(|(name, rest)| (name.to_owned(), rest.trim().to_owned())).collect()
}

/// The program understands these arguments; it only finds no exchange in an empty folder.
fn is_understood(arguments: &[&str]) {
    let empty = tempfile::tempdir().unwrap();
    let dir = empty.path().to_str().unwrap();
    let arguments: Vec<&str> =
        arguments.iter().map(|word| if *word == STATE { dir } else { word }).collect();
    let (status, _, err) = output(&arguments);
    assert_eq!(status.code(), Some(1), "{arguments:?}: {err}");
}

#[test]
fn the_unit_starts_our_program_without_rights() {
    let unit = unit();
    let mut words = unit["ExecStart"].split(' ');
    assert_eq!(words.next(), Some("/usr/bin/tsumugu-server"));
    is_understood(&words.collect::<Vec<_>>());
    assert_eq!(format!("/var/lib/{}", unit["StateDirectory"]), STATE);
    for (name, value) in [
        ("Type", "notify"),
        ("ProtectSystem", "strict"),
        ("NoNewPrivileges", "yes"),
        ("AmbientCapabilities", "CAP_NET_BIND_SERVICE"),
        ("CapabilityBoundingSet", "CAP_NET_BIND_SERVICE"),
        ("LimitCORE", "0"),
    ] {
        assert_eq!(unit[name], value);
    }
    assert!(
        include_str!("../contrib/tsumugu-server.sysusers")
            .contains(&format!("u {} ", unit["User"]))
    );
    let patience: u32 = unit["TimeoutStopSec"].parse().unwrap();
    assert!(patience > Limits::default().stop_seconds, "systemd waits longer than the stop lasts");
}

#[test]
fn the_container_runs_without_root_and_knows_whether_it_is_well() {
    let all = instructions();
    let stages: Vec<usize> =
        all.iter().enumerate().filter(|(_, (name, _))| name == "FROM").map(|(at, _)| at).collect();
    assert_eq!(stages.len(), 2, "what builds is not shipped");
    assert!(all[stages[0]].1.ends_with(" AS build"));
    let shipped = &all[stages[1]..];
    let find = |name: &str| {
        let found = shipped.iter().find(|(found, _)| found == name);
        found.unwrap_or_else(|| panic!("no {name}")).1.as_str()
    };
    let copied: Vec<_> = shipped.iter().filter(|(name, _)| name == "COPY").collect();
    assert_eq!(copied.len(), 1);
    assert!(copied[0].1.starts_with("--from=build "));
    assert!(all.iter().all(|(name, _)| name != "ADD"));
    let user: u32 = find("USER").split(':').next().unwrap().parse().unwrap();
    assert_ne!(user, 0);
    assert_eq!(find("VOLUME"), STATE);
    let port: u16 = find("EXPOSE").parse().unwrap();
    assert!(port >= 1_024, "no root, no capability");
    let words = |text: &str| serde_json::from_str::<Vec<String>>(text).unwrap();
    let entry = words(find("ENTRYPOINT"));
    assert_eq!(entry, ["/usr/bin/tsumugu-server"]);
    let health = find("HEALTHCHECK").split_once("CMD ").unwrap().1;
    let health = words(health);
    assert_eq!(health[0], entry[0]);
    for arguments in [&words(find("CMD"))[..], &health[1..]] {
        is_understood(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn systemd_is_told_that_we_serve_live_and_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let mut town = Town::process().await;
    town.stop().await;
    let environment = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "100000")];
    town.start_process(&environment);
    let hear = || {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap().trim().to_owned()
    };
    let mut heard = Vec::new();
    while heard.iter().filter(|word| *word == "WATCHDOG=1").count() < 3 {
        heard.push(hear());
    }
    assert_eq!(heard.iter().filter(|word| *word == "READY=1").count(), 1, "{heard:?}");
    town.stop().await;
    while heard.last().is_none_or(|word| word != "STOPPING=1") {
        heard.push(hear());
    }
}
