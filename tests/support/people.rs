//! People at their PCs: the real program `tsumugu`, one process for each command, as people type it.
//!
//! A town is one exchange (the real `tsumugu-server`) with its people, each with a home folder of
//! their own. Making one takes seconds, so a test program makes it once and each test gets a copy:
//! the folders are copied while everything is stopped, and the copy moves to a port of its own.

// Each test program uses a part of it.
#![allow(dead_code, unreachable_pub, missing_docs)]
#![allow(clippy::unwrap_used, reason = "clippy sees no tests in the helpers of a test program")]

#[path = "folder.rs"]
mod folder;
#[path = "running.rs"]
pub mod running;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tsumugu_catalogue::examples::example;
use tsumugu_client::identity::Identity;
use tsumugu_client::passphrase::Passphrase;
use tsumugu_client::vault::Vault;
use tsumugu_durable::lock::FolderLock;
use tsumugu_server::settings::Settings;

pub use folder::Folder;
use running::Process;

pub const ORIGIN: &str = "exchange.test/east";
pub const PASSPHRASE: &str = "four unrelated words";

/// An institution as the city registers it. All of them are fictitious.
#[derive(Debug, Clone, Copy)]
pub struct Institution {
    pub home: &'static str,
    pub number: &'static str,
    pub name: &'static str,
    pub kana: &'static str,
    pub kind: &'static str,
    pub telephone: &'static str,
    pub workers: &'static [(&'static str, &'static str)],
}

pub const HOSPITAL: Institution = Institution {
    home: "hospital",
    number: "1217000001",
    name: "流山つむぐ病院",
    kana: "ながれやまつむぐびょういん",
    kind: "hospital",
    telephone: "04-7000-0100",
    workers: &[("田中 由美", "退院支援看護師")],
};

pub const OFFICE: Institution = Institution {
    home: "office",
    number: "1277000002",
    name: "ケアプランいとぐるま",
    kana: "けあぷらんいとぐるま",
    kind: "care-office",
    telephone: "04-7000-0200",
    workers: &[("佐藤 健", "介護支援専門員")],
};

/// The third one, whom the others' letters do not concern.
pub const STATION: Institution = Institution {
    home: "station",
    number: "1267000003",
    name: "訪問看護ステーションはた",
    kana: "ほうもんかんごすてーしょんはた",
    kind: "visiting-nurse",
    telephone: "04-7000-0300",
    workers: &[("鈴木 花子", "看護師")],
};

/// The administrator's home.
pub const CITY: &str = "city";

/// What a command said, and how it ended.
#[derive(Debug, Clone)]
pub struct Said {
    /// The exit code; nothing when the process was killed.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Somebody with a home folder.
#[derive(Debug, Clone)]
pub struct Person {
    pub home: PathBuf,
    passphrase: PathBuf,
}

/// An exchange and its people.
#[derive(Debug)]
pub struct Town {
    pub dir: PathBuf,
    pub address: String,
    server: Option<Process>,
    _temporary: Option<TempDir>,
}

impl Said {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let code = output.status.code();
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// The JSON document, which is the last line of standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        let last = self.out.lines().last().unwrap_or_else(|| panic!("no output: {self:?}"));
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The document of a command that ended so.
    #[track_caller]
    pub fn ended(&self, code: i32) -> Value {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.json()
    }

    /// A failure: its exit code and key.
    #[track_caller]
    pub fn failed(&self, code: i32, key: &str) -> &Self {
        let said = self.ended(code);
        assert_eq!(said["error"]["key"], key, "{self:?}");
        assert_eq!(said["error"]["exit_code"], code, "{self:?}");
        self
    }

    /// Killed by a signal, before it could say anything.
    #[track_caller]
    pub fn died(&self) {
        assert_eq!(self.code, None, "{self:?}");
        assert_eq!(self.out, "", "nothing may be said to be done before it is");
    }
}

impl Person {
    pub fn at(dir: &Path, home: &str) -> Self {
        Self { home: dir.join(home), passphrase: dir.join("passphrase") }
    }

