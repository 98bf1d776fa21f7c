"""Asks both readers about evidence: as the demonstration wrote it, and spoilt.

    compare_evidence.py --program TSUMUGU --judge PROGRAM (--fingerprint DIGEST | --log FOLDER) FILE...

Of each file the real `tsumugu verify` and the second reader say the same outcome, with the root
fingerprint (exit code 0), without (4), and with another (5). Of each spoilt file both readers say the
same, and of a sample of them the real program too.
"""

import argparse
import pathlib
import subprocess
import tempfile

from judge import Judges
from people import demand
from reader import evidence, folder
from reader.refused import Refused
from spoil import spoilt

SAMPLE = 97
OTHER = "0" * 64
CODES = {"anchored": 0, "consistent": 4, "refused": 5}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--judge", required=True)
    root = parser.add_mutually_exclusive_group(required=True)
    root.add_argument("--fingerprint")
    root.add_argument("--log", type=pathlib.Path, help="the log, whose entry 0 has the root fingerprint")
    parser.add_argument("files", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    fingerprint = arguments.fingerprint or root_of(arguments.log)
    files = [(path, path.read_bytes()) for path in arguments.files]
    for path, raw in files:
        for given in (fingerprint, None, OTHER):
            compare(arguments.program, path, raw, given)
    print(f"{len(files)} files: tsumugu verify and the second reader agree on the exit codes")
    for at, (path, raw) in enumerate(files):
        # The last one has nobody before it: its strange parts are those of the first.
        cases = list(spoilt(raw, files[at - 1][1]))
        judges = Judges(arguments.judge)
        judges.ask("evidence", [case for case in cases if case[1] != raw])
        print(f"{path.name}: spoilt in {len(cases)} ways: {judges.finish()}")
        with tempfile.TemporaryDirectory() as scratch:
            for name, changed in cases[::SAMPLE]:
                sample = pathlib.Path(scratch) / "spoilt.evidence"
                sample.write_bytes(changed)
                compare(arguments.program, sample, changed, None, name)


def root_of(log: pathlib.Path) -> str:
    return folder.check(*folder.read(log)).trust_lists[0].digest.hex()


def compare(program: str, path: pathlib.Path, raw: bytes, fingerprint: str | None, name: str = "") -> None:
    options = ["--fingerprint", fingerprint] if fingerprint else []
    done = subprocess.run([program, "verify", path, *options], capture_output=True, check=False)
    try:
        outcome, _ = evidence.verify(raw, bytes.fromhex(fingerprint) if fingerprint else None)
    except Refused as reason:
        outcome, name = "refused", f"{name} ({reason})"
    demand(f"{path} {name}: tsumugu verify ends with {done.returncode}, the second reader says {outcome}",
           done.returncode == CODES[outcome])


if __name__ == "__main__":
    main()
