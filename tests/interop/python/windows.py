"""The client for Windows, under Wine, at a real exchange with real correspondents on Linux.

    windows.py --programs FOLDER --windows FOLDER --wine FOLDER --prefix FOLDER --forms FOLDER

A care office has a PC with Windows: folders and files with Japanese names, files as Notepad writes them
(a byte order mark, lines that end in CRLF). It enrols, sends, receives, opens, answers, is cut off and
goes on, and its evidence is verified on both systems.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from people import Exchange, INSTITUTIONS, Linux, PASSPHRASE, PATIENCE, Person, demand, finish, invite, join

HOSPITAL = INSTITUTIONS["hospital"][0]
DESKTOP = "デスクトップ"


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("programs", "windows", "wine", "prefix", "forms"):
        parser.add_argument("--" + name, type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    # Wine takes the names of files from Linux in the character set of the locale. No screen, no noise.
    os.environ |= {"WINEPREFIX": str(arguments.prefix), "WINEDEBUG": "-all", "LC_ALL": "C.UTF-8"}
    os.environ.pop("DISPLAY", None)
    # Kept running, or each command takes seconds to boot Windows.
    server = subprocess.Popen([arguments.wine / "wineserver64", "--foreground", "--persistent"])
    profile = pathlib.Path(tempfile.mkdtemp(prefix="佐藤 健 ", dir=arguments.prefix / "drive_c" / "users"))
    try:
        with tempfile.TemporaryDirectory() as folder:
            play(arguments, pathlib.Path(folder), Pc(arguments, profile))
    finally:
        server.terminate()
        server.wait(PATIENCE)
        shutil.rmtree(profile)


class Pc(Person):
    """Somebody at a PC with Windows."""

    def __init__(self, arguments, profile: pathlib.Path):
        self.drive, self.profile = arguments.prefix / "drive_c", profile
        self.desktop = profile / DESKTOP
        self.desktop.mkdir()
        secret = self.write("合言葉.txt", PASSPHRASE + "\n")
        program = [arguments.wine / "wine64", arguments.windows / "tsumugu.exe"]
        # The library that Wine 8 lacks lies beside the program (tests/interop/wine).
        environment = {"WINEDLLOVERRIDES": "bcryptprimitives=n"}
        super().__init__(program, self.path(profile / "つむぐ"), secret, environment)

    def path(self, file: pathlib.Path) -> str:
        """As Windows calls it."""
        return "C:\\" + str(file.relative_to(self.drive)).replace("/", "\\")

    def write(self, name: str, text: str) -> str:
        """A file on the desktop as Notepad saves it."""
        file = self.desktop / name
        file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
        return self.path(file)


def play(arguments, folder: pathlib.Path, office: Pc) -> None:
    with Exchange(arguments.programs, folder, "exchange.test/windows") as exchange:
        city, hospital = (Linux(arguments.programs, folder, home) for home in ("city", "hospital"))
        fingerprint = city.does("admin", "init", exchange.code)["fingerprint"]
        join(city, hospital, "hospital", "田中 由美", "退院支援看護師")
        enrol(city, office, fingerprint)
        form = office.write("入院時 シート.toml", (arguments.forms / "admission-info.toml").read_text("utf-8"))
        sent = send(office, hospital, form, folder)
        receive(office, hospital, arguments.forms / "notice-conference.toml")
        at_once(office)
        cut_off(exchange, office, hospital, form)
        evidence(office, hospital, sent, fingerprint)
    left = [path.name for path in office.profile.rglob("*.tsumugu-tmp")]
    demand(f"temporary files are left: {left}", not left)


def enrol(city: Person, office: Pc, fingerprint: str) -> None:
    code = invite(city, "office")
    asked = office.does("enroll", code, "--worker", "佐藤 健", "--role", "介護支援専門員")
    demand("the same request, when asked again", office.does("enroll")["digits"] == asked["digits"])
    city.does("admin", "approve", INSTITUTIONS["office"][0], "--digits", asked["digits"])
    enrolled = office.does("enroll")
    demand(f"enrolled: {enrolled}", enrolled["state"] == "enrolled" and enrolled["fingerprint"] == fingerprint)
    demand("a person reads Japanese", INSTITUTIONS["hospital"][1] in office.reads("directory"))
    print("enrolled from a folder with a Japanese name, passphrase in a file of Notepad's")


def send(office: Pc, hospital: Person, form: str, folder: pathlib.Path) -> str:
    sent = office.does("send", "--to", HOSPITAL, "--urgent", "--sheet", form)
    message = sent["letters"][0]["id"]
    demand("sent", sent["sent"])
    hospital.does("inbox")
    opened = hospital.does("open", message, "--out", str(folder / "sheet.json"))
    demand(f"opened: {opened}", opened["values"]["name"] == "流山 花子" and opened["doubts"] == [])
    # Notepad's line ends are not the sender's words.
    demand("CRLF became LF", "\r" not in json.dumps(opened["values"]))
    hospital.does("ack", message, "--comment", "病棟へ共有します\u3000ありがとうございます")
    tracked = office.does("track", message)
    demand("acknowledged", [event["what"] for event in tracked["events"]][-1] == "acknowledged")
    demand("the comment", tracked["events"][-1]["comment"] == "病棟へ共有します\u3000ありがとうございます")
    print("sent a sheet from a CRLF file with a byte order mark; saw it acknowledged")
    return message


def receive(office: Pc, hospital: Person, notice: pathlib.Path) -> None:
    number = INSTITUTIONS["office"][0]
    message = hospital.does("send", "--to", number, "--notice", str(notice))["letters"][0]["id"]
    inbox = office.does("inbox")["messages"]
    demand(f"arrived: {inbox}", [one["id"] for one in inbox] == [message])
    out = office.desktop / "退院前 カンファレンス（案内）.json"
    opened = office.does("open", message, "--out", office.path(out))
    demand("written", json.loads(out.read_text("utf-8"))["values"] == opened["values"])
    again = office.ends(1, "open", message, "--out", office.path(out))
    demand(f"a file is not overwritten: {again}", again["error"]["key"] == "file.exists")
    demand("named as Windows does", office.path(out) in json.dumps(again, ensure_ascii=False).replace("\\\\", "\\"))
    nowhere = office.ends(1, "open", message, "--out", office.path(office.desktop / "ない" / "a.json"))
    demand(f"no such folder: {nowhere}", nowhere["error"]["key"].startswith("file."))
    office.does("ack", message, "--comment", "二名で参加します")
    demand("answered", hospital.does("track", message)["events"][-1]["worker"]["name"] == "佐藤 健")
    print("received, opened into a file with a Japanese name, acknowledged")


def at_once(office: Pc) -> None:
    """Commands at the same time wait for each other; none fails."""
    for process in [office.begins("inbox") for _ in range(3)]:
        finish(process)
    print("three commands at a time took turns")


def cut_off(exchange: Exchange, office: Pc, hospital: Person, form: str) -> None:
    exchange.stop()
    unsent = office.ends(6, "send", "--to", HOSPITAL, "--sheet", form)
    demand(f"not called sent: {unsent}", unsent["sent"] is False)
    message = unsent["letters"][0]["id"]
    exchange.start()
    demand("the outbox is empty", office.does("outbox")["entries"] == [])
    demand("it arrived", message in [one["id"] for one in hospital.does("inbox")["messages"]])
    print("was cut off, kept the sheet, and sent it when the exchange was back")


def evidence(office: Pc, hospital: Person, message: str, fingerprint: str) -> None:
    file = office.desktop / "証拠.evidence"
    office.does("evidence", message, "--out", office.path(file))
    for person, path in ((office, office.path(file)), (hospital, str(file))):
        proved = person.does("verify", path, "--fingerprint", fingerprint)
        demand(f"anchored: {proved}", proved["outcome"] == "anchored" and proved["answer"] == "acknowledged")
        person.ends(4, "verify", path)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    for person, path in ((office, office.path(file)), (hospital, str(file))):
        person.ends(5, "verify", path, "--fingerprint", fingerprint)
    demand("the log", office.does("log", "verify")["anchored"] is True)
    print("wrote evidence that both systems verify, and both refuse with CRLF in it")


if __name__ == "__main__":
    main()
