//! `certs-example/README.md`, run as it stands: a PKI made with openssl, an exchange of the real program
//! below it, a terminal that is revoked, and what it is told.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/people.rs"]
mod people;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use people::running::{Process, output};
use people::{
    CITY, HOSPITAL, Institution, OFFICE, PASSPHRASE, Person, Said, free_address, write_private,
};
use tsumugu_catalogue::examples::example;
use tsumugu_client::identity::Identity;

const README: &str = include_str!("../certs-example/README.md");
const CONFIG: &str = include_str!("../certs-example/openssl.cnf");
/// The address in the text; the test takes one that is free.
const ADDRESS: &str = "127.0.0.1:7443";
const RUN: &str = "tsumugu-server run --dir server\n";
/// How long a change of the list may take to show.
const PATIENCE: Duration = Duration::from_secs(60);

/// The commands of the page, and where they run.
struct Page {
    dir: tempfile::TempDir,
    address: String,
    blocks: std::vec::IntoIter<String>,
}

impl Page {
    fn new() -> Self {
        let address = free_address();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("openssl.cnf"), CONFIG).unwrap();
        write_private(&dir.path().join("passphrase"), PASSPHRASE);
        let blocks: Vec<_> =
            blocks(README).into_iter().map(|block| block.replace(ADDRESS, &address)).collect();
        Self { dir, address, blocks: blocks.into_iter() }
    }

    /// Runs the next block, which begins so; gives what it printed.
    #[track_caller]
    fn next(&mut self, begins: &str) -> String {
        let block = self.blocks.next().unwrap();
        assert!(block.contains(begins), "{begins:?} is not the next step: {block}");
        self.run(&block)
    }

    #[track_caller]
    fn run(&self, block: &str) -> String {
        let programs = Path::new(env!("CARGO_BIN_EXE_tsumugu-server")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let done = Command::new("bash")
            .args(["-euo", "pipefail", "-c", block])
            .current_dir(self.dir.path())
            .env("PATH", format!("{}:{path}", programs.display()))
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8(done.stdout), String::from_utf8(done.stderr));
        let (out, err) = (out.unwrap(), err.unwrap());
        assert!(done.status.success(), "{block}\n{out}\n{err}");
        out
    }

    fn person(&self, home: &str) -> Person {
        Person::at(self.dir.path(), home)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("server/errors.txt")).unwrap()
    }

    /// Waits until the server's log has a line so often.
    #[track_caller]
    fn await_log(&self, line: &str, times: usize) {
        let begun = Instant::now();
        while self.log().matches(line).count() < times {
            assert!(begun.elapsed() < PATIENCE, "{line:?} is not in the log: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The fenced blocks that are commands.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match (&mut open, line) {
            (None, "```sh") => open = Some(String::new()),
            (Some(_), "```") => blocks.extend(open.take()),
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

fn need_openssl() {
    let found = Command::new("openssl").arg("version").output();
    let version = match found {
        Ok(found) => String::from_utf8(found.stdout).unwrap(),
        Err(error) => panic!("this test needs the program openssl, version 3: {error}"),
    };
    assert!(version.starts_with("OpenSSL 3"), "this test needs OpenSSL 3, and there is {version}");
}

fn join(page: &Page, i: &Institution) -> Said {
    let city = page.person(CITY);
    let invited = city.does(&[
        "admin",
        "invite",
        "--number",
        i.number,
        "--name",
        i.name,
        "--kana",
        i.kana,
        "--kind",
        i.kind,
        "--telephone",
        i.telephone,
    ]);
    let (name, role) = i.workers[0];
    let home = page.person(i.home);
    let code = invited["code"].as_str().unwrap();
    let asked = home.does(&["enroll", code, "--worker", name, "--role", role]);
    let digits = asked["digits"].as_str().unwrap();
    city.does(&["admin", "approve", i.number, "--digits", digits]);
    home.say(&["enroll"])
}

#[test]
fn the_page_works_as_it_stands() {
    need_openssl();
    let mut page = Page::new();
    page.next("mkdir root");
    page.next("mkdir issuing");
    let server = page.dir.path().join("server");

    // Exercise keys are for exercise: not under a name that somebody can own.
    let (cert, key) =
        (page.dir.path().join("issuing/cert.pem"), page.dir.path().join("issuing/key.pem"));
    let real = page.dir.path().join("real");
    let (status, _, told) = output(&[
        "init",
        "--dir",
        real.to_str().unwrap(),
        "--origin",
        "exchange.example.jp",
        "--ca-cert",
        cert.to_str().unwrap(),
        "--ca-key",
        key.to_str().unwrap(),
    ]);
    assert_eq!(status.code(), Some(1));
    assert!(told.contains("練習用（EXAMPLE）") && told.contains("this is an example CA"), "{told}");
    assert!(!real.exists(), "nothing was made");

    let made = page.next("tsumugu-server init");
    let code =
        made.lines().map(str::trim).find(|line| line.starts_with(&format!("{}#", page.address)));
    let code = code.unwrap().to_owned();
    let pin = page.next("openssl dgst -sha256");
    let pin = pin.split_whitespace().next().unwrap().to_owned();
    page.next("-gencrl");
    let looked = page.next("openssl crl");
    assert!(looked.contains("EXAMPLE Issuing CA 1"), "{looked}");

    assert_eq!(page.blocks.next().as_deref(), Some(RUN));
    let process = Process::start(&server, &[]).unwrap();
    let (city, hospital, office) =
        (page.person(CITY), page.person(HOSPITAL.home), page.person(OFFICE.home));
    city.does(&["admin", "init", &code]);
    let pinned = Identity::load(&city.vault()).unwrap().unwrap().exchange.ca_pins;
    assert_eq!(pinned.iter().map(ToString::to_string).collect::<Vec<_>>(), [pin]);
    assert_eq!(join(&page, &HOSPITAL).code, Some(0));
    assert_eq!(join(&page, &OFFICE).code, Some(0));

    let issued = page.next("openssl verify");
    assert!(issued.contains("spiffe://exchange.example/institution/"), "{issued}");
    assert!(issued.contains(": OK"), "{issued}");

    let form = page.dir.path().join("sheet.toml");
    std::fs::write(&form, example("admission-info").unwrap()).unwrap();
    let send = ["send", "--to", HOSPITAL.number, "--sheet", form.to_str().unwrap()];
    office.does(&send);

    // Revoked: the office's, which is the newest. Its letters wait on its PC.
    let listed = page.next("-revoke");
    assert!(listed.contains("Key Compromise"), "{listed}");
    process.signal("HUP");
    page.await_log("revoked=1", 1);
    let said = office.say(&["directory"]);
    said.failed(3, "tls.own-revoked");
    let read = office.read(&["directory"]);
    for text in ["失効リストに載っています", "is on the exchange's revocation list"] {
        assert!(read.err.contains(text), "{read:?}");
    }
    let waits = office.say(&send);
    assert_ne!(waits.code, Some(0), "{waits:?}");
    // The others go on.
    hospital.does(&["inbox"]);

    // A broken list does not take its place; the office stays out, and the hospital in.
    let list = server.join("crl.pem");
    let good = std::fs::read(&list).unwrap();
    std::fs::write(&list, &good[..good.len() / 2]).unwrap();
    process.signal("HUP");
    page.await_log("the revocation list cannot be used", 1);
    office.say(&["directory"]).failed(3, "tls.own-revoked");
    hospital.does(&["inbox"]);
    std::fs::write(&list, good).unwrap();
    process.stop();

    // A month later nobody has renewed it: nobody is let in, and everybody is told whose fault it is.
    let month = (31u64 * 24 * 3_600 * 1_000).to_string();
    let later = [("TSUMUGU_CLOCK_OFFSET_MS", month.as_str())];
    let process = Process::start(&server, &later).unwrap();
    page.await_log("the revocation list has expired", 1);
    city.say_with(&later, &["admin", "pending"]).failed(6, "tls.list-expired");
    page.next("-crldays 60");
    process.signal("HUP");
    page.await_log("the revocation list is fresh", 1);
    assert_eq!(city.say_with(&later, &["admin", "pending"]).code, Some(0));
    office.say_with(&later, &["directory"]).failed(3, "tls.own-revoked");
    process.stop();

    assert_eq!(page.blocks.next(), None, "every block was run");
}

#[test]
fn blocks_are_what_is_fenced_as_commands() {
    let text = "a\n```sh\none\ntwo\n```\n```text\nno\n```\n```sh\nthree\n```\n";
    assert_eq!(blocks(text), ["one\ntwo\n", "three\n"]);
}