    /// The program, ready to be given arguments.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tsumugu"));
        for variable in [
            "TSUMUGU_HOME",
            "TSUMUGU_CRASH_AT",
            "TSUMUGU_CLOCK_OFFSET_MS",
            "TSUMUGU_PROXY",
            "HTTPS_PROXY",
            "https_proxy",
            "NO_PROXY",
            "no_proxy",
        ] {
            command.env_remove(variable);
        }
        command
            .env("TSUMUGU_PASSPHRASE_FILE", &self.passphrase)
            .env("TSUMUGU_TEST_WORK_FACTOR", "1")
            .arg("--home")
            .arg(&self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command with `--json`.
    pub fn say(&self, arguments: &[&str]) -> Said {
        self.say_with(&[], arguments)
    }

    /// Runs a command with `--json` in a changed environment.
    pub fn say_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Said {
        let mut command = self.program();
        command.arg("--json").args(arguments).envs(environment.iter().copied());
        Said::of(command.output().unwrap())
    }

    /// Runs a command as a person sees it.
    pub fn read(&self, arguments: &[&str]) -> Said {
        Said::of(self.program().args(arguments).output().unwrap())
    }

    /// Runs a command with `--json` that succeeds.
    #[track_caller]
    pub fn does(&self, arguments: &[&str]) -> Value {
        self.say(arguments).ended(0)
    }

    /// Begins a command with `--json`; [`finish`] waits for its end.
    pub fn begins(&self, arguments: &[&str]) -> Child {
        self.program().arg("--json").args(arguments).spawn().unwrap()
    }

    /// The vault, opened behind the program's back.
    pub fn vault(&self) -> Vault {
        Vault::open(&self.home, &Passphrase::parse(PASSPHRASE).unwrap()).unwrap()
    }

    /// The file of a record in the vault.
    pub fn record(&self, path: &str) -> PathBuf {
        self.home.join("vault").join(format!("{path}.sealed"))
    }

    /// A file beside the home.
    pub fn file(&self, name: &str) -> String {
        self.home.with_file_name(name).to_str().unwrap().to_owned()
    }

    /// Puts the home folder aside under a name, or takes it back from there.
    pub fn keep(&self, name: &str) -> PathBuf {
        let kept = self.home.with_file_name(name);
        Folder::copy(&self.home, &kept);
        kept
    }
}

/// Waits for the end of a command that was begun.
pub fn finish(child: Child) -> Said {
    Said::of(child.wait_with_output().unwrap())
}

impl Town {
    /// A copy of the enrolled town, with its exchange running.
    pub fn new() -> Self {
        let mut town = Self::stopped();
        town.start();
        town
    }

    /// A copy of the enrolled town: the city, a hospital, an office and a station.
    pub fn stopped() -> Self {
        static ENROLLED: OnceLock<(Template, ())> = OnceLock::new();
        let (template, ()) = ENROLLED.get_or_init(|| (Template::make(), ()));
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path().join("town");
        Folder::copy(&template.dir, &dir);
        let mut town =
            Self { dir, address: String::new(), server: None, _temporary: Some(temporary) };
        town.move_to(free_address());
        town
    }

    /// A new exchange at which nobody has enrolled yet, running; and the first administrator's code.
    pub fn empty() -> (Self, String) {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path().join("town");
        let (mut town, code) = Self::made_in(&dir);
        town._temporary = Some(temporary);
        (town, code)
    }

    fn made_in(dir: &Path) -> (Self, String) {
        std::fs::create_dir_all(dir).unwrap();
        write_private(&dir.join("passphrase"), PASSPHRASE);
        let address = free_address();
        let code = init(&dir.join("server"), ORIGIN, &address);
        let mut town = Self { dir: dir.to_owned(), address, server: None, _temporary: None };
        town.start();
        (town, code)
    }

    /// The exchange is reached elsewhere from now on: settings and homes say so.
    fn move_to(&mut self, address: String) {
        assert!(self.server.is_none(), "only what is stopped moves");
        let server = self.server_dir();
        let mut settings = Settings::load(&server).unwrap();
        settings.listen = address.parse().unwrap();
        settings.public_address = address.parse().unwrap();
        std::fs::write(server.join("settings.toml"), settings.to_toml()).unwrap();
        for home in [CITY, HOSPITAL.home, OFFICE.home, STATION.home] {
            let vault = self.person(home).vault();
            let mut identity = Identity::load(&vault).unwrap().unwrap();
            identity.exchange.address.clone_from(&address);
            identity.save(&vault).unwrap();
        }
        self.address = address;
    }

    pub fn person(&self, home: &str) -> Person {
        Person::at(&self.dir, home)
    }

    pub fn city(&self) -> Person {
        self.person(CITY)
    }

    pub fn hospital(&self) -> Person {
        self.person(HOSPITAL.home)
    }

    pub fn office(&self) -> Person {
        self.person(OFFICE.home)
    }

    pub fn station(&self) -> Person {
        self.person(STATION.home)
    }

    pub fn server_dir(&self) -> PathBuf {
        self.dir.join("server")
    }

    /// Starts the exchange.
    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// Starts the exchange in a changed environment, such as with a crash point armed.
    pub fn start_with(&mut self, environment: &[(&str, &str)]) {
        self.server = Some(Process::start(&self.server_dir(), environment).unwrap());
    }

    /// Stops the exchange in good order.
    pub fn stop(&mut self) {
        self.server.take().unwrap().stop();
    }

    /// Ends the exchange by SIGKILL.
    pub fn kill(&mut self) {
        self.server.take().unwrap().kill();
    }

