"""Damages copies of a log and of its evidence, and demands that checklog refuses each.

    damaged.py CHECKLOG DEMO-FOLDER WORK-FOLDER

A verifier that says yes to everything would pass every other step.
"""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile


def main() -> int:
    checklog, demo, work = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    for name, damage in DAMAGES.items():
        with tempfile.TemporaryDirectory(dir=work) as folder:
            copy = pathlib.Path(folder)
            shutil.copytree(demo / "server" / "log", copy / "log")
            shutil.copytree(demo / "evidence", copy / "evidence")
            damage(copy)
            command = [checklog, "-log", copy / "log", "-evidence", copy / "evidence"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = done.stderr.strip()
        # Status 1 is a refusal; anything else is a crash of the checker.
        if done.returncode != 1 or not said.startswith("checklog: "):
            print(f"{name}: NOT refused (status {done.returncode}): {said}")
            return 1
        print(f"{name}: refused: {said.removeprefix('checklog: ')}")
    return 0


def flip(path: pathlib.Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def checkpoint_root(copy: pathlib.Path) -> None:
    path = copy / "log" / "checkpoint"
    rows = path.read_text("utf-8").split("\n")
    rows[2] = ("B" if rows[2][0] == "A" else "A") + rows[2][1:]
    path.write_text("\n".join(rows), "utf-8")


def first_entry(copy: pathlib.Path) -> None:
    for path in files(copy / "log" / "tile" / "entries"):
        flip(path, 100)


def last_entry(copy: pathlib.Path) -> None:
    for path in files(copy / "log" / "tile" / "entries"):
        flip(path, -1)


def hash_tile(copy: pathlib.Path) -> None:
    flip(files(copy / "log" / "tile" / "0")[0], 0)


def stray_file(copy: pathlib.Path) -> None:
    (copy / "log" / "tile" / "0" / "note.txt").write_text("x")


def no_tile(copy: pathlib.Path) -> None:
    shutil.rmtree(copy / "log" / "tile" / "0")


def evidence_byte(copy: pathlib.Path) -> None:
    flip(files(copy / "evidence")[0], 200)


def evidence_line(copy: pathlib.Path, name: str, word: int) -> None:
    """Changes a word of the last line of that name, and makes the checksum fit again."""
    path = files(copy / "evidence")[0]
    rows = path.read_bytes().split(b"\n")[:-2]
    at = max(n for n, row in enumerate(rows) if row.startswith(name.encode() + b" "))
    words = rows[at].split(b" ")
    middle = len(words[word]) // 2
    digit = b"1" if words[word][middle : middle + 1] != b"1" else b"2"
    words[word] = words[word][:middle] + digit + words[word][middle + 1 :]
    rows[at] = b" ".join(words)
    content = b"\n".join(rows) + b"\n"
    path.write_bytes(content + b"checksum " + hashlib.sha256(content).hexdigest().encode() + b"\n")


def files(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


DAMAGES = {
    "another root in the checkpoint": checkpoint_root,
    "a bit in the first entries": first_entry,
    "a bit in the last entries": last_entry,
    "a bit in a hash tile": hash_tile,
    "hash tiles missing": no_tile,
    "a file that is no tile": stray_file,
    "a bit in the evidence": evidence_byte,
    "another time of a private leaf": lambda copy: evidence_line(copy, "private", 2),
    "another salt of a private leaf": lambda copy: evidence_line(copy, "private", 5),
    "another proof of a private leaf": lambda copy: evidence_line(copy, "private", 7),
    "another head of a private leaf": lambda copy: evidence_line(copy, "private", 4),
    "another statement of a clear leaf": lambda copy: evidence_line(copy, "clear", 5),
    "another letter": lambda copy: evidence_line(copy, "letter", 1),
}


if __name__ == "__main__":
    sys.exit(main())
