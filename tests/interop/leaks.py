"""Looks for the content of sheets in the server's folder.

    leaks.py --server DIR/server --out DIR/out --names FILE

Every text of at least four characters and every number of at least six digits under "values" of the
sheets in DIR/out, and every name in FILE (a JSON array: the workers), is looked for in every file of
the server and in the files' names: in UTF-8, UTF-16 of both byte orders, MS932, and as JSON escapes.
Ends with status 1 where one is found.

What the clear part of the log says of institutions is public: a value that is exactly such a name or
number is not looked for. Times in statements, and business hours, may hold the same digits as a date
or hour of a sheet: they are blanked first.
"""

import argparse
import json
import pathlib
import re
import sys

LEAST_TEXT = 4
LEAST_DIGITS = 6
PUBLIC_LINES = {"name", "kana", "town", "number", "telephone", "fax", "label", "unit"}
TIMES = re.compile(
    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|(?:mon|tue|wed|thu|fri|sat|sun) \d\d:\d\d-\d\d:\d\d"
)


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("server", "out", "names"):
        parser.add_argument("--" + name, type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    public = public_values(arguments.server / "log")
    wanted = sheet_values(arguments.out) | person_names(arguments.names)
    files = [path for path in sorted(arguments.server.rglob("*")) if path.is_file()]
    looked_for = {variant for value in wanted - public for variant in variants(value)}
    if not looked_for or not files:
        print(f"nothing to look for ({len(looked_for)} texts) or to look into ({len(files)} files)")
        return 1

    found, control = search(files, needles(looked_for), needles(public))
    for path, value, encoding in found:
        print(f"LEAK: {value!r} stands in {path} as {encoding}")
    # The public names are known to be there: who does not find them would find nothing else either.
    if not control:
        print("the search found not even the public names: it is broken")
        return 1
    print(
        f"{len(looked_for)} texts of sheets and people, {len(files)} files of the server: "
        f"{len(found)} found; {len(wanted & public)} more are public in the directory"
    )
    return 1 if found else 0


def sheet_values(folder: pathlib.Path) -> set[str]:
    values: set[str] = set()
    sheets = sorted(folder.glob("*.json"))
    if not sheets:
        raise SystemExit(f"no sheet in {folder}")
    for sheet in sheets:
        found = set(worth(json.loads(sheet.read_text("utf-8"))["values"]))
        if not found:
            raise SystemExit(f"{sheet} has no value to look for")
        values |= found
    return values


def worth(value):
    """Every text and number in a value that is long enough to look for."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from worth(item)
    elif isinstance(value, str):
        for text in {value, *value.splitlines()}:
            if len(text.strip()) >= LEAST_TEXT:
                yield text.strip()
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if sum(character.isdigit() for character in str(value)) >= LEAST_DIGITS:
            yield str(value)


def person_names(file: pathlib.Path) -> set[str]:
    names = set(json.loads(file.read_text("utf-8")))
    if not names:
        raise SystemExit(f"{file} names nobody")
    return names


def variants(value: str) -> set[str]:
    """As written, and for names and the like also without the space, or with a wide one."""
    spaced = {value.replace(" ", ""), value.replace(" ", "\u3000")} if value.count(" ") == 1 else set()
    return {value, *(text for text in spaced if len(text) >= LEAST_TEXT)}


def needles(texts: set[str]) -> dict[bytes, tuple[str, str]]:
    out: dict[bytes, tuple[str, str]] = {}
    for text in sorted(texts):
        out.setdefault(json.dumps(text)[1:-1].encode(), (text, "JSON"))
        for encoding in ("utf-16-le", "utf-16-be", "cp932", "utf-8"):
            try:
                out[text.encode(encoding)] = (text, encoding)
            except UnicodeEncodeError:
                continue  # MS932 lacks the character: so it cannot stand there in MS932
    return out


def search(files, secret, public):
    found, control = [], False
    for path in files:
        content = str(path).encode() + b"\0" + path.read_bytes()
        content = TIMES.sub(lambda match: b"\0" * len(match[0]), content)
        found += [(path, *meaning) for needle, meaning in secret.items() if needle in content]
        control = control or any(needle in content for needle in public)
    return found, control


def public_values(log: pathlib.Path) -> set[str]:
    """Values of the institutions' records and profiles in the log's clear leaves."""
    out: set[str] = set()
    for bundle in (path for path in (log / "tile" / "entries").rglob("*") if path.is_file()):
        content = bundle.read_bytes()
        while content:
            length = int.from_bytes(content[:2], "big")
            entry, content = content[2 : 2 + length], content[2 + length :]
            for kind in (b"institution", b"profile"):
                _, found, text = entry.partition(b"tsumugu/v1/" + kind + b"\n")
                out |= set(lines(text)) if found else set()
    return out


def lines(text: bytes):
    for line in text.partition(b"\n\n")[0].decode("utf-8").split("\n"):
        name, _, value = line.partition(" ")
        if name in PUBLIC_LINES:
            yield value.partition(" ")[2] if name == "unit" else value


if __name__ == "__main__":
    sys.exit(main())
