//! Through the proxy of a hospital.

use serde_json::json;

use crate::people::{HOSPITAL, Town};
use crate::relay::Relay;

/// `office:p@ss:word`, as a log-in and as it stands in a URL.
const LOGIN: &str = "b2ZmaWNlOnBAc3M6d29yZA==";
const IN_URL: &str = "office:p%40ss%3Aword";

#[test]
fn an_institution_joins_and_works_through_a_proxy_that_it_names_once() {
    let (town, code) = Town::empty();
    town.city().does(&["admin", "init", &code]);
    let proxy = Relay::proxy(Some(LOGIN));
    let url = format!("http://{IN_URL}@{}", proxy.address);
    let code = town.invite(&HOSPITAL);
    let hospital = town.hospital();
    let (worker, role) = HOSPITAL.workers[0];
    let arguments = ["enroll", &code, "--worker", worker, "--role", role, "--proxy", &url];
    let asked = hospital.does(&arguments);
    let digits = asked["digits"].as_str().unwrap();
    town.city().does(&["admin", "approve", HOSPITAL.number, "--digits", digits]);
    let before = proxy.connections();
    assert!(before >= 2, "the document, and the request");
    hospital.does(&["enroll"]);
    hospital.does(&["directory"]);
    assert!(proxy.connections() >= before + 2, "nobody has to name it again");

    // At another place there is none; that is kept, too.
    let before = proxy.connections();
    let said = hospital.say(&["directory", "--proxy", "none"]);
    assert_eq!(said.ended(0)["fresh"], true);
    assert!(said.err.contains("プロキシの設定を金庫に残しました"), "{}", said.err);
    assert_eq!(hospital.say(&["directory"]).ended(0)["fresh"], true);
    assert_eq!(proxy.connections(), before);
    // Nor does what lies on the disk show its password.
    for entry in walk(&hospital.home) {
        let bytes = std::fs::read(&entry).unwrap();
        assert!(!bytes.windows(IN_URL.len()).any(|part| part == IN_URL.as_bytes()), "{entry:?}");
    }
}

#[test]
fn a_proxy_with_a_password_says_so_and_keeps_what_waits() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let proxy = Relay::proxy(Some(LOGIN));
    let send = |by: &str| {
        let by = format!("http://{by}{}", proxy.address);
        office.say(&["send", "--to", HOSPITAL.number, "--notice", &form, "--proxy", &by])
    };
    for (by, key) in [("", "proxy.needs-password"), ("office:else@", "proxy.wrong-password")] {
        let said = send(by);
        let sent = said.ended(6);
        assert_eq!((&sent["sent"], &sent["reason"]["error"]["key"]), (&json!(false), &json!(key)));
        assert!(!format!("{said:?}").contains("else"), "the password is not repeated");
    }
    // Both are kept, and nothing that did not work is.
    assert_eq!(send(&format!("{IN_URL}@")).ended(0)["sent"], true);
    assert_eq!(office.does(&["outbox"])["entries"], json!([]));
    assert_eq!(town.hospital().does(&["inbox"])["messages"].as_array().unwrap().len(), 3);
}

#[test]
fn a_proxy_that_does_not_lead_there_is_named_with_its_words() {
    let town = Town::new();
    let refuses = Relay::refusing("403 Blocked by policy");
    let nobody = "127.0.0.1:1";
    for (proxy, key) in [(nobody, "proxy.not-reached"), (&refuses.address, "proxy.refused")] {
        let listed = town.office().say(&["inbox", "--proxy", proxy]);
        assert_eq!(listed.ended(0)["fresh"], false);
        assert!(listed.err.contains(proxy), "{key}: {}", listed.err);
        let form = town.form("notice-admission");
        let send = ["send", "--to", HOSPITAL.number, "--notice", &form, "--proxy", proxy];
        assert_eq!(town.office().say(&send).ended(6)["reason"]["error"]["key"], key);
    }
    let said = town.office().say(&["inbox", "--proxy", &refuses.address]);
    assert!(said.err.contains("403 Blocked by policy"), "{}", said.err);
    town.office().say(&["inbox", "--proxy", "socks5://a:1"]).failed(2, "proxy.bad-url");
    // The exchange is down: the proxy says that it does not get through.
    let mut town = town;
    town.stop();
    let said = town.office().say(&["inbox", "--proxy", &Relay::proxy(None).address]);
    assert!(said.err.contains("502 Bad Gateway"), "{}", said.err);
}

#[test]
fn the_environment_names_a_proxy_too() {
    let town = Town::new();
    let proxy = Relay::proxy(None);
    let listed = town.office().say_with(&[("TSUMUGU_PROXY", &proxy.address)], &["directory"]);
    assert_eq!(listed.ended(0)["fresh"], true);
    assert!(proxy.connections() > 0);
    assert_eq!(listed.err, "", "it is not kept: the environment is");
    // The system's proxy is not asked for what is on this PC.
    let listed = town.office().say_with(&[("HTTPS_PROXY", "127.0.0.1:1")], &["directory"]);
    assert_eq!(listed.ended(0)["fresh"], true);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}