    /// Waits until the exchange ends by itself, as at a crash point.
    pub fn await_crash(&mut self) {
        let status = self.server.take().unwrap().wait();
        assert_eq!(status.code(), None, "{status}");
    }

    /// Puts the stopped exchange's folder aside under a name.
    pub fn keep_server(&self, name: &str) -> PathBuf {
        assert!(self.server.is_none(), "only what is stopped is copied");
        let kept = self.dir.join(name);
        Folder::copy(&self.server_dir(), &kept);
        kept
    }

    /// Puts another folder in the stopped exchange's place, at the same address.
    pub fn put_server(&self, from: &Path) {
        assert!(self.server.is_none(), "only what is stopped is replaced");
        let settings = std::fs::read(self.server_dir().join("settings.toml")).unwrap();
        std::fs::remove_dir_all(self.server_dir()).unwrap();
        Folder::copy(from, &self.server_dir());
        std::fs::write(self.server_dir().join("settings.toml"), settings).unwrap();
    }

    /// A file with one of the catalogue's example forms.
    pub fn form(&self, name: &str) -> String {
        let file = self.dir.join(format!("{name}.toml"));
        std::fs::write(&file, example(name).unwrap()).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// The office sends the hospital a sheet; gives the message's id.
    pub fn sheet(&self) -> String {
        let form = self.form("admission-info");
        let sent = self.office().does(&["send", "--to", HOSPITAL.number, "--sheet", &form]);
        sent["letters"][0]["id"].as_str().unwrap().to_owned()
    }

    /// An institution joins as in life: paper, request, digits over the telephone, approval.
    pub fn join(&self, institution: &Institution) {
        let code = self.invite(institution);
        let asked = self.ask_to_join(institution, &code);
        let digits = asked["digits"].as_str().unwrap();
        self.city().does(&["admin", "approve", institution.number, "--digits", digits]);
        self.person(institution.home).does(&["enroll"]);
    }

    /// The city invites; gives `HOST:PORT#CODE`.
    pub fn invite(&self, institution: &Institution) -> String {
        let i = institution;
        let invited = self.city().does(&[
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
        invited["code"].as_str().unwrap().to_owned()
    }

    /// The institution hands in its request.
    pub fn ask_to_join(&self, institution: &Institution, code: &str) -> Value {
        let mut arguments = vec!["enroll", code];
        for (name, role) in institution.workers {
            arguments.extend(["--worker", *name, "--role", *role]);
        }
        self.person(institution.home).does(&arguments)
    }
}

/// The enrolled town that tests copy. It lies in cargo's own folder for tests, since nothing removes
/// it when the test program ends: the next run of the same program does, and takes its place.
struct Template {
    dir: PathBuf,
    _lock: FolderLock,
}

impl Template {
    fn make() -> Self {
        let program = std::env::current_exe().unwrap();
        let program = program.file_name().unwrap().to_str().unwrap();
        // One more for each run of the same program at the same time.
        let (folder, lock) = (0..)
            .find_map(|place| {
                let name = format!("town-{program}-{place}");
                let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
                std::fs::create_dir_all(&folder).unwrap();
                let lock = FolderLock::acquire(&folder, Duration::ZERO).ok()?;
                Some((folder, lock))
            })
            .unwrap();
        let dir = folder.join("town");
        let _ = std::fs::remove_dir_all(&dir);
        let (mut town, code) = Town::made_in(&dir);
        town.city().does(&["admin", "init", &code]);
        for institution in [&HOSPITAL, &OFFICE, &STATION] {
            town.join(institution);
        }
        town.stop();
        Self { dir, _lock: lock }
    }
}

/// Makes a new exchange in a folder; gives the first administrator's `HOST:PORT#CODE`.
pub fn init(dir: &Path, origin: &str, address: &str) -> String {
    let dir = dir.to_str().unwrap();
    let arguments = [
        "init",
        "--dir",
        dir,
        "--origin",
        origin,
        "--listen",
        address,
        "--public-address",
        address,
    ];
    let (status, out, err) = running::output(&arguments);
    assert!(status.success(), "{err}");
    let code = out.lines().map(str::trim).find(|line| line.starts_with(&format!("{address}#")));
    code.unwrap_or_else(|| panic!("no code: {out}")).to_owned()
}

/// A file that only its owner reads.
pub fn write_private(file: &Path, text: &str) {
    std::fs::write(file, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// A loopback address that stays free while the exchange is down: below the ports that systems give
/// to outgoing connections, and another one for each test.
pub fn free_address() -> String {
    const FIRST: u16 = 12_000;
    const COUNT: u16 = 20_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = (std::process::id().wrapping_mul(61) % u32::from(COUNT)) as u16;
    loop {
        let place = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (begin + place % COUNT) % COUNT;
        let address = format!("127.0.0.1:{port}");
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}
