"""An exchange and people at their PCs: the real programs, one process for each command."""

import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time

PASSPHRASE = "four unrelated words"
VARIABLES = ("TSUMUGU_HOME", "TSUMUGU_PASSPHRASE_FILE", "TSUMUGU_CLOCK_OFFSET_MS", "TSUMUGU_CRASH_AT")
# Long enough for a debug build on a busy machine: whoever needs more hangs.
PATIENCE = 240


class Failed(Exception):
    """Something is not as it should be."""


def demand(what: str, holds: object) -> None:
    if not holds:
        raise Failed(what)


class Exchange:
    """A new exchange on this computer, at a port that was free."""

    def __init__(self, programs: pathlib.Path, folder: pathlib.Path, origin: str):
        self.program, self.folder, self.process = programs / "tsumugu-server", folder / "server", None
        self.address = f"127.0.0.1:{free_port()}"
        made = run([self.program, "init", "--dir", self.folder, "--origin", origin,
                    "--listen", self.address, "--public-address", self.address])
        marked = [line.strip() for line in made.stdout.splitlines() if line.strip().startswith(f"{self.address}#")]
        demand(f"init prints one code: {made}", len(marked) == 1)
        self.code = marked[0]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self) -> None:
        at = self.folder / "address"
        at.unlink(missing_ok=True)
        errors = open(self.folder / "errors.txt", "wb")
        command = [self.program, "run", "--dir", self.folder, "--address-file", at]
        self.process = subprocess.Popen(command, stdout=errors, stderr=errors)
        ends = time.monotonic() + PATIENCE
        while not at.exists():
            demand("the exchange ended at once", self.process.poll() is None)
            demand("the exchange does not start", time.monotonic() < ends)
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            demand("the exchange stopped in disorder", self.process.wait(PATIENCE) == 0)
            self.process = None


class Person:
    """Somebody with a home folder. Gives what `--json` says; a command that ends otherwise fails."""

    def __init__(self, program: list, home: str, passphrase: str, environment: dict | None = None):
        self.program, self.home = [*program], home
        self.environment = {key: value for key, value in os.environ.items() if key not in VARIABLES}
        # So that the machine's speed and not scrypt's decides how long it takes: debug builds only.
        self.environment |= {"TSUMUGU_PASSPHRASE_FILE": passphrase, "TSUMUGU_TEST_WORK_FACTOR": "1"}
        self.environment |= environment or {}

    def command(self, *words: str) -> list:
        return [*self.program, "--home", self.home, *words]

    def does(self, *words: str) -> dict:
        return self.ends(0, *words)

    def ends(self, code: int, *words: str) -> dict:
        done = run(self.command("--json", *words), self.environment, code)
        return json.loads(done.stdout.splitlines()[-1])

    def reads(self, *words: str) -> str:
        """What a person sees."""
        return run(self.command(*words), self.environment).stdout

    def begins(self, *words: str) -> subprocess.Popen:
        return begin(self.command("--json", *words), self.environment)


class Linux(Person):
    """Somebody at a PC with Linux."""

    def __init__(self, programs: pathlib.Path, folder: pathlib.Path, home: str):
        secret = folder / "passphrase"
        if not secret.exists():
            secret.touch(mode=0o600)
            secret.write_text(PASSPHRASE)
        super().__init__([programs / "tsumugu"], str(folder / home), str(secret))


INSTITUTIONS = {
    "hospital": ("1217000001", "流山つむぐ病院", "ながれやまつむぐびょういん", "hospital", "04-7000-0100"),
    "office": ("1277000002", "ケアプランいとぐるま", "けあぷらんいとぐるま", "care-office", "04-7000-0200"),
}


def invite(city: Person, institution: str) -> str:
    """Registers one of INSTITUTIONS; gives the code on its paper."""
    names = ("--number", "--name", "--kana", "--kind", "--telephone")
    options = [word for pair in zip(names, INSTITUTIONS[institution]) for word in pair]
    return city.does("admin", "invite", *options)["code"]


def join(city: Person, person: Person, institution: str, worker: str, role: str) -> None:
    """Paper, request, digits over the telephone, approval."""
    asked = person.does("enroll", invite(city, institution), "--worker", worker, "--role", role)
    city.does("admin", "approve", INSTITUTIONS[institution][0], "--digits", asked["digits"])
    demand("enrolled", person.does("enroll")["state"] == "enrolled")


def run(command: list, environment: dict | None = None, code: int = 0) -> subprocess.CompletedProcess:
    return finish(begin(command, environment), code)


def begin(command: list, environment: dict | None = None) -> subprocess.Popen:
    # Files and no pipes: under Wine, services that a command starts hold its output open after its end.
    outputs = [tempfile.TemporaryFile() for _ in range(2)]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                               stdout=outputs[0], stderr=outputs[1])
    process.outputs = outputs
    return process


def finish(process: subprocess.Popen, code: int = 0) -> subprocess.CompletedProcess:
    try:
        process.wait(PATIENCE)
    finally:
        process.kill()
    said = []
    for output in process.outputs:
        with output:
            output.seek(0)
            said.append(output.read().decode())
    done = subprocess.CompletedProcess(process.args, process.returncode, *said)
    words = " ".join(str(word) for word in done.args)
    demand(f"{words}\nended with {done.returncode}, not {code}:\n{done.stdout}\n{done.stderr}",
           done.returncode == code)
    return done


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
